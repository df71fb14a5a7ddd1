"""Which weights a checkpoint's folder holds."""

from __future__ import annotations

from pathlib import Path

from ...protocol.revisions import files_revision

NETWORKS = ("*/*.json", "*/*.safetensors")


def revision(folder: Path, patterns: tuple[str, ...] = NETWORKS) -> str:
    """`files_revision` of the configurations and weights of its networks.

    Raises:
        PlatelightError: `model_incomplete` for a file that cannot be read.
    """
    return files_revision(folder, patterns)
