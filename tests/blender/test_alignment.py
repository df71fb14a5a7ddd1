"""Plate and passes lie where the strip lies: rendered frame by frame and compared with what the strip shows there."""

from __future__ import annotations

import shutil

import bpy
import numpy as np
import pytest
from footage import linear, plate_bytes, read_exr, render, render_elsewhere, write_movie, write_normals, write_plate
from platelight.addon.blender import clips, compat, folders
from platelight.addon.compositor import passes
from platelight.addon.nodes.block import Block, attached_strips
from relit import TOLERANCE, light, stored
from strips import editor_strips, frame_rate, hold, image_strip, skip, trim


def attach(scene, target, out, *, first=None, last=None):
    return passes.attach(
        scene, target=target, out=str(out), passes=("normal",), first=first or target.first, last=last or target.last
    )


def assert_shows(image, *, plate, normal=None):
    """`image` is the plate of that source frame under the light on the normals of that source frame (the same by default)."""
    want = linear(plate_bytes(plate)) * light(stored(plate if normal is None else normal))
    assert np.abs(image[..., :3] - want).max() < TOLERANCE


def test_a_trimmed_strip_of_files_from_1001_at_frame_101(scene, tmp_path):
    image_strip(scene, write_plate(tmp_path, range(1001, 1009)), start=101)
    trim(editor_strips(scene)["plate"], front=2, back=1)
    write_normals(tmp_path / "passes", range(1003, 1008))
    [target] = clips.targets_by_pattern("pla*")
    assert (target.first, target.last, target.timeline_start, target.shown) == (1003, 1007, 103, (103, 107))
    attach(scene, target, tmp_path / "passes")
    for frame, image in render(scene, [103, 105, 107], tmp_path).items():
        assert_shows(image, plate=frame + 900)
    ends = render(scene, [90, 102, 108, 300], tmp_path)
    for frame, plate in ((90, 1003), (102, 1003), (108, 1007), (300, 1007)):
        assert_shows(ends[frame], plate=plate)  # the ends are held, and no file outside the range is asked for


def test_skipped_pictures_at_the_front(scene, tmp_path):
    strip = image_strip(scene, write_plate(tmp_path, range(1, 9)), start=10)
    skip(strip, 3)
    write_normals(tmp_path / "passes", range(1, 9))
    [target] = clips.targets_by_pattern("plate")
    attach(scene, target, tmp_path / "passes")
    frame = target.timeline_start
    assert target.first == 4
    assert_shows(render(scene, [frame + 1], tmp_path)[frame + 1], plate=5)


def test_an_animation_render_is_the_same_as_single_frames(scene, tmp_path):
    image_strip(scene, write_plate(tmp_path, range(1, 5)), start=21)
    write_normals(tmp_path / "passes", range(1, 5))
    [target] = clips.targets_by_pattern("plate")
    attach(scene, target, tmp_path / "passes")
    single = render(scene, [21, 22, 23, 24], tmp_path)
    scene.frame_start, scene.frame_end, scene.render.filepath = 21, 24, str(tmp_path / "animation.")
    bpy.ops.render.render(animation=True, scene=scene.name)
    for frame, image in single.items():
        assert np.array_equal(image, read_exr(tmp_path / f"animation.{frame:04d}.exr"))
        assert_shows(image, plate=frame - 20)


def test_a_movie_strip(scene, tmp_path):
    movie = write_movie(tmp_path / "take.mkv", 6)
    strip = editor_strips(scene).new_movie("take", str(movie), 1, 50)
    trim(strip, front=1)
    write_normals(tmp_path / "passes", range(1, 7), clip="take")
    [target] = clips.targets_by_pattern("take")
    assert (target.first, target.last, target.timeline_start, target.is_sequence) == (2, 6, 51, False)
    attach(scene, target, tmp_path / "passes")
    for frame, image in render(scene, [51, 53, 55, 60], tmp_path).items():
        assert_shows(image, plate=min(frame - 49, 6))


