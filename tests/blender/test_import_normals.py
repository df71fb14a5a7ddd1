"""Normals of other tools, imported, rendered through the compositor, and compared with the scene they are of."""

from __future__ import annotations

import shutil
import struct
from pathlib import Path

import bpy
import known_normals
import numpy as np
import OpenEXR
import pytest
from footage import linear, plate_bytes, render, render_elsewhere, write_exr, write_normals, write_plate
from known_normals import CONVENTIONS, HEIGHT, WIDTH, numbers, truth
from platelight.addon.blender import clips, compat
from platelight.addon.compositor import bring_in as session
from platelight.addon.compositor import imported_normals, passes
from platelight.addon.nodes.block import Block
from relit import TOLERANCE, light
from strips import editor_strips, image_strip

FRAMES = range(1, 4)
LAST = 3


@pytest.fixture
def plate(scene, registered, tmp_path):
    """A strip of three frames at the scene's start, a camera, and a function that imports; gives what is known of the normals."""
    scene.render.resolution_x, scene.render.resolution_y = WIDTH, HEIGHT
    image_strip(scene, write_plate(tmp_path / "plate", FRAMES, width=WIDTH, height=HEIGHT))
    known_normals.add_camera(scene, range(1, 10))

    def bring_in(file, **options):
        bpy.ops.platelight.import_normals(filepath=str(file), shot="plate", **options)
        return bpy.context.scene.platelight_imports.normals["plate"]

    return bring_in


def refused(bring_in, file, **options):
    """What the user is told when it can't be done; nothing may be left behind."""
    with pytest.raises(RuntimeError) as told:
        bring_in(file, **options)
    assert not [scene for scene in bpy.data.scenes if "Reading" in scene.name]
    return str(told.value)


def shown_normals(scene, folder, frames):
    """What arrives at the relight group."""
    tree = compat.compositor_tree(scene)
    relight = Block(tree, strip_name="plate").find("relight")
    tree.links.new(relight.inputs["Normal"].links[0].from_socket, compat.output_socket(tree))
    return {frame: image[..., :3] for frame, image in render(scene, frames, folder).items()}


def filled(frame):
    """The truth with holes that face the camera."""
    ours = truth(frame)
    return np.where(np.linalg.norm(ours, axis=-1, keepdims=True) > 0.5, ours, (0.0, 0.0, 1.0))


def told(entry):
    return " / ".join(finding.name for finding in entry.findings)


@pytest.mark.parametrize("name", CONVENTIONS)
def test_each_convention_arrives_as_ours(scene, plate, tmp_path, name):
    known = CONVENTIONS[name]
    entry = plate(known_normals.write(tmp_path / "n", FRAMES, known))
    assert (entry.encoding, entry.curve, entry.order, tuple(entry.flip), entry.space) == (
        known.encoding,
        known.curve,
        known.order,
        known.flip,
        known.space,
    ), told(entry)
    for frame, image in shown_normals(scene, tmp_path, [1, LAST]).items():
        np.testing.assert_allclose(image, filled(frame), atol=2e-3)


@pytest.mark.parametrize(
    ("file", "layer", "tolerance"),
    [("n.{:04d}.png", "", 0.02), ("n16.{:04d}.png", "", 1e-3), ("n16.{:04d}.tif", "", 1e-3), ("n.{:04d}.tiff", "", 0.02)],
)
def test_pictures_of_8_and_16_bits(scene, plate, tmp_path, file, layer, tolerance):
    known = CONVENTIONS["DirectX normal map"]
    entry = plate(known_normals.write(tmp_path / "n", FRAMES, known, name=file))
    assert ("8 bits" in told(entry)) == ("16" not in file), told(entry)
    np.testing.assert_allclose(shown_normals(scene, tmp_path, [2])[2], filled(2), atol=tolerance)


