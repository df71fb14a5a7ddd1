"""The pump beside engines that say what no engine should: whatever comes, Blender's timer goes on and every job ends."""

from __future__ import annotations

import json
import sys
import time

import pytest

ODD = [
    "garbage",
    "",
    "{}",
    "[" * 5000,
    "null",
    "\x00",
    '"' * 999,
    "9" * 5000,
    "NaN",
    '{"jsonrpc":"2.0"}',
    "x" * 2_000_000,
    '{"jsonrpc":"2.0","id":{},"result":{}}',
    '{"jsonrpc":"2.0","id":99,"result":[[[]]]}',
    '{"jsonrpc":"2.0","method":"hello","id":1}',
]


def told(method: str, **params: object) -> str:
    return json.dumps({"jsonrpc": "2.0", "method": method, "params": {"job": "job-1", **params}})


ODD += [
    told("progress", stage=["unet"], done=1, total=2),
    told("progress", stage={}, done=1, total=2),
    told("progress", stage="unet", done=1, total=2, rate=10**400),
    told("progress", stage="unet", done=10**30, total=2),
    told("progress", stage="unet", done=1, total=2, rate=5e-324, seconds_left=1e9, window=10**7, windows=0),
    told("progress", stage="queued", done=0, total=0, fraction=-1.0),
    told("progress", stage="unet", done=2**53, total=1),
    told("frames_ready", pass_name="normal", first=1, last=10**9),
    told("frames_ready", pass_name="normal", first=9, last=1),
    told("frames_ready", pass_name="../../x", first=-(10**9), last=10**9),
    told("frames_ready", pass_name="", first=1, last=1),
    told("notice", text="x" * 10_000),
    told("notice", text="\ud800"),
    told("notice", job="job-77", text="of nobody"),
    told("notice", job=["job-1"], text="x"),
]

ENGINE = """
import json, sys
odd = json.load(open(sys.argv[1]))
def say(line):
    sys.stdout.buffer.write(line.encode("utf-8", "surrogatepass") + b"\\n")
    sys.stdout.flush()
for line in sys.stdin:
    asked = json.loads(line)
    number, method = asked["id"], asked["method"]
    if method == "hello":
        answer = {"result": {"protocol": asked["params"]["protocol"], "engine": "odd"}}
    elif method == "models":
        answer = {"result": {"models": []}}
    else:
        for each in odd:
            say(each)
        answer = {"error": {"code": 1, "message": "", "data": {"code": "internal", "detail": "that is all"}}}
    say(json.dumps({"jsonrpc": "2.0", "id": number, **answer}))
"""


@pytest.fixture
def odd_engine(tmp_path, monkeypatch):
    script, lines = tmp_path / "odd_engine.py", tmp_path / "lines.json"
    script.write_text(ENGINE)
    lines.write_text(json.dumps(ODD))
    monkeypatch.setenv("PLATELIGHT_ENGINE", f"{sys.executable} {script} {lines}")


def test_no_line_stops_the_pump(part, shot, odd_engine):
    contract, session, pump = part("contract"), part("link.session"), part("link.pump")
    target = part("blender.clips").targets_by_pattern("plate")[0]
    job = session.submit(target, out=str(shot / "out"), settings=contract.EstimateSettings(model="preview"))
    deadline = time.monotonic() + 120
    while pump.tick():
        assert time.monotonic() < deadline
        part("panels.texts").doing(job), part("panels.texts").pace(job), part("panels.texts").fraction(job.progress)
        time.sleep(0.01)
    assert job.state == "failed" and job.error.detail == "that is all"
    assert not job.ready and len(job.notices) == 8
