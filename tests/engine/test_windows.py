"""EXR whose data window is not its display window: passes have the plate's windows, and lie where the plate's pixels lie."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import OpenEXR
import pytest

from engine.frames.windows import Window, Windows
from tests.support.jobs import finish, request
from tests.support.plates import write_exr

DISPLAY = (128, 72)


def window(left: int, top: int, right: int, bottom: int) -> Window:
    return Window(left=left, top=top, right=right, bottom=bottom)


WHOLE = window(0, 0, *DISPLAY)


def picture(number: int, *, extra: int = 40) -> np.ndarray:
    """Half (H, W, 3), `extra` pixels larger than the display window on each side: shapes that a model sees, moving."""
    y, x = np.mgrid[-extra : DISPLAY[1] + extra, -extra : DISPLAY[0] + extra]
    bumps = 0.5 + 0.4 * np.sin(x / 9 + number / 3) * np.cos(y / 7)
    return np.stack([bumps, bumps * 0.8, 0.2 + 0.3 * (x + extra) / (DISPLAY[0] + 2 * extra)], -1).astype(np.float16)


def write_plate(folder: Path, boxes: list[Window], *, display: Window = WHOLE, extra: int = 40) -> Path:
    """Frames 1001, ... that hold `boxes` of the same moving picture."""
    folder.mkdir()
    for number, box in enumerate(boxes, start=1001):
        pixels = picture(number, extra=extra)
        top, left = box.top - display.top + extra, box.left - display.left + extra
        held = pixels[top : top + box.height, left : left + box.width]
        channels = {name: np.ascontiguousarray(held[..., index]) for index, name in enumerate("RGB")}
        corners = {
            name: tuple(np.array(corner, np.int32) for corner in each.inclusive)
            for name, each in (("dataWindow", box), ("displayWindow", display))
        }
        write_exr(folder / f"p.{number}.exr", channels, **corners)
    return folder / "p.1001.exr"


def passes(out: Path) -> dict[int, tuple[Windows, np.ndarray]]:
    """By frame: a pass's windows, and its normals (H, W, 3)."""
    found = {}
    for path in sorted(out.glob("normal/*.exr")):
        file = OpenEXR.File(str(path), separate_channels=True)
        data, display = (
            window(*(int(value) for value in first), *(int(value) + 1 for value in last))
            for first, last in (file.header()["dataWindow"], file.header()["displayWindow"])
        )
        values = np.stack([file.channels()[f"Normal.{axis}"].pixels for axis in "XYZ"], -1).astype(np.float32)
        found[int(path.stem.rsplit(".", 1)[1])] = Windows(data=data, display=display), values
    return found


KINDS = {
    "overscan": [window(-16, -9, 144, 81)] * 2,
    "uneven overscan": [window(-8, -3, 130, 90)] * 2,
    "crop": [window(20, 10, 101, 61)] * 2,
    "moving": [window(20, 10, 101, 61), window(27, 5, 108, 56)],
    "fitted": [window(10, 6, 95, 58), window(12, 6, 103, 62)],
    "outside": [window(130, 80, 140, 90), window(10, 6, 95, 58)],
    "one pixel": [window(5, 5, 6, 6), window(10, 6, 95, 58)],
}


@pytest.mark.parametrize("kind", KINDS)
def test_passes_have_the_plates_windows(tmp_path, preview, kind):
    plate = write_plate(tmp_path / "plate", KINDS[kind])
    finish(request(plate, tmp_path / "out", max_resolution=0), preview)
    found = passes(tmp_path / "out")
    for number, box in enumerate(KINDS[kind], start=1001):
        windows, values = found[number]
        assert (windows.data, windows.display) == (box, WHOLE)
        assert values.shape[:2] == (box.height, box.width)
        assert np.abs(np.linalg.norm(values, axis=-1) - 1).max() < 2e-3


def test_a_pass_holds_the_normals_of_its_own_pixels(tmp_path, preview):
    """Overscan is cut off before the model sees the frame, so the passes of the whole frame are the truth."""
    for name, boxes in (("whole", [WHOLE] * 2), ("over", KINDS["overscan"])):
        finish(request(write_plate(tmp_path / name, boxes), tmp_path / f"{name}-out", max_resolution=0), preview)
    whole, over = passes(tmp_path / "whole-out"), passes(tmp_path / "over-out")
    for number in whole:
        windows, values = over[number]
        assert np.array_equal(windows.to_picture(values), whole[number][1])
        assert np.array_equal(values[0, 0], values[9, 16]), "beyond the picture its edge is repeated"


@pytest.mark.parametrize("limit", [64, 50, 100])
def test_at_a_smaller_size_the_windows_are_as_small(tmp_path, preview, limit):
    plate = write_plate(tmp_path / "plate", KINDS["moving"])
    finish(request(plate, tmp_path / "out", max_resolution=limit), preview)
    for number, (windows, values) in passes(tmp_path / "out").items():
        box, scale = KINDS["moving"][number - 1001], limit / DISPLAY[0]
        assert windows.display.size == (limit, round(DISPLAY[1] * scale)) and values.shape[:2] == windows.data.size[::-1]
        assert windows.data.left <= box.left * scale + 1e-6 and windows.data.right >= box.right * scale - 1e-6
        assert windows.data.top <= box.top * scale + 0.2 and windows.data.bottom >= box.bottom * scale - 0.2


def test_whole_pictures_have_no_windows_of_their_own(tmp_path, preview):
    display = window(100, 50, 228, 122)
    plate = write_plate(tmp_path / "plate", [display] * 2, display=display)
    finish(request(plate, tmp_path / "out", max_resolution=0), preview)
    for windows, _ in passes(tmp_path / "out").values():
        assert windows.is_whole and windows.data == WHOLE


def test_a_window_grows_about_its_middle():
    """Blender before 5.0 lays the middle of a file on that of the render."""
    for low, width, scale in itertools.product(range(-20, 40, 3), (1, 2, 7, 30, 31), (1.0, 0.5, 0.37, 0.9, 1.5)):
        box = window(low, 0, low + width, 9)
        size = round(128 * scale), 9
        exact = size[0] / 128
        data = Windows(display=window(0, 0, 128, 9), data=box).resized(size).data
        assert data.left <= low * exact + 1e-6 and data.right >= (low + width) * exact - 1e-6
        assert abs((data.left + data.right) / 2 - (low + width / 2) * exact) <= 0.25 + 1e-9
        assert data.width <= width * exact + 3
        if scale == 1.0:
            assert data == box


def test_there_and_back():
    values = np.random.default_rng(0).random((72, 128, 3))
    for box in KINDS["fitted"] + KINDS["overscan"] + KINDS["outside"]:
        windows = Windows(display=WHOLE, data=box)
        held = windows.from_picture(values)
        assert held.shape[:2] == (box.height, box.width)
        seen = windows.to_picture(held)
        inside = np.zeros((72, 128), bool)
        inside[max(box.top, 0) : max(box.bottom, 0), max(box.left, 0) : max(box.right, 0)] = True
        assert np.array_equal(seen[inside], values[inside]) and (seen[~inside] == 0).all()
