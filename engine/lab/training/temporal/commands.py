"""``python -m engine train buffer-depth | buffer-normals | buffer-preview`` and ``python -m engine tune``. Torch is imported once a
command runs."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

ConfigFile = Annotated[Path, typer.Option(help="A TOML file; docs/training/buffer.md describes its keys")]


def add_to(app: typer.Typer) -> None:
    """Add the commands to `app`."""
    for name, words in (
        ("depth", "Buffer Anytime: make Depth Anything V2 stable over time, from unlabelled clips."),
        ("normals", "Buffer Anytime: make Marigold-E2E-FT normals stable over time, from unlabelled clips."),
        ("geometry", "Buffer Anytime: make MoGe's normals and depth stable over time together, from unlabelled clips."),
        ("preview", "Buffer Anytime in small: make the embedded model stable over time, from unlabelled clips."),
    ):
        app.command(f"buffer-{name}", help=words)(_command(name))


def _command(name: str) -> Callable[[Path], None]:
    def run(config: ConfigFile) -> None:
        from ....tuning.config import ANCHORED, MODELS
        from ..run.config_file import read_config
        from ..run.progress import follow

        settings, folder = read_config(config, MODELS[name]), config.resolve().parent
        given = {key: str(folder / Path(value).expanduser()) for key in ANCHORED if (value := getattr(settings, key))}
        settings = dataclasses.replace(settings, **given)
        from .trainer import train

        follow(train(settings), name=f"buffer-{name}")
        print(f"buffer-{name} is done: {settings.out}")

    return run


def _follow(steps: Iterator[Any]) -> Any:
    """Run to the end, with a line now and then; returns what the generator returns."""
    from ..run.progress import line

    while True:
        try:
            at = next(steps)
        except StopIteration as stop:
            return stop.value
        text = f"{100 * at.fraction:.0f} %, step {at.step}, loss {at.loss:.4f}, change {at.now.change:.2f}, away {at.now.away:.2f}"
        line(f"tune: {text}", last=False)


def tune(
    shot: Annotated[str, typer.Argument(help="A movie, a file of an image sequence, or name.####.ext")],
    out: Annotated[Path, typer.Option(help="Folder of the shot's passes; the blocks go to OUT/tuned")],
    model: Annotated[str, typer.Option(help="A name that `models` lists, or the folder of a checkpoint")] = "preview",
    minutes: Annotated[float, typer.Option(help="How long to train")] = 5.0,
    steps: Annotated[int, typer.Option(help="At most so many steps, 0 for as many as there is time for")] = 0,
    bound: Annotated[float, typer.Option(help="Farthest from the frame-by-frame answer: degrees, % for depth; 0: 4 and 8")] = 0.0,
    first: Annotated[int | None, typer.Option(help="First frame; a movie starts at 1")] = None,
    last: Annotated[int | None, typer.Option(help="Last frame")] = None,
    max_resolution: Annotated[int | None, typer.Option(help="Long side in pixels, 0 for native, as it will be estimated")] = None,
    color_space: Annotated[str, typer.Option(help="Of the clip, a name in the OpenColorIO configuration")] = "",
    ocio_config: Annotated[str, typer.Option(help="Path of a config.ocio, such as Blender's")] = "",
    clip: Annotated[str, typer.Option(help="Name of the clip in the files' names")] = "",
    device: Annotated[str, typer.Option(help="auto, cpu, cuda or mps")] = "auto",
    flow: Annotated[str, typer.Option(help="auto, dis or raft")] = "auto",
) -> None:
    """Make a model calmer on one shot, from the shot itself; `estimate` into the same folder uses what is learned."""
    from ....protocol import Source, Tune
    from ....tuning import tune as tuning

    source = Source(path=shot, clip=clip, color_space=color_space, ocio_config=ocio_config)
    request = Tune(
        job="tune",
        source=source,
        out=str(out.expanduser().absolute()),
        model=model,
        first=first,
        last=last,
        minutes=minutes,
        steps=steps,
        bound=bound,
        max_resolution=max_resolution,
        device=device,
        flow=flow,
    )
    print(tuning.describe(_follow(tuning.tune(request))))
