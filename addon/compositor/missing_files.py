"""Files that the relit plates of a scene ask for and that aren't there: passes, plates and mattes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import bpy

from ..blender import compat, image_files
from ..blender.image_files import Files, Listing
from ..nodes.block import Block, attached_strips, shown_nodes

PLATE, MATTE = "plate", "matte"


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What a node of a relit plate asks for. `what`: the pass by name, `PLATE` or `MATTE`."""

    plate: str
    what: str
    files: Files


@dataclass(frozen=True, kw_only=True)
class Missing:
    """`gone` of `of` files aren't there, `first` among them. `what` as for `Asked`."""

    plate: str
    what: str
    folder: Path
    first: str
    gone: int
    of: int

    @property
    def sentence(self) -> str:
        """``24 of 24 frames of the normal pass are missing``, without a stop."""
        what = self.what if self.what in (PLATE, MATTE) else f"{self.what} pass"
        if self.of == 1:
            return f"The file of the {what} is missing: {self.first}"
        return f"{self.gone} of {self.of} frames of the {what} {'is' if self.gone == 1 else 'are'} missing"


def asked(scene: bpy.types.Scene) -> list[Asked]:
    """Return what the scene's relit plates ask for, as far as anything shows it. Looks at no file."""
    tree = compat.compositor_tree(scene)
    if tree is None:
        return []
    found, shown = [], shown_nodes(tree)
    for plate in sorted(attached_strips(tree)):
        for role, node in Block(tree, strip_name=plate).images():
            if node in shown and (files := image_files.asked_by(node)):
                what = MATTE if role.startswith(MATTE) else role.removeprefix("pass ")
                found.append(Asked(plate=plate, what=what, files=files))
    return found


def look(wanted: Iterable[Asked], *, listing: Listing = image_files.names_in) -> list[Missing]:
    """Look at the disk, each folder once. No bpy: for any thread."""
    found, once = [], cache(listing)
    for each in wanted:
        if gone := image_files.missing(each.files, listing=once):
            found.append(
                Missing(
                    plate=each.plate,
                    what=each.what,
                    folder=each.files.folder,
                    first=gone[0],
                    gone=len(gone),
                    of=len(each.files.names),
                )
            )
    return found
