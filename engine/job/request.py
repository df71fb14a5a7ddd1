"""What a request comes to: checked, with the model's own values filled in."""

from __future__ import annotations

import dataclasses
import os
import re
from dataclasses import dataclass
from pathlib import Path

from ..frames.plate import Plate
from ..protocol import DEVICES, PRECISIONS, ErrorCode, Estimate, EstimateSettings, PlatelightError, pass_folder
from ..protocol.bounds import MOST_FRAMES
from ..protocol.messages import MOST_TOKENS, WIDEST
from ..protocol.models import ModelInfo

_CLIP = re.compile(r"[\w+-][\w.+-]*")
CHOICES = {"precision": PRECISIONS, "device": DEVICES}


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What is asked for, once the clip is open.

    `clip`: its name in file names. `source`: its path. `first`, `last`: the frames wanted, handles included. `overwrite`: whether
    frames that are there may be replaced. `remove_outside`: whether frames outside the range that have other settings are removed.
    """

    job: str
    clip: str
    source: Path
    is_sequence: bool
    color_space: str
    out: Path
    passes: tuple[str, ...]
    first: int
    last: int
    settings: EstimateSettings
    model: ModelInfo
    overwrite: bool
    remove_outside: bool

    @property
    def frames(self) -> range:
        return range(self.first, self.last + 1)


def settle(request: Estimate, *, model: ModelInfo, plate: Plate) -> Asked:
    """Return what a request that `check_request` has passed asks of this model and this clip.

    Raises:
        PlatelightError: `setting_invalid`, `range_outside_clip`.
    """
    clip = plate.clip
    first, last = plan_range(request, clip_first=clip.first, clip_last=clip.last, held=clip.held)
    return Asked(
        job=request.job,
        clip=request.source.clip or plate.clip_name,
        source=clip.path,
        is_sequence=clip.is_sequence,
        color_space=request.source.color_space,
        out=Path(request.out).expanduser().absolute(),
        passes=wanted_passes(request, model),
        first=first,
        last=last,
        settings=effective(request.settings, model),
        model=model,
        overwrite=request.overwrite,
        remove_outside=request.remove_outside,
    )


def check_request(request: Estimate) -> None:
    """Raises: `setting_invalid`, naming the setting and what it may be; `output_not_writable` for a name that can't be used."""
    settings = request.settings
    _demand(settings.max_resolution >= 0, "max_resolution", settings.max_resolution, "0 for native, or pixels")
    _demand(settings.window >= 0, "window", settings.window, "0 for the model's own, or frames")
    _demand(settings.overlap >= -1, "overlap", settings.overlap, "-1 for the model's own, or frames")
    _demand(settings.decode_chunk_size >= 1, "decode_chunk_size", settings.decode_chunk_size, "at least 1 frame")
    _demand(0 <= settings.tokens <= MOST_TOKENS, "tokens", settings.tokens, f"0 for the model's own, or up to {MOST_TOKENS}")
    _demand(0 <= settings.fov <= WIDEST, "fov", settings.fov, f"0 to have it estimated, or up to {WIDEST:g} degrees")
    _demand(request.handles >= 0, "handles", request.handles, "at least 0 frames")
    for name, choices in CHOICES.items():
        _demand(getattr(settings, name) in choices, name, getattr(settings, name), "one of " + ", ".join(choices))
    _demand(request.overwrite or not request.remove_outside, "remove_outside", True, "used together with overwrite")
    if not _is_utf8(request.out):  # the library that writes EXR takes no other names
        told = request.out.encode("utf-8", "backslashreplace").decode()
        raise PlatelightError(ErrorCode.OUTPUT_NOT_WRITABLE, f"the name of the folder is not UTF-8: {told}")
    clip = request.source.clip
    _demand(not clip or _CLIP.fullmatch(clip) is not None, "clip", clip, "letters, digits, and . _ + -")


