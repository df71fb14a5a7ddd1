"""The relight group, rendered by the real compositor and compared with numpy."""

from __future__ import annotations

import bpy
import numpy as np
import pytest
from footage import (
    HEIGHT,
    WIDTH,
    linear,
    normals,
    plate_bytes,
    render,
    write_exr,
    write_normal,
    write_normals,
    write_plate,
    write_png,
)
from platelight.addon.blender import clips, compat
from platelight.addon.compositor import passes
from platelight.addon.node_groups import relight
from platelight.addon.nodes.block import Block
from relit import TOLERANCE, light, stored
from strips import image_strip


def attach(scene, files, out, **settings):
    """Plate and passes into the compositor; returns the group node."""
    image_strip(scene, files)
    [target] = clips.targets_by_pattern("plate")
    passes.attach(scene, target=target, out=str(out), passes=("normal",), first=target.first, last=target.last)
    group = Block(compat.compositor_tree(scene), strip_name="plate").find("relight")
    for name, value in settings.items():
        group.inputs[name.replace("_", " ")].default_value = value
    return group


def test_default_light_agrees_with_numpy(scene, tmp_path):
    write_normals(tmp_path / "passes", range(1, 4))
    attach(scene, write_plate(tmp_path, range(1, 4)), tmp_path / "passes")
    worst = 0.0
    for frame, image in render(scene, [1, 2, 3], tmp_path).items():
        worst = max(worst, np.abs(image[..., :3] - linear(plate_bytes(frame)) * light(stored(frame))).max())
        assert np.all(image[..., 3] == 1)
    print(f"\nBlender {bpy.app.version_string}: largest difference {worst:.2e}")
    assert worst < TOLERANCE


def test_default_light_keeps_the_plates_brightness(scene, tmp_path):
    """A surface that faces the camera comes out about as bright as it was: the first look is a relight, not a mistake."""
    facing = light(np.array([[[0.0, 0.0, 1.0]]]))[0, 0]
    assert 0.9 < facing.mean() < 1.3
    left, right = light(np.array([[[-0.6, 0.5, 0.62]]]))[0, 0].mean(), light(np.array([[[0.6, -0.5, 0.62]]]))[0, 0].mean()
    assert left > 2 * right, "the key comes from the upper left"


def test_highlights_and_alpha_survive(scene, tmp_path):
    """Scene-linear EXR with values far above 1, and alpha that is neither 0 nor 1."""
    value = np.random.default_rng(3).uniform(0, 60, (HEIGHT, WIDTH, 3)).astype(np.float32)
    alpha = np.tile(np.linspace(0.25, 1, WIDTH, dtype=np.float32), (HEIGHT, 1))
    channels = {c: np.ascontiguousarray(value[..., i] * alpha) for i, c in enumerate("RGB")} | {"A": alpha}
    file = write_exr(tmp_path / "plate.0001.exr", channels)
    write_normals(tmp_path / "passes", range(1, 2))
    attach(scene, [file], tmp_path / "passes")
    image = render(scene, [1], tmp_path)[1]
    want = value * alpha[..., None] * light(stored(1))
    np.testing.assert_allclose(image[..., :3], want, rtol=2e-5, atol=TOLERANCE)
    np.testing.assert_allclose(image[..., 3], alpha, atol=1e-6)


def test_alpha_of_a_png_is_kept(scene, tmp_path):
    picture = plate_bytes(1, alpha=True)
    write_normals(tmp_path / "passes", range(1, 2))
    attach(scene, [write_png(tmp_path / "plate.0001.png", picture)], tmp_path / "passes")
    image = render(scene, [1], tmp_path)[1]
    alpha = picture[..., 3:] / 255
    np.testing.assert_allclose(image[..., 3:], alpha, atol=1e-6)
    np.testing.assert_allclose(image[..., :3], linear(picture) * alpha * light(stored(1)), atol=TOLERANCE)


@pytest.mark.parametrize("amount", [0.0, 0.35])
def test_amount_goes_back_to_the_plate(scene, tmp_path, amount):
    write_normals(tmp_path / "passes", range(1, 2))
    attach(scene, write_plate(tmp_path, range(1, 2)), tmp_path / "passes", Amount=amount)
    plate = linear(plate_bytes(1))
    image = render(scene, [1], tmp_path)[1]
    np.testing.assert_allclose(image[..., :3], plate * (1 - amount + amount * light(stored(1))), atol=TOLERANCE)


def test_one_light_is_lamberts_law(scene, tmp_path):
    """A direction of any length, a coloured light of any strength, nothing else: strength x colour x max(0, N . L)."""
    write_normals(tmp_path / "passes", range(1, 2))
    off = {"Ambient_Strength": 0.0, "Key_Strength": 0.0, "Fill_Strength": 0.0}
    attach(
        scene,
        write_plate(tmp_path, range(1, 2)),
        tmp_path / "passes",
        **off,
        Rim_Direction=(3.0, -1.0, 0.5),
        Rim_Color=(0.2, 1.0, 4.0, 1.0),
        Rim_Strength=2.5,
    )
    direction = np.array([3.0, -1.0, 0.5]) / np.linalg.norm([3.0, -1.0, 0.5])
    lit = 2.5 * np.array([0.2, 1.0, 4.0]) * np.maximum(0, stored(1) @ direction)[..., None]
    assert (lit[..., 1] == 0).any() and (lit[..., 1] > 1).any(), "the test sees both sides of the terminator"
    np.testing.assert_allclose(render(scene, [1], tmp_path)[1][..., :3], linear(plate_bytes(1)) * lit, atol=TOLERANCE)


