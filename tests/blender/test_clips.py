"""What is read from strips and clips, and which of them are refused, in which words."""

from __future__ import annotations

import bpy
import pytest
from footage import write_movie, write_plate
from platelight.addon.blender import clips, compat, sequences
from platelight.addon.contract import ErrorCode, PlatelightError
from strips import added_movie, editor_strips, frame_rate, image_strip, skip, trim


def refusal(call, *args, **kwargs) -> PlatelightError:
    with pytest.raises(PlatelightError) as caught:
        call(*args, **kwargs)
    return caught.value


def select(*strips):
    scene = bpy.context.scene
    for strip in editor_strips(scene):
        strip.select = strip in strips


def meta_of(scene, name, *, start, length):
    meta = editor_strips(scene).new_meta(name, 5, start)
    for attribute, value in (("left_handle", start), ("right_handle", start + length)):
        old = {"left_handle": "frame_final_start", "right_handle": "frame_final_end"}[attribute]
        setattr(meta, attribute if hasattr(meta, attribute) else old, value)
    return meta


def test_a_sequence_is_described_whole(scene, tmp_path):
    files = write_plate(tmp_path / "sh010", range(1001, 1006))
    select(image_strip(scene, files, start=20))
    [target] = clips.targets_from_context(bpy.context)
    assert target.source.path == str(files[0]) and target.source.clip == "plate"
    assert target.source.color_space == "sRGB" and target.source.ocio_config == compat.ocio_config()
    assert (target.label, target.scene_name, target.strip_name) == ("plate", "Scene", "plate")
    assert (target.first, target.last, target.timeline_start, target.is_sequence) == (1001, 1005, 20, True)


def test_what_only_the_sequencer_does_to_a_picture_is_known(scene, tmp_path):
    strip = image_strip(scene, write_plate(tmp_path, range(1, 3)))

    def told() -> tuple[str, ...]:
        return clips.targets_by_pattern("plate")[0].not_applied

    assert told() == ()
    strip.use_flip_x, strip.crop.min_x = True, 4
    assert told() == ("crop", "flip")
    strip.use_flip_x, strip.crop.min_x = False, 0
    strip.transform.offset_y, strip.transform.rotation, strip.transform.scale_x = 3, 0.5, 1.5
    assert told() == ("position", "rotation", "scale")


def test_a_scale_that_fits_the_picture_into_the_render_is_the_compositors_too(scene, tmp_path):
    clip = bpy.data.movieclips.load(str(write_movie(tmp_path / "take.mkv", 2)))
    strip = editor_strips(scene).new_clip("take.mkv", clip, 1, 1)
    width, height = clip.size
    scene.render.resolution_x, scene.render.resolution_y = 4 * width, 5 * height
    strip.transform.scale_x = strip.transform.scale_y = 4.0
    assert clips.targets_by_pattern("take.mkv")[0].not_applied == ()
    strip.transform.scale_x = strip.transform.scale_y = 2.0
    assert clips.targets_by_pattern("take.mkv")[0].not_applied == ("scale",)


def test_relative_paths_become_absolute(scene, tmp_path):
    files = write_plate(tmp_path / "plates", range(1, 3))
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "shot.blend"))
    strip = image_strip(bpy.context.scene, files)
    strip.directory = "//plates/"
    [target] = clips.targets_by_pattern("plate")
    assert target.source.path == str(files[0])


def test_nothing_selected_and_nothing_to_select(scene, tmp_path):
    assert clips.can_target(bpy.context)
    assert refusal(clips.targets_from_context, bpy.context).code is ErrorCode.NOTHING_SELECTED
    strip = image_strip(scene, write_plate(tmp_path, range(1, 3)))
    select()
    assert refusal(clips.targets_from_context, bpy.context).code is ErrorCode.NOTHING_SELECTED
    select(strip)
    assert clips.can_target(bpy.context) == ""
    assert "nope*" in refusal(clips.targets_by_pattern, "nope*").detail


def test_other_strips_are_refused_by_name_but_do_not_stand_in_the_way(scene, tmp_path):
    color = editor_strips(scene).new_effect(**effect(scene, "COLOR", "slate"))
    select(color)
    error = refusal(clips.targets_from_context, bpy.context)
    assert error.code is ErrorCode.STRIP_UNSUPPORTED and "slate (color)" in error.detail
    plate = image_strip(scene, write_plate(tmp_path, range(1, 3)))
    select(color, plate)
    assert [t.label for t in clips.targets_from_context(bpy.context)] == ["plate"]


def effect(scene, kind, name):
    """5.0 counts an effect's length, versions before it name its end."""
    names = {p.identifier for p in editor_strips(scene).bl_rna.functions["new_effect"].parameters}
    span = {"length": 9} if "length" in names else {"frame_end": 10}
    return {"name": name, "type": kind, "channel": 3, "frame_start": 1, **span}


def test_reversed_strips_are_refused(scene, tmp_path):
    strip = image_strip(scene, write_plate(tmp_path, range(1, 5)))
    strip.use_reverse_frames = True
    error = refusal(clips.targets_by_pattern, "plate")
    assert error.code is ErrorCode.STRIP_UNSUPPORTED and "reverse" in error.sentence