@pytest.mark.parametrize(
    "names",
    [
        "N.X N.Y N.Z",
        "normal.R normal.G normal.B",
        "Main.Normal.X Main.Normal.Y Main.Normal.Z",
        "camN.x camN.y camN.z",
        "normal.camera.X normal.camera.Y normal.camera.Z",
        "forward.red forward.green forward.blue",
    ],
)
def test_layers_of_an_exr_are_found_by_their_names(scene, plate, tmp_path, names):
    for frame in FRAMES:
        planes = np.moveaxis(numbers(frame, CONVENTIONS["x to the left"]).astype(np.float32), -1, 0)
        prefix = "Main." if names.startswith("Main") else ""
        beauty = {f"{prefix}Combined.{c}" if prefix else c: np.full((HEIGHT, WIDTH), 0.5, np.float32) for c in "RGB"}
        channels = {name: np.ascontiguousarray(plane) for name, plane in zip(names.split(), planes, strict=True)}
        if not prefix:
            beauty |= {f"P.{c}": np.full((HEIGHT, WIDTH), 7.0, np.float32) for c in "XYZ"}
        write_exr(tmp_path / "n" / f"n.{frame:04d}.exr", beauty | channels)
    entry = plate(tmp_path / "n" / "n.0002.exr")
    assert entry.layer == names.split()[0].rpartition(".")[0] and tuple(entry.flip) == (True, False, False), told(entry)
    np.testing.assert_allclose(shown_normals(scene, tmp_path, [2])[2], filled(2), atol=2e-3)
    assert "no layer" in refused(plate, tmp_path / "n" / "n.0002.exr", layer="specular")


@pytest.mark.parametrize("names", ["RGB", ["N.X", "N.Y", "N.Z"]], ids=["plain", "layered"])
def test_a_part_of_an_exr_is_a_layer(scene, plate, tmp_path, names):
    """As Houdini and Nuke write them; Blender calls the layers by the parts' names."""
    (tmp_path / "n").mkdir()
    for frame in FRAMES:
        parts = [("C", "RGB", np.full((HEIGHT, WIDTH, 3), 0.5)), ("N", names, numbers(frame, CONVENTIONS["x to the left"]))]
        OpenEXR.File(
            [
                OpenEXR.Part({}, {c: np.ascontiguousarray(values[..., i], np.float32) for i, c in enumerate(channels)}, name=name)
                for name, channels, values in parts
            ]
        ).write(str(tmp_path / "n" / f"n.{frame:04d}.exr"))
    entry = plate(tmp_path / "n" / "n.0002.exr")
    assert (entry.layer, tuple(entry.flip)) == ("N", (True, False, False)), told(entry)
    np.testing.assert_allclose(shown_normals(scene, tmp_path, [2])[2], filled(2), atol=2e-3)


def test_what_the_user_says_counts_and_the_relight_follows(scene, plate, tmp_path):
    entry = plate(known_normals.write(tmp_path / "n", FRAMES, CONVENTIONS["ours"]))
    picture = render(scene, [2], tmp_path)[2]
    want = linear(plate_bytes(2, width=WIDTH, height=HEIGHT)) * light(filled(2))
    assert np.abs(picture[..., :3] - want).max() < 20 * TOLERANCE  # half floats
    entry.flip[0], entry.order, entry.fill_holes = True, "XYZ", False
    wrong = truth(2) * (-1, 1, 1)
    np.testing.assert_allclose(shown_normals(scene, tmp_path, [2])[2], wrong, atol=2e-3)
    entry.curve, entry.encoding = "DISPLAY", "ZERO_ONE"
    entry.curve = "NONE"
    entry.flip[0], entry.encoding, entry.offset = False, "SIGNED", -1
    np.testing.assert_allclose(shown_normals(scene, tmp_path, [2])[2], truth(3), atol=2e-3)
    nodes = len(compat.compositor_tree(scene).nodes)
    bpy.ops.platelight.check_normals(shot="plate")
    assert entry.offset == 0 and len(compat.compositor_tree(scene).nodes) == nodes


@pytest.mark.parametrize("name", ["ours", "OpenGL normal map"])
def test_broken_pixels_are_holes(scene, plate, tmp_path, name):
    """NaN in a normal would be NaN in the picture."""
    entry = plate(known_normals.write(tmp_path / "n", FRAMES, CONVENTIONS[name]))
    values = numbers(2, CONVENTIONS[name])
    values[-3, 5], values[-3, 6], values[-3, 7], values[-3, 8] = np.nan, np.inf, -np.inf, (np.nan, 0.5, 0.9)
    known_normals.write_one(tmp_path / "n" / "n.0002.exr", values)
    bpy.ops.platelight.check_normals(shot="plate")
    want = filled(2)
    want[-3, 5:9] = 0.0, 0.0, 1.0
    assert "NaN or infinite" in told(entry)
    np.testing.assert_allclose(shown_normals(scene, tmp_path, [2])[2], want, atol=2e-3)


