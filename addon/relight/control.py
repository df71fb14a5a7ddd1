"""Each light of a shot, those of the studio and those of the scene: how much of it there is, how soft, muted or solo."""

from __future__ import annotations

from dataclasses import dataclass

import bpy

from .. import tags
from ..blender import linked
from ..errors import UserError, no_passes
from ..node_groups import relight as group
from ..nodes.block import Block, block_of
from .lights import rig, scene_lights, sockets
from .lights.sockets import Row
from .match import wiring

AMBIENT = "Ambient"
STUDIO = (AMBIENT, *(light.name for light in group.LIGHTS))
Socket = bpy.types.NodeSocket


@dataclass(frozen=True, kw_only=True)
class Handle:
    """A light of a shot; a socket that it doesn't have is None.

    `source`: the Blender light's object or the World, None for the studio's. `gain`: its strength. `result`: the light alone.
    """

    name: str
    source: bpy.types.ID | None
    muted: bool
    solo: bool
    gain: Socket
    color: Socket | None = None
    direction: Socket | None = None
    exposure: Socket | None = None
    softness: Socket | None = None
    lift: Socket | None = None
    matte: Socket | None = None
    result: Socket | None = None
    mask: Socket | None = None


@dataclass(frozen=True, kw_only=True)
class Shot:
    """A relit plate's nodes. `lights`: the node of the scene's lights, None before they are wired."""

    block: Block
    relight: bpy.types.Node
    lights: bpy.types.Node | None

    @property
    def rig(self) -> bpy.types.NodeTree | None:
        return self.lights.node_tree if self.lights else None


def find(scene: bpy.types.Scene, name: str) -> Shot | None:
    """Return the shot of that plate, as it is; None when the plate isn't relit, or when its node has another group than ours."""
    block = block_of(scene, name)
    relight = block.find("relight") if block else None
    if relight is None or f"{AMBIENT} Strength" not in relight.inputs:
        return None
    lights = block.find("lights")
    return Shot(block=block, relight=relight, lights=lights if lights and rig.is_rig(lights.node_tree) else None)


def need(scene: bpy.types.Scene, name: str) -> Shot:
    """Return the same, brought up to this version.

    Raises:
        UserError: no plate of that name is relit, its node has another group, or it is a library's.
    """
    if refusal := linked.refusal(scene):
        raise UserError(refusal)
    shot = find(scene, name)
    if shot is None and name in scene_lights.shots(scene):
        raise UserError(f"The Relight node of {name} has another node group: choose Platelight Relight in it again.")
    if shot is None:
        raise no_passes(name, scene)
    group.renew(shot.relight)
    return shot


def result(shot: Shot) -> Socket:
    """Return the picture that is composited: the match node's while it takes part, else the relight group's. Quick."""
    match = match_of(shot)
    return (match or shot.relight).outputs["Image"]


def match_of(shot: Shot) -> bpy.types.Node | None:
    """Return the match node of a shot while its mode isn't off."""
    node = shot.block.find(wiring.ROLE)
    return node if node and wiring.mode_of(node) is not wiring.Mode.OFF else None


def handles(shot: Shot) -> list[Handle]:
    """Return the studio's lights that this version of the group has, and the scene's. Quick."""
    inputs, outputs = shot.relight.inputs, shot.relight.outputs
    muted, solo = _listed(shot.relight, tags.MUTED), _listed(shot.relight, tags.SOLO)
    found = []
    for name in STUDIO:
        found.append(
            Handle(
                name=name,
                source=None,
                muted=name in muted,
                solo=name in solo,
                gain=inputs[f"{name} Strength"],
                color=inputs[f"{name} Color"],
                direction=inputs.get(f"{name} Direction"),
                softness=inputs.get(f"{name} Softness"),
                matte=inputs.get(f"{name} Matte"),
                result=outputs.get(name),
            )
        )
    return found + (_scene_handles(shot) if shot.lights else [])


def _scene_handles(shot: Shot) -> list[Handle]:
    tree, found = shot.rig, []
    taken = {socket.identifier: socket for socket in shot.lights.inputs}
    given = {socket.identifier: socket for socket in shot.lights.outputs}
    for source, row in rig.rows_of(tree).items():
        if row.gain in taken:
            controls = {name: taken.get(getattr(row, name)) for name in sockets.CONTROLS}
            found.append(
                Handle(
                    name=source.name,
                    source=source,
                    muted=sockets.is_muted(tree, row),
                    solo=sockets.is_solo(tree, row),
                    **controls,
                    result=given.get(row.output),
                    mask=given.get(row.mask),
                )
            )
    return found


def handle(shot: Shot, name: str, *, studio: bool) -> Handle:
    """Return a light by name, of the studio's or of the scene's.

    Raises:
        UserError: there is none.
    """
    found = [each for each in handles(shot) if each.name == name and (each.source is None) == studio]
    if not found:
        raise UserError(f"{shot.block.strip_name} has no light called {name}: update its lights.")
    return found[0]


def set_muted(shot: Shot, light: Handle, muted: bool) -> None:
    _set(shot, light, muted=muted, solo=light.solo)


def set_solo(shot: Shot, light: Handle, solo: bool) -> None:
    """Several may be solo; while any is, all the others are off, ambient light among them."""
    _set(shot, light, muted=light.muted, solo=solo)


def _set(shot: Shot, light: Handle, *, muted: bool, solo: bool) -> None:
    if light.source is None:
        _list(shot.relight, tags.MUTED, light.name, muted)
        _list(shot.relight, tags.SOLO, light.name, solo)
    else:
        row: Row = rig.rows_of(shot.rig)[light.source]
        sockets.set_muted(shot.rig, row, muted)
        sockets.set_solo(shot.rig, row, solo)
    apply(shot)


def wire_lights(scene: bpy.types.Scene, name: str, *, collection: bpy.types.Collection | None, world: bool) -> list[str]:
    """Light a plate with the lights of the scene, beside what the plate has: muted and solo lights,
    and a light of its own. Returns and raises as `scene_lights.wire` does."""
    notices = scene_lights.wire(scene, name, collection=collection, world=world)
    shot = need(scene, name)
    apply(shot)  # what is solo may have come or gone
    return notices + wiring.spare(shot.block)


def apply(shot: Shot) -> None:
    """Turn the lights of studio and scene on and off as they are muted and solo."""
    muted, solo = _listed(shot.relight, tags.MUTED), _listed(shot.relight, tags.SOLO)
    others = bool(shot.rig and sockets.has_solo(shot.rig))
    for name in STUDIO:
        on = name in solo if solo or others else name not in muted
        if taker := shot.relight.inputs.get(f"{name} On"):  # older groups have none
            taker.default_value = float(on)
    if shot.rig:
        sockets.apply_solo(shot.rig, elsewhere=bool(solo))


def _listed(node: bpy.types.Node, key: str) -> set[str]:
    return set(node.get(key, "").split(",")) - {""}


def _list(node: bpy.types.Node, key: str, name: str, is_in: bool) -> None:
    found = _listed(node, key)
    node[key] = ",".join(sorted(found | {name} if is_in else found - {name}))
