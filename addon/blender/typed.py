"""What Blender always has, or has under another type than its type stubs say: asked for here, so that callers are checked."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, cast

import bpy
import numpy as np


def preferences() -> bpy.types.Preferences:
    return cast(bpy.types.Preferences, bpy.context.preferences)


def windows() -> Iterable[bpy.types.Window]:
    """Return the open windows; none in background."""
    return cast(bpy.types.WindowManager, bpy.context.window_manager).windows


def is_rendering() -> bool:
    """Return whether a render reads the scenes; changing them then can crash Blender."""
    return bool(cast(Any, bpy.app).is_job_running("RENDER"))


def color_space(image: bpy.types.Image) -> bpy.types.ColorManagedInputColorspaceSettings:
    return cast(bpy.types.ColorManagedInputColorspaceSettings, image.colorspace_settings)


def set_color_space(image: bpy.types.Image, name: str) -> None:
    """Take the image's file for one in the colour space of that name."""
    cast(Any, image.colorspace_settings).name = name


def pixels(image: bpy.types.Image) -> np.ndarray:
    """Return the numbers of an image, float32 (H, W, C), row 0 at the bottom; (0, 0, C) where it cannot be read.

    Floats are scene-linear in the file's working space, bytes in the image's own colour space from 0 to 1.
    """
    values = cast(Any, image.pixels)
    width, height = image.size
    flat = np.empty(len(values), np.float32)
    values.foreach_get(flat)
    if not width or flat.size % (width * height):
        return np.empty((0, 0, image.channels), np.float32)
    return flat.reshape(height, width, -1)


def perspective(camera: bpy.types.Object | None) -> bpy.types.Camera | None:
    """Return the lens of a perspective camera, None for anything else."""
    lens = camera.data if camera else None
    return lens if isinstance(lens, bpy.types.Camera) and lens.type == "PERSP" else None


def spread(light: bpy.types.Light) -> float:
    """Return the angle in radians over which an area light shines."""
    return cast(bpy.types.AreaLight, light).spread


def value_of(socket: bpy.types.NodeSocket) -> Any:
    """Return what a socket holds while nothing is linked to it; its type is that of the socket."""
    return cast(Any, socket).default_value


def set_value(socket: bpy.types.NodeSocket, value: Any) -> None:
    cast(Any, socket).default_value = value


def ends_of(link: bpy.types.NodeLink) -> tuple[bpy.types.NodeSocket, bpy.types.NodeSocket]:
    """Return the sockets that a link comes from and goes to."""
    return cast(bpy.types.NodeSocket, link.from_socket), cast(bpy.types.NodeSocket, link.to_socket)


def nodes_of(link: bpy.types.NodeLink) -> tuple[bpy.types.Node, bpy.types.Node]:
    """Return the nodes that a link comes from and goes to."""
    return cast(bpy.types.Node, link.from_node), cast(bpy.types.Node, link.to_node)


def node_of(socket: bpy.types.NodeSocket) -> bpy.types.Node:
    return cast(bpy.types.Node, socket.node)


def links_of(socket: bpy.types.NodeSocket) -> Sequence[bpy.types.NodeLink]:
    return cast(Sequence[bpy.types.NodeLink], socket.links)


def new_input(tree: bpy.types.NodeTree, name: str, kind: str, *, panel: bpy.types.NodeTreeInterfacePanel | None = None) -> Any:
    """Return a new input of a node group. `kind`: Float, Vector, Color and so on; which properties it has depends on that."""
    place = {"parent": panel} if panel else {}
    return cast(Any, interface(tree)).new_socket(name, in_out="INPUT", socket_type=f"NodeSocket{kind}", **place)


def interface(tree: bpy.types.NodeTree) -> bpy.types.NodeTreeInterface:
    """Return the sockets and panels of a node group."""
    return cast(bpy.types.NodeTreeInterface, tree.interface)


def panels(tree: bpy.types.NodeTree) -> dict[str, bpy.types.NodeTreeInterfacePanel]:
    """Return the panels of a node group by name."""
    items = cast(Sequence[Any], interface(tree).items_tree)
    return {item.name: item for item in items if item.item_type == "PANEL"}


def sockets(tree: bpy.types.NodeTree, in_out: str = "INPUT") -> list[Any]:
    """Return the sockets of a node group's interface; which properties one has depends on its kind."""
    items = cast(Sequence[Any], interface(tree).items_tree)
    return [item for item in items if item.item_type == "SOCKET" and item.in_out == in_out]


def tree_of(node: bpy.types.Node) -> bpy.types.NodeTree | None:
    """Return the node group that a group node shows."""
    return cast(bpy.types.NodeGroup, node).node_tree


def image_of(node: bpy.types.Node) -> bpy.types.Image | None:
    """Return the image of an Image node."""
    return cast(bpy.types.CompositorNodeImage, node).image


def set_up(node: bpy.types.Node, **settings: Any) -> None:
    """Set properties that only nodes of its type have."""
    for name, value in settings.items():
        setattr(node, name, value)


def new_driver(owner: bpy.types.bpy_struct, name: str, *, index: int = -1) -> bpy.types.Driver:
    """Return the driver of a property, or of one component of it; a new one where it had none."""
    return driver_of(cast(bpy.types.FCurve, owner.driver_add(name, index) if index >= 0 else owner.driver_add(name)))


def driver_of(curve: bpy.types.FCurve) -> bpy.types.Driver:
    """Return the driver of an F-curve from `AnimData.drivers`."""
    return cast(bpy.types.Driver, curve.driver)


def image_node(node: bpy.types.Node) -> bpy.types.CompositorNodeImage:
    """Return an Image node with what only such nodes have."""
    return cast(bpy.types.CompositorNodeImage, node)


def shown_image(node: bpy.types.Node) -> bpy.types.Image:
    """Return the image of an Image node that has one."""
    return cast(bpy.types.Image, image_of(node))


def show_image(node: bpy.types.Node, image: bpy.types.Image) -> None:
    """Give an Image node its image."""
    cast(bpy.types.CompositorNodeImage, node).image = image
