"""Relights the sample clip from end to end; run by `build.py demo` inside Blender: demo.py EXTENSION.zip OUT_FOLDER."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import bpy

import shot

FRAMES, SIZE, SHEET_FRAMES = 132, (1280, 720), (8, 36, 66, 100, 128)


class Clock:
    """Says what is done and how long each part took."""

    def __init__(self) -> None:
        self.began = self.last = time.monotonic()

    def say(self, text: str) -> None:
        now = time.monotonic()
        print(f"{now - self.began:6.1f} s  {text} ({now - self.last:.1f} s)", flush=True)
        self.last = now


class Show:
    """Prints a line whenever a third more of the frames is done."""

    def __init__(self) -> None:
        self.thirds = 0

    def __call__(self, progress: Any) -> None:
        thirds = progress.done * 3 // progress.total if progress.total else 0
        if thirds > self.thirds:
            self.thirds = thirds
            print(f"          {progress.done} of {progress.total} frames, {progress.rate:.1f} a second", flush=True)


@contextlib.contextmanager
def logged(path: Path) -> Iterator[None]:
    """Blender says a line for every frame; here they go to a file."""
    sys.stdout.flush()
    kept = os.dup(1)
    with path.open("ab") as log:
        os.dup2(log.fileno(), 1)
        try:
            yield
        finally:
            sys.stdout.flush()
            os.dup2(kept, 1)
            os.close(kept)


def main(archive: Path, out: Path) -> None:
    engine_python = Path(os.environ["PLATELIGHT_TEST_ENGINE_PYTHON"])
    clock = Clock()
    shutil.rmtree(out, ignore_errors=True)
    shot.install(archive, engine_python=engine_python)
    clock.say(f"Blender {bpy.app.version_string} has the extension installed from {archive.name}")

    scene = shot.new_shot(out / "demo.blend", size=SIZE, first=1, last=FRAMES)
    clock.say(f"{FRAMES} frames of {shot.SAMPLE.name} are a strip in demo.blend")

    job = shot.estimate(max_resolution=512, on_progress=Show())
    clock.say(f"the engine has written {job.result.frames_written} normal passes")

    node = shot.relight_node(scene)
    shot.light(node, first=1, last=FRAMES)
    shot.open_on_compositor()
    bpy.ops.wm.save_mainfile()
    clock.say("the passes are in the compositor, a light swings over them, demo.blend is saved")

    with logged(out / "render.log"):
        shot.render_movie(scene, "//relit.mp4")
    bpy.ops.wm.save_mainfile()
    clock.say("the relit movie is rendered")

    stops = [f"{n}:{','.join(f'{v:.4f}' for v in shot.light_at(node, scene, n))}" for n in SHEET_FRAMES]
    sheet = Path(__file__).with_name("contact_sheet.py")
    normals, clip = Path(job.out) / "normal", job.result.clip
    plate, movie = out / shot.SAMPLE.name, out / "relit.mp4"
    subprocess.run([engine_python, sheet, plate, movie, normals, clip, out / "contact_sheet.jpg", *stops], check=True)
    shot.remove()
    clock.say("the contact sheet is made")

    print(f"\nAll of it is in {out}:")
    for path, what in (
        (out / "contact_sheet.jpg", "plate, normals and relit frames side by side"),
        (movie, "the clip under a light that swings from side to side"),
        (out / "demo.blend", "the project: open it in Blender, look at its compositor, move the light"),
        (normals, f"{len(list(normals.glob('*.exr')))} EXR files, camera-space normals"),
    ):
        print(f"  {path.relative_to(out)!s:36} {what}")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
