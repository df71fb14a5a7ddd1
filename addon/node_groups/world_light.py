"""The World's light as nine spherical-harmonics coefficients (Ramamoorthi and Hanrahan 2001).

A matte surface sees the world through a cosine, which leaves of a picture little more than its first nine coefficients: the paper
gives 1 % as the mean error, and up to 9 % for a single point of light.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import bpy
import numpy as np

from .. import tags
from ..blender import compat, images, typed, working_space
from ..imports.convention import srgb_to_linear
from ..nodes import drivers
from ..nodes.builder import Sheet, shared_group
from ..nodes.drivers import Eye, Source
from . import light_parts

TERMS = ("Constant", "X", "Y", "Z", "XY", "YZ", "3ZZ - 1", "XZ", "XX - YY")
_ROTATION = (
    ("cos(y)*cos(z)", "sin(x)*sin(y)*cos(z)-cos(x)*sin(z)", "cos(x)*sin(y)*cos(z)+sin(x)*sin(z)"),
    ("cos(y)*sin(z)", "sin(x)*sin(y)*sin(z)+cos(x)*cos(z)", "cos(x)*sin(y)*sin(z)-sin(x)*cos(z)"),
    ("-sin(y)", "sin(x)*cos(y)", "cos(x)*cos(y)"),
)
"""A Mapping node's rotation (Euler XYZ) by rows."""


@dataclass(frozen=True, kw_only=True)
class Found:
    """What lights a world; paths on the World, ``""`` for none. `color`: a constant colour, none with a picture."""

    color: str = ""
    strength: str = ""
    rotation: str = ""
    image: bpy.types.Image | None = None

    @property
    def sign(self) -> str:
        """Changes when the nodes have to be built anew."""
        return "|".join((self.color, self.strength, self.rotation, self.image.name if self.image else ""))


def find(world: bpy.types.World) -> Found | None:
    """Return a plain colour, or an equirectangular Environment Texture with or without a Mapping; None for anything else."""
    tree = world.node_tree
    if tree is None or not compat.uses_nodes(world):
        return Found(color="color")
    output = next((node for node in tree.nodes if node.bl_idname == "ShaderNodeOutputWorld"), None)
    if output is None:
        return None
    background = _feeder(output.inputs["Surface"])
    if background is None or background.bl_idname != "ShaderNodeBackground" or background.inputs["Strength"].is_linked:
        return None
    path = f'node_tree.nodes["{bpy.utils.escape_identifier(background.name)}"].inputs[{{}}].default_value'
    strength, texture = path.format(1), _feeder(background.inputs["Color"])
    if texture is None:
        return Found(color=path.format(0), strength=strength)
    if not isinstance(texture, bpy.types.ShaderNodeTexEnvironment) or texture.projection != "EQUIRECTANGULAR" or not texture.image:
        return None
    mapping = _feeder(_input(texture, "Vector"))
    if mapping is None or mapping.bl_idname == "ShaderNodeTexCoord":
        return Found(strength=strength, image=texture.image)
    if (
        not isinstance(mapping, bpy.types.ShaderNodeMapping)
        or mapping.vector_type != "POINT"
        or _input(mapping, "Rotation").is_linked
    ):
        return None
    rotation = f'node_tree.nodes["{bpy.utils.escape_identifier(mapping.name)}"].inputs[2].default_value'
    return Found(strength=strength, rotation=rotation, image=texture.image)


def _input(node: bpy.types.Node, name: str) -> bpy.types.NodeSocket:
    return node.inputs[name]


def _feeder(socket: bpy.types.NodeSocket) -> bpy.types.Node | None:
    return typed.nodes_of(typed.links_of(socket)[0])[0] if socket.is_linked else None


def coefficients(picture: np.ndarray) -> np.ndarray:
    """Return the nine factors (9, 3) of `TERMS` that give the radiance of a white matte surface from its normal.

    Args:
        picture: equirectangular radiance (H, W, 3), row 0 at the bottom; +X in the middle, +Y a quarter to the left.

    They are the paper's coefficients with its eq. 3 and the cosine's 1, 2/3 and 1/4 (eq. 8, over pi) multiplied in.
    """
    height, width = picture.shape[:2]
    rise = ((np.arange(height) + 0.5) / height - 0.5) * math.pi
    turn = -((np.arange(width) + 0.5) / width - 0.5) * 2 * math.pi
    z, flat = np.sin(rise)[:, None], np.cos(rise)[:, None]
    x, y = flat * np.cos(turn), flat * np.sin(turn)
    share = flat * (2 * math.pi / width) * (math.pi / height) * np.ones_like(x)
    z = z * np.ones_like(x)
    bases = (np.ones_like(x), x, y, z, x * y, y * z, 3 * z * z - 1, x * z, x * x - y * y)
    norms = (0.282095, 0.488603, 0.488603, 0.488603, 1.092548, 1.092548, 0.315392, 1.092548, 0.546274)
    cosine = (1.0, 2 / 3, 2 / 3, 2 / 3, *(0.25,) * 5)
    sums = [np.einsum("hw,hwc->c", basis * share, picture, dtype=np.float64) for basis in bases]
    return np.array([total * norm * norm * kept for total, norm, kept in zip(sums, norms, cosine, strict=True)])


