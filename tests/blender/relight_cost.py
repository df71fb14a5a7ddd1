"""What relighting costs: seconds for a 1920x1080 frame with four lights beside the bare plate and the reading of its passes.

    python tests/blender/relight_cost.py [--frames 3] [--lights SUN POINT SPOT AREA]

Run it with each Blender's Python. Seconds are the processor's, all cores together, so that other programs on the machine don't
count, and those of a clock, which mean something on a quiet machine only. The bare frame is Image -> Output in a scene of its own;
what reading a pass adds is measured there as the pass -> Output less a plain colour -> Output. Files differ from frame to frame,
and Blender's caches are emptied before each.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import bpy

import conftest  # noqa: F401 (makes the package platelight)

# isort: split
import numpy as np
from footage import write_exr
from platelight.addon.blender import clips, compat
from platelight.addon.compositor import passes
from platelight.addon.nodes.block import Block
from platelight.addon.relight.lights import scene_lights
from relight_cost_nodes import computed
from strips import image_strip


def footage(folder: Path, frames: int, size: tuple[int, int]) -> list[Path]:
    """A plate as half-float EXR, and its normals and depth."""
    random, (width, height) = np.random.default_rng(1), size
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    plates = []
    for frame in range(1, frames + 1):
        grain = random.normal(0, 0.01, (height, width, 3))
        picture = (0.4 + 0.3 * np.sin(x / 90 + frame)[..., None] + grain).clip(0).astype(np.float16)
        plates.append(write_exr(folder / f"plate.{frame:04d}.exr", {c: picture[..., i].copy() for i, c in enumerate("RGB")}))
        normal = np.stack([np.sin(x / 200 + frame), np.sin(y / 150), 1.2 + 0 * x], -1)
        normal = (normal / np.linalg.norm(normal, axis=-1, keepdims=True)).astype(np.float16)
        write_exr(folder / f"normal/plate.{frame:04d}.exr", {f"Normal.{c}": normal[..., i].copy() for i, c in enumerate("XYZ")})
        write_exr(folder / f"depth/plate.{frame:04d}.exr", {"Depth.Z": (5 + np.sin(x / 300) + y / 2000).astype(np.float32)})
    return plates


@dataclass(frozen=True)
class Cost:
    """Seconds of the processor's, all cores together, and of a clock."""

    processor: float
    clock: float

    def __add__(self, other: Cost) -> Cost:
        return Cost(self.processor + other.processor, self.clock + other.clock)

    def __sub__(self, other: Cost) -> Cost:
        return Cost(self.processor - other.processor, self.clock - other.clock)


def seconds(scene: bpy.types.Scene, frames: int, folder: Path) -> Cost:
    """The quickest of the frames: other programs only ever add."""
    settings = scene.render.image_settings
    settings.file_format, settings.color_depth, settings.color_mode = "OPEN_EXR", "16", "RGBA"
    scene.render.filepath = str(folder / "out.exr")
    processor, clock = [], []
    for frame in range(1, frames + 1):
        for image in bpy.data.images:
            image.buffers_free()
        scene.frame_set(frame)
        began, at = time.process_time(), time.perf_counter()
        bpy.ops.render.render(write_still=True, scene=scene.name)
        processor.append(time.process_time() - began)
        clock.append(time.perf_counter() - at)
    return Cost(min(processor), min(clock))


def bare(folder: Path, plate: Path, frames: int, size: tuple[int, int]) -> tuple[Cost, Cost]:
    """The plate -> output, and that with the reading of the passes."""
    scene = _new_scene(size)
    tree, _ = compat.ensure_compositor_tree(scene)
    tree.nodes.clear()
    output = compat.new_output_socket(tree)

    def cost(source: bpy.types.NodeSocket) -> Cost:
        tree.links.new(source, output)
        return seconds(scene, frames, folder)

    def sequence(file: Path) -> bpy.types.NodeSocket:
        node = tree.nodes.new("CompositorNodeImage")
        node.image = bpy.data.images.load(str(file))
        node.image.source, node.frame_duration, node.use_auto_refresh = "SEQUENCE", frames, True
        return node.outputs[0]

    nothing, alone = cost(tree.nodes.new("CompositorNodeRGB").outputs[0]), cost(sequence(plate))
    read = [cost(sequence(folder / name / plate.name)) - nothing for name in ("normal", "depth")]
    return alone, alone + read[0] + read[1]


