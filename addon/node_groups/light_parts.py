"""What the node groups of all kinds of light share: what they take and give, the way to the camera, the light's colour and gain.

The lights of a rig stand in a chain. Each adds its own to the light so far and hands on what the camera sees, so that links run
from one light to the next and don't cross.
"""

from __future__ import annotations

from ..nodes.builder import Sheet, Socket, Value, Vector, shared_group
from . import shading

SUMS = ("Diffuse", "Specular", "Mask")
SURFACE = ("Normal", "View", "Position", "N V", "Masking", "Passes")
CHAIN = (*SUMS[:2], *SURFACE, SUMS[2])
ALONE, OWN_MASK = "Alone", "Own Mask"


def gives_chain(sheet: Sheet) -> None:
    """`CHAIN` and, below it, what the light gives alone."""
    sheet.gives("Diffuse", "The lights' so far and its own, on a white matte surface, without shadows")
    sheet.gives("Specular", "The highlights so far and its own, without shadows")
    for name in SURFACE[:3]:
        sheet.gives(name, "As it was taken", kind="Vector")
    for name in SURFACE[3:]:
        sheet.gives(name, "As it was taken", kind="Float")
    sheet.gives("Mask", "Where it or those before it fall: 0 to 1, whatever their power", kind="Float")
    sheet.gives(ALONE, "This light alone on a white matte surface")
    sheet.gives(OWN_MASK, "Where this light falls: 0 to 1, whatever its power", kind="Float")


def takes_chain(sheet: Sheet) -> None:
    """The camera's axes, and last what the light before it gives, in that order."""
    takes_camera(sheet)
    sheet.takes_color("Diffuse", "Of the lights before it")
    sheet.takes_color("Specular", "Of the lights before it")
    sheet.takes_vector("Normal", "Unit length, camera space", value=(0.0, 0.0, 1.0))
    sheet.takes_vector("View", "To the camera, unit length", value=(0.0, 0.0, 1.0))
    sheet.takes_vector("Position", "Of the surface, camera space, metres", value=(0.0, 0.0, -5.0))
    sheet.takes_number("N V", "How much the surface faces the camera", value=1.0)
    sheet.takes_number("Masking", "Of the surface, seen from the camera", value=1.0)
    sheet.takes_number("Passes", "0 in a frame that lacks normals or depth: no light falls", value=1.0)
    sheet.takes_number("Mask", "Of the lights before it", value=0.0)


def hand_on(sheet: Sheet, *names: str) -> None:
    """Give these of the chain as they are."""
    sheet.section("Handed on to the next light")
    sheet.output(**{name.replace(" ", "_"): sheet.input(name) for name in names})


def takes(sheet: Sheet, *, position: bool = True) -> None:
    """What all lights take but for the chain."""
    gives_chain(sheet)
    sheet.takes_number("Roughness", "0 is a mirror", value=0.5, least=0.0, most=1.0, subtype="FACTOR")
    sheet.takes_number("Reflectance", "Seen head on; 0.04 for most materials", value=0.04, least=0.0, most=1.0, subtype="FACTOR")
    takes_gain(sheet)
    sheet.takes_number("Softness", "Wraps the light around, as if it were so much larger", value=0.0, least=0.0, most=1.0)
    sheet.takes_number("Lift", "Of the side that faces away: 1 is as bright as the other", value=0.0, least=0.0, most=1.0)
    takes_matte(sheet)
    if position:
        sheet.takes_vector("Light Position", "In the world, metres")
        sheet.takes_vector("Camera Place", "In the world, metres")


def takes_camera(sheet: Sheet) -> None:
    """The way from the world to the camera, for `to_camera`."""
    for name, axis in zip("XYZ", ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)), strict=True):
        sheet.takes_vector(f"Camera {name}", "The camera's axis in the world, of any length", value=axis)


def to_camera(sheet: Sheet, vector: Vector, *, label: str = "") -> Vector:
    """Return a direction of the world as the camera sees it; its scale doesn't matter to what it sees."""
    axes = {f"Camera_{name}": sheet.input(f"Camera {name}") for name in "XYZ"}
    turn = shared_group("Platelight To Camera", version=1, build=_turn)
    return sheet.group(turn, label=label or "To camera space", Direction=vector, **axes).outputs["Seen"]


def _turn(sheet: Sheet) -> None:
    sheet.gives("Seen", "The direction in camera space", kind="Vector")
    sheet.takes_vector("Direction", "In the world")
    takes_camera(sheet)
    sheet.section("Along each of the camera's axes")
    parts = [sheet.dot(sheet.input("Direction"), sheet.unit(sheet.input(f"Camera {name}")), label=name) for name in "XYZ"]
    sheet.output(Seen=sheet.vector(*parts))


