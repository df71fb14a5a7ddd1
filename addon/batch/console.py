"""What the commands of ``platelight`` share: their words on the console, the end by a signal, and the project's file."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import bpy

from ..contract import ErrorCode, PlatelightError

PREFIX = "platelight: "


def say(text: str) -> None:
    print(f"{PREFIX}{text}", flush=True)


def complain(text: str, *, label: str = "") -> None:
    print(f"{PREFIX}{label}{': ' if label else ''}{text}", file=sys.stderr, flush=True)


class Stop:
    """Whether somebody asked for the end: Blender makes no exception of SIGINT, and would die of SIGTERM, its engine alive."""

    def __init__(self) -> None:
        self.asked = False

    def __call__(self, number: int, frame: object) -> None:
        self.asked = True


@contextmanager
def stoppable() -> Iterator[Stop]:
    """Yield both signals only ask for the end while the block runs."""
    stop = Stop()
    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler if handler is not None else signal.SIG_DFL)


def scenes_named(options: argparse.Namespace) -> list[bpy.types.Scene]:
    """Return the scenes of ``--scene``; none when all count.

    Raises:
        PlatelightError: `nothing_selected` where one isn't there.
    """
    for name in options.scene:
        if name not in bpy.data.scenes:
            raise PlatelightError(ErrorCode.NOTHING_SELECTED, f"there is no scene {name}")
    return [bpy.data.scenes[name] for name in options.scene]


def need_project(options: argparse.Namespace) -> None:
    """Raises:
    PlatelightError: `setting_invalid` where there is no file to save into, though one is wanted.
    """
    if not (options.no_save or options.save_as or bpy.data.filepath):
        raise PlatelightError(ErrorCode.SETTING_INVALID, "no project is open; name it before --command, or add --no-save")


def save(options: argparse.Namespace) -> None:
    """Save the project as `options` say.

    Raises:
        PlatelightError: `output_not_writable`.
    """
    if options.no_save:
        return
    path = os.path.abspath(options.save_as) if options.save_as else bpy.data.filepath
    try:
        bpy.ops.wm.save_as_mainfile(filepath=path, relative_remap=True)
    except RuntimeError as error:
        raise PlatelightError(ErrorCode.OUTPUT_NOT_WRITABLE, f"the project {path} was not saved ({str(error).strip()})") from error
    say(f"saved {path}")
