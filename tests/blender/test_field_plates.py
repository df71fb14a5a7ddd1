"""EXR plates with layers, parts and data windows: the compositor shows their picture where it belongs."""

from __future__ import annotations

from pathlib import Path

import bpy
import numpy as np
import OpenEXR
import pytest
from footage import render
from platelight.addon import tags
from platelight.addon.blender import clips, compat
from platelight.addon.compositor import passes
from platelight.addon.contract import ErrorCode, PlatelightError
from platelight.addon.errors import UserError
from platelight.addon.nodes.block import Block
from platelight.addon.relight import card
from strips import image_strip

FIELD = Path(__file__).parents[1] / "samples" / "field"
WIDTH, HEIGHT = 128, 72


def place(scene, files, out, *, data=None):
    """Attach a flat normal pass, with the same window as the plate's, to a strip of `files` and turn the relight off."""
    scene.render.resolution_x, scene.render.resolution_y = WIDTH, HEIGHT
    image_strip(scene, files)
    [target] = clips.targets_by_pattern("plate")
    folder = out / "normal"
    folder.mkdir(parents=True)
    left, top, right, bottom = data or (0, 0, WIDTH - 1, HEIGHT - 1)
    size = (bottom - top + 1, right - left + 1)
    header = {
        "compression": OpenEXR.ZIP_COMPRESSION,
        "type": OpenEXR.scanlineimage,
        "dataWindow": (np.array([left, top], np.int32), np.array([right, bottom], np.int32)),
        "displayWindow": (np.array([0, 0], np.int32), np.array([WIDTH - 1, HEIGHT - 1], np.int32)),
    }
    for frame in range(target.first, target.last + 1):
        channels = {f"Normal.{axis}": np.full(size, axis == "Z", np.float16) for axis in "XYZ"}
        OpenEXR.File(header, channels).write(str(folder / f"{target.source.clip}.{frame:04d}.exr"))
    notices = passes.attach(scene, target=target, out=str(out), passes=("normal",), first=target.first, last=target.last)
    block = Block(compat.compositor_tree(scene), strip_name="plate")
    block.find("relight").inputs["Amount"].default_value = 0.0
    return block, notices


def picture(file: Path) -> np.ndarray:
    """The display window of a plain EXR, (H, W, 3); black where it holds nothing."""
    with OpenEXR.File(str(file), separate_channels=True) as exr:
        part = exr.parts[0]
        pixels = np.stack([np.asarray(part.channels[name].pixels, np.float32) for name in "RGB"], axis=-1)
        (left, top), _ = part.header["dataWindow"]
    whole = np.zeros((HEIGHT + 200, WIDTH + 200, 3), np.float32)
    whole[100 + top : 100 + top + pixels.shape[0], 100 + left : 100 + left + pixels.shape[1]] = pixels
    return whole[100 : 100 + HEIGHT, 100 : 100 + WIDTH]


@pytest.mark.parametrize(
    "name",
    [
        "layered-exr-plate/beauty",
        "layered-exr-plate/crypto",
        "layered-exr-plate/parts_z",
        "exr-parts-first-is-not-the-picture/parts",
        "exr-channel-names/rgba_red",
    ],
)
def test_the_picture_of_a_file_of_layers_or_parts_is_the_plate(scene, tmp_path, name):
    file = FIELD / f"{name}.0001.exr"
    place(scene, [file], tmp_path / "passes")
    [image] = render(scene, [1], tmp_path).values()
    with OpenEXR.File(str(file), separate_channels=True) as exr:
        part = next(p for p in exr.parts if p.header.get("name") in (None, "rgba", "beauty") and len(p.channels) > 2)
        found = {channel.rpartition(".")[2][0].upper(): channel for channel in part.channels if "Crypto" not in channel}
        want = np.stack([np.asarray(part.channels[found[name]].pixels, np.float32) for name in "RGB"], axis=-1)
    assert np.abs(image[..., :3] - want).max() < 5e-3


