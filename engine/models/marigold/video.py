"""A Stable Diffusion U-Net over the frames of a shot: frozen as its VAE is, a temporal block after each of its spatial layers."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch
import torch.nn.functional as F
from diffusers import AutoencoderKL, UNet2DConditionModel
from torch import nn
from transformers import CLIPTextModel, CLIPTokenizer

from ...protocol import ErrorCode, PlatelightError
from ..folder import guarded, network
from ..temporal import trained
from ..temporal.block import TemporalBlock, TemporalSettings

STEM = "diffusion_pytorch_model"


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


class VideoUNet(trained.TunableModel):
    """`image_unet`, `vae`: the image model, frozen. `temporal`: a block for each of the U-Net's spatial layers by its name, None
    for none."""

    temporal: nn.ModuleDict | None

    def __init__(self, *, unet: UNet2DConditionModel, vae: AutoencoderKL, prompt: torch.Tensor) -> None:
        super().__init__()
        self.image_unet = unet.requires_grad_(False)
        self.vae = vae.requires_grad_(False)
        self.settings: TemporalSettings | None = None
        self.temporal = None
        self._cuts: tuple[int, ...] = ()
        self._temporal = True
        self.register_buffer("prompt", prompt.detach(), persistent=False)

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

    def denoise(self, sample: torch.Tensor, *, timestep: int, cuts: Sequence[int] = (), temporal: bool = True) -> torch.Tensor:
        """Return the U-Net's answer [T, C, h, w] in its own precision. `sample`: image latents, then those of the targets."""
        sample = sample.to(self.image_unet.dtype)
        prompt = self.prompt.to(sample.dtype).expand(len(sample), -1, -1)
        self._cuts, self._temporal = tuple(cuts), temporal
        try:
            return self.image_unet(sample, timestep, encoder_hidden_states=prompt, return_dict=False)[0]
        finally:
            self._cuts, self._temporal = (), True

    def decode_latents(self, latents: torch.Tensor, *, size: tuple[int, int]) -> torch.Tensor:
        """Return pictures [T, 3, H, W] float32 in [-1, 1] of scaled latents [T, 4, h, w]; `size` is without the padding."""
        scaled = (latents / self.vae.config.scaling_factor).to(self.vae.decoder.conv_in.weight.dtype)
        decoded = self.vae.decode(scaled, return_dict=False)[0]
        return decoded[..., : size[0], : size[1]].float().clamp(-1.0, 1.0)

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
