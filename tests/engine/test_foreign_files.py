"""What Platelight did not write is never replaced and never removed."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import numpy as np
import pytest

from engine import exr
from engine.job.lock import hold
from engine.models.interface import Output
from engine.protocol import ErrorCode, pass_file, read_pass_header
from tests.support.drawn import Drawn
from tests.support.jobs import finish, refused, request
from tests.support.places import ROOT
from tests.support.plates import write_exr, write_images

VERSION_0_1 = ROOT / "tests" / "samples" / "version_0_1"


@pytest.fixture
def plates(tmp_path) -> Path:
    """The first file of a sequence of 12."""
    return write_images(tmp_path / "plates", range(1, 13))[0]


@pytest.fixture
def out(tmp_path) -> Path:
    (tmp_path / "out" / "normal").mkdir(parents=True)
    return tmp_path / "out"


def someones_normal(file: Path) -> Path:
    """An EXR as another program writes it."""
    grey = np.full((8, 8), 0.5, np.float16)
    return write_exr(file, {"Normal.X": grey, "Normal.Y": grey, "Normal.Z": grey}, software="another program")


def contents(folder: Path) -> dict[str, tuple[int, bytes]]:
    """All files below `folder`: which they are on disk, and what is in them."""
    return {
        str(path.relative_to(folder)): (path.lstat().st_ino, path.read_bytes())
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.is_symlink()
    }


def test_what_killed_engines_left_of_other_passes_goes_too(plates, out):
    """A job of normals alone tidies the depth beside it, unless somebody is writing that."""
    (out / "depth").mkdir()
    ours = [out / "depth" / name for name in (".plate.0003.exr.0123456789abcdef.part", ".probe.77.part", "plate.resume")]
    others = [out / "depth" / name for name in (".other.0003.exr.01.part", "other.resume", "notes.part")]
    for file in (*ours, *others):
        file.write_bytes(b"" if "probe" in file.name or file.suffix == ".resume" else b"half")
    with hold(out / "depth" / ".plate.lock"):
        finish(request(plates, out, passes=("normal",)), Drawn())
        assert all(file.exists() for file in ours)
    finish(request(plates, out, passes=("normal",), last=3), Drawn())
    assert sorted((out / "depth").iterdir()) == sorted(others)


def test_names_that_are_not_utf8(plates, out):
    odd = plates.with_name(os.fsdecode(b"plate\xff.0001.png"))
    try:
        shutil.copy(plates, odd)
    except OSError:
        pytest.skip("this file system takes UTF-8 only")
    finish(request(odd, out), Drawn())
    assert read_pass_header(out / "normal" / "plate.0001.exr").source == "plate?.0001.png"
    error = refused(request(plates, Path(f"{out}\udcff")), Drawn())
    assert error.code == ErrorCode.OUTPUT_NOT_WRITABLE and "not UTF-8" in error.detail


@pytest.mark.parametrize("overwrite", [False, True])
def test_a_plate_where_its_passes_would_go_is_refused(tmp_path, overwrite):
    plate = tmp_path / "shot" / "normal"
    plate.mkdir(parents=True)
    for frame in range(1, 21):
        someones_normal(plate / f"plate.{frame:04d}.exr")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "normal").symlink_to(plate, target_is_directory=True)
    before = contents(tmp_path)
    for out in (tmp_path / "shot", tmp_path / "elsewhere"):
        error = refused(request(plate / "plate.0001.exr", out, overwrite=overwrite), Drawn())
        assert error.code is ErrorCode.SOURCE_IN_OUTPUT and str(plate / "plate.0001.exr") in error.detail
    assert contents(tmp_path) == before


@pytest.mark.parametrize("overwrite", [False, True])
def test_files_of_others_in_the_range_stop_the_job_and_three_are_named(plates, out, overwrite):
    for frame in range(3, 13):
        someones_normal(out / "normal" / f"plate.{frame:04d}.exr")
    before = contents(out)
    error = refused(request(plates, out, overwrite=overwrite), Drawn())
    assert error.code is ErrorCode.FOREIGN_FILES
    assert error.detail == f"plate.0003.exr, plate.0004.exr, plate.0005.exr and 7 more in {out / 'normal'}"
    assert "overwrite" not in error.remedy.lower(), "the way out must not be to delete them"
    assert contents(out) == before


def test_files_of_others_outside_the_range_stay_whatever_is_asked_for(plates, out):
    someones = [someones_normal(out / "normal" / f"plate.{frame:04d}.exr") for frame in range(13, 110)]
    before = contents(out)
    finish(request(plates, out, last=8), Drawn())
    for options in ({"overwrite": True}, {"overwrite": True, "remove_outside": True}):
        finish(request(plates, out, first=3, last=5, max_resolution=len(options) + 40, **options), Drawn())
    assert {name: content for name, content in contents(out).items() if name in before} == before
    assert len(someones) == 97 and len(list(out.glob("normal/*.exr"))) == 97 + 3


def test_a_folder_that_is_a_link_is_not_entered_to_delete(plates, out, tmp_path):
    """Passes may be written through it; what lies behind it may be somebody's only copy."""
    target = tmp_path / "big disk"
    (out / "normal").rmdir()
    target.mkdir()
    (out / "normal").symlink_to(target, target_is_directory=True)
    finish(request(plates, out), Drawn())
    (target / ".plate.0001.exr.0123.part").write_bytes(b"half")
    job = request(plates, out, first=3, last=5, max_resolution=48, overwrite=True, remove_outside=True)
    notices = finish(job, Drawn()).notices
    assert any("Deleted 9 frames" in text for text in notices), "those of the depth"
    assert any("Kept 9 frames outside 3-5. They were made with other settings" in text for text in notices)
    assert len(list(target.glob("*.exr"))) == 12 and (target / ".plate.0001.exr.0123.part").exists()
    assert len(list((out / "depth").glob("*.exr"))) == 3


