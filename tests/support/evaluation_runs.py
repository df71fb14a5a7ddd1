"""What the tests of evaluation share: a tiny Marigold, and running an evaluation to its end."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence
from pathlib import Path

import torch
from diffusers import AutoencoderKL, DDIMScheduler, MarigoldNormalsPipeline, UNet2DConditionModel
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTokenizer

from engine.lab.evaluation import evaluate as evaluation
from engine.lab.evaluation.predictors import RESOLUTION_OF_MODEL, Tuning
from engine.lab.evaluation.sets import TestSet
from engine.lab.evaluation.specs import Spec
from engine.protocol import EstimateSettings

SETTINGS = EstimateSettings(max_resolution=RESOLUTION_OF_MODEL, precision="fp32", device="cpu")


TOKENS = {"<|startoftext|>": 0, "<|endoftext|>": 1, "a</w>": 2}


def tiny_marigold(folder: Path) -> Path:
    """A checkpoint in the published layout, tiny and random."""
    torch.manual_seed(0)
    width, levels = (8, 8, 8, 8), 4
    pipeline = MarigoldNormalsPipeline(
        unet=UNet2DConditionModel(
            in_channels=8,
            out_channels=4,
            block_out_channels=(8, 16),
            down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
            up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
            layers_per_block=1,
            norm_num_groups=4,
            cross_attention_dim=8,
            attention_head_dim=4,
            sample_size=8,
        ),
        vae=AutoencoderKL(
            block_out_channels=width,
            down_block_types=("DownEncoderBlock2D",) * levels,
            up_block_types=("UpDecoderBlock2D",) * levels,
            norm_num_groups=4,
            latent_channels=4,
            sample_size=64,
        ),
        scheduler=DDIMScheduler(prediction_type="v_prediction", beta_schedule="scaled_linear", clip_sample=False),
        text_encoder=CLIPTextModel(
            CLIPTextConfig(
                vocab_size=3,
                hidden_size=8,
                intermediate_size=16,
                num_hidden_layers=1,
                num_attention_heads=2,
                projection_dim=8,
                bos_token_id=0,
                eos_token_id=1,
                pad_token_id=1,
            )
        ),
        tokenizer=CLIPTokenizer(vocab=TOKENS, merges=[], model_max_length=77),
        prediction_type="normals",
        default_denoising_steps=2,
        default_processing_resolution=64,
    )
    pipeline.save_pretrained(folder)
    return folder


def single_step(folder: Path, to: Path) -> Path:
    """The checkpoint as those of the single-step kin present themselves."""
    to.mkdir()
    for entry in folder.iterdir():
        if entry.is_dir() and entry.name != "tokenizer":
            (to / entry.name).symlink_to(entry)
    (to / "tokenizer").mkdir()  # in the published files, which today's library does not write any more
    (to / "tokenizer" / "vocab.json").write_text(json.dumps(TOKENS))
    (to / "tokenizer" / "merges.txt").write_text("#version: 0.2\n")
    index = json.loads((folder / "model_index.json").read_text())
    kept = {name: value for name, value in index.items() if not name.startswith("default_") and name != "prediction_type"}
    unused = {name: [None, None] for name in ("safety_checker", "feature_extractor", "image_encoder")}
    (to / "model_index.json").write_text(json.dumps({**kept, **unused, "_class_name": "StableDiffusionPipeline"}))
    return to


def run(sets: Sequence[TestSet], specs: Sequence[Spec], *, tuning: Tuning | None = None, **settings: object) -> evaluation.Outcome:
    """Evaluate to the end; progress never goes beyond it."""
    events = evaluation.evaluate(sets, specs, settings=dataclasses.replace(SETTINGS, **settings), tuning=tuning)
    while True:
        try:
            event = next(events)
        except StopIteration as stop:
            return stop.value
        assert 0 <= event.done <= event.total