def test_world_space_follows_the_camera_on_a_farm(scene, plate, tmp_path):
    plate(known_normals.write(tmp_path / "n", FRAMES, CONVENTIONS["world with y up"]))
    tree = compat.compositor_tree(scene)
    assert all(curve.driver.is_simple_expression for curve in tree.animation_data.drivers)
    shown_normals(scene, tmp_path, [1])
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "shot.blend"))
    [target] = clips.targets_by_pattern("plate")
    assert session.bring_in(scene, target, file=Path("//n/n.0002.exr"))[0].file == "//n/n.0001.exr"
    np.testing.assert_allclose(
        render_elsewhere(tmp_path / "shot.blend", LAST, tmp_path / "o.exr")[..., :3], filled(LAST), atol=2e-3
    )


@pytest.mark.parametrize(("first", "offset"), [(1001, -1000), (2, -1), (1, 0)])
def test_files_lie_on_the_strip_whatever_their_numbers(scene, plate, tmp_path, first, offset):
    known_normals.write(tmp_path / "n", FRAMES, CONVENTIONS["ours"])
    folder = tmp_path / "m"
    folder.mkdir()
    for index, frame in enumerate(FRAMES):
        shutil.copy(tmp_path / "n" / f"n.{frame:04d}.exr", folder / f"n.{first + index}.exr")
    entry = plate(folder / f"n.{first + 1}.exr")
    assert entry.offset == offset, told(entry)
    np.testing.assert_allclose(shown_normals(scene, tmp_path, [LAST])[LAST], filled(LAST), atol=2e-3)


def test_estimated_normals_take_the_place_of_imported_ones(scene, plate, tmp_path):
    plate(known_normals.write(tmp_path / "n", FRAMES, CONVENTIONS["blue first"]))
    write_normals(tmp_path / "passes", FRAMES, width=WIDTH, height=HEIGHT)
    [target] = clips.targets_by_pattern("plate")
    notices = passes.attach(scene, target=target, out=str(tmp_path / "passes"), passes=("normal",), first=1, last=LAST)
    assert any("take the place" in notice for notice in notices) and imported_normals.imported(scene) == []
    assert Block(compat.compositor_tree(scene), strip_name="plate").find("relight").inputs["Normal"].is_linked
    plate(tmp_path / "n" / "n.0001.exr")
    np.testing.assert_allclose(shown_normals(scene, tmp_path, [2])[2], filled(2), atol=2e-3)
    bpy.ops.platelight.forget_normals(shot="plate")
    assert imported_normals.imported(scene) == [] and not len(scene.platelight_imports.normals)


def test_missing_frames_and_other_sizes_are_told(scene, plate, tmp_path):
    known_normals.write(tmp_path / "n", range(1, 8), CONVENTIONS["ours"], width=32, height=24)
    (tmp_path / "n" / "n.0004.exr").unlink()
    (tmp_path / "n" / "n.0006.exr").unlink()
    known_normals.write(tmp_path / "n", range(7, 8), CONVENTIONS["ours"], width=64, height=48)
    words = told(plate(tmp_path / "n" / "n.0003.exr"))
    for part in ("Files 4 and 6 are missing", "not all of one size", "64 x 48 in files 7", "of another shape"):
        assert part in words, words


@pytest.mark.parametrize("file", ["n.{:04d}.exr", "n16.{:04d}.png"])
def test_files_that_end_early_are_told_though_nobody_looked_at_them(scene, plate, tmp_path, file):
    known_normals.write(tmp_path / "n", range(1, 8), CONVENTIONS["OpenGL normal map"], name=file)
    first = tmp_path / "n" / file.format(1)
    assert "early" not in told(plate(first))
    for frame in (2, 6):
        cut = tmp_path / "n" / file.format(frame)
        cut.write_bytes(cut.read_bytes()[:-30])
    assert "Files 2 and 6 end early" in told(plate(first))


