"""The page on the protocol says what the code says."""

from __future__ import annotations

from engine.lab import protocol_page


def test_the_tables_of_the_page_are_current():
    text = protocol_page.PAGE.read_text("utf-8")
    assert text == protocol_page.current(text), "run python -m engine.lab.protocol_page"


def test_a_changed_sentence_would_be_seen(monkeypatch):
    code = next(iter(protocol_page.ERRORS))
    other = protocol_page.ERRORS[code].__class__(sentence="Something else", remedy="Nothing", exit_code=99)
    monkeypatch.setitem(protocol_page.ERRORS, code, other)
    text = protocol_page.PAGE.read_text("utf-8")
    assert "| Something else |" in protocol_page.current(text)
