"""Write the tables of docs/protocol.md from the dataclasses of engine/protocol.

    python -m engine.lab.protocol_page

The page's prose is written by hand. Each table stands between two marks, and this replaces what is between them.
A test compares the page with what this would write.
"""

from __future__ import annotations

import dataclasses
import enum
import functools
import inspect
import re
import sys
import typing
from collections.abc import Iterator, Sequence
from pathlib import Path

from .. import protocol
from ..protocol.errors import ERRORS
from ..protocol.messages import NOTIFICATIONS, REQUESTS, RESULTS

PAGE = Path(__file__).parents[2] / "docs" / "protocol.md"
_MARKED = "<!-- table: {name} -->\n{body}<!-- end of table -->"


def current(page: str) -> str:
    """Return `page` with every table as the code has it now.

    Raises:
        ValueError: the page lacks the marks of a table.
    """
    for name, body in tables().items():
        pattern = re.escape(f"<!-- table: {name} -->") + r"\n.*?<!-- end of table -->"
        replacement = _MARKED.format(name=name, body=body)
        page, count = re.subn(pattern, functools.partial(_replaced, replacement), page, flags=re.DOTALL)
        if count != 1:
            raise ValueError(f"{PAGE.name} has the marks of the table {name!r} {count} times")
    return page


def _replaced(text: str, found: re.Match[str]) -> str:
    """Return `text` as it is: `re.subn` would read escapes in a plain replacement."""
    return text


def tables() -> dict[str, str]:
    """Return the Markdown of each table by its name."""
    answered = [("Request", "Method", "Answered by"), *((_link(r), f"`{r.METHOD}`", _link(RESULTS[r])) for r in REQUESTS)]
    told = [("Notification", "Method", "Says"), *((_link(n), f"`{n.METHOD}`", _first_sentence(n)) for n in NOTIFICATIONS)]
    errors = [("Code", "Exit code", "Sentence", "Remedy")]
    errors += [(f"`{code}`", str(text.exit_code), _cell(text.sentence), _cell(text.remedy)) for code, text in ERRORS.items()]
    types = list(_types([*REQUESTS, *RESULTS.values(), *NOTIFICATIONS]))
    return {
        "requests": _table(answered),
        "notifications": _table(told),
        "messages": "\n".join(_section(cls) for cls in types),
        "errors": _table(errors),
    }


def _types(roots: list[type]) -> Iterator[type]:
    """Yield `roots` and every dataclass or enum that their fields hold, each once, users before what they use."""
    seen: list[type] = []
    waiting = list(roots)
    while waiting:
        cls = waiting.pop(0)
        if cls in seen:
            continue
        seen.append(cls)
        yield cls
        if dataclasses.is_dataclass(cls):
            waiting += [part for kind in typing.get_type_hints(cls).values() for part in _parts(kind)]


def _parts(kind: object) -> Iterator[type]:
    """Yield the dataclasses and enums that the annotation `kind` names."""
    if isinstance(kind, type) and (dataclasses.is_dataclass(kind) or issubclass(kind, enum.Enum)):
        yield kind
    for part in typing.get_args(kind):
        yield from _parts(part)


def _section(cls: type) -> str:
    """Return the heading, the docstring and the table of fields of `cls`."""
    lines = [f"### {cls.__name__}", ""]
    own = cls.__dict__.get("__doc__") or ""
    if own and not own.startswith(f"{cls.__name__}("):
        lines += [inspect.cleandoc(own).replace("``", "`"), ""]
    if issubclass(cls, enum.Enum):
        lines += [", ".join(f"`{member.value}`" for member in cls), ""]
        return "\n".join(lines)
    assert dataclasses.is_dataclass(cls)
    rows = [("Field", "Type", "Default"), *((f"`{f.name}`", _type(f.type), _default(f)) for f in dataclasses.fields(cls))]
    lines += [_table(rows) if len(rows) > 1 else "No fields.\n"]
    return "\n".join(lines)


def _type(annotation: object) -> str:
    """Return an annotation as the page shows it; a type of the protocol becomes a link."""
    text = annotation if isinstance(annotation, str) else getattr(annotation, "__name__", str(annotation))
    known = sorted({name for name in re.findall(r"[A-Z]\w+", text) if hasattr(protocol, name)}, key=len)
    shown = f"`{text}`".replace("|", "\\|")
    return shown + "".join(f" ([{name}](#{name.lower()}))" for name in known)


def _default(field: dataclasses.Field) -> str:
    if field.default is not dataclasses.MISSING:
        value = field.default
        return f"`{type(value).__name__}()`" if dataclasses.is_dataclass(value) else f"`{value!r}`"
    if field.default_factory is not dataclasses.MISSING:
        return "a new one for each message"
    return "required"


def _link(cls: type) -> str:
    return f"[{cls.__name__}](#{cls.__name__.lower()})"


def _first_sentence(cls: type) -> str:
    return _cell(re.split(r"(?<=[.:]) ", inspect.cleandoc(cls.__doc__ or "").replace("\n", " "))[0])


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("``", "`")


def _table(rows: Sequence[tuple[str, ...]]) -> str:
    head, *body = rows
    lines = [head, tuple("---" for _ in head), *body]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def main() -> int:
    """Rewrite the page's tables; return the exit code."""
    text = PAGE.read_text("utf-8")
    PAGE.write_text(current(text), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
