"""Every message survives the wire, and nothing that isn't a message gets in."""

from __future__ import annotations

import dataclasses
import io
import json
import os
import types
import typing
from enum import StrEnum

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.protocol import (
    ErrorCode,
    Estimate,
    Hello,
    PlatelightError,
    Progress,
    Source,
    decode,
    encode_error,
    encode_notification,
    encode_request,
    encode_result,
)
from engine.protocol.bounds import LONGEST_LINE, MOST_FRAMES, WHOLE, read_json, read_lines
from engine.protocol.codec import from_fields, message_id, read_result
from engine.protocol.messages import NOTIFICATIONS, REQUESTS, RESULTS
from engine.protocol.passes import DoneRange, FrameRange, PassRecord


def values(hint):
    """Any value that a field of this type may have."""
    origin = typing.get_origin(hint)
    if origin is typing.Annotated:
        kind, bounds = typing.get_args(hint)
        return (st.integers if kind is int else st.floats)(bounds.least, bounds.most)
    if origin in (typing.Union, types.UnionType):
        return st.one_of(*(values(option) for option in typing.get_args(hint)))
    if origin is tuple:
        return st.lists(values(typing.get_args(hint)[0]), max_size=3).map(tuple)
    if dataclasses.is_dataclass(hint):
        return messages(hint)
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return st.sampled_from(list(hint))
    return {
        str: st.text(st.characters(codec="utf-8", exclude_characters="\0")),
        int: st.integers(-WHOLE, WHOLE),
        bool: st.booleans(),
        type(None): st.none(),
        float: st.floats(allow_nan=False, allow_infinity=False),
    }[hint]


def messages(cls):
    hints = typing.get_type_hints(cls, include_extras=True)
    fields = {field.name: values(hints[field.name]) for field in dataclasses.fields(cls)}
    if cls in (DoneRange, FrameRange, PassRecord):  # a range ends after it begins, and no more of it is done than it has
        fields["last"] = st.just(0)
        fields["first"] = st.integers(1 - MOST_FRAMES, 0)
    if cls is PassRecord:
        fields["done"] = st.just(1)
    return st.builds(cls, **fields)


@pytest.mark.parametrize("cls", REQUESTS, ids=lambda cls: cls.__name__)
def test_requests_and_their_results_come_back_equal(cls):
    @settings(max_examples=25, deadline=None)
    @given(messages(cls), messages(RESULTS[cls]), st.integers(0, 2**31))
    def check(request, result, number):
        line = encode_request(number, request)
        assert line.endswith("\n") and line.count("\n") == 1 and line.isascii()
        incoming = decode(line)
        assert (incoming.id, incoming.body, incoming.is_result) == (number, request, False)
        answer = decode(encode_result(number, result))
        assert answer.id == number and answer.is_result and read_result(request, answer.body) == result

    check()


@pytest.mark.parametrize("cls", [*NOTIFICATIONS, PassRecord], ids=lambda cls: cls.__name__)
def test_notifications_and_records_come_back_equal(cls):
    @settings(max_examples=25, deadline=None)
    @given(messages(cls))
    def check(message):
        if cls is PassRecord:
            assert from_fields(cls, json.loads(json.dumps(dataclasses.asdict(message)))) == message
        else:
            assert decode(encode_notification(message)).body == message

    check()


@pytest.mark.parametrize("code", ErrorCode)
def test_errors_come_back_equal(code):
    for number in (None, 7):
        incoming = decode(encode_error(number, PlatelightError(code, "plate\n\u00e9")))
        assert incoming.id == number and incoming.is_result
        assert (incoming.body.code, incoming.body.detail) == (code, "plate\n\u00e9")


def test_every_request_has_a_result_and_every_method_a_name_of_its_own():
    assert set(RESULTS) == set(REQUESTS)
    names = [cls.METHOD for cls in (*REQUESTS, *NOTIFICATIONS)]
    assert len(set(names)) == len(names)
    jobs = [*NOTIFICATIONS, *(RESULTS[cls] for cls in REQUESTS if "job" in {field.name for field in dataclasses.fields(cls)})]
    assert all("job" in {field.name for field in dataclasses.fields(cls)} for cls in jobs)


