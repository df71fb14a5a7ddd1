"""Small clips, a small DINOv2 and small settings for the tests of training; the checkpoint is the golden one."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import torch
from accelerate.state import AcceleratorState
from transformers import Dinov2Config, Dinov2Model

from engine.lab.training.data.clips import write_clip
from engine.lab.training.normalcrafter.config import AnyConfig, DataSource, LatentConfig, PixelConfig, Regularisation, VaeConfig
from engine.lab.training.normalcrafter.trainer import train
from engine.lab.training.run.step import Step

GOLDEN = Path(__file__).parents[1] / "samples" / "golden" / "checkpoint"
UNET, VAE = "unet/diffusion_pytorch_model.safetensors", "vae/diffusion_pytorch_model.safetensors"
KINDS = {"vae": VaeConfig, "latent": LatentConfig, "pixel": PixelConfig}


def waves(index: int, *, size: int = 64) -> np.ndarray:
    """Unit normals (size, size, 3) of a wavy surface, another one for each index."""
    y, x = np.mgrid[0:size, 0:size] / size
    slopes = [0.6 * np.sin(6 * x + index), 0.6 * np.cos(5 * y - index), np.ones_like(x)]
    normals = np.stack(slopes, axis=-1)
    return normals / np.linalg.norm(normals, axis=-1, keepdims=True)


def write_clips(root: Path, *, count: int = 2, frames: int = 4) -> Path:
    """Clips whose frames show their normals, with a corner where there is no surface."""
    for index in range(count):
        normals = np.stack([waves(index + frame) for frame in range(frames)])
        normals[:, :8, :8] = 0
        write_clip(root / f"clip{index}", frames=(normals * 0.5 + 0.5) * 255, normals=normals)
    return root


def write_dino(folder: Path, *, width: int = 16) -> Path:
    """A random DINOv2 in the layout of the hub."""
    torch.manual_seed(0)
    config = Dinov2Config(
        hidden_size=width, num_hidden_layers=2, num_attention_heads=2, patch_size=4, image_size=16, initializer_range=0.2
    )
    Dinov2Model(config).save_pretrained(folder)
    return folder


def config(stage: str, folder: Path, *, out: str = "run", regularised: bool = False, **changes: object) -> AnyConfig:
    """Settings of a stage for clips in ``folder/clips`` and, where regularised, a DINOv2 in ``folder/dino``."""
    settings: dict[str, object] = {
        "model": str(GOLDEN),
        "out": str(folder / out),
        "data": (DataSource(kind="clips", root=str(folder / "clips")),),
        "steps": 2,
        "learning_rate": 1e-3,
        "lengths": (1, 1),
        "warm_up": 1,
        "short_edge": 64,
        "precision": "fp32",
        "device": "cpu",
        "workers": 1,
        "gradient_checkpointing": False,
    }
    if regularised:
        settings["regularisation"] = Regularisation(encoder=str(folder / "dino"), hidden=24)
    return KINDS[stage](**settings | changes)


def run(settings: AnyConfig, *, until: int | None = None) -> list[Step]:
    """All steps of a run, or those up to the step `until`, after which it is left alone as if it had been killed."""
    AcceleratorState._reset_state(reset_partial_state=True)  # accelerate takes one precision a process, and runs have their own
    steps = []
    running = train(settings)
    for step in running:
        steps.append(dataclasses.replace(step, seconds=0.0, processor_seconds=0.0))
        if step.step == until:
            running.close()
            break
    return steps