def renamed(plates: Path, out: Path, tmp_path: Path, kind: str) -> None:
    """Put a pass that Platelight wrote where it does not belong, as frame 4 of the normals."""
    wrong = out / "normal" / "plate.0004.exr"
    if kind == "of version 0.1":
        shutil.copy(VERSION_0_1 / "normal" / "shot.0004.exr", wrong)
        return
    finish(request(plates, tmp_path / "other", clip="other" if kind == "of another clip" else "plate", last=5), Drawn())
    clip = "other" if kind == "of another clip" else "plate"
    name, frame = {"of another pass": ("depth", 4), "of another frame": ("normal", 5)}.get(kind, ("normal", 4))
    shutil.copy(pass_file(tmp_path / "other", pass_name=name, clip=clip, frame=frame), wrong)


@pytest.mark.parametrize("kind", ["of another clip", "of another pass", "of another frame", "of version 0.1"])
def test_passes_that_are_not_of_this_clip_and_pass_count_as_others(plates, out, tmp_path, kind):
    renamed(plates, out, tmp_path, kind)
    before = contents(out)
    for overwrite in (False, True):
        assert refused(request(plates, out, overwrite=overwrite), Drawn()).code is ErrorCode.FOREIGN_FILES
        assert contents(out) == before


@pytest.mark.parametrize("kind", ["a pipe", "a folder", "a link", "a link to nowhere", "an empty file"])
def test_what_is_no_file_of_ours_is_left_alone(plates, out, tmp_path, kind):
    path, target = out / "normal" / "plate.0004.exr", tmp_path / "somewhere.exr"
    if kind == "a pipe":
        os.mkfifo(path)
    elif kind == "a folder":
        path.mkdir()
    elif kind == "an empty file":
        path.touch()
    else:
        if kind == "a link":
            finish(request(plates, tmp_path / "own"), Drawn())
            shutil.copy(tmp_path / "own" / "normal" / "plate.0004.exr", target)
        path.symlink_to(target)
    before = path.lstat()
    for overwrite in (False, True):
        error = refused(request(plates, out, overwrite=overwrite), Drawn())
        assert error.code is ErrorCode.FOREIGN_FILES and "plate.0004.exr" in error.detail
    assert (path.lstat().st_ino, path.lstat().st_mode) == (before.st_ino, before.st_mode)
    assert target.exists() == (kind == "a link")


@pytest.mark.parametrize("name", ["plate.json", "plate.resume"])
@pytest.mark.parametrize("content", [b'{"camera": "A"}', b"notes on the shot", b'{"damaged": '])
def test_files_of_others_under_the_names_of_record_and_state_stop_the_job(plates, out, name, content):
    (out / "normal" / name).write_bytes(content)
    error = refused(request(plates, out, overwrite=True), Drawn())
    assert error.code is ErrorCode.FOREIGN_FILES and name in error.detail
    assert contents(out)[f"normal/{name}"][1] == content


