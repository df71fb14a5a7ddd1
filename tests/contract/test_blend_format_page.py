"""The page on what a .blend holds names every key and every node group that the add-on writes."""

from __future__ import annotations

import re

from tests.support.places import ROOT

PAGE = (ROOT / "docs" / "blend-format.md").read_text("utf-8")
CODE = {path: path.read_text("utf-8") for path in sorted((ROOT / "addon").rglob("*.py"))}


def test_every_key_is_on_the_page():
    keys = set(re.findall(r'"(platelight_[a-z_]+)"', CODE[ROOT / "addon" / "tags.py"]))
    assert len(keys) > 25
    assert not {key for key in keys if f"`{key}`" not in PAGE}


def test_no_key_is_written_out_anywhere_but_in_the_table():
    keys = set(re.findall(r'"(platelight_[a-z_]+)"', CODE[ROOT / "addon" / "tags.py"]))
    others = {path.name: text for path, text in CODE.items() if path.name != "tags.py"}
    assert not {(name, key) for name, text in others.items() for key in keys if f'"{key}"' in text}


def test_every_group_is_on_the_page():
    names = {
        name
        for path, text in CODE.items()
        if "node_groups" in path.parts
        for name in re.findall(r'(?:shared_group\(|NAME = )"(Platelight [A-Z][\w ]+)"', text)
    }
    assert len(names) > 12
    assert not {name for name in names if f"`{name}`" not in PAGE}