def check_source(request: Estimate, *, passes: tuple[str, ...]) -> None:
    """Refuse a plate that lies where passes are to go: one would take the place of the other.

    Raises:
        PlatelightError: `source_in_output`.
    """
    source = Path(request.source.path).expanduser().absolute()
    above = [folder for path in (source, Path(os.path.realpath(source))) for folder in path.parents if folder.is_dir()]
    for name in passes:
        folder = pass_folder(Path(request.out).expanduser().absolute(), name)
        if folder.is_dir() and any(folder.samefile(parent) for parent in above):
            raise PlatelightError(ErrorCode.SOURCE_IN_OUTPUT, f"{source} lies in {folder}")


def effective(settings: EstimateSettings, model: ModelInfo) -> EstimateSettings:
    """Return the settings as they count: the model's full name, its own window where that is asked for, and fixed values where
    the model doesn't care.

    Raises:
        PlatelightError: `setting_invalid`.
    """
    is_file = settings.temporal not in ("auto", "none")
    _demand(
        model.takes_blocks or not is_file, "temporal", settings.temporal, f"auto with {model.title}, which has no temporal blocks"
    )
    temporal = str(Path(settings.temporal).expanduser().absolute()) if is_file else settings.temporal
    settings = dataclasses.replace(
        settings,
        model=model.name,
        temporal=temporal if model.takes_blocks else "auto",
        tokens=(settings.tokens or model.tokens) if model.tokens else 0,
        fov=settings.fov if model.tells_lens else 0.0,
    )
    if not model.temporal:
        return dataclasses.replace(settings, window=1, overlap=0, decode_chunk_size=1)
    if model.own_windows:
        return dataclasses.replace(settings, window=model.window, overlap=model.overlap)
    window = settings.window or model.window
    overlap = min(model.overlap, window - 1) if settings.overlap == -1 else settings.overlap
    _demand(overlap < window, "overlap", overlap, f"0 to less than the window, {window}")
    return dataclasses.replace(settings, window=window, overlap=overlap)


def wanted_passes(request: Estimate, model: ModelInfo) -> tuple[str, ...]:
    """Return the model's passes that are asked for, in the model's order.

    Raises:
        PlatelightError: `setting_invalid` for one that it doesn't make.
    """
    for name in request.passes:
        _demand(name in model.passes, "pass", name, f"{' or '.join(model.passes)} with {model.title}")
    return tuple(name for name in model.passes if name in request.passes) if request.passes else model.passes


def plan_range(request: Estimate, *, clip_first: int, clip_last: int, held: int) -> tuple[int, int]:
    """Return the first and last frame to estimate: the range asked for, widened by the handles as far as the clip goes.

    Args:
        held: frames behind `clip_last` up to this one show its last picture, so that its passes serve for them.

    Raises:
        PlatelightError: `range_outside_clip`, `setting_invalid` for a range that ends before it starts.
    """
    first = clip_first if request.first is None else request.first
    last = clip_last if request.last is None else request.last
    _demand(first <= last, "first", first, f"at most the last frame, {last}")
    if first < clip_first or last > held:
        detail = f"{first} to {last} was asked for, the clip has {clip_first} to {clip_last}"
        raise PlatelightError(ErrorCode.RANGE_OUTSIDE_CLIP, detail)
    first, last = max(clip_first, min(first, clip_last) - request.handles), min(clip_last, last + request.handles)
    if last - first >= MOST_FRAMES:
        told = f"{first} to {last} are more than the {MOST_FRAMES} frames of one estimate; a damaged movie may claim so many"
        raise PlatelightError(ErrorCode.RANGE_OUTSIDE_CLIP, told)
    return first, last


def _is_utf8(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _demand(right: bool, name: str, value: object, may_be: str) -> None:
    if not right:
        raise PlatelightError(ErrorCode.SETTING_INVALID, f"{name} {value!r}; it may be {may_be}")
