"""Triangle surfaces for ray casting: the type, its normals, and the simple shapes.

Every shape is about one unit in radius around its own origin, world axes +X right, +Y up. Each function draws its own
variation from the generator it is given.
"""

import functools
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import trimesh


@dataclass(frozen=True, kw_only=True)
class Surface:
    """Triangles with two normals at each corner.

    Attributes:
        triangles: `(F, 3, 3)` float32 corner positions.
        shading: `(F, 3, 3)` float32 unit normals that light sees.
        label: `(F, 3, 3)` float32 unit normals that a network is taught. Differs from `shading` for clutter such as
            leaves and grass, where the surface a person would name is the bush or the meadow.
    """

    triangles: np.ndarray
    shading: np.ndarray
    label: np.ndarray

    def moved(self, matrix: np.ndarray, offset: np.ndarray) -> "Surface":
        """Return the surface after `x -> matrix @ x + offset`; normals go with the inverse transpose."""
        normal_matrix = np.linalg.inv(matrix).T
        return Surface(
            triangles=(self.triangles @ matrix.T + offset).astype(np.float32),
            shading=unit(self.shading @ normal_matrix.T).astype(np.float32),
            label=unit(self.label @ normal_matrix.T).astype(np.float32),
        )


def unit(vectors: np.ndarray) -> np.ndarray:
    """Vectors of the last axis at unit length; zero stays zero."""
    return vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-9)


def rotation(axis: npt.ArrayLike, angle: float) -> np.ndarray:
    """Return the `(3, 3)` rotation about `axis` by `angle` radians (Rodrigues' formula)."""
    x, y, z = unit(np.asarray(axis, dtype=np.float64))
    cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    return np.eye(3) + np.sin(angle) * cross + (1 - np.cos(angle)) * (cross @ cross)


def random_rotation(rng: np.random.Generator) -> np.ndarray:
    return rotation(rng.normal(size=3), rng.uniform(0, 2 * np.pi))


def flat(vertices: np.ndarray, faces: np.ndarray) -> Surface:
    """Build a faceted surface: every corner has the normal of its triangle."""
    triangles = np.asarray(vertices, dtype=np.float32)[faces]
    across = np.cross(triangles[:, 1] - triangles[:, 0], triangles[:, 2] - triangles[:, 0])
    normals = np.repeat(unit(across)[:, None], 3, axis=1).astype(np.float32)
    return Surface(triangles=triangles, shading=normals, label=normals)


def quad(corners) -> Surface:
    """Build a flat four-sided piece from its `(4, 3)` corners, anticlockwise as seen from its front."""
    return flat(np.array(corners, dtype=np.float64), np.array([[0, 1, 2], [0, 2, 3]]))


def smooth(vertices: np.ndarray, faces: np.ndarray) -> Surface:
    """Build a smooth surface: corners share the area-weighted normal of their vertex."""
    triangles = np.asarray(vertices, dtype=np.float32)[faces]
    across = np.cross(triangles[:, 1] - triangles[:, 0], triangles[:, 2] - triangles[:, 0])
    at_vertex = np.stack([np.bincount(faces.ravel(), np.repeat(across[:, axis], 3), len(vertices)) for axis in range(3)], axis=-1)
    normals = unit(at_vertex).astype(np.float32)[faces]
    return Surface(triangles=triangles, shading=normals, label=normals)


def joined(surfaces: list[Surface]) -> Surface:
    """Return one surface out of several."""
    return Surface(
        triangles=np.concatenate([surface.triangles for surface in surfaces]),
        shading=np.concatenate([surface.shading for surface in surfaces]),
        label=np.concatenate([surface.label for surface in surfaces]),
    )


def box(rng: np.random.Generator) -> Surface:
    mesh = trimesh.creation.box(extents=rng.uniform(0.5, 2.0, 3))
    return flat(mesh.vertices, mesh.faces)


def cylinder(rng: np.random.Generator) -> Surface:
    """Build a cylinder, frustum or cone standing up: sharp rims, smooth side."""
    top, height = rng.choice([1.0, rng.uniform(0, 1)]), rng.uniform(0.4, 3.0)
    sections = int(rng.choice([5, 6, 8, 40]))
    side = revolved(np.array([[0.9, -height / 2], [0.9 * max(top, 0.01), height / 2]]), sections=sections)
    make = smooth if sections == 40 else flat
    lids = [disc(0.9, -height / 2, sections), disc(0.9 * max(top, 0.01), height / 2, sections)]
    return joined([make(*side), *lids])


