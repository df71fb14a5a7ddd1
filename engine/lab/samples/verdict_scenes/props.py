"""What several scenes of the verdict clips are made of: paints that differ from part to part, courses of blocks, bodies, skies."""

import itertools
import math

import bmesh
import bpy
import numpy as np
from mathutils import Matrix, Vector

from ..heldout_scenes.kit import describe, paint, placed, put, scene, tree_of


def flecked(*colours, roughness=0.7, metallic=0.0):
    """Build a material whose colour is drawn anew from a ramp for each loose part of a mesh: bricks, tiles, leaves, books."""
    made = paint(colours[0], roughness=roughness, metallic=metallic)
    nodes, links = made.node_tree.nodes, made.node_tree.links
    about, ramp = nodes.new("ShaderNodeNewGeometry"), nodes.new("ShaderNodeValToRGB")
    steps = ramp.color_ramp.elements
    for _ in colours[2:]:
        steps.new(0.5)
    for k, (step, colour) in enumerate(zip(steps, colours, strict=True)):
        step.position, step.color = k / (len(colours) - 1), (*colour, 1)
    links.new(about.outputs["Random Per Island"], ramp.inputs["Fac"])
    links.new(ramp.outputs["Color"], nodes["Principled BSDF"].inputs["Base Color"])
    return made


def coated(made, *, coat=0.0, sheen=0.0, skin=0.0):
    """Return the material with a clear coat, a cloth's sheen, or light scattered below the surface (shares of 1)."""
    inputs = made.node_tree.nodes["Principled BSDF"].inputs
    inputs["Coat Weight"].default_value, inputs["Coat Roughness"].default_value = coat, 0.04
    inputs["Sheen Weight"].default_value = sheen
    inputs["Subsurface Weight"].default_value, inputs["Subsurface Radius"].default_value = skin, (0.01, 0.004, 0.002)
    return made


def hazy(*, azimuth: float, elevation: float, turbidity: float = 3.0, strength: float = 0.3) -> None:
    """A Hosek-Wilkie sky whose brightest part lies at `azimuth` (degrees counter-clockwise from +X) and `elevation`."""
    scene().world = world = bpy.data.worlds.new("world")
    world.use_nodes = True
    nodes, links = tree_of(world)
    air, background = nodes.new("ShaderNodeTexSky"), nodes["Background"]
    flat = math.cos(math.radians(elevation))
    across, along = flat * math.cos(math.radians(azimuth)), flat * math.sin(math.radians(azimuth))
    toward = (across, along, math.sin(math.radians(elevation)))
    describe(air, sky_type="HOSEK_WILKIE", turbidity=turbidity, ground_albedo=0.3, sun_direction=toward)
    put(background, "Strength", strength)
    links.new(air.outputs["Color"], background.inputs["Color"])


def mesh(points, faces, made, *, at=(0, 0, 0), turn=(0, 0, 0), smooth=False):
    """Build an object from points `(N, 3)` and faces, arrays or lists."""
    data = bpy.data.meshes.new("mesh")
    data.from_pydata(np.asarray(points).tolist(), [], [list(map(int, face)) for face in faces])
    data.polygons.foreach_set("use_smooth", np.full(len(data.polygons), smooth))
    return placed(data, made, at=at, turn=turn)


def blocks(parts, made, *, bevel: float = 0.0, at=(0, 0, 0), turn=(0, 0, 0)):
    """Many boxes as one object; each part is centre, size and, if turned, degrees about X, Y, Z."""
    shape = bmesh.new()
    for centre, size, *turned in parts:
        matrix = Matrix.Translation(centre)
        for axis, angle in zip("XYZ", turned[0] if turned else (), strict=False):
            matrix = matrix @ Matrix.Rotation(math.radians(angle), 4, axis)
        bmesh.ops.create_cube(shape, size=1, matrix=matrix @ Matrix.Diagonal((*size, 1)))
    data = bpy.data.meshes.new("blocks")
    shape.to_mesh(data)
    shape.free()
    thing = placed(data, made, at=at, turn=turn)
    if bevel:
        rounded = thing.modifiers.new("bevel", "BEVEL")
        rounded.width, rounded.segments = bevel, 2
    return thing


