"""Directions between camera space and the world, in the compositor: a node group whose axes follow the camera.

Drivers read the camera's evaluated matrix, so that cameras with a Camera Solver, a parent or keyframes all count as they are
rendered; their expressions are simple ones, which need neither the add-on nor Python.
"""

from __future__ import annotations

from collections.abc import Sequence

import bpy
from mathutils import Matrix, Vector

from .. import tags
from ..blender import compat, linked, typed
from ..errors import UserError, no_passes
from ..nodes import drivers
from ..nodes.block import Block, block_of
from ..nodes.builder import Sheet

_VERSION = 1
PASS, STUDIO = "space", "space of "
"""Roles of the nodes in a plate's block: of its normals, and of the studio light's direction whose name follows."""


def need_camera(scene: bpy.types.Scene) -> bpy.types.Object:
    """Return the camera that the scene renders.

    Raises:
        UserError: it has none.
    """
    if scene.camera is None or scene.camera.type != "CAMERA":
        raise UserError(f"{scene.name} has no camera, so nobody knows how it is turned in the world: add one and make it active.")
    return scene.camera


def group(scene: bpy.types.Scene) -> bpy.types.NodeTree:
    """Return the group of a scene, built when there is none for the cameras that it is seen through.

    It takes a direction, unit length or not, and whether that is in world space; and gives it in both spaces. Camera space is
    +X right, +Y up, +Z toward the camera.
    """
    sign = _sign(scene)
    for tree in bpy.data.node_groups:
        if tree.get(tags.SPACE) == sign and tree.library is None:
            return tree
    tree = bpy.data.node_groups.new(f"Platelight Space ({scene.name})", "CompositorNodeTree")
    tree[tags.SPACE] = sign
    sheet = Sheet(tree)
    _build(sheet, drivers.eye(scene))
    sheet.arrange()
    return tree


def is_space(tree: bpy.types.NodeTree | None) -> bool:
    return tree is not None and tree.get(tags.SPACE) is not None


def _sign(scene: bpy.types.Scene) -> str:
    """Changes when another group is needed."""
    return f"{_VERSION}|{scene.name}|{drivers.eye(scene).sign}"


def _build(sheet: Sheet, eye: drivers.Eye) -> None:
    sheet.gives("Camera", "The direction as the camera sees it: +X right, +Y up, +Z toward the camera", kind="Vector")
    sheet.gives("World", "The direction in the world", kind="Vector")
    sheet.takes_vector("Direction", "A normal, or the way to a light", value=(0.0, 0.0, 1.0))
    next(item for item in typed.sockets(sheet.tree) if item.name == "Direction").subtype = "DIRECTION"
    note = "0: the direction is as the camera sees it; 1: it is in the world"
    sheet.takes_number("In World", note, value=0.0, least=0.0, most=1.0, subtype="FACTOR")

    axes = [_axis(sheet, eye, column) for column in range(3)]
    rows = [[axis[row] for axis in axes] for row in range(3)]
    for name, factors in (("World", rows), ("Camera", axes)):
        sheet.section(f"To the {name.lower()}")
        given = sheet.input("Direction")
        turned = sheet.place(compat.new_combine_xyz(sheet.tree))
        for taker, numbers in zip(turned.inputs, factors, strict=True):
            sheet.tree.links.new(_dot(sheet, sheet.separate(given), numbers), taker)
        both = (turned.outputs[0], given) if name == "World" else (given, turned.outputs[0])
        sheet.output(**{name: sheet.color("MIX", *both, factor=sheet.input("In World"))})


def _axis(sheet: Sheet, eye: drivers.Eye, column: int) -> list[bpy.types.NodeSocket]:
    """x, y, z of one of the camera's axes in the world, of unit length whatever the camera's scale."""
    sheet.section(f"The camera's {'XYZ'[column]} axis in the world")
    parts = []
    for row in range(3):
        parts.append(sheet.math("ADD", 0.0, 0.0, label="xyz"[row]))
        eye.drive(typed.node_of(parts[-1]).inputs[0], f"matrix_world[{column}][{row}]")
    shorter = sheet.math("INVERSE_SQRT", _dot(sheet, parts, parts), label="1 / length")
    return [sheet.math("MULTIPLY", part, shorter) for part in parts]


def _dot(sheet: Sheet, a: Sequence[bpy.types.NodeSocket], b: Sequence[bpy.types.NodeSocket]) -> bpy.types.NodeSocket:
    total = sheet.math("MULTIPLY", a[0], b[0])
    for one, other in zip(a[1:], b[1:], strict=True):
        total = sheet.math("MULTIPLY_ADD", one, other, total)
    return total


# Normals --------------------------------------------------------------------------------------------------------------


def add(scene: bpy.types.Scene, shot: str) -> bpy.types.Node:
    """Put a Space node between a plate's normals and whatever takes them, which sees no difference: it now takes `Camera`.

    Again to follow another camera. Whether the pass is in world space is the node's `In World`.

    Raises:
        UserError: no camera, or the plate has no normals in the compositor.
    """
    block, relight = _block(scene, shot)
    node, tree = block.find(PASS), _group(scene)
    if node is None:
        source = _normals(block, relight)
        takers = [typed.ends_of(link)[1] for link in typed.links_of(source)]
        node = block.node(PASS, "CompositorNodeGroup", at=(480, 420), label="Space")
        typed.set_up(node, node_tree=tree)
        for taker in takers:
            block.tree.links.new(node.outputs["Camera"], taker)
        block.tree.links.new(source, node.inputs["Direction"])
    update(scene, shot)
    return node


