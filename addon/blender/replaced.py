"""How many passes an estimate would replace, and how many lie outside its range."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ..contract import PASSES, is_pass_of, pass_file, pass_folder, read_pass_header, read_record, record_file
from .clips import ClipTarget


@dataclass(frozen=True, kw_only=True)
class Replaced:
    """Numbers of frames that Platelight wrote for a plate: `inside` the range asked for, and `outside` of it, where they may be
    removed."""

    label: str
    inside: int
    outside: int


def count(target: ClipTarget, *, out: str, handles: int) -> Replaced:
    """Return how many frames of the plate are there, as the headers of their files tell."""
    wanted = range(target.first - handles, target.last + handles + 1)
    inside: set[int] = set()
    outside: set[int] = set()
    for name in PASSES:
        folder = pass_folder(out, name)
        may_delete = not os.path.islink(folder)
        for frame in _frames(target, out=out, pass_name=name):
            if frame in wanted:
                inside.add(frame)
            elif may_delete:
                outside.add(frame)
    return Replaced(label=target.label, inside=len(inside), outside=len(outside))


def _frames(target: ClipTarget, *, out: str, pass_name: str) -> Iterator[int]:
    clip = target.source.clip
    folder = pass_folder(out, pass_name)
    if not folder.is_dir():
        return
    record = read_record(record_file(out, pass_name=pass_name, clip=clip))
    sources = (target.source.path, *([record.source_path] if record else []))
    number = re.compile(re.escape(clip) + r"\.(-?\d{1,10})\.exr")
    for name in os.listdir(folder):
        match = number.fullmatch(name)
        if match is None or pass_file(out, pass_name=pass_name, clip=clip, frame=int(match[1])).name != name:
            continue
        path, frame = Path(folder, name), int(match[1])
        header = None if path.is_symlink() else read_pass_header(path)
        if header and is_pass_of(
            header, pass_name=pass_name, clip=clip, frame=frame, sources=sources, is_sequence=target.is_sequence
        ):
            yield frame
