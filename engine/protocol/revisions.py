"""Which weights made a pass: known without torch, so that finished passes are recognised, or told apart, at once.

A revision is one word for a model's own weights; a second one stands for temporal blocks that took the place of the model's own.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from .bounds import open_regular
from .errors import ErrorCode, PlatelightError
from .passes import MadeFrames, PassRecord

AUTO, PER_FRAME = "auto", "none"
"""Values of `EstimateSettings.temporal` that name no file."""

SAMPLES = 64
SAMPLE_BYTES = 1 << 16


def files_revision(folder: Path, patterns: tuple[str, ...]) -> str:
    """Tell one state of some files from another without reading gigabytes: of each its name, its size, and samples from one end to
    the other, so that training a part of the layers shows too. `patterns`: of the files that count.

    Raises:
        PlatelightError: `model_incomplete` for a file that cannot be read.
    """
    digest = hashlib.sha256()
    for file in sorted(found for pattern in patterns for found in folder.glob(pattern)):
        digest.update(file.relative_to(folder).as_posix().encode())
        try:
            with open_regular(file) as stream:
                size = stream.seek(0, 2)
                digest.update(size.to_bytes(8, "little"))
                for sample in range(SAMPLES if size > SAMPLE_BYTES else 1):
                    stream.seek(max(size - SAMPLE_BYTES, 0) * sample // (SAMPLES - 1))
                    digest.update(stream.read(SAMPLE_BYTES))
        except OSError as error:
            raise PlatelightError(ErrorCode.MODEL_INCOMPLETE, f"{file}: {error.strerror}") from error
    return digest.hexdigest()[:16]


def with_temporal(own: str, *, temporal: str, tuned: Path | None) -> str:
    """Return the revision that `PassRecord.revision` gets from a model with temporal blocks.

    Args:
        own: the model's own weights.
        temporal: of `EstimateSettings`.
        tuned: as `tuned_file`; it counts where it is there.

    Raises:
        PlatelightError: `model_incomplete` for blocks that cannot be read.
    """
    if temporal == PER_FRAME:
        return f"{own} {PER_FRAME}"
    if temporal == AUTO and (tuned is None or not tuned.is_file()):
        return own
    file = tuned if temporal == AUTO and tuned else Path(temporal).expanduser()
    if not file.is_file():
        raise PlatelightError(ErrorCode.MODEL_INCOMPLETE, str(file))
    return f"{own} {files_revision(file.parent, (file.name,))}"


def weights_difference(record: PassRecord | MadeFrames, *, revision: str, temporal: str) -> str:
    """Return how other weights than a record's would make its passes now, in words; ``""`` where they are the same, and where
    `settings_differences` tells it already.

    Args:
        revision: what it would be now.
        temporal: of `EstimateSettings`, now.
    """
    then, _, blocks_then = record.revision.partition(" ")
    now, _, blocks_now = revision.partition(" ")
    if then != now:
        return f"weights of the model {then} -> {now}"
    if blocks_then == blocks_now:
        return ""
    if record.settings.temporal != temporal:
        return f"temporal {record.settings.temporal} -> {AUTO}" if temporal == AUTO else ""
    if temporal != AUTO:
        return "the file of temporal blocks has changed"
    return "the model was tuned to this shot since" if blocks_now else "what the model had learned of this shot is gone"
