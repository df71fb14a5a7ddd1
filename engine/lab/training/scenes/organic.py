"""Organic surfaces for ray casting: blobs, rocks, figures, cloth, terrain, leaves and grass."""

import numpy as np
import trimesh
from skimage.measure import marching_cubes

from .surfaces import Surface, joined, random_rotation, smooth, unit


def waves(points: np.ndarray, *, rng: np.random.Generator, frequency: float, count: int = 6) -> np.ndarray:
    """Build a smooth random field over `(..., 3)` points, about [-1, 1]: a sum of plane waves."""
    directions = unit(rng.normal(size=(count, 3))) * frequency * rng.uniform(0.5, 1.5, (count, 1))
    return np.sin(points @ directions.T + rng.uniform(0, 2 * np.pi, count)).mean(-1) * np.sqrt(2 * count) / 2


def blob(rng: np.random.Generator) -> Surface:
    """Build a ball displaced by soft waves of several sizes."""
    mesh = trimesh.creation.icosphere(subdivisions=5)
    radius = 1 + rng.uniform(0, 0.45) * waves(mesh.vertices, rng=rng, frequency=2.2)
    radius += rng.uniform(0, 0.12) * waves(mesh.vertices, rng=rng, frequency=7)
    vertices = mesh.vertices * np.maximum(radius, 0.25)[:, None] * rng.uniform(0.6, 1.2, 3)
    return smooth(vertices, mesh.faces)


def rock(rng: np.random.Generator) -> Surface:
    """Build a ball cut by random planes, then roughened: boulders and broken stone."""
    mesh = trimesh.creation.icosphere(subdivisions=5)
    planes = unit(rng.normal(size=(int(rng.integers(6, 22)), 3)))
    reach = rng.uniform(0.55, 1.0, len(planes))
    along = np.maximum(mesh.vertices @ planes.T, 1e-3)
    radius = np.minimum((reach / along).min(1), 1.1)
    radius += rng.uniform(0, 0.06) * waves(mesh.vertices, rng=rng, frequency=9)
    return smooth(mesh.vertices * radius[:, None] * rng.uniform(0.6, 1.2, 3), mesh.faces)


def figure(rng: np.random.Generator) -> Surface:
    """Build a person- or animal-like body: limbs, belly, head, ears and snout, melted together."""
    fat, blend = rng.uniform(0.7, 1.7), rng.uniform(0.02, 0.14)
    hips, chest = np.array([0, -0.15, 0.0]), np.array([rng.normal() * 0.08, 0.3, rng.normal() * 0.08])
    head = chest + np.array([rng.normal() * 0.07, rng.uniform(0.3, 0.42), rng.uniform(-0.05, 0.12)])
    head_radius = rng.uniform(0.12, 0.22)
    parts = [(hips, chest, 0.17 * fat, 0.15 * fat), (head, head + np.array([0, 0.02, 0]), head_radius, head_radius)]
    parts.append((chest, head, 0.09, 0.08))
    for side in (-1, 1):
        shoulder, hip = chest + np.array([side * 0.15 * fat, 0.06, 0]), hips + np.array([side * 0.09 * fat, -0.05, 0])
        elbow = shoulder + unit(rng.normal(size=3) * [1, 1, 0.6] + [side * 0.8, -0.3, 0]) * 0.24
        hand = elbow + unit(rng.normal(size=3) + np.array([0, 0, 0.4])) * 0.22
        knee = hip + unit(rng.normal(size=3) * 0.35 + np.array([side * 0.1, -1, 0.2])) * 0.3
        foot = knee + unit(rng.normal(size=3) * 0.2 + np.array([0, -1, -0.1])) * 0.3
        thick = rng.uniform(0.05, 0.09)
        parts += [(shoulder, elbow, thick, thick * 0.8), (elbow, hand, thick * 0.8, thick * 0.65)]
        parts += [(hand, hand + rng.normal(size=3) * 0.05, thick, thick * 0.7)]
        parts += [(hip, knee, thick * 1.5, thick), (knee, foot, thick, thick * 0.8)]
        parts += [(foot, foot + np.array([side * 0.03, -0.01, 0.13]), thick * 0.8, thick * 0.7)]
        if rng.random() < 0.5:
            ear = head + np.array([side * head_radius * 0.6, head_radius * 0.7, 0])
            parts.append(
                (ear, ear + unit(rng.normal(size=3) * 0.4 + np.array([side * 0.5, 1, 0])) * rng.uniform(0.05, 0.3), 0.03, 0.035)
            )
    if rng.random() < 0.6:
        parts.append((head, head + np.array([0, -0.04, head_radius * 1.1]), head_radius * 0.5, head_radius * 0.35))
    vertices, faces = melted(parts, blend=blend, cells=80)
    return smooth(vertices, faces).moved(np.eye(3) * 1.2, np.zeros(3))


