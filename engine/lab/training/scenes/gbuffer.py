"""From a scene and a camera to per-pixel geometry: positions, normals, which thing, how open to the sky."""

from dataclasses import dataclass

import cv2
import numpy as np
from embreex.mesh_construction import TriangleMesh
from embreex.rtcore_scene import EmbreeScene

from .scene import Camera, Thing
from .surfaces import joined, unit


@dataclass(frozen=True, kw_only=True)
class GBuffer:
    """Geometry behind each pixel, `(H, W, ...)` float32 in world axes unless said otherwise.

    Attributes:
        position: where the ray hit; far along the ray where it hit nothing.
        ray: unit direction from the camera.
        normal: unit normal that light sees, facing the camera where the surface is two-sided.
        label: unit normal that a network is taught, world axes.
        thing: int16 index into the scene's things, -1 where the ray hit nothing.
        distance: along the ray.
        openness: [0, 1] share of the hemisphere that is free nearby (ambient occlusion).
    """

    position: np.ndarray
    ray: np.ndarray
    normal: np.ndarray
    label: np.ndarray
    thing: np.ndarray
    distance: np.ndarray
    openness: np.ndarray


class Caster:
    """The scene as embree sees it; casts camera rays and shadow rays."""

    def __init__(self, things: list[Thing]):
        self.surface = joined([thing.surface for thing in things])
        counts = [len(thing.surface.triangles) for thing in things]
        self.owner = np.repeat(np.arange(len(things), dtype=np.int16), counts)
        self.clutter = np.array([thing.clutter for thing in things])
        self.scene = EmbreeScene()
        self.mesh = TriangleMesh(self.scene, np.ascontiguousarray(self.surface.triangles))

    def blocked(self, origins: np.ndarray, directions: np.ndarray, reach: np.ndarray) -> np.ndarray:
        """Return whether something lies within `reach` `(N,)` of `(N, 3)` origins along `(N, 3)` unit directions."""
        hit = self.scene.run(
            np.ascontiguousarray(origins, dtype=np.float32),
            np.ascontiguousarray(directions, dtype=np.float32),
            np.ascontiguousarray(reach, dtype=np.float32),
            query="OCCLUDED",
        )
        return hit >= 0

    def gbuffer(self, camera: Camera, *, height: int, width: int, rng: np.random.Generator) -> GBuffer:
        """Casts one ray through the middle of each pixel."""
        x, y = np.meshgrid(np.arange(width) + 0.5 - width / 2, height / 2 - np.arange(height) - 0.5)
        toward = np.stack([x, y, np.full_like(x, -camera.focal * width)], -1).reshape(-1, 3)
        ray = unit(toward @ camera.axes).astype(np.float32)
        origin = np.ascontiguousarray(np.broadcast_to(camera.position.astype(np.float32), ray.shape))
        hit = self.scene.run(origin, ray, output=1)
        triangle, missed = np.maximum(hit["primID"], 0), hit["primID"] < 0
        weight = np.stack([1 - hit["u"] - hit["v"], hit["u"], hit["v"]], -1)[:, :, None]
        normal = unit((self.surface.shading[triangle] * weight).sum(1))
        label = unit((self.surface.label[triangle] * weight).sum(1))
        thing = self.owner[triangle]
        faces_away = ((hit["Ng"] * ray).sum(-1) > 0) == ((hit["Ng"] * normal).sum(-1) > 0)
        turn = faces_away & ~self.clutter[thing]
        normal[turn] *= -1
        label[turn] *= -1
        label = unit(label - np.maximum((label * ray).sum(-1) + 0.02, 0)[:, None] * ray)
        distance = np.where(missed, 1000.0, hit["tfar"]).astype(np.float32)
        position = (origin + ray * distance[:, None]).astype(np.float32)
        thing = np.where(missed, -1, thing).astype(np.int16)
        shape = (height, width)
        return GBuffer(
            position=position.reshape(*shape, 3),
            ray=ray.reshape(*shape, 3),
            normal=normal.reshape(*shape, 3).astype(np.float32),
            label=label.reshape(*shape, 3).astype(np.float32),
            thing=thing.reshape(shape),
            distance=distance.reshape(shape),
            openness=self._openness(position, normal, missed, shape=shape, rng=rng),
        )

    def _openness(self, position, normal, missed, *, shape: tuple[int, int], rng: np.random.Generator, rays: int = 6):
        """Occlusion within reach of the scene's scale, cast at half size and smoothed."""
        height, width = shape
        rows = (np.arange(height // 2) * 2)[:, None] * width + np.arange(width // 2) * 2
        picked = rows.ravel()
        free = np.zeros(len(picked), dtype=np.float32)
        reach = np.full(len(picked), rng.uniform(0.2, 1.5), dtype=np.float32)
        start = position[picked] + normal[picked] * 2e-3
        for _ in range(rays):
            around = unit(rng.normal(size=(len(picked), 3)))
            free += ~self.blocked(start, unit(normal[picked] * 1.02 + around), reach)
        free[missed[picked]] = rays
        small = cv2.GaussianBlur((free / rays).reshape(height // 2, width // 2), (5, 5), 1.1)
        return cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR)
