"""Movies, frame by frame. Frame n, counted from 1, is the picture that Blender shows on frame n of the movie."""

from __future__ import annotations

import bisect
import hashlib
import math
import struct
from collections.abc import Iterator
from pathlib import Path

import av
from av.video.reformatter import VideoReformatter

from ..protocol import ErrorCode, PlatelightError
from . import container as files
from . import movie_times, pixels
from .container import time_of
from .movie_index import Index, index
from .movie_times import Clock
from .picture import Picture
from .picture_size import check_size
from .stamp import feed

_SAMPLES = 16
_LISTS = (b"#EXTM3U", b"ffconcat")
"""How playlists begin. One may go on for ever, or name whatever it likes."""
_RATE_TOLERANCE = 1e-3


class Movie:
    """A movie through PyAV. `first` is 1. `last`: the frame that first shows the last picture that the movie has or promises.
    `held`: up to which frame Blender shows that picture. Sound that outlasts the pictures makes a movie longer."""

    is_sequence = False
    first = 1

    def __init__(self, path: Path, *, frames: int = 0, rate: float = 0.0) -> None:
        """Index the movie and decode its first picture.

        Args:
            frames, rate: how many frames at how many a second Blender finds in it; 0 where it wasn't asked.

        Raises:
            PlatelightError: `source_empty`, `source_unreadable`, `source_truncated`, `source_timing`.
        """
        self.path = path
        with open(path, "rb") as file:
            head = file.read(max(map(len, _LISTS)))
        if not head:
            raise PlatelightError(ErrorCode.SOURCE_EMPTY, f"{path} is a file of zero bytes")
        if head.startswith(_LISTS):
            raise PlatelightError(ErrorCode.SOURCE_UNREADABLE, f"{path} is a list of other files; name the movie itself")
        try:
            with files.opened(path) as container:
                if files.is_still(container):
                    told = f"{path} is a picture of a kind that is not read here: write it as EXR, PNG or TIFF"
                    raise PlatelightError(ErrorCode.SOURCE_UNREADABLE, told)
                stream = files.video_stream(container, path)
                _check_stream(stream, path, blender_rate=rate)
                self._clock = _clock(stream)
                aspect = stream.sample_aspect_ratio
                frame = next(files.pictures(container, stream), None)
                self._coded_size = stream.codec_context.width, stream.codec_context.height
            with files.opened(path) as container:
                stream = files.video_stream(container, path)
                fields = frame is not None and frame.interlaced_frame
                self._index = index(container, stream, path, clock=self._clock, fields=fields)
        except av.FFmpegError as error:
            if isinstance(error, av.EOFError) or _breaks_off(path):
                raise PlatelightError(ErrorCode.SOURCE_TRUNCATED, f"{path} breaks off before its pictures can be found") from error
            raise _unreadable(path, error) from error
        if frame is None:
            code = ErrorCode.SOURCE_TRUNCATED if self._index.announced else ErrorCode.SOURCE_EMPTY
            raise PlatelightError(code, f"{path} has no picture that can be decoded")
        if self._index.length <= 0:
            detail = f"{path} does not say how long it is, so that Blender shows nothing of it"
            raise PlatelightError(ErrorCode.SOURCE_TIMING, detail)
        self.last = self._index.announced
        self.held = max(self.last, self._index.length, frames)
        self.notices = tuple(_notices(self._index, self._clock, begins=time_of(frame)))
        self.is_float = pixels.is_float(frame.format)
        turned = pixels.quarter_turns(frame) % 2
        self.width, self.height = (frame.height, frame.width) if turned else (frame.width, frame.height)
        self.pixel_aspect = float(aspect) if aspect and 0.1 < aspect < 10 else 1.0
        if turned:
            self.pixel_aspect = 1 / self.pixel_aspect

    def check(self, first: int, last: int) -> None:
        """Raises: `source_truncated` where the movie ends before `last`."""
        if last > self._index.whole:
            detail = f"{self.path} announces {self.last} frames but ends after {self._index.whole}"
            raise PlatelightError(ErrorCode.SOURCE_TRUNCATED, detail)

    def read(self, first: int, last: int) -> Iterator[Picture]:
        """Yield the pictures of frames `first` to `last`, one by one; the same one again where it is held.

        Raises:
            PlatelightError: `source_truncated` where a picture is damaged or missing, `frame_size_changed`.
        """
        reformatter = VideoReformatter()
        times = (self._clock.time(number) for number in range(first, last + 1))
        seen, picture = None, None
        for frame in movie_times.shown(self._decoded(self._clock.time(first)), times, time_of=time_of):
            if picture is None or frame is not seen:
                seen, picture = frame, pixels.picture(frame, reformatter=reformatter)
            yield picture
        if picture is None:
            raise _damaged(self.path, first)

    def stamp(self, first: int, last: int) -> str:
        """Return a short text that changes when the file's contents do; blocks spread over the file stand for the whole."""
        digest = hashlib.sha256()
        feed(digest, self.path, samples=_SAMPLES)
        return digest.hexdigest()[:32]

    def _decoded(self, time: int) -> Iterator[av.VideoFrame]:
        """Decoded pictures to the end of the movie; the first is what is shown at `time`, or one before that.

        Raises:
            PlatelightError: `source_truncated`, `frame_size_changed`, for what comes at `time` or later.
        """
        key = self._index.key_before(time)
        frames = self._from(key, needed=time)
        first = next(frames, None)
        if key is not None and (first is None or time_of(first) > time):  # the container went too far
            yield from self._from(None, needed=time)
        elif first is not None:
            yield first
            yield from frames

    def _from(self, key: int | None, *, needed: int) -> Iterator[av.VideoFrame]:
        """Decoded pictures from a key on, as `_decoded`."""
        newest = None
        try:
            with files.opened(self.path) as container:
                stream = files.video_stream(container, self.path)
                stream.thread_type = "AUTO"
                if key is not None:
                    container.seek(key, stream=stream, backward=True)
                for frame in files.pictures(container, stream):
                    time = time_of(frame)
                    if time >= needed:
                        self._check(frame, stream, after=newest)
                    newest = time
                    yield frame
            self._check_missing(newest, math.inf)
        except (av.InvalidDataError, av.EOFError) as error:
            raise _damaged(self.path, 1 if newest is None else self._clock.frame(newest) + 1, error) from error
        except av.FFmpegError as error:
            raise _unreadable(self.path, error) from error

    def _check(self, frame: av.VideoFrame, stream: av.VideoStream, *, after: int | None) -> None:
        """Raise where a picture is damaged, has another size than the first, or isn't the next one after the time `after`."""
        number = self._clock.frame(time_of(frame))
        if frame.is_corrupt:
            raise _damaged(self.path, number)
        # Blender goes by the decoder, too, which is some pictures ahead: it shows these scrambled.
        for size in ((frame.width, frame.height), (stream.codec_context.width, stream.codec_context.height)):
            if size != self._coded_size:
                (was, high), (now, tall) = self._coded_size, size
                detail = f"frame {number} of {self.path} is {now}x{tall}, the first is {was}x{high}"
                raise PlatelightError(ErrorCode.FRAME_SIZE_CHANGED, detail)
        self._check_missing(after, time_of(frame))

    def _check_missing(self, after: int | None, before: float) -> None:
        """Raise where there should have been a picture between two times; `after` is None before the first."""
        missing = None if after is None else self._index.missing(after, before)
        if missing is not None:
            raise _damaged(self.path, self._clock.frame(missing))


