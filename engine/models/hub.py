"""Fetching a model's files from the Hugging Face hub: each whole and as released or not at all, each continued where it stopped.

huggingface_hub's own download starts a file again after an interruption and moves pieces of 10 MB, which a slow server takes
minutes for; here a piece is what the network brings at once.
"""

from __future__ import annotations

import contextlib
import errno
import functools
import hashlib
import os
import re
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from io import FileIO
from pathlib import Path

import httpx2
from huggingface_hub import get_hf_file_metadata, hf_hub_url
from huggingface_hub.errors import HfHubHTTPError
from huggingface_hub.utils import build_hf_headers, get_session, hf_raise_for_status

from ..protocol import ErrorCode, PlatelightError
from ..protocol.bounds import open_regular
from ..protocol.models import ModelInfo

NEWEST = "main"
_SHA256, _GIT_SHA1 = re.compile(r"[0-9a-f]{64}"), re.compile(r"[0-9a-f]{40}")
_TIMEOUT = httpx2.Timeout(10.0)
"""Seconds in which a server has to say something."""

_ATTEMPTS = 5
_PASSING = frozenset({408, 425, 429, 500, 502, 503, 504})
"""Statuses of a server that may be well again in a moment."""

_MOST_UNANNOUNCED = 1 << 26
"""Bytes of a file whose size the server does not say."""


@dataclass(frozen=True, kw_only=True)
class _Wanted:
    """A file of the model. `checksum`: a SHA-256, or git's own SHA-1 of a small file. `size`: None where it isn't known."""

    name: str
    url: str
    checksum: str
    size: int | None


def fetch_all(info: ModelInfo, where: Path, *, on_progress: Callable[[int, int], None], cancelled: Callable[[], bool]) -> None:
    """Fetch the files that are not there as they should be; see `weights.download`. Honours ``HF_ENDPOINT``.

    Raises:
        HfHubHTTPError, httpx2.HTTPError, httpx2.InvalidURL, OSError: as the transfer and the disk give them; an OSError also for
            other content than what was released, and for a file that nothing vouches for.
        PlatelightError: `cancelled`.
    """
    wanted = list(_ask(info, cancelled=cancelled))
    total = sum(file.size or 0 for file in wanted)
    done = 0
    where.mkdir(parents=True, exist_ok=True)
    for file in wanted:
        path = where / file.name

        def on_bytes(so_far: int, *, before: int = done) -> None:
            on_progress(before + so_far, total)

        if not (path.is_file() and is_as_released(path, file.checksum, cancelled=cancelled)):
            _fetch(file, path, cancelled=cancelled, on_bytes=on_bytes)
        done += file.size or path.stat().st_size
        on_progress(min(done, total), total)


def is_as_released(path: Path, checksum: str, *, cancelled: Callable[[], bool]) -> bool:
    """Return whether a file has the content that a SHA-256, or git's SHA-1, stands for."""
    digest = hashlib.sha256()
    if _GIT_SHA1.fullmatch(checksum):
        digest = hashlib.sha1(f"blob {path.stat().st_size}\0".encode(), usedforsecurity=False)
    with open_regular(path) as stream:
        for piece in iter(functools.partial(stream.read, 1 << 22), b""):
            _stop_if(cancelled)
            digest.update(piece)
    return digest.hexdigest() == checksum


def _ask(info: ModelInfo, *, cancelled: Callable[[], bool]) -> Iterator[_Wanted]:
    """Yield what there is to fetch. All files come from one commit: the model table's, or the one that is newest now."""
    endpoint = os.environ.get("HF_ENDPOINT") or None
    revision = info.revision or NEWEST
    for name in info.files:
        _stop_if(cancelled)
        url = hf_hub_url(info.hub_id, name, revision=revision, endpoint=endpoint)
        about = get_hf_file_metadata(url, endpoint=endpoint)
        if about.commit_hash and revision == NEWEST:
            revision = about.commit_hash
            url = hf_hub_url(info.hub_id, name, revision=revision, endpoint=endpoint)
        checksum = _checksum(name, known=info.hashes.get(name, ""), announced=about.etag or "")
        yield _Wanted(name=name, url=url, checksum=checksum, size=about.size)


