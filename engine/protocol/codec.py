"""Messages to JSON-RPC 2.0 lines and back, strictly: a field that is unknown, missing or of another type is an error."""

from __future__ import annotations

import dataclasses
import functools
import json
import math
import reprlib
import types
import typing
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from .bounds import LONGEST_LINE, WHOLE, Between, parse_json
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
        raise _bad(f"id {_shown(message_id)} is not a whole number")
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
    raise _bad(f"unknown fields {_shown(sorted(keys))}")


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


def from_fields(cls: type, fields: Any) -> Any:
    """Return a message of `cls` from plain JSON values.

    Raises:
        PlatelightError: `bad_message` where a field is unknown, missing, of another type or out of its bounds.
    """
    if not isinstance(fields, dict):
        raise _bad(f"{cls.__name__} needs named fields")
    hints, required = _fields(cls)
    unknown = sorted(set(fields) - set(hints))
    if unknown:
        raise _bad(f"{cls.__name__} has no field {unknown[0][:80]}")
    missing = sorted(required - set(fields))
    if missing:
        raise _bad(f"{cls.__name__} lacks {missing[0]}")
    values = {name: _value(hints[name], value, f"{cls.__name__}.{name}") for name, value in fields.items()}
    try:
        return cls(**values)
    except ValueError as error:  # fields that are right by themselves and not together
        raise _bad(f"{cls.__name__}: {error}") from error


@functools.cache
def _fields(cls: type) -> tuple[dict[str, Any], frozenset[str]]:
    """Return the types of a message's fields by name, with their bounds, and the names of those without a default."""
    hints = typing.get_type_hints(cls, include_extras=True)
    fields = dataclasses.fields(cls)
    nothing = dataclasses.MISSING
    required = frozenset(f.name for f in fields if f.default is nothing and f.default_factory is nothing)
    return {field.name: hints[field.name] for field in fields}, required


def _value(hint: Any, value: Any, where: str) -> Any:
    origin = typing.get_origin(hint)
    if origin is typing.Annotated:
        hint, *others = typing.get_args(hint)
        number = _value(hint, value, where)
        if all(other.least <= number <= other.most for other in others if isinstance(other, Between)):
            return number
    elif origin in (typing.Union, types.UnionType):
        options = typing.get_args(hint)
        if value is None and type(None) in options:
            return None
        return _value(next(o for o in options if o is not type(None)), value, where)
    elif origin is tuple:
        item = typing.get_args(hint)[0]
        if isinstance(value, (list, tuple)):
            return tuple(_value(item, v, where) for v in value)
    elif isinstance(hint, type) and dataclasses.is_dataclass(hint):
        return from_fields(hint, value)
    elif isinstance(hint, type) and issubclass(hint, StrEnum):
        if isinstance(value, str) and value in hint._value2member_map_:
            return hint(value)
    elif hint is float:
        if (isinstance(value, float) and math.isfinite(value)) or _is_whole(value):
            return float(value)
    elif hint is int:
        if _is_whole(value):
            return value
    elif hint is str:
        if isinstance(value, str) and _is_text(value):
            return value
    elif type(value) is hint:
        return value
    raise _bad(f"{where} cannot be {_shown(value)}")


def _is_whole(value: Any) -> bool:
    return type(value) is int and -WHOLE <= value <= WHOLE


def _is_id(value: Any) -> bool:
    return _is_whole(value) and value >= 0


def _is_text(value: str) -> bool:
    """Return whether the system's own functions take it: a NUL ends a path; of half characters only the bytes of odd file names
    pass."""
    try:
        value.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return False
    return "\0" not in value


def _error(raw: Any) -> PlatelightError:
    data = raw.get("data") if isinstance(raw, dict) else None
    code, detail = (data.get("code"), data.get("detail", "")) if isinstance(data, dict) else (None, "")
    if not isinstance(code, str) or code not in ErrorCode._value2member_map_ or not isinstance(detail, str):
        raise _bad(f"unknown error {_shown(raw)}")
    return PlatelightError(ErrorCode(code), detail)


def _line(fields: dict[str, Any]) -> str:
    return json.dumps({"jsonrpc": "2.0", **fields}, allow_nan=False, separators=(",", ":")) + "\n"


def _shown(value: Any) -> str:
    """Return a value in a few words, however large or deep it is."""
    return reprlib.repr(value)[:80]


def _bad(detail: str) -> PlatelightError:
    return PlatelightError(ErrorCode.BAD_MESSAGE, detail)
