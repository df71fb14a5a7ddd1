"""How a surface answers light: Lambert's law for lights of some size, and the GGX lobe."""

from __future__ import annotations

import bpy

from .sheet import Sheet, Socket, Value, shared_group


def facing(sheet: Sheet, cosine: Socket, size: Value) -> Socket:
    """The cosine law for a ball of light: ``cosine`` to its centre where all of it is above the horizon, 0 where none is.

    Between, where ``|cosine| < size``, a parabola joins them: ``(cosine + size)^2 / (4 size)``; it is within 0.04 ``size``
    of the exact form factor of a sphere cut by the horizon.

    Args:
        size: sine of half the angle under which the light is seen, 0..1.
    """
    size = sheet.math("MAXIMUM", size, 1e-4)
    above = sheet.math("SUBTRACT", sheet.math("MAXIMUM", cosine, size), size)
    risen = sheet.math("MAXIMUM", sheet.math("ADD", cosine, size), 0.0)
    risen = sheet.math("MINIMUM", risen, sheet.math("MULTIPLY", size, 2.0))
    part = sheet.math("DIVIDE", sheet.math("MULTIPLY", risen, risen), sheet.math("MULTIPLY", size, 4.0))
    return sheet.math("ADD", above, part, label="Cosine, soft at the horizon")


def ggx() -> bpy.types.NodeTree:
    """Specular: pi x the BSDF x the cosine, so that times a light's Diffuse at normal incidence it is the radiance."""
    return shared_group("Platelight GGX", version=1, build=_ggx)


def _ggx(sheet: Sheet) -> None:
    """``pi D G F / (4 N.V)`` with the height-correlated Smith term (Heitz 2014, eq. 99) and Schlick's Fresnel.

    ``G / (4 N.V) = N.L / (2 (N.L s(N.V) + N.V s(N.L)))`` with ``s(c) = sqrt(c^2 + a^2 (1 - c^2))``, ``a = roughness^2``.
    """
    sheet.takes_vector("Normal", "Unit length, camera space", value=(0.0, 0.0, 1.0))
    sheet.takes_vector("View", "To the camera, unit length", value=(0.0, 0.0, 1.0))
    sheet.takes_vector("To Light", "Unit length", value=(0.0, 0.0, 1.0))
    sheet.takes_number("Roughness", "As in the Principled BSDF", value=0.5, least=0.0, most=1.0, subtype="FACTOR")
    sheet.takes_number("Reflectance", "Seen head on; 0.04 for most materials", value=0.04, least=0.0, most=1.0, subtype="FACTOR")
    sheet.gives("Specular", "Radiance for a light of Diffuse 1", kind="Float")

    sheet.section("Roughness")
    rough = sheet.math("MAXIMUM", sheet.input("Roughness"), 0.03)
    a2 = sheet.math("POWER", rough, 4.0, label="Roughness^4")
    less = sheet.math("SUBTRACT", 1.0, a2, label="1 - roughness^4")

    sheet.section("Half way between light and view")
    half = sheet.vector("NORMALIZE", sheet.vector("ADD", sheet.input("To Light"), sheet.input("View")), label="H")
    nh = sheet.math("MAXIMUM", sheet.vector("DOT_PRODUCT", sheet.input("Normal"), half, label="N . H"), 0.0)
    slope = sheet.math("SUBTRACT", 1.0, sheet.math("MULTIPLY", sheet.math("MULTIPLY", nh, nh), less))
    spread = sheet.math("DIVIDE", a2, sheet.math("MULTIPLY", slope, slope), label="pi x D")

    sheet.section("Shadowing and masking")
    nl = sheet.math("MAXIMUM", sheet.vector("DOT_PRODUCT", sheet.input("Normal"), sheet.input("To Light"), label="N . L"), 0.0)
    nv = sheet.math("MAXIMUM", sheet.vector("DOT_PRODUCT", sheet.input("Normal"), sheet.input("View"), label="N . V"), 1e-4)
    masks = []
    for cosine, other in ((nl, nv), (nv, nl)):
        square = sheet.math("MULTIPLY", sheet.math("MULTIPLY", cosine, cosine), less)
        masks.append(sheet.math("MULTIPLY", sheet.math("POWER", sheet.math("ADD", square, a2), 0.5), other))
    both = sheet.math("MULTIPLY", sheet.math("ADD", masks[0], masks[1]), 2.0)
    visible = sheet.math("DIVIDE", nl, sheet.math("MAXIMUM", both, 1e-6), label="N . L x G / (4 N.L N.V)")

    sheet.section("Fresnel")
    vh = sheet.math("MAXIMUM", sheet.vector("DOT_PRODUCT", sheet.input("View"), half, label="V . H"), 0.0)
    grazing = sheet.math("POWER", sheet.math("SUBTRACT", 1.0, vh, clamp=True), 5.0)
    rest = sheet.math("MULTIPLY", grazing, sheet.math("SUBTRACT", 1.0, sheet.input("Reflectance")))
    fresnel = sheet.math("ADD", rest, sheet.input("Reflectance"))

    sheet.section("Their product")
    sheet.output(Specular=sheet.math("MULTIPLY", sheet.math("MULTIPLY", spread, visible), fresnel))
