"""The seeded beginning of what `python -m tests.measure.fuzz` does at large: nothing but coded errors comes of damaged input."""

from __future__ import annotations

import importlib

import pytest

from tests.measure.fuzz import lines, mutate


def test_damaged_lines_are_refused_with_the_codecs_own_error():
    told = {lines.decoded(lines.make(mutate.generator(2, number)))[0].split(" ")[0] for number in range(400)}
    assert {"refused", "message"} <= told <= {"refused", "message", "result", "error"}


@pytest.mark.parametrize(("kind", "count"), [("lines", 60), ("records", 8), ("plates", 24), ("configs", 3)])
def test_damaged_input_ends_well_or_in_a_coded_error(kind, count, tmp_path):
    case = importlib.import_module(f"tests.measure.fuzz.{kind}").prepare(tmp_path, seed=3)
    outcomes = [case(number) for number in range(count)]
    assert len(outcomes) == count and all(outcomes)
