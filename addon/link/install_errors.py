"""Why an installation failed, in a sentence, from what pip, uv and venv printed."""

from __future__ import annotations

import re
from collections.abc import Sequence

_NO_SPACE = "the disk is full"
_CAUSES: tuple[tuple[str, str], ...] = (
    (r"no space left on device|disk quota exceeded|not enough space|os error (28|112)\b", _NO_SPACE),
    (
        r"ensurepip is not|no module named '?(ensurepip|venv)",
        "Blender's Python cannot make environments: it lacks ensurepip, which some distributions split off",
    ),
    (
        r"certificate_?verify|sslerror|ssl error|certificate verify failed|invalid peer certificate|unknownissuer",
        "a proxy or firewall replaces certificates, so the package index cannot be trusted",
    ),
    (r"407 proxy|proxyerror|cannot connect to proxy|proxy authentication", "the proxy refused the connection"),
    (
        r"name resolution|getaddrinfo|nodename nor servname|dns error|newconnectionerror|network is unreachable|connection refused"
        r"|max retries exceeded|connecttimeout|timed out|error sending request|connection reset|failed to fetch",
        "the package index cannot be reached, is there a network?",
    ),
    (
        r"no matching distribution|no solution found|could not find a version|requires-python|no wheels? with a matching",
        "no package fits this Python and platform",
    ),
    (r"permission denied|access is denied|os error (5|13)\b", "a file may not be written"),
    (r"hash(es)? (mismatch|do not match)|bad ?zip ?file|invalid wheel", "a download is damaged"),
)
_DECORATION = re.compile(r"^(error|warning|note|hint|\W+|\[notice\])\W*", re.IGNORECASE)


def why(lines: Sequence[str]) -> str:
    """Return the cause, with the last line that tells it: ``the disk is full (No space left on device)``; ``""`` for no lines."""
    for pattern, cause in _CAUSES:
        for line in reversed(lines):
            if re.search(pattern, line, re.IGNORECASE):
                return f"{cause} ({_plain(line)})"
    errors = [line for line in lines if re.match(r"\s*(error|fatal|.*error:)", line, re.IGNORECASE)]
    return _plain((errors or list(lines))[-1]) if lines else ""


def is_hopeless(cause: str) -> bool:
    """Return whether another installer would fail the same way."""
    return cause.startswith(_NO_SPACE)


def _plain(line: str) -> str:
    return _DECORATION.sub("", line.strip())[:200]
