"""Which weights these are; known without torch, so that finished passes can be recognised at once."""

import functools
import hashlib
from pathlib import Path

from ...protocol import ErrorCode, PlatelightError

WEIGHTS = Path(__file__).with_name("preview.safetensors")
TEMPORAL = Path(__file__).with_name("temporal.safetensors")


@functools.cache
def revision() -> str:
    """The first digits of the SHA-256 of the weights and of the temporal blocks that come with them.

    Raises:
        PlatelightError: `model_incomplete` if the extension lacks the file.
    """
    try:
        blocks = TEMPORAL.read_bytes() if TEMPORAL.is_file() else b""
        return hashlib.sha256(WEIGHTS.read_bytes() + blocks).hexdigest()[:16]
    except OSError as error:
        raise PlatelightError(ErrorCode.MODEL_INCOMPLETE, str(WEIGHTS)) from error
