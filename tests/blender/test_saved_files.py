"""Files that version 0.1.0 saved in each Blender of its time: they open, and render as they did."""

from __future__ import annotations

import shutil
from pathlib import Path

import bpy
import numpy as np
import pytest
from footage import render, render_elsewhere
from platelight.addon.relight import control
from platelight.addon.relight.lights import scene_lights

SAVED = Path(__file__).parents[1] / "samples/saved_by_0_1"
FRAMES = [1, 3]
TOLERANCE = {"Lights": 1e-4, "Match": 1e-4, "World": 1e-4, "Card": 4e-3}
"""Scene-linear. Blender changed its table for sRGB and where Cycles samples between 4.2 and 5.3."""


def _can_open(version: str) -> bool:
    return tuple(map(int, version.split("."))) <= bpy.app.version[:2]


VERSIONS = [version for version in ("4.2", "4.5", "5.2") if _can_open(version)]


@pytest.fixture(params=VERSIONS)
def project(request, tmp_path, scene) -> Path:
    """A copy of the project that this version of Blender saved."""
    copy = shutil.copytree(SAVED, tmp_path / "project")
    return copy / f"blender-{request.param}.blend"


def rendered(project: Path) -> dict[str, np.ndarray]:
    """What the Blender that saved it rendered, by scene and frame."""
    with np.load(project.with_suffix(".npz")) as arrays:
        return dict(arrays)


def differences(project: Path, folder: Path) -> dict[str, float]:
    """The largest difference of each scene's frames from what they were."""
    worst, before = {}, rendered(project)
    for scene in bpy.data.scenes:
        bpy.context.window.scene = scene  # a still is of the frame of the window's scene
        for frame, image in render(scene, FRAMES, folder).items():
            worst[f"{scene.name} {frame}"] = float(np.abs(image - before[f"{scene.name} {frame}"])[..., :3].max())
    return worst


def check(worst: dict[str, float]) -> None:
    assert sorted({name.split()[0] for name in worst}) == sorted(TOLERANCE)
    assert {name: value for name, value in worst.items() if value > TOLERANCE[name.split()[0]]} == {}


def test_it_renders_as_before(project, registered, tmp_path):
    """With the add-on, which builds the rigs of a file from 4.2 again: 5.0 dropped a node of theirs."""
    bpy.ops.wm.open_mainfile(filepath=str(project))
    worst = differences(project, tmp_path)
    print(f"\nBlender {bpy.app.version_string}, {project.stem}: largest differences {worst}")
    check(worst)


def test_it_renders_as_before_when_its_nodes_are_brought_up_to_date(project, registered, tmp_path):
    bpy.ops.wm.open_mainfile(filepath=str(project))
    for scene in bpy.data.scenes:
        bpy.context.window.scene = scene
        if scene_lights.rigs(scene):
            assert bpy.ops.platelight.wire_lights() == {"FINISHED"}
        for name in scene_lights.shots(scene):
            control.need(scene, name)
    check(differences(project, tmp_path))


def test_a_farm_without_the_add_on_renders_it_as_before(project, tmp_path):
    if project.stem == "blender-4.2" and bpy.app.version >= (5, 0):
        pytest.skip("5.0 dropped a node that 4.2's files need: the add-on has to save them once")
    image = render_elsewhere(project, 3, tmp_path / "farm.exr")
    assert np.abs(image - rendered(project)["Lights 3"])[..., :3].max() < TOLERANCE["Lights"]


@pytest.mark.skipif(bpy.app.version < (5, 0), reason="4.5 has all nodes of 4.2")
def test_a_farm_without_the_add_on_renders_a_file_of_4_2_that_was_saved_again(scene, registered, tmp_path):
    project = shutil.copytree(SAVED, tmp_path / "project") / "blender-4.2.blend"
    bpy.ops.wm.open_mainfile(filepath=str(project))
    bpy.ops.wm.save_mainfile()
    image = render_elsewhere(project, 3, tmp_path / "farm.exr")
    assert np.abs(image - rendered(project)["Lights 3"])[..., :3].max() < TOLERANCE["Lights"]
