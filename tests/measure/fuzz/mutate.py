"""Damage, of a generator's own choice: to bytes, and to JSON values."""

from __future__ import annotations

import json
import random
from typing import Any

_ODD_BYTES = (0, 1, 127, 128, 254, 255)
ODD_VALUES: tuple[Any, ...] = (
    None,
    True,
    False,
    0,
    -1,
    1,
    2**31,
    -(2**31) - 1,
    2**53 + 1,
    10**8,
    10**19,
    10**400,
    1e308,
    5e-324,
    0.5,
    "",
    "x" * 3000,
    "\0",
    "\ud800",
    "a\nb",
    "../../etc/passwd",
    [],
    {},
    [[]],
    [None] * 50,
    {"a": {"b": []}},
    "nan",
    "-0",
    "1e5",
)


def generator(seed: int, number: int) -> random.Random:
    """The generator of one case."""
    return random.Random(f"{seed}/{number}")


def damaged(content: bytes, rng: random.Random, *, head: int = 2048) -> bytes:
    """`content` with some of it changed, cut off, doubled, taken out or exchanged; half of it within the first `head` bytes."""
    data = bytearray(content)
    for _ in range(rng.choice((1, 1, 1, 2, 4, 12, 40))):
        if not data:
            break
        at = rng.randrange(min(len(data), head) if rng.random() < 0.5 else len(data))
        kind = rng.random()
        if kind < 0.45:
            data[at] = rng.choice((*_ODD_BYTES, rng.randrange(256)))
        elif kind < 0.7:
            size = rng.choice((2, 4, 8))
            value = rng.choice((0, 1, 2**31 - 1, 2**31, 2**32 - 1, 2**63, rng.getrandbits(32)))
            data[at : at + size] = (value % 2 ** (8 * size)).to_bytes(size, rng.choice(("little", "big")))
        elif kind < 0.8:
            del data[at:]
        elif kind < 0.87:
            del data[at : at + rng.randrange(1, 200)]
        elif kind < 0.94:
            piece = data[at : at + rng.randrange(1, 500)]
            data[at:at] = piece * rng.choice((1, 2, 20))
        else:
            other = rng.randrange(len(data))
            size = rng.randrange(1, 64)
            data[at : at + size], data[other : other + size] = data[other : other + size], data[at : at + size]
    return bytes(data)


def other(value: Any, rng: random.Random) -> Any:
    """A JSON value with something in it changed."""
    if isinstance(value, dict) and value and rng.random() < 0.85:
        changed = dict(value)
        key = rng.choice(sorted(changed))
        kind = rng.random()
        if kind < 0.15:
            del changed[key]
        elif kind < 0.25:
            changed[rng.choice(("", "new", key + "x", "jsonrpc"))] = rng.choice(ODD_VALUES)
        else:
            changed[key] = other(changed[key], rng)
        return changed
    if isinstance(value, list) and value and rng.random() < 0.7:
        at = rng.randrange(len(value))
        return [*value[:at], other(value[at], rng), *value[at + 1 :]]
    if type(value) is int and abs(value) < 2**53 and rng.random() < 0.4:
        return rng.choice((value + 1, value - 1, -value, value * 10**6, value + 0.5))
    return rng.choice(ODD_VALUES)


def text_of(value: Any, rng: random.Random) -> str:
    """JSON of a value, now and then nested beyond measure or cut off."""
    text = json.dumps(value)
    kind = rng.random()
    if kind < 0.04:
        return text.replace(rng.choice(("null", "1", '""', "[]")), "[" * 20_000 + "]" * 20_000, 1)
    if kind < 0.08:
        return text[: rng.randrange(len(text))]
    return text
