"""Files appear whole or not at all, and only what an engine left behind is cleared away."""

from __future__ import annotations

import errno
import os
import re
from pathlib import Path

import pytest

from engine import files
from engine.protocol import ErrorCode, PlatelightError


def test_trouble_that_passes_is_tried_again(tmp_path):
    """A drive that blinks: the first attempts meet a file where the folder should be."""
    attempts = []

    def write_to(temporary: Path) -> None:
        attempts.append(temporary)
        if len(attempts) < 3:
            raise OSError(errno.EIO, "blink")
        temporary.write_bytes(b"whole")

    files.replace(tmp_path / "a.json", write_to)
    assert len(attempts) == 3 and os.listdir(tmp_path) == ["a.json"]


def test_windows_denies_what_it_will_allow_in_a_moment(tmp_path, monkeypatch):
    """A virus scanner has the file open: its "access denied" arrives as `EACCES`."""
    attempts = []

    def write_to(temporary: Path) -> None:
        attempts.append(temporary)
        if len(attempts) < 3:
            raise PermissionError(errno.EACCES, "Access is denied")
        temporary.write_bytes(b"whole")

    monkeypatch.setattr(files, "_LASTING", files.lasting_errors("win32"))
    files.replace(tmp_path / "a.json", write_to)
    assert len(attempts) == 3 and os.listdir(tmp_path) == ["a.json"]
    monkeypatch.setattr(files, "_LASTING", files.lasting_errors("linux"))
    attempts.clear()
    with pytest.raises(PlatelightError):
        files.replace(tmp_path / "a.json", write_to)
    assert len(attempts) == 1, "elsewhere it is for good"


def test_deleting_is_tried_again_and_says_what_it_could_not_delete(tmp_path):
    files.remove(tmp_path / "nothing")
    (tmp_path / "folder").mkdir()
    with pytest.raises(PlatelightError, match="folder"):
        files.remove(tmp_path / "folder")


def test_trouble_that_stays_is_reported(tmp_path):
    def write_to(temporary: Path) -> None:
        raise OSError(errno.EIO, "gone")

    with pytest.raises(PlatelightError) as caught:
        files.replace(tmp_path / "a.json", write_to)
    assert caught.value.code == ErrorCode.OUTPUT_NOT_WRITABLE and str(tmp_path / "a.json") in caught.value.detail


def test_leftovers_of_a_killed_run_are_removed_but_only_ours(tmp_path):
    ours = (".plate.0007.exr.123.part", ".plate.0008.exr.0123456789abcdef.part", ".probe.77.part")
    others = (
        ".other.0007.exr.123.part",
        ".plate.0007.exr.part",
        ".plate.0007.exr.draft.part",
        ".plate.0007.tif.12.part",
        ".probe.full.part",
        "plate.0006.exr",
        "plate.0006.exr.12.part",
    )
    for name in (*ours, *others):
        (tmp_path / name).write_bytes(b"" if "probe" in name else b"x")
    (tmp_path / ".probe.78.part").write_bytes(b"someone's")
    (tmp_path / ".plate.0009.exr.12.part").symlink_to(tmp_path / "plate.0006.exr")
    files.remove_leftovers(tmp_path, re.compile(r"plate\.\d+\.exr"))
    assert sorted(os.listdir(tmp_path)) == sorted([*others, ".probe.78.part", ".plate.0009.exr.12.part"])


def test_what_fails_in_any_way_leaves_nothing_behind(tmp_path):
    def write_to(temporary: Path) -> None:
        temporary.write_bytes(b"half")
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        files.replace(tmp_path / "a.json", write_to)
    assert os.listdir(tmp_path) == []


def test_engines_of_one_process_id_never_share_a_name(tmp_path):
    """Those in containers may all be process 1."""
    names: list[str] = []

    def write_to(temporary: Path) -> None:
        names.append(temporary.name)
        if len(names) < 2:
            files.replace(tmp_path / "a.json", write_to)
        temporary.write_bytes(b"whole")

    files.replace(tmp_path / "a.json", write_to)
    assert len(set(names)) == 2 and os.listdir(tmp_path) == ["a.json"]


def test_a_link_is_replaced_and_not_followed(tmp_path):
    target = tmp_path / "target"
    target.write_bytes(b"theirs")
    (tmp_path / "a.json").symlink_to(target)
    files.replace(tmp_path / "a.json", lambda temporary: temporary.write_bytes(b"whole"))
    assert (target.read_bytes(), (tmp_path / "a.json").read_bytes()) == (b"theirs", b"whole")


def test_a_folder_is_tried_and_left_as_it_was(tmp_path):
    files.make_folder(tmp_path / "a" / "b")
    files.make_folder(tmp_path / "a" / "b")
    assert os.listdir(tmp_path / "a" / "b") == []
