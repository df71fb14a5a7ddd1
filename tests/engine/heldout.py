"""The held-out clips of `tests/samples/heldout`, rendered by `tests/samples/make_heldout_clips.py`."""

import functools
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from engine.evaluation.own_sets import read_pictures
from engine.evaluation.sets import Shot
from engine.training.clips import Intrinsics

HELD_OUT = Path(__file__).parents[1] / "samples" / "heldout"


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


def names() -> list[str]:
    """All clips, in order of name."""
    return list(_shots())


def load(name: str) -> HeldOutClip:
    """One clip."""
    shot = _shots()[name]
    moments = [shot.read(index) for index in range(shot.count)]
    about = json.loads((HELD_OUT / name / "camera.json").read_text())
    intrinsics = Intrinsics(*(about[key] for key in ("fx", "fy", "cx", "cy")))
    return HeldOutClip(
        name=name,
        frames=np.stack([moment.frame for moment in moments]),
        normals=np.stack([moment.normals * moment.valid[..., None] for moment in moments]),
        camera=Camera(intrinsics=intrinsics, poses=shot.poses),
    )


@functools.cache
def _shots() -> dict[str, Shot]:
    return {shot.name: shot for shot in read_pictures(HELD_OUT).shots}