def test_a_movie_clip_strip_shows_what_the_sequencer_shows(scene, tmp_path):
    """The clip starts elsewhere on the timeline and is offset; what counts is what the strip shows."""
    files = write_plate(tmp_path, range(11, 19))
    clip = bpy.data.movieclips.load(str(files[0]))
    clip.name = "shot"
    clip.frame_start, clip.frame_offset = 5, 2
    strip = editor_strips(scene).new_clip("shot", clip, 1, 40)
    trim(strip, front=1, back=3)
    write_normals(tmp_path / "passes", range(1, 20))
    [target] = clips.targets_by_pattern("shot")
    scene.view_settings.view_transform = "Standard"
    sequencer = render(scene, [41, 43], tmp_path)  # what Blender itself shows of the strip
    attach(scene, target, tmp_path / "passes")
    Block(compat.compositor_tree(scene), strip_name="shot").find("relight").inputs["Amount"].default_value = 0
    ours = render(scene, [41, 43], tmp_path)
    for frame in (41, 43):
        assert np.abs(sequencer[frame][..., :3] - ours[frame][..., :3]).max() < 2e-3  # the Sequencer works in bytes
    assert target.first == 14 and target.timeline_start == 41


def test_a_movie_of_another_frame_rate_that_blender_shows_picture_by_picture(scene, tmp_path):
    strip = editor_strips(scene).new_movie("plate", str(write_movie(tmp_path / "plate.mkv", 8)), 1, 11)
    frame_rate(scene, 60.0)
    skip(strip, 2)
    write_normals(tmp_path / "passes", range(1, 9))
    [target] = clips.targets_by_pattern("plate")
    frames = [target.timeline_start, target.timeline_start + 3]
    scene.view_settings.view_transform = "Standard"
    sequencer = render(scene, frames, tmp_path)
    attach(scene, target, tmp_path / "passes")
    Block(compat.compositor_tree(scene), strip_name="plate").find("relight").inputs["Amount"].default_value = 0
    ours = render(scene, frames, tmp_path)
    for frame in frames:
        assert np.abs(sequencer[frame][..., :3] - ours[frame][..., :3]).max() < 2e-3
    assert (target.first, target.last) == (3, 8)


def test_a_clip_of_the_clip_editor(scene, tmp_path):
    files = write_plate(tmp_path, range(101, 109))
    clip = bpy.data.movieclips.load(str(files[2]))
    clip.frame_start, clip.frame_offset = 31, 1
    write_normals(tmp_path / "passes", range(101, 109))
    target = clips.clip_target(clip, scene=scene)
    assert (target.first, target.last, target.timeline_start) == (104, 108, 31)
    attach(scene, target, tmp_path / "passes")
    assert_shows(render(scene, [33], tmp_path)[33], plate=106)


@pytest.mark.parametrize("name", ["plate.0007.png", "plate.png"])
def test_a_still_is_held_for_the_length_of_its_strip(scene, tmp_path, name):
    [file] = write_plate(tmp_path, range(7, 8), name=name.replace("0007", "{:04d}"))
    strip = image_strip(scene, [file], start=11)
    hold(strip, 50)
    number = 7 if "7" in name else 1
    [target] = clips.targets_by_pattern("plate")
    assert (target.first, target.last, target.shown) == (number, number, (11, 60))
    write_normals(tmp_path / "passes", range(number, number + 1))
    attach(scene, target, tmp_path / "passes")
    for image in render(scene, [11, 40, 60], tmp_path).values():
        assert_shows(image, plate=7, normal=number)


def test_passes_with_handles_and_of_a_part(scene, tmp_path):
    """More frames than the strip shows, then fewer: always by number, never by position."""
    image_strip(scene, write_plate(tmp_path, range(1, 13)), start=1)
    trim(editor_strips(scene)["plate"], front=4, back=2)
    write_normals(tmp_path / "passes", range(1, 13))
    [target] = clips.targets_by_pattern("plate")
    attach(scene, target, tmp_path / "passes", first=6, last=8)
    part = render(scene, [5, 7, 10], tmp_path)
    assert_shows(part[5], plate=5, normal=6)
    assert_shows(part[7], plate=7)
    assert_shows(part[10], plate=10, normal=8)
    attach(scene, target, tmp_path / "passes", first=3, last=12)
    for frame, image in render(scene, [5, 7, 10], tmp_path).items():
        assert_shows(image, plate=frame)


