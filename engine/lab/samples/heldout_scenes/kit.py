"""Paints, lights and shots of the held-out clips. Metres, +Z up."""

import math
from dataclasses import dataclass, field
from pathlib import Path

import bpy
from mathutils import Euler, Vector


@dataclass(frozen=True, kw_only=True)
class Shot:
    """Where the camera is, and what moves from frame to frame.

    Attributes:
        eye, target: camera position and the point it looks at in the first frame.
        lens: focal length in mm on a sensor whose longer side is 36 mm.
        drift: metres per frame that the camera moves, and its target with it.
        pan: metres per frame that the target moves on top, so that the camera turns.
        size: width and height in pixels.
        look: Blender's view transform.
        exposure: stops on top of the plain exposure.
        roll: degrees about the line of sight.
        movers: object, metres per frame, degrees per frame about its own X, Y, Z.
    """

    eye: tuple
    target: tuple
    lens: float
    drift: tuple = (0.02, 0.0, 0.0)
    pan: tuple = (0.0, 0.0, 0.0)
    size: tuple[int, int] = (320, 180)
    look: str = "AgX"
    exposure: float = 0.0
    roll: float = 0.0
    movers: list = field(default_factory=list)


def scene() -> bpy.types.Scene:
    """Return the scene that is built."""
    found = bpy.context.scene
    assert found
    return found


def tree_of(owner: bpy.types.Material | bpy.types.World) -> tuple[bpy.types.Nodes, bpy.types.NodeLinks]:
    """Return the nodes and links of a material or a world that uses them."""
    assert owner.node_tree
    return owner.node_tree.nodes, owner.node_tree.links


def put(node: bpy.types.Node, name: str, value: object) -> None:
    """Set the value of an input; the stubs know of none, for some sockets have none."""
    setattr(node.inputs[name], "default_value", value)  # noqa: B010


def describe(node: bpy.types.Node, **settings: object) -> None:
    """Set the properties of a node, which depend on its kind."""
    for name, value in settings.items():
        setattr(node, name, value)


def paint(first, second=None, *, pattern="", scale=4.0, roughness=0.6, metallic=0.0, hard=False, glow=0.0):
    """Build a Principled material: one colour, or two by a texture. `hard` makes the border between the two sharp.

    Patterns that belong to flat faces (Brick, Planks, Checker, Stripes) lie in the UV map, in metres; the others are solid.
    """
    made = bpy.data.materials.new("paint")
    made.use_nodes = True
    nodes, links = tree_of(made)
    shader = nodes["Principled BSDF"]
    put(shader, "Base Color", (*first, 1))
    put(shader, "Roughness", roughness)
    put(shader, "Metallic", metallic)
    if glow:
        put(shader, "Emission Color", (*first, 1))
        put(shader, "Emission Strength", glow)
    if not pattern:
        return made
    kind = {"Planks": "Brick", "Stripes": "Wave", "Marble": "Wave", "Grain": "Wave"}.get(pattern, pattern)
    texture, place = nodes.new(f"ShaderNodeTex{kind}"), nodes.new("ShaderNodeTexCoord")
    put(texture, "Scale", scale)
    flat = pattern in ("Brick", "Planks", "Checker", "Stripes")
    links.new(place.outputs["UV" if flat else "Object"], texture.inputs["Vector"])
    if kind == "Brick":
        put(texture, "Color1", (*first, 1))
        put(texture, "Color2", (*(0.6 * part for part in first), 1))
        put(texture, "Mortar", (*second, 1))
        put(texture, "Mortar Size", 0.004 if pattern == "Planks" else 0.02)
        put(texture, "Brick Width", 2.5 if pattern == "Planks" else 0.5)
        links.new(texture.outputs["Color"], shader.inputs["Base Color"])
        return made
    if pattern in ("Marble", "Grain"):
        put(texture, "Distortion", 9.0 if pattern == "Marble" else 3.0)
        put(texture, "Detail", 4.0)
    if pattern == "Noise":
        put(texture, "Detail", 5.0)
    ramp = nodes.new("ShaderNodeValToRGB")
    colours = ramp.color_ramp if isinstance(ramp, bpy.types.ShaderNodeValToRGB) else None
    assert colours
    colours.interpolation = "CONSTANT" if hard else "LINEAR"
    colours.elements[0].position, colours.elements[1].position = (0.0, 0.5) if hard else (0.3, 0.7)
    colours.elements[0].color, colours.elements[1].color = (*first, 1), (*second, 1)
    links.new(texture.outputs.get("Fac") or texture.outputs["Distance"], ramp.inputs["Fac"])
    links.new(ramp.outputs["Color"], shader.inputs["Base Color"])
    return made


