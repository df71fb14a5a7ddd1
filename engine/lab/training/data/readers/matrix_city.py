"""MatrixCity [Li 2023], its normals made from its depth as the paper does:

    <city>/**/<block>/transforms.json         camera_angle_x in radians; frames: frame_index, rot_mat (4x4 camera to world)
    <city>/**/<block>/NNNN.png                8-bit RGB, NNNN is frame_index
    <city>_depth_float32/**/<block>_depth/NNNN.exr, or without _float32
                                              centimetres along the camera's axis in the first channel, half or float

<city> is small_city or big_city, below the root. Archives unpacked into a folder of their own (<block>/<block>, <block>_depth/
<block>_depth), and the rgb and depth beside transforms.json that other loaders ask for, are found too.

Layout, units and axes (right, up, backward) follow the set's documentation and its scripts: the rotation in rot_mat is a hundredth
of one, the position is in metres, and 65504, the largest half, means that nothing is there. A block is cut into clips where frames
are missing or the camera turns at once, since a street is driven along several times. Half floats are too coarse for single pixels,
so their normals come from wider windows; the published float32 depths are better and are taken where there are both.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..depth_normals import depth_normals
from .clip_set import Clip, Numbered, made
from .files import centred, number, read_exr, read_frame, read_json

NOTHING = 65504.0
TURN = np.radians(20)
"""More than this between two frames is a cut."""
_FINE, _COARSE = (1, 1e-6), (4, 5e-4)
"""Radius and noise of depths in 32 and in 16 bits; see `depth_normals`."""


@dataclass(frozen=True, kw_only=True)
class MatrixCity(Numbered):
    """Clips of consecutive frames of every block. `places`: folders of each one's pictures and depths."""

    places: tuple[tuple[Path, Path], ...]
    angles: tuple[float, ...]

    def read(self, index: int, first: int, count: int) -> Clip:
        """See `ClipSet.read`."""
        frames, normals, valid, paths, intrinsics = [], [], [], [], None
        pictures, depths = self.places[index]
        for number_ in self.chosen(index, first, count):
            frames.append(read_frame(pictures / f"{number_:04d}.png"))
            paths.append(depths / f"{number_:04d}.exr")
            depth = read_exr(paths[-1], "B|Y|Z|R")[..., 0]
            if depth.shape != frames[-1].shape[:2]:
                raise ValueError(f"{paths[-1]} is {depth.shape}, its frame {frames[-1].shape}.")
            intrinsics = centred(depth.shape[::-1], angle=self.angles[index], along=depth.shape[1])
            radius, noise = _COARSE if depth.dtype == np.float16 else _FINE
            there = np.where(depth == NOTHING, 0, depth).astype(np.float32)
            found, seen = depth_normals(there, intrinsics, radius=radius, noise=noise)
            normals.append(found)
            valid.append(seen)
        return made(frames=frames, normals=normals, valid=valid, intrinsics=intrinsics, paths=paths)


def open_matrix_city(root: Path) -> MatrixCity:
    """Return the set under `root`.

    Raises:
        FileNotFoundError: if there is none.
        ValueError: if a transforms.json is broken; names it.
    """
    places, angles, numbers, names = [], [], [], []
    for path in sorted(root.glob("**/transforms.json")):
        meta = read_json(path)
        angle = number(meta, "camera_angle_x", path)
        for part in _parts(meta, path):
            places.append(_places(path.parent, number=part[0]))
            angles.append(angle)
            numbers.append(tuple(part))
            names.append(f"{path.parent.relative_to(root)}/{part[0]:04d}-{part[-1]:04d}")
    if not names:
        raise FileNotFoundError(f"No MatrixCity block (a folder with transforms.json) was found in {root}.")
    return MatrixCity(places=tuple(places), angles=tuple(angles), numbers=tuple(numbers), names=tuple(names))


def _places(block: Path, *, number: int) -> tuple[Path, Path]:
    """Where a block's pictures and depths lie: the first places that have the frame `number`, or the published ones."""
    pictures, depths = [block, block / block.name, block / "rgb"], [block / "depth"]
    city = next((folder for folder in block.parents if folder.name.endswith("_city")), None)
    if city is not None:
        for ending in ("_depth", "_depth_float32"):
            folder = city.with_name(city.name + ending) / block.relative_to(city).with_name(f"{block.name}_depth")
            depths = [folder, folder / folder.name, *depths]
    return (
        next((folder for folder in pictures if (folder / f"{number:04d}.png").is_file()), pictures[0]),
        next((folder for folder in depths if (folder / f"{number:04d}.exr").is_file()), depths[0]),
    )


def _parts(meta: dict, path: Path) -> list[list[int]]:
    """Return the frame numbers of a block, cut into clips."""
    try:
        turns = {int(each["frame_index"]): np.array(each["rot_mat"], dtype=float)[:3, :3] * 100 for each in meta["frames"]}
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise ValueError(f"{path}: its frames need a frame_index and a rot_mat each ({error!r}).") from error
    parts: list[list[int]] = []
    for index in sorted(turns):
        if parts and index - 1 in turns and _angle(turns[index - 1], turns[index]) <= TURN:
            parts[-1].append(index)
        else:
            parts.append([index])
    return parts


def _angle(first: np.ndarray, second: np.ndarray) -> float:
    """Radians between two orientations."""
    return float(np.arccos(np.clip((np.trace(first.T @ second) - 1) / 2, -1, 1)))
