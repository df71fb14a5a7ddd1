"""What the README promises is there."""

from __future__ import annotations

import re

import pytest

from conftest import ROOT

README = (ROOT / "README.md").read_text("utf-8")
BLENDERS_OWN = {"--command"}
COMMANDS = ("addon/batch/arguments.py", "engine/commands.py", "engine/training/buffer/commands.py")
BUTTONS = ("Install Engine", "Check Engine", "Show Log", "Estimate Normals", "Estimate Again", "Make Anew", "Download")
SETTINGS = re.findall(r"^\| ([A-Z][\w ]+(?:, [A-Z][\w ]+)*) \|", README.split("## Settings")[1].split("##")[0], re.M)[1:]


@pytest.mark.parametrize("file", sorted(set(re.findall(r"\]\(((?:docs|engine)/[^)]+)\)", README))))
def test_its_pictures_and_pages_are_there(file):
    assert (ROOT / file).stat().st_size > (2_000 if file.endswith(".md") else 10_000)


@pytest.mark.parametrize("flag", sorted(set(re.findall(r"--[a-z][a-z-]+", README)) - BLENDERS_OWN))
def test_its_flags_exist(flag):
    spelled = [flag, f"    {flag.removeprefix('--').replace('-', '_')}: Annotated["]
    sources = [(ROOT / name).read_text("utf-8") for name in ("build.py", *COMMANDS)]
    assert any(spelling in source for spelling in spelled for source in sources)


@pytest.mark.parametrize("label", BUTTONS)
def test_its_buttons_are_called_that(label):
    assert label in README
    code = "".join(path.read_text("utf-8") for path in (ROOT / "addon").rglob("*.py"))
    assert f'bl_label = "{label}"' in code or f'text="{label}"' in code


@pytest.mark.parametrize("setting", SETTINGS)
def test_its_settings_are_called_that(setting):
    properties = (ROOT / "addon/properties.py").read_text("utf-8")
    assert all(f'name="{name}"' in properties for name in setting.split(", "))
