"""What headers of files say, of every kind that an EXR may be: read by Blender's OpenImageIO, written by OpenEXR."""

from __future__ import annotations

import numpy as np
import OpenEXR
import pytest
from platelight.addon.blender import image_layers
from platelight.addon.imports import files, image_header

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
        assert image_layers.layers(image_header.read(tmp_path / "n.exr").channels) == wanted


def test_what_a_pass_says_of_itself_is_read(tmp_path):
    header = {"platelight/unit": "relative", "platelight/frame": 7}
    OpenEXR.File(header, planes("Depth.Z")).write(str(tmp_path / "d.exr"))
    found = image_header.read(tmp_path / "d.exr")
    assert (found.texts["platelight/unit"], found.channels, found.bits) == ("relative", ("Depth.Z",), 32)
    assert (found.width, found.height, found.shown) == (8, HEIGHT, (8, HEIGHT))


@pytest.mark.parametrize(
    ("suffix", "color_mode", "depth", "bits", "colors"),
    [
        (".png", "RGB", "8", 8, 3),
        (".png", "RGBA", "16", 16, 3),
        (".png", "BW", "8", 8, 1),
        (".tif", "RGB", "16", 8, 3),
        (".jpg", "RGB", "8", 8, 3),
        (".tga", "RGB", "8", 8, 3),
    ],
)
def test_other_pictures_tell_their_size_and_bits(tmp_path, suffix, color_mode, depth, bits, colors):
    import bpy

    formats = {".png": "PNG", ".tif": "TIFF", ".jpg": "JPEG", ".tga": "TARGA"}
    scene = bpy.data.scenes.new("writing")
    settings = scene.render.image_settings
    settings.file_format, settings.color_mode = formats[suffix], color_mode
    if suffix in (".png", ".tif"):
        settings.color_depth = depth
    picture = bpy.data.images.new("picture", 12, 7)
    picture.save_render(str(tmp_path / f"n{suffix}"), scene=scene)
    found = files.header(tmp_path / f"n{suffix}")
    assert (found.width, found.height, found.bits, found.colors, found.whole) == (12, 7, bits, colors, True)
    bpy.data.images.remove(picture)
    bpy.data.scenes.remove(scene)


def test_a_picture_with_too_many_channels_is_refused_at_once(tmp_path):
    pixels = {f"c{number}": np.zeros((2, 2), np.float16) for number in range(3000)}
    OpenEXR.File({}, pixels).write(str(tmp_path / "n.exr"))
    with pytest.raises(image_header.HeaderError, match="channels"):
        image_header.read(tmp_path / "n.exr")


@pytest.mark.parametrize("name", ["empty.exr", "gone.exr", "no_suffix", "text.exr", "text.png", "text.tif", "what.xyz"])
def test_what_is_no_picture_is_told(tmp_path, name):
    file = tmp_path / name
    if not name.startswith("gone"):
        file.write_bytes(b"" if name.startswith("empty") else b"This is no picture, but a few words.")
    with pytest.raises(image_header.HeaderError):
        image_header.read(file)


def test_damaged_headers_raise_nothing_but_our_own_error(tmp_path):
    """The seeded beginning of what `tests/measure/fuzz.py headers` does at large."""
    from tests.measure.fuzz import headers

    told = headers.read_many(seed=1, count=150, folder=tmp_path)
    assert sum(told.values()) == 150 and set(told) == {"header", "HeaderError"}, told