@pytest.mark.parametrize("cls", [*REQUESTS, *NOTIFICATIONS, *RESULTS.values(), Source, PassRecord], ids=lambda cls: cls.__name__)
def test_messages_cannot_be_changed_or_filled_by_position(cls):
    assert cls.__dataclass_params__.frozen and all(field.kw_only for field in dataclasses.fields(cls))


def line(**changes) -> str:
    message = {"jsonrpc": "2.0", "id": 1, "method": "hello", "params": {"protocol": 1, "client": "test"}}
    message.update(changes)
    return json.dumps({key: value for key, value in message.items() if value is not ...})


def nested(depth: int) -> list:
    return [] if depth == 0 else [nested(depth - 1)]


GOOD = {"job": "j", "source": {"path": "a.mov"}, "out": "/tmp"}


@pytest.mark.parametrize(
    "bad",
    [
        "",
        "{",
        "null",
        "[]",
        "7",
        '"hello"',
        "\x00",
        "[" * 100000,
        line(jsonrpc="1.0"),
        line(jsonrpc=...),
        line(id="1"),
        line(id=1.5),
        line(id=True),
        line(id=...),
        line(extra=1),
        line(result={}),
        line(params=[]),
        line(params=None),
        line(params={}),
        line(params={"protocol": 1, "client": "a", "unknown": 1}),
        line(params={"protocol": "1", "client": "a"}),
        line(params={"protocol": True, "client": "a"}),
        line(params={"protocol": 1.0, "client": "a"}),
        line(params={"protocol": 1, "client": None}),
        line(method="progress", params={"job": "j", "stage": "unet", "done": 1, "total": 2}),
        line(method="progress", id=..., params={"job": "j", "stage": "dancing", "done": 1, "total": 2}),
        line(method="progress", id=..., params={"job": "j", "stage": "unet", "done": 1, "total": 2, "rate": float("nan")}),
        line(method="progress", id=..., params={"job": "j", "stage": "unet", "done": 1, "total": 2, "rate": float("inf")}),
        line(method="estimate", params={**GOOD, "first": 1.5}),
        line(method="estimate", params={**GOOD, "source": "a.mov"}),
        line(method="estimate", params={**GOOD, "source": {"path": "a", "speed": 2}}),
        line(method="estimate", params={**GOOD, "settings": {"window": 14, "quality": 3}}),
        line(method="estimate", params={**GOOD, "overwrite": 1}),
        line(method="estimate", params={**GOOD, "first": 10**400}),
        line(method="estimate", params={**GOOD, "first": 10**10}),
        line(method="estimate", params={**GOOD, "handles": -1}),
        line(method="estimate", params={**GOOD, "out": "/tmp\0"}),
        line(method="estimate", params={**GOOD, "out": "\ud800"}),
        line(method="estimate", params={**GOOD, "settings": {"window": 10**8}}),
        line(method="progress", id=..., params={"job": "j", "stage": ["unet"], "done": 1, "total": 2}),
        line(method="progress", id=..., params={"job": "j", "stage": {}, "done": 1, "total": 2}),
        line(method="progress", id=..., params={"job": "j", "stage": "unet", "done": 1, "total": 2, "rate": 10**400}),
        line(method="progress", id=..., params={"job": "j", "stage": "unet", "done": 1, "total": 2, "fraction": 1.1}),
        line(method="hello", params={"protocol": nested(500), "client": "a"}),
        line(id=10**30),
        line(id=-1),
        line(params=nested(500)),
        line(extra=nested(500)),
        " " * LONGEST_LINE + line(),
        '{"jsonrpc":"2.0","id":1,"error":{"code":1,"data":{"code":["internal"]}}}',
        '{"jsonrpc":"2.0","id":1,"error":{"code":1,"data":{"code":"internal","detail":5}}}',
        '{"jsonrpc":"2.0","id":1,"error":{"code":1}}',
        '{"jsonrpc":"2.0","id":1,"error":{"code":1,"data":{"code":"new"}}}',
        '{"jsonrpc":"2.0","id":1,"result":{},"error":{}}',
    ],
)
def test_what_is_no_message_is_refused(bad):
    with pytest.raises(PlatelightError) as caught:
        decode(bad)
    assert caught.value.code == ErrorCode.BAD_MESSAGE and "\n" not in caught.value.detail


