"""Tiny plates and normals, made on the spot; and a renderer that gives back the pixels."""

from __future__ import annotations

import os
import struct
import subprocess
import sys
import zlib
from pathlib import Path

import bpy
import numpy as np
import OpenEXR

WIDTH, HEIGHT = 32, 18


def plate_bytes(frame: int, *, width: int = WIDTH, height: int = HEIGHT, alpha: bool = False) -> np.ndarray:
    """uint8 (H, W, 3 or 4), row 0 at the top; every frame and every pixel is different."""
    y, x = np.mgrid[0:height, 0:width]
    planes = [x * 255 // (width - 1), y * 255 // (height - 1), (x * 3 + y * 5 + frame * 29) % 256]
    if alpha:
        planes.append(np.where(x < width // 2, 255, 128))
    return np.stack(planes, -1).astype(np.uint8)


def normals(frame: int, *, width: int = WIDTH, height: int = HEIGHT) -> np.ndarray:
    """float32 (H, W, 3), unit length, camera space; turning with the frame."""
    y, x = np.mgrid[0:height, 0:width]
    a = 0.9 * ((x + 0.5) / width * 2 - 1) + 0.05 * frame
    b = 0.8 * (1 - (y + 0.5) / height * 2)
    n = np.stack([np.sin(a), np.sin(b), np.cos(a) * np.cos(b)], -1)
    return (n / np.linalg.norm(n, axis=-1, keepdims=True)).astype(np.float32)


def linear(image: np.ndarray) -> np.ndarray:
    """sRGB bytes to scene-linear floats."""
    value = image[..., :3].astype(np.float64) / 255
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)


def write_png(path: Path, image: np.ndarray) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    height, width, channels = image.shape

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = b"".join(b"\0" + row.tobytes() for row in image)
    header = struct.pack(">IIBBBBB", width, height, 8, {3: 2, 4: 6}[channels], 0, 0, 0)
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))
    return path


def write_exr(path: Path, channels: dict[str, np.ndarray]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    OpenEXR.File({"compression": OpenEXR.ZIP_COMPRESSION, "type": OpenEXR.scanlineimage}, channels).write(str(path))
    return path


def write_plate(folder: Path, numbers: range, *, name: str = "plate.{:04d}.png", **size: int) -> list[Path]:
    """PNGs; the picture of frame n is ``plate_bytes(n)``."""
    return [write_png(folder / name.format(n), plate_bytes(n, **size)) for n in numbers]


def write_normals(out: Path, numbers: range, *, clip: str = "plate", **size: int) -> None:
    """What the engine writes: ``out/normal/clip.0001.exr``, half; the normals of frame n are ``normals(n % 10)``."""
    for n in numbers:
        write_normal(out / "normal" / f"{clip}.{n:04d}.exr", normals(n % 10, **size))


def write_normal(path: Path, value: np.ndarray) -> Path:
    """One frame of a normal pass, as half floats."""
    planes = np.moveaxis(value.astype(np.float16), -1, 0)
    return write_exr(path, {f"Normal.{axis}": np.ascontiguousarray(plane) for axis, plane in zip("XYZ", planes, strict=True)})


def write_movie(path: Path, frames: int) -> Path:
    """A lossless RGB movie whose frame n, from 1, is ``plate_bytes(n)``: made by Blender's own FFmpeg."""
    source = path.parent / f"{path.stem}_frames"
    write_plate(source, range(1, frames + 1))
    scene = bpy.data.scenes.new("movie")
    scene.render.resolution_x, scene.render.resolution_y = WIDTH, HEIGHT
    scene.frame_start, scene.frame_end = 1, frames
    scene.view_settings.view_transform = "Standard"
    editor = scene.sequence_editor_create()
    strips = editor.strips
    strip = strips.new_image("frames", str(source / "plate.0001.png"), 1, 1)
    for n in range(2, frames + 1):
        strip.elements.append(f"plate.{n:04d}.png")
    settings = scene.render.image_settings
    if hasattr(settings, "media_type"):
        settings.media_type = "VIDEO"
    settings.file_format = "FFMPEG"
    scene.render.ffmpeg.format, scene.render.ffmpeg.codec = "MKV", "FFV1"
    scene.render.ffmpeg.constant_rate_factor = "LOSSLESS"
    scene.render.ffmpeg.gopsize = 1
    settings.color_mode = "RGB"
    scene.render.filepath, scene.render.use_file_extension = str(path), False
    bpy.ops.render.render(animation=True, scene=scene.name)
    bpy.data.scenes.remove(scene)
    return path


def render(scene: bpy.types.Scene, frames: list[int], folder: Path) -> dict[int, np.ndarray]:
    """Render through the compositor; float32 (H, W, 4), scene-linear, row 0 at the top."""
    settings = scene.render.image_settings
    settings.file_format, settings.color_depth, settings.color_mode = "OPEN_EXR", "32", "RGBA"
    pixels = {}
    for frame in frames:
        scene.frame_set(frame)
        scene.render.filepath = str(folder / f"out.{frame:04d}.exr")
        bpy.ops.render.render(write_still=True, scene=scene.name)
        pixels[frame] = read_exr(folder / f"out.{frame:04d}.exr")
    return pixels


def read_exr(path: Path) -> np.ndarray:
    channels = OpenEXR.File(str(path), separate_channels=True).channels()
    return np.stack([channels[c].pixels for c in "RGBA"], -1).astype(np.float32)


def render_elsewhere(project: Path, frame: int, out: Path) -> np.ndarray:
    """Open the project in a Blender of its own that knows nothing of the add-on, and render a frame of it as a farm does."""
    home = out.parent / "farm"
    (home / "config").mkdir(parents=True, exist_ok=True)
    code = (
        "import bpy, sys\n"
        f"bpy.ops.wm.open_mainfile(filepath={str(project)!r}, use_scripts=False)\n"
        "assert not hasattr(bpy.types.Scene, 'platelight')\n"
        "scene = bpy.context.scene\n"
        "settings = scene.render.image_settings\n"
        "settings.file_format, settings.color_depth, settings.color_mode = 'OPEN_EXR', '32', 'RGBA'\n"
        f"scene.frame_set({frame})\n"
        f"scene.render.filepath = {str(out)!r}\n"
        "bpy.ops.render.render(write_still=True)\n"
    )
    env = {name: value for name, value in os.environ.items() if name != "DISPLAY"} | {"BLENDER_USER_RESOURCES": str(home)}
    subprocess.run([sys.executable, "-c", code], env=env, check=True, capture_output=True, timeout=120)
    return read_exr(out)
