"""Makes a .blend as version 0.1.0 leaves it, and what it renders there.

    BLENDER_PYTHON tests/samples/saved_by_0_1/make.py CHECKOUT

CHECKOUT is a clone at 0.1.0 (commit 503d973); BLENDER_PYTHON runs the Blender that saves. The results lie beside this file.
"""

from __future__ import annotations

import atexit
import importlib
import math
import sys
from pathlib import Path
from types import ModuleType

import numpy as np

HERE = Path(__file__).resolve().parent
FRAMES = (1, 3)


def main(checkout: Path) -> None:
    sys.path.insert(0, str(checkout / "tests/blender"))
    importlib.import_module("conftest")  # makes the package platelight of the checkout
    import bpy

    addon = importlib.import_module("platelight.addon")
    addon.register()
    atexit.register(addon.unregister)
    bpy.ops.wm.read_homefile(use_factory_startup=True, use_empty=True)
    _write_pictures()
    bpy.ops.wm.save_as_mainfile(filepath=str(_blend(bpy)), compress=True)
    first = bpy.context.scene
    first.name = "Lights"
    _lights(bpy, first)
    for name, make in (("Match", _match), ("World", _world), ("Card", _card)):
        scene = bpy.data.scenes.new(name)
        bpy.context.window.scene = scene
        make(bpy, scene)
    bpy.context.window.scene = first
    bpy.ops.wm.save_as_mainfile(filepath=str(_blend(bpy)), compress=True, relative_remap=True)
    bpy.ops.wm.open_mainfile(filepath=str(_blend(bpy)))
    footage, rendered = importlib.import_module("footage"), {}
    for scene in bpy.data.scenes:
        bpy.context.window.scene = scene  # a still is of its frame
        for frame, image in footage.render(scene, list(FRAMES), Path(bpy.app.tempdir)).items():
            rendered[f"{scene.name} {frame}"] = image.astype(np.float32)
    np.savez_compressed(_blend(bpy).with_suffix(".npz"), **rendered)


def _blend(bpy: ModuleType) -> Path:
    return HERE / f"blender-{bpy.app.version[0]}.{bpy.app.version[1]}.blend"


def _write_pictures() -> None:
    footage = importlib.import_module("footage")
    if (HERE / "plate").is_dir():
        return
    footage.write_plate(HERE / "plate", range(1, 4))
    footage.write_normals(HERE, range(1, 4))
    y, x = np.mgrid[0 : footage.HEIGHT, 0 : footage.WIDTH]
    for frame in range(1, 4):
        depth = (4.0 + 0.1 * x - 0.05 * y + 0.2 * frame).astype(np.float32)
        footage.write_exr(HERE / "depth" / f"plate.{frame:04d}.exr", {"Depth.Z": depth})
        encoded = np.round((footage.normals(frame) * (1, -1, 1) / 2 + 0.5) * 255).astype(np.uint8)
        footage.write_png(HERE / "imported" / f"n.{frame:04d}.png", encoded)


def _plate(bpy: ModuleType, scene: object, *, names: tuple[str, ...]) -> object:
    """The plate's strip, its passes in the compositor, and a camera that moves and turns; gives the relight node."""
    strips, ground, part = importlib.import_module("strips"), importlib.import_module("ground_truth"), importlib.import_module
    clips, passes = part("platelight.addon.blender.clips"), part("platelight.addon.blender.passes")
    scene.render.resolution_x, scene.render.resolution_y, scene.render.resolution_percentage = 32, 18, 100
    scene.frame_end = 3
    strip = strips.image_strip(scene, [HERE / "plate" / f"plate.{frame:04d}.png" for frame in range(1, 4)])
    strip.directory = "//plate/"
    camera = scene.camera = ground.add(scene, f"Camera {scene.name}", bpy.data.cameras.new("Camera"))
    for frame, place, turn in ((1, (0.0, -6.0, 1.6), (80, 0, -8)), (3, (0.6, -5.0, 2.2), (72, 4, 16))):
        camera.location, camera.rotation_euler = place, [math.radians(angle) for angle in turn]
        camera.keyframe_insert("location", frame=frame)
        camera.keyframe_insert("rotation_euler", frame=frame)
    [target] = clips.targets_by_pattern("plate", scene_names=(scene.name,))
    passes.attach(scene, target=target, out=str(HERE), passes=names, first=1, last=3)
    if hasattr(scene.render, "compositor_device"):
        scene.render.compositor_device = "CPU"
    compat, graph = part("platelight.addon.blender.compat"), part("platelight.addon.blender.graph")
    return graph.Block(compat.compositor_tree(scene), strip_name="plate").find("relight")


