"""Messages to JSON-RPC 2.0 lines and back, strictly: a field that is unknown, missing or of another type is an error."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from typing import Any

from .bounds import LONGEST_LINE, parse_json
from .errors import ErrorCode, PlatelightError
from .fields import FieldError, T, build, is_whole, shown
from .messages import NOTIFICATIONS, REQUESTS, RESULTS

_METHODS = {cls.METHOD: cls for cls in (*REQUESTS, *NOTIFICATIONS)}


@dataclass(frozen=True, kw_only=True)
class Incoming:
    """A line taken apart. `body` is a message, a result's plain fields (see `read_result`) or a `PlatelightError`."""

    id: int | None
    body: Any
    is_result: bool = False


def encode_request(request_id: int, message: Any) -> str:
    """Return one line, ``\\n`` included."""
    return _line({"id": request_id, "method": message.METHOD, "params": dataclasses.asdict(message)})


def encode_notification(message: Any) -> str:
    return _line({"method": message.METHOD, "params": dataclasses.asdict(message)})


def encode_result(request_id: int, result: Any) -> str:
    return _line({"id": request_id, "result": dataclasses.asdict(result)})


def encode_error(request_id: int | None, error: PlatelightError) -> str:
    data = {"code": str(error.code), "detail": error.detail}
    return _line({"id": request_id, "error": {"code": error.exit_code, "message": str(error), "data": data}})


def decode(line: str) -> Incoming:
    """Take a line apart.

    Raises:
        PlatelightError: `bad_message` for anything that is not a message of this contract, `unknown_method`.
    """
    if len(line) > LONGEST_LINE:
        raise _bad(f"a line of more than {LONGEST_LINE} bytes")
    try:
        raw = parse_json(line)
    except ValueError as error:
        raise _bad(f"not JSON: {line.strip()[:80]!r}") from error
    if not isinstance(raw, dict) or raw.get("jsonrpc") != "2.0":
        raise _bad(f"not JSON-RPC 2.0: {line.strip()[:80]!r}")
    message_id = raw.get("id")
    if message_id is not None and not _is_id(message_id):
        raise _bad(f"id {shown(message_id)} is not a whole number")
    keys = set(raw) - {"jsonrpc", "id"}
    if keys == {"method", "params"} or keys == {"method"}:
        cls = _METHODS.get(raw["method"]) if isinstance(raw["method"], str) else None
        if cls is None:
            raise PlatelightError(ErrorCode.UNKNOWN_METHOD, str(raw["method"])[:80])
        if (cls in REQUESTS) != (message_id is not None):
            raise _bad(f"{raw['method']} must {'' if cls in REQUESTS else 'not '}have an id")
        return Incoming(id=message_id, body=from_fields(cls, raw.get("params", {})))
    if keys == {"result"}:
        return Incoming(id=message_id, body=raw["result"], is_result=True)
    if keys == {"error"}:
        return Incoming(id=message_id, body=_error(raw["error"]), is_result=True)
    raise _bad(f"unknown fields {shown(sorted(keys))}")


def message_id(line: str) -> int | None:
    """Return the id of a line that `decode` has refused, as far as it can be made out: so that whoever asked gets the refusal."""
    try:
        raw = parse_json(line) if len(line) <= LONGEST_LINE else None
    except ValueError:
        return None
    found = raw.get("id") if isinstance(raw, dict) else None
    return found if _is_id(found) else None


def read_result(request: Any, fields: Any) -> Any:
    """Return the result of `request` from its plain fields."""
    return from_fields(RESULTS[type(request)], fields)


def from_fields(cls: type[T], fields: object) -> T:
    """Return a message of `cls` from plain JSON values.

    Raises:
        PlatelightError: `bad_message` where a field is unknown, missing, of another type or out of its bounds.
    """
    try:
        return build(cls, fields)
    except FieldError as error:
        raise _bad(f"{cls.__name__}: {error}") from error


def _is_id(value: object) -> bool:
    return is_whole(value) and value >= 0


def _error(raw: Any) -> PlatelightError:
    data = raw.get("data") if isinstance(raw, dict) else None
    code, detail = (data.get("code"), data.get("detail", "")) if isinstance(data, dict) else (None, "")
    if not isinstance(code, str) or code not in ErrorCode._value2member_map_ or not isinstance(detail, str):
        raise _bad(f"unknown error {shown(raw)}")
    return PlatelightError(ErrorCode(code), detail)


def _line(fields: dict[str, Any]) -> str:
    return json.dumps({"jsonrpc": "2.0", **fields}, allow_nan=False, separators=(",", ":")) + "\n"


def _bad(detail: str) -> PlatelightError:
    return PlatelightError(ErrorCode.BAD_MESSAGE, detail)
