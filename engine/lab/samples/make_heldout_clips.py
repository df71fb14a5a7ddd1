"""Renders `heldout/` and `verdict/`: clips by Cycles with exact camera-space normals, made apart from the training clips.

Runs in a Python that has `bpy` 4.5 and OpenEXR. A few clips are lit by maps of the CC0 npm package `@pmndrs/assets` 1.7.0:

    npm pack @pmndrs/assets@1.7.0 && tar xzf pmndrs-assets-1.7.0.tgz package/hdri
    python -m engine.lab.samples.make_heldout_clips tests/samples/heldout --maps package/hdri
    python -m engine.lab.samples.make_heldout_clips tests/samples/verdict --maps package/hdri --set verdict

A clip is a folder with `frame.<n>.png` (8 bits, sRGB), `normal.<n>.png` (16 bits, (v - 32768) / 32767 along +X right, +Y up,
+Z toward the camera; 32768 thrice where there is no surface) and `camera.json` (pixels, the centre of the top left one at (0, 0);
camera to world, a 4x4 matrix a frame, metres). `--clips FOLDER` writes them in the training clip format too, with depth.

Normals are sampled at pixel centres (a second render, one sample, no filter), so that each belongs to one surface.
"""

import argparse
import base64
import json
import math
import re
import struct
import tempfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import bpy
import numpy as np
import OpenEXR
from mathutils import Matrix, Vector

from ..training.data.clips import Intrinsics, write_clip
from . import heldout_scenes, verdict_scenes
from .heldout_scenes.kit import Shot, moved, scene

SAMPLES = 20
LEVELS, STEP = 32767, 32
"""A component is stored in steps of 1/1024: 0.05 degrees at most, and half the bytes of all 16 bits."""
MAPS = ("night", "park", "warehouse")


@dataclass(frozen=True, kw_only=True)
class ClipSet:
    """What a set shows, by name of its clips, and how many frames each has."""

    scenes: dict[str, Callable[[dict[str, Path]], Shot]]
    frames: int


SETS = {"heldout": ClipSet(scenes=heldout_scenes.SCENES, frames=4), "verdict": ClipSet(scenes=verdict_scenes.SCENES, frames=2)}


def unpack_maps(package: Path, out: Path) -> dict[str, Path]:
    """Return the three maps of this set as EXR files; the package keeps each as base64 in a script."""
    files = {}
    for name in MAPS:
        text = (package / f"{name}.exr.js").read_text()
        files[name] = out / f"{name}.exr"
        packed = re.search(r"base64,([A-Za-z0-9+/=]+)", text)
        assert packed, f"{name}.exr.js holds no picture"
        files[name].write_bytes(base64.b64decode(packed[1]))
    return files


def parts() -> tuple[bpy.types.Scene, bpy.types.RenderSettings, bpy.types.ColorManagedViewSettings, Any]:
    """Return the scene that is built, and its settings; the last are those of Cycles, an add-on that the stubs know nothing of."""
    built = scene()
    assert built.render and built.view_settings
    return built, built.render, built.view_settings, built.cycles


def set_up(shot: Shot, *, threads: int) -> None:
    """Render settings of a fresh scene."""
    built, render, view, cycles = parts()
    render.engine = "CYCLES"  # type: ignore[assignment]  # the stubs know the engines without add-ons only
    cycles.seed, cycles.use_adaptive_sampling = 1, False
    cycles.max_bounces, cycles.diffuse_bounces, cycles.sample_clamp_indirect = 6, 3, 4.0
    cycles.denoiser, cycles.denoising_prefilter = "OPENIMAGEDENOISE", "FAST"
    render.threads_mode, render.threads, render.use_persistent_data = "FIXED", threads, True
    render.resolution_x, render.resolution_y = shot.size
    render.resolution_percentage = 100
    view.view_transform = shot.look  # type: ignore[assignment]  # the stubs know no configuration's views
    built.view_layers[0].use_pass_normal = built.view_layers[0].use_pass_z = True
    lens = bpy.data.cameras.new("camera")
    lens.lens, lens.sensor_fit, lens.sensor_width = shot.lens, "AUTO", 36
    lens.clip_start, lens.clip_end = 0.02, 2000
    built.camera = camera = bpy.data.objects.new("camera", lens)
    built.collection.objects.link(camera)