def metaballs(rng: np.random.Generator) -> Surface:
    """Balls and sausages melted together."""
    centres = rng.uniform(-0.55, 0.55, (int(rng.integers(3, 9)), 3))
    parts = [(centre, centre + rng.normal(size=3) * 0.25, *rng.uniform(0.08, 0.34, 2)) for centre in centres]
    return smooth(*melted(parts, blend=rng.uniform(0.03, 0.2), cells=64))


def sheet(rng: np.random.Generator) -> Surface:
    """Build a hanging or lying cloth with folds that mostly run one way."""
    x, y = np.meshgrid(np.linspace(-1, 1, 120), np.linspace(-1, 1, 120))
    points = np.stack([x, y, np.zeros_like(x)], -1).reshape(-1, 3)
    stretch = np.array([rng.uniform(2, 9), rng.uniform(0.3, 3), 1.0])
    z = rng.uniform(0.03, 0.14) * waves(points * stretch, rng=rng, frequency=1.6)
    z += rng.uniform(0, 0.15) * waves(points, rng=rng, frequency=2)
    points[:, 2] = z
    return smooth(points, grid_faces(120, 120)).moved(random_rotation(rng), np.zeros(3))


def terrain(rng: np.random.Generator, *, extent: float, hills: float, cells: int = 160) -> tuple[np.ndarray, np.ndarray]:
    """Vertices and faces of a ground of `extent` units to each side; cells grow with distance from the middle."""
    line = np.linspace(-1, 1, cells)
    line = np.sign(line) * np.abs(line) ** 2.2 * extent
    x, z = np.meshgrid(line, line)
    points = np.stack([x, np.zeros_like(x), z], -1).reshape(-1, 3)
    near = np.exp(-np.linalg.norm(points, axis=-1) / 6)
    height = hills * (1 - near) * 2.5 * waves(points / 9, rng=rng, frequency=1.5)
    height += hills * 0.35 * waves(points / 2, rng=rng, frequency=1.5) * np.exp(-np.linalg.norm(points, axis=-1) / 25)
    points[:, 1] = height
    return points, grid_faces(cells, cells)[:, ::-1]


def bush(rng: np.random.Generator, *, leaves: int = 2500) -> Surface:
    """Leaves on a lumpy crown; the taught normal leans to the crown's."""
    direction = unit(rng.normal(size=(leaves, 3)))
    lumps = 1 + rng.uniform(0.1, 0.35) * waves(direction, rng=rng, frequency=4)
    stretch = rng.uniform(0.5, 1.3, 3) * [1, rng.uniform(0.7, 1.8), 1]
    middle = direction * (lumps * rng.uniform(0.75, 1.0, leaves))[:, None] * stretch
    crown = unit(direction / stretch)
    size = rng.uniform(0.04, 0.13)
    leaf = unit(crown + rng.normal(size=(leaves, 3)) * rng.uniform(0.3, 0.9))
    along = unit(np.cross(leaf, rng.normal(size=(leaves, 3)))) * size * rng.uniform(0.6, 1.4, (leaves, 1))
    across = np.cross(leaf, along) * rng.uniform(0.25, 0.9)
    corners = np.stack([middle - along, middle + across, middle + along, middle - across], axis=1)
    triangles = np.concatenate([corners[:, [0, 1, 2]], corners[:, [0, 2, 3]]]).astype(np.float32)
    shading = np.repeat(np.tile(leaf, (2, 1))[:, None], 3, 1).astype(np.float32)
    label = np.repeat(np.tile(unit(leaf * 0.5 + crown), (2, 1))[:, None], 3, 1).astype(np.float32)
    inside = trimesh.creation.icosphere(subdivisions=3)
    core = smooth(inside.vertices * 0.8 * stretch, inside.faces)
    return joined([Surface(triangles=triangles, shading=shading, label=label), core])