def test_names_that_only_look_alike_are_nobodys_frames(plates, out):
    kept = ["plate.00012.exr", "plate.0001.EXR.exr", "plate.001.exr", "plate_0001.exr", "plate.0001.exr.bak", "plate.a.0001.exr"]
    for name in kept:
        (out / "normal" / name).write_bytes(b"someone's")
    (out / "normal" / ".plate.a.0001.exr.0123.part").write_bytes(b"another clip's, just being written")
    assert finish(request(plates, out), Drawn()).result.frames_written == 12
    finish(request(plates, out, max_resolution=48, first=2, last=3, overwrite=True, remove_outside=True), Drawn())
    there = {path.name for path in out.glob("normal/*")} | {path.name for path in out.glob("normal/.*")}
    assert there == {*kept, ".plate.a.0001.exr.0123.part", "plate.0002.exr", "plate.0003.exr", "plate.json"}


class Meddled(Drawn):
    """While it works, another program writes a file into the folder."""

    def __init__(self, file: Path) -> None:
        super().__init__()
        self._file = file

    def stream(self, *args, **kwargs):
        for event in super().stream(*args, **kwargs):
            if isinstance(event, Output) and event.start == 6:
                someones_normal(self._file)
            yield event


def test_a_file_that_another_program_writes_meanwhile_stops_the_job(plates, out):
    theirs = out / "normal" / "plate.0008.exr"
    assert refused(request(plates, out), Meddled(theirs)).code is ErrorCode.FOREIGN_FILES
    assert read_pass_header(theirs) is None and exr.read(theirs, pass_name="normal").shape == (8, 8, 3)
    theirs.unlink()
    result = finish(request(plates, out), Drawn()).result
    assert (result.frames_written, result.frames_reused) == (6, 6)


def test_a_frame_that_somebody_painted_over_is_kept_and_told(plates, out):
    finish(request(plates, out, last=6), Drawn())
    painted = someones_normal(out / "normal" / "plate.0003.exr").read_bytes()
    outcome = finish(request(plates, out), Drawn())
    assert outcome.result.frames_reused == 6
    assert [text for text in outcome.notices if "plate.0003.exr" in text]
    assert (out / "normal" / "plate.0003.exr").read_bytes() == painted
    assert refused(request(plates, out, overwrite=True), Drawn()).code is ErrorCode.FOREIGN_FILES


@pytest.fixture
def version_0_1(tmp_path) -> Path:
    return Path(shutil.copytree(VERSION_0_1, tmp_path / "version_0_1"))


def old(folder: Path, **changes: object):
    return request(folder / "plates" / "shot.0001.png", folder, max_resolution=0, **changes)


def test_passes_of_version_0_1_are_known_and_continued(version_0_1):
    model = Drawn(name="both", window=1)
    assert finish(old(version_0_1, last=3), model).result.frames_reused == 3
    result = finish(old(version_0_1), model).result
    assert (result.frames_reused, result.frames_written) == (6, 2) and set(result.cuts) >= {2, 5}
    assert sorted(path.name for path in (version_0_1 / "normal").iterdir()) == [
        *(f"shot.{frame:04d}.exr" for frame in range(1, 9)),
        "shot.json",
    ]
    assert read_pass_header(version_0_1 / "normal" / "shot.0001.exr").clip is None
    assert read_pass_header(version_0_1 / "normal" / "shot.0007.exr").clip == "shot"


def test_passes_of_version_0_1_may_be_replaced_and_removed_where_that_is_asked_for(version_0_1):
    newer = Drawn(name="both", revision="2", window=1)
    assert refused(old(version_0_1), newer).code is ErrorCode.PASSES_DIFFER
    notices = finish(old(version_0_1, first=2, last=4, overwrite=True), newer).notices
    assert any("Kept 3 frames outside 2-4" in text for text in notices)
    finish(old(version_0_1, first=3, last=4, overwrite=True, remove_outside=True), Drawn(name="both", revision="3", window=1))
    assert sorted(path.name for path in version_0_1.glob("depth/*.exr")) == ["shot.0003.exr", "shot.0004.exr"]


def test_passes_of_version_0_1_without_a_record_are_known_by_the_plates_name(version_0_1):
    for name in ("normal", "depth"):
        (version_0_1 / name / "shot.json").unlink()
    assert "without a record" in refused(old(version_0_1), Drawn(name="both")).detail
    assert not (version_0_1 / "normal" / "shot.resume").exists(), "no run can use it"
    assert finish(old(version_0_1, overwrite=True), Drawn(name="both")).result.frames_written == 8
