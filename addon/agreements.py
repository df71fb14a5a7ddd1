"""What the user decided about the licences of models: kept in the preferences."""

from __future__ import annotations

from typing import Any

import bpy

from .contract import ModelEntry, must_ask
from .identity import ROOT_PACKAGE


def paid_first() -> bool:
    """Return whether *Best Installed* takes models for paid work first; yes where the extension has no preferences."""
    prefs = _preferences()
    return prefs is None or bool(prefs.paid_first)


def to_ask(model: ModelEntry) -> bool:
    """Return whether the user must be asked before this model is used: its licence has conditions, and nobody agreed yet."""
    prefs = _preferences()
    return prefs is not None and must_ask(model) and model.name not in prefs.agreed_models.split(",")


def agree(model: ModelEntry) -> None:
    """Remember that the user knows a model's licence."""
    prefs = _preferences()
    if prefs is not None and to_ask(model):
        prefs.agreed_models = ",".join(filter(None, (*prefs.agreed_models.split(","), model.name)))


def _preferences() -> Any:
    """Return the add-on's preferences, None where it is imported but not enabled."""
    preferences = bpy.context.preferences
    addon = preferences.addons.get(ROOT_PACKAGE) if preferences else None
    return addon.preferences if addon else None
