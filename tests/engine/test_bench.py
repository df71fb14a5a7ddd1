"""The bench runs the real job on the tiny checkpoint; its table adds up."""

import io
from pathlib import Path

import pytest
from rich.console import Console

from engine.bench import Load, bench_many
from engine.bench import bench as plain_bench
from engine.bench_report import NETWORKS, render, render_many
from engine.lab.bench.compare import bench, bench_tiny
from engine.protocol import ErrorCode, PlatelightError, Stage

CHECKPOINT = Path(__file__).parents[1] / "samples" / "golden" / "checkpoint"


def load(*, size: tuple[int, int] = (64, 64), frames: int = 2) -> Load:
    return Load(size=size, frames=frames, precision="fp32", device="cpu")


def test_a_table_with_a_baseline():
    report = bench(str(CHECKPOINT), load(size=(70, 50), frames=16), baseline=True)
    assert all(report.costs[stage].frames == 16 and report.costs[stage].flops > 0 for stage in NETWORKS)
    assert report.costs[Stage.READING].seconds > 0 and report.costs[Stage.WRITING].seconds > 0
    assert 0 < sum(report.costs[stage].seconds for stage in NETWORKS) < report.wall
    assert 0 <= report.outside < 1 and report.peak_bytes > 100e6 and report.matrix_flops > 1e9
    assert report.baseline.frames == 14 and report.baseline.precision == "fp32"
    console = Console(width=160, record=True, file=io.StringIO())
    console.print(render(report))
    text = console.export_text()
    assert all(stage.value in text for stage in NETWORKS) and "of it. The baseline ran over 14 frames" in text


def test_the_embedded_model_can_be_measured_too():
    for report in (bench("preview", load(frames=4)), plain_bench("preview", load(frames=4))):
        assert report.costs[Stage.UNET].frames == 4 and report.baseline is None
        render(report)


def test_models_that_are_named_are_measured_in_turn():
    reports = bench_many({"one": "preview", "two": "preview"}, load(frames=2))
    assert [report.title for report in reports] == ["one", "two"] and all(report.frames == 2 for report in reports)


def test_every_kind_of_model_in_one_run():
    reports = bench_tiny(load(frames=3))
    assert [report.title.split(",")[0] for report in reports] == [
        "NormalCrafter",
        *["Depth Anything V2"] * 2,
        *["Marigold-E2E-FT"] * 2,
        "Preview (embedded)",
    ]
    assert all(report.wall > 0 and sum(cost.frames for cost in report.costs.values()) >= 3 for report in reports)
    console = Console(width=160, record=True, file=io.StringIO())
    console.print(render_many(reports))
    assert all(report.title in console.export_text(clear=False) for report in reports)


@pytest.mark.parametrize("bad", [{"random_weights": "sd3"}, {"frames": 0}, {"size": (0, 64)}, {"baseline": True}])
def test_what_cannot_be_measured_is_refused(bad: dict):
    sizes = {key: bad[key] for key in ("frames", "size") if key in bad}
    with pytest.raises(PlatelightError) as caught:
        bench("preview", load(**sizes), **{key: value for key, value in bad.items() if key not in sizes})
    assert caught.value.code is ErrorCode.SETTING_INVALID
