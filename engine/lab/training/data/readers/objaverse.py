"""Objaverse as G-buffer Objaverse [Qiu 2023] renders it:

    <root>/<dictionary>/<instance>/campos_512_v4/NNNNN/NNNNN.png      8-bit RGBA
    <root>/<dictionary>/<instance>/campos_512_v4/NNNNN/NNNNN_nd.exr   R, G, B: world-space normal in Unity's axes; A: depth
    <root>/<dictionary>/<instance>/campos_512_v4/NNNNN/NNNNN.json     x, y, z: the camera's right, down, forward in the world;
                                                                      origin; x_fov in radians

Layout and axes follow the set's documentation and its example of turning normals into camera space: the world that the camera's
axes are given in has X = -R, Y = -B and Z = G. Its views are steps of an orbit too wide for film, so each is a
still. The paper's own renders of Objaverse aren't published; videos of one's own are best kept in our clip format. UNVERIFIED on
the files: that `x_fov` spans the width.
"""

from pathlib import Path

import numpy as np

from .....normals import convert_axes
from .axes import OPENCV, check_facing
from .files import centred, number, read_exr, read_frame, read_json, read_picture
from .stills import Still, Stills, stills


def open_objaverse(root: Path) -> Stills:
    """Return the set under `root`.

    Raises:
        FileNotFoundError: if there is none.
    """
    files = sorted(root.glob("*/*/campos_512_v4/*/*_nd.exr"))
    places = [file.with_name(file.name.replace("_nd.exr", ".png")) for file in files]
    return stills(root, places, _load, what="view (*/*/campos_512_v4/NNNNN/NNNNN_nd.exr)")


def _load(path: Path) -> Still:
    frame, stored = read_frame(path), read_picture(path)
    normals, meta = path.with_name(f"{path.stem}_nd.exr"), path.with_suffix(".json")
    unity, camera = read_exr(normals, "R", "G", "B"), read_json(meta)
    if unity.shape != frame.shape or stored.shape[2] != 4:
        raise ValueError(f"{normals} is {unity.shape}, {path} {stored.shape}; they should be of one size, the picture with alpha.")
    axes = np.array([camera.get(axis) for axis in "xyz"], dtype=np.float32)
    if axes.shape != (3, 3) or not np.allclose(axes @ axes.T, np.eye(3), atol=1e-3):
        raise ValueError(f"{meta}: its x, y and z are no axes of a camera.")
    world = np.stack([-unity[..., 0], -unity[..., 2], unity[..., 1]], -1)
    turned = convert_axes(world @ axes.T, axes=OPENCV)
    intrinsics = centred(frame.shape[1::-1], angle=number(camera, "x_fov", meta), along=frame.shape[1])
    valid = (stored[..., 3] == 255) & (np.linalg.norm(turned, axis=-1) > 0.5)
    check_facing(turned, valid, intrinsics, name=str(normals))
    return Still(frame=frame, normals=turned, valid=valid, intrinsics=intrinsics, path=normals)