@pytest.mark.skipif(bpy.app.version < (5, 2), reason="adding a speed key crashes Blender before 5.2")
def test_retimed_strips_are_refused(scene, tmp_path):
    strip = image_strip(scene, write_plate(tmp_path, range(1, 9)))
    strip.retiming_keys.add(timeline_frame=4)
    assert refusal(clips.targets_by_pattern, "plate").code is ErrorCode.STRIP_RETIMED


@pytest.mark.skipif(bpy.app.version >= (5, 0), reason="adding a movie by Blender's own command crashes 5.x without a window")
def test_a_movie_that_blender_resamples_is_refused_until_the_frame_rates_agree(scene, tmp_path):
    frame_rate(scene, 30.0)
    strip = added_movie(scene, write_movie(tmp_path / "take.mkv", 12), adjust=True)
    error = refusal(clips.targets_by_pattern, strip.name)
    assert error.code is ErrorCode.STRIP_RETIMED
    assert "24 fps, Scene 30 fps; give the scene the clip's frame rate" in error.sentence
    trim(strip, back=compat.strip_times(strip).last - 2)
    assert clips.targets_by_pattern(strip.name)[0].last == 2, "two pictures are shown one by one at any rate so near"
    trim(strip)
    frame_rate(scene, 24 / 1.001)
    target = clips.targets_by_pattern(strip.name)[0]
    assert (target.first, target.timeline_start) == (1, 1) and target.last in (11, 12), "Blender leaves out the last one"
    frame_rate(scene, 24.0)
    target = clips.targets_by_pattern(strip.name)[0]
    assert (target.first, target.last, target.shown) == (1, 12, (1, 12))


@pytest.mark.skipif(bpy.app.version >= (5, 0), reason="adding a movie by Blender's own command crashes 5.x without a window")
def test_a_movie_that_blender_does_not_resample_may_have_any_frame_rate(scene, tmp_path):
    frame_rate(scene, 30.0)
    strip = added_movie(scene, write_movie(tmp_path / "take.mkv", 12), adjust=False)
    skip(strip, 2)
    target = clips.targets_by_pattern(strip.name)[0]
    assert (target.first, target.last) == (3, 12)


def test_a_movie_is_refused_where_its_length_does_not_tell_whether_it_is_resampled(scene, tmp_path):
    strip = editor_strips(scene).new_movie("take", str(write_movie(tmp_path / "take.mkv", 12)), 2, 1)
    for rate in (24.0, 60.0, 12.0):
        frame_rate(scene, rate)
        assert clips.targets_by_pattern("take")[0].last == 12
    frame_rate(scene, 24 / 0.95)  # 12.6 frames long if it were, of which Blender shows 12
    assert refusal(clips.targets_by_pattern, "take").code is ErrorCode.STRIP_RETIMED
    trim(strip, back=4)
    assert clips.targets_by_pattern("take")[0].last == 8, "up to there it makes no difference"
    assert not bpy.data.movieclips


def test_strips_that_hold_their_pictures_are_refused(scene, tmp_path):
    image_strip(scene, write_plate(tmp_path, range(1, 5))).strobe = 2
    assert "Strobe" in refusal(clips.targets_by_pattern, "plate").sentence


def test_missing_files_are_named(scene, tmp_path):
    files = write_plate(tmp_path, range(1, 4))
    image_strip(scene, files)
    files[0].unlink()
    error = refusal(clips.targets_by_pattern, "plate")
    assert error.code is ErrorCode.SOURCE_MISSING and str(files[0]) in error.detail
    movie = write_movie(tmp_path / "take.mkv", 2)
    editor_strips(scene).new_movie("take", str(movie), 2, 1)
    movie.unlink()
    assert refusal(clips.targets_by_pattern, "take").code is ErrorCode.SOURCE_MISSING


@pytest.mark.parametrize(
    ("names", "told"),
    [
        (("plate.0001.png", "plate.0003.png"), "plate.0003.png follows plate.0001.png"),
        (("plate.0002.png", "plate.0001.png"), "plate.0001.png follows plate.0002.png"),
        (("plate.0001.png", "other.0002.png"), "other.0002.png follows plate.0001.png"),
        (("one.png", "two.png"), "have no numbers (one.png)"),
    ],
)
def test_images_that_do_not_count_one_by_one_are_refused(scene, tmp_path, names, told):
    [file] = write_plate(tmp_path, range(1, 2))
    files = []
    for name in names:
        (tmp_path / name).write_bytes(file.read_bytes())
        files.append(tmp_path / name)
    image_strip(scene, files)
    error = refusal(clips.targets_by_pattern, "plate")
    assert error.code is ErrorCode.STRIP_UNSUPPORTED and told in error.detail


@pytest.mark.parametrize("numbers", [(1048574,), (1048575,), (1048574, 1048575)])
def test_numbers_beyond_blenders_are_refused_of_stills_too(scene, tmp_path, numbers):
    image_strip(scene, write_plate(tmp_path, numbers))
    if numbers[-1] == 1048574:
        assert clips.targets_by_pattern("plate")[0].first == 1048574
        return
    error = refusal(clips.targets_by_pattern, "plate")
    assert error.code is ErrorCode.FRAME_NUMBERS_UNUSABLE and "1048575" in error.detail


