"""One scene with known normals, and its files in any convention that another tool may have used."""

from __future__ import annotations

import math
import struct
import zlib
from pathlib import Path

import bpy
import numpy as np
from footage import write_exr
from platelight.addon.imports.convention import CAMERA, DISPLAY, LINEARIZED, WORLD, ZERO_ONE, Convention

WIDTH, HEIGHT = 64, 36
HALF_WIDTH = 0.45
"""Of the picture at a distance of 1 m."""


def turn(frame: int) -> np.ndarray:
    """(3, 3), columns are the camera's axes in the world: 15 degrees down, panning."""
    pan, down = math.radians(24 + 9 * frame), math.radians(15)
    about_z = np.array([[math.cos(pan), -math.sin(pan), 0], [math.sin(pan), math.cos(pan), 0], [0, 0, 1]])
    tilt = math.radians(90) - down
    about_x = np.array([[1, 0, 0], [0, math.cos(tilt), -math.sin(tilt)], [0, math.sin(tilt), math.cos(tilt)]])
    return about_z @ about_x


def truth(frame: int, *, width: int = WIDTH, height: int = HEIGHT) -> np.ndarray:
    """Camera space, float64 (H, W, 3), unit length; 0 in the sky. Three balls on the ground, 6 m away."""
    camera = turn(frame)
    x = ((np.arange(width) + 0.5) / width * 2 - 1) * HALF_WIDTH
    y = (1 - (np.arange(height) + 0.5) / height * 2) * HALF_WIDTH * height / width
    across, up = np.meshgrid(x, y)
    rays = np.stack([across, up, -np.ones_like(across)], -1) @ camera.T
    place = turn(0) @ np.array((0.0, 0.0, 6.0)) + (0.0, 0.0, 0.6)
    nearest = np.where(rays[..., 2] < -1e-6, -place[2] / np.minimum(rays[..., 2], -1e-6), np.inf)
    nearest = np.where(nearest > 60, np.inf, nearest)
    normals = np.where(np.isfinite(nearest)[..., None], (0.0, 0.0, 1.0), 0.0)
    for middle, radius in (((0.0, 0.0, 0.9), 0.9), ((1.7, 0.5, 0.6), 0.6), ((-1.6, 0.9, 0.7), 0.7)):
        half, rest = rays @ (place - middle), ((place - middle) ** 2).sum() - radius**2
        size = (rays**2).sum(-1)
        inside = half**2 - size * rest
        distance = (-half - np.sqrt(np.maximum(inside, 0))) / size
        seen = (inside > 0) & (distance > 0) & (distance < nearest)
        nearest = np.where(seen, distance, nearest)
        normals = np.where(seen[..., None], (place + rays * distance[..., None] - middle) / radius, normals)
    return normals @ camera


def numbers(frame: int, convention: Convention, **size: int) -> np.ndarray:
    """What a file of that convention holds of a frame; 0 in the sky."""
    ours = truth(frame, **size)
    there = np.linalg.norm(ours, axis=-1, keepdims=True) > 0.5
    if convention.space == WORLD:
        ours = ours @ turn(frame).T
    values = ours @ convention.axes
    if convention.encoding == ZERO_ONE:
        values = values / 2 + 0.5
    if convention.curve == DISPLAY:
        values = np.where(values <= 0.0031308, values * 12.92, 1.055 * np.maximum(values, 0) ** (1 / 2.4) - 0.055)
    if convention.curve == LINEARIZED:
        values = np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)
    return np.where(there, values, 0.0)


def add_camera(scene: bpy.types.Scene, frames: range) -> bpy.types.Object:
    """The camera of these normals, animated, of a scale that must not matter."""
    camera = bpy.data.objects.new("Camera", bpy.data.cameras.new("Camera"))
    scene.collection.objects.link(camera)
    camera.rotation_mode, camera.scale = "QUATERNION", (1.5, 1.5, 1.5)
    camera.data.sensor_width, camera.data.lens = 2 * HALF_WIDTH, 1.0
    for frame in frames:
        camera.rotation_quaternion = _quaternion(turn(frame))
        camera.keyframe_insert("rotation_quaternion", frame=frame)
    scene.camera = camera
    return camera


def write(folder: Path, frames: range, convention: Convention, *, name: str = "n.{:04d}.exr", layer: str = "", **size: int) -> Path:
    """A sequence; PNG and TIFF by the name's ending, 16 bits where the name says so. Gives the first file."""
    files = [folder / name.format(frame) for frame in frames]
    folder.mkdir(parents=True, exist_ok=True)
    for frame, file in zip(frames, files, strict=True):
        write_one(file, numbers(frame, convention, **size), layer=layer)
    return files[0]


def write_one(file: Path, values: np.ndarray, *, layer: str = "") -> Path:
    if file.suffix == ".exr":
        names = [f"{layer}.{axis}" for axis in "XYZ"] if layer else ["R", "G", "B"]
        return write_exr(file, {each: np.ascontiguousarray(values[..., i], np.float32) for i, each in enumerate(names)})
    deep = "16" in file.name
    whole = np.round(np.clip(values, 0, 1) * (65535 if deep else 255)).astype(np.uint16 if deep else np.uint8)
    (_write_png if file.suffix == ".png" else _write_tiff)(file, whole)
    return file


def _write_png(file: Path, values: np.ndarray) -> None:
    height, width, channels = values.shape

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = b"".join(b"\0" + row.astype(row.dtype.newbyteorder(">")).tobytes() for row in values)
    kind = {1: 0, 3: 2}[channels]
    header = struct.pack(">IIBBBBB", width, height, 8 * values.dtype.itemsize, kind, 0, 0, 0)
    parts = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    file.write_bytes(b"\x89PNG\r\n\x1a\n" + parts)


def _write_tiff(file: Path, values: np.ndarray) -> None:
    """Baseline TIFF, not compressed, one strip."""
    height, width, channels = values.shape
    bits, data = 8 * values.dtype.itemsize, values.tobytes()
    entries = [
        (256, 4, 1, width),
        (257, 4, 1, height),
        (258, 3, 3, 8),
        (259, 3, 1, 1),
        (262, 3, 1, 2),
        (273, 4, 1, 14),
        (277, 3, 1, channels),
        (278, 4, 1, height),
        (279, 4, 1, len(data)),
        (284, 3, 1, 1),
    ]
    start = struct.pack("<2sHI3H", b"II", 42, 14 + len(data), bits, bits, bits)
    directory = b"".join(struct.pack("<HHII", *entry) for entry in entries)
    file.write_bytes(start + data + struct.pack("<H", len(entries)) + directory + struct.pack("<I", 0))


def _quaternion(axes: np.ndarray) -> object:
    from mathutils import Matrix

    return Matrix(axes.tolist()).to_quaternion()


OURS = Convention()
CONVENTIONS = {
    "ours": OURS,
    "OpenGL normal map": Convention(encoding=ZERO_ONE),
    "DirectX normal map": Convention(encoding=ZERO_ONE, flip=(False, True, False)),
    "x to the left": Convention(flip=(True, False, False)),
    "away from the camera": Convention(flip=(False, True, True)),
    "blue first": Convention(encoding=ZERO_ONE, order="ZYX"),
    "saved as colours": Convention(encoding=ZERO_ONE, curve=DISPLAY),
    "read as colours": Convention(encoding=ZERO_ONE, curve=LINEARIZED),
    "Blender's world": Convention(space=WORLD),
    "world with y up": Convention(encoding=ZERO_ONE, order="XZY", flip=(False, True, False), space=WORLD),
}
assert {each.space for each in CONVENTIONS.values()} == {CAMERA, WORLD}
