"""``python -m engine train buffer-depth | buffer-normals | buffer-preview``. Torch is imported once a command runs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

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
        from ..run.config_file import read_config
        from ..run.progress import follow
        from .config import MODELS

        settings = read_config(config, MODELS[name])
        from .trainer import train

        follow(train(settings), name=f"buffer-{name}")
        print(f"buffer-{name} is done: {settings.out}")

    return run
