"""Shapes of the held-out clips, made by Blender's own means. Metres, +Z up; things stand on their base."""

import itertools
import math

import bmesh
import bpy
import numpy as np
from mathutils import Matrix

from .kit import placed


def built(shape: bmesh.types.BMesh, made, *, at=(0, 0, 0), turn=(0, 0, 0), smooth: float = 0.0):
    """Build an object from a bmesh: UVs in metres by the nearest axis, edges under `smooth` degrees shaded round."""
    bmesh.ops.recalc_face_normals(shape, faces=shape.faces[:])
    layer = shape.loops.layers.uv.verify()
    for face in shape.faces:
        axis = max(range(3), key=lambda k: abs(face.normal[k]))
        across, up = ((1, 2), (0, 2), (0, 1))[axis]
        face.smooth = smooth > 0
        for loop in face.loops:
            loop[layer].uv = loop.vert.co[across] + 100, loop.vert.co[up] + 100
    for edge in shape.edges:
        edge.smooth = len(edge.link_faces) == 2 and edge.calc_face_angle(0) < math.radians(smooth)
    mesh = bpy.data.meshes.new("mesh")
    shape.to_mesh(mesh)
    shape.free()
    return placed(mesh, made, at=at, turn=turn)


def box(size, made, *, at=(0, 0, 0), turn=(0, 0, 0), bevel: float = 0.0, soft: int = 0, inside: bool = False):
    """Build a box on its base; `bevel` in metres, `soft` levels of subdivision make a cushion of it."""
    shape = bmesh.new()
    bmesh.ops.create_cube(shape, size=1)
    bmesh.ops.transform(shape, matrix=Matrix.Diagonal((*size, 1)) @ Matrix.Translation((0, 0, 0.5)), verts=shape.verts[:])
    if bevel:
        bmesh.ops.bevel(shape, geom=shape.edges[:], offset=bevel, segments=3, profile=0.5, affect="EDGES")
    thing = built(shape, made, at=at, turn=turn, smooth=180 if soft else 0)
    return divided(thing, soft) if soft else thing


def divided(thing, levels: int, *, simple: bool = False):
    """Return the object with a subdivision surface."""
    modifier = thing.modifiers.new("subdivision", "SUBSURF")
    modifier.levels = modifier.render_levels = levels
    modifier.subdivision_type = "SIMPLE" if simple else "CATMULL_CLARK"
    return thing


def tube(radius: float, height: float, made, *, at=(0, 0, 0), turn=(0, 0, 0), top: float | None = None, sides: int = 48):
    """Build a cylinder or cone on its base."""
    shape = bmesh.new()
    top = radius if top is None else top
    bmesh.ops.create_cone(shape, cap_ends=True, segments=sides, radius1=radius, radius2=top, depth=height)
    bmesh.ops.translate(shape, vec=(0, 0, height / 2), verts=shape.verts[:])
    return built(shape, made, at=at, turn=turn, smooth=30)


def ball(radius: float, made, *, at=(0, 0, 0), stretch=(1, 1, 1), turn=(0, 0, 0), detail: int = 5):
    """Build an ellipsoid about its centre."""
    shape = bmesh.new()
    bmesh.ops.create_icosphere(shape, subdivisions=detail, radius=radius)
    bmesh.ops.scale(shape, vec=stretch, verts=shape.verts[:])
    return built(shape, made, at=at, turn=turn, smooth=60)


def ring(radius: float, thick: float, made, *, at=(0, 0, 0), turn=(0, 0, 0)):
    """Build a torus about its centre, in the XY plane."""
    turns = [(radius + thick * math.cos(k * math.tau / 24), thick * math.sin(k * math.tau / 24)) for k in range(25)]
    return lathe(turns, made, at=at, turn=turn, steps=64)


def lathe(profile, made, *, at=(0, 0, 0), turn=(0, 0, 0), steps: int = 72, flutes: int = 0, depth: float = 0.0, smooth: float = 40):
    """Build a profile of (radius, height) turned about Z; `flutes` grooves of relative `depth` run up it."""
    shape = bmesh.new()
    rows = []
    for radius, height in profile:
        angles = [k * math.tau / steps for k in range(steps)]
        sizes = [radius * (1 - depth * abs(math.sin(angle * flutes / 2))) if flutes else radius for angle in angles]
        rows.append(
            [
                shape.verts.new((size * math.cos(angle), size * math.sin(angle), height))
                for size, angle in zip(sizes, angles, strict=True)
            ]
        )
    for low, high in itertools.pairwise(rows):
        for k in range(steps):
            shape.faces.new((low[k], low[(k + 1) % steps], high[(k + 1) % steps], high[k]))
    bmesh.ops.remove_doubles(shape, verts=shape.verts[:], dist=1e-5)
    return built(shape, made, at=at, turn=turn, smooth=smooth)


def prism(outline, thick: float, made, *, at=(0, 0, 0), turn=(0, 0, 0), bevel: float = 0.0):
    """Build an outline in the XZ plane, `thick` along Y about zero."""
    shape = bmesh.new()
    face = shape.faces.new([shape.verts.new((x, -thick / 2, z)) for x, z in outline])
    pushed = bmesh.ops.extrude_face_region(shape, geom=[face])
    bmesh.ops.translate(shape, vec=(0, thick, 0), verts=[part for part in pushed["geom"] if isinstance(part, bmesh.types.BMVert)])
    if bevel:
        bmesh.ops.bevel(shape, geom=shape.edges[:], offset=bevel, segments=3, profile=0.5, affect="EDGES")
    return built(shape, made, at=at, turn=turn)


