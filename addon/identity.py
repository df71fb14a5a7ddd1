"""Who the extension is and which folders are its own."""

from __future__ import annotations

from pathlib import Path

ROOT_PACKAGE = __package__.rpartition(".")[0]
"""The extension's own package: ``bl_ext.user_default.platelight`` when installed as an extension."""


def extension_root() -> Path:
    """Return the folder that holds `addon` and `engine`. Read-only: nothing is ever written there."""
    return Path(__file__).resolve().parent.parent


def user_folder() -> Path:
    """Return the folder that the extension may write to; it survives upgrades. Made when absent."""
    import bpy

    try:
        return Path(bpy.utils.extension_path_user(ROOT_PACKAGE, create=True))
    except ValueError:  # imported as a plain package, as scripts and tests do
        return Path(bpy.utils.user_resource("DATAFILES", path="platelight", create=True))


def log_file() -> Path:
    """Where the engine's own messages go."""
    return user_folder() / "engine.log"
