"""Marigold-E2E-FT normals (Martin Garcia et al., WACV 2025) as a video model: a Stable Diffusion 2 U-Net that answers in one step,
frozen as its VAE is, with a temporal block after each of its spatial layers.

encode (VAE) -> unet (one step from zero latents at the last timestep, empty prompt) -> decode (VAE) can be called apart: training
decodes a few frames at a time and goes back through the U-Net once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
import torch.nn.functional as F
from diffusers import AutoencoderKL, DDIMScheduler, UNet2DConditionModel
from torch import nn
from transformers import CLIPTextModel, CLIPTokenizer

from ...protocol import ErrorCode, PlatelightError
from ..folder import guarded, hide_progress_bars, network, read_json
from ..temporal import trained
from ..temporal.block import TemporalBlock, TemporalSettings

FAMILY = "marigold"
STEM = "diffusion_pytorch_model"


@dataclass(frozen=True, kw_only=True)
class Networks:
    """`prompt`: the empty prompt's embedding [1, 2, C]. `gain`: what turns the U-Net's answer to zero latents at `timestep` into
    clean latents."""

    unet: UNet2DConditionModel
    vae: AutoencoderKL
    prompt: torch.Tensor
    timestep: int
    gain: float


def load_normals_model(
    folder: Path,
    *,
    temporal: Path | None = None,
    fresh: TemporalSettings | None = None,
    per_frame: bool = False,
    dtype: torch.dtype = torch.float32,
) -> VideoNormals:
    """Load a checkpoint in the layout of ``GonzaloMG/marigold-e2e-ft-normals``, on the CPU.

    Args:
        folder: holds model_index.json and the folders scheduler, text_encoder, tokenizer, unet and vae.
        temporal, fresh, per_frame: as `temporal.trained.equip`.

    Raises:
        PlatelightError: `model_incomplete`, `model_invalid`, naming the file.
    """
    hide_progress_bars()
    model = VideoNormals(load_networks(folder, dtype=dtype))
    trained.equip(model, folder=folder, temporal=temporal, fresh=fresh, per_frame=per_frame)
    return model


def load_networks(folder: Path, *, dtype: torch.dtype) -> Networks:
    """Return the image model's parts. Raises: `model_incomplete`, `model_invalid`."""
    index = read_json(folder / "model_index.json")
    if index.get("default_denoising_steps") is not None:
        told = f"{folder} wants {index['default_denoising_steps']} steps; only models that answer in one step are for video"
        raise PlatelightError(ErrorCode.MODEL_INVALID, told)
    file = folder / "scheduler" / "scheduler_config.json"
    read_json(file)
    scheduler = guarded(file, lambda: DDIMScheduler.from_pretrained(folder / "scheduler", local_files_only=True))
    unet = network(UNet2DConditionModel, folder=folder / "unet", stem=STEM, dtype=dtype)
    if unet.config.in_channels != 2 * unet.config.out_channels:
        told = f"{folder / 'unet'} takes {unet.config.in_channels} channels; one that takes image and normals, 8 of them, is needed"
        raise PlatelightError(ErrorCode.MODEL_INVALID, told)
    timestep = scheduler.config.num_train_timesteps - 1
    return Networks(
        unet=unet,
        vae=network(AutoencoderKL, folder=folder / "vae", stem=STEM, dtype=dtype),
        prompt=empty_prompt(folder, dtype=dtype),
        timestep=timestep,
        gain=guarded(file, lambda: clean_gain(scheduler, timestep=timestep)),
    )


def empty_prompt(folder: Path, *, dtype: torch.dtype) -> torch.Tensor:
    """Return the text encoder's answer to an empty prompt without padding, [1, 2, C]: what Marigold is always asked."""
    file = folder / "tokenizer" / "vocab.json"
    if not file.is_file():
        raise PlatelightError(ErrorCode.MODEL_INCOMPLETE, str(file))
    tokenizer = guarded(file, lambda: CLIPTokenizer.from_pretrained(folder / "tokenizer", local_files_only=True))
    encoder = network(CLIPTextModel, folder=folder / "text_encoder", stem="model", dtype=dtype)
    tokens = tokenizer("", padding="do_not_pad", return_tensors="pt").input_ids
    with torch.no_grad():
        return guarded(file, lambda: encoder(tokens)[0])


def clean_gain(scheduler: DDIMScheduler, *, timestep: int) -> float:
    """Return what the U-Net's answer to zero latents is multiplied with to give clean latents: x0 of Song et al. 2021 (DDIM),
    equation
    12, and of Salimans & Ho 2022, with x = 0. -0.997667 for Stable Diffusion 2 at its last step.

    Raises:
        ValueError: for a kind of prediction that isn't known.
    """
    kept = float(scheduler.alphas_cumprod[timestep])
    gains = {"v_prediction": -((1.0 - kept) ** 0.5), "epsilon": -(((1.0 - kept) / kept) ** 0.5), "sample": 1.0}
    kind = scheduler.config.prediction_type
    if kind not in gains:
        raise ValueError(f"prediction_type {kind!r} is none of {', '.join(gains)}")
    return gains[kind]