def test_a_log_plate_is_read_in_the_strips_colour_space(scene, tmp_path):
    strip = image_strip(scene, write_plate(tmp_path, range(1, 2)))
    strip.colorspace_settings.name = "Filmic Log"
    write_normals(tmp_path / "passes", range(1, 2))
    [target] = clips.targets_by_pattern("plate")
    assert target.source.color_space == "Filmic Log" and target.source.ocio_config.endswith("config.ocio")
    attach(scene, target, tmp_path / "passes")
    relit = render(scene, [1], tmp_path)[1]
    image = bpy.data.images.load(str(tmp_path / "plate.0001.png"))
    image.colorspace_settings.name = "Filmic Log"
    tree = compat.compositor_tree(scene)
    node = tree.nodes.new("CompositorNodeImage")
    node.image = image
    tree.links.new(node.outputs["Image"], compat.output_socket(tree))
    plain = render(scene, [1], tmp_path)[1]
    np.testing.assert_allclose(relit[..., :3], plain[..., :3] * light(stored(1)), rtol=1e-5, atol=1e-5)
    assert np.abs(plain[..., :3] - linear(plate_bytes(1))).max() > 0.1, "the colour space matters"


def test_several_strips_take_turns(scene, tmp_path):
    """Each strip has its own nodes; the output shows each while its strip is seen."""
    out = tmp_path / "passes"
    for name, numbers, start in (("first", range(1, 5), 1), ("second", range(11, 15), 5), ("third", range(21, 25), 9)):
        image_strip(scene, write_plate(tmp_path, numbers, name=name + ".{:04d}.png"), name=name, start=start)
        write_normals(out, numbers, clip=name)
    targets = clips.targets_by_pattern("*")
    assert [t.strip_name for t in targets] == ["first", "second", "third"]
    for target in targets:
        attach(scene, target, out)
    tree = compat.compositor_tree(scene)
    assert {n.label for n in tree.nodes if n.bl_idname == "NodeFrame"} == {f"Platelight: {n}" for n in ("first", "second", "third")}
    assert len([g for g in bpy.data.node_groups if g.name.startswith("Platelight Relight")]) == 1
    for driver in tree.animation_data.drivers:
        assert driver.driver.is_simple_expression, "works where scripts may not run"
    pixels = render(scene, [1, 4, 5, 8, 9, 12], tmp_path)
    for frame, plate in ((1, 1), (4, 4), (5, 11), (8, 14), (9, 21), (12, 24)):
        assert_shows(pixels[frame], plate=plate)


def test_the_project_can_be_saved_moved_and_opened_again(scene, tmp_path):
    """Attached before the first save: paths become relative then, and the folder renders the same somewhere else."""
    here, there = tmp_path / "here", tmp_path / "there"
    image_strip(scene, write_plate(here / "plates", range(1, 4)))
    write_normals(here / "platelight/plate", range(1, 4))
    [target] = clips.targets_by_pattern("plate")
    attach(scene, target, here / "platelight/plate")
    before = render(scene, [2], tmp_path)[2]
    bpy.ops.wm.save_as_mainfile(filepath=str(here / "shot.blend"), relative_remap=True)
    shutil.move(here, there)
    bpy.ops.wm.open_mainfile(filepath=str(there / "shot.blend"))
    assert all(image.filepath.startswith("//") for image in bpy.data.images if image.source == "SEQUENCE")
    scene = bpy.context.scene
    assert np.array_equal(render(scene, [2], tmp_path)[2], before)
    [target] = clips.targets_by_pattern("plate")
    assert target.strip_name in attached_strips(compat.compositor_tree(scene))
    assert folders.default_folder(target) == str(there / "platelight/plate")
    attach(scene, target, there / "platelight/plate")
    assert all(image.filepath.startswith("//") for image in bpy.data.images if image.source == "SEQUENCE")
    assert np.array_equal(render(scene, [2], tmp_path)[2], before)


def test_the_saved_project_needs_no_add_on(scene, tmp_path):
    image_strip(scene, write_plate(tmp_path / "plates", range(1, 4)), start=11)
    write_normals(tmp_path / "platelight/plate", range(1, 4))
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "shot.blend"))
    [target] = clips.targets_by_pattern("plate")
    attach(bpy.context.scene, target, tmp_path / "platelight/plate")
    bpy.ops.wm.save_mainfile()
    assert_shows(render_elsewhere(tmp_path / "shot.blend", 12, tmp_path / "farm.exr"), plate=2)
