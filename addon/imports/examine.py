"""From a file the user chose to what is known of its sequence: reads a few frames and asks the doctor."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import bpy
import numpy as np

from ..blender import image_layers, sequences, typed
from ..blender.clips import ClipTarget
from ..blender.scene_copy import camera_of, copied
from ..errors import UserError
from . import detect_convention, files, pixels
from .detect_convention import GUESS, SURE, Finding, View
from .files import Found, Header

FRAMES = 4
"""How many are read, spread over the sequence."""
_MOST_LAYERS = 8
"""That are looked through where none is named like normals."""


@dataclass(frozen=True, kw_only=True)
class Examined:
    """`layer`: the one that was read, of `layers`. `offset`: from a file's number to a source frame of the plate."""

    found: Found
    layer: str
    layers: tuple[str, ...]
    offset: int
    convention: detect_convention.Convention
    findings: tuple[Finding, ...]


def examine(file: Path, *, layer: str, target: ClipTarget, scene: bpy.types.Scene) -> Examined:
    """Look at a sequence and at how it lies on a plate.

    Args:
        layer: of an EXR; blank for the one that is named most like normals.

    Raises:
        UserError, PlatelightError.
    """
    found = files.find(file)
    headers = files.headers(found)
    header = headers[found.first]
    choices = image_layers.layers(header.channels) if header else ()
    wanted = _choose(header, choices, layer, name=file.name)
    aligned = files.align(found, shown=(target.first, target.last), clip_first=_clip_first(target), is_movie=not target.is_sequence)
    numbers = _spread(list(found.files))
    pictures = {each: [pixels.read(found.files[n], layer=each, header=headers[n]) for n in numbers] for each in wanted}
    layer = max(wanted, key=lambda each: detect_convention.likeness(pictures[each]))
    frames = pictures[layer]
    findings = [
        *_about_files(found, headers),
        *_about_layer(header, choices, layer),
        Finding(text=aligned.sentence, sure=SURE if aligned.sure else GUESS, trouble=not aligned.sure),
    ]
    start = target.timeline_start - target.first + aligned.offset
    view = _view(scene, [start + n for n in numbers])
    told = detect_convention.diagnose(frames, view, byte_files=header.bits == 8 if header else file.suffix.lower() in files.BYTES)
    return Examined(
        found=found,
        layer=layer,
        layers=choices,
        offset=aligned.offset,
        convention=told.convention,
        findings=(*findings, *told.findings),
    )


def _choose(header: Header | None, choices: tuple[str, ...], wanted: str, *, name: str) -> tuple[str, ...]:
    """Return the layer that is wanted or named like normals; where none is, all of those that may be it."""
    if header is not None and header.colors < 3:
        told = "one channel" if header.colors == 1 else f"{header.colors} channels"
        raise UserError(f"{name} has {told}, so it holds no directions: choose the normals, not a depth or matte.")
    if wanted and wanted not in choices:
        others = ", ".join(each or "its own colours" for each in choices) or "one picture only"
        raise UserError(f"{name} has no layer {wanted}, it has {others}: clear Layer, or choose one that is there.")
    if header is not None and header.channels and not choices:
        raise UserError(f"{name} has no layer of three channels, only {', '.join(header.channels[:6])}: choose the normals.")
    if wanted or not choices:
        return (wanted,)
    return choices[:1] if image_layers.is_named_normal(choices[0]) else choices[:_MOST_LAYERS]


def _about_files(found: Found, headers: dict[int, Header | None]) -> list[Finding]:
    findings, sizes, header = [], files.sizes(headers), headers[found.first]
    if found.missing:
        gone = _counted(found.missing, "is missing", "are missing")
        text = f"{gone}: Blender has nothing to show there, so render what is missing or cut it out"
        findings.append(Finding(text=text, trouble=True))
    if cut := [number for number, known in headers.items() if known and not known.whole]:
        text = f"{_counted(cut, 'ends early', 'end early')}, as when a render is stopped: Blender shows black there, write it again"
        findings.append(Finding(text=text, trouble=True))
    if found.files[found.first].suffix.lower() in files.LOSSY:
        text = "JPEG and WebP blur directions along edges, by tens of degrees: take EXR, PNG or TIFF if you can"
        findings.append(Finding(text=text, trouble=True))
    if len(sizes) > 1:
        told = "; ".join(f"{width} x {height} in files {files.ranges(numbers)}" for (width, height), numbers in sizes.items())
        findings.append(Finding(text=f"The files are not all of one size: {told}. Each is stretched over the plate", trouble=True))
    if header is not None and header.shown and header.shown != (header.width, header.height):
        told = f"{header.width} x {header.height} pixels of a picture of {header.shown[0]} x {header.shown[1]}"
        text = f"The EXR holds {told}, and Blender doesn't lay such a part right on the plate: write the whole picture"
        findings.append(Finding(text=text, trouble=True))
    return findings


def _counted(numbers: Sequence[int], one: str, several: str) -> str:
    return f"File {numbers[0]} {one}" if len(numbers) == 1 else f"Files {files.ranges(numbers)} {several}"


def _about_layer(header: Header | None, choices: tuple[str, ...], layer: str) -> list[Finding]:
    if header is None or not header.channels:
        return []
    told = ", ".join(channel for channel in header.channels if channel.rpartition(".")[0] == layer)
    if not layer and len(choices) == 1:
        return [Finding(text=f"The normals are in the channels {told}")]
    sure = SURE if image_layers.is_named_normal(layer) or len(choices) == 1 else GUESS
    others = [each or "its own colours" for each in choices if each != layer]
    text = f"The normals are in the layer {layer or 'of its own colours'} ({told})"
    return [Finding(text=f"{text}; there are also {', '.join(others)}" if others else text, sure=sure)]


def _clip_first(target: ClipTarget) -> int:
    """Return the first source frame that the clip has, seen or not."""
    numbers = sequences.files_of(Path(target.source.path)) if target.is_sequence else {}
    return next(iter(numbers), 1)


def _spread(numbers: list[int]) -> list[int]:
    picked = np.linspace(0, len(numbers) - 1, min(FRAMES, len(numbers)))
    return [numbers[round(float(each))] for each in picked]


def _view(scene: bpy.types.Scene, numbers: list[int]) -> View:
    """Return what the scene is seen through at those frames, timeline markers obeyed. A copy goes there: the scene stays as it
    is, with
    what was moved in it and not keyed."""
    turns, view = [], View()
    for number in numbers:
        with copied(scene, number) as copy:
            camera = camera_of(copy)
            lens = typed.perspective(camera)
            if camera is None or lens is None:
                continue
            turns.append(np.array(camera.matrix_world.to_3x3().normalized()))
            corners = np.array(lens.view_frame(scene=copy))
        corners = corners[:, :2] / -corners[:, 2:]
        low, high = corners.min(0), corners.max(0)
        middle = (low + high) / 2
        view = View(half_width=float(high[0] - low[0]) / 2, shift=(float(middle[0]), float(middle[1])))
    return dataclasses.replace(view, turns=tuple(turns) if len(turns) == len(numbers) else ())
