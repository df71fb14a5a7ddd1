"""Opening files through FFmpeg as Blender does, and what it says of them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import av
from av.container import InputContainer
from av.stream import Disposition

from ..protocol import ErrorCode, PlatelightError
from .movie_times import NO_TIME, counted

_OPTIONS = {"fflags": "-genpts", "protocol_whitelist": "file"}
"""No times but those of the file, as Blender has it; and no file that names others can reach for the network."""


def opened(path: Path) -> InputContainer:
    """Open a file; tags that aren't UTF-8 are read as well as can be. Raises: `av.FFmpegError`."""
    return av.open(str(path), container_options=_OPTIONS, metadata_errors="replace")


def video_stream(container: InputContainer, path: Path) -> av.VideoStream:
    """Return the stream that Blender shows: the first that isn't a cover picture.

    Raises:
        PlatelightError: `source_empty`; `source_unreadable` where nothing here knows how its pictures are packed.
    """
    streams = container.streams.video
    if not streams:
        raise PlatelightError(ErrorCode.SOURCE_EMPTY, f"{path} has no video")
    moving = [stream for stream in streams if not is_cover(stream)]
    if not moving:
        raise PlatelightError(ErrorCode.SOURCE_EMPTY, f"{path} has no video but a cover picture")
    if moving[0].codec_context is None:
        raise PlatelightError(ErrorCode.SOURCE_UNREADABLE, f"the pictures of {path} are packed in a way that no decoder here knows")
    return moving[0]


def is_still(container: InputContainer) -> bool:
    """Return whether the file is one picture rather than a movie, as `read_still` takes them."""
    name = container.format.name
    return name.endswith("_pipe") or name in ("image2", "ico")


def is_cover(stream: av.VideoStream) -> bool:
    return bool(stream.disposition & Disposition.attached_pic)


def frame_count(container: InputContainer, stream: av.VideoStream) -> int:
    """Return how many frames Blender counts in a stream; 0 where it shows nothing."""
    rate = stream.guessed_rate
    if not rate or stream.time_base is None:
        return 0
    sound = container.streams.audio[0] if container.streams.audio else None
    return counted(
        rate=rate,
        stream=None if stream.duration is None else float(stream.duration * stream.time_base),
        container=None if container.duration is None else container.duration / av.time_base,
        video_start=_start(stream),
        audio_start=_start(sound),
        announced=stream.frames,
    )


def _start(stream: av.stream.Stream | None) -> float:
    if stream is None or stream.start_time is None or stream.time_base is None:
        return 0.0
    return float(stream.start_time * stream.time_base)


def time_of(timed: av.VideoFrame | av.Packet) -> int:
    """When a picture or packet is shown; when it is decoded where that isn't known."""
    return timed.pts if timed.pts is not None else timed.dts if timed.dts is not None else NO_TIME


def pictures(container: InputContainer, stream: av.VideoStream) -> Iterator[av.VideoFrame]:
    """Yield all pictures from here to the end of the file.

    What can't be decoded before the first picture is left out: recordings begin in the middle of a group of pictures. So is a last
    packet that is cut off.

    Raises:
        av.FFmpegError: for damage behind the first picture.
    """
    begun = False
    for packet in whole_packets(container, stream):
        try:
            found = packet.decode()
        except av.InvalidDataError:
            if begun:
                raise
            continue
        begun = begun or bool(found)
        yield from found


def whole_packets(container: InputContainer, stream: av.VideoStream) -> Iterator[av.Packet]:
    """Yield the packets from here on without those at the end that are cut off. Elsewhere a damaged one may still give a
    picture."""
    waiting: list[av.Packet] = []
    for packet in container.demux(stream):
        if packet.is_corrupt:
            waiting.append(packet)
            continue
        if packet.size:
            yield from waiting
        waiting.clear()
        yield packet
