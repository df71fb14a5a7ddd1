"""Movies, frame by frame. Frame n is the n-th picture in order of display, counted, whatever the timestamps say."""

from __future__ import annotations

import hashlib
import itertools
import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.video.reformatter import VideoReformatter

from ..protocol import ErrorCode, PlatelightError
from . import pixels
from .picture import Picture
from .stamp import feed

_DURATION = re.compile(r"(\d+):(\d+):([\d.]+)")
_SLACK_FRAMES = 3
_SAMPLES = 16


_KEEP_TIMES = ("mov", "matroska", "mpegts", "flv")
"""Containers whose times are those of the pictures. Others store the order of decoding only, or times that H.264 in them doesn't
keep to (AVI, MXF), or none that can be sought (MPEG)."""


@dataclass(frozen=True, kw_only=True)
class _Index:
    """`times`: presentation times of all pictures, ascending. `keys`: those at which decoding can start; none where times are not
    to be trusted, so that pictures are counted from the first. `announced`: how many pictures the file says it has; more than there
    are times when its end is missing."""

    times: tuple[int, ...]
    keys: tuple[int, ...]
    announced: int


class Movie:
    """A movie through PyAV. `first` is 1."""

    is_sequence = False
    first = 1

    def __init__(self, path: Path) -> None:
        """Index the movie and decode its first picture.

        Raises:
            PlatelightError: `source_empty`, `source_unreadable`, `source_truncated`.
        """
        self.path = path
        if path.stat().st_size == 0:
            raise PlatelightError(ErrorCode.SOURCE_EMPTY, f"{path} is a file of zero bytes")
        try:
            with av.open(str(path)) as container:
                if not container.streams.video:
                    raise PlatelightError(ErrorCode.SOURCE_EMPTY, f"{path} has no video")
                stream = container.streams.video[0]
                self._index = _index(container, stream, path)
                self.rate = stream.guessed_rate or stream.average_rate or Fraction(25)
                self._time_base = stream.time_base
                aspect = stream.sample_aspect_ratio
        except av.FFmpegError as error:
            if isinstance(error, av.EOFError) or _breaks_off(path):
                raise PlatelightError(ErrorCode.SOURCE_TRUNCATED, f"{path} breaks off before its pictures can be found") from error
            raise _unreadable(path, error) from error
        if not self._index.times:
            code = ErrorCode.SOURCE_TRUNCATED if self._index.announced else ErrorCode.SOURCE_EMPTY
            raise PlatelightError(code, f"{path} has no pictures")
        self.last = self._index.announced
        frame = next(self._decode(1))
        self.is_float = pixels.is_float(frame.format)
        turned = pixels.quarter_turns(frame) % 2
        self.width, self.height = (frame.height, frame.width) if turned else (frame.width, frame.height)
        self.pixel_aspect = float(aspect) if aspect and 0.1 < aspect < 10 else 1.0
        if turned:
            self.pixel_aspect = 1 / self.pixel_aspect

    @property
    def notices(self) -> tuple[str, ...]:
        """What the user should know of this movie."""
        times = np.asarray(self._index.times, dtype=np.float64) * float(self._time_base * self.rate)
        if np.abs(times - times[0] - np.arange(len(times))).max() > 0.5:
            return (
                "The movie has a variable frame rate: its pictures are counted one by one, while Blender goes by time and may show "
                "others; transcode it to a constant rate",
            )
        return ()

    def check(self, first: int, last: int) -> None:
        """Raises: `source_truncated` where the movie ends before `last`."""
        if last > len(self._index.times):
            detail = f"{self.path} announces {self.last} frames but ends after {len(self._index.times)}"
            raise PlatelightError(ErrorCode.SOURCE_TRUNCATED, detail)

    def read(self, first: int, last: int) -> Iterator[Picture]:
        """The pictures of frames `first` to `last`, one by one.

        Raises:
            PlatelightError: `source_truncated` where a picture is damaged or missing, `frame_size_changed`.
        """
        reformatter = VideoReformatter()
        frames = self._decode(first)
        for number in range(first, last + 1):
            picture = pixels.picture(next(frames), reformatter=reformatter)
            if picture.size != (self.width, self.height):
                was, now = f"{self.width}x{self.height}", f"{picture.size[0]}x{picture.size[1]}"
                raise PlatelightError(ErrorCode.FRAME_SIZE_CHANGED, f"frame {number} of {self.path} is {now}, the first is {was}")
            yield picture

    def stamp(self, first: int, last: int) -> str:
        """A short text that changes when the file's contents do; blocks spread over the file stand for the whole."""
        digest = hashlib.sha256()
        feed(digest, self.path, samples=_SAMPLES)
        return digest.hexdigest()[:32]

    def _decode(self, number: int) -> Iterator[av.VideoFrame]:
        """Decoded frames from `number` on, up to the first that is damaged or not the one that the index has there."""
        try:
            with av.open(str(self.path)) as container:
                stream = container.streams.video[0]
                stream.thread_type = "AUTO"
                found = self._sought(container, stream, number) if self._index.keys else _counted(container, stream, number)
                for frame in found:
                    if frame.is_corrupt:
                        break
                    yield frame
                    number += 1
                    if number > len(self._index.times):
                        break
        except (av.InvalidDataError, av.EOFError) as error:
            raise _damaged(self.path, number, error) from error
        except av.FFmpegError as error:
            raise _unreadable(self.path, error) from error
        raise _damaged(self.path, number, None)


    def _sought(self, container: av.container.InputContainer, stream: av.VideoStream, number: int) -> Iterator[av.VideoFrame]:
        """Frames from `number` on by their times."""
        times = self._index.times
        keys = [key for key in self._index.keys if key <= times[number - 1]]
        if len(keys) > 2:
            # One key further back than the nearest: pictures right after a key may lean on what came before it.
            container.seek(keys[-2], stream=stream, backward=True)
        for frame in _frames(container, stream):
            if frame.pts is None or frame.pts < times[number - 1]:
                continue
            if frame.pts != times[number - 1]:
                return
            yield frame
            number += 1


