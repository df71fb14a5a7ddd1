"""``--command platelight check-scene``: say what would make renders of relit plates wrong; for a farm's first task."""

from __future__ import annotations

import argparse

import bpy

from ..compositor import check
from .console import Stop, complain, say, scenes_named

_TROUBLE = 1
"""Exit code where something is wrong."""


def check_scene(options: argparse.Namespace, stop: Stop) -> int:
    """Look at the scenes' files and settings; changes nothing."""
    found, plates = 0, 0
    for scene in scenes_named(options) or list(bpy.data.scenes):
        relit = check.relit(scene)
        plates += len(relit)
        for trouble in check.troubles(scene):
            complain(trouble, label=scene.name)
            found += 1
        for notice in check.notices(scene):
            say(f"{scene.name}: {notice}")
        for plate in relit:
            say(f"{scene.name}: {plate}")
    if found:
        complain(f"{found} {'thing is' if found == 1 else 'things are'} wrong.")
        return _TROUBLE
    say(f"all is well, {plates} relit plate{'' if plates == 1 else 's'}")
    return 0