def aim(shot: Shot, frame: int) -> Matrix:
    """Places the camera; returns its rotation, camera to world (columns: right, up, toward the camera)."""
    camera = scene().camera
    assert camera and bpy.context.view_layer
    eye = Vector(shot.eye) + Vector(shot.drift) * frame
    look = Vector(shot.target) - Vector(shot.eye) + Vector(shot.pan) * frame
    turned = look.to_track_quat("-Z", "Y").to_matrix() @ Matrix.Rotation(math.radians(shot.roll), 3, "Z")
    camera.location, camera.rotation_euler = eye, turned.to_euler()
    bpy.context.view_layer.update()
    return camera.matrix_world.copy()


def picture(path: Path, scratch: Path, *, shot: Shot, first: bool) -> None:
    """Render the frame; the first of a clip sets its exposure."""
    built, render, view, cycles = parts()
    cycles.samples, cycles.filter_width, cycles.use_denoising = SAMPLES, 1.5, True
    bpy.ops.render.render()
    result, settings = bpy.data.images["Render Result"], render.image_settings
    if first:
        settings.file_format, settings.color_depth, settings.color_mode = "OPEN_EXR", "32", "RGB"
        result.save_render(str(scratch / "linear.exr"), scene=built)
        with OpenEXR.File(str(scratch / "linear.exr")) as file:
            light = file.channels()["RGB"].pixels @ np.array([0.2126, 0.7152, 0.0722], np.float32)
        middle = math.exp(float(np.log(np.maximum(light, 1e-4)).mean()))
        bright = float(np.quantile(light, 0.97))
        view.exposure = shot.exposure + min(math.log2(0.17 / middle), math.log2(1.6 / bright))
    settings.file_format, settings.color_mode, settings.compression = "PNG", "RGB", 100
    settings.color_depth = "8"
    result.save_render(str(path), scene=built)


def geometry(scratch: Path) -> tuple[np.ndarray, np.ndarray]:
    """World-space normals `(H, W, 3)`, zero where nothing is, and distances along the line of sight `(H, W)`, at pixel centres."""
    _, render, _, cycles = parts()
    cycles.samples, cycles.filter_width, cycles.use_denoising = 1, 0.01, False
    settings = render.image_settings
    settings.file_format, settings.color_depth = "OPEN_EXR_MULTILAYER", "32"
    render.filepath = str(scratch / "geometry.exr")
    bpy.ops.render.render(write_still=True)
    with OpenEXR.File(render.filepath, separate_channels=True) as file:
        channels = file.channels()
        normals = np.stack([channels[f"ViewLayer.Normal.{axis}"].pixels for axis in "XYZ"], -1)
        depth = channels["ViewLayer.Depth.Z"].pixels
    length = np.linalg.norm(normals, axis=-1, keepdims=True)
    return np.where(length > 0.5, normals / np.maximum(length, 1e-6), 0), depth


def write_png16(path: Path, values: np.ndarray) -> None:
    """A 16-bit RGB PNG from `(H, W, 3)` uint16, each row filtered by its difference to the pixel on the left."""
    height, width, _ = values.shape
    rows = values.astype(">u2").view(np.uint8).reshape(height, width * 6)
    filtered = rows.copy()
    filtered[:, 6:] -= rows[:, :-6]
    data = zlib.compress(np.concatenate([np.full((height, 1), 1, np.uint8), filtered], 1).tobytes(), 9)
    header = struct.pack(">2I5B", width, height, 16, 2, 0, 0, 0)
    packed = b"\x89PNG\r\n\x1a\n"
    for kind, body in ((b"IHDR", header), (b"IDAT", data), (b"IEND", b"")):
        packed += struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
    path.write_bytes(packed)


