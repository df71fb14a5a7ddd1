"""Passes of a project that was not saved come beside it afterwards."""

from __future__ import annotations

import shutil
from pathlib import Path

import bpy
import numpy as np
import pytest
from footage import render, write_normals, write_plate
from platelight.addon.blender import clips, compat, folders, images
from platelight.addon.compositor import copy_passes, passes
from platelight.addon.contract import PlatelightError
from platelight.addon.nodes.block import block_images
from strips import image_strip


@pytest.fixture
def stray(scene, registered, tmp_path):
    """The folder of a plate's passes, made and placed while the project was not saved."""
    image_strip(scene, write_plate(tmp_path / "plates", range(1, 3)))
    [target] = clips.targets_by_pattern("plate")
    out = folders.plain_folder(target)
    assert folders.unsaved_folder() in Path(out).parents
    write_normals(Path(out), range(1, 3))
    passes.attach(scene, target=target, out=out, passes=("normal",), first=1, last=2)
    yield Path(out)
    shutil.rmtree(folders.unsaved_folder())


def test_they_move_beside_the_project_and_are_shown_from_there(scene, stray, tmp_path):
    assert not copy_passes.strays(scene), "an unsaved project has no place beside it"
    before = render(scene, [2], tmp_path)[2]
    (tmp_path / "project").mkdir()
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "project" / "shot.blend"))
    assert [each.folder for each in copy_passes.strays(scene)] == [stray]
    (tmp_path / "project/platelight" / stray.name).mkdir(parents=True)  # somebody else's
    assert bpy.ops.platelight.copy_passes() == {"FINISHED"}
    moved = tmp_path / "project/platelight" / f"{stray.name}_2"
    assert sorted(file.name for file in moved.glob("normal/*.exr")) == ["plate.0001.exr", "plate.0002.exr"]
    assert len(list(stray.glob("normal/*.exr"))) == 2, "another project may have been saved from the same one"
    assert not copy_passes.strays(scene)
    [image] = block_images(compat.compositor_tree(scene), "plate")
    assert image.filepath.startswith("//platelight") and images.absolute(image).parent == moved / "normal"
    np.testing.assert_array_equal(render(scene, [2], tmp_path)[2], before)


def test_a_folder_that_cannot_be_written_keeps_them_where_they_are(scene, stray, tmp_path):
    (tmp_path / "project").mkdir()
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "project" / "shot.blend"))
    (tmp_path / "project/platelight").write_text("a file of this name")
    with pytest.raises(PlatelightError):
        copy_passes.beside_project(stray)
    assert len(list(stray.glob("normal/*.exr"))) == 2 and [each.folder for each in copy_passes.strays(scene)] == [stray]
