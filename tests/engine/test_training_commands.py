"""Training as a command: exit codes, and several processes."""

from __future__ import annotations

import json
import os
import pickle
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from engine.lab.training.normalcrafter.checkpoint import newest, read_progress
from engine.lab.training.normalcrafter.config import LatentConfig
from engine.lab.training.run.config_file import read_config
from engine.models.revision import revision
from engine.protocol import ERRORS
from engine.tuning.failures import EXIT_CODE, TrainingStopped
from tests.support.places import ENGINE, ROOT
from tests.support.training_kit import GOLDEN, UNET, VAE, config, run, write_clips, write_dino


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_clips(tmp_path / "clips")
    write_dino(tmp_path / "dino")
    return tmp_path


def _toml(folder: Path, *, out: str, more: str = "", regularised: bool = True) -> Path:
    file, last = folder / f"{out}.toml", '[regularisation]\nencoder = "dino"\nhidden = 24\n' if regularised else ""
    file.write_text(
        f'model = "{GOLDEN}"\nout = "{out}"\nsteps = 2\nlengths = [1, 1]\nshort_edge = 64\ndevice = "cpu"\nworkers = 1\n'
        f'{more}\n[[data]]\nkind = "clips"\nroot = "clips"\n{last}'
    )
    return file


def _on_two(stage: str, file: Path) -> subprocess.CompletedProcess[str]:
    launch = ("-m", "torch.distributed.run", "--nproc_per_node", 2, "--master_port", _free_port(), "-m", "engine")
    done = _python(*launch, "train", stage, "--config", file)
    assert done.returncode == 0, done.stderr[-3000:]
    return done


def _python(*command: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *map(str, command)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def test_a_wrong_file_has_its_own_exit_code_and_no_traceback(folder):
    done = _python(*ENGINE[1:], "train", "pixel", "--config", _toml(folder, out="x", more="steps = 3"))
    assert done.returncode != 0 and "x.toml" in done.stderr and "Traceback" not in done.stderr
    stopped = TrainingStopped("a", remedy="b")
    assert EXIT_CODE not in {text.exit_code for text in ERRORS.values()}
    assert stopped.exit_code == EXIT_CODE and str(stopped) == "a. b"
    assert str(pickle.loads(pickle.dumps(stopped))) == "a. b", "an ablation's runs are processes of their own"


def test_two_processes_train_one_network_in_bfloat16(folder):
    """The command as on several GPUs: both clips of a step count, there is one result, and one of them talks."""
    file = _toml(folder, out="pair", more='precision = "bf16"\nlearning_rate = 1e-3')
    done = _on_two("latent", file)
    assert done.stderr.count("latent: step 2/2, loss") == 1 and "cosine" in done.stderr and "frames/s" in done.stderr
    assert done.stdout.count(str(folder / "pair" / "model")) == 1
    assert {value.dtype for value in load_file(folder / "pair" / "model" / UNET).values()} == {torch.float32}
    last = newest(folder / "pair")
    state = json.loads((last / "state.json").read_text())
    assert len(state["positions"]) == 2 and state["positions"][0]["number"] == state["positions"][1]["number"] == 2
    assert (last / "process-1.safetensors").is_file()
    with pytest.raises(TrainingStopped, match="made by 2 processes, not 1"):
        read_progress(last, config=read_config(file, LatentConfig), base=revision(GOLDEN), processes=1)


def test_two_processes_learn_what_one_does_from_twice_as_many_clips(tmp_path):
    """Of a set of one picture each process and each turn has the same clip. A parameter without a gradient would stop the two."""
    write_clips(tmp_path / "clips", count=1, frames=1)
    _on_two("vae", _toml(tmp_path, out="pair", more='precision = "fp32"\nlearning_rate = 1e-3\nwarm_up = 1', regularised=False))
    run(config("vae", tmp_path, out="alone", accumulation=2))
    pair, alone = (load_file(tmp_path / out / "model" / VAE) for out in ("pair", "alone"))
    assert pair.keys() == alone.keys() and all(torch.allclose(pair[name], alone[name], atol=1e-5) for name in pair)
    base = load_file(GOLDEN / VAE)
    assert sum(not torch.equal(pair[name], base[name]) for name in pair) > 30
