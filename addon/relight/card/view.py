"""What a camera sees at a distance of 1 m, and where in it a plate lies, as drivers of a card's sockets."""

from __future__ import annotations

import bpy
from bpy_extras.object_utils import world_to_camera_view
from mathutils import Vector

from ...nodes import drivers
from ...nodes.drivers import Source

_SENSOR = "(v if f==2 else s)/l"
_SIDE = "(max(x*i,y*j) if f==0 else (x*i if f==1 else y*j))"


def drive(card: bpy.types.Node, *, scene: bpy.types.Scene, lens: dict[str, Source], plate: tuple[int, int]) -> None:
    """Give a card's `Size` and `Middle` what the plate has of them in the plane 1 m before the camera.

    As in the compositor, a plate of another shape than the render's lies inside it as large as it can.

    Args:
        lens: what `cuts.lens` gives.
        plate: width and height in pixels; (0, 0) where they aren't known, for a plate that fills the render.
    """
    seen = {name: lens[name] for name in "svfl"}
    render = {
        name: Source(owner=scene, path=f"render.{path}")
        for name, path in zip("xyij", ("resolution_x", "resolution_y", "pixel_aspect_x", "pixel_aspect_y"), strict=True)
    }
    width, height = plate
    for axis, (own, other, extent, ratio) in enumerate((("x", "y", "x*i", (width, height)), ("y", "x", "y*j", (height, width)))):
        fit = f"*(1 if abs(x*{height}/{width}-y)<1.5 else min(1,{other}*{ratio[0]}/({own}*{ratio[1]})))" if width else ""
        drivers.drive(card.inputs["Size"], f"{_SENSOR}*{extent}/{_SIDE}{fit}", index=axis, **seen, **render)
        drivers.drive(card.inputs["Middle"], f"{_SENSOR}*d", index=axis, d=lens["pq"[axis]], **seen)


def drive_depth(card: bpy.types.Node, *, scene: bpy.types.Scene, depth_in: bpy.types.Node) -> None:
    """Let the card count metres as the compositor's Depth In does, whose numbers people set.

    A compositor is a part of the scene before Blender 5 and stands beside it since. A file that goes from one to the other keeps
    these drivers: they ask in both ways, and what isn't there counts as 0.
    """
    tree = depth_in.id_data
    start = f'nodes["{bpy.utils.escape_identifier(depth_in.name)}"].inputs'
    for name in ("Relative", "Near", "Far", "Scale"):
        path, taker = f'{start}["{name}"].default_value', card.inputs[name]
        if not tree.is_embedded_data:
            drivers.drive(taker, "a", a=Source(owner=tree, path=path))
            continue
        before, since = (Source(owner=scene, path=f"{way}.{path}") for way in ("node_tree", "compositing_node_group"))
        drivers.drive(taker, "a+b", a=before, b=since)
        curve = card.id_data.animation_data.drivers.find(taker.path_from_id("default_value"))
        for variable in curve.driver.variables:
            variable.targets[0].use_fallback_value = True


def on_plate(scene: bpy.types.Scene, camera: bpy.types.Object, point: Vector, *, shape: float) -> Vector | None:
    """Where a point of the world is seen: x and y from 0 to 1 over the plate, from its lower left corner, and its depth in metres.
    None outside the plate.

    Args:
        shape: the plate's width over its height, in pixels; 0 for one that fills the render.
    """
    seen = world_to_camera_view(scene, camera, point)
    wider = shape * scene.render.resolution_y / scene.render.resolution_x if shape else 1.0
    x = (seen.x - 0.5) / min(1.0, wider) + 0.5
    y = (seen.y - 0.5) * max(1.0, wider) + 0.5
    return Vector((x, y, seen.z)) if 0 <= x <= 1 and 0 <= y <= 1 and seen.z > 0 else None
