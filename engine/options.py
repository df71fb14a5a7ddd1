"""Options that several commands share."""

from __future__ import annotations

from typing import Annotated

import typer

from .protocol import DEVICES, PRECISIONS

Precision = Annotated[str, typer.Option(help=f"{', '.join(PRECISIONS[:-1])} or {PRECISIONS[-1]}")]
Device = Annotated[str, typer.Option(help=f"{', '.join(DEVICES[:-1])} or {DEVICES[-1]}")]
