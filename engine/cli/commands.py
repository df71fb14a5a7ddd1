"""The commands for people and farms. They translate, call and report; each error is a sentence, a remedy and its own exit code."""

from __future__ import annotations

import io
import os
import signal
import sys
import traceback
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console, RenderableType
from rich.table import Table
from typer.exceptions import TyperException

from ..failures import explain
from ..identity import version
from ..memory import keep_freed_memory
from ..models import registry
from ..options import Device, Precision
from ..protocol import ErrorCode, Estimate, EstimateSettings, PlatelightError, Source
from ..protocol.licences import PaidWork
from ..protocol.models import PREVIEW
from ..reporting import follow, gigabytes
from . import lab
from .tune import tune

app = typer.Typer(
    name="engine",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="Estimates normals of live-action plates.",
)
models_app = typer.Typer(invoke_without_command=True, help="List the models, or download one.")
app.add_typer(models_app, name="models")
app.command()(tune)
lab.add_to(app)

DEBUG = "PLATELIGHT_DEBUG"
_LOG_COLUMNS = 240


def main() -> int:
    """Run the command of ``sys.argv``; returns the exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _interrupt)
    try:
        return app(standalone_mode=False) or 0
    except _Interrupted:
        return _report(PlatelightError(ErrorCode.CANCELLED))
    except TyperException as error:
        said = error.format_message()
        print(said if said.startswith("Usage") else f"{said}\nAsk with --help.", file=sys.stderr)
        return error.exit_code
    except Exception as error:  # noqa: BLE001 - whatever it is, a person must be able to read it
        return _report(explain(error), error)


@app.callback()
def _options(context: typer.Context, debug: Annotated[bool, typer.Option("--debug", help="Show tracebacks.")] = False) -> None:
    if debug:
        os.environ[DEBUG] = "1"
    if context.invoked_subcommand != "bench":  # it measures how things are without, too
        keep_freed_memory()


@app.command()
def estimate(
    source: Annotated[str, typer.Argument(help="A movie, a file of an image sequence, or name.####.ext")],
    out: Annotated[Path, typer.Option(help="Folder for the passes: OUT/normal/<clip>.<frame>.exr")],
    model: Annotated[str, typer.Option(help="A name that `models` lists, or the folder of a checkpoint")] = "",
    first: Annotated[int | None, typer.Option(help="First frame; a movie starts at 1")] = None,
    last: Annotated[int | None, typer.Option(help="Last frame")] = None,
    handles: Annotated[int, typer.Option(help="More frames on both sides, where the clip has them")] = 0,
    max_resolution: Annotated[int | None, typer.Option(help="Long side in pixels, 0 for native")] = None,
    window: Annotated[int, typer.Option(help="Frames estimated together, 0 for what the model was made for")] = 0,
    overlap: Annotated[int, typer.Option(help="Frames that neighbouring windows share, -1 for what the model was made for")] = -1,
    decode_chunk_size: Annotated[int, typer.Option(help="Frames decoded together; less needs less memory")] = 7,
    precision: Precision = "auto",
    device: Device = "auto",
    color_space: Annotated[str, typer.Option(help="Of the clip, a name in the OpenColorIO configuration")] = "",
    ocio_config: Annotated[str, typer.Option(help="Path of a config.ocio, such as Blender's")] = "",
    clip: Annotated[str, typer.Option(help="Name of the clip in the files' names")] = "",
    passes: Annotated[list[str] | None, typer.Option("--pass", help="One of the model's passes; without it all")] = None,
    temporal: Annotated[str, typer.Option(help="auto, none for frames by themselves, or a file of temporal blocks")] = "auto",
    tokens: Annotated[int, typer.Option(help="Patches that MoGe sees a frame in, 1200 to 3600; 0 for what it was made for")] = 0,
    fov: Annotated[float, typer.Option(help="Known horizontal field of view in degrees, for MoGe; 0 to have it estimated")] = 0.0,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace the frames asked for where they are there")] = False,
    remove_outside: Annotated[
        bool, typer.Option("--remove-outside", help="With --overwrite: delete frames outside the range that have other settings")
    ] = False,
) -> None:
    """Estimate the passes of a clip."""
    from ..job.estimate import run

    if not model:
        model = registry.default_model()
        if model == PREVIEW.name:
            print("No model for finals is installed, so the preview model is used; see `python -m engine models`", file=sys.stderr)
    licence = registry.info(model).licence
    if licence.paid is not PaidWork.YES:
        print(f"Paid work: {licence.paid}. Licence of {model}: {licence}", file=sys.stderr)
    if max_resolution is None:
        max_resolution = registry.info(model).default_resolution
    settings = EstimateSettings(
        model=model,
        max_resolution=max_resolution,
        window=window,
        overlap=overlap,
        decode_chunk_size=decode_chunk_size,
        precision=precision,
        device=device,
        temporal=temporal,
        tokens=tokens,
        fov=fov,
    )
    plate = Source(path=source, clip=clip, color_space=color_space, ocio_config=ocio_config)
    request = Estimate(
        job="cli",
        source=plate,
        out=str(out),
        first=first,
        last=last,
        handles=handles,
        settings=settings,
        overwrite=overwrite,
        remove_outside=remove_outside,
        passes=tuple(passes or ()),
    )
    result = follow(run(request), unit="frames")
    print(
        f"{result.frames_written} frames written, {result.frames_reused} reused, in {result.seconds:.1f} s: "
        + ", ".join(f"{out / name / result.clip}.{result.first:04d}-{result.last:04d}.exr" for name in result.passes)
    )
    for lens in result.lenses:
        print(f"horizontal field of view from frame {lens.first} on: {lens.fov:.2f} degrees")


@app.command()
def serve() -> None:
    """Speak the add-on's protocol on standard input and output."""
    from ..server import main as serve_main

    raise typer.Exit(serve_main())


