"""The held-out clips of `tests/samples/heldout`, rendered by `tests/samples/make_heldout_clips.py`."""

import json
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from engine.normals import normalise
from engine.training.clips import Intrinsics

HELD_OUT = Path(__file__).parents[1] / "samples" / "heldout"
_ZERO, _ONE = 32768, 32767


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
    return sorted(path.parent.name for path in HELD_OUT.glob("*/camera.json"))


def load(name: str) -> HeldOutClip:
    """One clip."""
    folder = HELD_OUT / name
    about = json.loads((folder / "camera.json").read_text())
    poses = np.array(about["camera_to_world"])
    numbers = range(1, len(poses) + 1)
    frames = np.stack([_read(folder / f"frame.{number}.png") for number in numbers])
    stored = np.stack([_read(folder / f"normal.{number}.png") for number in numbers])
    valid = (stored != _ZERO).any(-1)
    normals = normalise((stored.astype(np.float32) - _ZERO) / _ONE) * valid[..., None]
    intrinsics = Intrinsics(*(about[key] for key in ("fx", "fy", "cx", "cy")))
    return HeldOutClip(name=name, frames=frames, normals=normals, camera=Camera(intrinsics=intrinsics, poses=poses))


def _read(path: Path) -> np.ndarray:
    stored = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    assert stored is not None, path
    return cv2.cvtColor(stored, cv2.COLOR_BGR2RGB)
