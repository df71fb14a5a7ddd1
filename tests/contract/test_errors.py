"""The table of errors is complete, and each reads as something a person can act on."""

from __future__ import annotations

import string

import pytest

from engine.protocol import ERRORS, ErrorCode, PlatelightError


def test_every_code_has_its_text_and_its_own_exit_code():
    assert set(ERRORS) == set(ErrorCode)
    codes = [text.exit_code for text in ERRORS.values()]
    assert len(set(codes)) == len(codes)
    assert all(3 <= code <= 125 for code in codes), "0 to 2 and those from 126 on mean other things to shells"


@pytest.mark.parametrize("code", ErrorCode)
def test_sentence_and_remedy(code):
    text = ERRORS[code]
    fields = {name for _, name, _, _ in string.Formatter().parse(text.sentence) if name is not None}
    assert fields <= {"detail"}
    error = PlatelightError(code, "shot_010.mov {not a field}")
    assert ("shot_010.mov {not a field}" in error.sentence) == bool(fields)
    assert error.sentence[0].isupper() and not error.sentence.endswith(".")
    assert error.remedy[0].isupper() and error.remedy.endswith(".") and len(error.remedy) > 15
    assert str(error) == f"{error.sentence}. {error.remedy}" and error.exit_code == text.exit_code
    assert text.sentence.isascii() and text.remedy.isascii(), "consoles of farms are not all UTF-8"