def to_light(sheet: Sheet) -> Vector:
    """From the surface to the light."""
    place = sheet.subtract(sheet.input("Light Position"), sheet.input("Camera Place"))
    return sheet.subtract(to_camera(sheet, place), sheet.input("Position"), label="To the light")


def takes_gain(sheet: Sheet) -> None:
    """With `takes_matte` what the world has, too."""
    sheet.takes_number("Gain", "0 is off", value=1.0, least=0.0)
    sheet.takes_number("Exposure", "In stops", value=0.0, least=-32.0, most=32.0)


def takes_matte(sheet: Sheet) -> None:
    sheet.takes_number("Matte", "Where it may fall", value=1.0, least=0.0, most=1.0)
    sheet.takes_number("On", "0 while it is muted, or another is solo", value=1.0, least=0.0, most=1.0)
    sheet.takes_color("Light", "Colour and power", value=(1.0, 1.0, 1.0))


def color(sheet: Sheet) -> Vector:
    """Return the light's colour and power, gain, exposure and matte in it: without a matte, the same all over the picture."""
    stops = sheet.math("POWER", 2.0, sheet.input("Exposure"), label="2^exposure")
    gain = sheet.math("MULTIPLY", sheet.math("MULTIPLY", sheet.input("Gain"), sheet.input("On")), stops)
    gain = sheet.math("MULTIPLY", gain, sheet.input("Passes"), label="None without passes")
    gain = sheet.math("MULTIPLY", gain, sheet.input("Matte"), label="Gain x matte")
    return sheet.scale(sheet.input("Light"), gain, label="Light x gain")


def gives(
    sheet: Sheet,
    *,
    shiny: bool,
    arriving: Socket | None,
    cosine: Socket,
    width: Socket,
    half: Socket | None,
    cone: Socket | None = None,
) -> None:
    """`arriving`: the Diffuse of a surface that faces the light, `cone` in it, None is 1; `cosine`: N . L; `width`: as
    `shading.facing` takes it; `half`: 1 + L . V, None where it isn't `shiny`."""
    sheet.section("Colour and gain")
    light = color(sheet)
    sheet.section("Diffuse")
    horizon = sheet.group(shading.horizon(), label="Horizon", N_L=cosine, Width=width, Lift=sheet.input("Lift"))
    soft, lifted = horizon.outputs["Soft"], horizon.outputs["Lifted"]
    own = times(sheet, lifted, arriving, label="Diffuse")
    light = sheet.rail(light)
    sheet.output(Diffuse=sheet.add_scaled(sheet.input("Diffuse"), light, own, label="Diffuse so far"))
    if shiny and half is not None:
        sheet.section("Highlights")
        given = {name.replace(" ", "_"): sheet.input(name) for name in ("Roughness", "Reflectance", "N V", "Masking")}
        lobe = sheet.group(shading.ggx(), label="GGX", N_L=soft, Half=half, **given).outputs[0]
        shine, light = times(sheet, lobe, arriving, label="Specular"), sheet.rail(light)
        sheet.output(Specular=sheet.add_scaled(sheet.input("Specular"), light, shine, label="Specular so far"))
    hand_on(sheet, *(() if shiny else ("Specular",)), *SURFACE)
    sheet.section("Where it falls, and it alone")
    matte = sheet.math("MULTIPLY", sheet.input("Matte"), sheet.input("Passes"))
    mask = sheet.math("MULTIPLY", times(sheet, lifted, cone), matte, clamp=True, label="Own mask")
    sheet.output(Mask=sheet.math("MAXIMUM", sheet.input("Mask"), mask, label="Mask so far"), Own_Mask=mask)
    sheet.output(Alone=sheet.scale(sheet.rail(light), own, label="Alone"))


def half(sheet: Sheet, to_light: Vector, inverse: Socket) -> Socket:
    """1 + L . V. `inverse`: 1 / the length of `to_light`."""
    return sheet.math("MULTIPLY_ADD", sheet.dot(to_light, sheet.input("View")), inverse, 1.0, label="1 + L . V")


def width(sheet: Sheet, size: Value, factor: Value = 1.0) -> Socket:
    """Return the `width` of a light of the size x factor (`shading.facing`), more by what the user's softness adds to it."""
    soft = sheet.math("MULTIPLY", sheet.input("Softness"), shading.BALL)
    whole = sheet.math("MULTIPLY", size, shading.BALL)
    return sheet.math("MULTIPLY_ADD", factor, whole, soft, label="Width at the horizon")


def times(sheet: Sheet, value: Socket, factor: Socket | None, *, label: str = "") -> Socket:
    return value if factor is None else sheet.math("MULTIPLY", value, factor, label=label)