@models_app.callback()
def models(context: typer.Context) -> None:
    """List the models."""
    if context.invoked_subcommand:
        return
    table = Table("Model", "Title", "Installed", "Download", "Paid work", "Licence", "Folder")
    for entry in registry.entries():
        size = gigabytes(entry.size_bytes) if entry.size_bytes else "embedded"
        here = "yes" if entry.installed else "no"
        table.add_row(entry.name, entry.title, here, size, entry.paid.value, entry.licence, entry.folder)
    _print(table)


@models_app.command()
def download(name: Annotated[str, typer.Argument(help="A name that `models` lists")]) -> None:
    """Fetch a model's weights; continues where it stopped."""
    from ..models.download import run
    from ..protocol import DownloadModel

    result = follow(run(DownloadModel(job="cli", model=name), cancelled=lambda: False), unit="bytes")
    print(f"{name} is in {result.folder}")


@app.command()
def doctor() -> None:
    """Say what is there: device, memory, versions, models, disk."""
    from ..doctor import examine

    result = examine()
    table = Table("", "What", "Found", "Remedy", title=f"Platelight {version()}: {result.device}")
    for finding in result.findings:
        table.add_row("ok" if finding.ok else "!!", finding.name, finding.value, finding.remedy)
    _print(table)
    if not all(finding.ok for finding in result.findings):
        raise typer.Exit(1)


@app.command()
def bench(
    model: Annotated[
        list[str] | None, typer.Option(help="A name that `models` lists, or the folder of a checkpoint; repeat it to compare")
    ] = None,
    random_weights: Annotated[
        str, typer.Option(help="Random weights instead: svd for NormalCrafter's full size, tiny for one of each kind, compared")
    ] = "",
    size: Annotated[str, typer.Option(help="WIDTHxHEIGHT of the frames")] = "448x256",
    frames: Annotated[int, typer.Option(help="How many frames")] = 28,
    precision: Precision = "auto",
    device: Device = "auto",
    baseline: Annotated[bool, typer.Option("--baseline", help="Run in PyTorch's default memory formats, for comparison")] = False,
) -> None:
    """Measure seconds a frame in each stage."""
    from ..bench import Load, bench_many
    from ..bench import bench as measure
    from ..bench_report import render, render_many

    width, _, height = size.lower().partition("x")
    if not (width.isdigit() and height.isdigit()):
        raise PlatelightError(ErrorCode.SETTING_INVALID, f"size {size!r}; it may be WIDTHxHEIGHT, such as 448x256")
    load = Load(size=(int(width), int(height)), frames=frames, precision=precision, device=device)
    models, tiny = model or [PREVIEW.name], random_weights == "tiny"
    if baseline and (len(models) > 1 or tiny):
        raise PlatelightError(ErrorCode.SETTING_INVALID, "a baseline is measured for one model by itself")
    if random_weights or baseline:
        lab.require("bench --baseline" if baseline else "bench --random-weights")
    if tiny:
        _print(render_many(lab.comparisons().bench_tiny(load)))
    elif len(models) > 1 and not random_weights:
        _print(render_many(bench_many(dict(zip(models, models, strict=True)), load)))
    elif lab.is_here():
        _print(render(lab.comparisons().bench(models[0], load, random_weights=random_weights, baseline=baseline)))
    else:
        _print(render(measure(models[0], load)))


def _print(table: RenderableType) -> None:
    """On a terminal as wide as it is; elsewhere in plain ASCII, without cutting lines."""
    if sys.stdout.isatty():
        Console().print(table)
        return
    sys.stdout.flush()
    plain = io.TextIOWrapper(sys.stdout.buffer, encoding="ascii", errors="backslashreplace")
    Console(file=plain, width=_LOG_COLUMNS, no_color=True, emoji=False).print(table)
    plain.detach()


def _report(error: PlatelightError, cause: BaseException | None = None) -> int:
    if os.environ.get(DEBUG):
        traceback.print_exception(cause or error, file=sys.stderr)
    print(f"\n{error.sentence}.\n{error.remedy}", file=sys.stderr)
    return error.exit_code


class _Interrupted(BaseException):
    """Ctrl-C, or a farm's polite kill; no library mistakes it for a failure of its own."""


def _interrupt(signum: int, frame: object) -> None:
    raise _Interrupted