def _clock(stream: av.VideoStream) -> Clock:
    return Clock(start=stream.start_time or 0, step=float(1 / (stream.guessed_rate * stream.time_base)))


def _check_stream(stream: av.VideoStream, path: Path, *, blender_rate: float) -> None:
    """Raise where Blender shows another stream, or shows it at other times, or where a picture could not be held in memory."""
    if not stream.guessed_rate or stream.time_base is None:
        detail = f"{path} does not say how fast it plays, so that Blender shows nothing of it"
        raise PlatelightError(ErrorCode.SOURCE_TIMING, detail)
    check_size((stream.width, stream.height), path)
    if _clock(stream).time(1) < 0:
        raise PlatelightError(ErrorCode.SOURCE_TIMING, f"{path} begins before time zero, where Blender shows nothing")
    own = float(stream.guessed_rate)
    if blender_rate and abs(blender_rate / own - 1) > _RATE_TOLERANCE:
        detail = f"Blender reads {path} at {blender_rate:.5g} frames a second, the engine at {own:.5g}"
        raise PlatelightError(ErrorCode.SOURCE_TIMING, detail)


def _notices(found: Index, clock: Clock, *, begins: int) -> Iterator[str]:
    """Yield what the user should know. `begins`: the time of the first picture that can be decoded."""
    times = found.times
    if found.certain and (first := clock.frame(begins)) > 1:
        yield (
            f"The movie begins in the middle of a group of pictures: frames 1 to {first} hold the first picture that can be "
            "decoded, as in Blender. Transcode it to leave them out"
        )
        times = times[bisect.bisect_left(times, begins) :]
    gaps = movie_times.uneven(times, step=clock.step)
    told = [f"shows the picture before again on {_count(gaps.held, 'frame')}"] if gaps.held else []
    told += [f"leaves out {_count(gaps.left_out, 'picture')}"] if gaps.left_out else []
    if told:
        yield (
            f"The movie has a variable frame rate or dropped frames: Blender {' and '.join(told)}. The passes do the same. "
            "Transcode it to a constant rate for even motion"
        )

    if found.passed_over:
        yield (
            f"When Blender jumps to frame {found.passed_over} of this movie it shows another picture than when it plays up to it. "
            "Farms that render frames one by one jump. For them, transcode it, for example to ProRes in a .mov file"
        )


def _count(number: int, name: str) -> str:
    return f"{number} {name}{'s' if number > 1 else ''}"


def _breaks_off(path: Path) -> bool:
    """Return whether a QuickTime or MP4 file ends within one of its top-level boxes."""
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


def _damaged(path: Path, number: int, error: Exception | None = None) -> PlatelightError:
    told = getattr(error, "strerror", None)
    reason = f" ({told})" if told else ""
    return PlatelightError(ErrorCode.SOURCE_TRUNCATED, f"{path} cannot be decoded at frame {number}{reason}")
