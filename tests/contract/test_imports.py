"""Who may import whom: the add-on sees the contract only, the engine never sees the add-on, and the contract needs nothing."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def imports(file: Path) -> Iterator[tuple[str, int]]:
    """Absolute dotted names that a file imports, from the root of the repository, and the lines."""
    package = file.relative_to(ROOT).parent.parts
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else ()
            # The extension's root is the repository's: one level above it is nothing of ours.
            assert node.level <= len(package) + 1, f"{file}:{node.lineno} imports from above the extension"
            names = [*base, *(node.module.split(".") if node.module else ())]
            yield from ((".".join([*names, alias.name]), node.lineno) for alias in node.names)


def files(folder: str) -> list[Path]:
    found = sorted((ROOT / folder).rglob("*.py"))
    assert found, f"no files in {folder}"
    return found


def breaches(folder: str, *, forbidden: tuple[str, ...], allowed: tuple[str, ...] = ()) -> list[str]:
    def within(name: str, roots: tuple[str, ...]) -> bool:
        return any(name == root or name.startswith(root + ".") for root in roots)

    return [
        f"{file.relative_to(ROOT)}:{line} imports {name}"
        for file in files(folder)
        for name, line in imports(file)
        if within(name, forbidden) and not within(name, allowed)
    ]


def test_the_addon_sees_nothing_of_the_engine_but_the_contract():
    assert breaches("addon", forbidden=("engine", "torch", "cv2", "av", "diffusers"), allowed=("engine.protocol",)) == []


def test_the_contract_comes_in_by_one_door():
    others = [breach for breach in breaches("addon", forbidden=("engine",)) if not breach.startswith("addon/contract.py:")]
    assert others == []


def test_the_engine_never_sees_the_addon_or_blender():
    assert breaches("engine", forbidden=("addon",)) == []
    others = breaches("engine", forbidden=("bpy", "bmesh", "mathutils", "gpu", "blf"))
    # The scenes of the sample clips are rendered by Blender; a person runs that script in Blender's Python.
    assert [breach for breach in others if not breach.startswith("engine/lab/samples/")] == []


def test_the_contract_uses_the_standard_library_only():
    outside = [
        f"{file.name}:{line} imports {name}"
        for file in files("engine/protocol")
        for name, line in imports(file)
        if name.split(".")[0] not in sys.stdlib_module_names and not name.startswith("engine.protocol.")
    ]
    assert outside == []


def test_the_scan_finds_what_it_looks_for(tmp_path, monkeypatch):
    monkeypatch.setattr(sys.modules[__name__], "ROOT", tmp_path)
    (tmp_path / "addon" / "deep").mkdir(parents=True)
    (tmp_path / "addon" / "deep" / "a.py").write_text("def f():\n    from ...engine import estimate\n    import torch.nn\n")
    (tmp_path / "addon" / "b.py").write_text("from ..engine.protocol import Hello\n")
    found = breaches("addon", forbidden=("engine", "torch"), allowed=("engine.protocol",))
    assert found == ["addon/deep/a.py:2 imports engine.estimate", "addon/deep/a.py:3 imports torch.nn"]


@pytest.mark.parametrize("module", ["engine.protocol", "engine.server"])
def test_it_is_importable_where_nothing_is_installed(module):
    script = (
        f"import sys; sys.path.insert(0, {str(ROOT)!r}); import {module}; "
        "print(sorted({'torch', 'numpy', 'bpy', 'av', 'cv2', 'typer', 'rich'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-I", "-S", "-c", script], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "[]"
