"""Which weights a folder holds; known without torch, so that finished passes can be recognised, or told apart, at once."""

from __future__ import annotations

import hashlib
from pathlib import Path

from ...protocol import ErrorCode, PlatelightError

SAMPLES = 64
SAMPLE_BYTES = 1 << 16


def revision(folder: Path, patterns: tuple[str, ...] = ("*/*.json", "*/*.safetensors")) -> str:
    """Tells one checkpoint from another without reading gigabytes: its configurations, and of every weight file the size and
    samples from one end to the other, so that training a part of the layers shows too. `patterns`: of the files that count.

    Raises:
        PlatelightError: `model_incomplete` for a file that cannot be read.
    """
    digest = hashlib.sha256()
    for file in sorted(found for pattern in patterns for found in folder.glob(pattern)):
        digest.update(file.relative_to(folder).as_posix().encode())
        try:
            with file.open("rb") as stream:
                size = stream.seek(0, 2)
                digest.update(size.to_bytes(8, "little"))
                for sample in range(SAMPLES if size > SAMPLE_BYTES else 1):
                    stream.seek(max(size - SAMPLE_BYTES, 0) * sample // (SAMPLES - 1))
                    digest.update(stream.read(SAMPLE_BYTES))
        except OSError as error:
            raise PlatelightError(ErrorCode.MODEL_INCOMPLETE, f"{file}: {error.strerror}") from error
    return digest.hexdigest()[:16]