def grass(rng: np.random.Generator, *, roots: np.ndarray, ground: np.ndarray, height: float) -> Surface:
    """Blades at `(N, 3)` roots on a ground with `(N, 3)` normals; the taught normal leans to the ground's."""
    count = len(roots)
    own = rng.normal(size=(count, 3)) * 0.35
    wind = waves(roots, rng=rng, frequency=1.5)[:, None] * rng.normal(size=3) * 0.5
    lean = unit(ground + own + wind)
    wide = unit(np.cross(lean, rng.normal(size=(count, 3)))) * height * rng.uniform(0.04, 0.12)
    tip = lean * height * rng.uniform(0.5, 1.3, (count, 1))
    triangles = np.stack([roots - wide, roots + wide, roots + tip], axis=1).astype(np.float32)
    blade = unit(np.cross(wide, tip))
    blade *= np.where((blade * ground).sum(-1, keepdims=True) < 0, -1, 1)
    shading = np.repeat(unit(blade * 0.7 + ground * 0.5)[:, None], 3, 1).astype(np.float32)
    label = np.repeat(unit(blade * 0.35 + ground)[:, None], 3, 1).astype(np.float32)
    return Surface(triangles=triangles, shading=shading, label=label)


def branch(rng: np.random.Generator) -> Surface:
    """Build a bent stem with side arms: trunks, roots, cables."""
    points, parts = [np.zeros(3)], []
    heading = unit(rng.normal(size=3))
    for step in range(6):
        heading = unit(heading + rng.normal(size=3) * 0.4)
        points.append(points[-1] + heading * 0.3)
        thick = 0.12 * (1 - step / 8)
        parts.append((points[-2], points[-1], thick, thick * 0.9))
        if rng.random() < 0.4:
            parts.append((points[-1], points[-1] + unit(rng.normal(size=3)) * 0.4, thick * 0.6, 0.02))
    vertices, faces = melted(parts, blend=0.03, cells=72)
    return smooth(vertices - vertices.mean(0), faces)


def grid_faces(rows: int, columns: int) -> np.ndarray:
    """Return the `(2 (rows-1) (columns-1), 3)` faces of a grid of vertices in row order."""
    row, column = np.meshgrid(np.arange(rows - 1), np.arange(columns - 1), indexing="ij")
    here = row * columns + column
    faces = [np.stack([here, here + 1, here + columns], -1), np.stack([here + 1, here + columns + 1, here + columns], -1)]
    return np.concatenate(faces).reshape(-1, 3)


def melted(parts: list[tuple], *, blend: float, cells: int) -> tuple[np.ndarray, np.ndarray]:
    """Cones with round ends `(from, to, radius, radius)` joined with a smooth minimum, as vertices and faces."""
    ends = np.array([end for a, b, _, _ in parts for end in (a, b)])
    thick = np.array([max(first, last) for _, _, first, last in parts for _ in range(2)])[:, None]
    low, high = (ends - thick).min(0) - 0.1 - blend, (ends + thick).max(0) + 0.1 + blend
    axes = [np.linspace(low[k], high[k], cells, dtype=np.float32) for k in range(3)]
    points = np.stack(np.meshgrid(*axes, indexing="ij"), -1)
    total = np.zeros(points.shape[:3], dtype=np.float32)
    for start, end, first, last in parts:
        line = (end - start).astype(np.float32)
        along = np.clip(((points - start.astype(np.float32)) @ line) / max(line @ line, 1e-9), 0, 1)
        nearest = points - start.astype(np.float32) - along[..., None] * line
        distance = np.sqrt((nearest**2).sum(-1)) - (first + (last - first) * along)
        total += np.exp(-np.clip(distance, -2, 2) / (blend * 0.35))
    field = -np.log(np.maximum(total, 1e-30)) * (blend * 0.35)
    vertices, faces, _, _ = marching_cubes(field, 0.0, spacing=tuple((high - low) / (cells - 1)))
    return vertices + low, faces
