"""Fetching a model's files from the Hugging Face hub, whole or not at all, each continued where an earlier attempt stopped.

huggingface_hub's own download starts a file anew after an interruption; its transfer, which can continue, is used directly.
"""

from __future__ import annotations

import errno
import functools
import hashlib
import os
import shutil
from collections.abc import Callable
from pathlib import Path

from huggingface_hub import get_hf_file_metadata, hf_hub_url
from huggingface_hub.file_download import http_get
from huggingface_hub.utils import build_hf_headers

from ..protocol import ErrorCode, PlatelightError
from .table import ModelInfo

SHA256_DIGITS = 64


def fetch_all(
    info: ModelInfo, where: Path, *, on_progress: Callable[[int, int], None], cancelled: Callable[[], bool], revision: str
) -> None:
    """Fetch the files that are not there in their right size; see `weights.download`. Honours ``HF_ENDPOINT``.

    Raises:
        HfHubHTTPError, HTTPError, OSError: as the transfer and the disk give them; an OSError also for damaged content.
        PlatelightError: `cancelled`.
    """
    endpoint = os.environ.get("HF_ENDPOINT") or None
    urls, metadata = {}, {}
    for name in info.files:
        _stop_if(cancelled)
        urls[name] = hf_hub_url(info.hub_id, name, revision=revision, endpoint=endpoint)
        metadata[name] = get_hf_file_metadata(urls[name], endpoint=endpoint)
        revision = metadata[name].commit_hash or revision
    total = sum(about.size or 0 for about in metadata.values())
    done = 0
    where.mkdir(parents=True, exist_ok=True)
    for name, about in metadata.items():
        file = where / name
        if not (file.is_file() and file.stat().st_size == about.size):
            _fetch(
                urls[name], file=file, size=about.size, etag=about.etag or "", cancelled=cancelled,
                on_bytes=lambda so_far, before=done: on_progress(before + so_far, total),
            )
        done += about.size or 0
        on_progress(done, total)


def _fetch(
    url: str, *, file: Path, size: int | None, etag: str, on_bytes: Callable[[int], None], cancelled: Callable[[], bool]
) -> None:
    """Fetch one file beside its place and put it there when it is whole. Its half is named after the content it is a half of."""
    file.parent.mkdir(parents=True, exist_ok=True)
    part = file.with_name(f"{file.name}.{hashlib.sha256(etag.encode()).hexdigest()[:8]}.part")
    for stale in file.parent.glob(f"{file.name}.*.part"):
        if stale != part:
            stale.unlink()
    there = part.stat().st_size if part.exists() else 0
    if size is not None and there > size:
        part.unlink()
        there = 0
    if size is not None and shutil.disk_usage(file.parent).free < size - there:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(file.parent))
    with _Part(part, on_bytes=on_bytes, cancelled=cancelled) as stream:
        stream.seek(there)
        http_get(url, stream, resume_size=there, headers=build_hf_headers(), expected_size=size, displayed_filename=file.name)
    if len(etag) == SHA256_DIGITS and _sha256(part) != etag:
        part.unlink()
        raise OSError(f"{file.name} arrived damaged")
    part.replace(file)


class _Part:
    """A half-done file that counts what is written and stops when told to."""

    def __init__(self, path: Path, *, on_bytes: Callable[[int], None], cancelled: Callable[[], bool]) -> None:
        self._stream = path.open("r+b" if path.exists() else "w+b")
        self._on_bytes = on_bytes
        self._cancelled = cancelled

    def __enter__(self) -> _Part:
        return self

    def __exit__(self, *_: object) -> None:
        self._stream.close()

    def write(self, piece: bytes) -> int:
        _stop_if(self._cancelled)
        written = self._stream.write(piece)
        self._on_bytes(self._stream.tell())
        return written

    def seek(self, position: int) -> int:
        return self._stream.seek(position)

    def tell(self) -> int:
        return self._stream.tell()

    def truncate(self) -> int:
        return self._stream.truncate()


def _stop_if(cancelled: Callable[[], bool]) -> None:
    if cancelled():
        raise PlatelightError(ErrorCode.CANCELLED)


def _sha256(file: Path) -> str:
    digest = hashlib.sha256()
    with file.open("rb") as stream:
        for piece in iter(functools.partial(stream.read, 1 << 22), b""):
            digest.update(piece)
    return digest.hexdigest()
