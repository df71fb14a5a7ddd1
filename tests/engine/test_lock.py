"""One writer at a time, and nobody's file but the engines' own is opened, changed or removed for it."""

from __future__ import annotations

import errno
import os
import shutil
import stat
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from engine.job import lock
from engine.job.lock import hold
from engine.protocol import ErrorCode, PlatelightError
from tests.support.places import ROOT


def test_a_lock_file_left_by_the_dead_means_nothing(tmp_path):
    path = tmp_path / ".clip.lock"
    path.write_text("process 1 on elsewhere")
    with hold(path) as locked:
        assert locked and path.read_text() == f"process {os.getpid()} on {os.uname().nodename}"
        with pytest.raises(PlatelightError), hold(path):
            pass
    assert not path.exists()


def test_a_lock_file_of_another_user_means_no_more_and_tells_who_holds_it():
    """One user has killed an engine, or runs one; another, who may not write the file, starts theirs."""
    folder = Path(tempfile.mkdtemp(dir="/tmp"))
    path, me = folder / ".clip.lock", os.geteuid()
    folder.chmod(0o777)
    path.write_text("process 7 of another user")
    path.chmod(0o444)
    try:
        if me == 0:
            os.seteuid(65534)
        with hold(path) as locked, pytest.raises(PlatelightError) as caught, hold(path):
            pass
        assert locked and caught.value.code == ErrorCode.OUTPUT_IN_USE and "process 7 of another user" in caught.value.detail
        with hold(path):
            assert path.stat().st_mode & 0o666 == 0o666, "whoever comes next may write it, whatever the umask"
        with pytest.raises(PlatelightError) as caught, hold(Path("/proc/1/platelight.lock")):
            pass
        assert caught.value.code == ErrorCode.OUTPUT_NOT_WRITABLE
    finally:
        os.seteuid(me)
        shutil.rmtree(folder)


def refused(path: Path) -> PlatelightError:
    with pytest.raises(PlatelightError) as caught, hold(path):
        pass
    return caught.value


def test_a_planted_link_is_not_followed(tmp_path):
    target = tmp_path / "target"
    target.write_text("somebody's only copy")
    target.chmod(0o600)
    path = tmp_path / ".clip.lock"
    for where in (target, tmp_path / "nothing"):
        path.symlink_to(where)
        assert refused(path).code is ErrorCode.OUTPUT_NOT_WRITABLE
        path.unlink()
    assert target.read_text() == "somebody's only copy" and stat.S_IMODE(target.stat().st_mode) == 0o600
    assert not (tmp_path / "nothing").exists()


def test_what_is_no_file_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / ".pipe.lock")
    (tmp_path / ".folder.lock").mkdir()
    for name in (".pipe.lock", ".folder.lock"):
        assert refused(tmp_path / name).code is ErrorCode.OUTPUT_NOT_WRITABLE
        assert (tmp_path / name).exists()


@pytest.mark.parametrize("linked", [False, True])
def test_a_file_of_somebody_else_is_locked_and_left_as_it_is(tmp_path, linked):
    """By its name it is the lock file; what is in it, or its second name elsewhere, says that it is not."""
    path, other = tmp_path / ".clip.lock", tmp_path / "notes.txt"
    other.write_text("process the plate by Friday" if linked else "notes on the shot")
    os.link(other, path) if linked else shutil.copy(other, path)
    before = path.stat()
    with hold(path) as locked:
        assert locked and refused(path).code is ErrorCode.OUTPUT_IN_USE
    assert path.read_text() == other.read_text() and path.stat().st_mtime_ns == before.st_mtime_ns


@pytest.mark.parametrize("mode", [0o700, 0o750, 0o770, 0o775, 0o777])
def test_a_lock_file_has_the_rights_of_its_folder(tmp_path, mode):
    folder = tmp_path / "out"
    folder.mkdir()
    folder.chmod(mode)
    with hold(folder / ".clip.lock"):
        assert stat.S_IMODE((folder / ".clip.lock").stat().st_mode) == mode & 0o666


def test_an_ended_engine_does_not_remove_the_lock_of_another(tmp_path):
    """Somebody has cleared the folder while the first was at work; the next took the lock anew."""
    path = tmp_path / ".clip.lock"
    with hold(path):
        path.unlink()
        second = hold(path)
        assert second.__enter__()
        inode = path.stat().st_ino
    assert path.stat().st_ino == inode and refused(path).code is ErrorCode.OUTPUT_IN_USE
    second.__exit__(None, None, None)
    assert not path.exists()


def test_without_locks_only_who_made_the_file_removes_it(tmp_path, monkeypatch):
    def unknown(descriptor: int) -> None:
        raise OSError(errno.ENOLCK, "no locks")

    monkeypatch.setattr(lock, "_lock", unknown)
    path = tmp_path / ".clip.lock"
    with hold(path) as locked:
        assert not locked
        with hold(path) as second:
            assert not second
        assert path.exists(), "it is the first one's"
    assert not path.exists()


def test_many_that_start_at_once_take_turns(tmp_path):
    script = (
        "import sys, time; from pathlib import Path; from engine.job.lock import hold\n"
        "from engine.protocol import PlatelightError\n"
        "got, end = 0, time.monotonic() + 240\n"
        "while got < 30 and time.monotonic() < end:\n"
        "    try:\n"
        "        with hold(Path(sys.argv[1]) / '.clip.lock'):\n"
        "            (Path(sys.argv[1]) / 'inside').mkdir(); (Path(sys.argv[1]) / 'inside').rmdir(); got += 1\n"
        "    except PlatelightError as error:\n"
        "        assert error.code == 'output_in_use', error\n"
        "print(got)\n"
    )
    command = [sys.executable, "-c", script, str(tmp_path)]
    engines = [subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(3)]
    for engine in engines:
        said, errors = engine.communicate(timeout=300)
        assert engine.returncode == 0, errors
        assert int(said) == 30
    assert os.listdir(tmp_path) == []
