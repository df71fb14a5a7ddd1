"""Which channels of an EXR are its picture, and which layer Blender's Sequencer shows, as seen in Blender 4.5 and 5.2."""

from __future__ import annotations

import pytest

from engine.protocol import Part, first_layer, picture_layer


def channels(*layers: str, components: str = "RGB") -> tuple[str, ...]:
    """As a header has them: in the order of their names."""
    return tuple(sorted(f"{layer}.{each}" if layer else each for layer in layers for each in components))


def named(*names: str, **view: str) -> list[Part]:
    return [Part(channels=("B", "G", "R"), name=name, view=view.get(name.replace(".", "_"), "")) for name in names]


@pytest.mark.parametrize(
    ("parts", "picture", "first"),
    [
        ([Part(channels=channels(""))], "", ""),
        ([Part(channels=channels("N", "albedo", "rgba"))], "rgba", "N"),
        ([Part(channels=channels("", "AOV"))], "", ""),
        ([Part(channels=channels("", "diffuse"))], "", ""),
        ([Part(channels=channels("a", "rgba"))], "rgba", "a"),
        ([Part(channels=channels("", "A.DiffCol"))], "", "A.DiffCol"),
        ([Part(channels=channels("A.DiffCol", "B.Combined"))], "B.Combined", "A.DiffCol"),
        ([Part(channels=channels("View.Albedo", "View.Combined"))], "View.Combined", "View.Combined"),
        ([Part(channels=channels("CryptoObject00", "beauty"))], "beauty", "CryptoObject00"),
        ([Part(channels=channels("aaa", "bbb"))], "aaa", "aaa"),
        ([Part(channels=(*channels("P", components="XYZ"), *channels("beauty")))], "beauty", "beauty"),
        ([Part(channels=channels("Schönheit"))], "Schönheit", "Schönheit"),
        (named("N", "albedo", "rgba"), "rgba", "N"),
        (named("depth", "beauty"), "beauty", "depth"),
        (named("C", "N"), "C", "C"),
        (named("AOV", "Combined"), "Combined", "Combined"),
        (named("B.Combined", "A.Combined"), "B.Combined", "B.Combined"),
        ([Part(channels=("B", "G", "R"), name="beauty")], "", ""),
        ([Part(channels=channels("rgba"), name="rgba"), Part(channels=channels("N"), name="N")], "rgba", "rgba"),
    ],
)
def test_the_picture_by_its_name(parts, picture, first):
    assert (picture_layer(parts).name, first_layer(parts).name) == (picture, first)


@pytest.mark.parametrize(
    ("names", "found"),
    [
        (("B", "G", "R"), ("R", "G", "B")),
        (("A", "B", "G", "R", "Z"), ("R", "G", "B", "A")),
        (("b", "g", "r"), ("r", "g", "b")),
        (("Alpha", "Blue", "Green", "Red"), ("Red", "Green", "Blue", "Alpha")),
        (("rgba.alpha", "rgba.blue", "rgba.green", "rgba.red"), ("rgba.red", "rgba.green", "rgba.blue", "rgba.alpha")),
        (("A", "Y"), ("Y", "A")),
        (("V",), ("V",)),
        (("R",), ("R",)),
        (("beauty.Y",), ("beauty.Y",)),
        (("X", "Y", "Z"), ("X", "Y", "Z")),
        (("BY", "RY", "Y"), None),
        (("G", "R"), None),
        (("Z",), None),
        (("A",), None),
        (("Normal.X", "Normal.Y", "Normal.Z"), None),
        (("depth.Z", "forward.u", "forward.v"), None),
        (("N.X", "N.Y", "N.Z", "Y"), ("Y",)),
    ],
)
def test_names_of_channels(names, found):
    layer = picture_layer([Part(channels=names)])
    assert (layer and layer.channels) == found


def test_of_two_views_the_first_is_the_picture():
    both = Part(channels=channels("", "right"))
    layer = picture_layer([both], views=("left", "right"))
    assert (layer.name, layer.view, layer.channels[0]) == ("", "left", "R")
    both = Part(channels=channels("left.beauty", "right.beauty", "left.N", "right.N"))
    layer = picture_layer([both], views=("left", "right"))
    assert (layer.name, layer.view, layer.channels[0]) == ("beauty", "left", "left.beauty.R")
    parts = named("N.right", "rgba.right", "rgba.left", N_right="right", rgba_right="right", rgba_left="left")
    assert (picture_layer(parts).name, picture_layer(parts).view, picture_layer(parts).part) == ("rgba", "right", 1)
    assert first_layer(parts).name == "N"
