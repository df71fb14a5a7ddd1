"""A clip in Blender comes back as passes and leaves as relit frames."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import bpy
import numpy as np
import OpenEXR
import pytest

import shot

FIRST, LAST, SIZE = 61, 72, (320, 180)
FRAMES = LAST - FIRST + 1
SEEN = 6
"""The scene's frame that is rendered; it shows frame FIRST + SEEN - 1 of the clip."""


def read(path: Path, names: str) -> np.ndarray:
    """Channels of an EXR: float32 (H, W, len(names)), row 0 on top. `names` is ``RGB`` or, for a normal, ``XYZ``."""
    channels = OpenEXR.File(str(path), separate_channels=True).channels()
    prefix = "Normal." if names == "XYZ" else ""
    return np.stack([np.asarray(channels[prefix + name].pixels, np.float32) for name in names], axis=-1)


@pytest.fixture(scope="module")
def done(installed, tmp_path_factory):
    """The job, done, in a project saved with a light that comes from +X (the right)."""
    folder = tmp_path_factory.mktemp("shot")
    scene = shot.new_shot(folder / "shot.blend", size=SIZE, first=FIRST, last=LAST)
    job = shot.estimate(max_resolution=256)
    return job, scene, folder


def relit(scene: bpy.types.Scene, folder: Path, *, direction: tuple[float, float, float]) -> np.ndarray:
    node = shot.relight_node(scene)
    node.inputs[shot.DIRECTION].default_value = direction
    return read(shot.render_pixels(scene, frame=SEEN, folder=folder), "RGB")


def test_every_frame_has_a_pass_of_unit_normals_beside_the_project(done):
    job, _, folder = done
    files = sorted((folder / "platelight/big_buck_bunny/normal").glob("*.exr"))
    assert [file.name for file in files] == [f"big_buck_bunny.{n:04d}.exr" for n in range(FIRST, LAST + 1)]
    assert (job.result.first, job.result.last, job.result.frames_written) == (FIRST, LAST, FRAMES)
    for file in files:
        assert np.abs(np.linalg.norm(read(file, "XYZ"), axis=-1) - 1).max() < 2e-3


def test_the_bright_side_follows_the_light(done):
    _, scene, folder = done
    from_left, from_right = (relit(scene, folder, direction=(x, 0.0, 0.3)) for x in (-1.0, 1.0))
    normal = read(folder / f"platelight/big_buck_bunny/normal/big_buck_bunny.{FIRST + SEEN - 1:04d}.exr", "XYZ")
    rows, columns = (np.arange(n) * normal.shape[i] // n for i, n in enumerate((SIZE[1], SIZE[0])))
    x = normal[rows][:, columns][..., 0]
    faces_left, faces_right = x < -0.2, x > 0.2
    assert faces_left.sum() > 500 and faces_right.sum() > 500  # of 57600 pixels: the bunny's sides
    assert from_left[faces_left].mean() > 1.2 * from_right[faces_left].mean()
    assert from_right[faces_right].mean() > 1.2 * from_left[faces_right].mean()
    assert np.isfinite(from_left).all() and from_left.min() >= 0


def test_the_project_renders_the_same_where_there_is_neither_extension_nor_engine(done, tmp_path):
    _, scene, folder = done
    here = relit(scene, folder, direction=(1.0, 0.0, 0.3))
    bpy.ops.wm.save_mainfile()
    elsewhere = tmp_path / "moved"
    shutil.copytree(folder, elsewhere)
    (tmp_path / "user/config").mkdir(parents=True)
    script = (
        "import sys, bpy\n"
        "bpy.ops.wm.open_mainfile(filepath=sys.argv[1])\n"
        "assert not hasattr(bpy.types.Scene, 'platelight')\n"
        "bpy.context.scene.frame_current, bpy.context.scene.render.filepath = int(sys.argv[3]), sys.argv[2]\n"
        "bpy.ops.render.render(write_still=True)\n"
    )
    env = {**os.environ, "BLENDER_USER_RESOURCES": str(tmp_path / "user")}
    command = [sys.executable, "-c", script, elsewhere / "shot.blend", tmp_path / "there", str(SEEN)]
    shutil.move(folder / "platelight", folder / "away")  # nothing may be read from where the project was made
    try:
        subprocess.run(command, env=env, check=True, capture_output=True)
    finally:
        shutil.move(folder / "away", folder / "platelight")
    assert np.array_equal(read(tmp_path / "there.exr", "RGB"), here)


def test_a_second_run_reuses_what_is_there(done):
    _, _, folder = done
    files = sorted((folder / "platelight").rglob("*.exr"))
    before = [(file.stat().st_mtime_ns, file.stat().st_ino) for file in files]
    again = shot.estimate(max_resolution=256)
    assert (again.result.frames_written, again.result.frames_reused) == (0, FRAMES)
    assert [(file.stat().st_mtime_ns, file.stat().st_ino) for file in files] == before
    groups = [node.node_tree.name for node in shot.tree(bpy.context.scene).nodes if node.bl_idname == "CompositorNodeGroup"]
    assert sorted(groups) == ["Platelight Depth In", "Platelight Relight"]


def test_changed_settings_say_so_before_anything_is_overwritten(done):
    _, _, folder = done
    file = folder / "platelight/big_buck_bunny/normal/big_buck_bunny.0061.exr"
    before = file.read_bytes()
    protocol = shot.part("engine.protocol")
    with pytest.raises(protocol.PlatelightError) as caught:
        shot.estimate(max_resolution=128)
    assert caught.value.code is protocol.ErrorCode.PASSES_DIFFER and "max_resolution 256 -> 128" in str(caught.value)
    assert file.read_bytes() == before
    assert shot.estimate(max_resolution=128, overwrite=True).result.frames_written == FRAMES
    assert file.read_bytes() != before
