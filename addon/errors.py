"""The add-on's own error. Errors of the engine and its files are the contract's `PlatelightError`."""

from __future__ import annotations

import bpy


class UserError(Exception):
    """An error that the user can solve: what is wrong, then what to do, with full stops."""


def no_passes(plate: str, scene: bpy.types.Scene) -> UserError:
    """Return the error of a plate that has no nodes in a scene's compositor."""
    return UserError(f"{plate} has no passes in the compositor of {scene.name}. Estimate or load them first.")
