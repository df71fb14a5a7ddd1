"""Marigold checkpoints that want several steps, through diffusers' own pipeline. The engine does not run them: for comparison only.

Frames are estimated one by one, from the same noise for every frame.
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
from .sets import NORMAL, Estimated, Moment, Shot
from .specs import Kind, Spec

_SEED = 1234
_RESOLUTION = 768


class MarigoldSteps:
    """A loaded pipeline; see `Predictor`."""

    passes: tuple[str, ...] = (NORMAL,)

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
        self._pipeline = pipeline.to(compute.device)
        self._pipeline.set_progress_bar_config(disable=True)
        own = pipeline.default_processing_resolution
        self._resolution = settings.max_resolution if settings.max_resolution >= 0 else _RESOLUTION if own is None else own
        if self._resolution % pipeline.vae_scale_factor:
            detail = f"long side {self._resolution}; a Marigold pipeline takes multiples of {pipeline.vae_scale_factor}"
            raise PlatelightError(ErrorCode.SETTING_INVALID, detail)
        self._steps = pipeline.default_denoising_steps
        size = f"long side {self._resolution}" if self._resolution else "native size"
        self.facts = ModelFacts(
            label=spec.label,
            kind=str(Kind.MARIGOLD),
            source=spec.source,
            axes=spec.axes,
            revision=Path(spec.source).name,
            settings=f"{size}, {self._steps} steps, seed {_SEED} for every frame, {compute.precision} on {compute.device.type}",
        )

    def predict(self, moments: Iterator[Moment], *, shot: Shot, set_name: str) -> Iterator[Estimated]:
        """See `Predictor.predict`."""
        for index, moment in enumerate(moments):
            yield Estimated(pass_name=NORMAL, index=index, values=convert_axes(self._estimate(moment.frame), axes=self.facts.axes))

    @torch.inference_mode()
    def _estimate(self, frame: np.ndarray) -> np.ndarray:
        """Return normals (H, W, 3) in the model's axes of a frame, uint8 (H, W, 3)."""
        image = torch.from_numpy(np.ascontiguousarray(frame)).permute(2, 0, 1)[None].float() / 255
        noise = torch.Generator("cpu").manual_seed(_SEED)
        result = self._pipeline(image, num_inference_steps=self._steps, processing_resolution=self._resolution, generator=noise)
        return result.prediction[0].astype(np.float32)
