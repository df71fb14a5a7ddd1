"""The contract between the add-on and the engine.

Standard library only, Python 3.11 and later: it is imported by Blender's Python and by the engine's.
JSON-RPC 2.0, one message a line (UTF-8, ``\\n``), over the engine's standard input and output. Pixels travel as files.
"""

from .codec import Incoming, decode, encode_error, encode_notification, encode_request, encode_result
from .errors import ERRORS, ErrorCode, PlatelightError
from .frame_numbers import Place, is_negative, last_place, marked_place, negative_kin, place_of
from .layers import Layer, Part, first_layer, picture_layer
from .messages import (
    PROTOCOL_VERSION, Cancel, CancelResult, Doctor, DoctorResult, DownloadModel, DownloadModelResult, Estimate,
    EstimateResult, EstimateSettings, Finding, FramesReady, Hello, HelloResult, Lens, ListModels, ListModelsResult, ModelEntry,
    Notice, Progress, Shutdown, ShutdownResult, Source, Stage, Tune, TuneResult,
)
from .pass_headers import PassHeader, is_pass_of, read_pass_header
from .pass_table import DEPTH, MASK, NORMAL, PASSES, Interpolation, PassInfo
from .passes import (
    DoneRange, FrameRange, MadeFrames, PassRecord, clip_name, done_frames, made_frames, pass_file, pass_folder, record_file,
    settings_differences, tuned_file,
)
from .records import read_record
from .revisions import weights_difference, with_temporal

__all__ = [
    "DEPTH", "ERRORS", "MASK", "NORMAL", "PASSES", "PROTOCOL_VERSION", "Cancel", "CancelResult", "Doctor",
    "DoctorResult", "DoneRange", "DownloadModel", "DownloadModelResult", "ErrorCode", "Estimate", "EstimateResult",
    "EstimateSettings", "Finding", "FrameRange", "FramesReady", "Hello", "HelloResult", "Incoming", "Interpolation",
    "Layer", "Lens", "ListModels", "ListModelsResult", "MadeFrames", "ModelEntry", "Notice", "Part", "PassHeader",
    "PassInfo", "PassRecord", "Place", "PlatelightError", "Progress", "Shutdown", "ShutdownResult", "Source",
    "Stage", "Tune", "TuneResult", "clip_name", "decode", "done_frames", "encode_error", "encode_notification",
    "encode_request", "encode_result", "first_layer", "is_negative", "is_pass_of", "last_place", "made_frames",
    "marked_place", "negative_kin", "pass_file", "pass_folder", "picture_layer", "place_of", "read_pass_header",
    "read_record", "record_file", "settings_differences", "tuned_file", "weights_difference", "with_temporal",
]
