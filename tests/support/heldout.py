"""The clips of `tests/samples/heldout` and `tests/samples/verdict`, rendered by `engine/lab/samples/make_heldout_clips.py`."""

import functools
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from engine.lab.evaluation.own_sets import read_pictures
from engine.lab.evaluation.sets import Shot
from engine.lab.training.data.clips import Intrinsics

SAMPLES = Path(__file__).parents[1] / "samples"
HELD_OUT, VERDICT = SAMPLES / "heldout", SAMPLES / "verdict"


@dataclass(frozen=True, kw_only=True)
class Camera:
    """`intrinsics`: in pixels, the top left pixel's centre is (0, 0). `poses`: `(T, 4, 4)` camera to world in metres."""

    intrinsics: Intrinsics
    poses: np.ndarray


@dataclass(frozen=True, kw_only=True)
class HeldOutClip:
    """`frames` `(T, H, W, 3)` uint8 sRGB; `normals` `(T, H, W, 3)` float32, camera space, unit length, zero where nothing is."""

    name: str
    frames: np.ndarray
    normals: np.ndarray
    camera: Camera


def names(folder: Path = HELD_OUT) -> list[str]:
    """All clips of a set, in order of name."""
    return list(_shots(folder))


def load(name: str, folder: Path = HELD_OUT) -> HeldOutClip:
    """One clip of a set."""
    shot = _shots(folder)[name]
    moments = [shot.read(index) for index in range(shot.count)]
    about = json.loads((folder / name / "camera.json").read_text())
    intrinsics = Intrinsics(*(about[key] for key in ("fx", "fy", "cx", "cy")))
    return HeldOutClip(
        name=name,
        frames=np.stack([moment.frame for moment in moments]),
        normals=np.stack([moment.normals * moment.valid[..., None] for moment in moments]),
        camera=Camera(intrinsics=intrinsics, poses=shot.poses),
    )


@functools.cache
def _shots(folder: Path) -> dict[str, Shot]:
    return {shot.name: shot for shot in read_pictures(folder).shots}