@pytest.mark.parametrize("method", ["dance", "", 5])
def test_unknown_methods_are_told_apart_from_garbage(method):
    with pytest.raises(PlatelightError) as caught:
        decode(line(method=method))
    assert caught.value.code == ErrorCode.UNKNOWN_METHOD


@pytest.mark.parametrize(
    ("text", "number"),
    [
        (line(id=7, params={"unknown": 1}), 7),
        (line(id=7, jsonrpc="1.0"), 7),
        (line(id="7"), None),
        (line(id=True), None),
        ("[7]", None),
        ("{", None),
    ],
)
def test_a_refusal_can_be_addressed_where_there_is_an_address(text, number):
    assert message_id(text) == number


def test_defaults_fill_what_is_left_out():
    message = decode(line(method="estimate", params=GOOD)).body
    assert message == Estimate(job="j", source=Source(path="a.mov"), out="/tmp")
    assert decode(line()).body == Hello(protocol=1, client="test")


def test_numbers_that_json_does_not_know_are_never_sent():
    with pytest.raises(ValueError):
        encode_notification(Progress(job="j", stage="unet", done=1, total=2, rate=float("nan")))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@settings(max_examples=150, deadline=None)
@given(
    st.text()
    | JSON.map(json.dumps)
    | st.fixed_dictionaries(
        {
            "jsonrpc": st.just("2.0"),
            "id": JSON,
            "method": st.sampled_from([cls.METHOD for cls in REQUESTS]),
            "params": JSON,
        }
    ).map(json.dumps)
)
def test_nothing_but_our_own_error_comes_out(text):
    try:
        decode(text)
    except PlatelightError as error:
        assert error.code in (ErrorCode.BAD_MESSAGE, ErrorCode.UNKNOWN_METHOD)


@pytest.mark.parametrize(
    "fields",
    [
        {"first": 5, "last": 4},
        {"first": 0, "last": MOST_FRAMES},
        {"first": -(10**9), "last": 10**9},
        {"first": 1, "last": 10**10},
    ],
)
def test_a_range_of_frames_has_an_end_and_an_extent(fields):
    with pytest.raises(PlatelightError) as caught:
        from_fields(DoneRange, {**fields, "source_stamp": ""})
    assert caught.value.code is ErrorCode.BAD_MESSAGE


@pytest.mark.parametrize("done", [-1, 3, 10**8])
def test_a_record_promises_no_more_frames_than_its_range_has(done):
    fields = {
        "pass_name": "normal",
        "clip": "a",
        "source_path": "/a",
        "source_stamp": "x",
        "color_space": "",
        "revision": "1",
        "settings": {},
        "first": 1,
        "last": 2,
        "done": done,
        "complete": False,
    }
    with pytest.raises(PlatelightError):
        from_fields(PassRecord, fields)
    assert from_fields(PassRecord, {**fields, "done": 2}).done == 2


def test_of_a_long_line_only_the_beginning_is_kept():
    stream = io.BytesIO(b"one\n\n" + b"x" * (3 * LONGEST_LINE) + b"\ntwo\n" + b"y" * (2 * LONGEST_LINE))
    first, long, second, unended = read_lines(stream)
    assert (first, second) == (b"one\n", b"two\n") and len(long) == len(unended) == LONGEST_LINE + 1
    with pytest.raises(PlatelightError, match=str(LONGEST_LINE)):
        decode(long.decode())


@pytest.mark.parametrize(
    "content",
    [
        b"[" * 100_000 + b"]" * 100_000,
        b"NaN",
        b'{"a": Infinity}',
        b"\xff",
        b"9" * 5000,
        b" " * 101,
        b"",
    ],
)
def test_a_json_file_beyond_its_bounds_is_a_value_error(tmp_path, content):
    file = tmp_path / "models.json"
    file.write_bytes(content)
    with pytest.raises(ValueError):
        read_json(file, most=100 if content.isspace() else 1 << 20)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_nobody_waits_for_a_pipe_where_a_file_is_expected(tmp_path):
    os.mkfifo(tmp_path / "models.json")
    for path in (tmp_path / "models.json", tmp_path):
        with pytest.raises(OSError):
            read_json(path)
