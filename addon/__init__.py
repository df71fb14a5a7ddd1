"""The part of Platelight that runs in Blender: the standard library, bpy, and the engine's contract; never torch."""

from types import ModuleType


def _parts() -> tuple[ModuleType, ...]:
    """Return what registers something, in order. Imported late, so that parts without bpy can be imported without Blender."""
    from . import operators, panels, preferences, properties
    from .batch import command
    from .link import file_watch, session
    from .relight import handlers, settings

    return properties, settings, preferences, operators, panels, session, file_watch, handlers, command


def register() -> None:
    for part in _parts():
        part.register()


def unregister() -> None:
    for part in reversed(_parts()):
        part.unregister()
