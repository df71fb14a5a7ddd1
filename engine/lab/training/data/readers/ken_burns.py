"""3D Ken Burns [Niklaus 2019], single pictures, as its archives unpack side by side:

    <root>/<scene>/NNNNN-<tl|tr|bl|br>-image.png           8-bit RGB; <scene> is like asdf-flying
    <root>/<scene>/NNNNN-meta.json                         fltFov, the angle of view in degrees
    <root>/<scene>-depth/NNNNN-<tl|tr|bl|br>-depth.exr     depth
    <root>/<scene>-normal/NNNNN-<tl|tr|bl|br>-normal.exr   camera-space normals

Scenes and archives follow the set's documentation, file names and the angle of view what others' loaders of it read: the angle
spans the longer side, the principal point is in the middle (its author's answer). The four pictures of a number are views of one
moment from four corners. Others who train on the set take x, y, z from B, G, R, as OpenCV orders channels. UNVERIFIED on the files:
that order, the sign of each axis (see `axes.KEN_BURNS`), that the values are signed floats, and that sky has a zero normal or a
depth over `SKY`. Reading refuses pictures in which much faces away, as it would with x and z exchanged.
"""

from pathlib import Path

import numpy as np

from .....normals import convert_axes
from .axes import KEN_BURNS, check_facing
from .files import centred, number, read_exr, read_frame, read_json
from .stills import Still, Stills, stills

SKY = 47000.0
"""Depth from which on another project's loader of this set takes a pixel for sky."""


def open_ken_burns(root: Path) -> Stills:
    """Return the set under `root`.

    Raises:
        FileNotFoundError: if there is none.
    """
    return stills(root, sorted(root.glob("*/*-image.png")), lambda path: _load(root, path), what="picture (*/NNNNN-tl-image.png)")


def _load(root: Path, path: Path) -> Still:
    scene, stem = path.parent.name, path.name.removesuffix("-image.png")
    frame, normals = read_frame(path), root / f"{scene}-normal" / f"{stem}-normal.exr"
    depth, meta = root / f"{scene}-depth" / f"{stem}-depth.exr", path.parent / f"{stem.split('-')[0]}-meta.json"
    turned = convert_axes(read_exr(normals, "B|X", "G|Y", "R|Z"), axes=KEN_BURNS)
    far = read_exr(depth, "Y|Z|R")[..., 0]
    for file, values in ((normals, turned), (depth, far)):
        if values.shape[:2] != frame.shape[:2]:
            raise ValueError(f"{file} is {values.shape}, its frame {frame.shape}.")
    angle = np.radians(number(read_json(meta), "fltFov", meta))
    intrinsics = centred(frame.shape[1::-1], angle=angle, along=max(frame.shape[:2]))
    valid = np.isfinite(far) & (far > 0) & (far < SKY) & (np.linalg.norm(turned, axis=-1) > 0.5)
    check_facing(turned, valid, intrinsics, name=str(normals))
    return Still(frame=frame, normals=turned, valid=valid, intrinsics=intrinsics, path=normals)
