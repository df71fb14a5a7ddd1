"""The card's material: the albedo pass, or else the plate, as the surface's colour; normals, roughness, metallicity."""

from __future__ import annotations

import bpy

from . import surface
from .pictures import Convention, Picture, Pictures
from .shader_builder import ShaderSheet, Socket

_SHADER, _KEPT = "Platelight Surface", "Platelight Original Light"


def fill(material: bpy.types.Material, pictures: Pictures) -> None:
    """Build the material's nodes; the settings of one that has them already stay.

    Normals go from the camera to the world through the card's own object space, so that they are right for every camera, whether
    it is the scene's active one or not. Cycles' own correction of bumps would bend them and is off.
    """
    if material.node_tree is None:
        material.use_nodes = True
    tree = material.node_tree
    kept = {name: socket.default_value for name, socket in sockets(material).items()}
    tree.nodes.clear()
    material.cycles.use_bump_map_correction = False
    material.cycles.emission_sampling = "NONE"
    sheet = ShaderSheet(tree)
    sheet.section("Plate and passes")
    place = sheet.node("ShaderNodeUVMap", uv_map=surface.UV)
    plate = _texture(sheet, pictures.plate, place, label="Plate")
    textures = {name: _texture(sheet, each, place, label=name.title()) for name, each in pictures.passes.items() if name != "depth"}
    sheet.section("Surface")
    shader = sheet.node("ShaderNodeBsdfPrincipled", label="Surface")
    shader.name = _SHADER
    paint = textures.get("albedo", plate)
    sheet.give(paint.outputs["Color"], shader.inputs["Base Color"])
    if pictures.plate.image.depth in (32, 128):  # bits of a pixel: one with alpha
        sheet.give(plate.outputs["Alpha"], shader.inputs["Alpha"])
    if "roughness" in textures:
        sheet.give(textures["roughness"].outputs["Color"], shader.inputs["Roughness"])
    if "metallic" in textures:
        sheet.give(textures["metallic"].outputs["Color"], shader.inputs["Metallic"])
    seen = _keep_light(sheet, shader, plate.outputs["Color"])
    result = shader.outputs[0]
    if "normal" in textures:
        stored = textures["normal"].outputs["Color"]
        normal = decoded(sheet, stored, pictures.convention)
        sheet.give(normal if pictures.convention.in_world else _in_world(sheet, normal), shader.inputs["Normal"])
        result = _unlit_holes(sheet, shader, normal, kept=_kept(sheet, shader, stored=stored, seen=seen))
    if "depth" in pictures.passes:
        result = _shadowless(sheet, result)
    sheet.section("Output")
    sheet.node("ShaderNodeOutputMaterial", result)
    for name, value in kept.items():
        sockets(material)[name].default_value = value
    sheet.arrange()


def sockets(material: bpy.types.Material) -> dict[str, bpy.types.NodeSocket]:
    """Return what the user may set: how rough and how glossy the plate is, and how much of the light it was shot in stays on it.
    Empty
    before the first `fill`."""
    nodes = material.node_tree.nodes if material.node_tree else {}
    shader, kept = nodes.get(_SHADER), nodes.get(_KEPT)
    if shader is None or kept is None:
        return {}
    gloss = {"Roughness": shader.inputs["Roughness"], "Specular": shader.inputs["Specular IOR Level"]}
    return gloss | {"Original Light": kept.inputs[0]}


def _keep_light(sheet: ShaderSheet, shader: bpy.types.Node, plate: Socket) -> Socket:
    """Let the plate shine as it was shot, for the camera and in mirrors; it lights nothing, itself neither.

    Returns:
        1 where something sees the plate, 0 where it would light something.
    """
    sheet.section("The light it was shot in")
    ray = sheet.node("ShaderNodeLightPath")
    seen = sheet.math("SUBTRACT", 1.0, ray.outputs["Is Diffuse Ray"])
    strength = sheet.math("MULTIPLY", 0.0, seen, label="How much of it stays")
    strength.node.name = _KEPT
    sheet.give(plate, shader.inputs["Emission Color"])
    sheet.give(strength, shader.inputs["Emission Strength"])
    return seen


def _texture(sheet: ShaderSheet, picture: Picture, place: bpy.types.Node, *, label: str) -> bpy.types.Node:
    node = sheet.node("ShaderNodeTexImage", label=label, image=picture.image, interpolation="Linear", extension="EXTEND")
    user = node.image_user
    user.frame_start, user.frame_offset, user.frame_duration = picture.start, picture.offset, picture.length
    user.use_cyclic, user.use_auto_refresh = False, True
    sheet.give(place.outputs[0], node.inputs["Vector"])
    return node


