"""What `screenshots.py` takes pictures of; runs inside a Blender with a window, a step at a time, so that it draws in between."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Iterator
from pathlib import Path

import addon_utils
import bpy

sys.path.insert(0, str(Path(__file__).parent))
import shot

WORK = Path(os.environ["PLATELIGHT_SCREENSHOTS"])
LAST = 72


def largest() -> bpy.types.Area:
    return max(bpy.context.window_manager.windows[0].screen.areas, key=lambda area: area.width * area.height)


def override() -> object:
    region = next(region for region in largest().regions if region.type == "WINDOW")
    return bpy.context.temp_override(window=bpy.context.window_manager.windows[0], area=largest(), region=region)


def open_editor(kind: str) -> Iterator[float]:
    """Show an editor with its Platelight tab; the side bar must have been drawn once before its tab can be chosen."""
    largest().ui_type = kind
    largest().spaces.active.show_region_ui = True
    yield 1.5
    next(region for region in largest().regions if region.type == "UI").active_panel_category = "Platelight"
    largest().tag_redraw()
    yield 1.5


def picture(name: str, *, crop: str = "") -> Iterator[float]:
    """Have a picture taken; `crop`: the part of the window that is kept, as ImageMagick writes it."""
    ready = WORK / "ready" / f"{name}.ready"
    ready.with_suffix(".tmp").write_text(crop)
    ready.with_suffix(".tmp").rename(ready)
    while ready.exists():
        yield 0.2


def script() -> Iterator[float]:
    window = bpy.context.window_manager.windows[0]
    scene = shot.new_shot(WORK / "shot/shot.blend", size=(1280, 720), first=1, last=LAST)
    if hasattr(window.workspace, "sequencer_scene"):
        window.workspace.sequencer_scene = scene
    yield from open_editor("SEQUENCE_EDITOR")
    with override():
        bpy.ops.sequencer.view_all()
        bpy.ops.platelight.estimate("INVOKE_DEFAULT")
    session = shot.part("addon.link.session")
    while not session.jobs()[0].ready and not session.jobs()[0].finished:
        yield 0.3
    yield 1.0
    yield from picture("sequencer")
    while not session.jobs()[0].finished:
        yield 0.3
    shot.light(shot.relight_node(scene), first=1, last=LAST)
    scene.frame_set(40)
    yield from open_editor("CompositorNodeTree")
    largest().spaces.active.node_tree = shot.tree(scene)
    largest().spaces.active.show_backdrop = False
    yield 1.0
    for node in shot.tree(scene).nodes:
        node.select = False
    with override():
        bpy.ops.node.view_all()
    yield 1.0
    with override():
        bpy.ops.view2d.pan(deltax=200)  # from under the side bar
    yield 1.5
    yield from picture("compositor")
    clip = bpy.data.movieclips.load(str(WORK / "shot" / shot.SAMPLE.name))
    yield from open_editor("CLIP_EDITOR")
    largest().spaces.active.clip = clip
    yield 1.5
    yield from picture("clip")
    yield from rig(scene)


def rig(scene: bpy.types.Scene) -> Iterator[float]:
    """The inside of the lights' group: what the camera sees, and the first light."""
    sun = bpy.data.objects.new("Sun", bpy.data.lights.new("Sun", "SUN"))
    sun.rotation_euler = (0.6, 0.3, 0.0)
    scene.collection.objects.link(sun)
    scene.platelight_relight.world = False
    yield from open_editor("CompositorNodeTree")
    with override():
        bpy.ops.platelight.wire_lights()
        bpy.ops.screen.screen_full_area()
    yield 1.5
    space, relight = largest().spaces.active, shot.part("addon.relight.lights.scene_lights")
    [group] = relight.rigs(scene).values()
    space.show_region_ui = space.show_region_asset_shelf = False
    space.path.append(group, node=next(node for node in shot.tree(scene).nodes if getattr(node, "node_tree", None) == group))
    yield 1.5
    first = min((node for node in group.nodes if node.get("platelight_gain")), key=lambda node: node.location_absolute.x)
    camera = next(node for node in group.nodes if node.bl_idname == "NodeFrame" and node.label == "What the camera sees")
    for node in group.nodes:
        node.select = node.parent is not None and node.parent in (first.parent, camera)
    with override():
        bpy.ops.node.view_selected()
    for node in group.nodes:
        node.select = False
    yield 2.0
    yield from picture("rig", crop="760x892+410+70")


def main() -> None:
    bpy.context.preferences.view.show_splash = False
    addon_utils.extensions_refresh()
    addon_utils.enable(shot.PACKAGE, default_set=True)
    preferences = bpy.context.preferences.addons[shot.PACKAGE].preferences
    preferences.engine_kind, preferences.engine_python = "EXISTING", str(Path(shot.__file__).parents[2] / ".venv/engine")
    steps = script()

    def step() -> float | None:
        failed = True
        try:
            wait = next(steps, None)
            failed = False
        finally:
            if failed:  # a timer's exception would leave the window waiting
                traceback.print_exc()
                os._exit(1)
        if wait is None:
            bpy.ops.wm.quit_blender()
        return wait

    bpy.app.timers.register(step, first_interval=2.0, persistent=True)


main()