def read_png8(path: Path) -> np.ndarray:
    """Build an 8-bit picture as `(H, W, 3)` uint8, top row first."""
    image = bpy.data.images.load(str(path))
    assert image.colorspace_settings
    image.colorspace_settings.name = "Non-Color"  # type: ignore[assignment]  # the stubs know no configuration's spaces
    width, height = image.size
    values = np.empty(width * height * image.channels, np.float32)
    image.pixels.foreach_get(values)  # type: ignore[attr-defined]  # the stubs take the array for a number
    bpy.data.images.remove(image)
    return np.rint(values.reshape(height, width, -1)[::-1, :, :3] * 255).astype(np.uint8)


def make(name: str, out: Path, *, of: ClipSet, maps: dict[str, Path], scratch: Path, threads: int, clips: Path | None) -> None:
    """One clip: `frame.N.png`, `normal.N.png` and `camera.json`; and the same below `clips`, if given, as arrays."""
    bpy.ops.wm.read_factory_settings(use_empty=True)
    shot = of.scenes[name](maps)
    set_up(shot, threads=threads)
    starts = [(thing.location.copy(), thing.rotation_euler.copy()) for thing, _, _ in shot.movers]
    out.mkdir(parents=True, exist_ok=True)
    frames, normals, depths, poses = [], [], [], []
    for frame in range(of.frames):
        for (thing, step, spin), start in zip(shot.movers, starts, strict=True):
            moved(thing, frame=frame, step=step, spin=spin, start=start)
        pose = aim(shot, frame)
        poses.append(np.array(pose).tolist())
        picture(out / f"frame.{frame + 1}.png", scratch, shot=shot, first=frame == 0)
        world, depth = geometry(scratch)
        seen = world @ np.array(pose.to_3x3())
        stored = np.rint(seen * (LEVELS / STEP)) * STEP + LEVELS + 1
        write_png16(out / f"normal.{frame + 1}.png", np.clip(stored, 1, 65535).astype(np.uint16))
        frames.append(read_png8(out / f"frame.{frame + 1}.png"))
        normals.append(seen)
        depths.append(np.where((world != 0).any(-1), depth, 0))
    width, height = shot.size
    focal = shot.lens / 36 * max(width, height)
    camera = {"fx": focal, "fy": focal, "cx": (width - 1) / 2, "cy": (height - 1) / 2}
    about = {"width": width, "height": height, **camera, "camera_to_world": poses}
    (out / "camera.json").write_text(json.dumps(about, indent=1) + "\n")
    if clips:
        arrays = {"frames": np.stack(frames), "normals": np.stack(normals), "depth": np.stack(depths), "poses": np.array(poses)}
        write_clip(clips / name, **arrays, intrinsics=Intrinsics(**camera))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--maps", type=Path, required=True, help="the folder hdri of the package")
    parser.add_argument("--clips", type=Path, help="write the training clip format here too")
    parser.add_argument("--set", choices=list(SETS), default="heldout")
    parser.add_argument("--only", nargs="*", help="clips of the set; all, if none is named")
    parser.add_argument("--threads", type=int, default=2)
    given = parser.parse_args()
    chosen = SETS[given.set]
    if unknown := set(given.only or ()) - set(chosen.scenes):
        parser.error(f"no clip of {given.set}: {', '.join(sorted(unknown))}")
    with tempfile.TemporaryDirectory() as temporary:
        found = unpack_maps(given.maps, Path(temporary))
        for clip in given.only or chosen.scenes:
            place = given.out.resolve() / clip
            make(clip, place, of=chosen, maps=found, scratch=Path(temporary), threads=given.threads, clips=given.clips)
            print(clip, flush=True)
