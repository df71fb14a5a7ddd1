"""Lights that every set has, as starting points: for the studio's lights of a shot, or as Blender lights in its scene."""

from __future__ import annotations

import math
from dataclasses import dataclass

import bpy
from mathutils import Vector

from .. import tags
from ..blender import curves, working_space
from ..compositor import space
from ..errors import UserError
from ..node_groups.relight import LIGHTS
from .control import Shot
from .lights import scene_lights
from .match import wiring

Numbers = tuple[float, float, float]


@dataclass(frozen=True, kw_only=True)
class Beam:
    """`direction`: to the light as the camera sees it. `color`: linear Rec.709. `softness`: as on the relight group."""

    direction: Numbers
    color: Numbers
    strength: float
    softness: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Preset:
    """`beams`: the studio's lights by name. `exposure`: of all of it, in stops."""

    label: str
    note: str
    beams: dict[str, Beam]
    ambient_color: Numbers
    ambient_strength: float
    exposure: float = 0.0


_WARM, _WHITE, _SKY, _MOON = (1.0, 0.87, 0.72), (1.0, 1.0, 1.0), (0.72, 0.86, 1.0), (0.45, 0.65, 1.0)
_OFF = Beam(direction=(0.0, 0.0, 1.0), color=_WHITE, strength=0.0)

PRESETS = {
    "KEY": Preset(
        label="Key",
        note="One main light from the upper left, and little else",
        beams={
            "Key": Beam(direction=(-0.62, 0.55, 0.56), color=_WARM, strength=2.2, softness=0.1),
            "Fill": Beam(direction=(0.72, 0.08, 0.69), color=_SKY, strength=0.12, softness=0.6),
            "Rim": _OFF,
        },
        ambient_color=_SKY,
        ambient_strength=0.12,
    ),
    "RIM": Preset(
        label="Rim",
        note="A bright edge from behind on a dark plate",
        beams={
            "Key": _OFF,
            "Fill": Beam(direction=(-0.5, 0.1, 0.86), color=_SKY, strength=0.18, softness=0.6),
            "Rim": Beam(direction=(0.87, 0.2, -0.45), color=_WHITE, strength=5.0, softness=0.08),
        },
        ambient_color=_SKY,
        ambient_strength=0.1,
    ),
    "KICKER": Preset(
        label="Kicker",
        note="Low, from behind one side, beside a soft main light",
        beams={
            "Key": Beam(direction=(-0.45, 0.5, 0.74), color=_WHITE, strength=0.7, softness=0.35),
            "Fill": _OFF,
            "Rim": Beam(direction=(0.87, -0.12, -0.48), color=_WARM, strength=3.5, softness=0.1),
        },
        ambient_color=_SKY,
        ambient_strength=0.25,
    ),
    "NIGHT": Preset(
        label="Day for Night",
        note="Moonlight from high behind; the rest is dim and blue",
        beams={
            "Key": Beam(direction=(-0.4, 0.75, 0.53), color=_MOON, strength=0.16, softness=0.3),
            "Fill": _OFF,
            "Rim": Beam(direction=(0.55, 0.77, -0.32), color=_MOON, strength=1.4, softness=0.15),
        },
        ambient_color=(0.3, 0.45, 1.0),
        ambient_strength=0.09,
    ),
    "PORTRAIT": Preset(
        label="Portrait",
        note="A large soft light from one side, its shadows filled, an edge on the hair",
        beams={
            "Key": Beam(direction=(-0.6, 0.5, 0.62), color=_WARM, strength=1.1, softness=0.45),
            "Fill": Beam(direction=(0.7, 0.0, 0.71), color=_SKY, strength=0.35, softness=0.8),
            "Rim": Beam(direction=(0.45, 0.75, -0.48), color=_WHITE, strength=1.2, softness=0.1),
        },
        ambient_color=_WHITE,
        ambient_strength=0.2,
    ),
}


def light_studio(shot: Shot, preset: Preset, *, scene: bpy.types.Scene) -> list[str]:
    """Set the studio's lights of a shot; the scene's lights stay as they are.

    A direction that is held in world space stays so: there it turns to where the preset has it as the camera sees it now. What
    links, drivers or keyframes decide stays as it is.

    Returns:
        What the user should know, a sentence each.
    """
    values: dict[str, Numbers | float] = {}
    for light in LIGHTS:
        beam = preset.beams[light.name]
        values[f"{light.name} Strength"] = beam.strength
        if beam.strength:
            values[f"{light.name} Direction"] = beam.direction
            values[f"{light.name} Color"] = working_space.color(beam.color)
            values[f"{light.name} Softness"] = beam.softness
    in_world = {}
    for name, node in space.studio(shot.block, shot.relight).items() if scene.camera else ():
        if name in values:
            in_world[name] = node
            node.inputs["Direction"].default_value = space.axes(scene.camera) @ Vector(values.pop(name))
    notices = [f"{', '.join(in_world)}: held in the world, and turned there as the camera sees it now"] if in_world else []
    return notices + _set(shot, values | _ambient(preset))


