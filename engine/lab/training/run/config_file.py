"""Dataclasses from TOML files; whatever is wrong is told with the file and the key."""

from __future__ import annotations

import tomllib
import types
import typing
from dataclasses import MISSING, fields, is_dataclass
from pathlib import Path
from typing import Any, TypeVar

from ....protocol import ErrorCode, PlatelightError

T = TypeVar("T")

PATHS = ("model", "vae", "out", "root", "head", "latent", "pixel", "base")
"""Keys that hold a path; a relative one starts at the file's own folder."""

PATHS_OR_IDS = ("encoder",)
"""Keys that hold a path or an id on the hub: a path where there is such a folder, or where it begins with a point or a tilde."""

_WORDS = {int: "a whole number", float: "a number", str: "a text", bool: "true or false"}


def read_config(path: Path, kind: type[T]) -> T:
    """Read `path` as a `kind`, a dataclass of texts, numbers, tuples and such dataclasses.

    Raises:
        PlatelightError: `setting_invalid`, naming the file and the key.
    """
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise PlatelightError(ErrorCode.SETTING_INVALID, f"{path}: {reason}") from error
    return from_table(content, kind, source=str(path), folder=path.resolve().parent)


def from_table(table: dict[str, Any], kind: type[T], *, source: str, folder: Path, prefix: str = "") -> T:
    """Return a `kind` of a table. `source`: how errors name where it comes from. `folder`: where relative paths start."""
    hints = typing.get_type_hints(kind)
    known = {field.name: field for field in fields(kind)}  # type: ignore[arg-type]
    for key in table:
        if key not in known:
            raise _invalid(source, prefix + key, f"unknown; the keys are {', '.join(sorted(known))}")
    for name, field in known.items():
        if name not in table and field.default is MISSING and field.default_factory is MISSING:
            raise _invalid(source, prefix + name, "missing")
    values = {
        key: _path(key, _value(value, hints[key], source=source, key=prefix + key, folder=folder), folder)
        for key, value in table.items()
    }
    try:
        return kind(**values)
    except PlatelightError as error:
        raise PlatelightError(error.code, f"{source}: {error.detail}") from error


def _value(value: Any, hint: Any, *, source: str, key: str, folder: Path) -> Any:
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        chosen = next(argument for argument in arguments if argument is not type(None))
        return _value(value, chosen, source=source, key=key, folder=folder)
    if is_dataclass(hint):
        if not isinstance(value, dict):
            raise _invalid(source, key, f"it must be a table [{key}]")
        return from_table(value, hint, source=source, folder=folder, prefix=f"{key}.")  # type: ignore[arg-type]
    if origin is tuple:
        return _tuple(value, arguments, source=source, key=key, folder=folder)
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if type(value) is not hint:
        raise _invalid(source, key, f"{value!r}; it must be {_WORDS[hint]}")
    return value


def _tuple(value: Any, arguments: tuple[Any, ...], *, source: str, key: str, folder: Path) -> tuple[Any, ...]:
    if not isinstance(value, list):
        raise _invalid(source, key, f"{value!r}; it must be a list")
    hints = (arguments[0],) * len(value) if arguments[-1] is Ellipsis else arguments
    if len(hints) != len(value):
        raise _invalid(source, key, f"{value!r}; it must have {len(hints)} values")
    return tuple(
        _value(item, hint, source=source, key=f"{key}.{index}", folder=folder)
        for index, (item, hint) in enumerate(zip(value, hints, strict=True))
    )


def _path(key: str, value: Any, folder: Path) -> Any:
    if isinstance(value, str) and value:
        path = folder / Path(value).expanduser()
        if key in PATHS or (key in PATHS_OR_IDS and (path.is_dir() or value.startswith((".", "~")))):
            return str(path)
    return value


def _invalid(source: str, key: str, what: str) -> PlatelightError:
    return PlatelightError(ErrorCode.SETTING_INVALID, f"{source}: {key} is {what}")
