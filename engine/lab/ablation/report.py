"""The table and the curves of an ablation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import matplotlib
import numpy as np
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from ..measures.metrics import THRESHOLDS, Angular

matplotlib.use("Agg")
from matplotlib import pyplot as plt

WITHIN = THRESHOLDS.index(11.25)
PANELS = (
    ("vae", "loss/degrees", "vae: reconstruction (degrees)"),
    ("latent", "loss/denoising", "latent: denoising loss"),
    ("pixel", "loss/degrees", "pixel: angle (degrees)"),
    ("latent", "loss/cosine", "latent: cosine with the encoder"),
)
"""Stage, scalar and title of each picture."""


@dataclass(frozen=True, kw_only=True)
class TableRow:
    """`known`: errors on the sets to check, `unseen`: on the others, None where there are none. `cosine`: measured in training."""

    title: str
    known: Angular
    unseen: Angular | None
    cosine: float | None


@dataclass(frozen=True, kw_only=True)
class Seconds:
    """How long something took. `wall`: on the clock. `processor`: on all cores together, whatever else the machine did."""

    wall: float
    processor: float

    def __str__(self) -> str:
        return f"{self.wall:.0f} s, {self.processor:.0f} s of one core"


def scalars(run: Path, tag: str) -> tuple[np.ndarray, np.ndarray]:
    """Return steps and values, both (N,), that a run logged under `tag`; empty where it didn't."""
    events = EventAccumulator(str(run / "logs"), size_guidance={"scalars": 0})
    events.Reload()
    if tag not in events.Tags()["scalars"]:
        return np.zeros(0), np.zeros(0)
    found = {event.step: event.value for event in events.Scalars(tag)}
    return np.array(list(found)), np.array(list(found.values()))


def first_and_last(run: Path, tag: str, *, share: float = 0.1) -> tuple[float, float]:
    """Return the means of the first and the last `share` of a run's values.

    Raises:
        ValueError: the run has none.
    """
    values = scalars(run, tag)[1]
    if not len(values):
        raise ValueError(f"{run} has logged no {tag}")
    some = max(round(len(values) * share), 1)
    return float(values[:some].mean()), float(values[-some:].mean())


def seconds_of(run: Path) -> Seconds:
    """Return how long a run's steps took, in all its parts; loading not counted."""
    return Seconds(
        wall=float(scalars(run, "run/seconds")[1].sum()), processor=float(scalars(run, "run/processor_seconds")[1].sum())
    )


def smooth(values: np.ndarray, *, over: int) -> np.ndarray:
    """Return each value's mean with up to ``over - 1`` before it, the same length."""
    sums = np.concatenate([[0.0], np.cumsum(values)])
    stop = np.arange(1, len(values) + 1)
    start = np.maximum(stop - over, 0)
    return (sums[stop] - sums[start]) / (stop - start)


def write_table(path: Path, rows: Sequence[TableRow], *, seconds: Mapping[str, Seconds], decoder: Sequence[Angular]) -> None:
    """Markdown: a line a row, and below it how long each run took.

    Args:
        seconds: of each run by name.
        decoder: errors of true normals that went through the VAE, before and after its tuning.
    """
    unseen = any(row.unseen for row in rows)
    head = ["", "mean", "median", "% < 11.25", *(["unseen mean", "unseen median"] if unseen else []), "cosine"]
    lines = [head, ["---"] + ["---:"] * (len(head) - 1)]
    for row in rows:
        others = [f"{row.unseen.mean:.2f}", f"{row.unseen.median:.2f}"] if row.unseen else ["", ""] if unseen else []
        lines.append(
            [
                row.title,
                f"{row.known.mean:.2f}",
                f"{row.known.median:.2f}",
                f"{row.known.within[WITHIN]:.1f}",
                *others,
                "" if row.cosine is None else f"{row.cosine:.3f}",
            ]
        )
    times = [f"| {name} | {spent.wall:.0f} | {spent.processor:.0f} |" for name, spent in seconds.items()]
    parts = [
        "\n".join(f"| {' | '.join(line)} |" for line in lines),
        f"Angles in degrees. Through the VAE alone, true normals come back {decoder[0].mean:.2f} degrees off before its decoder is "
        f"tuned and {decoder[1].mean:.2f} after.",
        "\n".join(["| run | seconds on the clock | seconds of one core |", "| --- | ---: | ---: |", *times]),
    ]
    path.write_text("\n\n".join(parts) + "\n", encoding="utf-8")


def write_curves(path: Path, *, runs: Mapping[str, Path]) -> None:
    """A picture of every stage's curves; `runs`: folders by name, which begins with the stage."""
    figure, axes = plt.subplots(2, 2, figsize=(11, 7), layout="constrained")
    for panel, (stage, tag, title) in zip(axes.flat, PANELS, strict=True):
        for name, folder in runs.items():
            steps, values = scalars(folder, tag)
            if name.split("-")[0] == stage and len(values):
                panel.plot(steps, smooth(values, over=max(len(values) // 25, 1)), label=name, linewidth=1.2)
        panel.set_title(title)
        panel.set_xlabel("step")
        if tag == "loss/denoising":
            panel.set_yscale("log")
        panel.grid(alpha=0.3)
        panel.legend(fontsize=8)
    figure.savefig(path, dpi=110)
    plt.close(figure)
