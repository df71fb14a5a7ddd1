"""What stands in the way of rendering a relit project elsewhere, and what an artist is told of it."""

from __future__ import annotations

import bpy
import pytest
from footage import write_normals, write_plate
from platelight.addon.blender import clips, compat
from platelight.addon.compositor import passes
from platelight.addon.panels import selection
from strips import image_strip


@pytest.fixture
def attach(scene, registered, tmp_path):
    """Places the passes of a strip; returns what is said of it."""
    strip = image_strip(scene, write_plate(tmp_path / "plates", range(1, 3)))
    write_normals(tmp_path / "passes", range(1, 3))
    workspace = bpy.context.workspace
    if hasattr(workspace, "sequencer_scene"):
        workspace.sequencer_scene = scene

    def run() -> tuple[str, ...]:
        [target] = clips.targets_by_pattern("plate")
        return passes.attach(scene, target=target, out=str(tmp_path / "passes"), passes=("normal",), first=1, last=2)

    run.strip = strip
    return run


@pytest.mark.skipif("compositor_device" not in bpy.types.RenderSettings.bl_rna.properties, reason="this Blender has no such choice")
def test_a_compositor_on_the_gpu_is_told_and_changed_by_a_button(scene, attach):
    attach()  # without a window the CPU is chosen at once
    assert not compat.composites_on_gpu(scene)
    scene.render.compositor_device = "GPU"  # as an artist, or a project made in a window, has it
    assert selection.needs_gpu(bpy.context)
    assert bpy.ops.platelight.use_cpu_compositor() == {"FINISHED"}
    assert scene.render.compositor_device == "CPU" and not selection.needs_gpu(bpy.context)


@pytest.mark.skipif("compositor_device" not in bpy.types.RenderSettings.bl_rna.properties, reason="this Blender has no such choice")
def test_a_scene_without_relit_plates_is_left_alone(scene, registered):
    scene.render.compositor_device = "GPU"
    assert not selection.needs_gpu(bpy.context)


def test_what_the_compositor_leaves_out_of_the_strip_is_told_once(attach):
    attach.strip.use_flip_x = attach.strip.use_flip_y = True
    told = [notice for notice in attach() if "Sequencer only" in notice]
    assert told == ["plate: its flip count in the Sequencer only; the compositor shows the plate as it was shot"]
    assert attach() == ()