def _light(bpy: ModuleType, scene: object, kind: str, *, at: tuple[float, ...], **settings: object) -> object:
    ground = importlib.import_module("ground_truth")
    data = bpy.data.lights.new(kind.title(), kind)
    data.color = 1.0, 0.6, 0.3
    for name, value in settings.items():
        setattr(data, name, value)
    made = ground.add(scene, f"{kind.title()} {scene.name}", data)
    made.location, made.rotation_euler = at, (0.6, 0.3, 0.2)
    return made


def _lights(bpy: ModuleType, scene: object) -> None:
    """Every type of light and the World, with mute, exposure, a matte and smoothed normals, beside the studio's lights."""
    relight = _plate(bpy, scene, names=("normal", "depth"))
    _light(bpy, scene, "SUN", at=(0, 0, 0), energy=2.0, angle=0.2)
    _light(bpy, scene, "POINT", at=(1, -3, 3), energy=300.0, shadow_soft_size=0.3)
    _light(bpy, scene, "SPOT", at=(-1, -4, 3), energy=500.0, spot_size=1.5, spot_blend=0.3)
    _light(bpy, scene, "AREA", at=(2, -3, 2), energy=200.0, shape="RECTANGLE", size=1.2, size_y=0.6)
    spread = _light(bpy, scene, "AREA", at=(-2, -3, 2), energy=200.0, shape="DISK", size=0.8, spread=1.7)
    spread.name = "Spread"
    importlib.import_module("ground_truth").sky(scene, None, HERE)
    ops = bpy.ops.platelight
    ops.wire_lights()
    ops.normal_detail(shot="plate")
    ops.mute_light(shot="plate", light="Point Lights")
    ops.matte_light(shot="plate", light="Sun Lights", kind="ALPHA")
    relight.inputs["Studio Lights"].default_value, relight.inputs["Amount"].default_value = 0.5, 0.9
    control = importlib.import_module("platelight.addon.relight.control")
    found = control.handle(control.need(scene, "plate"), "Spot Lights", studio=False)
    found.exposure.default_value, found.softness.default_value, found.lift.default_value = 0.7, 0.3, 0.2


def _match(bpy: ModuleType, scene: object) -> None:
    """The light in the plate, fitted and replaced by a new sun; a sun and a World like it in the scene."""
    _plate(bpy, scene, names=("normal",))
    ops = bpy.ops.platelight
    ops.match_light(shot="plate")
    ops.match_sun(shot="plate")
    _light(bpy, scene, "SUN", at=(0, 0, 0), energy=1.0).rotation_euler = 0.2, -0.5, 0.0
    ops.wire_lights()
    ops.match_mode(shot="plate", mode="REPLACE")


def _world(bpy: ModuleType, scene: object) -> None:
    """Another tool's normals, and the studio's lights held in the world while the camera turns."""
    _plate(bpy, scene, names=("normal",))
    ops = bpy.ops.platelight
    ops.import_normals(filepath=str(HERE / "imported" / "n.0001.png"), shot="plate")
    ops.add_space(shot="plate")
    scene.frame_set(1)
    ops.hold_studio_lights(shot="plate")


def _card(bpy: ModuleType, scene: object) -> None:
    """The plate in 3D, bent by its depth, as Cycles renders it."""
    _plate(bpy, scene, names=("normal", "depth"))
    _light(bpy, scene, "SUN", at=(0, 0, 0), energy=2.0, angle=0.0)
    bpy.ops.platelight.add_card(shot="plate")
    scene.render.engine = "CYCLES"
    scene.render.threads_mode, scene.render.threads = "FIXED", 1
    scene.cycles.use_denoising, scene.cycles.max_bounces, scene.cycles.samples = False, 0, 1
    scene.cycles.pixel_filter_type, scene.cycles.filter_width = "GAUSSIAN", 0.01
    scene.render.use_compositing = scene.render.use_sequencer = False


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())
