"""The sun and the world that are made like the light in a plate: never on the plate twice, and whole again when made again."""

from __future__ import annotations

import bpy
import match_plates as plates
import numpy as np
import pytest
from footage import render
from ground_truth import add
from match_plates import unit
from platelight.addon.blender import compat
from platelight.addon.nodes.block import Block
from platelight.addon.relight import matched_sun
from platelight.addon.relight.lights import rig
from platelight.addon.relight.match import run, wiring
from platelight.addon.relight.match.fit import Assumptions
from platelight.addon.relight.match.wiring import Mode

SUN = unit(-0.6, 0.65, 0.45)


@pytest.fixture
def shot(scene, tmp_path):
    """Two frames of the room under one sun and a sky, matched, and a camera; gives their folder."""
    files = []
    for frame in (1, 2):
        normal, albedo = plates.room(shift=0.02 * frame)
        files.append(plates.write(tmp_path, frame, plate=albedo * plates.lit(normal, SUN), normal=normal))
    plates.attach(scene, tmp_path, files)
    scene.camera = add(scene, "Camera", bpy.data.cameras.new("Camera"))
    for _ in run.match(scene, "plate", frames=2, assume=Assumptions()):
        pass
    return tmp_path


def test_a_plate_is_never_lit_by_its_own_light_twice(scene, shot, registered):
    """Whatever comes first: the mode, the made sun, or the lights on the plate; and a slider of the user's comes back."""
    normal, albedo = plates.room(shift=0.04)
    plate = albedo * plates.lit(normal, SUN)
    bpy.ops.platelight.wire_lights()
    assert matched_sun.make(scene, "plate") == []
    lights = Block(compat.compositor_tree(scene), strip_name="plate").find("lights")
    gain = next(gain for source, gain in rig.gains(lights.node_tree, lights).items() if source.name == "Sun of plate")
    replaced = render(scene, [2], shot)[2][..., :3]
    assert np.abs(replaced - plate).mean() < 0.02 * plate.max()
    gain.default_value = 0.7
    for mode in (Mode.ADD, Mode.MIX, Mode.ADD):
        wiring.set_mode(scene, "plate", mode)
        assert gain.default_value == 0
    np.testing.assert_allclose(render(scene, [2], shot)[2][..., :3], plate, rtol=1e-3, atol=1e-4)
    [told] = matched_sun.make(scene, "plate")
    assert "light CG objects only" in told
    wiring.set_mode(scene, "plate", Mode.REPLACE)
    assert gain.default_value == pytest.approx(0.7)
    wiring.remove(scene, "plate")
    assert gain.default_value == 0


def test_the_made_world_is_whole_again_after_somebody_emptied_it(scene, shot):
    for _ in range(2):
        matched_sun.make(scene, "plate")
        [background] = [node for node in scene.world.node_tree.nodes if node.bl_idname == "ShaderNodeBackground"]
        assert background.outputs[0].is_linked and background.inputs["Strength"].default_value > 0
        scene.world.node_tree.nodes.clear()
