"""Who may import whom between the folders, on both sides; no files and no folders import each other in a circle."""

from __future__ import annotations

import ast
import graphlib
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

# A room is a folder with its own files; a file beside the folders of a side is a room by itself. `lab` is every folder below it.
ADDON = {
    "": "batch link operators panels preferences properties relight",
    "agreements": "contract identity",
    "batch": "blender compositor contract errors link properties relight relight.lights relight.match",
    "blender": "contract errors identity tags",
    "compositor": "blender contract errors imports node_groups nodes tags",
    "imports": "blender contract errors",
    "link": "blender compositor contract identity",
    "messages": "contract",
    "node_groups": "blender imports nodes tags",
    "nodes": "blender tags",
    "operators": "agreements blender compositor contract errors identity imports link messages panels planning relight "
    "relight.card relight.lights relight.match tags",
    "panels": "blender compositor contract imports link messages nodes properties relight relight.card relight.lights "
    "relight.match tags",
    "planning": "blender contract link properties",
    "preferences": "identity link panels",
    "properties": "agreements compositor contract link relight.match",
    "relight": "blender compositor errors node_groups nodes relight.lights relight.match tags",
    "relight.card": "blender compositor errors imports node_groups nodes tags",
    "relight.lights": "blender compositor errors node_groups nodes tags",
    "relight.match": "blender compositor errors node_groups nodes relight.lights tags",
}
ENGINE = {
    "__main__": "cli protocol server",
    "bench": "bench_report device exr frames job memory models protocol",
    "bench_report": "models.normalcrafter protocol",
    "cli": "bench bench_report doctor failures identity job lab memory models options protocol reporting server tuning",
    "device": "protocol",
    "doctor": "device identity models protocol",
    "exr": "files frames protocol",
    "failures": "device protocol",
    "files": "failures",
    "frames": "protocol",
    "job": "exr failures files frames memory models normals protocol",
    "models": "files frames protocol",
    "models.depth_anything": "device models models.temporal protocol",
    "models.marigold": "models models.temporal protocol",
    "models.marigold_intrinsics": "models models.marigold models.temporal protocol",
    "models.moge": "models models.temporal protocol",
    "models.normalcrafter": "device frames models protocol",
    "models.preview": "device models models.temporal protocol",
    "models.temporal": "device frames models protocol",
    "models.video_depth_anything": "device frames models models.depth_anything models.temporal protocol",
    "options": "protocol",
    "reporting": "protocol",
    "server": "doctor failures identity job memory models protocol tuning",
    "tuning": "device failures frames models models.depth_anything models.marigold models.moge models.preview models.temporal "
    "normals protocol",
}
LAB = {
    "ablation": "measures training.normalcrafter training.run",
    "evaluation": "measures training.data",
    "samples": "samples.heldout_scenes samples.verdict_scenes training.data",
    "samples.verdict_scenes": "samples.heldout_scenes",
    "training.data.readers": "training.data",
    "training.normalcrafter": "bench training.data training.data.readers training.run",
    "training.preview": "measures training.data training.run",
    "training.scenes": "training.data",
    "training.temporal": "training.data training.data.readers training.normalcrafter training.run",
}
NOT_FOR_THE_LAB = {"__main__", "cli", "doctor", "server"}


def modules(side: str) -> dict[str, Path]:
    """The files of a side by dotted name; a package by its own."""
    found = {}
    for file in sorted((ROOT / side).rglob("*.py")):
        parts = file.relative_to(ROOT).with_suffix("").parts
        found[".".join(parts[:-1] if file.name == "__init__.py" else parts)] = file
    assert len(found) > 50
    return found


def imported(name: str, known: Mapping[str, Path]) -> Iterator[str]:
    """The modules of `known` that a module imports, wherever in the file it does."""
    package = name.split(".") if known[name].name == "__init__.py" else name.split(".")[:-1]
    for node in ast.walk(ast.parse(known[name].read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.level:
            base = ".".join([*package[: len(package) - node.level + 1], *(node.module.split(".") if node.module else ())])
            for alias in node.names:
                found = f"{base}.{alias.name}" if f"{base}.{alias.name}" in known else base
                if found in known and found != name:
                    yield found


def room(name: str, known: Mapping[str, Path]) -> str:
    inside = name.partition(".")[2]
    if known[name].name == "__init__.py":
        return inside
    return inside.rpartition(".")[0] or inside


def edges(side: str) -> dict[str, set[str]]:
    """Which other rooms each room of a side imports."""
    known = modules(side)
    found: dict[str, set[str]] = {}
    for name in known:
        here = room(name, known)
        found.setdefault(here, set()).update({room(other, known) for other in imported(name, known)} - {here})
    return found


def circle(graph: Mapping[str, set[str]]) -> list[str]:
    """The names of a circle, none where there is none."""
    try:
        list(graphlib.TopologicalSorter(graph).static_order())
    except graphlib.CycleError as error:
        return list(error.args[1])
    return []


def differences(found: Mapping[str, set[str]], allowed: Mapping[str, str]) -> list[str]:
    """What a table of allowed imports lacks, and what nobody imports any more."""
    seen = {(name, other) for name, others in found.items() for other in others}
    listed = {(name, other) for name, others in allowed.items() for other in others.split()}
    new = [f"{name} must not import {other}" for name, other in sorted(seen - listed)]
    return new + [f"{name} imports {other} no more" for name, other in sorted(listed - seen)]


@pytest.mark.parametrize("side", ["addon", "engine"])
def test_nothing_imports_in_a_circle(side):
    known = modules(side)
    assert circle({name: set(imported(name, known)) for name in known}) == []
    assert circle(edges(side)) == []


def test_the_rooms_of_the_add_on_import_what_they_may():
    wrong = differences(edges("addon"), ADDON)
    assert not wrong, "; ".join(wrong)


def test_the_rooms_of_the_engine_import_what_they_may():
    found = {
        name: {"lab" if other.startswith("lab.") else other for other in others}
        for name, others in edges("engine").items()
        if not f"{name}.".startswith("lab.")
    }
    wrong = differences(found, ENGINE)
    assert not wrong, "; ".join(wrong)


def test_the_rooms_of_the_lab_import_what_they_may():
    found = {name.removeprefix("lab."): others for name, others in edges("engine").items() if name.startswith("lab.")}
    inside = {name: {other.removeprefix("lab.") for other in others if other.startswith("lab.")} for name, others in found.items()}
    wrong = differences(inside, LAB)
    assert not wrong, "; ".join(wrong)
    assert not set().union(*found.values()) & NOT_FOR_THE_LAB


def test_only_the_command_line_imports_the_lab_and_only_when_asked():
    known = modules("engine")
    knowing = {
        name
        for name in known
        if not f"{name}.".startswith("engine.lab.")
        if any(f"{other}.".startswith("engine.lab.") for other in imported(name, known))
    }
    assert knowing == {"engine.cli.lab"}
    at_once = ast.parse(known["engine.cli.lab"].read_text("utf-8")).body
    assert not [node for node in at_once if isinstance(node, ast.ImportFrom) and "lab" in (node.module or "")]


def test_the_scan_finds_what_it_looks_for():
    assert circle({"a": {"b"}, "b": {"c"}, "c": {"a"}}) and not circle({"a": {"b"}, "b": {"c"}})
    assert differences({"a": {"b"}}, {"a": "c"}) == ["a must not import b", "a imports c no more"]
    known = modules("engine")
    assert "engine.protocol.errors" in imported("engine.protocol", known) and "engine.server" in imported("engine.__main__", known)