def remove(scene: bpy.types.Scene, shot: str) -> bool:
    """Take the Space node away again; whatever took its outputs takes the pass as it is. Returns whether there was one."""
    block, _ = _block(scene, shot)
    node = block.find(PASS)
    if node is None:
        return False
    source = next((typed.ends_of(link)[0] for link in typed.links_of(node.inputs["Direction"])), None)
    if source is not None:
        for taker in [typed.ends_of(link)[1] for output in node.outputs for link in typed.links_of(output)]:
            block.tree.links.new(source, taker)
    block.tree.nodes.remove(node)
    return True


def _normals(block: Block, relight: bpy.types.Node) -> bpy.types.NodeSocket:
    if size := block.find("normal size"):
        return size.outputs["Image"]
    if links := typed.links_of(relight.inputs["Normal"]):
        return typed.ends_of(links[0])[0]
    raise UserError(f"{block.strip_name} has no normals in the compositor. Estimate or load them first.")


# Studio lights --------------------------------------------------------------------------------------------------------


def hold_studio(scene: bpy.types.Scene, shot: str) -> list[str]:
    """Let the directions of a plate's studio lights be meant in world space, so that these stay put while the camera moves.

    At the present frame the light stays as it is. Keyframes of a direction stay on the relight node and rest there.

    Returns:
        What the user should know, a sentence each.

    Raises:
        UserError: no camera, or no such plate.
    """
    block, relight = _block(scene, shot)
    tree, turn = _group(scene), axes(need_camera(scene))
    notices = []
    for row, socket in enumerate(_directions(relight)):
        node = block.find(STUDIO + socket.name)
        if node is None and socket.is_linked:
            notices.append(f"{socket.name} of {relight.label} is linked to nodes of your own and stays as it is")
            continue
        if node is None:
            label = f"{socket.name} in the world"
            node = block.node(STUDIO + socket.name, "CompositorNodeGroup", at=(-300, 1500 + 260 * row), label=label)
            typed.set_up(node, node_tree=tree, width=220)
            typed.set_value(node.inputs["Direction"], turn @ Vector(typed.value_of(socket)))
            typed.set_value(node.inputs["In World"], 1.0)
        block.tree.links.new(node.outputs["Camera"], socket)
    update(scene, shot)
    return notices


def release_studio(scene: bpy.types.Scene, shot: str) -> bool:
    """Let the studio lights go with the camera again; at the present frame the light stays. Returns whether any was held.

    Raises:
        UserError: no camera, or no such plate.
    """
    block, relight = _block(scene, shot)
    held = studio(block, relight)
    back = axes(need_camera(scene)).transposed() if held else Matrix()
    for name, node in held.items():
        typed.set_value(relight.inputs[name], back @ Vector(typed.value_of(node.inputs["Direction"])))
        block.tree.nodes.remove(node)
    return bool(held)


def studio(block: Block, relight: bpy.types.Node) -> dict[str, bpy.types.Node]:
    """Return the nodes that hold directions in world space, by the socket that they feed."""
    found = {socket.name: block.find(STUDIO + socket.name) for socket in _directions(relight)}
    return {name: node for name, node in found.items() if node is not None}


def axes(camera: bpy.types.Object) -> Matrix:
    """Return the camera's rotation (3 x 3) at the present frame: camera space to world."""
    return camera.matrix_world.to_3x3().normalized()


def _directions(relight: bpy.types.Node) -> list[bpy.types.NodeSocket]:
    return [socket for socket in relight.inputs if socket.type == "VECTOR" and socket.name.endswith(" Direction")]


# The whole plate ------------------------------------------------------------------------------------------------------


def nodes(block: Block) -> list[bpy.types.Node]:
    """Return the Space nodes of a plate."""
    own = [node for node in block.tree.nodes if node.get(tags.PLATE) == block.strip_name]
    return [node for node in own if is_space(getattr(node, "node_tree", None))]


def is_stale(scene: bpy.types.Scene, block: Block) -> bool:
    """Return whether timeline markers now cut to other cameras than its Space nodes follow; the scene's own camera they always
    do."""
    sign = _sign(scene)
    return any(tree[tags.SPACE] != sign for tree in map(typed.tree_of, nodes(block)) if tree)


def update(scene: bpy.types.Scene, shot: str) -> None:
    """Let a plate's Space nodes follow the cameras that timeline markers cut to now. Raises as `add` does."""
    block, _ = _block(scene, shot)
    tree = _group(scene)
    shown = {typed.tree_of(node) for node in nodes(block)}
    old = [each for each in shown if each and each != tree]
    for node in nodes(block):
        typed.set_up(node, node_tree=tree)
    for unused in [each for each in old if not each.users]:
        bpy.data.node_groups.remove(unused)


def _group(scene: bpy.types.Scene) -> bpy.types.NodeTree:
    need_camera(scene)
    return group(scene)


def _block(scene: bpy.types.Scene, shot: str) -> tuple[Block, bpy.types.Node]:
    block = block_of(scene, shot)
    relight = block.find("relight") if block else None
    if block is None or relight is None:
        raise no_passes(shot, scene)
    if refusal := linked.refusal(scene):
        raise UserError(refusal)
    return block, relight
