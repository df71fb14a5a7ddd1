"""What a bench run found, and how it is shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.console import Group
from rich.table import Table

from .models.normalcrafter.windows import plan
from .protocol import EstimateSettings, Stage

NETWORKS = (Stage.CLIP, Stage.ENCODE, Stage.UNET, Stage.DECODE)


@dataclass(frozen=True, kw_only=True)
class Cost:
    """`frames` that went through a stage in `seconds`. `flops`: of the published network for all of them, 0 where not counted."""

    frames: int = 0
    seconds: float = 0.0
    flops: float = 0.0


@dataclass(frozen=True, kw_only=True)
class BenchReport:
    """One run. `wall`, `processor`: seconds of the whole job, and of all cores together. `costs`: by stage; reading and writing
    are measured alone, in the job they go on beside the networks. `matrix_flops`: per second of a plain matrix product in the same
    precision. `peak_bytes`: the most this process held."""

    title: str
    frames: int
    size: tuple[int, int]
    precision: str
    device: str
    why: str
    wall: float
    processor: float
    costs: dict[Stage, Cost]
    matrix_flops: float
    peak_bytes: int
    baseline: BenchReport | None = None

    @property
    def outside(self) -> float:
        """Share of the job's wall time in which no network ran."""
        return 1.0 - sum(self.costs[stage].seconds for stage in NETWORKS if stage in self.costs) / self.wall

    def network_seconds(self, frames: int, *, windows: int) -> float:
        """Return seconds that the networks would take for `frames` frames: the U-Net goes by windows, the others by frames."""
        scale = {Stage.UNET: windows / _windows(self.frames)}
        return sum(self.costs[stage].seconds * scale.get(stage, frames / self.frames) for stage in NETWORKS)


def render(report: BenchReport) -> Group:
    """Return the tables, for a rich console."""
    parts = [_table(report)]
    if report.baseline is not None:
        base = report.baseline
        windows = _windows(report.frames)
        ours, theirs = report.network_seconds(report.frames, windows=windows), base.network_seconds(report.frames, windows=windows)
        text = (
            f"Networks: {ours / report.frames:.2f} s a frame against {theirs / report.frames:.2f} s in the baseline, "
            f"{ours / theirs:.2f} of it. The baseline ran over {base.frames} frames and is scaled to {report.frames}: "
            f"{windows} windows of the U-Net, the other stages by frames."
        )
        parts += [_table(base), text]
    return Group(*parts)


def render_many(reports: Sequence[BenchReport]) -> Group:
    """Return one table of several runs."""
    table = Table()
    for column in ("model", "s a frame", "frames/s", "in the networks", "processor, s a frame", "peak, GiB"):
        table.add_column(column, justify="left" if column == "model" else "right")
    for report in reports:
        each = report.wall / report.frames
        table.add_row(
            report.title,
            f"{each:.3f}",
            f"{1 / each:.2f}",
            f"{1 - report.outside:.0%}",
            f"{report.processor / report.frames:.3f}",
            f"{report.peak_bytes / 2**30:.2f}",
        )
    first = reports[0]
    title = f"{first.frames} frames of {first.size[0]}x{first.size[1]}, {first.precision} on {first.device}, the whole job"
    return Group(title, table)


def _table(report: BenchReport) -> Group:
    title = f"{report.title}: {report.frames} frames, {report.precision} on {report.device}"  # a table would break it to its width
    table = Table()
    for column in ("stage", "s a frame", "GFLOP/s"):
        table.add_column(column, justify="left" if column == "stage" else "right")
    for stage in (Stage.READING, *NETWORKS, Stage.WRITING):
        cost = report.costs.get(stage, Cost())
        if cost.frames:
            speed = f"{cost.flops / cost.seconds / 1e9:.0f}" if cost.flops else ""
            table.add_row(stage.value, f"{cost.seconds / report.frames:.3f}", speed)
    flops = sum(cost.flops for cost in report.costs.values())
    speed = f"{flops / report.wall / 1e9:.0f}" if flops else ""
    table.add_row("whole job", f"{report.wall / report.frames:.3f}", speed, style="bold")
    facts = (
        f"outside the networks {report.outside:.1%}, processor time {report.processor / report.frames:.2f} s a frame, "
        f"peak memory {report.peak_bytes / 2**30:.2f} GiB\n"
        f"a plain matrix product reaches {report.matrix_flops / 1e9:.0f} GFLOP/s; {report.why}\n"
    )
    return Group(title, table, facts)


def _windows(frames: int) -> int:
    settings = EstimateSettings()
    return len(plan(frames, window=settings.window, overlap=settings.overlap))
