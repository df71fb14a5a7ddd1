"""``python -m engine train vae | latent | pixel | make-tiny``. Torch is imported once a command runs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

ConfigFile = Annotated[Path, typer.Option(help="A TOML file; docs/training describes its keys")]


def add_to(app: typer.Typer) -> None:
    """Add the commands to `app`."""
    for name, words in (
        ("vae", "Fine-tune the temporal decoder of a Stable Video Diffusion checkpoint on normals."),
        ("latent", "Stage 1 of NormalCrafter: train the whole U-Net on latents."),
        ("pixel", "Stage 2 of NormalCrafter: train the U-Net's spatial layers on decoded normals."),
    ):
        app.command(name, help=words)(_stage(name))
    app.command("make-tiny")(make_tiny)


def _stage(name: str) -> Callable[[Path], None]:
    def run(config: ConfigFile) -> None:
        from ..run.config_file import read_config
        from ..run.progress import follow, is_first
        from .config import STAGES

        settings = read_config(config, STAGES[name])
        from ....models.normalcrafter.checkpoint import hide_progress_bars
        from .trainer import train

        hide_progress_bars()

        follow(train(settings), name=name)
        if is_first():
            print(f"{name} is done: {Path(settings.out) / 'model'}")

    return run


def make_tiny(config: ConfigFile) -> None:
    """Make a tiny checkpoint to try training on, with data and steps for its VAE from a config of the stage vae."""
    from ....reporting import line
    from ..run.config_file import read_config
    from .config import VaeConfig

    settings = read_config(config, VaeConfig)
    from ....models.normalcrafter.checkpoint import hide_progress_bars
    from .tiny import make_tiny as make

    hide_progress_bars()
    for step, error in make(settings):
        line(f"make-tiny: step {step}/{settings.steps}, error {error:.4f}", last=step == settings.steps)
    print(f"a tiny checkpoint is in {settings.out}")
