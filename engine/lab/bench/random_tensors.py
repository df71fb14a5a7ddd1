"""The released sizes of MoGe and Video Depth Anything with random weights: for measuring speed and memory where the real ones are
not at hand."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import torch

from ...models.moge.network import LEVELS
from ...models.tensors import Tensors

SPREAD = 0.02
Shapes = Iterator[tuple[str, tuple[int, ...]]]


@dataclass(frozen=True, kw_only=True)
class Vit:
    """A DINOv2: its channels and layers."""

    channels: int
    layers: int


SMALL, BASE, LARGE = Vit(channels=384, layers=12), Vit(channels=768, layers=12), Vit(channels=1024, layers=24)

_REFINER = (32, 64, 128, 256, 512)


def moge(vit: Vit, *, refined: bool) -> Tensors:
    """MoGe-2 with that ViT, or with a refiner MoGe-3."""
    return _drawn(dict(moge_shapes(vit, refined=refined)))


def video_depth_anything(vit: Vit) -> Tensors:
    """Video Depth Anything with that ViT."""
    features, channels = {
        SMALL: (64, (48, 96, 192, 384)), BASE: (128, (96, 192, 384, 768)), LARGE: (256, (256, 512, 1024, 1024)),
    }[vit]
    return _drawn(dict(_video(vit, features, channels)))


def _drawn(shapes: Mapping[str, tuple[int, ...]]) -> Tensors:
    draw = torch.Generator().manual_seed(0)
    return Tensors(tensors={
        name: torch.ones(shape) if "norm" in name and name.endswith("weight") else torch.randn(shape, generator=draw) * SPREAD
        for name, shape in shapes.items()
    })


def _layer(name: str, shape: tuple[int, ...], *, out: int | None = None) -> Shapes:
    yield f"{name}.weight", shape
    yield f"{name}.bias", (shape[0] if out is None else out,)


def _norm(name: str, channels: int) -> Shapes:
    return _layer(name, (channels,))


def _vit(prefix: str, vit: Vit) -> Shapes:
    wide = vit.channels
    yield f"{prefix}cls_token", (1, 1, wide)
    yield f"{prefix}pos_embed", (1, 1370, wide)
    yield f"{prefix}mask_token", (1, wide)
    yield from _layer(f"{prefix}patch_embed.proj", (wide, 3, 14, 14))
    for number in range(vit.layers):
        block = f"{prefix}blocks.{number}"
        yield from (*_norm(f"{block}.norm1", wide), *_norm(f"{block}.norm2", wide))
        yield from (*_layer(f"{block}.attn.qkv", (3 * wide, wide)), *_layer(f"{block}.attn.proj", (wide, wide)))
        yield from ((f"{block}.ls1.gamma", (wide,)), (f"{block}.ls2.gamma", (wide,)))
        yield from (*_layer(f"{block}.mlp.fc1", (4 * wide, wide)), *_layer(f"{block}.mlp.fc2", (wide, 4 * wide)))
    yield from _norm(f"{prefix}norm", wide)


def moge_shapes(vit: Vit, *, refined: bool) -> Shapes:
    """Names and shapes of the tensors of a released MoGe."""
    wide, taken, blocks = vit.channels, *((4, 2) if vit is LARGE else (2, 1))
    levels = (wide, 256, 128, 64, 32)
    yield from _vit("encoder.backbone.", vit)
    for number in range(taken):
        yield from _layer(f"encoder.output_projections.{number}", (wide, wide, 1, 1))
    yield from _stack("neck", (wide + 2, 2, 2, 2, 2), levels, blocks=(0, blocks, blocks, blocks, 0))
    for head, out in (("points", 3), ("normal", 3), ("mask", 1)):
        yield from _stack(f"{head}_head", levels, levels, blocks=(0, 1, 1, 1, 0))
        yield from _layer(f"{head}_head.output_blocks.{LEVELS - 1}", (out, levels[-1], 1, 1))
    for number, out in ((0, wide), (2, wide), (4, 1)):
        yield from _layer(f"scale_head.{number}", (out, wide))
    if refined:
        yield from _refiner(wide + 2)


def _stack(name: str, taken: tuple[int, ...], levels: tuple[int, ...], *, blocks: tuple[int, ...]) -> Shapes:
    for number in range(LEVELS):
        yield from _layer(f"{name}.input_blocks.{number}", (levels[number], taken[number], 1, 1))
        for block in range(blocks[number]):
            for layer in (2, 5):
                yield from _layer(f"{name}.res_blocks.{number}.{block}.layers.{layer}", (levels[number], levels[number], 3, 3))
    for number in range(LEVELS - 1):
        before, after = levels[number : number + 2]
        if number < LEVELS - 2:
            yield from _layer(f"{name}.resamplers.{number}.0", (before, after, 2, 2), out=after)
        yield from _layer(f"{name}.resamplers.{number}.1", (after, after if number < LEVELS - 2 else before, 3, 3))


def _refiner(features: int) -> Shapes:
    deepest, pairs = _REFINER[-1], list(zip(_REFINER, _REFINER[1:], strict=False))
    yield from _layer("refiner.input_proj", (_REFINER[0], 3))
    yield from _layer("refiner.encoder_fuse", (deepest, features))
    yield from (*_layer("refiner.fuse_proj.0", (deepest, 2 * deepest)), *_layer("refiner.fuse_proj.2", (deepest, deepest)))
    yield from _layer("refiner.out_proj", (1, _REFINER[0]))
    stages = {f"down_stages.{level}": wide for level, wide in enumerate(_REFINER)} | {"bottleneck_stage": deepest}
    stages |= {f"up_stages.{level}": wide for level, (wide, _) in enumerate(reversed(pairs))}
    for stage, wide in stages.items():
        yield from _norm(f"refiner.{stage}.0.norm1", wide)
        for number in (1, 2):
            yield from _layer(f"refiner.{stage}.0.conv{number}", (wide, 3, 3, 3, wide))
    for level, (shallow, deep) in enumerate(pairs):
        yield from _layer(f"refiner.downsample_blocks.{level}.linear", (deep, shallow))
        yield from _layer(f"refiner.upsample_blocks.{len(pairs) - 1 - level}.linear", (shallow, deep))


def _video(vit: Vit, features: int, channels: tuple[int, ...]) -> Shapes:
    yield from _vit("pretrained.", vit)
    for number, wide in enumerate(channels):
        yield from _layer(f"head.projects.{number}", (wide, vit.channels, 1, 1))
        yield f"head.scratch.layer{number + 1}_rn.weight", (features, wide, 3, 3)
        fusion = f"head.scratch.refinenet{number + 1}"
        yield from _layer(f"{fusion}.out_conv", (features, features, 1, 1))
        for unit in (1, 2):
            for conv in (1, 2):
                yield from _layer(f"{fusion}.resConfUnit{unit}.conv{conv}", (features, features, 3, 3))
    for number, side in ((0, 4), (1, 2), (3, 3)):
        yield from _layer(f"head.resize_layers.{number}", (channels[number], channels[number], side, side))
    yield from _layer("head.scratch.output_conv1", (features // 2, features, 3, 3))
    yield from _layer("head.scratch.output_conv2.0", (32, features // 2, 3, 3))
    yield from _layer("head.scratch.output_conv2.2", (1, 32, 1, 1))
    for number, wide in enumerate((channels[2], channels[3], features, features)):
        yield from _motion(f"head.motion_modules.{number}.temporal_transformer", wide)


def _motion(name: str, wide: int) -> Shapes:
    yield from (*_norm(f"{name}.norm", wide), *_layer(f"{name}.proj_in", (wide, wide)), *_layer(f"{name}.proj_out", (wide, wide)))
    block = f"{name}.transformer_blocks.0"
    for number in (0, 1):
        for part in ("to_q", "to_k", "to_v"):
            yield f"{block}.attention_blocks.{number}.{part}.weight", (wide, wide)
        yield from _layer(f"{block}.attention_blocks.{number}.to_out.0", (wide, wide))
        yield from _norm(f"{block}.norms.{number}", wide)
    yield from _norm(f"{block}.ff_norm", wide)
    yield from (*_layer(f"{block}.ff.net.0.proj", (8 * wide, wide)), *_layer(f"{block}.ff.net.2", (wide, 4 * wide)))


RELEASED: Mapping[str, Callable[[], Tensors]] = {
    "moge-2-small": lambda: moge(SMALL, refined=False),
    "moge-2-base": lambda: moge(BASE, refined=False),
    "moge-2-large": lambda: moge(LARGE, refined=False),
    "moge-3-large": lambda: moge(LARGE, refined=True),
    "video-depth-anything-small": lambda: video_depth_anything(SMALL),
    "metric-video-depth-anything-small": lambda: video_depth_anything(SMALL),
    "video-depth-anything-base": lambda: video_depth_anything(BASE),
    "video-depth-anything-large": lambda: video_depth_anything(LARGE),
}
"""By the model's name in the table; the giant's sizes are not known."""
