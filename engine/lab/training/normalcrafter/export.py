"""Checkpoints in the layout of the hub: what goes in, and what a stage leaves behind. The trace of training stays outside."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import save_file
from torch import Tensor, nn

from ....device import choose
from ....models.normalcrafter.checkpoint import Networks, load_networks, weight_file
from ....models.tensors import write as write_tensors
from ....protocol import ErrorCode, PlatelightError
from ....tuning.failures import not_written
from .checkpoint import load_into
from .config import AnyConfig
from .stages import Stage, UnetStage, VaeStage

MODEL, HEAD = "model", "head.safetensors"

PARTS = {"image_encoder": "model", "unet": "diffusion_pytorch_model", "vae": "diffusion_pytorch_model"}
"""Folders with weights, and the stems of their file names."""

PLAIN = ("model_index.json", "feature_extractor/preprocessor_config.json", "scheduler/scheduler_config.json")
_DTYPES = {"fp32": torch.float32, "fp16": torch.float16}


def load(model: str, *, vae: str = "") -> Networks:
    """Return the networks of `model` in float32 on the CPU, all frozen; the VAE of another folder where `vae` names one.

    Raises:
        PlatelightError: `model_incomplete`, `model_invalid`, naming the file.
    """
    compute = choose(device="cpu", precision="fp32")
    networks = load_networks(Path(model), compute=compute)
    if vae:
        networks = replace(networks, vae=load_networks(Path(vae), compute=compute).vae)
    unet = networks.unet.config
    for needed, given, what in (
        (unet.in_channels, 2 * networks.vae.config.latent_channels, f"the latents of the VAE in {vae or model}, twice,"),
        (unet.cross_attention_dim, networks.tower.config.projection_dim, "the tokens of the CLIP tower"),
    ):
        if needed != given:
            detail = f"{model}: the U-Net takes {needed} channels, {what} have {given}"
            raise PlatelightError(ErrorCode.MODEL_INVALID, detail)
    return networks


def export(
    out: Path,
    *,
    model: Path,
    vae: Path | None = None,
    part: str = "",
    module: nn.Module | None = None,
    average: Mapping[str, Tensor] | None = None,
    precision: str = "fp32",
) -> None:
    """Write a whole checkpoint to `out`: copies of `model`, its VAE from `vae` if given, and `module` as its `part`.

    Args:
        out: the folder, replaced if it is there.
        part: ``unet`` or ``vae``, what was trained, empty for copies only.
        average: averaged weights that take the place of the module's own, by the names they have in it.
        precision: fp32 or fp16, of the trained part.

    Raises:
        PlatelightError: the disk is full or can't be written to; an earlier export stays then.
    """

    def fill(folder: Path) -> None:
        for name in PLAIN:
            _copy(model / name, folder / name)
        for name, stem in PARTS.items():
            origin = (vae if name == "vae" and vae else model) / name
            _copy(origin / "config.json", folder / name / "config.json")
            if name != part:
                file = weight_file(origin, stem=stem)
                _copy(file, folder / name / file.name)
        if module is not None:
            tensors = {**module.state_dict(), **(average or {})}
            path = folder / part / f"{PARTS[part]}.safetensors"
            save_file({key: value.detach().to("cpu", _DTYPES[precision]).contiguous() for key, value in tensors.items()}, path)

    replace_folder(out, fill)


def leave_model(stage: Stage, config: AnyConfig, *, average: Mapping[str, Tensor]) -> None:
    """Write what a finished stage leaves in ``config.out``: ``model/``, and ``head.safetensors`` if it has a head.

    Args:
        average: averaged weights by their names in `stage`, empty where the last ones count.

    Raises:
        PlatelightError: as `export`.
    """
    out, vae = Path(config.out), Path(config.vae) if config.vae else None
    if isinstance(stage, VaeStage):
        part, module, prefix = "vae", stage.networks.vae, ""
    else:
        part, module, prefix = "unet", stage.unet, "unet."
        if stage.regularisation is not None:
            try:
                write_tensors(out / HEAD, stage.head.state_dict())
            except PlatelightError as error:
                raise not_written(error, out / HEAD) from error
    kept = {name.removeprefix(prefix): value for name, value in average.items() if name.startswith(prefix)}
    export(out / MODEL, model=Path(config.model), vae=vae, part=part, module=module, average=kept, precision=config.export)


def load_head(stage: Stage) -> None:
    """Give the stage the head that ``regularisation.head`` names, if it does.

    Raises:
        PlatelightError: the file is missing, damaged or of another size.
    """
    if isinstance(stage, UnetStage) and stage.regularisation is not None and stage.regularisation.head:
        load_into(Path(stage.regularisation.head), stage.head.state_dict())


def replace_folder(out: Path, fill: Callable[[Path], None]) -> None:
    """Let `fill` write into a folder beside `out`, then give it that name.

    Raises:
        PlatelightError: the disk is full or can't be written to; what was there stays then.
    """
    part = out.with_name(out.name + ".part")
    try:
        if part.exists():
            shutil.rmtree(part)
        part.mkdir(parents=True)
        fill(part)
        if out.exists():
            shutil.rmtree(out)
        part.rename(out)
    except (OSError, SafetensorError) as error:
        shutil.rmtree(part, ignore_errors=True)
        raise not_written(error, part) from error


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)
