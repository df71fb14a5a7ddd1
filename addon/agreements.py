"""What the user decided about the licences of models: kept in the preferences."""

from __future__ import annotations

import bpy

from .contract import ModelEntry, must_ask
from .identity import ROOT_PACKAGE


def paid_first() -> bool:
    """Return whether *Best Installed* takes models for paid work first; yes where the extension has no preferences."""
    prefs = _preferences()
    return True if prefs is None else prefs.paid_first


def to_ask(model: ModelEntry) -> bool:
    """Return whether the user must be asked before this model is used: its licence has conditions, and nobody agreed yet."""
    prefs = _preferences()
    return prefs is not None and must_ask(model) and model.name not in prefs.agreed_models.split(",")


def agree(model: ModelEntry) -> None:
    """Remember that the user knows a model's licence."""
    if to_ask(model):
        prefs = _preferences()
        prefs.agreed_models = ",".join(filter(None, (*prefs.agreed_models.split(","), model.name)))


def _preferences() -> bpy.types.AddonPreferences | None:
    addon = bpy.context.preferences.addons.get(ROOT_PACKAGE)
    return addon.preferences if addon else None
