"""The settings of a scene's estimates. Data only."""

import zlib
from pathlib import Path
from typing import Any, cast

import bpy
from bpy.props import EnumProperty, IntProperty, PointerProperty, StringProperty

from . import agreements
from .compositor import import_settings as imports
from .contract import NORMALCRAFTER, PREVIEW, ErrorCode, EstimateSettings, ModelEntry, PlatelightError, best_model, model_entry
from .link.state import state
from .relight.match import settings as match_settings

BEST, FOLDER = "BEST", "FOLDER"
_NUMBERS = {BEST: 0, PREVIEW.name: 1, NORMALCRAFTER.name: 2, FOLDER: 3}
_items: list[tuple[str, str, str, str, int]] = []
"""What Blender was last given: it keeps no references to an enum's strings of its own."""


def _model_items(self: object, context: bpy.types.Context | None) -> list[tuple[str, str, str, str, int]]:
    best = "The best model on this machine. Models for paid work come first. The preview model is the last choice"
    items = [(BEST, "Best Installed", best, "NONE", _NUMBERS[BEST])]
    for model in state.models:
        number = _NUMBERS.get(model.name, 16 + zlib.crc32(model.name.encode()) % 0xFFFF)
        about = f"{model.purpose}. Paid work: {model.paid}. Licence: {model.licence}"
        items.append((model.name, model.title, about, "NONE" if model.installed else "IMPORT", number))
    own = "Your own checkpoint, in a published layout such as NormalCrafter's"
    items.append((FOLDER, "From Folder", own, "FILE_FOLDER", _NUMBERS[FOLDER]))
    if items != _items:
        _items[:] = items
    return _items


class PlatelightSettings(bpy.types.PropertyGroup):
    model: EnumProperty(name="Model", description="Model that estimates the normals of the plate", items=_model_items)
    model_folder: StringProperty(
        name="Model Folder", description="Folder of the checkpoint. It holds model_index.json or the weights", subtype="DIR_PATH"
    )
    quality: EnumProperty(
        name="Resolution",
        description="Long side of the picture the model sees. More pixels show finer detail and take longer",
        items=(
            (
                "RECOMMENDED",
                "Recommended",
                "The size the model was trained at: 512 px for the preview model, 1024 px for NormalCrafter",
            ),
            ("DRAFT", "Draft", "512 px"),
            ("STANDARD", "Standard", "768 px"),
            ("FINE", "Fine", "1024 px"),
            ("NATIVE", "Native", "The size of the plate. Slow, and needs much memory"),
            ("CUSTOM", "Custom", "The size you set below"),
        ),
        default="RECOMMENDED",
    )
    max_resolution: IntProperty(
        name="Long Side",
        description="Long side of the picture the model sees, in pixels. A smaller plate is not enlarged",
        default=1024,
        min=64,
        soft_max=4096,
        max=16384,
        subtype="PIXEL",
    )
    handles: IntProperty(
        name="Handles",
        description="Extra frames to estimate before and after the visible part of the strip",
        default=0,
        min=0,
        soft_max=48,
        max=10000,
    )
    window: IntProperty(
        name="Window",
        description="Frames the model sees together. More flicker less and need more memory. 0 uses the model's default",
        default=0,
        min=0,
        soft_max=110,
        max=256,
    )
    overlap: IntProperty(
        name="Overlap",
        description="Frames two windows share. More hide the joins and take longer. -1 uses the model's default",
        default=-1,
        min=-1,
        soft_max=16,
        max=255,
    )
    decode_chunk_size: IntProperty(
        name="Decode Chunk",
        description="Frames decoded together. Fewer need less memory",
        default=7,
        min=1,
        soft_max=14,
        max=256,
    )
    precision: EnumProperty(
        name="Precision",
        items=(
            ("auto", "Automatic", "The precision that suits the device"),
            ("fp32", "Full (fp32)", "32 bits: exact and slow"),
            ("bf16", "Half (bf16)", "16 bits: fast on devices that support it"),
            ("fp16", "Half (fp16)", "16 bits: fast on graphics cards"),
        ),
    )
    device: EnumProperty(
        name="Device",
        items=(
            ("auto", "Automatic", "Use a graphics card if the engine finds one, else the processor"),
            ("cpu", "CPU", "Use the processor"),
            ("cuda", "NVIDIA (CUDA)", "Use an NVIDIA card, or an AMD card with ROCm"),
            ("mps", "Apple (Metal)", "Use an Apple GPU"),
        ),
    )
    output_folder: StringProperty(
        name="Output",
        description="Folder of the passes. If blank, they go to //platelight/ beside the project",
        subtype="DIR_PATH",
    )
    match: PointerProperty(type=match_settings.PlatelightMatchSettings)


def resolved_model(settings: PlatelightSettings) -> str:
    """Return the model's name, or the folder, written as the engine writes it: without a slash at its end, and without links.

    Raises:
        PlatelightError: `setting_invalid` when a folder is wanted and none is chosen.
    """
    if settings.model == FOLDER:
        if not settings.model_folder.strip():
            raise PlatelightError(ErrorCode.SETTING_INVALID, "no model folder is chosen")
        return str(Path(bpy.path.abspath(settings.model_folder)).expanduser().resolve())
    return _best() if settings.model in (BEST, "") else settings.model


def _best() -> str:
    """Return the name of the model that *Best Installed* comes to."""
    return best_model(state.models, paid_first=agreements.paid_first())


def resolved_resolution(settings: PlatelightSettings) -> int:
    """Long side in pixels, 0 for native."""
    fixed = {"DRAFT": 512, "STANDARD": 768, "FINE": 1024, "NATIVE": 0, "CUSTOM": settings.max_resolution}
    if settings.quality in fixed:
        return fixed[settings.quality]
    return chosen_model(settings).default_resolution


def chosen_model(settings: PlatelightSettings) -> ModelEntry:
    """Return what is known of the model that is chosen."""
    name = _best() if settings.model in (BEST, "") else settings.model
    return model_entry(state.models, name)


def estimate_settings(settings: PlatelightSettings) -> EstimateSettings:
    """Return the settings as they go to the engine.

    Raises:
        PlatelightError: `setting_invalid`.
    """
    made_for = chosen_model(settings)
    window = settings.window or made_for.window
    overlap = settings.overlap if settings.overlap >= 0 else min(made_for.overlap, window - 1)
    return EstimateSettings(
        model=resolved_model(settings),
        max_resolution=resolved_resolution(settings),
        window=window,
        overlap=overlap,
        decode_chunk_size=settings.decode_chunk_size,
        precision=settings.precision,
        device=settings.device,
    )


def of(scene: bpy.types.Scene) -> PlatelightSettings:
    """Return the settings of a scene."""
    return cast(Any, scene).platelight


def register() -> None:
    match_settings.register()
    bpy.utils.register_class(PlatelightSettings)
    cast(Any, bpy.types.Scene).platelight = cast(Any, PointerProperty)(type=PlatelightSettings)
    imports.register()


def unregister() -> None:
    imports.unregister()
    del cast(Any, bpy.types.Scene).platelight
    bpy.utils.unregister_class(PlatelightSettings)
    match_settings.unregister()
    _items.clear()
