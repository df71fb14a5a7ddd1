"""Looks for files that relit plates lack: when a project is opened, when passes were placed, before a render, and when asked to.

With a window the disk is asked in a thread, so that a slow one holds nobody up. A render waits for one look at each folder, not
for a look at each frame.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterable

import bpy
from bpy.app.handlers import persistent

from ..blender import redraw
from ..compositor import missing_files
from ..compositor.missing_files import Asked, Missing
from .state import state

_SOON, _AGAIN = 0.5, 0.2
"""Seconds from a change to the look at the disk, and between questions whether it is done."""


class _Look:
    """A look in a thread; `found` is set when it is done. It touches no bpy."""

    def __init__(self, wanted: dict[str, list[Asked]], *, file: int) -> None:
        self.file = file
        self.found: dict[str, list[Missing]] | None = None
        self._wanted = wanted
        threading.Thread(target=self._run, name="platelight-files", daemon=True).start()

    def _run(self) -> None:
        self.found = _looked(self._wanted)


_looks: list[_Look] = []


def look_now(scenes: Iterable[bpy.types.Scene] | None = None) -> None:
    """Look at the disk, for all scenes or for some; `state.missing` tells."""
    wanted = _asked(bpy.data.scenes if scenes is None else scenes)
    state.missing = {name: found for name, found in state.missing.items() if name not in wanted} | _looked(wanted)


def look_soon() -> None:
    """The same for all scenes in a while, in a thread; does nothing without a window, where nobody looks at a panel."""
    if not bpy.app.background and not bpy.app.timers.is_registered(_begin):
        bpy.app.timers.register(_begin, first_interval=_SOON, persistent=True)


def of_scene(scene: bpy.types.Scene) -> list[Missing]:
    """Return what was missing at the last look. Free: for `draw`."""
    return state.missing.get(scene.name_full, [])


def _asked(scenes: Iterable[bpy.types.Scene]) -> dict[str, list[Asked]]:
    return {scene.name_full: missing_files.asked(scene) for scene in scenes}


def _looked(wanted: dict[str, list[Asked]]) -> dict[str, list[Missing]]:
    return {name: missing_files.look(asked) for name, asked in wanted.items()}


def _begin() -> None:
    _looks[:] = [_Look(_asked(bpy.data.scenes), file=state.files_opened)]
    if not bpy.app.timers.is_registered(_end):
        bpy.app.timers.register(_end, first_interval=_AGAIN, persistent=True)


def _end() -> float | None:
    if not _looks:
        return None
    if _looks[0].found is None:
        return _AGAIN
    look = _looks.pop()
    if look.file == state.files_opened and look.found is not None:
        state.missing = look.found
        redraw.side_bars()
    return None


@persistent
def _opened(*_: object) -> None:
    state.missing = {}
    look_soon()


@persistent
def _before_render(scene: bpy.types.Scene, *_: object) -> None:
    """Told where the render is told of; the panel has it, too."""
    look_now([scene])
    for missing in of_scene(scene):
        print(f"platelight: {scene.name}: {missing.plate}: {missing.sentence} in {missing.folder}", file=sys.stderr, flush=True)


def register() -> None:
    bpy.app.handlers.load_post.append(_opened)
    bpy.app.handlers.render_init.append(_before_render)


def unregister() -> None:
    bpy.app.handlers.render_init.remove(_before_render)
    bpy.app.handlers.load_post.remove(_opened)
    for timer in (_begin, _end):
        if bpy.app.timers.is_registered(timer):
            bpy.app.timers.unregister(timer)
    _looks.clear()
