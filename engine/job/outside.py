"""What becomes of a clip's frames outside the range that is asked for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..files import is_link
from . import notices
from .on_disk import Making, is_made_so
from .records import Records
from .request import Asked
from .store import PassStore


def settle(asked: Asked, making: Making, *, stores: Sequence[PassStore], records: Records) -> Iterator[str]:
    """Keep the clip's frames outside the range that have other settings, or remove them where that is asked for; tell which."""
    if not asked.overwrite:
        return
    kept: set[int] = set()
    removed: set[int] = set()
    for index, store in enumerate(stores):
        others = {
            frame: header
            for frame, header in store.outside(asked.frames).items()
            if not records.is_kept(index, frame)
            and (
                records.is_earlier(index, frame)
                or not is_made_so(header, settings=making.settings, revision=making.revision, color_space=making.color_space)
            )
        }
        if asked.remove_outside and not is_link(store.folder):
            records.forget_earlier(index)
            removed |= store.remove(others)
        else:
            kept |= others.keys()
    if removed:
        yield notices.removed(len(removed), first=asked.first, last=asked.last)
    if kept:
        yield notices.kept(len(kept), first=asked.first, last=asked.last)