class VideoNormals(nn.Module):
    """`image_unet`, `vae`: the image model, frozen. `temporal`: a block for each of the U-Net's spatial layers by its name, None
    for none. Normals are in the model's own axes: x to the left, y up, z toward the camera."""

    temporal: nn.ModuleDict | None

    def __init__(self, networks: Networks) -> None:
        super().__init__()
        self.image_unet = networks.unet.requires_grad_(False)
        self.vae = networks.vae.requires_grad_(False)
        self.timestep, self.gain = networks.timestep, networks.gain
        self.settings: TemporalSettings | None = None
        self.temporal = None
        self._cuts: tuple[int, ...] = ()
        self._temporal = True
        self.register_buffer("prompt", networks.prompt.detach(), persistent=False)

    @property
    def multiple(self) -> int:
        """Frames are padded to multiples of so many pixels."""
        return 2 ** (len(self.vae.config.block_out_channels) - 1)

    def add_temporal(self, settings: TemporalSettings) -> None:
        """Build blocks that change nothing until they are trained; once for a model."""
        if self.temporal is not None:
            raise ValueError("this model has temporal blocks already")
        weight = self.image_unet.conv_in.weight
        self.temporal = nn.ModuleDict()
        for name, layer, channels in spatial_layers(self.image_unet):
            block = TemporalBlock(channels, settings=settings).to(weight.device, weight.dtype)
            self.temporal[name.replace(".", "-")] = block
            layer.register_forward_hook(lambda _layer, _given, answer, block=block: self._after(block, answer))
        self.settings = settings

    def temporal_parameters(self) -> list[nn.Parameter]:
        """Of the temporal blocks; they want gradients from the start."""
        return [] if self.temporal is None else list(self.temporal.parameters())

    def save_temporal(self, file: Path) -> None:
        """Write the blocks."""
        if self.temporal is None or self.settings is None:
            raise ValueError("this model has no temporal blocks")
        tensors = {f"temporal.{name}": tensor for name, tensor in self.temporal.state_dict().items()}
        trained.save(file, trained.Trained(settings=self.settings, tensors=tensors), family=FAMILY)

    def load_temporal(self, file: Path) -> None:
        """Build the blocks that a file holds and fill them. Raises: `model_incomplete`, `model_invalid`."""
        found = trained.read(file, family=FAMILY, settings=TemporalSettings)
        self.add_temporal(found.settings)
        trained.put(self, found, file=file)

    @torch.no_grad()
    def encode(self, frames: torch.Tensor) -> torch.Tensor:
        """Scaled image latents [T, 4, h, w], the frames one by one, so that each gives the same numbers in any company.

        Args:
            frames: float [T, 3, H, W], display-referred sRGB in [0, 1], any size: the edge is repeated to the right and below up
                to a multiple of 8.
        """
        height, width = frames.shape[-2:]
        padding = (0, -width % self.multiple, 0, -height % self.multiple)
        weight = self.vae.quant_conv.weight if self.vae.quant_conv is not None else self.vae.encoder.conv_in.weight
        pixels = F.pad(frames * 2.0 - 1.0, padding, mode="replicate").to(weight.device, weight.dtype)
        latents = torch.cat([self.vae.encode(frame[None]).latent_dist.mode() for frame in pixels])
        return latents * self.vae.config.scaling_factor

    def unet(self, latents: torch.Tensor, *, cuts: Sequence[int] = (), temporal: bool = True) -> torch.Tensor:
        """Normal latents of frames that see each other; gradients reach the temporal blocks.

        Args:
            latents: [T, 4, h, w], from `encode`.
            cuts: indices of frames that begin a shot.
            temporal: False for the image model's own answer.

        Returns:
            [T, 4, h, w], scaled, float32. With the U-Net's gradient checkpointing, which computes it once more on the way back,
            the frames must be of one shot.
        """
        sample = torch.cat([latents, torch.zeros_like(latents)], dim=1).to(self.image_unet.dtype)
        prompt = self.prompt.to(sample.dtype).expand(len(sample), -1, -1)
        self._cuts, self._temporal = tuple(cuts), temporal
        try:
            answer = self.image_unet(sample, self.timestep, encoder_hidden_states=prompt, return_dict=False)[0]
        finally:
            self._cuts, self._temporal = (), True
        return answer.float() * self.gain

    def decode(self, latents: torch.Tensor, *, size: tuple[int, int]) -> torch.Tensor:
        """Return normals [T, 3, H, W] float32 in [-1, 1], not of unit length, of latents from `unet`; frames don't see each other.

        Args:
            size: height and width of the frames, without the padding.
        """
        scaled = (latents / self.vae.config.scaling_factor).to(self.vae.decoder.conv_in.weight.dtype)
        decoded = self.vae.decode(scaled, return_dict=False)[0]
        return decoded[..., : size[0], : size[1]].float().clamp(-1.0, 1.0)

    def forward(self, frames: torch.Tensor, *, cuts: Sequence[int] = ()) -> torch.Tensor:
        """Return normals [T, 3, H, W] of frames [T, 3, H, W]: `encode`, `unet` and `decode` in one."""
        return self.decode(self.unet(self.encode(frames), cuts=cuts), size=tuple(frames.shape[-2:]))

    def _after(self, block: TemporalBlock, answer: torch.Tensor | tuple[torch.Tensor]) -> torch.Tensor | tuple[torch.Tensor]:
        """Return a spatial layer's answer with what its frames say to each other."""
        if not self._temporal:
            return answer
        if isinstance(answer, tuple):
            return (block(answer[0], cuts=self._cuts),)
        return block(answer, cuts=self._cuts)


def spatial_layers(unet: UNet2DConditionModel) -> list[tuple[str, nn.Module, int]]:
    """Name, module and channels of each spatial layer of the blocks on the way down and up, the attention where there is one, the
    convolutions where not: 20 of Stable Diffusion 2, the places where AnimateDiff has its own."""
    found = []
    for side in ("down_blocks", "up_blocks"):
        for number, block in enumerate(getattr(unet, side)):
            kind = "attentions" if getattr(block, "attentions", None) else "resnets"
            channels = [resnet.out_channels for resnet in block.resnets]
            layers = getattr(block, kind)
            found += [(f"{side}.{number}.{kind}.{i}", layer, channels[i]) for i, layer in enumerate(layers)]
    return found
