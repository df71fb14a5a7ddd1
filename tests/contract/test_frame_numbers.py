"""Where the names of files have their frame number, and how patterns mark it."""

from __future__ import annotations

import pytest

from engine.protocol import Place, is_negative, last_place, marked_place, negative_kin, place_of


def place(before: str, width: int, after: str) -> Place:
    return Place(before=before, after=after, width=width)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("plate.0101.exr", place("plate.", 4, ".exr")),
        ("shot_0101_graded.png", place("shot_", 4, "_graded.png")),
        ("still.png", None),
        ("0001.png", place("", 4, ".png")),
        ("a-0001.png", place("a-", 4, ".png")),
        ("shot - 0001.png", place("shot - ", 4, ".png")),
        ("p#.0001.png", place("p#.", 4, ".png")),
        ("mp4", place("mp", 1, "")),
        ("IMG_202401311200.png", None),
        ("shot_1001_202401311200.png", place("shot_", 4, "_202401311200.png")),
    ],
)
def test_the_last_digits_are_the_number(name, expected):
    assert last_place(name) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("v2_####.exr", place("v2_", 4, ".exr")),
        ("plate.####_4k.png", place("plate.", 4, "_4k.png")),
        ("plate.%04d.exr", place("plate.", 4, ".exr")),
        ("plate.%4d.exr", place("plate.", 4, ".exr")),
        ("plate.%d.exr", place("plate.", 0, ".exr")),
        ("plate.@@@@.exr", place("plate.", 4, ".exr")),
        ("plate.$F4.exr", place("plate.", 4, ".exr")),
        ("plate.$F.exr", place("plate.", 0, ".exr")),
        ("plate.#.exr", place("plate.", 0, ".exr")),
        ("plate.@_v.exr", place("plate.", 0, "_v.exr")),
        ("p#.0001.png", None),
        ("a@b.0001.png", None),
        ("100%.0001.png", None),
        ("plate.0001.exr", None),
    ],
)
def test_marks(name, expected):
    assert marked_place(name) == expected


def test_digits_behind_the_number():
    files = [f"plate.{number}_4k.png" for number in range(1001, 1006)]
    assert place_of(files[0], beside=files) == place("plate.", 4, "_4k.png")
    assert place_of(files[0], beside=files[:1]) == place("plate.1001_", 1, "k.png"), "alone, as Blender has it"
    versions = [*files, "plate.1001_5k.png"]
    assert place_of(files[0], beside=versions) == place("plate.1001_", 1, "k.png"), "as Blender has it, where both would do"


def test_numbers_that_run_over():
    files = [f"p.{number:04d}.exr" for number in range(9997, 10003)]
    for name in files:
        found = last_place(name, beside=files)
        assert [found.number_in(other) for other in files] == list(range(9997, 10003))
    four = place("p.", 4, ".exr")
    assert [four.number_in(name) for name in ("p.0099.exr", "p.00100.exr", "p.99.exr", "p.10000.exr", "q.0099.exr")] == [
        99,
        None,
        None,
        10000,
        None,
    ]
    assert (four.name_of(7), four.name_of(12345)) == ("p.0007.exr", "p.12345.exr")
    assert [place("p.", 0, ".exr").number_in(name) for name in ("p.7.exr", "p.0008.exr")] == [7, 8]


@pytest.mark.parametrize(
    ("name", "negative"),
    [
        ("foo -001.png", True),
        ("n.-0001.exr", True),
        ("n_-0001.exr", True),
        ("-0001.exr", True),
        ("shot-0001.png", False),
        ("2024-01-05.png", False),
        ("foo - 001.png", False),
        ("n.0001.exr", False),
        ("s.10.-0001.exr", True),
    ],
)
def test_a_minus_that_stands_alone_makes_a_number_negative(name, negative):
    assert is_negative(name) == negative
    assert not negative or last_place(name) is None or last_place(name).number_in(name) != 1


def test_negative_kin():
    names = ["n.-0002.exr", "n.-0001.exr", "n.0000.exr", "n.0001.exr", "m.-0001.exr"]
    assert negative_kin("n.-0001.exr", beside=names) == ("n.-0002.exr", "n.0000.exr", "n.0001.exr")
    assert negative_kin("n.0001.exr", beside=names) == ("n.-0001.exr", "n.-0002.exr")
    assert negative_kin("m.-0001.exr", beside=names) == ()
