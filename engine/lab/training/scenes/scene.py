"""What a scene to be ray-cast consists of: things and a camera. World axes +X right, +Y up; one unit is about a metre."""

from dataclasses import dataclass, field

import numpy as np

from . import surfaces
from .surfaces import Surface, rotation, unit


@dataclass(frozen=True, kw_only=True)
class Thing:
    """A surface in the scene. `hint` is what it may look like: see `materials`. `place`: rotation `(3, 3)` and offset `(3,)`
    that have moved it, its texture with it, None where nothing has."""

    surface: Surface
    hint: str = "any"
    clutter: bool = False
    place: tuple[np.ndarray, np.ndarray] | None = None


@dataclass(frozen=True, kw_only=True)
class Camera:
    """A pinhole camera.

    Attributes:
        position: `(3,)` world position.
        axes: `(3, 3)` rows are the camera's +X right, +Y up and +Z toward the viewer in world axes.
        focal: focal length in units of the frame's width.
    """

    position: np.ndarray
    axes: np.ndarray
    focal: float


@dataclass(kw_only=True)
class Zoo:
    """Keeps the costly shapes so that many scenes share them, each moved, turned and stretched anew."""

    rng: np.random.Generator
    keep: int = 40
    kept: dict = field(default_factory=dict)

    def draw(self, make) -> Surface:
        shapes = self.kept.setdefault(make, [])
        if len(shapes) < self.keep and (not shapes or self.rng.random() < 0.4):
            shapes.append(make(self.rng))
            return shapes[-1]
        return shapes[self.rng.integers(len(shapes))]

    def stand(self, make, *, at: np.ndarray, size: float, tumble: bool) -> Surface:
        """Build a shape of about `size` units standing on the point `at`."""
        rng = self.rng
        shape = self.draw(make)
        turn = surfaces.random_rotation(rng) if tumble else rotation([0, 1, 0], rng.uniform(0, 2 * np.pi))
        shape = shape.moved(turn @ np.diag(rng.uniform(0.75, 1.25, 3)), np.zeros(3))
        corners = shape.triangles.reshape(-1, 3)
        scale = size / (corners.max(0) - corners.min(0)).max()
        foot = np.array([0, corners[:, 1].min() + 0.03 / scale * size, 0])
        return shape.moved(np.eye(3) * scale, at - foot * scale)


def looking(position: np.ndarray, target: np.ndarray, *, focal: float, roll: float = 0.0) -> Camera:
    """Build a camera at `position` facing `target`; `roll` in radians."""
    back = unit(position - target)
    right = unit(np.cross([0, 1, 0], back))
    axes = np.stack([right, np.cross(back, right), back])
    turn = np.array([[np.cos(roll), np.sin(roll), 0], [-np.sin(roll), np.cos(roll), 0], [0, 0, 1]])
    return Camera(position=np.asarray(position, dtype=np.float64), axes=turn @ axes, focal=focal)


def random_focal(rng: np.random.Generator) -> float:
    """From wide to long lenses, in units of the frame's width."""
    return float(np.exp(rng.uniform(np.log(0.6), np.log(2.6))))


def wall(*, wide: float, high: float, at: float = 0.0, low: float = 0.0, hint: str = "wall") -> Thing:
    """Build a wall in the plane z = `at` that faces +z."""
    corners = [[-wide, low, at], [wide, low, at], [wide, high, at], [-wide, high, at]]
    return Thing(surface=surfaces.quad(corners), hint=hint)


def floor(*, reach: float, level: float = 0.0) -> Thing:
    corners = [[-reach, level, reach], [reach, level, reach], [reach, level, -reach], [-reach, level, -reach]]
    return Thing(surface=surfaces.quad(corners), hint="floor")


def before(
    rng: np.random.Generator, target: np.ndarray, *, near: float, far: float, aside: float, height: tuple[float, float]
) -> Camera:
    """Build a camera in front of (+z of) a target, up to `aside` radians to its side, between two heights."""
    away, yaw = rng.uniform(near, far), rng.normal() * aside * 0.6
    yaw = np.clip(yaw, -aside, aside)
    eye = np.array([target[0] + away * np.sin(yaw), rng.uniform(*height), target[2] + away * np.cos(yaw)])
    return looking(eye, target, focal=random_focal(rng), roll=rng.normal() * 0.04)
