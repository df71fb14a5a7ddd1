"""What a Blender light's colour and power come to, as Cycles takes them; which settings there are differs between versions."""

from __future__ import annotations

from dataclasses import dataclass

import bpy


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
    """The radiance of a white matte surface that faces the light, at 1 m where distance matters; an area light's own radiance,
    before it is divided by its area. 0 while the object is disabled in renders (`h`)."""
    paths = {"h": "hide_render", "k": f"data.color[{channel}]", "e": "data.energy"}
    expression = f"(0 if h else k*e{_PER_UNIT[light.type]})"
    if hasattr(light, "exposure"):
        paths["x"] = "data.exposure"
        expression += "*pow(2,x)"
    if hasattr(light, "use_temperature"):
        paths |= {"u": "data.use_temperature", "t": f"data.temperature_color[{channel}]"}
        expression += "*(t if u else 1)"
    if hasattr(light, "normalize") and light.type in _WHOLE_SURFACE:
        paths |= {"n": "data.normalize", "g": "data.angle" if light.type == "SUN" else "data.shadow_soft_size"}
        expression += f"*(1 if n else {_WHOLE_SURFACE[light.type]})"
    return Power(expression=expression, paths=paths)


def is_shared_out(light: bpy.types.Light) -> str:
    """The path of an area light's switch that divides its power by its area; ``""`` where that is always so."""
    return "data.normalize" if hasattr(light, "normalize") else ""


def uses_nodes(block: bpy.types.Light | bpy.types.World) -> bool:
    """Whether its nodes count; since 5.0 they always do."""
    return "compositing_node_group" in bpy.types.Scene.bl_rna.properties or block.use_nodes


def has_nodes(light: bpy.types.Light) -> bool:
    """Whether its nodes do more than Blender's default, an Emission of white and strength 1."""
    if not uses_nodes(light) or light.node_tree is None:
        return False
    emission = next((node for node in light.node_tree.nodes if node.bl_idname == "ShaderNodeEmission"), None)
    plain = emission and emission.inputs["Strength"].default_value == 1.0 and min(emission.inputs["Color"].default_value) == 1.0
    return not plain or any(link.to_socket.name != "Surface" for link in light.node_tree.links)
