"""Movies of kinds that people meet: the number of the picture that Blender 4.5 and 5.2 show on each frame, from the first on.

`tests/blender` renders them and `tests/engine` reads them; both must give these numbers.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain, repeat

from engine.protocol import ErrorCode


def _many(*parts: int | Iterable[int]) -> tuple[int, ...]:
    return tuple(chain.from_iterable((part,) if isinstance(part, int) else part for part in parts))


def _run(first: int, last: int) -> range:
    return range(first, last + 1)


SHOWN: dict[str, tuple[int, ...]] = {
    "strip-longer-than-the-pictures/a.mkv": _many(_run(1, 48), repeat(48, 10)),
    "edit-list-trim/h264_cut.mp4": _many(_run(16, 48), 48),
    "b-frames-in-avi/h264b.avi": _many(1, 1, _run(1, 22)),
    "avi-null-frames/null.avi": (1, 2, 3, 4, 4, 5, 6, 7, 8, 8, 8, 9, 10, 11, 12),
    "field-coded-avchd/paff.mts": _many(_run(1, 20)),
    "starts-in-the-middle-of-a-gop/h264_midcapture.ts": _many(13, _run(13, 48)),
    "starts-in-the-middle-of-a-gop/mpeg2_midcapture.ts": _many(repeat(25, 14), _run(25, 48)),
    "variable-rate/gap.mp4": _many(_run(1, 8), repeat(8, 4), _run(13, 28)),
    "variable-rate/uneven.gif": _many(1, 2, repeat(3, 3), 4, 5, repeat(6, 10), 7, 8),
    "streams/two_diff.mov": _many(_run(1, 12)),
    "fields-in-one-packet/paff_pes_aud.mts": _many(_run(1, 20)),
    "fields-in-one-packet/paff_pes_noaud.mkv": _many(_run(1, 20)),
    "open-gop-and-hidden-pictures/dash.mp4": _many(_run(1, 24)),
    "open-gop-and-hidden-pictures/h264_cut.mov": _many(_run(16, 48), 48),
    "open-gop-and-hidden-pictures/hevc_cut.mp4": _many(_run(16, 48), 48),
    "open-gop-and-hidden-pictures/hevc_open.mp4": _many(_run(1, 48)),
    "open-gop-and-hidden-pictures/hevc_rasl.mp4": _many(_run(13, 48)),
    "open-gop-and-hidden-pictures/negcts.mp4": _many(_run(1, 24)),
    # Mirrored, as Blender leaves them: so are the bars. Of one on its side the row of pixels in the middle is read.
    "rotation-mirror-anamorphic/hflip.mp4": (128, 64, 192, 32, 160, 96, 224, 16, 144, 80, 208, 48),
    "rotation-mirror-anamorphic/r270.mp4": _many(repeat(1, 7), repeat(25, 5)),
    "rotation-mirror-anamorphic/r90.mp4": _many(repeat(128, 7), repeat(152, 5)),
    "rotation-mirror-anamorphic/rot90flip.mp4": _many(repeat(1, 7), repeat(25, 5)),
    "rotation-mirror-anamorphic/sar2r90.mp4": _many(repeat(128, 7), 152),
    "colour-tags/bt2020_pc.mp4": (1, 2, 3),
    "colour-tags/bt601_tv.mp4": (1, 2, 3),
    "colour-tags/x264_bt2020_tv.mp4": (1, 2, 3),
    "colour-tags/x264_bt709_pc.mp4": (1, 2, 3),
    "frame-rates/long24.mp4": _many(_run(1, 250)),
}

COVERED = "streams/cover_first.mp4"
"""Its cover picture comes first. Blender shows the movie since 5.2, and the cover before."""
COVERED_SHOWN = _many(_run(1, 12))

REFUSED: dict[str, tuple[ErrorCode, str]] = {
    "joined-transport-streams/joined.ts": (ErrorCode.SOURCE_TIMING, "times start again"),
    "streams/raw.h264": (ErrorCode.SOURCE_TIMING, "does not say how long it is"),
}
