"""``python -m engine tune``. Torch is imported once it runs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from ..options import Device
from ..reporting import line


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
    device: Device = "auto",
    flow: Annotated[str, typer.Option(help="auto, dis or raft")] = "auto",
) -> None:
    """Make a model calmer on one shot, from the shot itself; `estimate` into the same folder uses what is learned."""
    from ..protocol import Source, Tune
    from ..tuning import tune as tuning

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


def _follow(steps: Iterator[Any]) -> Any:
    """Run to the end, with a line now and then; returns what the generator returns."""
    while True:
        try:
            at = next(steps)
        except StopIteration as stop:
            return stop.value
        text = f"{100 * at.fraction:.0f} %, step {at.step}, loss {at.loss:.4f}, change {at.now.change:.2f}, away {at.now.away:.2f}"
        line(f"tune: {text}", last=False)