def _in_world(sheet: ShaderSheet, normal: Socket) -> Socket:
    sheet.section("From the camera to the world")
    turn = sheet.node("ShaderNodeVectorTransform", normal, vector_type="NORMAL", convert_from="OBJECT", convert_to="WORLD")
    return turn.outputs[0]


def _kept(sheet: ShaderSheet, shader: bpy.types.Node, *, stored: Socket, seen: Socket) -> Socket:
    """Return how much of the light that the plate was shot in stays where it has no normal: all where the pass lacks its file.

    Blender shows magenta, (1, 0, 1), for a missing file. Along (1, -1, 1) that is 2, and no normal is longer than 1.74 there.

    Args:
        stored: what the file of the pass holds.
        seen: 1 where something sees the plate.
    """
    sheet.section("The plate as it was shot where the pass is missing")
    along = sheet.node("ShaderNodeVectorMath", stored, (1.0, -1.0, 1.0), operation="DOT_PRODUCT").outputs["Value"]
    missing = sheet.math("MULTIPLY", sheet.math("GREATER_THAN", along, 1.9), seen, label="The file is missing")
    return sheet.math("MAXIMUM", shader.inputs["Emission Strength"].links[0].from_socket, missing)


def _unlit_holes(sheet: ShaderSheet, shader: bpy.types.Node, normal: Socket, *, kept: Socket) -> Socket:
    """Return no light where the pass has no normal, which files write as 0: they are then no unit vectors, whatever was done to
    them."""
    sheet.section("No light where there is no normal")
    length = sheet.node("ShaderNodeVectorMath", normal, operation="LENGTH").outputs["Value"]
    there = sheet.math("COMPARE", length, 0.85, 0.35, label="Of unit length")
    own = sheet.node("ShaderNodeEmission", label="The light it was shot in")
    sheet.give(shader.inputs["Emission Color"].links[0].from_socket, own.inputs["Color"])
    sheet.give(kept, own.inputs["Strength"])
    hole = own.outputs[0]
    if shader.inputs["Alpha"].is_linked:
        alpha = shader.inputs["Alpha"].links[0].from_socket
        hole = _mixed(sheet, sheet.node("ShaderNodeBsdfTransparent").outputs[0], hole, by=alpha)
    return _mixed(sheet, hole, shader.outputs[0], by=there)


def decoded(sheet: ShaderSheet, value: Socket, convention: Convention) -> Socket:
    """Return a normal from whatever the file means, as `imports.convention.decode` reads it."""
    if convention.curve:
        gain, power, less = (1 / 1.055, 2.4, 0.0) if convention.curve == "sRGB" else (1.0, 1 / 2.4, 0.055)
        more = 0.055 if convention.curve == "sRGB" else 0.0
        sheet.section("Take the sRGB curve off, or put it back, dark ends aside")
        curved = []
        for part in sheet.parts(value):
            raised = sheet.math("POWER", sheet.math("MULTIPLY", sheet.math("ADD", part, more), gain), power)
            curved.append(sheet.math("MULTIPLY_ADD", raised, 1.0 if more else 1.055, -less))
        value = sheet.xyz(*curved)
    if convention.doubled:
        sheet.section("From 0..1 to -1..1")
        value = sheet.node("ShaderNodeVectorMath", value, (2.0,) * 3, (-1.0,) * 3, operation="MULTIPLY_ADD").outputs[0]
    if convention.axes != Convention().axes:
        sheet.section("The file's axes")
        along = [sheet.node("ShaderNodeVectorMath", value, axis, operation="DOT_PRODUCT") for axis in convention.axes]
        value = sheet.xyz(*(node.outputs["Value"] for node in along))
    return value


def _shadowless(sheet: ShaderSheet, shader: Socket) -> Socket:
    """Let light through the faces that `surface` marked."""
    sheet.section("No shadow from steps in depth")
    marked = sheet.node("ShaderNodeAttribute", attribute_name=surface.NO_SHADOW)
    ray = sheet.node("ShaderNodeLightPath")
    gone = sheet.math("MULTIPLY", marked.outputs["Fac"], ray.outputs["Is Shadow Ray"])
    return _mixed(sheet, shader, sheet.node("ShaderNodeBsdfTransparent").outputs[0], by=gone)


def _mixed(sheet: ShaderSheet, one: Socket, other: Socket, *, by: Socket) -> Socket:
    """Return one shader where `by` is 0, the other where it is 1."""
    mix = sheet.node("ShaderNodeMixShader")
    for value, taker in zip((by, one, other), mix.inputs, strict=True):
        sheet.give(value, taker)
    return mix.outputs[0]
