"""Replica [Straub 2019] as Omnidata's starter set [Eftekhar 2021] renders it, single pictures:

    <root>/rgb/replica/<building>/point_<p>_view_<v>_domain_rgb.png                  8-bit RGB
    <root>/normal/replica/<building>/point_<p>_view_<v>_domain_normal.png            8-bit, n = v / 127.5 - 1; right, down, away
    <root>/mask_valid/replica/<building>/point_<p>_view_<v>_domain_depth_zbuffer.png 8-bit, 0 where geometry is missing
    <root>/point_info/replica/<building>/point_<p>_view_<v>_domain_point_info.json   field_of_view_rads

Modalities and their encodings follow Omnidata's documentation, axes its loader (see `axes.OMNIDATA`), folders and file names what
others' loaders of that set read; grey (128 thrice) is no normal. UNVERIFIED on the files themselves: that a mask is named after the
depth, and that the angle of view spans the width (the pictures are square). Reading refuses pictures in which much faces away, as
it would with other axes.
"""

from pathlib import Path

import numpy as np

from .....normals import convert_axes
from .axes import OMNIDATA, check_facing
from .files import centred, number, read_frame, read_json, read_picture
from .stills import Still, Stills, stills


def open_replica(root: Path) -> Stills:
    """Return the set under `root`.

    Raises:
        FileNotFoundError: if there is none.
    """
    places = sorted(root.glob("rgb/replica/*/point_*_domain_rgb.png"))
    return stills(root, places, lambda path: _load(root, path), what="picture (rgb/replica/*/point_*_domain_rgb.png)")


def _load(root: Path, path: Path) -> Still:
    building, stem = path.parent.name, path.name.removesuffix("rgb.png")
    frame, normals = read_frame(path), root / "normal/replica" / building / f"{stem}normal.png"
    mask, info = root / "mask_valid/replica" / building / f"{stem}depth_zbuffer.png", root / "point_info/replica" / building
    stored, seen = read_picture(normals), read_picture(mask)
    if stored.shape != frame.shape or stored.dtype != np.uint8:
        raise ValueError(f"{normals} is {stored.dtype} {stored.shape}, not uint8 {frame.shape}.")
    if seen.shape[:2] != frame.shape[:2]:
        raise ValueError(f"{mask} is {seen.shape}, its frame {frame.shape}.")
    angle = number(read_json(info / f"{stem}point_info.json"), "field_of_view_rads", info / f"{stem}point_info.json")
    intrinsics = centred(frame.shape[1::-1], angle=angle, along=frame.shape[1])
    turned = convert_axes(stored / 127.5 - 1, axes=OMNIDATA)
    valid = ((seen if seen.ndim == 2 else seen[..., 0]) > 0) & (np.linalg.norm(turned, axis=-1) > 0.5)
    check_facing(turned, valid, intrinsics, name=str(normals))
    return Still(frame=frame, normals=turned, valid=valid, intrinsics=intrinsics, path=normals)
