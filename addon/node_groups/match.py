"""The node group that divides a plate by its own light, and puts new light in the place of the old or beside it.

``original = light + limit^2 / (light + limit)`` with the fitted ``light >= 0``: never less than `limit`, within 5 % of the light
where that is more than 4 times the limit, and smooth between, so that shadows neither explode nor show where the limit begins.
``albedo = min(plate / original, albedo limit)``; ``highlights = plate - albedo * original`` is what no matte surface can be, such
as sky, lamps and reflections, and stays; ``image = mix(plate, albedo * (new light + keep * original) + highlights + new specular,
amount)``. So under its original light the plate is itself; Keep Original turns from replacing that light (0) to adding to it (1).

Where there is an albedo pass, new light falls on its albedo: ``lit = mix(albedo, albedo pass, use albedo pass) * new light``.
What the plate keeps of its own light, and its highlights, stay as the fit has them. A frame whose albedo is black uses the fit.

A frame without any normal, as Blender shows a file that is missing, is the plate as it was shot.
"""

from __future__ import annotations

from functools import partial

import bpy

from ..blender import typed
from ..nodes.builder import Sheet, Socket, shared_group
from . import relight as relight_group
from . import world_light

AXES = tuple(f"Camera {name}" for name in "XYZ")


def group() -> bpy.types.NodeTree:
    made = shared_group("Platelight Match", version=4, build=_build)
    face = typed.interface(made)
    if not typed.panels(made):
        panel = face.new_panel("Light in the Plate", description="What the fit found; keyframed", default_closed=True)
        found = {item.name: item for item in typed.sockets(made)}
        for place, name in enumerate((*world_light.TERMS, *AXES)):
            face.move_to_parent(found[name], panel, place)
    return made


def _build(sheet: Sheet) -> None:
    sheet.gives("Image", "The plate under its new light")
    sheet.gives("Albedo", "The plate without its light: what its surfaces are painted with")
    sheet.gives("Original Light", "What the plate is divided by; times the fit's albedo, and with Highlights, it is the plate")
    sheet.gives("Highlights", "Brighter than any matte surface in this light: sky, lamps, reflections")
    sheet.gives("Grey", "New light and the original light that stays on mid-grey surfaces, highlights with it")
    sheet.takes_color("Image", "The plate, scene-linear", value=(0.18, 0.18, 0.18))
    sheet.takes_vector("Normal", "Normals in camera space: +X right, +Y up, +Z toward the camera", value=(0.0, 0.0, 1.0))
    sheet.takes_color("New Light", "Light of the relight group", value=(1.0, 1.0, 1.0))
    sheet.takes_color("New Specular", "Specular of the relight group")
    fraction = partial(sheet.takes_number, least=0.0, most=1.0, subtype="FACTOR")
    fraction("Keep Original", "Of the light in the plate: 0 replaces it, 1 adds to it", value=0.0)
    fraction("Shadow Limit", "The least light that a shadow is divided by, as a share of the average; more hides noise", value=0.15)
    sheet.takes_number(
        "Albedo Limit", "The most that a surface reflects; what is brighter stays as it is", value=1.0, least=0.0, most=1000.0
    )
    sheet.takes_number("Brightness", "Of the light in the plate; more makes the albedo darker", value=1.0, least=0.001, most=1000.0)
    fraction("Amount", "0 keeps the plate, 1 gives it its new light", value=1.0)
    for term in world_light.TERMS:
        value = (1.0, 1.0, 1.0) if term == "Constant" else (0.0, 0.0, 0.0)
        sheet.takes_vector(term, "Red, green and blue of this term of the normal", value=value)
    sheet.takes_color("Albedo Pass", "Estimated albedo, scene-linear; black where there is none", value=(0.0, 0.0, 0.0))
    fraction("Use Albedo Pass", "0 takes the fit's albedo, 1 that of the pass", value=1.0)
    for name, axis in zip(AXES, ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)), strict=True):
        sheet.takes_vector(name, "The camera's axis in the space of the light", value=axis)

    light = _light(sheet, _normal(sheet))
    sheet.section("Not below the limit")
    limit = sheet.color("MULTIPLY", sheet.input("Constant"), sheet.input("Shadow Limit"), label="Limit")
    square = sheet.color("MULTIPLY", limit, limit)
    lift = sheet.color("DIVIDE", square, sheet.color("ADD", light, limit))
    lifted = sheet.color("ADD", light, lift)
    original = sheet.color("MULTIPLY", lifted, sheet.input("Brightness"), label="Original light")
    sheet.section("Albedo, and what is too bright for one")
    whole = sheet.color("DIVIDE", sheet.input("Image"), original, label="Plate / original light")
    albedo = sheet.color("DARKEN", whole, sheet.input("Albedo Limit"), label="Not above the limit")
    matte = sheet.color("MULTIPLY", albedo, original)
    highlights = sheet.color("SUBTRACT", sheet.input("Image"), matte, label="Highlights")
    sheet.section("Albedo of the pass, where there is one")
    brightness = sheet.dot(sheet.input("Albedo Pass"), (1 / 3, 1 / 3, 1 / 3), label="Brightness")
    used = sheet.math("MULTIPLY", sheet.input("Use Albedo Pass"), sheet.anywhere(brightness, label="Any albedo?"))
    albedo = sheet.color("MIX", albedo, sheet.input("Albedo Pass"), factor=used, label="Albedo that is lit")
    sheet.section("New light")
    lit = sheet.color("MULTIPLY", albedo, sheet.input("New Light"))
    kept = sheet.color("MULTIPLY", matte, sheet.input("Keep Original"), label="Original light that stays")
    lights = sheet.color("ADD", sheet.color("ADD", lit, kept), sheet.input("New Specular"))
    total = sheet.color("ADD", lights, highlights)
    there = _there(sheet)
    amount = sheet.math("MULTIPLY", sheet.input("Amount"), there, label="Amount, 0 without a normal")
    image = sheet.color("MIX", sheet.input("Image"), total, factor=amount)
    sheet.output(Image=image, Albedo=albedo, Original_Light=original, Highlights=highlights)
    sheet.section("To look at")
    share = sheet.math("MULTIPLY", sheet.input("Keep Original"), sheet.rail(there))
    stays = sheet.color("MULTIPLY", original, share)
    seen = sheet.color("ADD", sheet.input("New Light"), stays, label="All light")
    sheet.output(Grey=sheet.color("ADD", sheet.input("New Specular"), seen, factor=relight_group.GREY, label="Grey"))


