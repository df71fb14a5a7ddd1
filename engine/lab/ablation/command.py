"""``python -m engine train ablate``. Torch is imported once it runs."""

from __future__ import annotations

from pathlib import Path

from ...reporting import line
from ..training.normalcrafter.commands import ConfigFile


def ablate(config: ConfigFile) -> None:
    """Run all stages and each of them left out, and write one table."""
    from ..training.run.config_file import read_config
    from .plan import AblationConfig

    settings = read_config(config, AblationConfig)
    from ...models.normalcrafter.checkpoint import hide_progress_bars
    from .run import run

    hide_progress_bars()
    for text in run(settings):
        line(text, last=True)
    print((Path(settings.out) / "table.md").read_text(encoding="utf-8"))
