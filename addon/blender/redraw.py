"""Has panels drawn again when what they show changed without the user's doing."""

from __future__ import annotations

from . import typed

_DRAWN_IN = frozenset({"SEQUENCE_EDITOR", "CLIP_EDITOR", "NODE_EDITOR", "VIEW_3D", "PREFERENCES"})


def side_bars() -> None:
    """Have the side bars that show jobs drawn again."""
    for window in typed.windows():
        for area in window.screen.areas:
            if area.type in _DRAWN_IN:
                for region in area.regions:
                    if region.type in {"UI", "WINDOW"} and (region.type == "UI" or area.type == "PREFERENCES"):
                        region.tag_redraw()
