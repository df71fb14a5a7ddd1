"""Messages to JSON-RPC 2.0 lines and back, strictly: a field that is unknown, missing or of another type is an error."""

from __future__ import annotations

import dataclasses
import json
import math
import types
import typing
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from .errors import ErrorCode, PlatelightError
from .messages import NOTIFICATIONS, REQUESTS, RESULTS

_METHODS = {cls.METHOD: cls for cls in (*REQUESTS, *NOTIFICATIONS)}


@dataclass(frozen=True, kw_only=True)
class Incoming:
    """A line taken apart. `body` is a message, a result's plain fields (see `read_result`) or a `PlatelightError`."""

    id: int | None
    body: Any
    is_result: bool = False


def encode_request(request_id: int, message: Any) -> str:
    """One line, ``\\n`` included."""
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
    try:
        raw = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise _bad(f"not JSON: {line.strip()[:80]!r}") from error
    if not isinstance(raw, dict) or raw.get("jsonrpc") != "2.0":
        raise _bad(f"not JSON-RPC 2.0: {line.strip()[:80]!r}")
    message_id = raw.get("id")
    if message_id is not None and (not isinstance(message_id, int) or isinstance(message_id, bool)):
        raise _bad(f"id {message_id!r} is not a whole number")
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
    raise _bad(f"unknown fields {sorted(keys)}")


def message_id(line: str) -> int | None:
    """The id of a line that `decode` has refused, as far as it can be made out: so that whoever asked gets the refusal."""
    try:
        raw = json.loads(line)
    except (ValueError, RecursionError):
        return None
    found = raw.get("id") if isinstance(raw, dict) else None
    return found if type(found) is int else None


def read_result(request: Any, fields: Any) -> Any:
    """The result of `request` from its plain fields."""
    return from_fields(RESULTS[type(request)], fields)


def from_fields(cls: type, fields: Any) -> Any:
    """A message of `cls` from plain JSON values.

    Raises:
        PlatelightError: `bad_message` where a field is unknown, missing or of another type.
    """
    if not isinstance(fields, dict):
        raise _bad(f"{cls.__name__} needs named fields")
    hints = {name: hint for name, hint in typing.get_type_hints(cls).items() if typing.get_origin(hint) is not typing.ClassVar}
    unknown = sorted(set(fields) - set(hints))
    if unknown:
        raise _bad(f"{cls.__name__} has no field {unknown[0]}")
    nothing = dataclasses.MISSING
    required = {f.name for f in dataclasses.fields(cls) if f.default is nothing and f.default_factory is nothing}
    missing = sorted(required - set(fields))
    if missing:
        raise _bad(f"{cls.__name__} lacks {missing[0]}")
    return cls(**{name: _value(hints[name], value, f"{cls.__name__}.{name}") for name, value in fields.items()})


def _value(hint: Any, value: Any, where: str) -> Any:
    origin = typing.get_origin(hint)
    if origin in (typing.Union, types.UnionType):
        options = typing.get_args(hint)
        if value is None and type(None) in options:
            return None
        return _value(next(o for o in options if o is not type(None)), value, where)
    if origin is tuple:
        item = typing.get_args(hint)[0]
        if isinstance(value, (list, tuple)):
            return tuple(_value(item, v, where) for v in value)
    elif isinstance(hint, type) and dataclasses.is_dataclass(hint):
        return from_fields(hint, value)
    elif isinstance(hint, type) and issubclass(hint, StrEnum):
        if value in set(hint):
            return hint(value)
    elif hint is float:
        if isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value):
            return float(value)
    elif type(value) is hint:
        return value
    raise _bad(f"{where} cannot be {value!r:.60}")


def _error(raw: Any) -> PlatelightError:
    data = raw.get("data") if isinstance(raw, dict) else None
    if not isinstance(data, dict) or data.get("code") not in set(ErrorCode):
        raise _bad(f"unknown error {raw!r:.80}")
    return PlatelightError(ErrorCode(data["code"]), str(data.get("detail", "")))


def _line(fields: dict[str, Any]) -> str:
    return json.dumps({"jsonrpc": "2.0", **fields}, allow_nan=False, separators=(",", ":")) + "\n"


def _bad(detail: str) -> PlatelightError:
    return PlatelightError(ErrorCode.BAD_MESSAGE, detail)