def _counted(container: av.container.InputContainer, stream: av.VideoStream, number: int) -> Iterator[av.VideoFrame]:
    """Frames from `number` on, all before them decoded and counted: decoders give pictures in order of display."""
    return itertools.islice(_frames(container, stream), number - 1, None)


def _frames(container: av.container.InputContainer, stream: av.VideoStream) -> Iterator[av.VideoFrame]:
    """All frames up to the first packet that is cut off."""
    for packet in container.demux(stream):
        if packet.is_corrupt:
            yield from stream.decode(None)
            return
        yield from packet.decode()


def _index(container: av.container.InputContainer, stream: av.VideoStream, path: Path) -> _Index:
    size = path.stat().st_size
    kept = [entry for entry in stream.index_entries if not entry.is_discard]
    whole = [entry for entry in kept if entry.pos + entry.size <= size]
    is_mov = "mov" in container.format.name
    if is_mov and kept and all(entry.is_keyframe for entry in kept):
        # Every picture stands alone, so the container's table is the order of display and nothing needs to be read.
        times = tuple(sorted(entry.timestamp for entry in whole))
        return _Index(times=times, keys=times, announced=len(kept))
    times, keys, end = [], [], 0
    try:
        for packet in container.demux(stream):
            if packet.pts is None or packet.is_discard or packet.is_corrupt:
                continue
            times.append(packet.pts)
            end = max(end, packet.pts + (packet.duration or 0))
            if packet.is_keyframe:
                keys.append(packet.pts)
    except av.FFmpegError:
        if not times:
            raise
    if is_mov:  # its header may count pictures that an edit list hides, its table does not
        cut_off = len(kept) - len(whole)
    else:
        cut_off = max(stream.frames - len(times), _promised_beyond(stream, end=float(end * stream.time_base)), 0)
    trusted = len(keys) == len(times) or any(name in container.format.name for name in _KEEP_TIMES)
    return _Index(times=tuple(sorted(times)), keys=tuple(sorted(keys)) if trusted else (), announced=len(times) + cut_off)


def _promised_beyond(stream: av.VideoStream, *, end: float) -> int:
    """How many pictures a Matroska header promises after `end` seconds; a few too many are nothing to speak of."""
    match = _DURATION.match(stream.metadata.get("DURATION", ""))
    if not match or not stream.average_rate:
        return 0
    hours, minutes, seconds = (float(part) for part in match.groups())
    beyond = round((hours * 3600 + minutes * 60 + seconds - end) * float(stream.average_rate))
    return beyond if beyond > _SLACK_FRAMES else 0


def _breaks_off(path: Path) -> bool:
    """Whether a QuickTime or MP4 file ends within one of its top-level boxes."""
    size, at = path.stat().st_size, 0
    with open(path, "rb") as file:
        while at + 8 <= size:
            file.seek(at)
            length, kind = struct.unpack(">I4s", file.read(8))
            if at == 0 and kind not in (b"ftyp", b"wide", b"moov", b"mdat", b"free", b"skip"):
                return False
            if length == 1:
                length = int.from_bytes(file.read(8), "big")
            if length == 0:
                return kind == b"mdat"
            at += max(8, length)
    return at != size


def _unreadable(path: Path, error: Exception) -> PlatelightError:
    return PlatelightError(ErrorCode.SOURCE_UNREADABLE, f"{path}: {getattr(error, 'strerror', None) or error}")


def _damaged(path: Path, number: int, error: Exception | None) -> PlatelightError:
    reason = f" ({error.strerror})" if error is not None and getattr(error, "strerror", None) else ""
    return PlatelightError(ErrorCode.SOURCE_TRUNCATED, f"{path} cannot be decoded at frame {number}{reason}")
