"""From an error's code to a sentence and a remedy in Blender's words, for people who don't use a command line."""

from __future__ import annotations

from dataclasses import dataclass

from .contract import ERRORS, ErrorCode, PlatelightError

_INSTALL = "Press Install Engine in the preferences, or point them to an engine of this version."
_IN_BLENDER: dict[ErrorCode, str] = {
    ErrorCode.BAD_MESSAGE: "Estimate again. If it comes back, press Check Engine in the preferences: the engine prints too much.",
    ErrorCode.PROTOCOL_MISMATCH: _INSTALL,
    ErrorCode.UNKNOWN_METHOD: _INSTALL,
    ErrorCode.INTERNAL: "Frames already written stay valid. Press Show Log in the preferences and send it on.",
    ErrorCode.CANCELLED: "Finished frames are kept; press Estimate to continue where it stopped.",
    ErrorCode.ENGINE_MISSING: "Open the preferences and press Install Engine, or point them to an existing environment.",
    ErrorCode.ENGINE_DIED: "Finished frames are kept: press Estimate Again to go on. If memory ran out, choose a lower resolution.",
    ErrorCode.ENGINE_SILENT: "Press Check Engine in the preferences to see what its environment lacks.",
    ErrorCode.ENGINE_INCOMPLETE: "Press Install Engine in the preferences, or install it into the environment chosen there.",
    ErrorCode.SOURCE_MISSING: "Check the path of the strip or clip, and that its disk is there.",
    ErrorCode.RANGE_OUTSIDE_CLIP: "Trim the strip to frames that the clip has.",
    ErrorCode.COLOR_SPACE_UNKNOWN: "Choose another colour space in the properties of the strip or clip.",
    ErrorCode.OUTPUT_NOT_WRITABLE: "Save the project where you may write, or choose another output folder under Advanced.",
    ErrorCode.PASSES_DIFFER: "Choose another output folder under Advanced, or the settings they were made with."
    " Make Anew asks before it replaces any.",
    ErrorCode.FOREIGN_FILES: "Choose another output folder under Advanced. Platelight never replaces files of other programs.",
    ErrorCode.SOURCE_IN_OUTPUT: "Choose another output folder under Advanced.",
    ErrorCode.OUTPUT_IN_USE: "Wait until it has ended, or choose another output folder under Advanced.",
    ErrorCode.MODEL_UNKNOWN: "Choose another model in the Platelight tab.",
    ErrorCode.MODEL_NOT_INSTALLED: "Press Download in the preferences, choose Preview (embedded), or copy the files by hand.",
    ErrorCode.DEVICE_UNAVAILABLE: "Choose Automatic or CPU under Advanced; Check Engine in the preferences shows what is there.",
    ErrorCode.OUT_OF_MEMORY: "Choose a lower resolution, or a smaller Decode Chunk under Advanced; finished frames are kept.",
    ErrorCode.INSTALL_FAILED: "The lines above tell more. With no internet, point to an existing environment instead.",
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
    """`sentence` says what happened, `remedy` what to do about it; each ends with a stop."""

    sentence: str
    remedy: str


def explain(error: PlatelightError) -> Explanation:
    sentence = error.sentence.strip().removesuffix(":").rstrip(".")
    return Explanation(sentence=f"{sentence}.", remedy=_IN_BLENDER.get(error.code, ERRORS[error.code].remedy))


def in_one_line(error: PlatelightError) -> str:
    """For `Operator.report`."""
    words = explain(error)
    return f"{words.sentence} {words.remedy}"


def change_in_words(change: str) -> str:
    """Return a setting that changed, as the panel names it: ``max_resolution 512 -> 1024`` -> ``Resolution: 512 → 1024``.
    What else has changed begins like a sentence."""
    name, _, values = change.partition(" ")
    if "->" not in change:
        return f"{change[:1].upper()}{change[1:]}"
    return f"{_SETTINGS.get(name, name)}: {values.replace('->', '→')}"
