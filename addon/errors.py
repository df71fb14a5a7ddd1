"""The one error of the add-on's own that a person reads. Those of the engine and its files are the contract's `PlatelightError`."""

from __future__ import annotations

import bpy


class UserError(Exception):
    """What stands in the way: a sentence that ends with what to do, and with a full stop."""


def no_passes(plate: str, scene: bpy.types.Scene) -> UserError:
    """Return the error of a plate that has no nodes in a scene's compositor."""
    return UserError(f"{plate} has no passes in the compositor of {scene.name}: estimate or load them first.")