def light_scene(
    shot: Shot, preset: Preset, *, scene: bpy.types.Scene, collection: bpy.types.Collection | None, world: bool
) -> list[str]:
    """Put the preset's lights into the scene as suns, instead of those of a preset before, and wire them.

    Ambient light is the studio's. They stand where the camera now sees them and stay there when it moves.

    Args:
        collection: takes the lights; None: one of the shot's own, in the scene.

    Returns:
        What the user should know, a sentence each.

    Raises:
        UserError: the collection is a library's; and as `scene_lights.wire`.
    """
    name = shot.block.strip_name
    if collection and collection.library:
        raise UserError(f"{collection.name} is linked from a library and takes no lights: choose another collection, or none.")
    scene_lights.need_camera(scene)  # told before anything changes
    place = collection or _own_collection(scene, name)
    for old in [each for each in scene.objects if each.get(tags.PRESET) == name]:
        data = old.data
        bpy.data.objects.remove(old)
        if not data.users:
            bpy.data.lights.remove(data)
    for light in LIGHTS:
        beam = preset.beams[light.name]
        if beam.strength:
            title = light.name if light.name == preset.label else f"{light.name} {preset.label}"  # rows cut off the end
            _sun(title, beam, place=place, camera=scene.camera)[tags.PRESET] = name
    notices = scene_lights.wire(scene, name, collection=collection, world=world) + wiring.spare(shot.block)
    off: dict[str, Numbers | float] = {f"{light.name} Strength": 0.0 for light in LIGHTS}
    return [notice for notice in notices if "Studio Lights" not in notice] + _set(shot, off | _ambient(preset))


def _ambient(preset: Preset) -> dict[str, Numbers | float]:
    return {
        "Ambient Color": working_space.color(preset.ambient_color),
        "Ambient Strength": preset.ambient_strength,
        "Exposure": preset.exposure,
        "Studio Lights": 1.0,
    }


def _set(shot: Shot, values: dict[str, Numbers | float]) -> list[str]:
    """Set inputs of the relight group, those left out that something else decides; a sentence on each kind of these."""
    kept: dict[str, list[str]] = {}
    for name, value in values.items():
        socket = shot.relight.inputs[name]
        path = socket.path_from_id("default_value")
        animation = socket.id_data.animation_data
        if socket.is_linked:
            kept.setdefault("a link decides", []).append(name)
        elif animation and any(driver.data_path == path for driver in animation.drivers):
            kept.setdefault("a driver decides", []).append(name)
        elif curves.of(socket.id_data, path):
            kept.setdefault("keyframes decide", []).append(name)
        else:
            socket.default_value = (*value, 1.0) if socket.type == "RGBA" else value
    return [f"{', '.join(names)}: {reason}, so the preset leaves it as it is" for reason, names in kept.items()]


def _own_collection(scene: bpy.types.Scene, name: str) -> bpy.types.Collection:
    found = next((each for each in scene.collection.children if each.get(tags.PRESET) == name), None)
    if found is None:
        found = bpy.data.collections.new(f"Lights of {name}")
        found[tags.PRESET] = name
        scene.collection.children.link(found)
    return found


def _sun(name: str, beam: Beam, *, place: bpy.types.Collection, camera: bpy.types.Object) -> bpy.types.Object:
    """Return a sun whose white surface is as bright as the studio light's, seen under the angle that the softness stands for."""
    data = bpy.data.lights.new(name, "SUN")
    data.color, data.energy, data.angle = (
        working_space.color(beam.color),
        math.pi * beam.strength,
        2 * math.asin(min(beam.softness, 1.0)),
    )
    sun = bpy.data.objects.new(name, data)
    turn = camera.matrix_world.to_quaternion()
    toward = turn @ Vector(beam.direction).normalized()
    sun.rotation_euler = toward.to_track_quat("Z", "Y").to_euler()
    sun.location = camera.matrix_world.translation + turn @ Vector((0.0, 0.0, -5.0)) + 3.0 * toward
    place.objects.link(sun)
    return sun