def _checksum(name: str, *, known: str, announced: str) -> str:
    """Return what the file is checked against: the table's hash, or the one that the hub announces where the table has none.

    Raises:
        OSError: neither has one, or the hub already says that it has another file.
    """
    if known and _SHA256.fullmatch(announced) and announced != known:
        raise OSError(f"the server's {name} is not the one that was released: SHA-256 {announced[:16]}, not {known[:16]}")
    if not known and not (_SHA256.fullmatch(announced) or _GIT_SHA1.fullmatch(announced)):
        raise OSError(f"the server gives no checksum for {name}, so nothing vouches for it")
    return known or announced


def _fetch(file: _Wanted, path: Path, *, cancelled: Callable[[], bool], on_bytes: Callable[[int], None]) -> None:
    """Fetch one file beside its place and put it there when it is whole. Its half is named after the content it is a half of."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.{file.checksum[:8]}.part")
    for stale in path.parent.glob(f"{path.name}.*.part"):
        if stale != part:
            stale.unlink()
    there = part.stat().st_size if part.exists() else 0
    if there and (file.size is None or there > file.size):
        part.unlink()
        there = 0
    if file.size is not None and shutil.disk_usage(path.parent).free < file.size - there:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path.parent))
    # Unbuffered: one that was cancelled while its server is silent must not write what it held when it wakes.
    with part.open("ab", buffering=0) as stream:
        _transfer(file, stream, cancelled=cancelled, on_bytes=on_bytes)
        os.fsync(stream.fileno())
    if not is_as_released(part, file.checksum, cancelled=cancelled):
        part.unlink()
        raise OSError(f"{file.name} did not arrive as it was released: its checksum is not {file.checksum[:16]}")
    part.replace(path)


def _transfer(file: _Wanted, stream: FileIO, *, cancelled: Callable[[], bool], on_bytes: Callable[[int], None]) -> None:
    """Append what is missing of a file to `stream`. A connection that breaks is taken up again as long as something comes."""
    failures = 0
    while file.size is None or stream.tell() < file.size:
        before = stream.tell()
        try:
            with _response(file.url, start=before) as response:
                if before and response.status_code != 206:  # the server sends it from its beginning
                    stream.seek(0)
                    stream.truncate()
                    before = 0
                for piece in response.iter_bytes():
                    _stop_if(cancelled)
                    if stream.tell() + len(piece) > (_MOST_UNANNOUNCED if file.size is None else file.size):
                        raise OSError(f"the server sends more of {file.name} than it has")
                    while piece:
                        piece = piece[stream.write(piece) :]
                    on_bytes(stream.tell())
            if file.size is None:
                return
            if stream.tell() == before:
                raise OSError(f"the server sends nothing of {file.name}")
        except (httpx2.TransportError, HfHubHTTPError) as error:
            passing = not isinstance(error, HfHubHTTPError) or error.response.status_code in _PASSING
            failures = 1 if stream.tell() > before else failures + 1
            if not passing or failures >= _ATTEMPTS:
                raise
            _pause(2.0 ** (failures - 1), cancelled=cancelled)


@contextlib.contextmanager
def _response(url: str, *, start: int) -> Iterator[httpx2.Response]:
    """Yield the server's answer from byte `start` on, as the bytes are."""
    headers = {**build_hf_headers(), "Accept-Encoding": "identity", **({"Range": f"bytes={start}-"} if start else {})}
    with get_session().stream("GET", url, headers=headers, timeout=_TIMEOUT) as response:
        hf_raise_for_status(response)
        yield response


def _pause(seconds: float, *, cancelled: Callable[[], bool]) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        _stop_if(cancelled)
        time.sleep(0.1)


def _stop_if(cancelled: Callable[[], bool]) -> None:
    if cancelled():
        raise PlatelightError(ErrorCode.CANCELLED)
