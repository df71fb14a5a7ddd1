"""All errors of a job: code, sentence, remedy, and exit code of the command line."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class ErrorCode(StrEnum):
    """The stable names of errors. They go over the wire, and programs compare them."""

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
    """What a person reads of an error.

    Attributes:
        sentence: what happened, without a full stop; ``{detail}`` stands for the particulars.
        remedy: what to do, with a full stop.
        exit_code: exit code of the command line, different for each code.
    """

    sentence: str
    remedy: str
    exit_code: int


def _text(exit_code: int, sentence: str, remedy: str) -> ErrorText:
    return ErrorText(sentence=sentence, remedy=remedy, exit_code=exit_code)


ERRORS: dict[ErrorCode, ErrorText] = {
    ErrorCode.BAD_MESSAGE: _text(
        10,
        "Add-on and engine sent a message that cannot be read: {detail}",
        "Restart the job. If the error returns, run `python -m engine doctor` and look for other programs' output.",
    ),
    ErrorCode.PROTOCOL_MISMATCH: _text(
        11,
        "Add-on and engine have different versions: {detail}",
        "Install the engine again, or choose an engine of the same version in the preferences.",
    ),
    ErrorCode.UNKNOWN_METHOD: _text(
        12,
        "The engine does not know the request {detail}",
        "Install the engine again, or choose an engine of the same version in the preferences.",
    ),
    ErrorCode.UNKNOWN_JOB: _text(13, "No job is called {detail}", "The job has ended. You need do nothing."),
    ErrorCode.INTERNAL: _text(
        14,
        "The engine had an unexpected error: {detail}",
        "Finished frames are kept. Send the log to the developers, with the size and settings of the clip.",
    ),
    ErrorCode.CANCELLED: _text(15, "Cancelled", "Finished frames are kept. Estimate again to continue."),
    ErrorCode.ENGINE_MISSING: _text(
        16,
        "The engine cannot start: {detail}",
        "Press Install Engine in Preferences > Add-ons > Platelight, or choose an existing environment there.",
    ),
    ErrorCode.ENGINE_DIED: _text(
        17,
        "The engine stopped during the job: {detail}",
        "Finished frames are kept. Estimate again to continue. If the engine stops again, choose a lower resolution.",
    ),
    ErrorCode.ENGINE_SILENT: _text(
        18, "The engine did not answer in time: {detail}", "Run `python -m engine doctor` to see what is missing."
    ),
    ErrorCode.ENGINE_INCOMPLETE: _text(
        19,
        "A package is missing from the engine's environment: {detail}",
        "Press Install Engine again, or install engine/requirements into the environment you chose.",
    ),
    ErrorCode.SOURCE_MISSING: _text(
        20, "Clip not found: {detail}", "Check the path of the strip. On a farm, check that the storage is mounted."
    ),
    ErrorCode.SOURCE_UNREADABLE: _text(
        21, "The clip cannot be read: {detail}", "Play it in Blender to check it. Transcode it, or use an image sequence."
    ),
    ErrorCode.SOURCE_EMPTY: _text(22, "The clip has no picture: {detail}", "Choose a clip with at least one frame."),
    ErrorCode.SOURCE_TRUNCATED: _text(
        23,
        "The clip ends early or is damaged: {detail}",
        "Copy the clip again, or estimate only its intact frames.",
    ),
    ErrorCode.SOURCE_TIMING: _text(
        45,
        "The frame times of this movie cannot be used: {detail}",
        "Transcode it, for example to ProRes in a .mov file or to an image sequence.",
    ),
    ErrorCode.FRAME_MISSING: _text(
        24, "A frame of the sequence is missing: {detail}", "Restore the frame, or estimate the ranges before and after it."
    ),
    ErrorCode.FRAME_SIZE_CHANGED: _text(
        25,
        "The frames have different sizes: {detail}",
        "Render the sequence again at one size, or transcode the movie.",
    ),
    ErrorCode.FRAME_NUMBERS_UNUSABLE: _text(
        51,
        "The frame numbers cannot be used: {detail}",
        "Put the frame number last in each file name: plate.1001.exr, plate.1002.exr. Use numbers from 0 to 1048574.",
    ),
    ErrorCode.RANGE_OUTSIDE_CLIP: _text(
        26,
        "The frame range is outside the clip: {detail}",
        "Choose frames of the clip. A movie starts at frame 1. A sequence uses the numbers in its file names.",
    ),
    ErrorCode.COLOR_SPACE_UNKNOWN: _text(
        27,
        "The colour space cannot be used: {detail}",
        "Choose a colour space of the OpenColorIO configuration. Restore its missing files, and check the path in $OCIO.",
    ),
    ErrorCode.OUTPUT_NOT_WRITABLE: _text(
        28,
        "The passes cannot be written: {detail}",
        "Choose a folder you can write to, or save the project so that passes go beside it.",
    ),
    ErrorCode.DISK_FULL: _text(29, "The disk is full: {detail}", "Free some space. Estimate again to continue."),
    ErrorCode.PASSES_DIFFER: _text(
        30,
        "The folder has passes made with other settings: {detail}",
        "Choose another folder, or use the same settings as before. --overwrite replaces the frames of the range.",
    ),
    ErrorCode.FOREIGN_FILES: _text(
        47,
        "The folder for the passes has files that Platelight did not write: {detail}",
        "Choose another folder for the passes. Platelight never replaces files of other programs.",
    ),
    ErrorCode.SOURCE_IN_OUTPUT: _text(
        46, "The passes would be written into the folder of the plate: {detail}", "Choose another folder for the passes."
    ),
    ErrorCode.OUTPUT_IN_USE: _text(
        31, "Another job is writing these passes: {detail}", "Wait until that job ends, or choose another folder."
    ),
    ErrorCode.MODEL_UNKNOWN: _text(
        32,
        "Unknown model: {detail}",
        "Choose a model that `python -m engine models` lists, or the folder of a checkpoint.",
    ),
    ErrorCode.MODEL_NOT_INSTALLED: _text(
        33,
        "The weights of the model are not on this machine: {detail}",
        "Download them in the preferences, or copy the files to the folder named.",
    ),
    ErrorCode.MODEL_INCOMPLETE: _text(
        34, "A file of the model is missing: {detail}", "Download the model again, or copy the file into its folder."
    ),
    ErrorCode.MODEL_INVALID: _text(
        35,
        "The files of the model cannot be used: {detail}",
        "Download the model again. A checkpoint of your own needs a published layout and plain tensors.",
    ),
    ErrorCode.DOWNLOAD_FAILED: _text(
        36,
        "The download did not finish: {detail}",
        "Try again to continue the download, or copy the files to the folder named.",
    ),
    ErrorCode.OFFLINE: _text(
        37,
        "Online access is off: {detail}",
        "Allow it in Preferences > System > Network, or copy the files to the folder named.",
    ),
    ErrorCode.DEVICE_UNAVAILABLE: _text(
        38, "Device not available: {detail}", "Choose auto or cpu. `python -m engine doctor` lists the devices."
    ),
    ErrorCode.OUT_OF_MEMORY: _text(
        39,
        "Memory ran out: {detail}",
        "Choose a lower resolution, a smaller window or a smaller decode chunk. Finished frames are kept.",
    ),
    ErrorCode.SETTING_INVALID: _text(40, "A setting is wrong: {detail}", "Correct it and try again."),
    ErrorCode.NOTHING_SELECTED: _text(
        41,
        "No plate to estimate: {detail}",
        "Select a movie, image or movie-clip strip, or open a clip in the Movie Clip editor.",
    ),
    ErrorCode.STRIP_UNSUPPORTED: _text(
        42, "This strip cannot be estimated: {detail}", "Use a movie, image-sequence or movie-clip strip."
    ),
    ErrorCode.STRIP_RETIMED: _text(
        43, "The strip changes its speed: {detail}", "If you need the new speed, render the strip to a sequence and estimate that."
    ),
    ErrorCode.INSTALL_FAILED: _text(
        44,
        "The engine could not be installed: {detail}",
        "Read the last lines of the log. Without internet, choose an existing environment instead.",
    ),
    ErrorCode.SCENE_LINKED: _text(62, "The scene cannot be changed: {detail}", "Change it in that file, or make it local."),
    ErrorCode.NOT_PLACED: _text(
        61,
        "The passes are on disk but not in the compositor: {detail}",
        "Press Load Passes. Finished frames are kept.",
    ),
    ErrorCode.NOT_IN_EXTENSION: _text(
        70,
        "The extension does not include this command: {detail}",
        "Run it from Platelight's source code. See docs/training and docs/evaluation.md there.",
    ),
}


class PlatelightError(Exception):
    """An error with a code, a sentence and a remedy.

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
        """What happened: one sentence, without its full stop."""
        return ERRORS[self.code].sentence.format(detail=self.detail)

    @property
    def remedy(self) -> str:
        """What to do about it, with a full stop."""
        return ERRORS[self.code].remedy

    @property
    def exit_code(self) -> int:
        """The exit code of the command line."""
        return ERRORS[self.code].exit_code

    def __str__(self) -> str:
        return f"{self.sentence}. {self.remedy}"