def test_only_the_part_that_is_seen_has_to_count_one_by_one(scene, tmp_path):
    files = write_plate(tmp_path, [1, 2, 3, 7])
    image_strip(scene, files, start=1)
    trim(editor_strips(scene)["plate"], back=1)
    [target] = clips.targets_by_pattern("plate")
    assert (target.first, target.last) == (1, 3)


def test_a_meta_strip_gives_its_children_as_far_as_they_are_seen(scene, tmp_path):
    if not hasattr(editor_strips(scene), "new_meta"):
        pytest.skip("this Blender makes meta strips by an operator that needs a window")
    meta = meta_of(scene, "shot", start=1, length=20)
    inner = meta.strips
    strip = inner.new_image("plate", str(write_plate(tmp_path, range(1, 11))[0]), 1, 1)
    for n in range(2, 11):
        strip.elements.append(f"plate.{n:04d}.png")
    meta_of_handles(meta, 3, 8)
    select(meta)
    [target] = clips.targets_from_context(bpy.context)
    assert (target.strip_name, target.first, target.last, target.timeline_start) == ("plate", 3, 7, 3)
    assert clips.targets_by_pattern("plate") == clips.targets_by_pattern("sho*") == [target]


def meta_of_handles(meta, start, end):
    if hasattr(meta, "left_handle"):
        meta.left_handle, meta.right_handle = start, end
    else:
        meta.frame_final_start, meta.frame_final_end = start, end


def test_a_movie_clip_strip_may_have_another_name_than_its_clip(scene, tmp_path):
    clip = bpy.data.movieclips.load(str(write_plate(tmp_path, range(1, 5))[0]))
    editor_strips(scene).new_clip("renamed", clip, 1, 1)
    assert clips.targets_by_pattern("renamed")[0].source.clip == "plate"


def test_patterns_keep_to_the_scenes_named(scene, tmp_path):
    image_strip(scene, write_plate(tmp_path, range(1, 3)), name="plate a", start=30)
    image_strip(scene, write_plate(tmp_path, range(1, 3)), name="plate b", start=1, channel=2)
    other = bpy.data.scenes.new("Other")
    image_strip(other, write_plate(tmp_path, range(1, 3)), name="plate c")
    assert [t.label for t in clips.targets_by_pattern("plate*")] == ["plate c", "plate b", "plate a"]
    assert [t.label for t in clips.targets_by_pattern("plate*", scene_names=("Scene",))] == ["plate b", "plate a"]


def test_the_scenes_active_clip_is_the_last_resort(scene, tmp_path):
    scene.active_clip = bpy.data.movieclips.load(str(write_plate(tmp_path, range(5, 9))[0]))
    assert clips.can_target(bpy.context) == ""
    [target] = clips.targets_from_context(bpy.context)
    assert (target.first, target.last, target.timeline_start) == (5, 8, 1)


def test_a_clip_movie(scene, tmp_path):
    clip = bpy.data.movieclips.load(str(write_movie(tmp_path / "take.mkv", 5)))
    clip.frame_start, clip.frame_offset = 10, 2
    target = clips.clip_target(clip, scene=scene)
    assert (target.first, target.last, target.timeline_start, target.is_sequence) == (3, 5, 10, False)


def test_numbers_in_names():
    assert sequences.number("plate.0101.exr") == 101
    assert sequences.number("v2.0005.exr") == 5
    assert sequences.number("take.png") is None
    assert sequences.number("shot_0012_graded.png") == 12
    assert sequences.same_run("a.0001.png", "a.10000.png") and not sequences.same_run("a.0001.png", "b.0001.png")
    assert not sequences.same_run("a_0001_raw.png", "a_0001_graded.png")


def test_text_after_the_number_makes_no_still_of_a_sequence(scene, tmp_path):
    files = write_plate(tmp_path, range(3, 9), name="shot_{:04d}_graded.png")
    clip = bpy.data.movieclips.load(str(files[0]))
    target = clips.clip_target(clip, scene=scene)
    assert clip.frame_duration == 6
    assert (target.first, target.last, target.source.clip) == (3, 8, "shot_graded")
    image_strip(scene, files[2:])
    target = clips.targets_by_pattern("plate")[0]
    assert (target.first, target.last, target.source.clip) == (5, 8, "shot_graded")


def test_a_configuration_that_opencolorio_brings_is_left_to_the_engine(monkeypatch, tmp_path):
    own = compat.ocio_config()
    assert own.endswith("config.ocio")
    monkeypatch.setenv("OCIO", "ocio://cg-config-latest")
    assert compat.ocio_config() == "", "the engine inherits the variable"
    monkeypatch.setenv("OCIO", str(tmp_path / "gone.ocio"))
    assert compat.ocio_config() == own
    (tmp_path / "show.ocio").touch()
    monkeypatch.setenv("OCIO", str(tmp_path / "show.ocio"))
    assert compat.ocio_config() == str(tmp_path / "show.ocio")
