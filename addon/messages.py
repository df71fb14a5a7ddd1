"""Errors in Blender's words, for people who do not use a command line."""

from __future__ import annotations

from dataclasses import dataclass

from .contract import ERRORS, ErrorCode, PlatelightError

_INSTALL = "Press Install Engine in the preferences, or choose an engine of this version there."
_IN_BLENDER: dict[ErrorCode, str] = {
    ErrorCode.BAD_MESSAGE: "Estimate again. If the error returns, press Check Engine in the preferences and send the log.",
    ErrorCode.PROTOCOL_MISMATCH: _INSTALL,
    ErrorCode.UNKNOWN_METHOD: _INSTALL,
    ErrorCode.INTERNAL: "Finished frames are kept. Press Show Log in the preferences and send the log to the developers.",
    ErrorCode.CANCELLED: "Finished frames are kept. Press Estimate to continue.",
    ErrorCode.ENGINE_MISSING: "Press Install Engine in the preferences, or choose an existing environment there.",
    ErrorCode.ENGINE_DIED: "Finished frames are kept. Press Estimate Again. If the engine stops again, choose a lower resolution.",
    ErrorCode.ENGINE_SILENT: "Press Check Engine in the preferences to see what is missing.",
    ErrorCode.ENGINE_INCOMPLETE: "Press Install Engine in the preferences, or add the package to the environment chosen there.",
    ErrorCode.SOURCE_MISSING: "Check the path of the strip or clip, and that its disk is connected.",
    ErrorCode.RANGE_OUTSIDE_CLIP: "Trim the strip to frames that the clip has.",
    ErrorCode.COLOR_SPACE_UNKNOWN: "Choose another colour space in the properties of the strip or clip.",
    ErrorCode.OUTPUT_NOT_WRITABLE: "Save the project in a folder you can write to, or choose another output folder under Advanced.",
    ErrorCode.PASSES_DIFFER: "Choose another output folder under Advanced, or use the same settings as before."
    " Redo All Frames asks before it replaces them.",
    ErrorCode.FOREIGN_FILES: "Choose another output folder under Advanced. Platelight never replaces files of other programs.",
    ErrorCode.SOURCE_IN_OUTPUT: "Choose another output folder under Advanced.",
    ErrorCode.OUTPUT_IN_USE: "Wait until that job ends, or choose another output folder under Advanced.",
    ErrorCode.MODEL_UNKNOWN: "Choose another model in the Platelight tab.",
    ErrorCode.MODEL_NOT_INSTALLED: "Press Download in the preferences, or choose Preview (embedded).",
    ErrorCode.DEVICE_UNAVAILABLE: "Choose Automatic or CPU under Advanced. Check Engine in the preferences lists the devices.",
    ErrorCode.OUT_OF_MEMORY: "Choose a lower resolution, or a smaller Decode Chunk under Advanced. Finished frames are kept.",
    ErrorCode.INSTALL_FAILED: "Read the lines above. Without internet, choose an existing environment instead.",
}
_SETTINGS = {
    "model": "Model",
    "max_resolution": "Resolution",
    "window": "Window",
    "overlap": "Overlap",
    "decode_chunk_size": "Decode Chunk",
    "precision": "Precision",
    "device": "Device",
    "temporal": "Temporal Blocks",
    "tokens": "Tokens",
    "fov": "Field of View",
}


@dataclass(frozen=True, kw_only=True)
class Explanation:
    """An error as the panel shows it: `sentence` says what happened, `remedy` what to do. Each ends with a full stop."""

    sentence: str
    remedy: str


def explain(error: PlatelightError) -> Explanation:
    """Return an error's sentence, and its remedy in Blender's words."""
    sentence = error.sentence.strip().removesuffix(":").rstrip(".")
    return Explanation(sentence=f"{sentence}.", remedy=_IN_BLENDER.get(error.code, ERRORS[error.code].remedy))


def in_one_line(error: PlatelightError) -> str:
    """Return sentence and remedy as one line, for `Operator.report`."""
    words = explain(error)
    return f"{words.sentence} {words.remedy}"


def change_in_words(change: str) -> str:
    """Return a changed setting with its name on the panel: ``max_resolution 512 -> 1024`` becomes ``Resolution: 512 → 1024``.

    Another kind of change gets a capital letter.
    """
    name, _, values = change.partition(" ")
    if "->" not in change:
        return f"{change[:1].upper()}{change[1:]}"
    return f"{_SETTINGS.get(name, name)}: {values.replace('->', '→')}"
