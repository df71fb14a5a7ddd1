"""Plates and models that many tests share, made once."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import torch

from engine.models.interface import Estimator
from tests.support.jobs import SMALL, finish, request
from tests.support.plates import LONG, write_movie

# Small frames on many threads wait for each other more than they compute, and on a busy machine much more.
os.environ.setdefault("OMP_NUM_THREADS", "1")


@pytest.fixture(scope="session")
def preview() -> Estimator:
    """The embedded model with its real weights, in float32 on the CPU."""
    from engine.models import registry

    return registry.load(SMALL)


@pytest.fixture(autouse=True)
def _same_numbers_each_time() -> None:
    torch.manual_seed(0)


@pytest.fixture(scope="session", autouse=True)
def _no_user_settings() -> None:
    os.environ.pop("OCIO", None)


@pytest.fixture(scope="session")
def long_movie(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """900 frames: more than any machine is done with before a test has stopped it."""
    folder = tmp_path_factory.mktemp("long movie")
    return write_movie(folder / "plate_v2.mp4", LONG, options={"preset": "ultrafast"})


@pytest.fixture(scope="session")
def movie(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """48 frames of H.264 with B-frames and a key frame every 12."""
    options = {"g": "12", "bf": "3", "crf": "12"}
    return write_movie(tmp_path_factory.mktemp("movie") / "plate_v2.mp4", 48, options=options)


@pytest.fixture(scope="module")
def uninterrupted(movie, preview, tmp_path_factory):
    """The passes of frames 5 to 30 as one run makes them."""
    out = tmp_path_factory.mktemp("uninterrupted")
    finish(request(movie, out, first=5, last=30), preview)
    return out
