"""What the first bytes of files say, of every kind that an EXR may be: read by our own reader, written by OpenEXR."""

from __future__ import annotations

import numpy as np
import OpenEXR
import pytest
from platelight.addon.blender import image_layers
from platelight.addon.imports import exr_file, files

HEIGHT = 300
NAMES = ("NO", "RLE", "ZIPS", "ZIP", "PIZ", "PXR24", "B44", "B44A", "DWAA", "DWAB")
KINDS = {name: getattr(OpenEXR, f"{name}_COMPRESSION") for name in NAMES}


def planes(*names):
    rng = np.random.default_rng(0)
    return {name: rng.random((HEIGHT, 8)).astype(np.float32) for name in names}


@pytest.mark.parametrize("name", NAMES)
def test_an_exr_of_any_compression_is_whole_until_its_end_is_cut_off(tmp_path, name):
    file = tmp_path / "n.exr"
    OpenEXR.File({"compression": KINDS[name], "type": OpenEXR.scanlineimage}, planes("R", "G", "B")).write(str(file))
    assert files.header(file).whole
    data = file.read_bytes()
    for left in (data[:-1], data[: len(data) // 2], data[:600]):
        file.write_bytes(left)
        assert not files.header(file).whole
    table = data.index(b"\0\0", data.index(b"screenWindowWidth")) + 2
    file.write_bytes(data[:table] + bytes(len(data) - table))  # an interrupted render: the table is filled in at the end
    assert not files.header(file).whole


def test_tiles_and_parts_are_taken_for_whole(tmp_path):
    tiles = OpenEXR.TileDescription()
    tiles.xSize = tiles.ySize = 32
    OpenEXR.File({"type": OpenEXR.tiledimage, "tiles": tiles}, planes("R", "G", "B")).write(str(tmp_path / "tiled.exr"))
    parts = [OpenEXR.Part({}, planes("R", "G", "B"), name="C"), OpenEXR.Part({}, planes("X", "Y", "Z"), name="aov.N")]
    OpenEXR.File(parts).write(str(tmp_path / "parts.exr"))
    assert files.header(tmp_path / "tiled.exr").whole and files.header(tmp_path / "parts.exr").whole
    assert image_layers.layers(files.header(tmp_path / "parts.exr").channels) == ("aov.N", "C")


def test_the_name_of_a_single_part_counts_only_beside_layers(tmp_path):
    """As in Blender: colours alone stay a plain picture."""
    for channels, wanted in ((("R", "G", "B"), ("",)), (("R", "G", "B", "N.X", "N.Y", "N.Z"), ("main.N", "main"))):
        OpenEXR.File([OpenEXR.Part({}, planes(*channels), name="main")]).write(str(tmp_path / "n.exr"))
        assert image_layers.layers([name for name, _ in exr_file.read_header(tmp_path / "n.exr").channels]) == wanted
