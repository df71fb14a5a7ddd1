"""Which weights these are; known without torch, so that finished passes can be recognised at once."""

import functools
import hashlib
from pathlib import Path

from ...protocol import ErrorCode, PlatelightError

WEIGHTS = Path(__file__).with_name("preview.safetensors")


@functools.cache
def revision() -> str:
    """The first digits of the weight file's SHA-256.

    Raises:
        PlatelightError: `model_incomplete` if the extension lacks the file.
    """
    try:
        return hashlib.sha256(WEIGHTS.read_bytes()).hexdigest()[:16]
    except OSError as error:
        raise PlatelightError(ErrorCode.MODEL_INCOMPLETE, str(WEIGHTS)) from error
