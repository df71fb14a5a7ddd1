"""What a light is, linked live to the sockets of its kind's node group."""

from __future__ import annotations

import bpy

from ...blender import light_power
from ...node_groups.light_types import SPREAD
from ...nodes import drivers
from ...nodes.drivers import Eye, Source


def drive(node: bpy.types.Node, light: bpy.types.Object, *, kind: str, camera: Eye) -> None:
    """Link a node of `kinds.KINDS[kind]` to its light; Light is zero while the light is disabled in renders."""
    for channel in range(3):
        power = light_power.power(light.data, channel=channel)
        sources = {name: Source(owner=light, path=path) for name, path in power.paths.items()}
        drivers.drive(node.inputs["Light"], power.expression, index=channel, **sources)
    camera.drive_axes(node)
    _DRIVE[kind](node, light)


def _sun(node: bpy.types.Node, light: bpy.types.Object) -> None:
    drivers.drive_column(node.inputs["Direction"], light, 2)
    drivers.drive(node.inputs["Size"], "sin(min(a,pi)/2)", a=Source(owner=light, path="data.angle"))


def _point(node: bpy.types.Node, light: bpy.types.Object) -> None:
    drivers.drive_column(node.inputs["Light Position"], light, 3)
    drivers.drive(node.inputs["Radius"], "r", r=Source(owner=light, path="data.shadow_soft_size"))
    drivers.drive(node.inputs["Soft Falloff"], "s", s=Source(owner=light, path="data.use_soft_falloff"))


def _spot(node: bpy.types.Node, light: bpy.types.Object) -> None:
    _point(node, light)
    drivers.drive_column(node.inputs["Axis"], light, 2)
    drivers.drive(node.inputs["Cone"], "cos(s/2)", s=Source(owner=light, path="data.spot_size"))
    drivers.drive(node.inputs["Blend"], "b", b=Source(owner=light, path="data.spot_blend"))


def _area(node: bpy.types.Node, light: bpy.types.Object) -> None:
    """A disk or an ellipse (`o` of 4 and more) becomes the rectangle of the same area: sqrt(pi) / 2 of its sides."""
    drivers.drive_column(node.inputs["Light Position"], light, 3)
    shape = {
        "o": Source(owner=light, path="data.shape"),
        "u": Source(owner=light, path="data.size"),
        "v": Source(owner=light, path="data.size_y"),
    }
    for axis, (socket, side) in enumerate((("Half X", "u"), ("Half Y", "(v if o==1 or o==5 else u)"))):
        for index, source in enumerate(drivers.column("xyz", light, axis).values()):
            expression = f"x*{side}/2*(sqrt(pi)/2 if o>=4 else 1)"
            drivers.drive(node.inputs[socket], expression, index=index, x=source, **shape)
    drivers.drive(node.inputs["Per Area"], "n", n=Source(owner=light, path="data.normalize"))


def _area_spread(node: bpy.types.Node, light: bpy.types.Object) -> None:
    _area(node, light)
    half = Source(owner=light, path="data.spread")
    drivers.drive(node.inputs["Spread"], "tan(min(s/2,1.5707))", s=half)
    drivers.drive(node.inputs["Spread Angle"], "min(s/2,1.5707)", s=half)


_DRIVE = {"SUN": _sun, "POINT": _point, "SPOT": _spot, "AREA": _area, SPREAD: _area_spread}