def _there(sheet: Sheet) -> Socket:
    """1 where the frame has any normal, else 0."""
    parts = sheet.separate(sheet.input("Normal"))
    return sheet.anywhere(_dot(sheet, parts, parts), label="Any normal?")


def _normal(sheet: Sheet) -> tuple[Socket, ...]:
    """x, y and z of the unit normal in the space of the light; no length stays none."""
    sheet.section("Unit normal in the space of the light")
    parts = sheet.separate(sheet.input("Normal"))
    length = sheet.math("MAXIMUM", sheet.math("POWER", _dot(sheet, parts, parts), 0.5), 1e-6, label="Length")
    unit = tuple(sheet.math("DIVIDE", part, length) for part in parts)
    axes = [sheet.separate(sheet.input(name)) for name in AXES]
    return tuple(_dot(sheet, unit, tuple(axis[row] for axis in axes)) for row in range(3))


def _light(sheet: Sheet, normal: tuple[Socket, ...]) -> Socket:
    """Return the sum of the nine terms, never below 0."""
    sheet.section("Terms of the normal")
    x, y, z = normal
    products = [sheet.math("MULTIPLY", one, other, label=label) for one, other, label in ((x, y, "XY"), (y, z, "YZ"), (x, z, "XZ"))]
    upright = sheet.math("SUBTRACT", sheet.math("MULTIPLY", sheet.math("MULTIPLY", z, z), 3.0), 1.0, label="3ZZ - 1")
    apart = sheet.math("SUBTRACT", sheet.math("MULTIPLY", x, x), sheet.math("MULTIPLY", y, y), label="XX - YY")
    values = (x, y, z, products[0], products[1], upright, products[2], apart)
    sheet.section("Light in the plate: the sum of its terms")
    total = sheet.input("Constant")
    for term, value in zip(world_light.TERMS[1:], values, strict=True):
        total = sheet.color("ADD", total, sheet.color("MULTIPLY", sheet.input(term), value, label=term))
    return sheet.color("LIGHTEN", total, (0.0, 0.0, 0.0, 1.0), label="Never below 0")


def _dot(sheet: Sheet, one: tuple[Socket, ...], other: tuple[Socket, ...]) -> Socket:
    products = [sheet.math("MULTIPLY", a, b) for a, b in zip(one, other, strict=True)]
    return sheet.math("ADD", sheet.math("ADD", products[0], products[1]), products[2])
