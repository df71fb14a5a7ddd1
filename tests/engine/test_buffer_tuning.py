"""Shot tuning: calmer within a bound, kept beside the passes, on a short movie that moves."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from buffer_plates import grainy_pan

from conftest import ROOT, finish, write_movie
from conftest import request as request_estimate
from engine.job_files import read_record
from engine.models.preview import temporal
from engine.protocol import PlatelightError, Source
from engine.training.buffer.losses import Pairs
from engine.training.buffer.shot import changes, distance, spread
from engine.training.buffer.tune import Tune, Tuned, describe, tune

MODULES = {"scikit-image": "skimage"}
"""Packages that are imported by another name."""


@pytest.fixture
def plate_file(tmp_path: Path) -> Path:
    """Two shots of nine and three frames."""
    images = [np.rint(frame * 255).astype(np.uint8) for frame in [*grainy_pan(9), *grainy_pan(3, seed=5)]]
    write_movie(tmp_path / "plate.mp4", 12, images=images)
    return tmp_path / "plate.mp4"


def run_tune(request: Tune) -> Tuned:
    steps = tune(request)
    while True:
        try:
            next(steps)
        except StopIteration as stop:
            return stop.value


def test_tuning_keeps_calmer_blocks_beside_the_passes_and_nothing_beyond_the_bound(plate_file, tmp_path, monkeypatch):
    monkeypatch.setattr(temporal, "WEIGHTS", tmp_path / "none.safetensors")  # from new blocks on, whatever comes with the extension
    plate = Source(path=str(plate_file))
    request = Tune(source=plate, out=tmp_path, steps=12, max_resolution=96, bound=30.0, flow="dis")
    result = run_tune(request)
    assert result.file == tmp_path / "tuned" / "plate.preview.safetensors" and result.file.is_file()
    assert result.after.change < 0.98 * result.before.change and result.after.away <= 30
    assert "less" in describe(result) and str(result.file) in describe(result)
    finish(request_estimate(plate_file, tmp_path, last=4))
    assert len(read_record(tmp_path, pass_name="normal", clip="plate").revision.split()) == 2, "the tuned blocks are in use"
    result.file.unlink()
    refused = run_tune(dataclasses.replace(request, bound=1e-4, steps=2))
    assert refused.file is None and refused.after == refused.before and not any((tmp_path / "tuned").iterdir())
    assert "all stays as it was" in describe(refused)
    with pytest.raises(PlatelightError, match="no two neighbours"):
        run_tune(dataclasses.replace(request, first=3, last=3))
    with pytest.raises(PlatelightError, match="no temporal blocks"):
        run_tune(dataclasses.replace(request, model="normalcrafter"))


def test_tuning_needs_no_package_that_the_engine_does_without():
    """It is a button in Blender, where only `engine.txt` is installed."""
    wanted = (ROOT / "engine" / "requirements" / "engine.txt").read_text()
    for_training = (ROOT / "engine" / "requirements" / "train.txt").read_text().splitlines()
    names = [line.split("==")[0] for line in for_training if "==" in line and line not in wanted]
    blocked = ", ".join(f"'{MODULES.get(name, name)}'" for name in names)
    code = f"import sys; sys.modules.update(dict.fromkeys([{blocked}])); import engine.training.buffer.tune"
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)
    assert "tensorboard" in blocked and "trimesh" in blocked


def test_change_and_distance_by_hand():
    """Normals that turn by 10 degrees from frame to frame, and depths that move by a tenth of their deviation."""
    pairs = Pairs(forth=torch.zeros(1, 2, 4, 4), back=torch.zeros(1, 2, 4, 4), seen_forth=torch.ones(1), seen_back=torch.ones(1))
    turned = [torch.tensor([np.sin(np.radians(angle)), 0.0, np.cos(np.radians(angle))]) for angle in (0, 10)]
    normals = torch.stack(turned).float()[:, :, None, None].expand(2, 3, 4, 4)
    assert torch.allclose(changes(normals, pairs), torch.full((1, 4, 4), 10.0), atol=1e-2)
    assert torch.allclose(distance(normals, normals[:1].expand_as(normals)), torch.tensor([0.0, 10.0]), atol=0.05)
    depth = (
        torch.tensor([-1.0, 1.0]).repeat(8).reshape(1, 1, 4, 4).expand(2, 1, 4, 4) + torch.tensor([0.0, 0.1])[:, None, None, None]
    )
    assert torch.allclose(changes(depth, pairs), torch.full((1, 4, 4), 10.0), atol=1e-3)
    assert distance(depth, 3 * depth + 1).max() < 1e-3, "depth has no scale and no shift of its own"


def test_windows_are_spread_over_the_shot():
    assert spread(100, length=8, most=4) == [0, 31, 61, 92]
    assert spread(9, length=8, most=4) == [0, 1] and spread(5, length=8, most=4) == [0]