@pytest.mark.parametrize("percentage", [100, 50])
def test_overscan_lies_outside_of_the_frame(scene, tmp_path, percentage):
    files = sorted((FIELD / "exr-data-window").glob("o.*.exr"))
    block, _ = place(scene, files, tmp_path / "passes", data=(-16, -9, 143, 80))
    assert list(block.find("plate")[tags.WINDOW]) == [-16, -9, 160, 90, WIDTH, HEIGHT]
    scene.render.resolution_percentage = percentage
    [image] = render(scene, [1], tmp_path).values()
    want = picture(files[0])
    if percentage == 50:
        want = want.reshape(HEIGHT // 2, 2, WIDTH // 2, 2, 3).mean(axis=(1, 3))
    difference = np.abs(image[..., :3] - want)
    assert difference.mean() < (0.01 if percentage == 50 else 2e-3)


def test_a_crop_lies_in_its_place_and_leaves_the_rest_empty(scene, tmp_path):
    [file] = (FIELD / "exr-data-window").glob("a.1001.exr")
    place(scene, [file], tmp_path / "passes", data=(10, 6, 94, 57))
    [image] = render(scene, [1], tmp_path).values()
    assert np.abs(image[..., :3] - picture(file)).mean() < 2e-3
    assert image[3, 3, :3].max() == 0 and image[30, 40, :3].max() > 0


def test_a_window_that_changes_from_frame_to_frame_is_told(scene, tmp_path):
    files = sorted((FIELD / "exr-data-window").glob("a.*.exr"))
    _, notices = place(scene, files, tmp_path / "passes", data=(10, 6, 94, 57))
    assert any("data window" in notice and "whole picture" in notice for notice in notices)


@pytest.mark.parametrize("first", ["left", "right"])
def test_of_a_stereo_file_the_view_that_comes_first_is_the_plate(scene, tmp_path, first):
    """As in the Sequencer, and as the engine reads it. Left is darker."""
    second = {"left": "right", "right": "left"}[first]
    grey = {"left": np.full((HEIGHT, WIDTH), 0.2, np.float32), "right": np.full((HEIGHT, WIDTH), 0.7, np.float32)}
    channels = {name: grey[first] for name in "RGB"} | {f"{second}.{name}": grey[second] for name in "RGB"}
    header = {"compression": OpenEXR.ZIP_COMPRESSION, "type": OpenEXR.scanlineimage, "multiView": [first, second]}
    OpenEXR.File(header, channels).write(str(tmp_path / "stereo.0001.exr"))
    place(scene, [tmp_path / "stereo.0001.exr"], tmp_path / "passes")
    [image] = render(scene, [1], tmp_path).values()
    assert np.abs(image[..., :3] - grey[first][0, 0]).max() < 1e-3


def test_a_picture_that_blender_does_not_show_beside_its_layers_is_refused_by_name(scene, tmp_path):
    grey = np.full((HEIGHT, WIDTH), 0.2, np.float32)
    channels = {name: grey for name in "RGB"} | {f"A.DiffCol.{name}": grey + 0.5 for name in "RGB"}
    header = {"compression": OpenEXR.ZIP_COMPRESSION, "type": OpenEXR.scanlineimage}
    OpenEXR.File(header, channels).write(str(tmp_path / "layers.0001.exr"))
    with pytest.raises(PlatelightError) as raised:
        place(scene, [tmp_path / "layers.0001.exr"], tmp_path / "passes")
    assert raised.value.code is ErrorCode.NOT_PLACED and "A.DiffCol" in str(raised.value)


def test_a_card_of_a_cropped_plate_is_refused_in_words(scene, tmp_path):
    [file] = (FIELD / "exr-data-window").glob("a.1001.exr")
    place(scene, [file], tmp_path / "passes", data=(10, 6, 94, 57))
    scene.camera = bpy.data.objects.new("Camera", bpy.data.cameras.new("Camera"))
    scene.collection.objects.link(scene.camera)
    with pytest.raises(UserError, match="whole picture in each file"):
        card.add(scene, "plate")
    assert not [each for each in scene.objects if each.type == "MESH"]