def torus(rng: np.random.Generator) -> Surface:
    mesh = trimesh.creation.torus(major_radius=0.8, minor_radius=rng.uniform(0.12, 0.4))
    return smooth(mesh.vertices, mesh.faces).moved(random_rotation(rng), np.zeros(3))


@functools.cache
def sphere() -> trimesh.Trimesh:
    """Build a ball of radius 1 in small triangles; not to be changed."""
    return trimesh.creation.icosphere(subdivisions=4)


def superquadric(rng: np.random.Generator) -> Surface:
    """From balls over cushions to boxes with rounded edges."""
    mesh = trimesh.creation.icosphere(subdivisions=5)
    power = rng.uniform(1.7, 7)
    radius = (np.abs(mesh.vertices) ** power).sum(1) ** (-1 / power)
    return smooth(mesh.vertices * radius[:, None] * rng.uniform(0.45, 1.2, 3), mesh.faces)


def lathe(rng: np.random.Generator) -> Surface:
    """Build a turned body with a random smooth profile: vases, bottles, pawns, columns."""
    heights = np.linspace(-1.2, 1.2, 48)
    phase, weight = rng.uniform(0, 2 * np.pi, 4), rng.normal(size=4) / np.arange(1, 5)
    waves = sum(w * np.sin((k + 1) * heights * 1.5 + p) for k, (w, p) in enumerate(zip(weight, phase, strict=True)))
    profile = np.clip(0.5 + 0.25 * waves, 0.1, 1.2)
    profile[[0, -1]] = 0.005
    return smooth(*revolved(np.stack([profile, heights], axis=-1), sections=48))


def prism(rng: np.random.Generator) -> Surface:
    """Build an upright slab with a random star-shaped outline: buildings, steps, letters."""
    corners = int(rng.integers(3, 11))
    angle = np.sort(rng.uniform(0, 2 * np.pi, corners))
    outline = np.stack([np.cos(angle), np.sin(angle)], -1) * rng.uniform(0.4, 1.2, (corners, 1))
    height = rng.uniform(0.2, 2.5)
    ring = np.concatenate([np.insert(outline, 1, level, axis=1) for level in (0.0, height)])
    centres = np.array([[0, 0, 0], [0, height, 0]])
    now, after = np.arange(corners), (np.arange(corners) + 1) % corners
    faces = np.concatenate(
        [
            np.stack([now, now + corners, after], -1),
            np.stack([after, now + corners, after + corners], -1),
            np.stack([now, after, np.full(corners, 2 * corners)], -1),
            np.stack([after + corners, now + corners, np.full(corners, 2 * corners + 1)], -1),
        ]
    )
    return flat(np.concatenate([ring, centres]), faces)


def revolved(profile: np.ndarray, *, sections: int) -> tuple[np.ndarray, np.ndarray]:
    """Vertices and faces of an `(N, 2)` profile of radius and height turned about +Y."""
    angle = np.arange(sections) * 2 * np.pi / sections
    radius, height = profile[:, :1], profile[:, 1:]
    vertices = np.stack([radius * np.cos(angle), np.broadcast_to(height, (len(profile), sections)), radius * np.sin(angle)], -1)
    row, column = np.meshgrid(np.arange(len(profile) - 1), np.arange(sections), indexing="ij")
    here, right = row * sections + column, row * sections + (column + 1) % sections
    faces = np.concatenate([np.stack([here, here + sections, right], -1), np.stack([right, here + sections, right + sections], -1)])
    return vertices.reshape(-1, 3), faces.reshape(-1, 3)


def disc(radius: float, height: float, sections: int) -> Surface:
    angle = np.arange(sections) * 2 * np.pi / sections
    ring = np.stack([radius * np.cos(angle), np.full(sections, height), radius * np.sin(angle)], -1)
    now = np.arange(sections)
    faces = np.stack([np.full(sections, sections), (now + 1) % sections, now], -1)
    return flat(np.concatenate([ring, [[0, height, 0]]]), faces)
