"""What a movie's packets tell of its pictures, before any is decoded."""

from __future__ import annotations

import bisect
import dataclasses
import itertools
import re
from dataclasses import dataclass
from pathlib import Path

import av
from av.container import InputContainer

from ..protocol import ErrorCode, PlatelightError
from . import movie_times
from .container import frame_count, time_of, whole_packets
from .movie_times import Clock

_DURATION = re.compile(r"(\d+):(\d+):([\d.]+)")
_SLACK_FRAMES = 3
_TRIES = 8
_MOV = "mov"
_KEEP_TIMES = (_MOV, "matroska", "mpegts", "flv")
"""Containers whose times are those of the pictures. Others store the order of decoding only, or times that H.264 in them doesn't
keep to (AVI, MXF), or none that can be sought (MPEG)."""


@dataclass(frozen=True, kw_only=True)
class Index:
    """What is known of a movie's pictures without decoding them.

    `times`: of the pictures, ascending; of decoding where those of showing are not to be trusted. `certain`: those of them that a
    decoder fails to give only where the file is damaged. `keys`: those at which decoding can start; none where the container can't
    be sought exactly, so that it starts at the first. `whole`: the last frame up to which no picture is missing. `announced`: the
    last that the file says it has. `length`: how many frames Blender counts. `passed_over`: a frame that Blender doesn't reach when
    it jumps there, 0 for none.
    """

    times: tuple[int, ...]
    certain: tuple[int, ...] = ()
    keys: tuple[int, ...] = ()
    whole: int = 0
    announced: int = 0
    length: int = 0
    passed_over: int = 0

    def key_before(self, time: int) -> int | None:
        """Where decoding may start for what is shown at `time`, None for the beginning of the file.

        One key further back than the nearest: pictures right after a key may lean on what came before it.
        """
        near = bisect.bisect_right(self.keys, time)
        return self.keys[near - 2] if near > 2 else None

    def missing(self, after: int, before: float) -> int | None:
        """Return a time between those of two decoded pictures at which there should have been one."""
        at = bisect.bisect_right(self.certain, after)
        return self.certain[at] if at < len(self.certain) and self.certain[at] < before else None


def index(container: InputContainer, stream: av.VideoStream, path: Path, *, clock: Clock, fields: bool) -> Index:
    """Read what the container's table says, or all packets.

    Args:
        fields: whether the pictures are interlaced, so that each field may have a packet and a time of its own.

    Raises:
        PlatelightError: `source_timing` where times start again.
        av.FFmpegError: nothing can be read.
    """
    size = path.stat().st_size
    kept = [entry for entry in stream.index_entries if not entry.is_discard]
    cut_off = sum(entry.pos + entry.size > size for entry in kept)
    is_mov = _MOV in container.format.name
    if is_mov and kept and all(entry.is_keyframe for entry in kept):
        # Every picture stands alone, so the container's table is the order of display and nothing needs to be read.
        times = tuple(sorted(entry.timestamp for entry in kept if entry.pos + entry.size <= size))
        found = Index(times=times, certain=times, keys=times)
    else:
        found, end = _of_packets(container, stream, path, clock=clock, fields=fields)
    shown = clock if found.certain or not found.times else Clock(start=found.times[0], step=clock.step)
    whole = shown.frame(found.times[-1]) if found.times else 0
    length = frame_count(container, stream)
    if is_mov:  # its header may count pictures that an edit list hides, its table does not
        whole = len(found.times) if cut_off else whole  # the last times of a file that breaks off have gaps
        beyond = cut_off
    else:
        whole = whole if found.certain else max(whole, length)
        beyond = max(stream.frames - max(whole, len(found.times)), _promised_beyond(stream, end=float(end * stream.time_base)), 0)
    return dataclasses.replace(found, whole=whole, announced=whole + beyond, length=length)


def _of_packets(container: InputContainer, stream: av.VideoStream, path: Path, *, clock: Clock, fields: bool) -> tuple[Index, int]:
    """Return what all packets tell, and when the last picture ends."""
    keeps = any(name in container.format.name for name in _KEEP_TIMES)
    packets = _Packets(only_timed=keeps)
    packets.read(container, stream)
    if movie_times.start_again(packets.decoding, step=clock.step):
        detail = f"times start again within {path}, which was joined from several recordings"
        raise PlatelightError(ErrorCode.SOURCE_TIMING, detail)
    alone = len(packets.keys) == len(packets.times)
    if not (keeps or alone) and stream.codec_context.has_b_frames:
        return Index(times=tuple(sorted(packets.decoding))), packets.end
    times, certain, keys = (tuple(sorted(found)) for found in (packets.times, packets.certain, packets.keys))
    if keeps and fields:
        times, certain, keys = (movie_times.first_fields(found, step=clock.step) for found in (times, certain, keys))
    found = Index(
        times=times,
        certain=certain,
        keys=keys if keeps or alone else (),
        passed_over=_passed_over(container, stream, packets, clock=clock) if _MOV in container.format.name else 0,
    )
    return found, packets.end


def _passed_over(container: InputContainer, stream: av.VideoStream, packets: _Packets, *, clock: Clock) -> int:
    """Return a frame where Blender would begin to decode at a later key, found by doing so; 0 for none."""
    for frame in itertools.islice(movie_times.passed_over(packets.decoded_keys, clock), _TRIES):
        wanted = clock.time(frame)
        container.seek(max(int(wanted - movie_times.LEAD * clock.step), 0), stream=stream)
        packet = next(container.demux(stream))
        if packet.pts is not None and packet.pts > wanted:
            return frame
    return 0


class _Packets:
    """Times of a stream's packets. `decoding`: in the order of the file. `decoded_keys`: when each key is decoded and when it is
    shown. `end`: where the last picture ends.

    `only_timed`: leave out packets that don't say when they are shown: each is a part of the picture before it.
    """

    def __init__(self, *, only_timed: bool) -> None:
        self._only_timed = only_timed
        self.times: list[int] = []
        self.certain: list[int] = []
        self.keys: list[int] = []
        self.decoding: list[int] = []
        self.decoded_keys: list[tuple[int, int]] = []
        self.end = 0

    def read(self, container: InputContainer, stream: av.VideoStream) -> None:
        try:
            for packet in whole_packets(container, stream):
                if packet.size and not packet.is_discard:
                    self._add(packet)
        except av.FFmpegError:
            if not self.times:
                raise

    def _add(self, packet: av.Packet) -> None:
        time = time_of(packet)
        if time == movie_times.NO_TIME or (self._only_timed and packet.pts is None):
            return
        self.times.append(time)
        self.end = max(self.end, time + (packet.duration or 0))
        if packet.dts is not None:
            self.decoding.append(packet.dts)
        if packet.is_keyframe:
            self.keys.append(time)
            self.decoded_keys.append((packet.dts if packet.dts is not None else time, time))
        if self.keys and time >= self.keys[-1]:  # what is shown before the key that it follows may lean on what isn't there
            self.certain.append(time)


def _promised_beyond(stream: av.VideoStream, *, end: float) -> int:
    """Return how many pictures a Matroska header promises after `end` seconds; a few too many are nothing to speak of."""
    match = _DURATION.match(stream.metadata.get("DURATION", ""))
    if not match or not stream.average_rate:
        return 0
    hours, minutes, seconds = (float(part) for part in match.groups())
    beyond = round((hours * 3600 + minutes * 60 + seconds - end) * float(stream.average_rate))
    return beyond if beyond > _SLACK_FRAMES else 0
