"""The contract between the add-on and the engine.

Standard library only, Python 3.11 and later: it is imported by Blender's Python and by the engine's.
JSON-RPC 2.0, one message a line (UTF-8, ``\\n``), over the engine's standard input and output. Pixels travel as files.
"""

from .codec import Incoming, decode, encode_error, encode_notification, encode_request, encode_result
from .errors import ERRORS, ErrorCode, PlatelightError
from .messages import (
    PROTOCOL_VERSION, Cancel, CancelResult, Doctor, DoctorResult, DownloadModel, DownloadModelResult, Estimate,
    EstimateResult, EstimateSettings, Finding, FramesReady, Hello, HelloResult, ListModels, ListModelsResult, ModelEntry,
    Notice, Progress, Shutdown, ShutdownResult, Source, Stage,
)
from .pass_table import DEPTH, MASK, NORMAL, PASSES, Interpolation, PassInfo
from .pass_headers import PassHeader, is_pass_of, read_pass_header
from .passes import (
    DoneRange, FrameRange, MadeFrames, PassRecord, clip_name, done_frames, made_frames, pass_file, pass_folder, record_file,
    settings_differences, split_number, tuned_file,
)
from .records import read_record
from .revisions import weights_difference, with_temporal

__all__ = [
    "DEPTH", "ERRORS", "MASK", "NORMAL", "PASSES", "PROTOCOL_VERSION", "Cancel", "CancelResult", "Doctor",
    "DoctorResult", "DoneRange", "DownloadModel", "DownloadModelResult", "ErrorCode", "Estimate", "EstimateResult",
    "EstimateSettings", "Finding", "FrameRange", "FramesReady", "Hello", "HelloResult", "Incoming", "Interpolation",
    "ListModels", "ListModelsResult", "MadeFrames", "ModelEntry", "Notice", "PassHeader", "PassInfo", "PassRecord",
    "PlatelightError", "Progress", "Shutdown", "ShutdownResult", "Source", "Stage", "clip_name", "decode",
    "done_frames", "encode_error", "encode_notification", "encode_request", "encode_result", "is_pass_of",
    "made_frames", "pass_file", "pass_folder", "read_pass_header", "read_record", "record_file",
    "settings_differences", "split_number", "tuned_file", "weights_difference", "with_temporal",
]
