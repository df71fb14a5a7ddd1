"""Lays plate, normals and relit frames side by side in one picture. Runs in the engine's environment:

    contact_sheet.py PLATE.mp4 RELIT.mp4 NORMAL_FOLDER CLIP OUT.jpg FRAME:X,Y,Z ...

X,Y,Z: where the light is at that frame, toward the light in camera space; a small ball in the corner is lit from there.
"""

import sys
from pathlib import Path

import cv2
import numpy as np
import OpenEXR

WIDTH, HEIGHT, GAP, MARGIN = 480, 270, 6, 44


def movie_frames(path: str, wanted: list[int]) -> dict[int, np.ndarray]:
    """Frames by number, from 1: uint8 (H, W, 3), BGR, at the size of a cell."""
    reader, found = cv2.VideoCapture(path), {}
    for number in range(1, max(wanted) + 1):
        good, picture = reader.read()
        if not good:
            raise SystemExit(f"{path} ends before frame {number}")
        if number in wanted:
            found[number] = cv2.resize(picture, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA)
    return found


def normal_picture(path: Path) -> np.ndarray:
    """A normal pass in the usual colours, (n + 1) / 2 as RGB: uint8 (H, W, 3), BGR."""
    channels = OpenEXR.File(str(path), separate_channels=True).channels()
    normal = np.stack([np.asarray(channels[f"Normal.{axis}"].pixels, np.float32) for axis in "XYZ"], axis=-1)
    colours = np.clip((normal + 1) * 127.5, 0, 255).astype(np.uint8)[..., ::-1]
    return cv2.resize(colours, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA)


def with_ball(picture: np.ndarray, direction: tuple[float, ...], radius: int = 26) -> np.ndarray:
    """The picture with a small ball in its lower left corner that the light shines on."""
    y, x = np.mgrid[1 : -1 : 2j * radius, -1 : 1 : 2j * radius].astype(np.float32)
    inside = np.clip((1 - np.hypot(x, y)) * radius, 0, 1)[..., None]
    normal = np.stack([x, y, np.sqrt(np.clip(1 - x * x - y * y, 0, 1))], axis=-1)
    shade = 24 + 231 * np.clip(normal @ np.asarray(direction, np.float32), 0, 1)[..., None] ** (1 / 2.2)
    place = picture[HEIGHT - 2 * radius - 10 : HEIGHT - 10, 10 : 10 + 2 * radius]
    place[:] = (place * (1 - inside) + shade * inside).astype(np.uint8)
    return picture


def main(plate: str, relit: str, folder: str, clip: str, out: str, *stops: str) -> None:
    lights = {int(stop.split(":")[0]): tuple(float(v) for v in stop.split(":")[1].split(",")) for stop in stops}
    plates, lit = movie_frames(plate, list(lights)), movie_frames(relit, list(lights))
    rows = {
        "plate": [plates[n] for n in lights],
        "normals": [normal_picture(Path(folder) / f"{clip}.{n:04d}.exr") for n in lights],
        "relit": [with_ball(lit[n], direction) for n, direction in lights.items()],
    }
    sheet = np.full((MARGIN + 3 * (HEIGHT + GAP), MARGIN + len(lights) * (WIDTH + GAP), 3), 24, np.uint8)
    for row, (name, pictures) in enumerate(rows.items()):
        top = MARGIN + row * (HEIGHT + GAP)
        label = np.full((MARGIN, HEIGHT, 3), 24, np.uint8)
        cv2.putText(label, name, (HEIGHT // 2 - 9 * len(name), 30), cv2.FONT_HERSHEY_SIMPLEX, 0.9, (220, 220, 220), 2, cv2.LINE_AA)
        sheet[top : top + HEIGHT, :MARGIN] = cv2.rotate(label, cv2.ROTATE_90_COUNTERCLOCKWISE)
        for column, picture in enumerate(pictures):
            left = MARGIN + column * (WIDTH + GAP)
            sheet[top : top + HEIGHT, left : left + WIDTH] = picture
    for column, number in enumerate(lights):
        place = (MARGIN + column * (WIDTH + GAP) + 4, 30)
        cv2.putText(sheet, f"frame {number}", place, cv2.FONT_HERSHEY_SIMPLEX, 0.8, (220, 220, 220), 1, cv2.LINE_AA)
    if not cv2.imwrite(out, sheet, [cv2.IMWRITE_JPEG_QUALITY, 92]):
        raise SystemExit(f"{out} cannot be written")


if __name__ == "__main__":
    main(*sys.argv[1:])
