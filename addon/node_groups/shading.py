"""How a surface answers light: Lambert's law for lights of some size, and the GGX lobe."""

from __future__ import annotations

import math

import bpy

from ..nodes.builder import Sheet, Socket, Value, shared_group

BALL = 4 / 3
"""What a light's size, the sine of half the angle under which it is seen, is multiplied with to be the `width` of `facing`."""


def facing(sheet: Sheet, cosine: Socket, width: Value, *, label: str = "Soft at the horizon") -> Socket:
    """``max(cosine, 0)``, rounded off where ``|cosine| < width``: its mean over a triangle of that half width.

    That is Blender's smooth maximum, ``width h^3 / 6`` more with ``h = 1 - |cosine| / width``. With a `width` of `BALL` times its
    size it is within 0.005 of the form factor of a sphere cut by the horizon for sizes up to 0.5, within 0.025 up to 0.7.
    """
    return sheet.math("SMOOTH_MAX", cosine, 0.0, width, label=label)


def horizon() -> bpy.types.NodeTree:
    """Return the cosine law for a light of some size, softened and lifted as the user wants."""
    return shared_group("Platelight Horizon", version=2, build=_horizon)


def _horizon(sheet: Sheet) -> None:
    sheet.gives("Soft", "How much of the light falls on the surface", kind="Float")
    sheet.gives("Lifted", "The same with its dark side lifted", kind="Float")
    sheet.takes_number("N L", "How much the surface faces the light", value=1.0)
    sheet.takes_number("Width", "Of the light at the horizon: 4/3 of its size, Softness in it", value=0.0)
    sheet.takes_number("Lift", "Of the side that faces away", value=0.0, least=0.0, most=1.0)
    sheet.section("Soft at the horizon, and lifted")
    soft = facing(sheet, sheet.input("N L"), sheet.input("Width"))
    rest = sheet.math("SUBTRACT", 1.0, sheet.input("Lift"))
    lifted = sheet.math("MULTIPLY_ADD", soft, rest, sheet.input("Lift"), label="Lifted")
    sheet.output(Soft=soft, Lifted=lifted)


def _squares(sheet: Sheet) -> tuple[Socket, Socket]:
    """a^2 of the lobe, that is roughness^4, and 1 - a^2."""
    rough = sheet.math("MAXIMUM", sheet.input("Roughness"), 0.03)
    rough = sheet.math("MULTIPLY", rough, rough)
    a2 = sheet.math("MULTIPLY", rough, rough, label="Roughness^4")
    return a2, sheet.math("SUBTRACT", 1.0, a2, label="1 - roughness^4")


def _masking(sheet: Sheet, cosine: Socket, a2: Socket, less: Socket) -> Socket:
    """s(c) = sqrt(c^2 + a^2 (1 - c^2)), of Smith's masking."""
    return sheet.math("SQRT", sheet.math("MULTIPLY_ADD", sheet.math("MULTIPLY", cosine, cosine), less, a2))


def surface() -> bpy.types.NodeTree:
    """Return what highlights need to know of a surface whatever the light."""
    return shared_group("Platelight Surface", version=2, build=_surface)


def _surface(sheet: Sheet) -> None:
    sheet.takes_vector("Normal", "Unit length, camera space", value=(0.0, 0.0, 1.0))
    sheet.takes_vector("View", "To the camera, unit length", value=(0.0, 0.0, 1.0))
    sheet.takes_number("Roughness", "As in the Principled BSDF", value=0.5, least=0.0, most=1.0, subtype="FACTOR")
    sheet.gives("N V", "How much it faces the camera", kind="Float")
    sheet.gives("Masking", "How much it hides itself from the camera: Smith's s(N V)", kind="Float")
    sheet.section("Toward the camera")
    cosine = sheet.dot(sheet.input("Normal"), sheet.input("View"), label="N . V")
    cosine = sheet.math("MAXIMUM", cosine, 1e-4)
    a2, less = _squares(sheet)
    sheet.output(N_V=cosine, Masking=_masking(sheet, cosine, a2, less))


def ggx() -> bpy.types.NodeTree:
    """Specular: pi x the BSDF x the cosine, so that times a light's Diffuse at normal incidence it is the radiance."""
    return shared_group("Platelight GGX", version=4, build=_ggx)


def _ggx(sheet: Sheet) -> None:
    """``pi D G F / (4 N.V)`` with the height-correlated Smith term (Heitz 2014, eq. 99) and Schlick's Fresnel.

    ``G / (4 N.V) = N.L / (2 (N.L s(N.V) + N.V s(N.L)))`` with ``s(c) = sqrt(c^2 + a^2 (1 - c^2))``, ``a = roughness^2``.
    The half vector H stays out of it: with ``h = |L + V|^2 / 2 = 1 + L.V`` it is ``(N.H)^2 = (N.L + N.V)^2 / 2h`` and
    ``(V.H)^2 = h / 2``.
    """
    sheet.takes_number("N L", "How much the surface faces the light, not below 0", value=1.0, least=0.0)
    sheet.takes_number("Half", "1 + L . V, which is half of |L + V|^2", value=2.0)
    sheet.takes_number("Roughness", "As in the Principled BSDF", value=0.5, least=0.0, most=1.0, subtype="FACTOR")
    sheet.takes_number("Reflectance", "Seen head on; 0.04 for most materials", value=0.04, least=0.0, most=1.0, subtype="FACTOR")
    sheet.takes_number("N V", "How much the surface faces the camera", value=1.0)
    sheet.takes_number("Masking", "Of the surface, seen from the camera", value=1.0)
    sheet.gives("Specular", "Radiance for a light of Diffuse 1", kind="Float")

    sheet.section("Roughness: sqrt(pi x D / a^2)")
    _, less = _squares(sheet)
    both = sheet.math("ADD", sheet.input("N L"), sheet.input("N V"))
    both = sheet.math("MULTIPLY", both, both, label="(N . (L + V))^2")
    slope = sheet.math("MULTIPLY_ADD", both, sheet.math("MULTIPLY", less, -0.5), sheet.input("Half"))
    spread = sheet.math("DIVIDE", sheet.input("Half"), slope)
    spread = sheet.math("MULTIPLY", spread, spread, label="pi x D / a^2")

    sheet.section("Shadowing and masking")
    a2, less = _squares(sheet)
    hidden = sheet.math("MULTIPLY", _masking(sheet, sheet.input("N L"), a2, less), sheet.input("N V"))
    hidden = sheet.math("MULTIPLY_ADD", sheet.input("N L"), sheet.input("Masking"), hidden)
    visible = sheet.math("DIVIDE", sheet.input("N L"), hidden, label="2 G / (4 N.V)")

    sheet.section("Fresnel x a^2 / 2")
    a2, _ = _squares(sheet)
    ahead = sheet.math("MULTIPLY_ADD", sheet.math("SQRT", sheet.input("Half")), -math.sqrt(0.5), 1.0, label="1 - V . H")
    least = sheet.math("MULTIPLY", sheet.math("MULTIPLY", a2, 0.5), sheet.input("Reflectance"))
    rest = sheet.math("SUBTRACT", sheet.math("MULTIPLY", a2, 0.5), least)
    fresnel = sheet.math("MULTIPLY_ADD", sheet.fifth_power(ahead, label="(1 - V . H)^5"), rest, least)

    sheet.section("Their product")
    sheet.output(Specular=sheet.math("MULTIPLY", sheet.math("MULTIPLY", spread, visible), fresnel))
