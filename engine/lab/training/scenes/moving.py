"""Things that move while a clip runs, each steadily and turning about its own middle."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from .scene import Thing
from .surfaces import rotation

FIXED = ("ground", "floor", "wall", "mural", "brick", "board", "tile")
"""Hints of what stands still."""
LARGEST = 2.5
"""Units: what is larger stands still, too."""
_SPEED, _SPIN, _UPRIGHT = np.array([0.04, 0.015, 0.04]), 0.05, np.array([0.0, 3.0, 0.0])


@dataclass(frozen=True, kw_only=True)
class Motion:
    """`centre` `(3,)`: of the thing in the first frame. `shift` `(3,)`: units a frame. `spin`: radians a frame, about `axis`."""

    centre: np.ndarray
    shift: np.ndarray
    axis: np.ndarray
    spin: float

    def place(self, frame: int) -> tuple[np.ndarray, np.ndarray]:
        """Rotation `(3, 3)` and offset `(3,)` that take a point of the first frame to `frame`: ``x -> rotation @ x + offset``."""
        turn = rotation(self.axis, self.spin * frame)
        return turn, self.centre - turn @ self.centre + self.shift * frame


def motions(things: Sequence[Thing], *, share: float, rng: np.random.Generator) -> dict[int, Motion]:
    """Build a motion for about a `share` of the things that may move, by their index."""
    drawn = {}
    for index, thing in enumerate(things):
        corners = thing.surface.triangles.reshape(-1, 3)
        low, high = corners.min(0), corners.max(0)
        lot, shift, axis, spin = rng.random(), rng.normal(size=3) * _SPEED, rng.normal(size=3) + _UPRIGHT, rng.normal() * _SPIN
        if thing.clutter or thing.hint in FIXED or (high - low).max() > LARGEST or lot >= share:
            continue
        drawn[index] = Motion(centre=(low + high) / 2, shift=shift, axis=axis, spin=spin)
    return drawn


def moved(things: Sequence[Thing], motions: Mapping[int, Motion], *, frame: int) -> list[Thing]:
    """Return the things as they stand in `frame`, counted from 0."""
    result = list(things)
    for index, motion in motions.items():
        turn, offset = place = motion.place(frame)
        result[index] = replace(things[index], surface=things[index].surface.moved(turn, offset), place=place)
    return result