def sheet(height, wide: float, deep: float, made, *, count: int = 160, at=(0, 0, 0), turn=(0, 0, 0)):
    """Build a smooth surface z = height(x, y) over a rectangle about zero; `height` takes arrays."""
    x, y = np.meshgrid(np.linspace(-wide / 2, wide / 2, count), np.linspace(-deep / 2, deep / 2, count))
    points = np.stack([x, y, height(x, y) + 0 * x], -1).reshape(-1, 3)
    first = (np.arange(count - 1)[:, None] * count + np.arange(count - 1)).ravel()
    faces = np.stack([first, first + 1, first + count + 1, first + count], -1)
    mesh = bpy.data.meshes.new("sheet")
    mesh.from_pydata(points.tolist(), [], faces.tolist())
    mesh.polygons.foreach_set("use_smooth", np.ones(len(faces), bool))
    layer = mesh.uv_layers.new()
    corners = points[faces.ravel()][:, :2] + 100
    layer.data.foreach_set("uv", corners.ravel())
    return placed(mesh, made, at=at, turn=turn)


def rolling(seed: int, *, size: float, height: float, octaves: int = 4):
    """Build a random smooth height function of x and y: waves of `size` metres and smaller, about `height` high."""
    rng = np.random.default_rng(seed)
    waves = [(rng.uniform(0, math.tau), rng.uniform(0, math.tau), 2.0**-k, size / 2**k) for k in range(octaves) for _ in range(3)]

    def surface(x, y):
        total = 0
        for angle, phase, share, length in waves:
            along = x * math.cos(angle) + y * math.sin(angle)
            total = total + share * np.sin(along * math.tau / length + phase)
        return total * height / 3

    return surface


def blob(balls, made, *, at=(0, 0, 0), turn=(0, 0, 0), fine: float = 0.04):
    """Balls (x, y, z, radius) melted into one surface."""
    family = bpy.data.metaballs.new(f"blob{len(bpy.data.metaballs)}")
    family.resolution = family.render_resolution = fine
    for x, y, z, radius in balls:
        part = family.elements.new()
        part.co, part.radius = (x, y, z), radius * 1.5
    source = placed(family, None)
    assert bpy.context.view_layer
    bpy.context.view_layer.update()
    mesh = bpy.data.meshes.new_from_object(source.evaluated_get(bpy.context.evaluated_depsgraph_get()))
    bpy.data.objects.remove(source)
    mesh.polygons.foreach_set("use_smooth", np.ones(len(mesh.polygons), bool))
    return placed(mesh, made, at=at, turn=turn)


def skinned(joints, bones, made, *, at=(0, 0, 0), turn=(0, 0, 0), levels: int = 3):
    """Build a body around a skeleton: joints (x, y, z, radius) and pairs of joints."""
    mesh = bpy.data.meshes.new("body")
    mesh.from_pydata([joint[:3] for joint in joints], bones, [])
    thing = placed(mesh, None, at=at, turn=turn)
    thing.modifiers.new("skin", "SKIN").use_smooth_shade = True
    for point, joint in zip(mesh.skin_vertices[0].data, joints, strict=True):
        point.radius = (joint[3], joint[3])
    divided(thing, levels)
    mesh.materials.append(made)
    return thing


def wire(points, radius: float, made, *, at=(0, 0, 0), turn=(0, 0, 0), round_: bool = True):
    """Build a cable or rail along points."""
    curve = bpy.data.curves.new("wire", "CURVE")
    curve.dimensions, curve.bevel_depth, curve.bevel_resolution, curve.use_fill_caps = "3D", radius, 6, True
    line = curve.splines.new("NURBS" if round_ else "POLY")
    line.points.add(len(points) - 1)
    for point, place in zip(line.points, points, strict=True):
        point.co = (*place, 1)
    if round_:
        line.use_endpoint_u, line.order_u = True, min(4, len(points))
    return placed(curve, made, at=at, turn=turn)


def words(text: str, size: float, made, *, at=(0, 0, 0), turn=(90, 0, 0), thick: float = 0.0, bevel: float = 0.0):
    """Writing that stands in the XZ plane and reads from -Y, thick or flat; centred on X."""
    curve = bpy.data.curves.new("words", "FONT")
    assert isinstance(curve, bpy.types.TextCurve)
    curve.body, curve.size, curve.extrude, curve.bevel_depth, curve.align_x = text, size, thick, bevel, "CENTER"
    return placed(curve, made, at=at, turn=turn)


def monkey(size: float, made, *, at=(0, 0, 0), turn=(0, 0, 0)):
    shape = bmesh.new()
    bmesh.ops.create_monkey(shape, matrix=Matrix.Scale(size, 4))
    return divided(built(shape, made, at=at, turn=turn, smooth=180), 2)


def rough(thing, *, kind: str = "CLOUDS", size: float, strength: float):
    """Return the object displaced along its normals by one of Blender's procedural textures."""
    texture = bpy.data.textures.new(kind, kind)  # type: ignore[arg-type]  # the stubs want the names of all kinds
    texture.noise_scale = size  # type: ignore[attr-defined]  # which every kind used here has
    modifier = thing.modifiers.new("displace", "DISPLACE")
    modifier.texture, modifier.strength, modifier.texture_coords = texture, strength, "LOCAL"
    return thing
