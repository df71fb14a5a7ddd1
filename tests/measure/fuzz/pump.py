"""An engine that says whatever it likes, and the add-on's pump beside it. Needs Blender's Python."""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from . import lines, mutate

_ENGINE = """
import json, sys
said = open(sys.argv[1], "rb").read().split(b"\\n")
def say(line):
    sys.stdout.buffer.write(line + b"\\n")
    sys.stdout.flush()
for line in sys.stdin:
    asked = json.loads(line)
    number, method = asked["id"], asked["method"]
    if method == "hello":
        answer = {"result": {"protocol": asked["params"]["protocol"], "engine": "odd"}}
    elif method == "models":
        answer = {"result": {"models": []}}
    else:
        for each in said:
            say(each)
        answer = {"error": {"code": 1, "message": "", "data": {"code": "source_empty", "detail": "that is all"}}}
    say(json.dumps({"jsonrpc": "2.0", "id": number, **answer}).encode())
"""
LINES = 20
"""That a case has."""


def prepare(folder: Path, *, seed: int) -> Callable[[int], str]:
    import bpy

    import build

    staged = Path(tempfile.mkdtemp(dir=folder))
    build.stage(staged)
    sys.path.insert(0, str(staged))
    from platelight.addon.blender.clips import ClipTarget
    from platelight.addon.contract import EstimateSettings, Source
    from platelight.addon.link import jobs, pump
    from platelight.addon.link.state import state

    (folder / "engine.py").write_text(_ENGINE)
    os.environ["PLATELIGHT_ENGINE"] = f"{sys.executable} {folder / 'engine.py'} {folder / 'lines'}"

    def case(number: int) -> str:
        rng = mutate.generator(seed, number)
        job = jobs.Job(
            id=state.queue.new_id(),
            label="plate",
            out=str(folder / "out"),
            settings=EstimateSettings(),
            target=ClipTarget(
                label="plate",
                source=Source(path=str(folder / "plate.mov"), clip="plate"),
                first=1,
                last=10,
                timeline_start=1,
                scene_name=bpy.context.scene.name,
                strip_name="plate",
                is_sequence=False,
            ),
        )
        made = [lines.make(rng).replace('"a"', json.dumps(job.id)) for _ in range(LINES)]
        (folder / "lines").write_bytes("\n".join(made).encode("utf-8", "replace"))
        state.queue.tasks[:] = [job]
        began = time.monotonic()
        while pump.tick():
            assert time.monotonic() - began < 55, "the pump is still busy"
        if state.client is not None and number % 20 == 19:
            state.client.close()
            state.client = None
        return f"job {job.state}"

    return case
