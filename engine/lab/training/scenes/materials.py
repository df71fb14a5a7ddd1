"""Materials drawn at random, each for what a thing may be; none of them knows the shape that it lies on."""

from dataclasses import dataclass

import numpy as np

from .surfaces import random_rotation
from .textures import PATTERNS, Noise, painted, pattern, random_colour

FUR_SCALE = 14.0
LAID = {"brick": "bricks", "tile": "tiles", "board": "boards", "floor": "tiles", "cloth": "checker"}
"""The pattern that belongs to a hint; it runs along the world's axes."""
ROUGH = ("any", "ground", "plant", "rock")
SMOOTH = ("paint", "plain", "glass", "metal", "skin")
"""Hints of things with much and with little pattern."""


@dataclass(frozen=True, kw_only=True)
class Material:
    """What light does on `N` points of a thing.

    Attributes:
        base: `(N, 3)` linear reflectance.
        gloss: 0 matte to 1 mirror-like.
        metal: 1 for metals, else 0.
        wrap: how far light creeps round the horizon, 0 for Lambert.
        bump: `(N, 3)` tilt of normals or None.
        bump_is_shape: whether a network is taught the bumps.
    """

    base: np.ndarray
    gloss: float
    metal: float
    wrap: float
    bump: np.ndarray | None
    bump_is_shape: bool


def material(points: np.ndarray, *, hint: str, noise: Noise, rng: np.random.Generator) -> Material:
    """Build a material for one thing at its `(N, 3)` points. `hint`: one of those above, wall or mural."""
    spread = float(np.exp(rng.uniform(np.log(0.3), np.log(4))))
    laid = hint in LAID and rng.random() < 0.75
    turned = not laid and hint not in ("wall", "mural") and rng.random() < 0.5
    local = (points @ random_rotation(rng).T if turned else points) * spread + rng.uniform(0, 9, 3)
    patterned = 0.5 if hint in ROUGH else 0.1 if hint in SMOOTH else 0.3
    kind = PATTERNS[rng.integers(len(PATTERNS))] if rng.random() < patterned else "plain"
    mix = pattern(LAID[hint] if laid else kind, local, noise=noise, rng=rng)[:, None]
    first = random_colour(rng, hint=hint)
    second = random_colour(rng, hint=hint) if rng.random() < 0.45 else first * rng.uniform(0.4, 1.4)
    base = first * (1 - mix) + second * mix
    if hint == "mural" or rng.random() < 0.04:
        colour, cover = painted(points * rng.uniform(0.5, 1.5), rng=rng)
        base = base * (1 - cover) + colour * cover
    if rng.random() < (0.4 if hint in ROUGH else 0.2):
        base = base * np.exp(rng.uniform(0.05, 0.4) * noise.octaves(local * rng.uniform(0.5, 6), count=3))[:, None]
    bump, is_shape = None, False
    fate = rng.random()
    if fate < (0.15 if hint in ROUGH else 0.02):
        bump, is_shape = _bump(local * rng.uniform(0.7, 2.0), strength=rng.uniform(0.05, 0.25), noise=noise), True
    elif fate < (0.35 if hint in ROUGH else 0.12) or (hint == "ground" and fate < 0.6):
        stretch = np.array([1, rng.uniform(0.1, 1), 1]) * FUR_SCALE * rng.uniform(0.5, 2) / spread
        bump = _bump(local * stretch, strength=rng.uniform(0.1, 0.6), noise=noise)
    shiny = {"glass": 1.0, "metal": 1.0, "tile": 0.7, "skin": 0.6, "cloth": 0.1}.get(hint, 0.45)
    return Material(
        base=np.clip(base, 0, 1),
        gloss=rng.uniform(0.2, 1) if rng.random() < shiny else 0.0,
        metal=float(rng.random() < (0.7 if hint == "metal" else 0.06)),
        wrap=rng.uniform(0.1, 0.6) if rng.random() < (0.6 if hint == "skin" else 0.25) else 0.0,
        bump=bump,
        bump_is_shape=is_shape,
    )


def _bump(points: np.ndarray, *, strength: float, noise: Noise) -> np.ndarray:
    """Build a `(N, 3)` tilt for normals."""
    return strength * np.stack([noise.octaves(points + offset, count=2) for offset in (0.0, 21.3, 42.9)], -1)
