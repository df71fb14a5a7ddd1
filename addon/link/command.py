"""Which engine to run: the command, its working folder and its environment, from the preferences."""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import bpy

from ..blender import typed
from ..contract import ErrorCode, PlatelightError
from ..identity import ROOT_PACKAGE, extension_root, user_folder
from . import installer

COMMAND_VARIABLE = "PLATELIGHT_ENGINE"
"""Environment variable: a full engine command, ``serve`` included, split as a shell would; it wins over the preferences."""

_PYTHONS = frozenset({"PYTHONUTF8", "PYTHONIOENCODING", "PYTHONFAULTHANDLER", "PYTHONDONTWRITEBYTECODE"})
"""Settings of Python that the engine may have from outside. All others are made for another Python, or change what it does."""

_INJECTED = frozenset({"LD_PRELOAD", "LD_AUDIT", "DYLD_INSERT_LIBRARIES", "DYLD_FORCE_FLAT_NAMESPACE"})
"""Libraries that a launcher puts into every program, such as overlays and profilers."""


class EngineKind(StrEnum):
    INSTALLED = "INSTALLED"
    EXISTING = "EXISTING"
    COMMAND = "COMMAND"


@dataclass(frozen=True, kw_only=True)
class EngineChoice:
    """What the preferences say.

    `python`: a Python, or the folder of an environment. `idle_seconds`: how long an engine with nothing to do stays.
    """

    kind: EngineKind = EngineKind.INSTALLED
    python: str = ""
    command: str = ""
    models_folder: str = ""
    idle_seconds: float = 120.0


def engine_choice() -> EngineChoice:
    """Return the preferences' choice; the defaults where the extension is not enabled but only imported."""
    addon = typed.preferences().addons.get(ROOT_PACKAGE)
    if addon is None or addon.preferences is None:
        return EngineChoice()
    prefs = addon.preferences
    return EngineChoice(
        kind=EngineKind(prefs.engine_kind),
        python=prefs.engine_python,
        command=prefs.engine_command,
        models_folder=prefs.models_folder,
        idle_seconds=prefs.idle_minutes * 60.0,
    )


def locks_folder() -> Path:
    """Return what an installation fetches, each package with its version and hashes."""
    return extension_root() / "engine" / "requirements" / "locks"


def engine_command() -> list[str]:
    """Return the command that serves.

    Raises:
        PlatelightError: `engine_missing` with what is wrong.
    """
    if variable := os.environ.get(COMMAND_VARIABLE, "").strip():
        return split(variable, COMMAND_VARIABLE)
    choice = engine_choice()
    if choice.kind is EngineKind.COMMAND:
        if not choice.command.strip():
            raise PlatelightError(ErrorCode.ENGINE_MISSING, "the engine command in the preferences is empty")
        return split(choice.command, "the engine command")
    if choice.kind is EngineKind.EXISTING:
        return [str(_existing_python(choice.python)), *installer.SERVE]
    folder = installer.engine_folder(user_folder())
    if problem := installer.problem(folder, locks=locks_folder()):
        raise PlatelightError(ErrorCode.ENGINE_MISSING, problem)
    return [str(installer.python_of(folder)), *installer.SERVE]


def engine_environment() -> dict[str, str]:
    """Return the environment of the engine and of the installer: Blender's own Python settings must not leak into theirs."""
    env = clean(os.environ)
    env["PYTHONUNBUFFERED"] = "1"
    env["PYTHONPYCACHEPREFIX"] = str(user_folder() / "pycache")  # nothing is written into the extension's folder
    if models := engine_choice().models_folder:
        env["PLATELIGHT_MODELS"] = bpy.path.abspath(models)
    if not bpy.app.online_access:
        env["HF_HUB_OFFLINE"] = "1"
    return env


def clean(environ: Mapping[str, str]) -> dict[str, str]:
    """Return an environment without what would change how a Python of our own runs."""
    return {
        name: value
        for name, value in environ.items()
        if name not in _INJECTED and (not name.startswith("PYTHON") or name in _PYTHONS)
    }


def check_online(purpose: str) -> None:
    """Raises:
    PlatelightError: `offline` when Blender may not go online.
    """
    if not bpy.app.online_access:
        forced = "Blender was started in offline mode" if bpy.app.online_access_override else "Online access is off in Blender"
        raise PlatelightError(ErrorCode.OFFLINE, f"{forced}, so {purpose}")


def split(text: str, where: str, *, posix: bool = os.name != "nt") -> list[str]:
    """Return the words of a command. `where`: what it stands in, for the error. `posix`: a backslash is no part of a path, but
    quotes.

    Raises:
        PlatelightError: `engine_missing` for a quote that isn't closed.
    """
    try:
        words = shlex.split(text, posix=posix)
    except ValueError as error:
        raise PlatelightError(ErrorCode.ENGINE_MISSING, f"{where} cannot be read: {error}") from error
    return words if posix else [_unquoted(word) for word in words]


def _unquoted(word: str) -> str:
    """`shlex` leaves the quotes around a word on Windows, where a backslash is a backslash."""
    is_quoted = len(word) > 1 and word[0] == word[-1] and word[0] in "\"'"
    return word[1:-1] if is_quoted else word


def _existing_python(chosen: str) -> Path:
    path = Path(bpy.path.abspath(chosen)) if chosen.strip() else None
    if path is None:
        raise PlatelightError(ErrorCode.ENGINE_MISSING, "no environment is chosen in the preferences")
    python = installer.python_of(path) if path.is_dir() else path
    if not python.is_file():
        raise PlatelightError(ErrorCode.ENGINE_MISSING, f"{python} does not exist")
    return python