def courses(wide, high, made, *, length=0.24, rise=0.08, deep=0.1, gap=0.012, seed=0, keep=None, at=(0, 0, 0), turn=(0, 0, 0)):
    """Build a wall of laid stones in the XZ plane whose mortar lies back; `keep(x, z)` says where stones are."""
    rng, parts = np.random.default_rng(seed), []
    for row in range(round(high / rise)):
        for k in range(-1, round(wide / length) + 1):
            x, z = -wide / 2 + (k + 0.5 + 0.5 * (row % 2)) * length, (row + 0.5) * rise
            if abs(x) <= wide / 2 and (keep is None or keep(x, z)):
                size = (length - gap, deep + rng.uniform(0, 0.012), rise - gap)
                parts.append(((x, 0, z), size, tuple(rng.normal(0, 0.5, 3))))
    return blocks(parts, made, bevel=0.006, at=at, turn=turn)


def body(parts, made, *, fine: float = 0.014, smooth: int = 6, onto=None, at=(0, 0, 0), turn=(0, 0, 0)):
    """Limbs and lumps grown into one skin: a voxel remesh, then smoothing.

    A lump is (centre, radii); a limb is (from, to, radius there, radius here). They grow `onto` an earlier body, which goes.
    """
    shape = bmesh.new()
    if onto:
        shape.from_object(onto, bpy.context.evaluated_depsgraph_get())
        bpy.data.objects.remove(onto)
    for part in parts:
        if len(part) == 2:
            spheres = [(part[0], Matrix.Diagonal((*part[1], 1)))]
        else:
            start, end = Vector(part[0]), Vector(part[1])
            count = max(2, math.ceil(3 * (end - start).length / min(part[2:])))
            spheres = [
                (start.lerp(end, k / count), Matrix.Scale(part[2] + (part[3] - part[2]) * k / count, 4)) for k in range(count + 1)
            ]
        for centre, size in spheres:
            bmesh.ops.create_icosphere(shape, subdivisions=3, radius=1, matrix=Matrix.Translation(centre) @ size)
    data = bpy.data.meshes.new("body")
    shape.to_mesh(data)
    shape.free()
    thing = placed(data, made, at=at, turn=turn)
    remesh = thing.modifiers.new("remesh", "REMESH")
    remesh.mode, remesh.voxel_size, remesh.use_smooth_shade = "VOXEL", fine, True
    ironed = thing.modifiers.new("smooth", "SMOOTH")
    ironed.factor, ironed.iterations = 0.5, smooth
    return thing


def lofted(sections, made, *, at=(0, 0, 0), turn=(0, 0, 0), levels: int = 2, choose=None, second=None):
    """Build a smooth hull through closed rings of points, capped; `choose(gap, side)` tells which faces have the second
    material."""
    count = len(sections[0])
    points = [point for ring in sections for point in ring]
    faces, kinds = [list(range(count))[::-1], [len(points) - count + k for k in range(count)]], [0, 0]
    for gap, side in itertools.product(range(len(sections) - 1), range(count)):
        here, there = gap * count, (gap + 1) * count
        faces.append([here + side, here + (side + 1) % count, there + (side + 1) % count, there + side])
        kinds.append(int(bool(choose and choose(gap, side))))
    thing = mesh(points, faces, made, at=at, turn=turn, smooth=True)
    if second:
        thing.data.materials.append(second)
        thing.data.polygons.foreach_set("material_index", kinds)
    shape = bmesh.new()
    shape.from_mesh(thing.data)
    bmesh.ops.recalc_face_normals(shape, faces=shape.faces[:])
    shape.to_mesh(thing.data)
    shape.free()
    rounded = thing.modifiers.new("subdivision", "SUBSURF")
    rounded.levels = rounded.render_levels = levels
    return thing


def together(parts, *, at=(0, 0, 0), turn: float = 0.0):
    """Return the parts as children of one empty, which is given."""
    hub = placed(None, None, at=at, turn=(0, 0, turn))
    for part in parts:
        part.parent = hub
    return hub
