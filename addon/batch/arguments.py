"""The words of the command ``platelight``."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any

from ..contract import DEVICES, PRECISIONS
from ..link.command import COMMAND_VARIABLE

Command = Callable[[argparse.Namespace, Any], int]


def _frames(text: str) -> tuple[int, int]:
    first, _, last = text.partition("-")
    try:
        found = int(first), int(last or first)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is not a range such as 1001-1100") from error
    if found[0] > found[1]:
        raise argparse.ArgumentTypeError(f"{text!r} ends before it begins")
    return found


def _number(least: float, most: float) -> Callable[[str], float]:
    def number(text: str) -> float:
        try:
            found = float(text)
        except ValueError as error:
            raise argparse.ArgumentTypeError(f"{text!r} is not a number") from error
        if not least <= found <= most:
            raise argparse.ArgumentTypeError(f"{text} is not between {least:g} and {most:g}")
        return found

    return number


def _count(text: str) -> int:
    found = _number(1, 500)(text)
    if found != int(found):
        raise argparse.ArgumentTypeError(f"{text} is not a whole number")
    return int(found)


def parser(*, estimate: Command, match: Command, check_scene: Command, models: Command, doctor: Command) -> argparse.ArgumentParser:
    """Return the parser; its result's `run` is the command asked for."""
    top = argparse.ArgumentParser(
        prog="blender -b FILE.blend --command platelight",
        description="Estimate normals of plates, match their light and relight them, without a window.",
    )
    commands = top.add_subparsers(required=True, metavar="COMMAND")
    add = commands.add_parser(
        "estimate",
        help="estimate plates, attach the passes to the compositor, save the project",
        description="Estimate plates, wait, attach the passes with a relight group to the compositor of their scene, and save: "
        "`blender -b FILE.blend -a` then renders it relit, with neither engine nor add-on. What isn't given is as in the project.",
    )
    which = add.add_mutually_exclusive_group(required=True)
    which.add_argument("--strips", metavar="PATTERN", help='strips by name, such as "plate*"')
    which.add_argument("--clip", metavar="NAME", help="a movie clip by name")
    add.add_argument("--scene", action="append", default=[], metavar="NAME", help="only in this scene; may be repeated")
    add.add_argument(
        "--frames",
        type=_frames,
        metavar="FIRST-LAST",
        help="source frames, the numbers in the files' names (a movie's first is 1); all that the strip shows when not given",
    )
    add.add_argument("--handles", type=int, metavar="N", help="more frames on both sides, where the clip has them")
    add.add_argument("--out", metavar="DIR", help="folder of the passes; platelight/CLIP beside the project when not given")
    add.add_argument("--model", metavar="NAME", help="a name that `models` lists, or the folder of a checkpoint")
    add.add_argument("--max-resolution", type=int, metavar="PX", help="long side that the model sees, 0 for the plate's own")
    add.add_argument("--window", type=int, metavar="N", help="frames estimated together")
    add.add_argument("--overlap", type=int, metavar="N", help="frames that neighbouring windows share")
    add.add_argument("--decode-chunk-size", type=int, metavar="N", help="frames decoded together")
    add.add_argument("--precision", choices=PRECISIONS)
    add.add_argument("--device", choices=DEVICES)
    add.add_argument("--temporal", metavar="FILE", help="trained temporal blocks, or none for frames by themselves")
    add.add_argument("--overwrite", action="store_true", help="replace frames that Platelight wrote")
    add.add_argument(
        "--remove-outside",
        action="store_true",
        help="with --overwrite: delete frames outside the range that have other settings",
    )
    _add_saving(add, unsaved="leave the project as it is: only the passes are made")
    add.set_defaults(run=estimate)
    _add_match(commands).set_defaults(run=match)
    _add_check_scene(commands).set_defaults(run=check_scene)
    commands.add_parser("models", help="list the engine's models").set_defaults(run=models)
    check = commands.add_parser("doctor", help="say what the engine has and lacks; exits 1 when something is missing")
    check.set_defaults(run=doctor)
    for name in ("estimate", "models", "doctor"):
        commands.choices[name].add_argument(
            "--engine",
            default="",
            metavar="COMMAND",
            help=f"a full engine command, such as 'ssh gpu-box platelight-engine serve'; also by ${COMMAND_VARIABLE}",
        )
    return top


def _add_match(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> argparse.ArgumentParser:
    add = commands.add_parser(
        "match",
        help="find the light that is in relit plates, choose what becomes of it, save the project",
        description="Fit the light of plates to their normals, as Match Plate in the sidebar does, and save. Needs no engine. What "
        "isn't given is as in the project. Exits 1 when the light of a plate could not be found.",
    )
    add.add_argument("--shot", required=True, metavar="PATTERN", help='relit plates by name, such as "plate*"')
    add.add_argument("--scene", action="append", default=[], metavar="NAME", help="only in this scene; may be repeated")
    add.add_argument("--count", type=_count, metavar="N", help="frames to look at, evenly over the shot")
    add.add_argument(
        "--mode",
        choices=("off", "add", "replace", "mix"),
        help="what becomes of the light in the plate; replace when not given, as before for a plate that was matched before",
    )
    add.add_argument("--keep-original", type=_number(0, 1), metavar="SHARE", help="how much of it --mode mix keeps")
    add.add_argument("--albedo", type=_number(0.02, 0.95), metavar="SHARE", help="how much light the average surface reflects")
    add.add_argument("--smoothing", type=_number(0, 10_000), metavar="N", help="frames over which the light may change")
    add.add_argument(
        "--grey-surfaces", dest="grey_world", action=argparse.BooleanOptionalAction, help="take the average surface for grey"
    )
    add.add_argument("--sun", action="store_true", help="make a Sun and a World like that light, for CG objects")
    _add_saving(add, unsaved="leave the project as it is: only say what was found")
    add.set_defaults(engine="")
    return add


def _add_check_scene(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> argparse.ArgumentParser:
    add = commands.add_parser(
        "check-scene",
        help="say what would make renders of relit plates wrong; exits 1 when something would",
        description="Look whether all files that relit plates ask for are there, and whether renders show the plates as they are "
        "relit. Needs no engine and changes nothing. Exits 1 when something is wrong, 0 when all is well.",
    )
    add.add_argument("--scene", action="append", default=[], metavar="NAME", help="only this scene; may be repeated")
    add.set_defaults(engine="")
    return add


def _add_saving(command: argparse.ArgumentParser, *, unsaved: str) -> None:
    saving = command.add_mutually_exclusive_group()
    saving.add_argument("--no-save", action="store_true", help=unsaved)
    saving.add_argument("--save-as", metavar="FILE", help="save into another file")