def _new_scene(size: tuple[int, int]) -> bpy.types.Scene:
    bpy.ops.wm.read_homefile(use_factory_startup=True, use_empty=True)
    scene = bpy.context.scene
    scene.render.resolution_x, scene.render.resolution_y = size
    compat.use_cpu_compositor(scene)
    return scene


def build(folder: Path, plates: list[Path], kinds: list[str], size: tuple[int, int]) -> bpy.types.Scene:
    scene = _new_scene(size)
    image_strip(scene, plates)
    [target] = clips.targets_by_pattern("plate")
    passes.attach(scene, target=target, out=str(folder), passes=("normal", "depth"), first=1, last=len(plates))
    scene.camera = bpy.data.objects.new("Camera", bpy.data.cameras.new("Camera"))
    scene.collection.objects.link(scene.camera)
    for index, kind in enumerate(kinds):
        light = bpy.data.objects.new(f"{kind.title()} {index}", bpy.data.lights.new(kind, kind))
        light.location, light.rotation_euler = (index - 1.5, 1.0 + 0.3 * index, -1.0), (-0.5, 0.2 * index, 0.0)
        light.data.energy = 3.0 if kind == "SUN" else 300.0
        scene.collection.objects.link(light)
    scene_lights.wire(scene, "plate", collection=None)
    return scene


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--frames", type=int, default=3)
    parser.add_argument("--lights", nargs="*", default=["SUN", "POINT", "SPOT", "AREA"])
    parser.add_argument("--size", nargs=2, type=int, default=[1920, 1080], metavar=("WIDTH", "HEIGHT"))
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="platelight-cost-") as name:
        folder = Path(name)
        plates = footage(folder, options.frames, options.size)
        alone, base = bare(folder, plates[0], options.frames, options.size)
        scene = build(folder, plates, options.lights, options.size)
        block = Block(compat.compositor_tree(scene), strip_name="plate")
        relight, lights = block.find("relight"), block.find("lights")
        output = compat.output_socket(block.tree)

        def cost(result: bpy.types.NodeSocket, *, change: Callable[[], None] | None = None) -> Cost:
            if change:
                change()
            block.tree.links.new(result, output)
            return seconds(scene, options.frames, folder)

        def unlink_highlights() -> None:
            for link in relight.inputs["Scene Specular"].links:
                block.tree.links.remove(link)

        nodes, cases = computed(relight.outputs["Image"]), {"relit": cost(relight.outputs["Image"])}
        cases["relit, no highlights"] = cost(relight.outputs["Image"], change=unlink_highlights)
        cases["scene diffuse alone"] = cost(lights.outputs["Diffuse"])
        print(f"Blender {bpy.app.version_string}, {options.size[0]}x{options.size[1]}, {' '.join(options.lights).lower()}")
        print(f"  {'plate -> output':22} {alone.processor:6.2f} s            by the clock {alone.clock:6.2f} s")
        print(f"  {'+ reading the passes':22} {base.processor:6.2f} s            by the clock {base.clock:6.2f} s")
        for label, value in cases.items():
            by_clock = f"by the clock {value.clock:6.2f} s {value.clock / base.clock:5.1f} x"
            print(f"  {label:22} {value.processor:6.2f} s {value.processor / base.processor:5.1f} x    {by_clock}")
        print("  nodes computed for every pixel, by group:")
        by_group: Counter[str] = Counter()
        for (group, _), count in nodes.items():
            by_group[group or "compositor"] += count
        print("  ", ", ".join(f"{group.removeprefix('Platelight ')} {count}" for group, count in by_group.most_common()))


if __name__ == "__main__":
    main(sys.argv[1:])
