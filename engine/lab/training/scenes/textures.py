"""Solid textures: random colour fields over 3-D positions that know nothing of the surface they lie on."""

import colorsys

import numpy as np
from scipy.ndimage import map_coordinates, zoom
from scipy.spatial import cKDTree

from .drawings import drawing

CELLS = 64
PATTERNS = ("plain", "cloud", "marble", "stripes", "checker", "bricks", "dots", "patches", "streaks", "speckle", "tiles", "boards")


class Noise:
    """Tileable noise volumes of `CELLS` cubed, made once: smooth noise, cell distance, cell identity."""

    def __init__(self, seed: int = 0):
        rng = np.random.default_rng(seed)
        coarse = np.pad(rng.normal(size=(16, 16, 16)), 4, mode="wrap")
        fine = zoom(coarse, CELLS // 16, order=3, grid_mode=True, mode="grid-wrap")
        middle = slice(16, 16 + CELLS)
        self.smooth = (fine[middle, middle, middle] / fine.std()).astype(np.float32)
        points = rng.uniform(0, CELLS, (220, 3))
        grid = np.stack(np.meshgrid(*[np.arange(CELLS)] * 3, indexing="ij"), -1).reshape(-1, 3)
        distance, owner = cKDTree(points, boxsize=CELLS).query(grid)
        self.distance = (distance / distance.max()).reshape(CELLS, CELLS, CELLS).astype(np.float32)
        self.owner = rng.uniform(0, 1, 220).astype(np.float32)[owner].reshape(CELLS, CELLS, CELLS)

    def value(self, points: np.ndarray) -> np.ndarray:
        """Smooth noise, about unit variance, at `(N, 3)` points; one feature is about one unit."""
        return _lookup(self.smooth, points * 4)

    def octaves(self, points: np.ndarray, *, count: int, fall: float = 0.55) -> np.ndarray:
        """Fractal noise of `count` octaves, each `fall` times as strong as the one before."""
        return np.sum([fall**k * self.value(points * 2.03**k + 7.7 * k) for k in range(count)], axis=0)

    def cells(self, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return distance to and identity of the nearest of scattered points, both in [0, 1]."""
        return _lookup(self.distance, points * 10), _lookup(self.owner, points * 10, order=0)


def _lookup(volume: np.ndarray, points: np.ndarray, *, order: int = 1) -> np.ndarray:
    return map_coordinates(volume, points.T % CELLS, order=order, mode="grid-wrap")


def random_colour(rng: np.random.Generator, *, hint: str = "any") -> np.ndarray:
    """Build a linear RGB reflectance. With a hint, half of the time one that such a thing often has."""
    hue, saturation = rng.uniform(), rng.beta(1.1, 2.0)
    value = float(np.exp(rng.uniform(np.log(0.02), np.log(0.95))))
    if rng.random() < 0.55:
        if hint == "plant":
            hue, saturation, value = rng.uniform(0.1, 0.42), rng.uniform(0.3, 0.95), rng.uniform(0.03, 0.6)
        elif hint == "ground":
            hue, saturation, value = rng.uniform(0.05, 0.35), rng.uniform(0.1, 0.8), rng.uniform(0.03, 0.5)
        elif hint == "rock":
            hue, saturation, value = rng.uniform(0.02, 0.7), rng.uniform(0, 0.3), rng.uniform(0.05, 0.6)
        elif hint in ("wall", "plain", "tile", "cloth"):
            hue, saturation, value = rng.uniform(0.02, 0.2), rng.uniform(0, 0.4), rng.uniform(0.3, 0.95)
        elif hint in ("board", "floor"):
            hue, saturation, value = rng.uniform(0.04, 0.12), rng.uniform(0.2, 0.7), rng.uniform(0.08, 0.6)
        elif hint == "brick":
            hue, saturation, value = rng.uniform(0.0, 0.09), rng.uniform(0.1, 0.7), rng.uniform(0.1, 0.7)
        elif hint == "skin":
            hue, saturation, value = rng.uniform(0.02, 0.09), rng.uniform(0.25, 0.65), rng.uniform(0.12, 0.85)
        elif hint == "glass":
            hue, saturation, value = rng.uniform(0.4, 0.7), rng.uniform(0, 0.4), rng.uniform(0.01, 0.2)
    return np.array(colorsys.hsv_to_rgb(hue, saturation, value))


def pattern(kind: str, points: np.ndarray, *, noise: Noise, rng: np.random.Generator) -> np.ndarray:
    """Build a random field in [0, 1] at `(N, 3)` points for one of `PATTERNS`."""
    if kind == "plain":
        return np.full(len(points), rng.uniform(0, 1))
    if kind == "cloud":
        sharp = np.exp(rng.uniform(np.log(0.5), np.log(6)))
        return 1 / (1 + np.exp(-sharp * noise.octaves(points * rng.uniform(0.4, 3), count=4)))
    if kind == "marble":
        bent = points[:, 0] * rng.uniform(1, 5) + rng.uniform(0.5, 2.5) * noise.octaves(points, count=3)
        return 0.5 + 0.5 * np.sin(bent * 3)
    if kind == "stripes":
        hard = rng.uniform(1, 12)
        return np.clip(0.5 + hard * np.sin(points[:, 0] * rng.uniform(4, 30)), 0, 1)
    if kind == "checker":
        return (np.floor(points * rng.uniform(1, 6)).sum(-1) % 2).astype(np.float64)
    if kind == "bricks":
        scaled = points * rng.uniform(1, 5)
        row = np.floor(scaled[:, 1] * 2)
        inside = np.abs((scaled[:, [0, 2]] + 0.5 * (row % 2)[:, None]) % 1 - 0.5).max(-1) < 0.46
        inside &= np.abs((scaled[:, 1] * 2) % 1 - 0.5) < 0.44
        shade = np.sin(row * 12.99 + np.floor(scaled[:, 0] + 0.5 * (row % 2)) * 78.2) * 0.25
        return np.where(inside, 0.7 + shade, 0.0)
    if kind == "dots":
        near, _ = noise.cells(points * rng.uniform(0.4, 2))
        return (near < rng.uniform(0.15, 0.6)).astype(np.float64)
    if kind == "patches":
        return noise.cells(points * rng.uniform(0.3, 1.5))[1]
    if kind == "streaks":
        return 1 / (1 + np.exp(-2.5 * noise.octaves(points * [rng.uniform(8, 25), rng.uniform(0.5, 2), 8], count=2)))
    if kind == "tiles":
        within = np.abs((points * rng.uniform(1, 5)) % 1 - 0.5).max(-1)
        edge, contrast = rng.uniform(0.44, 0.49), rng.uniform(0, 0.3)
        lot = np.sin(np.floor(points * 3.1) @ [12.99, 78.2, 37.7])
        return np.where(within < edge, 0.7 + contrast * lot, 0.0)
    if kind == "boards":
        along, across = rng.permutation(3)[:2]
        scaled = points * rng.uniform(2, 9)
        lot = np.sin(np.floor(scaled[:, across]) * 78.2) * 0.25
        grain = points.copy() * 12
        grain[:, along] *= 0.06
        line = np.abs(scaled[:, across] % 1 - 0.5) < rng.uniform(0.46, 0.5)
        return np.where(line, np.clip(0.5 + lot + 0.2 * noise.octaves(grain, count=2), 0, 1), 0.0)
    return np.clip(0.5 + 0.35 * noise.octaves(points * rng.uniform(6, 20), count=2), 0, 1)


def painted(points: np.ndarray, *, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Letters and shapes in several colours over `(N, 3)` points: colour `(N, 3)`, cover `(N, 1)` in [0, 1].

    They stand upright on walls, and lie on what is level.
    """
    size, extent = 384, rng.uniform(2, 7)
    across, up = points[:, 0] + points[:, 2] * rng.choice([1, -1]), points[:, 1]
    if np.ptp(up) < 0.2 * np.ptp(across):
        across, up = points[:, 0], points[:, 2]
    column = ((across + rng.uniform(0, extent)) % extent / extent * size).astype(np.int32) % size
    row = size - 1 - ((up + rng.uniform(0, extent)) % extent / extent * size).astype(np.int32) % size
    colour, cover = np.zeros((len(points), 3)), np.zeros((len(points), 1))
    for _ in range(int(rng.integers(1, 4))):
        layer = drawing(rng, size=size, words=rng.uniform(0, 1))
        share = layer[row, column][:, None] / 255.0
        colour = colour * (1 - share) + random_colour(rng) * share
        cover = np.maximum(cover, share)
    return colour / np.maximum(cover, 1e-6), cover
