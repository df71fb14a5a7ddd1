"""Where the names of an image sequence have their frame number: one answer for the engine and the add-on."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property

_DIGITS = re.compile(r"\d+", re.ASCII)
_MARK = re.compile(r"##+|@@+|%0?(?P<printf>\d*)d|\$F(?P<houdini>\d*)", re.ASCII)
_LONE_MARK = re.compile(r"[#@](?=[^\d#@]*$)", re.ASCII)
_NEGATIVE = re.compile(r"(?:^|(?<=[\s._]))-(?P<digits>\d+)(?=\D*$)", re.ASCII)
_MOST = 999_999_999
"""Longer numbers, such as a date with a time, count no frames."""
MOST_NUMBER = 1_048_574
"""The highest number that Blender's Image node asks for."""
_CASE = re.IGNORECASE if os.name == "nt" else 0


@dataclass(frozen=True, kw_only=True)
class Place:
    """The frame number in a file's name: what is `before` it and what is `after`, the suffix included. `width`: how many digits it
    has at least, filled with zeros; 0 for any."""

    before: str
    after: str
    width: int

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        return re.compile(re.escape(self.before) + r"(\d+)" + re.escape(self.after), re.ASCII | _CASE)

    def number_in(self, name: str) -> int | None:
        """Return the number of another file of the sequence; None for a file that is none of it.

        0099 is followed by 0100, and 9999 by 10000: more digits than `width` are right only where they don't start with a zero.
        """
        match = self._pattern.fullmatch(name)
        if match is None:
            return None
        digits = match.group(1)
        fits = not self.width or len(digits) == self.width or (len(digits) > self.width and digits[0] != "0")
        return int(digits) if fits and int(digits) <= _MOST else None

    def name_of(self, number: int) -> str:
        return f"{self.before}{number:0{self.width}d}{self.after}"


def last_place(name: str, *, beside: Iterable[str] = ()) -> Place | None:
    """Return the last digits before the suffix, which are the number for Blender; None without any.

    Digits with a minus before them that stands alone (``foo -001.png``, ``n.-0001.exr``) are a negative number, and no place.

    Args:
        beside: names of the files in its folder; they tell whether 10000 follows 9999.
    """
    places = _places(name)
    return _with_fewer_digits(places[-1], set(beside)) if places else None


def place_of(name: str, *, beside: Iterable[str]) -> Place | None:
    """Where a file has its frame number: in the last digits; where no other file differs in those only, in the last digits in which
    one does, as in ``plate.1001_4k.png``. `beside` as in `last_place`."""
    names = set(beside)
    places = [_with_fewer_digits(place, names) for place in _places(name)]
    several = [place for place in places if any(place.number_in(other) is not None for other in names if other != name)]
    return next(reversed(several or places), None)


def _with_fewer_digits(place: Place, names: set[str]) -> Place:
    """Return a place whose numbers have run over into one more digit, where the last file before that is there."""
    while place.width > 1 and (fewer := replace(place, width=place.width - 1)).name_of(10**fewer.width - 1) in names:
        place = fewer
    return place


def marked_place(pattern: str) -> Place | None:
    """Return the place that is marked in a name: ``####``, ``@@@@``, ``%04d`` or ``$F4``; None where nothing is.

    A single ``#`` or ``@`` is a mark only where no digits follow.
    """
    stem, suffix = os.path.splitext(pattern)
    match = next(reversed(list(_MARK.finditer(stem))), None) or _LONE_MARK.search(stem)
    if match is None:
        return None
    told = match.groupdict()
    count = told.get("printf") or told.get("houdini") or (str(len(match[0])) if match[0][0] in "#@" else "0")
    width = int(count) if int(count) > 1 else 0
    return Place(before=stem[: match.start()], after=stem[match.end() :] + suffix, width=width)


def negative_kin(name: str, *, beside: Iterable[str]) -> tuple[str, ...]:
    """Return the other files that differ from this one in their number only: those with a negative number, and where its own is
    negative all. None where it has no number."""
    stem, suffix = os.path.splitext(name)
    match = _NEGATIVE.search(stem)
    place = last_place(name)
    if match is not None:
        before, after = stem[: match.start()], stem[match.end() :] + suffix
    elif place is not None:
        before, after = place.before, place.after
    else:
        return ()
    minus = "-" if match is None else "-?"
    kin = re.compile(re.escape(before) + minus + r"\d+" + re.escape(after), re.ASCII | _CASE)
    return tuple(sorted(other for other in beside if other != name and kin.fullmatch(other)))


def is_negative(name: str) -> bool:
    """Return whether a name's number has a minus that stands alone before it."""
    return _NEGATIVE.search(os.path.splitext(name)[0]) is not None


def _places(name: str) -> list[Place]:
    stem, suffix = os.path.splitext(name)
    negative = _NEGATIVE.search(stem)
    return [
        Place(before=stem[: match.start()], after=stem[match.end() :] + suffix, width=len(match[0]))
        for match in _DIGITS.finditer(stem)
        if (negative is None or match.start() != negative.start("digits")) and int(match[0]) <= _MOST
    ]