def test_jpegs_lose_some_and_one_file_is_no_sequence(scene, plate, tmp_path):
    picture = bpy.data.images.new("n", WIDTH, HEIGHT)
    pixels = np.ones((HEIGHT, WIDTH, 4), np.float32)
    pixels[..., :3] = numbers(1, CONVENTIONS["DirectX normal map"])[::-1]
    picture.pixels.foreach_set(pixels.ravel())
    picture.file_format = "JPEG"
    picture.save(filepath=str(tmp_path / "n.0001.jpg"))
    entry = plate(tmp_path / "n.0001.jpg")
    for words in ("8 bits a channel", "blur directions along edges", "only file 1"):
        assert words in told(entry)
    assert "finer" not in told(entry) and tuple(entry.flip) == (False, True, False)


def test_an_exr_that_holds_a_part_of_its_picture_is_told_and_measured_as_blender_does(scene, plate, tmp_path):
    known_normals.write(tmp_path / "n", FRAMES, CONVENTIONS["ours"])
    for file in (tmp_path / "n").glob("*.exr"):
        before, window, after = file.read_bytes().partition(b"displayWindow\0box2i\0\x10\0\0\0")
        file.write_bytes(before + window + struct.pack("<iiii", 0, 0, 2 * WIDTH - 1, 2 * HEIGHT - 1) + after[16:])
    words = told(plate(tmp_path / "n" / "n.0002.exr"))
    assert f"holds {WIDTH} x {HEIGHT} pixels of a picture of {2 * WIDTH} x {2 * HEIGHT}" in words, words
    assert "of another shape" not in words and "are scaled" not in words
    if bpy.app.version < (5, 0):  # 5.2 leaves the part in its place and repeats its edges
        np.testing.assert_allclose(shown_normals(scene, tmp_path, [2])[2], filled(2), atol=2e-3)


def test_a_plate_whose_name_reads_like_a_pattern_can_be_checked_again(scene, plate, tmp_path):
    known_normals.write(tmp_path / "n", FRAMES, CONVENTIONS["ours"])
    name = editor_strips(scene)["plate"].name = "plate[1001-1100]"
    bpy.ops.platelight.import_normals(filepath=str(tmp_path / "n" / "n.0002.exr"), shot=name)
    assert bpy.ops.platelight.check_normals(shot=name) == {"FINISHED"}


def test_what_was_moved_and_not_keyed_stays(scene, plate, tmp_path):
    """The doctor looks through the camera at other frames; the scene is left as it is."""
    camera, scenes = scene.camera, len(bpy.data.scenes)
    scene.frame_set(2)
    camera.rotation_quaternion = 1.0, 0.0, 0.0, 0.0
    plate(known_normals.write(tmp_path / "n", FRAMES, CONVENTIONS["Blender's world"]))
    assert tuple(camera.rotation_quaternion) == (1.0, 0.0, 0.0, 0.0) and scene.frame_current == 2
    assert len(bpy.data.scenes) == scenes


def test_what_is_no_normals_is_refused_in_words(scene, plate, tmp_path):
    def exr(name, values):
        return known_normals.write_one(tmp_path / f"{name}.exr", values)

    empty = tmp_path / "empty.exr"
    empty.write_bytes(b"")
    cut = exr("cut", np.random.default_rng(0).random((8, 8, 3)))
    cut.write_bytes(cut.read_bytes()[:60])
    text = tmp_path / "notes.txt"
    text.write_text("normals")
    grey = tmp_path / "grey.png"
    known_normals._write_png(grey, np.random.default_rng(0).integers(0, 255, (8, 8, 1)).astype(np.uint8))
    picture = known_normals.write(tmp_path / "n", FRAMES, CONVENTIONS["OpenGL normal map"], name="n.{}.png")
    assert "no layer N, it has one picture only" in refused(plate, picture, layer="N")
    for file, words in (
        (empty, "is empty"),
        (cut, "cannot be read"),
        (text, "not an image"),
        (grey, "no directions"),
        (tmp_path / "gone.exr", "is not there"),
        (exr("flat", np.full((8, 8, 3), (0.1, 0.5, 0.9))), "same value"),
        (exr("nan", np.full((8, 8, 3), np.nan)), "NaN"),
        (exr("even", np.repeat(np.random.default_rng(0).random((8, 8, 1)), 3, -1)), "grey"),
    ):
        assert words in refused(plate, file)
    assert compat.compositor_tree(scene) is None and not len(scene.platelight_imports.normals), "nothing was touched"
