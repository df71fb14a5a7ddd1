"""Rules that settings of a training keep, and what may change between the parts of an interrupted run."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import fields
from typing import Any

from ..protocol import ErrorCode, PlatelightError


def changed_setting(before: Any, after: Any, *, free: Collection[str]) -> str:
    """Return the first setting that two configurations (dataclasses of one kind) differ in and that isn't in `free`, or an empty
    text."""
    names = (field.name for field in fields(after) if field.name not in free)
    return next((name for name in names if getattr(before, name) != getattr(after, name)), "")


def invalid(name: str, value: object, rule: str) -> PlatelightError:
    return PlatelightError(ErrorCode.SETTING_INVALID, f"{name} is {value!r}; {rule}")


def at_least(name: str, value: float, least: float) -> None:
    """Raises: `setting_invalid`, also for what is not a number."""
    if not value >= least:
        raise invalid(name, value, f"it must be at least {least}")


def one_of(name: str, value: str, known: tuple[str, ...]) -> None:
    """Raises: `setting_invalid`."""
    if value not in known:
        raise invalid(name, value, f"it may be {', '.join(known[:-1])} or {known[-1]}")
