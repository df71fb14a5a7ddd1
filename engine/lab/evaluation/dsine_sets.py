"""The sets of DSINE's evaluation (github.com/baegwangbin/DSINE, `dsine_eval`): NYUv2, ScanNet, iBims-1 and Sintel.

Each is a folder of scenes with `<name>_img.png` or `.jpg` and `<name>_normal.png` (8 bits, n = v / 255 * 2 - 1, black where
there is none) or `.exr` (float R, G, B, shorter than a half where there is none). Their normals are +X left, +Y up, +Z toward the
camera; here they are turned to +X right, once.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np

from ...frames.stills import read_still
from ...normals import convert_axes, normalise
from ...protocol import ErrorCode, PlatelightError
from ..measures.metrics import surface
from .sets import Moment, Shot, TestSet

AXES = (-1, 1, 1)
FRAMES = {"nyuv2": 654, "scannet": 300, "ibims": 100, "sintel": 1064}
_ENDINGS = {"nyuv2": ".png", "scannet": ".png", "ibims": ".exr", "sintel": ".exr"}
_CONSECUTIVE = ("sintel",)
_NUMBER = re.compile(r"^(.*?)(\d+)$")


def is_set(folder: Path) -> bool:
    """Return whether `folder` is one of the four, by its name and what lies in it."""
    return folder.name in FRAMES and any(_files(folder, "_img.*"))


def read_set(folder: Path) -> TestSet:
    """Return the set in `folder`, which has one of the four names. Nothing is decoded yet.

    Raises:
        PlatelightError: `frame_missing`, when a picture has no normals, normals have no picture, or a film lacks a frame.
    """
    name, ending = folder.name, _ENDINGS[folder.name]
    images = {str(path.parent / path.name.rsplit("_img", 1)[0]): path for path in _files(folder, "_img.*")}
    normals = {str(path.parent / path.name.rsplit("_normal", 1)[0]): path for path in _files(folder, f"_normal{ending}")}
    if lacking := sorted(images.keys() - normals.keys()):
        raise PlatelightError(ErrorCode.FRAME_MISSING, f"{lacking[0]}_normal{ending}")
    if lacking := sorted(normals.keys() - images.keys()):
        raise PlatelightError(ErrorCode.FRAME_MISSING, f"{lacking[0]}_img.png")
    pairs = [(images[stem], normals[stem]) for stem in sorted(images)]
    shots = tuple(_films(pairs) if name in _CONSECUTIVE else _stills(pairs, folder))
    notes = () if len(pairs) == FRAMES[name] else (f"{len(pairs)} of the {FRAMES[name]} frames of the published set",)
    return TestSet(name=name, folder=folder, shots=shots, notes=notes)


def _files(folder: Path, ending: str) -> list[Path]:
    """NYUv2 holds its training part too; only the test part counts."""
    scenes = folder / "test" if folder.name == "nyuv2" and (folder / "test").is_dir() else folder
    return sorted([*scenes.glob(f"*{ending}"), *scenes.glob(f"*/*{ending}")])


def _stills(pairs: list[tuple[Path, Path]], folder: Path) -> Iterable[Shot]:
    for image, normals in pairs:
        name = image.relative_to(folder).as_posix().rsplit("_img", 1)[0]
        yield Shot(name=name, count=1, consecutive=False, read=_reader([(image, normals)]))


def _films(pairs: list[tuple[Path, Path]]) -> Iterable[Shot]:
    for scene in sorted({image.parent for image, _ in pairs}):
        film = [pair for pair in pairs if pair[0].parent == scene]
        _check_numbers([image for image, _ in film])
        yield Shot(name=scene.name, count=len(film), read=_reader(film))


def _reader(pairs: list[tuple[Path, Path]]) -> Callable[[int], Moment]:
    return lambda index: read_moment(*pairs[index])


def _check_numbers(images: list[Path]) -> None:
    """Raise `frame_missing` when the numbers of a film's files have a gap."""
    found = [_NUMBER.match(image.name.rsplit("_img", 1)[0]) for image in images]
    for earlier, later, image in zip(found, found[1:], images, strict=False):
        if earlier and later and int(later[2]) != int(earlier[2]) + 1:
            lacking = f"{earlier[1]}{int(earlier[2]) + 1:0{len(earlier[2])}d}_img{image.suffix}"
            raise PlatelightError(ErrorCode.FRAME_MISSING, str(image.with_name(lacking)))


def read_moment(image: Path, normals: Path) -> Moment:
    """Return one frame and its true normals.

    Raises:
        PlatelightError: naming the file that is missing, damaged, of another size, or not what the layout says.
    """
    frame, truth = read_still(image).rgb, read_still(normals).rgb
    if frame.dtype != np.uint8:
        raise PlatelightError(ErrorCode.SOURCE_UNREADABLE, f"{image} should have 8 bits, it holds {frame.dtype}")
    if truth.shape != frame.shape:
        detail = f"{normals} is {truth.shape[1]}x{truth.shape[0]}, its picture is {frame.shape[1]}x{frame.shape[0]}"
        raise PlatelightError(ErrorCode.FRAME_SIZE_CHANGED, detail)
    if normals.suffix == ".png":
        if truth.dtype != np.uint8:
            raise PlatelightError(ErrorCode.SOURCE_UNREADABLE, f"{normals} should have 8 bits, it holds {truth.dtype}")
        valid = (truth != 0).any(axis=-1)
        truth = truth.astype(np.float32) / 255 * 2 - 1
    else:
        truth = np.where(np.isfinite(truth).all(-1, keepdims=True), truth, 0)
        valid = surface(truth)
    return Moment(frame=frame, normals=normalise(convert_axes(truth, axes=AXES)), valid=valid)