def factors(tree: bpy.types.ID, image: bpy.types.Image, *, look_again: bool) -> np.ndarray:
    """`coefficients` of a picture, kept on the rig: a large one takes seconds to read, and lights come and go more often.

    Args:
        look_again: read it whatever is kept; otherwise only when it is another, or its file has changed.
    """
    file = images.absolute(image) if image.filepath else None
    age = file.stat().st_mtime_ns if file and file.is_file() else 0
    stamp = f"{image.name}|{image.filepath}|{tuple(image.size)}|{typed.color_space(image).name}|{age}{working_space.sign()}"
    if look_again or tree.get(tags.SKY) != stamp:
        tree[tags.SKY_FACTORS], tree[tags.SKY] = coefficients(pixels(image)).ravel().tolist(), stamp
    return np.array(tree[tags.SKY_FACTORS]).reshape(9, 3)


def pixels(image: bpy.types.Image) -> np.ndarray:
    """Return its pixels, in the file's working space (H, W, 3), row 0 at the bottom; a picture of bytes is taken for sRGB."""
    value = typed.pixels(image)
    value = value[..., :3] if image.channels >= 3 else np.repeat(value[..., :1], 3, -1)
    if image.is_float or typed.color_space(image).is_data:
        return value
    return working_space.from_rec709(srgb_to_linear(value))


def group() -> bpy.types.NodeTree:
    return shared_group("Platelight World", version=6, build=_build)


def _build(sheet: Sheet) -> None:
    light_parts.gives_chain(sheet)
    light_parts.takes_gain(sheet)
    light_parts.takes_matte(sheet)
    axes = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))
    for name, axis in zip("XYZ", axes, strict=True):
        sheet.takes_vector(f"Picture {name}", "What the world's direction gives this axis of the picture", value=axis)
    for term in TERMS:
        value = (1.0, 1.0, 1.0) if term == "Constant" else (0.0, 0.0, 0.0)
        sheet.takes_vector(term, "Red, green and blue of this term of the normal; they may be negative", value=value)
    light_parts.takes_chain(sheet)

    sheet.section("The picture's axes as the camera sees them")
    seen = [light_parts.to_camera(sheet, sheet.input(f"Picture {name}"), label=name) for name in "XYZ"]
    sheet.section("Normal in the picture")
    normal = sheet.input("Normal")
    x, y, z = (sheet.dot(normal, turned, label=name) for name, turned in zip("XYZ", seen, strict=True))
    sheet.section("Terms")
    square = sheet.math("MULTIPLY_ADD", sheet.math("MULTIPLY", z, z), 3.0, -1.0)
    apart = sheet.math("SUBTRACT", sheet.math("MULTIPLY", x, x), sheet.math("MULTIPLY", y, y))
    products = [sheet.math("MULTIPLY", one, other) for one, other in ((x, y), (y, z), (x, z))]
    values = (x, y, z, products[0], products[1], square, products[2], apart)
    sheet.section("Their sum x light")
    light = light_parts.color(sheet)
    total = sheet.times(sheet.input("Constant"), light)
    for term, product in zip(TERMS[1:], values, strict=True):
        total = sheet.add_scaled(total, sheet.times(sheet.input(term), light), product, label=term)
    total = sheet.at_least(total, (0.0, 0.0, 0.0), label="Never below 0")
    sheet.output(Diffuse=sheet.add(sheet.input("Diffuse"), total, label="Diffuse so far"))
    light_parts.hand_on(sheet, "Specular", *light_parts.SURFACE, "Mask")
    sheet.section("It alone, and how bright it is, 0 to 1")
    total = sheet.rail(total)
    sheet.output(Alone=total, Own_Mask=sheet.math("MULTIPLY", sheet.dot(total, (1 / 3, 1 / 3, 1 / 3)), 1.0, clamp=True))


def drive(node: bpy.types.Node, world: bpy.types.World, found: Found, *, camera: Eye, factors: np.ndarray | None) -> None:
    """Give the group's node what the world has: its colour and strength, its turn and the camera's live, its picture as the
    `factors` (9, 3) that `coefficients` found."""
    if factors is not None:
        for term, factor in zip(TERMS, factors, strict=True):
            typed.set_value(node.inputs[term], tuple(factor))
    for channel in range(3):
        sources = {"h": Source(owner=world, path=f"{found.color}[{channel}]" if found.color else found.strength)}
        if found.color and found.strength:
            sources["s"] = Source(owner=world, path=found.strength)
        drivers.drive(node.inputs["Light"], "*".join(sources), index=channel, **sources)
    camera.drive_axes(node)
    if found.rotation:
        angles = {angle: Source(owner=world, path=f"{found.rotation}[{index}]") for index, angle in enumerate("xyz")}
        for name, row in zip("XYZ", _ROTATION, strict=True):
            for index, expression in enumerate(row):
                used = {angle: source for angle, source in angles.items() if f"({angle})" in expression}
                drivers.drive(node.inputs[f"Picture {name}"], expression, index=index, **used)
