"""The locks: every package with its version and hashes, nothing of where they come from, and true to what is asked for."""

from __future__ import annotations

import ast
import importlib.metadata
import json
import re
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
REQUIREMENTS = ROOT / "engine" / "requirements"
LOCKS = sorted((REQUIREMENTS / "locks").glob("*.txt"))
PIN = re.compile(r"([a-z0-9][a-z0-9-]*)==([0-9][0-9a-z.+]*)( ; [\w\s.*<>=!'()]+)?( \\)?")

OPTIONAL = {"torchvision"}
"""Used where it is there, and told where it is not."""


def pins(file: Path) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for line in file.read_text().splitlines():
        if match := re.match(r"([\w.-]+)==([^\s;]+)", line):
            found.setdefault(match[1].lower().replace("_", "-"), set()).add(match[2])
    return found


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_a_lock_holds_names_versions_and_hashes_only(lock):
    lines = lock.read_text().splitlines()
    assert all(PIN.fullmatch(line) or re.fullmatch(r"    --hash=sha256:[0-9a-f]{64}( \\)?", line) for line in lines), lock
    for line, after in zip(lines, [*lines[1:], "end"], strict=True):
        assert line.endswith(" \\") == after.startswith("    --hash"), f"{lock.name}: {line}"


def test_the_locks_hold_what_is_asked_for():
    base, torch = pins(REQUIREMENTS / "locks/base.txt"), pins(REQUIREMENTS / "locks/torch.txt")
    assert not any(re.match(r"torch|triton|nvidia|cuda", name) for name in base)
    for name, versions in pins(REQUIREMENTS / "engine.txt").items():
        assert (torch if name == "torch" else base)[name] == versions
    for build in ("cpu", "cu126", "cu130"):
        assert pins(REQUIREMENTS / f"locks/torch-{build}.txt") == {"torch": {f"{version}+{build}" for version in torch["torch"]}}
    assert pins(REQUIREMENTS / "locks/installer.txt") == pins(REQUIREMENTS / "installer.in")


def test_the_size_of_every_download_is_known():
    sizes = json.loads((REQUIREMENTS / "locks/sizes.json").read_text())
    for platform, found in sizes.items():
        assert {"base", "installer"} <= set(found) <= {lock.stem for lock in LOCKS}, platform
        assert all(size > 1_000_000 for size in found.values())


def test_whatever_the_engine_imports_is_pinned():
    """A package that came along with another one may go away with it."""
    asked = {name for file in REQUIREMENTS.glob("*.txt") for name in pins(file)}
    of_module = importlib.metadata.packages_distributions()
    loose = set()
    inside_blender = ROOT / "engine/lab/samples"
    for file in (file for file in (ROOT / "engine").rglob("*.py") if not file.is_relative_to(inside_blender)):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) and not node.level else []
            for module in {name.partition(".")[0] for name in names} - {"", "engine", "platelight", *OPTIONAL}:
                if module not in sys.stdlib_module_names:
                    owners = {owner.lower().replace("_", "-") for owner in of_module.get(module, [module])}
                    loose |= {f"{file.relative_to(ROOT)} imports {module}"} if asked.isdisjoint(owners) else set()
    assert not loose
