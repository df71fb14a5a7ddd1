"""What a job tells the user about, a sentence each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..frames.plate import Plate
from .on_disk import OnDisk
from .plan import Piece, Plan
from .ranges import contains

_CUTS_SHOWN = 8
_FILES_SHOWN = 3


def unlocked(folder: object) -> str:
    return f"{folder} is on storage without file locks: run no second job on it at once"


def removed(count: int, *, first: int, last: int) -> str:
    return f"Removed {count} frames outside {first}-{last} that had other settings; estimate them again if you need them"


def kept(count: int, *, first: int, last: int) -> str:
    return f"{count} frames outside {first}-{last} have other settings and were kept"


def kept_foreign(there: Sequence[OnDisk], plan: Plan) -> Iterator[str]:
    """Yield files of other programs that have taken the place of finished frames, and that the job leaves as they are."""
    written = [piece.frames for piece in plan.to_make]
    for each in there:
        names = [name for frame, name in sorted(each.foreign.items()) if not contains(written, frame)]
        if names:
            shown, more = ", ".join(names[:_FILES_SHOWN]), len(names) - _FILES_SHOWN
            yield f"Kept files that Platelight did not write: {shown}{f' and {more} more' if more > 0 else ''} in {each.folder}"


def joined(pieces: tuple[Piece, ...]) -> str:
    frames = ", ".join(f"{piece.first}-{piece.last}" for piece in pieces)
    return f"Frames {frames} were estimated separately from the frames next to them. If you can see a seam, use Make Anew"


def of_plate(plate: Plate) -> Iterator[str]:
    """Yield what was found wrong with the plate, and what was done about it."""
    if frames := plate.bad_frames:
        where = f"frame {frames[0]}" if len(frames) == 1 else f"{len(frames)} frames, the first is {frames[0]}"
        kinds = "NaN, infinite or beyond 65504"
        yield f"The plate has {plate.bad_pixels} pixels that are {kinds}, in {where}; they were replaced for the estimate"
    if frames := plate.unmasked_frames:
        where = f"Frame {frames[0]} has" if len(frames) == 1 else f"{len(frames)} frames, the first is {frames[0]}, have"
        yield f"{where} an alpha of 0 everywhere, which would hide the plate; it was ignored for the estimate"


def cuts(frames: tuple[int, ...]) -> str:
    shown = ", ".join(map(str, frames[:_CUTS_SHOWN]))
    more = f" and {len(frames) - _CUTS_SHOWN} more" if len(frames) > _CUTS_SHOWN else ""
    return f"Shots begin at frame{'s' if len(frames) > 1 else ''} {shown}{more}; each shot was estimated by itself"
