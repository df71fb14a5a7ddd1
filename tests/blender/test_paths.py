"""A plate is known again by its file, whatever way its path is written."""

from __future__ import annotations

import os
from pathlib import Path

import bpy
import pytest
from footage import write_normals, write_plate
from platelight.addon.blender import clips, compat, images, paths
from platelight.addon.compositor import passes
from platelight.addon.nodes.block import Block, attached_strips
from strips import editor_strips, image_strip


@pytest.fixture
def tree(tmp_path):
    """``show/plates`` with files and ``show/project/shot.blend``, saved; a link ``linked`` leads to the show. Gives ``show``."""
    show = tmp_path / "show"
    write_plate(show / "plates", range(1, 4))
    (show / "project").mkdir()
    (tmp_path / "linked").symlink_to(show, target_is_directory=True)
    return show


def spellings(show: Path) -> dict[str, str]:
    """Ways to write ``show/plates/plate.0001.png`` in a project beside it."""
    return {
        "absolute": str(show / "plates/plate.0001.png"),
        "with ..": str(show / "project/../plates/plate.0001.png"),
        "relative": "//../plates/plate.0001.png",
        "relative, more": "//..//./plates/plate.0001.png",
        "of Windows": "//..\\plates\\plate.0001.png",
        "through a link": str(show.parent / "linked/plates/plate.0001.png"),
    }


@pytest.mark.parametrize("one", ["absolute", "with ..", "relative", "relative, more", "of Windows", "through a link"])
def test_every_way_to_write_a_path_is_the_same_file(scene, tree, one):
    bpy.ops.wm.save_as_mainfile(filepath=str(tree / "project/shot.blend"))
    image = bpy.data.images.load(str(tree / "plates/plate.0001.png"))
    image.filepath = spellings(tree)[one]
    assert images.absolute(image) == Path(image.filepath_from_user()), "as Blender itself takes it"
    image.source = "SEQUENCE"
    for other in spellings(tree).values():
        file = paths.absolute(other)
        assert images.shows(image, file) and images.shows(image, file.with_name("plate.0003.png")), other
    assert not images.shows(image, tree / "plates/other.0001.png")
    assert not images.shows(image, tree / "elsewhere/plate.0001.png")


def test_a_folder_that_ignores_case_is_asked_by_its_files(scene, tree):
    image = bpy.data.images.load(str(tree / "plates/plate.0001.png"))
    image.source = "SEQUENCE"
    ignores = paths.ignores_case(tree / "plates/plate.0001.png")
    assert images.shows(image, tree / "plates/Plate.0002.PNG") == ignores
    os.link(tree / "plates/plate.0001.png", tree / "plates/PLATE.0001.PNG") if not ignores else None
    assert images.shows(image, tree / "plates/Plate.0002.PNG"), "both names are one file there"


@pytest.mark.parametrize("spelling", ["absolute", "with ..", "relative", "through a link"])
def test_renaming_a_strip_keeps_its_relight_though_the_footage_lies_outside_the_project(scene, registered, tree, spelling):
    bpy.ops.wm.save_as_mainfile(filepath=str(tree / "project/shot.blend"))
    scene = bpy.context.scene
    folder = os.path.dirname(spellings(tree)[spelling])
    strip = image_strip(scene, [Path(folder) / f"plate.{n:04d}.png" for n in (1, 2, 3)])
    strip.directory = folder
    out = tree / "project/platelight/plate"
    write_normals(out, range(1, 4))
    [target] = clips.targets_by_pattern("plate")
    assert ".." not in target.source.path
    passes.attach(scene, target=target, out=str(out), passes=("normal",), first=1, last=3)
    Block(compat.compositor_tree(scene), strip_name="plate").find("relight").inputs["Key Strength"].default_value = 3.0
    bpy.ops.wm.save_mainfile()
    bpy.ops.wm.open_mainfile(filepath=str(tree / "project/shot.blend"))
    scene = bpy.context.scene
    editor_strips(scene)["plate"].name = "sh010_bg"
    [target] = clips.targets_by_pattern("sh010_bg")
    notices = passes.attach(scene, target=target, out=str(out), passes=("normal",), first=1, last=3)
    assert any("takes over the relight of plate" in notice for notice in notices)
    tree_of = compat.compositor_tree(scene)
    assert attached_strips(tree_of) == {"sh010_bg"}
    assert Block(tree_of, strip_name="sh010_bg").find("relight").inputs["Key Strength"].default_value == 3.0


def test_two_files_of_one_name_are_two_files(scene, tree, tmp_path):
    write_plate(tmp_path / "other", range(1, 2))
    assert not paths.same(tree / "plates/plate.0001.png", tmp_path / "other/plate.0001.png")
    assert not paths.same(tree / "gone", tree / "gone too") and paths.same(tree / "gone/../x", tree / "x")
