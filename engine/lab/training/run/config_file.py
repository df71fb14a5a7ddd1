"""Dataclasses from TOML files; whatever is wrong is told with the file and the key."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from ....protocol import ErrorCode, PlatelightError
from ....protocol.fields import FieldError, T, build

PATHS = ("model", "vae", "out", "root", "head", "latent", "pixel", "base", "start", "flow_weights")
"""Keys that hold a path; a relative one starts at the file's own folder."""

PATHS_OR_IDS = ("encoder",)
"""Keys that hold a path or an id on the hub: a path where there is such a folder, or where it begins with a point or a tilde."""


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


def from_table(table: dict[str, Any], kind: type[T], *, source: str, folder: Path) -> T:
    """Return a `kind` of a table. `source`: how errors name where it comes from. `folder`: where relative paths start."""
    try:
        return build(kind, _anchored(table, folder))
    except FieldError as error:
        raise PlatelightError(ErrorCode.SETTING_INVALID, f"{source}: {error}") from error
    except PlatelightError as error:
        raise PlatelightError(error.code, f"{source}: {error.detail}") from error


def _anchored(value: Any, folder: Path, *, key: str = "") -> Any:
    """Return a table whose relative paths start at `folder`, those of the tables within it too."""
    if isinstance(value, dict):
        return {name: _anchored(inner, folder, key=name) for name, inner in value.items()}
    if isinstance(value, list):
        return [_anchored(item, folder) for item in value]
    if isinstance(value, str) and value:
        path = folder / Path(value).expanduser()
        if key in PATHS or (key in PATHS_OR_IDS and (path.is_dir() or value.startswith((".", "~")))):
            return str(path)
    return value
