"""Renders of another shape than the plate: the plate keeps its shape, the user is told, and one button mends it."""

from __future__ import annotations

import bpy
import numpy as np
import pytest
from footage import HEIGHT, WIDTH, normals, render, write_normal, write_normals, write_png
from platelight.addon.blender import clips, compat
from platelight.addon.compositor import check, passes, render_size
from platelight.addon.nodes.block import Block
from platelight.addon.relight import handlers
from strips import image_strip


@pytest.fixture
def plate(scene, registered, tmp_path):
    """A plate of the render's shape, white left of its middle, whose relight is turned off."""
    flat = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    flat[:, : WIDTH // 2] = 255
    write_normals(tmp_path / "passes", range(1, 2))
    workspace = bpy.context.workspace
    if hasattr(workspace, "sequencer_scene"):
        workspace.sequencer_scene = scene
    image_strip(scene, [write_png(tmp_path / "plate.0001.png", flat)])
    [target] = clips.targets_by_pattern("plate")
    passes.attach(scene, target=target, out=str(tmp_path / "passes"), passes=("normal",), first=1, last=1)
    block = Block(compat.compositor_tree(scene), strip_name="plate")
    block.find("relight").inputs["Amount"].default_value = 0.0
    return flat


def columns(scene, tmp_path) -> tuple[int, int, int]:
    """First lit column, the one after the last, and lit rows, of the render."""
    image = render(scene, [1], tmp_path)[1][..., 0]
    lit = np.flatnonzero(image[image.shape[0] // 2] > 0.5)
    return int(lit[0]), int(lit[-1]) + 1, int((image[:, lit[len(lit) // 2]] > 0.5).sum())


def test_a_render_that_gets_another_shape_does_not_stretch_the_plate(scene, plate, tmp_path):
    assert columns(scene, tmp_path) == (0, WIDTH // 2, HEIGHT) and not render_size.others(scene)
    scene.render.resolution_x, scene.render.resolution_y = 2 * WIDTH, HEIGHT
    handlers.refresh(scene)
    assert columns(scene, tmp_path) == (WIDTH // 2, WIDTH, HEIGHT)
    [other] = render_size.others(scene)
    assert f"is {WIDTH} x {HEIGHT}, and the render is {2 * WIDTH} x {HEIGHT}" in other.sentence
    assert check.notices(scene) == [f"{other.sentence}."] and not check.troubles(scene)
    assert bpy.ops.platelight.set_render_size(shot="plate") == {"FINISHED"}
    assert (scene.render.resolution_x, scene.render.resolution_y) == (WIDTH, HEIGHT)
    assert columns(scene, tmp_path) == (0, WIDTH // 2, HEIGHT) and not render_size.others(scene)
    assert render_size.follow(scene) == 0


def test_a_pass_of_another_size_follows_the_plate(scene, plate, tmp_path):
    """The pass is half as wide in pixels: it still lies over the plate when the render becomes wider."""
    write_normal(tmp_path / "passes/normal/plate.0001.exr", normals(0, width=WIDTH // 2, height=HEIGHT) * 0 + [0, 0, 1])
    bpy.data.images["plate.0001.exr"].reload()
    block = Block(compat.compositor_tree(scene), strip_name="plate")
    group = block.find("relight")
    group.inputs["Amount"].default_value = 1.0
    for name in ("Key Strength", "Fill Strength", "Rim Strength", "Ambient Strength"):
        group.inputs[name].default_value = 0.0
    scene.render.resolution_x = 2 * WIDTH
    handlers.refresh(scene)
    assert render(scene, [1], tmp_path)[1][..., :3].max() < 1e-3, "every pixel of the plate has a normal, so no light falls on it"


def test_pixels_that_are_not_square_count(scene, plate, tmp_path):
    scene.render.resolution_x, scene.render.pixel_aspect_x = WIDTH // 2, 2.0
    handlers.refresh(scene)
    assert not render_size.others(scene), "a plate of square pixels fills half as many of twice the width"
    assert columns(scene, tmp_path) == (0, WIDTH // 4, HEIGHT)
    scene.render.resolution_x = WIDTH
    handlers.refresh(scene)
    assert not render_size.others(scene), "a squeezed plate fills a squeezed render"
    scene.render.resolution_x = WIDTH * 2
    assert render_size.others(scene)
    assert bpy.ops.platelight.set_render_size(shot="plate") == {"FINISHED"}
    assert (scene.render.resolution_x, scene.render.pixel_aspect_x) == (WIDTH, 1.0)


def test_a_plate_that_is_gone_is_refused(scene, plate):
    with pytest.raises(RuntimeError, match="Blender cannot render at the size of nothing"):
        bpy.ops.platelight.set_render_size(shot="nothing")
