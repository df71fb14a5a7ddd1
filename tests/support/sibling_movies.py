"""Movies of many codecs, containers and rates, and the pictures that the engine reads on their frames.

    python -m tests.support.sibling_movies FOLDER

writes them to FOLDER and prints ``{"name": [number, ...]}`` in JSON. The engine's Python runs it, and Blender's compares.
"""

from __future__ import annotations

import json
import sys
from fractions import Fraction
from pathlib import Path

import av

from engine.frames.source import open_source
from engine.protocol import Source
from tests.support.field import HEIGHT, WIDTH, number_of, numbered

_INTER = {"g": "12", "bf": "3", "crf": "18"}
_FILM, _NTSC, _FAST = Fraction(24000, 1001), Fraction(30000, 1001), Fraction(60000, 1001)
_MPEG = {"g": "12", "bf": "2", "b": "2M"}
_OPEN_GOP = {"x265-params": "keyint=24:bframes=8:b-pyramid=1:b-adapt=0:open-gop=1:log-level=none"}

KINDS: dict[str, dict] = {
    "h264.mp4": {"options": _INTER, "rate": _FILM},
    "h264.mkv": {"options": _INTER, "rate": _FAST},
    "h264.ts": {"options": _INTER, "rate": _NTSC, "start": 37},
    "h264.mxf": {"options": _INTER},
    "h264.flv": {"options": _INTER, "rate": _NTSC},
    "pyramid.mov": {"options": {"x264-params": "keyint=24:bframes=7:b-pyramid=normal:ref=4:b-adapt=0:scenecut=0"}},
    "hevc.mp4": {"codec": "libx265", "options": _OPEN_GOP},
    "mpeg2.mpg": {"codec": "mpeg2video", "options": _MPEG, "rate": _FILM},
    "mpeg2.mxf": {"codec": "mpeg2video", "options": _MPEG, "rate": Fraction(25)},
    "mpeg4.avi": {"codec": "mpeg4", "options": _MPEG},
    "late.avi": {"codec": "mpeg4", "options": {"b": "2M"}, "start": 5},
    "wmv2.wmv": {"codec": "wmv2", "options": {"b": "2M"}, "rate": _NTSC},
    "vp9.webm": {"codec": "libvpx-vp9", "options": {"cpu-used": "8", "g": "15", "lag-in-frames": "16"}},
    "prores.mov": {"codec": "prores_ks", "pixel_format": "yuv422p10le", "rate": _FAST},
    "mjpeg.avi": {"codec": "mjpeg", "pixel_format": "yuvj420p", "drops": 5},
    "trimmed.mp4": {"options": _INTER, "start": -5},
    "drops.mp4": {"options": _INTER, "drops": 10},
    "drops.mkv": {"options": _INTER, "drops": 7, "rate": _NTSC},
}
"""`start`: of the first picture, in frames. `drops`: after so many pictures one frame has none."""
COUNT = 30


def write(
    path: Path,
    *,
    codec: str = "libx264",
    pixel_format: str = "yuv420p",
    options: dict[str, str] | None = None,
    rate: Fraction = Fraction(24),
    start: int = 0,
    drops: int = COUNT,
) -> None:
    """Write `COUNT` pictures that carry their numbers from 1 on."""
    with av.open(str(path), "w", format="asf" if path.suffix == ".wmv" else None) as container:
        stream = container.add_stream(codec, rate=rate, options=options or {})
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, pixel_format
        stream.time_base = stream.codec_context.time_base = 1 / rate
        for index in range(COUNT):
            frame = av.VideoFrame.from_ndarray(numbered(index + 1), format="rgb24").reformat(format=pixel_format)
            frame.pts, frame.time_base = start + index + index // drops, 1 / rate
            container.mux(stream.encode(frame))
        container.mux(stream.encode())


def main(folder: Path) -> None:
    seen = {}
    for name, kind in KINDS.items():
        write(folder / name, **kind)
        clip = open_source(Source(path=str(folder / name)))
        seen[name] = [number_of(picture.rgb) for picture in clip.read(1, clip.last)]
    print(json.dumps(seen))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
