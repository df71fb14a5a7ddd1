"""The one door from the add-on to the engine's contract."""

from ..engine.protocol import *  # noqa: F403
from ..engine.protocol import __all__ as __all__
from ..engine.protocol.bounds import LONGEST_LINE as LONGEST_LINE
from ..engine.protocol.bounds import read_json as read_json
from ..engine.protocol.bounds import read_lines as read_lines
from ..engine.protocol.codec import from_fields as from_fields
from ..engine.protocol.codec import read_result as read_result
