"""What a job tells the user about, a sentence each."""

from __future__ import annotations

from collections.abc import Iterator

from ..frames.plate import Plate
from .plan import Piece

_CUTS_SHOWN = 8


def unlocked(folder: object) -> str:
    return f"{folder} is on storage without file locks: run no second job on it at once"


def removed(count: int, *, first: int, last: int) -> str:
    return f"{count} frames outside of {first}-{last} were made otherwise and are removed; estimate them again"


def joined(pieces: tuple[Piece, ...]) -> str:
    frames = ", ".join(f"{piece.first}-{piece.last}" for piece in pieces)
    return f"Frames {frames} are estimated apart from those beside them that were there; make all anew if the join shows"


def of_plate(plate: Plate) -> Iterator[str]:
    """What was found wrong with the plate, and what was done about it."""
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
    return f"Shots begin at frame{'s' if len(frames) > 1 else ''} {shown}{more}; they were estimated apart"
