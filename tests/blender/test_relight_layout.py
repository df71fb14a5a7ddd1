"""The node groups of the lights: how they are laid out, and how much there is to compute for each pixel."""

from __future__ import annotations

import bpy
import ground_truth
import pytest
import relight_cost_nodes
import relit_graph
import relit_shot
from platelight.addon.blender import compat
from platelight.addon.node_groups import light_types, relight
from platelight.addon.node_groups import world_light as worlds
from platelight.addon.relight.lights import scene_lights
from relit_shot import light, lights_node


@pytest.fixture
def shot(scene, tmp_path):
    return relit_shot.make(scene, tmp_path)


def test_the_rig_reads_from_left_to_right(scene, shot, tmp_path):
    for index, kind in enumerate(light_types.KINDS):
        light(scene, f"L{index}", kind)
    ground_truth.sky(scene, None, tmp_path)
    scene_lights.wire(scene, "plate", collection=None)
    wired = lights_node(scene).node_tree
    ours = [tree for tree in bpy.data.node_groups if tree.name.startswith("Platelight ")]
    assert len(ours) > 12 and all(tree in ours for tree in (wired, worlds.group(), relight.node_group(), light_types.area()))
    for tree in ours:
        crossed, most = len(relit_graph.crossings(tree)), 0.1 if tree == wired else 1.0
        print(f"{tree.name}: {len(tree.links)} links, {crossed} crossings")
        assert crossed <= most * len(tree.links), f"{tree.name}: {crossed} crossings"
        for link in tree.links:
            assert link.from_node.location.x < link.to_node.location.x, (tree.name, link.from_node.name, link.to_node.name)
            if link.from_node.bl_idname == "NodeGroupInput" and link.to_node.bl_idname != "NodeGroupOutput":
                assert link.to_node.location.x - link.from_node.location.x < 300, "inputs stand beside what they feed"
        places = [tuple(round(value) for value in node.location) for node in tree.nodes if node.bl_idname != "NodeFrame"]
        assert len(places) == len(set(places)), f"no node hides another in {tree.name}"
        assert all(node.parent for node in tree.nodes if node.bl_idname not in ("NodeFrame", "NodeGroupOutput"))


def test_no_more_is_computed_than_needed(scene, shot):
    """Nodes for every pixel, which cost time to render: few for each light, none for highlights that nobody wants."""
    scene_lights.wire(scene, "plate", collection=None)
    node = lights_node(scene)

    def count():
        return sum(relight_cost_nodes.computed(shot.outputs["Image"]).values())

    bare, counts = count(), {}
    for kind in ("SUN", "POINT", "SPOT", "AREA"):
        made = light(scene, kind, kind)
        scene_lights.wire(scene, "plate", collection=None)
        counts[kind] = count() - bare
        scene_lights.set_highlights(compat.compositor_tree(scene), node, shot, False)
        counts[f"{kind}, no highlights"] = count() - bare
        scene_lights.set_highlights(compat.compositor_tree(scene), node, shot, True)
        bpy.data.objects.remove(made)
    print(f"\nBlender {bpy.app.version_string}: {bare} nodes, and with one light more: {counts}")
    assert bare <= 26
    most = {"SUN": 45, "POINT": 58, "SPOT": 67, "AREA": 116}
    assert all(counts[kind] <= limit and counts[f"{kind}, no highlights"] <= limit - 32 for kind, limit in most.items()), counts
