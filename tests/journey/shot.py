"""The main job, step by step, in a real Blender with the extension installed from its zip: what the demo and these tests run."""

from __future__ import annotations

import importlib
import math
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import addon_utils
import bpy

PACKAGE = "bl_ext.user_default.platelight"
DIRECTION = "Key Direction"
"""The relight group's input that says where the key light is."""
SAMPLE = Path(__file__).resolve().parents[1] / "samples/footage/big_buck_bunny.mp4"


def install(archive: Path, *, engine_python: Path) -> None:
    """Install and enable the extension as a user does, and point its preferences to an existing engine environment."""
    bpy.ops.wm.read_factory_settings(use_empty=True)
    addon_utils.enable("bl_pkg", default_set=True)
    bpy.ops.extensions.package_install_files(filepath=str(archive), repo="user_default", enable_on_install=True)
    preferences = bpy.context.preferences.addons[PACKAGE].preferences
    preferences.engine_kind, preferences.engine_python = "EXISTING", str(engine_python)


def remove() -> None:
    """Disable the extension: its engine ends, its classes go."""
    addon_utils.disable(PACKAGE, default_set=True)


def part(name: str) -> ModuleType:
    """A module of the installed extension, such as ``addon.link.session``."""
    return importlib.import_module(f"{PACKAGE}.{name}")


def new_shot(blend: Path, *, size: tuple[int, int], first: int, last: int) -> bpy.types.Scene:
    """A project saved at `blend` with a copy of the sample clip beside it: a strip that shows its frames `first` to `last`, from
    the scene's frame 1 on."""
    blend.parent.mkdir(parents=True, exist_ok=True)
    plate = blend.parent / SAMPLE.name
    shutil.copyfile(SAMPLE, plate)
    scene = bpy.context.scene
    scene.render.resolution_x, scene.render.resolution_y, scene.render.resolution_percentage = *size, 100
    scene.render.fps, scene.frame_start, scene.frame_end = 25, 1, last - first + 1
    scene.view_settings.view_transform = "Standard"
    editor = scene.sequence_editor_create()
    strips = editor.strips
    strip = strips.new_movie(name="plate", filepath=str(plate), channel=1, frame_start=2 - first)
    left, right = ("left_handle", "right_handle") if hasattr(strip, "left_handle") else ("frame_final_start", "frame_final_end")
    setattr(strip, right, scene.frame_end + 1)
    setattr(strip, left, 1)
    bpy.ops.wm.save_as_mainfile(filepath=str(blend), relative_remap=True)
    return scene


def estimate(*, on_progress: Callable[[Any], None] = lambda progress: None, overwrite: bool = False, **settings: Any) -> Any:
    """Queue the strip's estimate and wait for the job, which is returned. A failed job raises its error."""
    session, pump, clips = (part(f"addon.{name}") for name in ("link.session", "link.pump", "blender.clips"))
    protocol = part("engine.protocol")
    target = clips.targets_by_pattern("plate")[0]
    wanted = protocol.EstimateSettings(model="preview", **settings)
    job = session.submit(target, out=session.default_folder(target), settings=wanted, overwrite=overwrite)
    shown = None
    while pump.tick():
        if job.progress is not None and job.progress is not shown:
            shown = job.progress
            on_progress(shown)
        time.sleep(0.02)
    if job.error:
        raise job.error
    return job


def tree(scene: bpy.types.Scene) -> bpy.types.NodeTree:
    """The scene's compositor."""
    return getattr(scene, "compositing_node_group", None) or scene.node_tree


def relight_node(scene: bpy.types.Scene) -> bpy.types.Node:
    """The relight group between plate and output."""
    return next(node for node in tree(scene).nodes if node.bl_idname == "CompositorNodeGroup")


def light_direction(turn: float) -> tuple[float, float, float]:
    """Toward the light, camera space, unit length, for a turn in [0, 1]: from the left past the lens to the right, and back."""
    angle = math.radians(85) * math.cos(math.tau * turn)
    x, y, z = -math.sin(angle), 0.15 + 0.1 * math.cos(angle), 0.3
    length = math.hypot(x, y, z)
    return x / length, y / length, z / length


def light(node: bpy.types.Node, *, first: int, last: int) -> None:
    """A strong warm key light that swings from side to side between two frames, a weaker blue one across from it, little else."""
    for name, value in (("Ambient Strength", 0.05), ("Key Strength", 1.5), ("Fill Strength", 0.7)):
        node.inputs[name].default_value = value
    for name, colour in (("Key Color", (1.0, 0.6, 0.3)), ("Fill Color", (0.12, 0.35, 1.0))):
        node.inputs[name].default_value = (*colour, 1.0)
    for name, ahead in ((DIRECTION, 0.0), ("Fill Direction", 0.5)):
        for frame in range(first, last + 1, 2):
            node.inputs[name].default_value = light_direction(ahead + (frame - first) / (last + 1 - first))
            node.inputs[name].keyframe_insert("default_value", frame=frame)


def light_at(node: bpy.types.Node, scene: bpy.types.Scene, frame: int) -> tuple[float, float, float]:
    """Where the light is at a frame."""
    scene.frame_set(frame)
    return tuple(node.inputs[DIRECTION].default_value)


def open_on_compositor() -> None:
    """Let the saved project open where its graph is seen."""
    window, workspace = bpy.context.window, bpy.data.workspaces.get("Compositing")
    if window and workspace:
        window.workspace = workspace


def render_pixels(scene: bpy.types.Scene, *, frame: int, folder: Path) -> Path:
    """Render one frame to a linear 32-bit EXR and return its path."""
    settings = scene.render.image_settings
    if hasattr(settings, "media_type"):
        settings.media_type = "IMAGE"
    settings.file_format, settings.color_depth = "OPEN_EXR", "32"
    scene.render.filepath, scene.frame_current = str(folder / f"frame{frame:04d}"), frame
    scene.render.use_file_extension = True
    bpy.ops.render.render(write_still=True)
    return folder / f"frame{frame:04d}.exr"


def render_movie(scene: bpy.types.Scene, path: str) -> None:
    """Render the scene's frames to an H.264 movie; `path` may start with ``//``."""
    settings, ffmpeg = scene.render.image_settings, scene.render.ffmpeg
    if hasattr(settings, "media_type"):
        settings.media_type = "VIDEO"
    settings.file_format = "FFMPEG"
    ffmpeg.format, ffmpeg.codec, ffmpeg.constant_rate_factor, ffmpeg.audio_codec = "MPEG4", "H264", "HIGH", "NONE"
    scene.render.filepath, scene.render.use_file_extension = path, False
    bpy.ops.render.render(animation=True)
