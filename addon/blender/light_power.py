"""What a Blender light's colour and power come to, as Cycles takes them."""

from __future__ import annotations

from dataclasses import dataclass

import bpy

from . import compat, typed


@dataclass(frozen=True, kw_only=True)
class Power:
    """`expression` for one colour channel, and the light object's properties behind its variables."""

    expression: str
    paths: dict[str, str]


_PER_UNIT = {
    "SUN": "/pi",  # energy is irradiance; a white matte surface sends out 1/pi of it
    "POINT": "/(4*pi*pi)",  # energy is power; over the sphere, then as above
    "SPOT": "/(4*pi*pi)",  # the cone only hides a part of it
    "AREA": "/pi",  # radiance is power per area / pi; a surface that sees nothing else sends out just that
}
_WHOLE_SURFACE = {"SUN": "pi*pow(tan(g/2),2)", "POINT": "4*pi*g*g", "SPOT": "4*pi*g*g"}


def power(light: bpy.types.Light, *, channel: int) -> Power:
    """Return the radiance of a white matte surface that faces the light, at 1 m where distance matters; an area light's own
    radiance,
    before it is divided by its area. 0 while the object is disabled in renders (`h`)."""
    paths = {"h": "hide_render", "k": f"data.color[{channel}]", "e": "data.energy"}
    paths |= {"x": "data.exposure", "u": "data.use_temperature", "t": f"data.temperature_color[{channel}]"}
    expression = f"(0 if h else k*e{_PER_UNIT[light.type]})*pow(2,x)*(t if u else 1)"
    if light.type in _WHOLE_SURFACE:
        paths |= {"n": "data.normalize", "g": "data.angle" if light.type == "SUN" else "data.shadow_soft_size"}
        expression += f"*(1 if n else {_WHOLE_SURFACE[light.type]})"
    return Power(expression=expression, paths=paths)


def has_nodes(light: bpy.types.Light) -> bool:
    """Return whether its nodes do more than Blender's default, an Emission of white and strength 1."""
    if not compat.uses_nodes(light) or light.node_tree is None:
        return False
    emission = next((node for node in light.node_tree.nodes if node.bl_idname == "ShaderNodeEmission"), None)
    strength, color = (typed.value_of(emission.inputs[name]) for name in ("Strength", "Color")) if emission else (0.0, (0.0,))
    plain = strength == 1.0 and min(color) == 1.0
    return not plain or any(typed.ends_of(link)[1].name != "Surface" for link in light.node_tree.links)
