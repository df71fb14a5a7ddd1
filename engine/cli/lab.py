"""The commands of `engine/lab`: training, evaluation and what `bench` compares with.

The extension's zip leaves that folder out. It is imported only when one of its commands is asked for.
"""

from __future__ import annotations

from pathlib import Path
from types import ModuleType

import typer

from ..protocol import ErrorCode, PlatelightError

FOLDER = Path(__file__).parents[1] / "lab"
COMMANDS = {
    "train": "Make data and train; from the source code only.",
    "evaluate": "Measure models against true normals and depths; from the source code only.",
}
_PASS_ON = {"allow_extra_args": True, "allow_interspersed_args": False, "ignore_unknown_options": True, "help_option_names": []}


def add_to(app: typer.Typer) -> None:
    """Add the commands to `app`; each hands all its arguments to the lab's own."""
    for name, words in COMMANDS.items():
        app.command(name, help=words, context_settings=_PASS_ON)(_run)


def _run(context: typer.Context) -> None:
    name = context.info_name or ""
    require(name)
    from ..lab.commands import app

    code = app([name, *context.args], prog_name=context.find_root().info_name, standalone_mode=False)
    raise typer.Exit(code or 0)


def require(command: str) -> None:
    """Do nothing where the lab is there.

    Raises:
        PlatelightError: `not_in_extension`, naming `command`.
    """
    if not is_here():
        raise PlatelightError(ErrorCode.NOT_IN_EXTENSION, f"`{command}` is in the folder engine/lab of the source code")


def is_here() -> bool:
    """Return whether this is the source code, which has the lab."""
    return (FOLDER / "__init__.py").is_file()


def comparisons() -> ModuleType:
    """Return what `bench` compares with; call `require` or `is_here` before."""
    from ..lab.bench import compare

    return compare
