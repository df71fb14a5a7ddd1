"""Checkpoints that diffusers' `MarigoldNormalsPipeline` reads: Marigold's own and its fine-tuned kin (E2E-FT). For comparison only.

Frames are estimated one by one. A checkpoint that says how many steps it wants gets them, from the same noise for every frame; one
that doesn't is of the single-step kin (Garcia et al., WACV 2025) and starts from zeros at the last timestep.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from diffusers import MarigoldNormalsPipeline
from diffusers.utils import logging

from ...device import choose
from ...normals import convert_axes
from ...protocol import ErrorCode, EstimateSettings, PlatelightError
from .results import ModelFacts
from .sets import Shot
from .specs import Spec

_SEED = 1234
_RESOLUTION = 768


class Marigold:
    """A loaded pipeline; see `Predictor`."""

    gives_normals = True

    def __init__(self, spec: Spec, *, settings: EstimateSettings) -> None:
        """Load the checkpoint. Nothing is downloaded.

        Raises:
            PlatelightError: `model_invalid`, `device_unavailable`, `setting_invalid`.
        """
        # In full precision, as such models are published and measured, unless another one is asked for.
        compute = choose(device=settings.device, precision="fp32" if settings.precision == "auto" else settings.precision)
        if compute.device.type == "cpu" and compute.dtype != torch.float32:
            detail = f"{compute.precision} on a CPU; a Marigold pipeline resizes in fp32 only there"
            raise PlatelightError(ErrorCode.SETTING_INVALID, detail)
        logging.disable_progress_bar()
        try:
            pipeline = MarigoldNormalsPipeline.from_pretrained(
                spec.source, local_files_only=True, use_safetensors=True, dtype=compute.dtype
            )
        except (OSError, ValueError, TypeError, KeyError, RuntimeError) as error:
            raise PlatelightError(ErrorCode.MODEL_INVALID, f"{spec.source}: {error}".splitlines()[0]) from error
        self._single = pipeline.default_denoising_steps is None
        if self._single:
            whole = {"timestep_spacing": "trailing", "set_alpha_to_one": True}
            pipeline.scheduler = type(pipeline.scheduler).from_config(pipeline.scheduler.config, **whole)
        self._pipeline = pipeline.to(compute.device)
        self._pipeline.set_progress_bar_config(disable=True)
        own = pipeline.default_processing_resolution
        self._resolution = settings.max_resolution if settings.max_resolution >= 0 else _RESOLUTION if own is None else own
        if self._resolution % pipeline.vae_scale_factor:
            detail = f"long side {self._resolution}; a Marigold pipeline takes multiples of {pipeline.vae_scale_factor}"
            raise PlatelightError(ErrorCode.SETTING_INVALID, detail)
        self._steps = 1 if self._single else pipeline.default_denoising_steps
        self._compute = compute
        size = f"long side {self._resolution}" if self._resolution else "native size"
        steps = f"{self._steps} step from zeros" if self._single else f"{self._steps} steps, seed {_SEED} for every frame"
        self.facts = ModelFacts(
            label=spec.label,
            kind="MarigoldNormalsPipeline",
            source=spec.source,
            axes=spec.axes,
            revision=Path(spec.source).name,
            settings=f"{size}, {steps}, {compute.precision} on {compute.device.type}",
        )

    def predict(self, frames: Iterator[np.ndarray], *, shot: Shot, set_name: str) -> Iterator[np.ndarray]:
        """See `Predictor.predict`."""
        for frame in frames:
            yield convert_axes(self._estimate(frame), axes=self.facts.axes)

    @torch.inference_mode()
    def _estimate(self, frame: np.ndarray) -> np.ndarray:
        """Return normals (H, W, 3) in the model's axes of a frame, uint8 (H, W, 3)."""
        image = torch.from_numpy(np.ascontiguousarray(frame)).permute(2, 0, 1)[None].float() / 255
        start: dict[str, object] = {"generator": torch.Generator("cpu").manual_seed(_SEED)}
        if self._single:
            start = {"latents": torch.zeros(self._latents(frame), dtype=self._compute.dtype, device=self._compute.device)}
        result = self._pipeline(image, num_inference_steps=self._steps, processing_resolution=self._resolution, **start)
        return result.prediction[0].astype(np.float32)

    def _latents(self, frame: np.ndarray) -> tuple[int, int, int, int]:
        """Return the shape the pipeline works in for a frame."""
        height, width = frame.shape[:2]
        if self._resolution:
            height, width = (side * self._resolution // max(frame.shape[:2]) for side in (height, width))
        factor = self._pipeline.vae_scale_factor
        return 1, self._pipeline.vae.config.latent_channels, -(-height // factor), -(-width // factor)
