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
    return f"{folder} is on storage without file locks. Run only one job on it at a time"


def removed(count: int, *, first: int, last: int) -> str:
    return f"Deleted {count} frames outside {first}-{last}, made with other settings. Estimate them again if you need them"


def kept(count: int, *, first: int, last: int) -> str:
    return f"Kept {count} frames outside {first}-{last}. They were made with other settings"


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
    return f"Frames {frames} were estimated separately from the frames next to them. If you see a seam, use Redo All Frames"


def of_plate(plate: Plate) -> Iterator[str]:
    """Yield what was found wrong with the plate, and what was done about it."""
    if frames := plate.bad_frames:
        where = f"frame {frames[0]}" if len(frames) == 1 else f"{len(frames)} frames, the first is {frames[0]}"
        kinds = "NaN, infinite or beyond 65504"
        yield f"{plate.bad_pixels} pixels of the plate are {kinds} ({where}). The estimate uses other values for them"
    if frames := plate.unmasked_frames:
        where = f"Frame {frames[0]} has" if len(frames) == 1 else f"{len(frames)} frames, the first is {frames[0]}, have"
        yield f"{where} an alpha of 0 everywhere. The estimate ignored the alpha, which would hide the plate"


def cuts(frames: tuple[int, ...]) -> str:
    shown = ", ".join(map(str, frames[:_CUTS_SHOWN]))
    more = f" and {len(frames) - _CUTS_SHOWN} more" if len(frames) > _CUTS_SHOWN else ""
    return f"Cut at frame{'s' if len(frames) > 1 else ''} {shown}{more}. Each shot was estimated separately"