def placed(data, made, *, at=(0, 0, 0), turn=(0, 0, 0)):
    """Build an object in the scene; `turn` in degrees."""
    thing = bpy.data.objects.new("thing", data)
    thing.location, thing.rotation_euler = at, [math.radians(angle) for angle in turn]
    if made:
        data.materials.append(made)
    scene().collection.objects.link(thing)
    return thing


def sun(azimuth: float, elevation: float, *, energy: float, colour=(1, 0.95, 0.88), angle: float = 0.6) -> None:
    """Sunlight from a compass direction (degrees counter-clockwise from +X) and a height."""
    lamp = placed(bpy.data.lights.new("sun", "SUN"), None)
    flat = math.cos(math.radians(elevation))
    to = Vector((flat * math.cos(math.radians(azimuth)), flat * math.sin(math.radians(azimuth)), math.sin(math.radians(elevation))))
    lamp.rotation_euler = to.to_track_quat("Z", "Y").to_euler()
    lamp.data.energy, lamp.data.color, lamp.data.angle = energy, colour, math.radians(angle)


def panel(at, *, toward, size: float, energy: float, colour=(1, 1, 1)) -> None:
    """A soft square lamp."""
    lamp = placed(bpy.data.lights.new("panel", "AREA"), None, at=at)
    lamp.rotation_euler = (Vector(at) - Vector(toward)).to_track_quat("Z", "Y").to_euler()
    lamp.data.energy, lamp.data.color, lamp.data.size = energy, colour, size


def bulb(at, *, energy: float, colour=(1, 0.8, 0.55), size: float = 0.06) -> None:
    """A round lamp."""
    lamp = placed(bpy.data.lights.new("bulb", "POINT"), None, at=at)
    lamp.data.energy, lamp.data.color, lamp.data.shadow_soft_size = energy, colour, size


def surround(colour=(1, 1, 1), *, strength: float = 0.3, sky: tuple | None = None, place: Path | None = None, turn: float = 0.0):
    """The world: one colour, a Nishita sky (elevation, rotation of its sun in degrees), or a measured place (an EXR map)."""
    scene().world = world = bpy.data.worlds.new("world")
    world.use_nodes = True
    nodes, links = tree_of(world)
    background = nodes["Background"]
    put(background, "Color", (*colour, 1))
    put(background, "Strength", strength)
    if sky:
        air = nodes.new("ShaderNodeTexSky")
        describe(air, sky_type="NISHITA", sun_elevation=math.radians(sky[0]), sun_rotation=math.radians(sky[1]))
        links.new(air.outputs["Color"], background.inputs["Color"])
    if place:
        picture, where, turned = (nodes.new(f"ShaderNode{kind}") for kind in ("TexEnvironment", "TexCoord", "Mapping"))
        describe(picture, image=bpy.data.images.load(str(place)))
        put(turned, "Rotation", (0, 0, math.radians(turn)))
        links.new(where.outputs["Generated"], turned.inputs["Vector"])
        links.new(turned.outputs["Vector"], picture.inputs["Vector"])
        links.new(picture.outputs["Color"], background.inputs["Color"])


def moved(thing, *, frame: int, step, spin, start: tuple[Vector, Euler]) -> None:
    """The object where it is in a frame counted from zero."""
    thing.location = start[0] + Vector(step) * frame
    spun = Euler([math.radians(angle) * frame for angle in spin]).to_matrix()
    thing.rotation_euler = (start[1].to_matrix() @ spun).to_euler()
