"""Importing normals for a plate, checking them again, and giving them up: what the operators do."""

from __future__ import annotations

from pathlib import Path

import bpy

from ..blender import clips, compat, images, linked, paths, typed
from ..blender.clips import ClipTarget
from ..errors import UserError
from ..imports.detect_convention import SURE, Finding
from ..imports.examine import Examined, examine
from ..nodes.block import Block
from . import follow_rename, import_settings, imported_normals, passes
from .import_settings import PlatelightNormals


def one_target(context: bpy.types.Context) -> ClipTarget:
    """Return the plate that is selected.

    Raises:
        UserError: several are. PlatelightError: as `clips.targets_from_context`.
    """
    targets = clips.targets_from_context(context)
    if len(targets) > 1:
        raise UserError(f"{len(targets)} plates are selected, and the normals are of one: select that alone.")
    return targets[0]


def bring_in(scene: bpy.types.Scene, target: ClipTarget, *, file: Path, layer: str = "") -> tuple[PlatelightNormals, list[str]]:
    """Examine a sequence and place it as a plate's normals.

    Args:
        file: any of it; may begin with ``//``.

    Returns:
        What is known of it, and what the user should know besides, a sentence each.

    Raises:
        UserError, PlatelightError: nothing was changed.
    """
    if refusal := linked.refusal(scene):
        raise UserError(refusal)
    examined = examine(paths.absolute(str(file)), layer=layer, target=target, scene=scene)
    plate = passes.plate_layer(target)
    notices = follow_rename.follow(scene, target)
    entries = import_settings.entries(scene)
    entry = entries.get(target.strip_name) or entries.add()
    entry.name = target.strip_name
    _fill(entry, examined, target)
    first = examined.found.files[examined.found.first]
    notices += imported_normals.attach(
        scene, import_settings.imported(entry), target=target, plate=plate, file=first, still=examined.found.is_still
    )
    notices += passes.after_growing(scene, target)
    _tell(entry, (*examined.findings, *_about_size(scene, target)))
    return entry, notices


def _fill(entry: PlatelightNormals, examined: Examined, target: ClipTarget) -> None:
    entry.file = images.project_path(examined.found.files[examined.found.first])
    entry.layers = "\n".join(examined.layers)
    entry.layer, entry.offset = examined.layer, examined.offset
    entry.first, entry.last = examined.found.first, examined.found.last
    entry.start = target.timeline_start - target.first
    known = examined.convention
    entry.encoding, entry.curve, entry.order = known.encoding, known.curve, known.order
    entry.flip, entry.space = known.flip, known.space


def _tell(entry: PlatelightNormals, findings: tuple[Finding, ...]) -> None:
    entry.findings.clear()
    for finding in findings:
        told = entry.findings.add()
        told.name, told.sure, told.trouble = finding.text, finding.sure, finding.trouble


def _about_size(scene: bpy.types.Scene, target: ClipTarget) -> list[Finding]:
    """Return how the normals' size compares with the plate's; both are known to Blender only once nodes show them."""
    block = Block(compat.used_compositor(scene), strip_name=target.strip_name)
    normals, plate = (tuple(typed.shown_image(block.own(role)).size) for role in (imported_normals.IMAGE, "plate"))
    if not all((*normals, *plate)) or normals == plate:
        return []
    told = f"The normals have {normals[0]} x {normals[1]} pixels, the plate {plate[0]} x {plate[1]}"
    if abs(normals[0] * plate[1] / (normals[1] * plate[0]) - 1) > 0.02:
        text = f"{told}: they are of another shape and get stretched, so they may not lie on what they are of"
        return [Finding(text=text, sure=SURE, trouble=True)]
    return [Finding(text=f"{told}: they are scaled")]
