"""Every way a job can fail: a code, a sentence a person understands, a remedy, and the exit code of the commands."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class ErrorCode(StrEnum):
    """Stable names; they travel on the wire and are what programs compare."""

    BAD_MESSAGE = "bad_message"
    PROTOCOL_MISMATCH = "protocol_mismatch"
    UNKNOWN_METHOD = "unknown_method"
    UNKNOWN_JOB = "unknown_job"
    INTERNAL = "internal"
    CANCELLED = "cancelled"
    ENGINE_MISSING = "engine_missing"
    ENGINE_DIED = "engine_died"
    ENGINE_SILENT = "engine_silent"
    ENGINE_INCOMPLETE = "engine_incomplete"
    SOURCE_MISSING = "source_missing"
    SOURCE_UNREADABLE = "source_unreadable"
    SOURCE_EMPTY = "source_empty"
    SOURCE_TRUNCATED = "source_truncated"
    SOURCE_TIMING = "source_timing"
    FRAME_MISSING = "frame_missing"
    FRAME_SIZE_CHANGED = "frame_size_changed"
    FRAME_NUMBERS_UNUSABLE = "frame_numbers_unusable"
    RANGE_OUTSIDE_CLIP = "range_outside_clip"
    COLOR_SPACE_UNKNOWN = "color_space_unknown"
    OUTPUT_NOT_WRITABLE = "output_not_writable"
    DISK_FULL = "disk_full"
    PASSES_DIFFER = "passes_differ"
    FOREIGN_FILES = "foreign_files"
    SOURCE_IN_OUTPUT = "source_in_output"
    OUTPUT_IN_USE = "output_in_use"
    MODEL_UNKNOWN = "model_unknown"
    MODEL_NOT_INSTALLED = "model_not_installed"
    MODEL_INCOMPLETE = "model_incomplete"
    MODEL_INVALID = "model_invalid"
    DOWNLOAD_FAILED = "download_failed"
    OFFLINE = "offline"
    DEVICE_UNAVAILABLE = "device_unavailable"
    OUT_OF_MEMORY = "out_of_memory"
    SETTING_INVALID = "setting_invalid"
    NOTHING_SELECTED = "nothing_selected"
    STRIP_UNSUPPORTED = "strip_unsupported"
    STRIP_RETIMED = "strip_retimed"
    INSTALL_FAILED = "install_failed"
    SCENE_LINKED = "scene_linked"
    NOT_PLACED = "not_placed"
    NOT_IN_EXTENSION = "not_in_extension"


@dataclass(frozen=True, kw_only=True)
class ErrorText:
    """What a person reads. `sentence` may name details as ``{detail}`` fields; `exit_code` is distinct for each code."""

    sentence: str
    remedy: str
    exit_code: int


def _text(exit_code: int, sentence: str, remedy: str) -> ErrorText:
    return ErrorText(sentence=sentence, remedy=remedy, exit_code=exit_code)


ERRORS: dict[ErrorCode, ErrorText] = {
    ErrorCode.BAD_MESSAGE: _text(
        10,
        "A message between add-on and engine could not be understood: {detail}",
        "Restart the job; if it comes again, the engine's environment prints something it should not: run the doctor.",
    ),
    ErrorCode.PROTOCOL_MISMATCH: _text(
        11,
        "Add-on and engine are of different versions: {detail}",
        "Point the preferences to an engine of the same version, or install the engine again.",
    ),
    ErrorCode.UNKNOWN_METHOD: _text(
        12,
        "The engine does not know the request {detail}",
        "Point the preferences to an engine of the same version, or install the engine again.",
    ),
    ErrorCode.UNKNOWN_JOB: _text(13, "There is no job {detail}", "It has already ended; nothing needs to be done."),
    ErrorCode.INTERNAL: _text(
        14,
        "The engine failed in a way it did not expect: {detail}",
        "Frames already written stay valid. Send the log to the developers, with the clip's size and settings.",
    ),
    ErrorCode.CANCELLED: _text(15, "Cancelled", "Finished frames are kept; estimate again to continue where it stopped."),
    ErrorCode.ENGINE_MISSING: _text(
        16,
        "There is no engine to run: {detail}",
        "Open Preferences > Add-ons > Platelight and press Install Engine, or point it to an existing environment.",
    ),
    ErrorCode.ENGINE_DIED: _text(
        17,
        "The engine ended in the middle of its work: {detail}",
        "Estimate again: finished frames are kept. If it ends again, memory may have run out: choose a lower resolution.",
    ),
    ErrorCode.ENGINE_SILENT: _text(
        18, "The engine did not answer in time: {detail}", "Run the doctor in the preferences to see what its environment lacks."
    ),
    ErrorCode.ENGINE_INCOMPLETE: _text(
        19,
        "The engine's environment lacks a package: {detail}",
        "Press Install Engine again, or install engine/requirements into the environment you chose.",
    ),
    ErrorCode.SOURCE_MISSING: _text(
        20, "The clip is not there: {detail}", "Check the strip's path; on a farm, check that the storage is mounted."
    ),
    ErrorCode.SOURCE_UNREADABLE: _text(
        21, "The clip cannot be read: {detail}", "Open it in Blender to see if it plays; transcode it or use an image sequence."
    ),
    ErrorCode.SOURCE_EMPTY: _text(22, "The clip holds no picture: {detail}", "Choose a clip with at least one frame."),
    ErrorCode.SOURCE_TRUNCATED: _text(
        23,
        "The clip ends early or is damaged: {detail}",
        "Copy it again from its origin, or estimate only the frames that are whole.",
    ),
    ErrorCode.SOURCE_TIMING: _text(
        45,
        "The times of this movie cannot be followed: {detail}",
        "Transcode it, for example to ProRes in a .mov file or to an image sequence, and use that.",
    ),
    ErrorCode.FRAME_MISSING: _text(
        24, "The sequence lacks a frame: {detail}", "Restore the frame, or estimate the ranges before and after it."
    ),
    ErrorCode.FRAME_SIZE_CHANGED: _text(
        25,
        "The frames are not all of one size: {detail}",
        "Bring all frames to one size: render the sequence again, or transcode the movie.",
    ),
    ErrorCode.FRAME_NUMBERS_UNUSABLE: _text(
        51,
        "The frame numbers cannot be used: {detail}",
        "Rename the files so that each name ends in its frame number, 0 to 1048574: plate.1001.exr, plate.1002.exr.",
    ),
    ErrorCode.RANGE_OUTSIDE_CLIP: _text(
        26,
        "The frame range lies outside the clip: {detail}",
        "Choose frames that the clip has; a movie's first frame is 1, a sequence keeps its own numbers.",
    ),
    ErrorCode.COLOR_SPACE_UNKNOWN: _text(
        27,
        "The colour space cannot be used: {detail}",
        "Choose a colour space that the OpenColorIO configuration has. Put back files that it lacks, and check what $OCIO names.",
    ),
    ErrorCode.OUTPUT_NOT_WRITABLE: _text(
        28,
        "The passes cannot be written: {detail}",
        "Choose a folder you may write to, or save the project first so that passes go beside it.",
    ),
    ErrorCode.DISK_FULL: _text(
        29, "The disk is full: {detail}", "Free some space and estimate again: it continues where it stopped."
    ),
    ErrorCode.PASSES_DIFFER: _text(
        30,
        "There are passes with other settings already: {detail}",
        "Choose another folder, or the settings they were made with. With --overwrite the frames asked for are replaced.",
    ),
    ErrorCode.FOREIGN_FILES: _text(
        47,
        "There are files where passes belong that Platelight did not write: {detail}",
        "Choose another folder for the passes; Platelight never replaces files of other programs.",
    ),
    ErrorCode.SOURCE_IN_OUTPUT: _text(
        46, "The plate lies in a folder where its passes would be written: {detail}", "Choose another folder for the passes."
    ),
    ErrorCode.OUTPUT_IN_USE: _text(
        31, "Another job is writing these passes: {detail}", "Wait until it has ended, or choose another folder."
    ),
    ErrorCode.MODEL_UNKNOWN: _text(
        32,
        "There is no model of that name: {detail}",
        "Choose one that `python -m engine models` lists, or the folder of a checkpoint.",
    ),
    ErrorCode.MODEL_NOT_INSTALLED: _text(
        33,
        "The model's weights are not on this machine: {detail}",
        "Download them in the preferences, or copy the files by hand to the folder named.",
    ),
    ErrorCode.MODEL_INCOMPLETE: _text(
        34, "The model's folder lacks a file: {detail}", "Download the model again, or copy the file into the folder."
    ),
    ErrorCode.MODEL_INVALID: _text(
        35,
        "The model's files are not what they should be: {detail}",
        "Download the model again; only checkpoints in the published layout are read, and of those only tensors.",
    ),
    ErrorCode.DOWNLOAD_FAILED: _text(
        36,
        "The download did not finish: {detail}",
        "Try again: it continues where it stopped. Or copy the files by hand to the folder named.",
    ),
    ErrorCode.OFFLINE: _text(
        37,
        "Online access is off: {detail}",
        "Allow it in Preferences > System > Network, or copy the files by hand to the folder named.",
    ),
    ErrorCode.DEVICE_UNAVAILABLE: _text(
        38, "The device is not there: {detail}", "Choose Automatic or CPU; run the doctor to see which devices the engine sees."
    ),
    ErrorCode.OUT_OF_MEMORY: _text(
        39,
        "Memory ran out: {detail}",
        "Choose a lower maximum resolution, a smaller window or a smaller decode chunk; finished frames are kept.",
    ),
    ErrorCode.SETTING_INVALID: _text(40, "A setting cannot be used: {detail}", "Correct it and try again."),
    ErrorCode.NOTHING_SELECTED: _text(
        41,
        "There is nothing to estimate: {detail}",
        "Select a movie, image or movie-clip strip, or open a clip in the Movie Clip editor.",
    ),
    ErrorCode.STRIP_UNSUPPORTED: _text(
        42, "This strip cannot be estimated: {detail}", "Use a movie, image-sequence or movie-clip strip."
    ),
    ErrorCode.STRIP_RETIMED: _text(43, "The strip is retimed: {detail}", "Or render it to a sequence and estimate that."),
    ErrorCode.INSTALL_FAILED: _text(
        44,
        "The engine could not be installed: {detail}",
        "Read the last lines of the log; with no internet, point to an existing environment instead.",
    ),
    ErrorCode.SCENE_LINKED: _text(62, "The scene cannot be changed: {detail}", "Change it there, or make it local."),
    ErrorCode.NOT_PLACED: _text(
        61,
        "The passes are on disk, but could not be placed in the compositor: {detail}",
        "Press Load Passes, or estimate again: frames that are there are kept.",
    ),
    ErrorCode.NOT_IN_EXTENSION: _text(
        70,
        "The extension does not have this command: {detail}",
        "Run it from a copy of Platelight's source code; docs/training and docs/evaluation.md there tell how.",
    ),
}


class PlatelightError(Exception):
    """A failure a person can act on.

    Args:
        code: what happened.
        detail: the particulars (path, frame, number), one line.
    """

    def __init__(self, code: ErrorCode, detail: str = "") -> None:
        super().__init__(code, detail)
        self.code = code
        self.detail = detail

    @property
    def sentence(self) -> str:
        """One sentence without its final stop."""
        return ERRORS[self.code].sentence.format(detail=self.detail)

    @property
    def remedy(self) -> str:
        return ERRORS[self.code].remedy

    @property
    def exit_code(self) -> int:
        return ERRORS[self.code].exit_code

    def __str__(self) -> str:
        return f"{self.sentence}. {self.remedy}"
