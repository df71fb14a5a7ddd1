"""Dataclasses from plain values, as JSON and TOML give them, strictly: an unknown, missing or unfitting field is an error."""

from __future__ import annotations

import dataclasses
import functools
import math
import reprlib
import types
import typing
from enum import StrEnum
from typing import Any, ClassVar, Protocol, TypeVar

from .bounds import WHOLE, Between

_WORDS = {int: "a whole number", float: "a number", str: "a text", bool: "true or false"}


class FieldError(ValueError):
    """A sentence that names a field from the outside in, as in ``frames.0.first``, and says what is wrong with it."""


class Dataclass(Protocol):
    """Any dataclass."""

    __dataclass_fields__: ClassVar[dict[str, Any]]


T = TypeVar("T", bound=Dataclass)


def build(cls: type[T], values: object, *, at: str = "") -> T:
    """Return a `cls` made of a dict of texts, numbers, lists and such dicts.

    Args:
        cls: a dataclass of texts, numbers, enums, tuples and such dataclasses. A number's `Between` bounds it.
        at: the name of the field that `values` is of, as errors show it; empty for the outermost.

    Raises:
        FieldError: as the module says; also for what `cls` itself refuses with a ValueError.
    """
    if not isinstance(values, dict):
        raise FieldError(f"{at} must be a table [{at}]" if at else f"{shown(values)} has no named fields")
    inside = f"{at}." if at else ""
    hints, required = _fields(cls)
    for name in values:
        if name not in hints:
            raise FieldError(f"{inside}{str(name)[:80]} is unknown; the keys are {', '.join(sorted(hints))}")
    for name in sorted(required):
        if name not in values:
            raise FieldError(f"{inside}{name} is missing")
    made = {name: _value(hints[name], value, f"{inside}{name}") for name, value in values.items()}
    try:
        return cls(**made)
    except FieldError:
        raise
    except ValueError as error:  # fields that are right by themselves and not together
        raise FieldError(f"{at}: {error}" if at else str(error)) from error


def is_whole(value: object) -> typing.TypeGuard[int]:
    """Return whether a value is a whole number that each side can hold, and no truth value."""
    return type(value) is int and -WHOLE <= value <= WHOLE


def shown(value: object) -> str:
    """Return a value in a few words, however large or deep it is."""
    return reprlib.repr(value)[:80]


@functools.cache
def _fields(cls: type[Dataclass]) -> tuple[dict[str, Any], frozenset[str]]:
    """Return the types of a dataclass's fields by name, with their bounds, and the names of those without a default."""
    hints = typing.get_type_hints(cls, include_extras=True)
    fields = dataclasses.fields(cls)
    nothing = dataclasses.MISSING
    required = frozenset(f.name for f in fields if f.default is nothing and f.default_factory is nothing)
    return {field.name: hints[field.name] for field in fields}, required


def _value(hint: Any, value: object, at: str) -> Any:
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin is typing.Annotated:
        number = _value(arguments[0], value, at)
        for bounds in (other for other in arguments[1:] if isinstance(other, Between)):
            if not bounds.least <= number <= bounds.most:
                raise _unfit(at, value, f"from {bounds.least} to {bounds.most}")
        return number
    if origin in (typing.Union, types.UnionType):
        if value is None and type(None) in arguments:
            return None
        return _value(next(option for option in arguments if option is not type(None)), value, at)
    if origin is tuple:
        return _tuple(arguments, value, at)
    if dataclasses.is_dataclass(hint):
        return build(typing.cast("type[Dataclass]", hint), value, at=at)
    if issubclass(hint, StrEnum):
        if isinstance(value, str) and value in hint._value2member_map_:
            return hint(value)
        raise _unfit(at, value, f"one of {', '.join(hint)}")
    if hint is float and is_whole(value):
        return float(value)
    fits = {int: is_whole, float: _is_finite, str: _is_text}.get(hint, lambda _: type(value) is hint)
    if not fits(value):
        raise _unfit(at, value, _WORDS[hint])
    return value


def _tuple(hints: tuple[Any, ...], value: object, at: str) -> tuple[Any, ...]:
    if not isinstance(value, (list, tuple)):
        raise _unfit(at, value, "a list")
    if hints[-1] is Ellipsis:
        hints = (hints[0],) * len(value)
    if len(hints) != len(value):
        raise FieldError(f"{at} is {shown(value)}; it must have {len(hints)} values")
    return tuple(_value(hint, item, f"{at}.{index}") for index, (hint, item) in enumerate(zip(hints, value, strict=True)))


def _is_finite(value: object) -> bool:
    return isinstance(value, float) and math.isfinite(value)


def _is_text(value: object) -> bool:
    """Return whether the system's own functions take it: a NUL ends a path; of half characters only the bytes of odd file names
    pass."""
    if not isinstance(value, str):
        return False
    try:
        value.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return False
    return "\0" not in value


def _unfit(at: str, value: object, rule: str) -> FieldError:
    return FieldError(f"{at} is {shown(value)}; it must be {rule}")
