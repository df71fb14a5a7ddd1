"""Headers of damaged pictures, read as the add-on reads them. Needs Blender's Python."""

from __future__ import annotations

import collections
import sys
import tempfile
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import OpenEXR

from . import mutate


def seeds(folder: Path) -> list[tuple[str, bytes]]:
    """Suffix and content of whole pictures."""
    rng = np.random.default_rng(0)

    def planes(*names: str) -> dict[str, np.ndarray]:
        return {name: rng.random((40, 16)).astype(np.float32) for name in names}

    tiles = OpenEXR.TileDescription()
    tiles.xSize = tiles.ySize = 32
    pictures = [
        OpenEXR.File({"compression": kind, "platelight/unit": "relative"}, planes("R", "G", "B", "N.X", "N.Y", "N.Z"))
        for kind in (OpenEXR.NO_COMPRESSION, OpenEXR.ZIP_COMPRESSION, OpenEXR.PIZ_COMPRESSION, OpenEXR.DWAB_COMPRESSION)
    ]
    pictures.append(OpenEXR.File({"type": OpenEXR.tiledimage, "tiles": tiles}, planes("R", "G", "B")))
    pictures.append(OpenEXR.File([OpenEXR.Part({}, planes(*"RGB"), name="C"), OpenEXR.Part({}, planes(*"XYZ"), name="aov.N")]))
    found = []
    for picture in pictures:
        picture.write(str(folder / "seed.exr"))
        found.append((".exr", (folder / "seed.exr").read_bytes()))
    return [*found, (".png", _png()), (".tif", _tiff("little")), (".tif", _tiff("big"))]


def _png() -> bytes:
    def chunk(kind: bytes, content: bytes) -> bytes:
        return len(content).to_bytes(4, "big") + kind + content + zlib.crc32(kind + content).to_bytes(4, "big")

    size = (16).to_bytes(4, "big") + (8).to_bytes(4, "big")
    rows = zlib.compress(bytes(8 * (1 + 16 * 3)))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", size + b"\x08\x02\0\0\0") + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def _tiff(order: str) -> bytes:
    def number(value: int, size: int) -> bytes:
        return value.to_bytes(size, order)

    tags = ((256, 16), (257, 8), (258, 8), (259, 1), (262, 2), (273, 200), (277, 3), (278, 8), (279, 16 * 8 * 3))
    entries = b"".join(number(tag, 2) + number(4, 2) + number(1, 4) + number(value, 4) for tag, value in tags)
    start = (b"II*\0" if order == "little" else b"MM\0*") + number(8, 4) + number(len(tags), 2) + entries + number(0, 4)
    return start.ljust(200, b"\0") + bytes(16 * 8 * 3)


def read_many(*, seed: int, count: int, folder: Path) -> collections.Counter[str]:
    """How often there was a header and how often our own error; anything else is raised."""
    case = _case(folder, seed=seed)
    return collections.Counter(case(number) for number in range(count))


def _case(folder: Path, *, seed: int) -> Callable[[int], str]:
    from platelight.addon.imports import image_header

    whole = seeds(folder)

    def case(number: int) -> str:
        rng = mutate.generator(seed, number)
        suffix, content = rng.choice(whole)
        file = folder / f"case{suffix}"
        file.write_bytes(mutate.damaged(content, rng, head=700))
        try:
            found = image_header.read(file)
        except image_header.HeaderError:
            return "HeaderError"
        assert found.width > 0 and found.height > 0 and len(found.channels) < 10_000
        return "header"

    return case


def prepare(folder: Path, *, seed: int) -> Callable[[int], str]:
    """Put the extension where Blender as a module finds it."""
    import bpy  # noqa: F401 - OpenImageIO is Blender's

    import build

    staged = Path(tempfile.mkdtemp(dir=folder))
    build.stage(staged)
    sys.path.insert(0, str(staged))
    return _case(folder, seed=seed)
