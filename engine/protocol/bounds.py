"""The bounds of what comes from outside: of numbers, of lines, and of JSON files. Whatever is read is checked at the door, here.

A field states its bounds in its type: ``done: Count``. `codec.from_fields` refuses a number outside of them.
"""

from __future__ import annotations

import errno
import json
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Annotated, Any, NoReturn

LONGEST_LINE = 1 << 20
"""Bytes of a message."""

LARGEST_FILE = 1 << 24
"""Bytes of a JSON file: records of long clips and vocabularies of tokenizers stay below 4 MiB."""

MOST_FRAMES = 10_000_000
"""Frames of a clip: 115 hours at 24 frames a second."""

WHOLE = 1 << 53
"""No whole number is larger: up to here JSON's numbers are exact everywhere."""


@dataclass(frozen=True)
class Between:
    """The least and the largest value of a number, both allowed."""

    least: float
    most: float


Frame = Annotated[int, Between(-1_000_000_000, 1_000_000_000)]
"""A frame number. The difference of two still fits Blender's numbers of 32 bits."""

Count = Annotated[int, Between(0, MOST_FRAMES)]
"""A number of frames or windows."""

Amount = Annotated[int, Between(0, WHOLE)]
"""A number of bytes or frames."""

Pixels = Annotated[int, Between(0, 1 << 20)]
Seconds = Annotated[float, Between(0.0, 1e9)]
Minutes = Annotated[float, Between(0.0, 100_000.0)]
Rate = Annotated[float, Between(0.0, 1e15)]
Share = Annotated[float, Between(0.0, 1.0)]


def read_lines(stream: IO[bytes]) -> Iterator[bytes]:
    """Yield the lines of a stream that aren't blank.

    Of a line longer than `LONGEST_LINE` only the beginning comes, without its end, and `codec.decode` refuses it: so memory has a
    bound whatever the other side sends.
    """
    while line := stream.readline(LONGEST_LINE + 1):
        rest = line
        while not rest.endswith(b"\n"):
            rest = stream.readline(LONGEST_LINE)
            if not rest:
                break
        if line.strip():
            yield line


def parse_json(text: str | bytes) -> Any:
    """Parse JSON strictly.

    Raises:
        ValueError: not JSON, nested too deeply, or with a number that JSON doesn't know (NaN, Infinity).
    """
    try:
        return json.loads(text, parse_constant=_refuse)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error


def read_json(path: Path, *, most: int = LARGEST_FILE) -> Any:
    """Read and parse a JSON file of at most `most` bytes.

    Raises:
        OSError: it cannot be read, or it is not a regular file.
        ValueError: as `parse_json`, or the file is larger.
    """
    content = read_regular(path, at_most=most + 1)
    if len(content) > most:
        raise ValueError(f"more than {most} bytes")
    return parse_json(content)


def read_regular(file: Path, *, at_most: int) -> bytes:
    """Return the first bytes of a regular file. Raises: as `open_regular`."""
    with open_regular(file) as opened:
        return opened.read(at_most)


def open_regular(file: Path) -> IO[bytes]:
    """Open a regular file for reading. Never wait for a pipe.

    Raises:
        OSError: it cannot be read, or it is not a regular file.
        ValueError: no file can have that name.
    """
    descriptor = os.open(file, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    kind = os.fstat(descriptor).st_mode
    if stat.S_ISREG(kind):
        return os.fdopen(descriptor, "rb")
    os.close(descriptor)
    told = "a folder, not a file" if stat.S_ISDIR(kind) else "a pipe or a device, not a file"
    raise OSError(errno.EINVAL, told, str(file))


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no number of JSON")
