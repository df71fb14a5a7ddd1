"""Which weights a model has; known without torch, so that finished passes can be recognised at once."""

from __future__ import annotations

import functools
import hashlib
from pathlib import Path

from ..protocol import ErrorCode, PlatelightError
from ..protocol.revisions import files_revision

NETWORKS = ("*/*.json", "*/*.safetensors")
PREVIEW_WEIGHTS = Path(__file__).parent / "preview" / "preview.safetensors"
PREVIEW_BLOCKS = Path(__file__).parent / "preview" / "temporal.safetensors"


def revision(folder: Path, patterns: tuple[str, ...] = NETWORKS) -> str:
    """Return `files_revision` of the configurations and weights of a checkpoint's networks.

    Raises:
        PlatelightError: `model_incomplete` for a file that cannot be read.
    """
    return files_revision(folder, patterns)


@functools.cache
def preview_revision() -> str:
    """Return the first digits of the SHA-256 of the embedded model's weights and of the temporal blocks that come with them.

    Raises:
        PlatelightError: `model_incomplete` if the extension lacks the file.
    """
    try:
        blocks = PREVIEW_BLOCKS.read_bytes() if PREVIEW_BLOCKS.is_file() else b""
        return hashlib.sha256(PREVIEW_WEIGHTS.read_bytes() + blocks).hexdigest()[:16]
    except OSError as error:
        raise PlatelightError(ErrorCode.MODEL_INCOMPLETE, str(PREVIEW_WEIGHTS)) from error
