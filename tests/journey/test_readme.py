"""What the README and the pages promise is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from conftest import ROOT

README = (ROOT / "README.md").read_text("utf-8")
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md"))]
ARTIST_PAGES = ("README.md", "docs/installing.md", "docs/estimating.md", "docs/headless.md", "docs/troubleshooting.md")
OTHERS = {"--command", "--help"}
COMMANDS = ("build.py", "addon/batch", "engine/cli", "engine/lab")
BUTTONS = ("Install Engine", "Check Engine", "Show Log", "Estimate Normals", "Estimate Again", "Download", "Use CPU Compositor")
ESTIMATING = (ROOT / "docs/estimating.md").read_text("utf-8")
SETTINGS = re.findall(r"^\| ([A-Z][\w ]+(?:, [A-Z][\w ]+)*) \|", ESTIMATING.split("## Settings")[1].split("##")[0], re.M)[1:]


def _flags() -> list[str]:
    found = {flag for page in ARTIST_PAGES for flag in re.findall(r"--[a-z][a-z-]+", (ROOT / page).read_text("utf-8"))}
    return sorted(found - OTHERS)


def _links() -> list[tuple[str, str]]:
    return [
        (page.relative_to(ROOT).as_posix(), link)
        for page in PAGES
        for link in sorted(set(re.findall(r"\]\(([^)\s]+)\)", page.read_text("utf-8"))))
        if "://" not in link
    ]


def _anchors(page: Path) -> set[str]:
    """Return the names of a page's headings as links spell them."""
    headings = re.findall(r"^#+ (.+)$", page.read_text("utf-8"), re.M)
    return {re.sub(r"[^\w -]", "", heading).strip().lower().replace(" ", "-") for heading in headings}


def _code(*names: str) -> str:
    files = [file for name in names for file in ([ROOT / name] if name.endswith(".py") else sorted((ROOT / name).rglob("*.py")))]
    return "".join(file.read_text("utf-8") for file in files if file.is_file())


@pytest.mark.parametrize(("page", "link"), _links())
def test_every_link_of_a_page_leads_somewhere(page, link):
    name, _, anchor = link.partition("#")
    target = (ROOT / page).parent / name if name else ROOT / page
    assert target.exists()
    assert not anchor or anchor in _anchors(target)


@pytest.mark.parametrize("picture", sorted(set(re.findall(r"!\[[^\]]*\]\((docs/[^)]+)\)", README))))
def test_the_pictures_of_the_readme_are_no_stubs(picture):
    assert (ROOT / picture).stat().st_size > 10_000


def test_the_readme_is_short():
    assert len(README.splitlines()) <= 110


@pytest.mark.parametrize("flag", _flags())
def test_the_flags_on_the_pages_exist(flag):
    spelled = (flag, f"    {flag.removeprefix('--').replace('-', '_')}: Annotated[")
    code = _code(*COMMANDS)
    assert any(spelling in code for spelling in spelled)


@pytest.mark.parametrize("label", BUTTONS)
def test_the_buttons_are_called_as_on_the_pages(label):
    assert any(label in (ROOT / page).read_text("utf-8") for page in ARTIST_PAGES)
    code = _code("addon")
    assert f'bl_label = "{label}"' in code or f'text="{label}"' in code


@pytest.mark.parametrize("setting", SETTINGS)
def test_the_settings_are_called_as_on_the_page(setting):
    properties = (ROOT / "addon/properties.py").read_text("utf-8")
    assert all(f'name="{name}"' in properties for name in setting.split(", "))
