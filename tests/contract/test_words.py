"""Every sentence can be read at once: those of the pages, of panels, tooltips and messages, and of the code's docstrings."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from tests.support.places import ROOT

SENTENCE, CELL = 20, 30
PAGES = sorted(
    page
    for pattern in ("*.md", "docs/**/*.md", "engine/**/*.md", "addon/**/*.md", "tests/**/*.md")
    for page in ROOT.glob(pattern)
    if not any(part.startswith(".") for part in page.relative_to(ROOT).parts)
)
NEW_BLOCK = re.compile(r"\s*([-*+] |\d+\. |> |!\[)")
GENERATED = ("<!-- table: ", "<!-- end of table -->")  # what lies between them is made from the code's own docstrings
FENCE = re.compile(r"\s*(```|~~~)")


def _plain(text: str) -> str:
    """Drop pictures, addresses and marks; a piece of code counts as one word."""
    text = re.sub(r"!\[[^\]]*\]\([^)]*\)", " ", text)
    text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", text)
    text = re.sub(r"(`+).+?\1", "code", text)
    text = re.sub(r"https?://\S+", "address", text)
    return re.sub(r"[*_]{1,3}(?=\S)|(?<=\S)[*_]{1,3}", "", text)


def _split(text: str) -> list[str]:
    """Return the sentences of a paragraph, which end with a stop before a capital, a digit, a bracket or code."""
    return [part for part in re.split(r"(?<=[.!?])[)\"'”]*\s+(?=[(\"'“]?(?:[A-Z0-9]|code\b))", text) if part]


def _words(sentence: str) -> int:
    return sum(any(letter.isalnum() for letter in word) for word in sentence.split())


def _blocks(text: str) -> list[tuple[int, str, int]]:
    """Return (line, text, most words) of each paragraph, list item and table cell; headings and code are left out."""
    found: list[tuple[int, str, int]] = []
    lines: list[str] = []
    start, fenced, generated, blank = 0, False, False, True

    def close() -> None:
        if lines:
            found.append((start, " ".join(lines), SENTENCE))
            lines.clear()

    for number, line in enumerate(text.splitlines(), 1):
        mark = FENCE.match(line)
        generated = line.startswith(GENERATED[0]) or (generated and not line.startswith(GENERATED[1]))
        indented = line.startswith("    ") and blank and not NEW_BLOCK.match(line)
        if mark or fenced or generated or indented or not line.strip() or line.startswith(("#", "<")):
            close()
            fenced = fenced != bool(mark)
        elif line.lstrip().startswith("|"):
            close()
            found += [(number, cell.strip(), CELL) for cell in re.split(r"(?<!\\)\|", line.strip().strip("|"))]
        else:
            if NEW_BLOCK.match(line):
                close()
            start = start if lines else number
            lines.append(re.sub(r"^\s*([-*+]|\d+\.|>) ", "", line).strip())
        blank = not line.strip() or (blank and indented)
    close()
    return found


def long_sentences(text: str) -> list[tuple[int, str]]:
    """Return (line of its paragraph, sentence) of all sentences that have too many words."""
    return [
        (line, sentence) for line, block, most in _blocks(text) for sentence in _split(_plain(block)) if _words(sentence) > most
    ]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_no_sentence_of_a_page_must_be_read_twice(page: Path) -> None:
    found = long_sentences(page.read_text("utf-8"))
    name = page.relative_to(ROOT).as_posix()
    assert not found, "\n" + "\n".join(f"{name}:{line}: {_words(sentence)} words: {sentence}" for line, sentence in found)


def test_a_long_sentence_is_seen_wherever_it_stands() -> None:
    long = "word " * 21
    for text in (f"{long}.", f"Short.\n\n- {long}.", f"Half a line\n{long}.", f"> {long}.", f"| {long} {long} |"):
        assert long_sentences(text)
    for text in (
        f"```\n{long}\n```",
        f"# {long}",
        f"Short.\n\n    {long}",
        f"`{long}` runs.",
        f"| {long} |",
        f"[One](a) is. [Two](b) {long[:80]}.",
    ):
        assert not long_sentences(text)


def _said(node: ast.expr) -> str | None:
    """Return the text of a string, with one word for each value that an f-string puts in."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(str(part.value) if isinstance(part, ast.Constant) else "value" for part in node.values)
    return None


def _strings(tree: ast.AST) -> Iterator[tuple[int, str, bool]]:
    """Yield (line, text, whether it is a docstring or documents the name above it) of the strings that hold words."""
    for node in ast.iter_child_nodes(tree):
        found = node.value if isinstance(node, ast.Expr) else node
        text = _said(found) if isinstance(found, ast.expr) else None
        if text is None:
            yield from _strings(node)
        elif re.search(r"[a-z]{2,} ", text):
            yield found.lineno, text, isinstance(node, ast.Expr)


def long_texts(code: str, *, documents: bool) -> list[tuple[int, str]]:
    """Return (line, sentence) of the strings, or of the docstrings, that have too many words in a sentence."""
    return [
        (line, sentence)
        for line, text, is_document in _strings(ast.parse(code))
        if is_document == documents
        for _, sentence in long_sentences(text)
    ]


def _long_in(modules: Iterable[Path], *, documents: bool) -> str:
    return "".join(
        f"\n{module.relative_to(ROOT).as_posix()}:{line}: {_words(sentence)} words: {sentence}"
        for module in modules
        for line, sentence in long_texts(module.read_text("utf-8"), documents=documents)
    )


@pytest.mark.parametrize("folder", ["addon/operators", "addon/panels"])
def test_no_message_or_tooltip_must_be_read_twice(folder: str) -> None:
    found = _long_in((ROOT / folder).rglob("*.py"), documents=False)
    assert not found, found


def test_a_long_message_is_seen_wherever_it_stands() -> None:
    long = "word " * 20
    assert long_texts(f'def f(a):\n    raise Error(f"{long}{{a}}")', documents=False)
    assert long_texts(f'class A:\n    bl_description = "{long} word"', documents=False)
    assert long_texts(f'def f():\n    """{long} word."""', documents=True)
    assert not long_texts(f'def f():\n    """{long} word."""', documents=False)
    assert not long_texts(f'def f(a):\n    raise Error(f"{long}. Then {{a}}")', documents=False)