@pytest.mark.parametrize(("output", "want"), [("Light", lambda n: light(n)), ("Normal Preview", lambda n: n * 0.5 + 0.5)])
def test_the_other_outputs(scene, tmp_path, output, want):
    write_normals(tmp_path / "passes", range(1, 2))
    group = attach(scene, write_plate(tmp_path, range(1, 2)), tmp_path / "passes")
    tree = compat.compositor_tree(scene)
    tree.links.new(group.outputs[output], compat.output_socket(tree))
    np.testing.assert_allclose(render(scene, [1], tmp_path)[1][..., :3], want(stored(1)), atol=TOLERANCE)


def test_the_group_is_made_once_and_reads_well(scene):
    group = relight.node_group()
    assert relight.node_group() == group
    panels = [item.name for item in group.interface.items_tree if item.item_type == "PANEL"]
    assert panels == ["Ambient", "Key", "Fill", "Rim", "Scene Lights"]
    names = [item.name for item in group.interface.items_tree if item.item_type == "SOCKET" and item.in_out == "INPUT"]
    assert len(names) == len(set(names)), "every input can be asked for by name"
    assert all(node.parent or node.bl_idname in ("NodeFrame", "NodeGroupOutput") for node in group.nodes)
    places = [tuple(round(v) for v in node.location) for node in group.nodes if node.bl_idname != "NodeFrame"]
    assert len(places) == len(set(places)), "no node hides another"
    for link in group.links:
        assert link.from_node.location.x < link.to_node.location.x, "links run from left to right"


def test_normals_of_another_size_lie_over_the_plate(scene, tmp_path):
    """A pass of half the plate's size, its right half facing left: the edge stays in the middle of the plate."""
    small = np.zeros((HEIGHT // 2, WIDTH // 2, 3), np.float32)
    small[:, : WIDTH // 4, 2] = 1
    small[:, WIDTH // 4 :, 0] = 1
    write_normal(tmp_path / "passes/normal/plate.0001.exr", small)
    group = attach(scene, write_plate(tmp_path, range(1, 2)), tmp_path / "passes")
    tree = compat.compositor_tree(scene)
    tree.links.new(group.outputs["Normal Preview"], compat.output_socket(tree))
    image = render(scene, [1], tmp_path)[1]
    half = WIDTH // 2
    assert np.abs(image[1:-1, 1 : half - 1, :3] - [0.5, 0.5, 1.0]).max() < 1e-3
    assert np.abs(image[1:-1, half + 1 : -1, :3] - [1.0, 0.5, 0.5]).max() < 1e-3


def test_plate_and_normals_follow_the_render_size(scene, tmp_path):
    """Half the resolution is the same picture, smaller: not a crop of its middle."""
    flat = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    flat[:, : WIDTH // 2] = 188
    write_normals(tmp_path / "passes", range(1, 2))
    attach(scene, [write_png(tmp_path / "plate.0001.png", flat)], tmp_path / "passes", Amount=0.0)
    scene.render.resolution_percentage = 50
    image = render(scene, [1], tmp_path)[1]
    assert image.shape[:2] == (HEIGHT // 2, WIDTH // 2)
    np.testing.assert_allclose(image[1:-1, 1 : WIDTH // 4 - 1, :3], linear(flat)[0, 0, 0], atol=1e-3)
    np.testing.assert_allclose(image[1:-1, WIDTH // 4 + 1 : -1, :3], 0, atol=1e-3)


def test_a_plate_of_another_shape_keeps_it(scene, tmp_path):
    """A square plate in a 16:9 render: as high as the render, centred, and its normals with it though they are of another size."""
    flat = np.full((16, 16, 3), 255, np.uint8)
    small = normals(0, width=8, height=8) * 0
    small[:, :4, 2] = 1
    small[:, 4:, 0] = 1
    write_normal(tmp_path / "passes/normal/plate.0001.exr", small)
    group = attach(scene, [write_png(tmp_path / "plate.0001.png", flat)], tmp_path / "passes")
    for name in ("Key Strength", "Fill Strength", "Ambient Strength"):
        group.inputs[name].default_value = 0
    group.inputs["Rim Direction"].default_value, group.inputs["Rim Strength"].default_value = (1.0, 0.0, 0.0), 1.0
    image = render(scene, [1], tmp_path)[1]
    row = image[HEIGHT // 2, :, 0]
    assert np.all(row[:6] == 0) and np.all(row[-6:] == 0), "nothing left and right of it"
    assert np.all(row[9:13] < 1e-3) and np.all(row[18:23] > 0.99), "the light comes in at the middle of the plate"
