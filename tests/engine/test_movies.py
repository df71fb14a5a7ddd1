"""Movies are read frame-exactly, with all their bits, in the right colours, and say so when they are damaged."""

from __future__ import annotations

import os
import struct

import av
import numpy as np
import pytest

from engine.frames.source import open_source
from engine.protocol import ErrorCode, PlatelightError, Source
from tests.support.plates import HEIGHT, WIDTH, number_of, numbered, write_movie

INTER = {"g": "12", "bf": "3", "crf": "12"}
CONTAINERS = {
    "b_frames.mp4": {"options": INTER},
    "open_gop.mp4": {"options": {"x264-params": "open-gop=1:keyint=12:bframes=3:scenecut=0"}},
    "transport.ts": {"options": INTER},
    "matroska.mkv": {"options": INTER},
    "program.mpg": {"codec": "mpeg2video", "options": {"g": "12", "bf": "2"}},
    "long_gop.mxf": {"codec": "mpeg2video", "options": {"g": "12", "bf": "2"}},
    "intra.avi": {"codec": "mjpeg", "pixel_format": "yuvj420p"},
    "flash.flv": {"options": INTER},
    "intra.mov": {"codec": "prores_ks", "pixel_format": "yuv422p10le"},
    "one_key.webm": {"codec": "libvpx-vp9", "options": {"cpu-used": "8"}},
}
OUT_OF_STEP = {
    "packed.avi": ({"codec": "mpeg4", "options": {"g": "12", "bf": "2"}}, [1, 1, 2, 3]),
    "h264.avi": ({"options": INTER}, [1, 1, 1, 2]),
    "h264.mxf": ({"options": INTER}, [1, 1]),
    "variable_rate.mp4": ({"options": INTER, "times": [i + i * i // 7 for i in range(48)]}, [1, 2, 3, 3, 4, 4, 5, 5]),
}
"""Blender shows other pictures than the n-th on frame n, the first of which are these."""


def read(path, first=None, last=None):
    clip = open_source(Source(path=str(path)))
    return list(clip.read(first or clip.first, last or clip.last))


@pytest.mark.parametrize("name", CONTAINERS)
def test_every_frame_is_the_right_one_from_any_start(tmp_path, name):
    path = write_movie(tmp_path / name, 48, **CONTAINERS[name])
    clip = open_source(Source(path=str(path)))
    assert (clip.first, clip.last, clip.width, clip.height, clip.is_sequence) == (1, 48, WIDTH, HEIGHT, False)
    assert [number_of(picture.rgb) for picture in clip.read(1, 48)] == list(range(1, 49))
    for start in (2, 11, 12, 13, 14, 24, 25, 26, 35, 48):
        assert number_of(next(clip.read(start, start)).rgb) == start
    assert [number_of(picture.rgb) for picture in clip.read(23, 27)] == [23, 24, 25, 26, 27]


@pytest.mark.parametrize("name", OUT_OF_STEP)
def test_frames_out_of_step_are_the_same_from_any_start(tmp_path, name):
    kind, begin = OUT_OF_STEP[name]
    clip = open_source(Source(path=str(write_movie(tmp_path / name, 48, **kind))))
    shown = [number_of(picture.rgb) for picture in clip.read(1, clip.last)]
    assert shown[: len(begin)] == begin and shown == sorted(shown) and len(shown) >= 48
    for start in (2, 11, 12, 13, 24, 25, 37, 48):
        assert number_of(next(clip.read(start, start)).rgb) == shown[start - 1]


def test_a_variable_rate_is_mentioned_and_a_constant_one_is_not(tmp_path, movie):
    variable = write_movie(tmp_path / "v.mp4", 20, options=INTER, times=[2 * i + (i > 9) for i in range(20)])
    assert "variable frame rate" in open_source(Source(path=str(variable))).notices[0]
    assert open_source(Source(path=str(movie))).notices == ()


@pytest.mark.parametrize(
    ("codec", "pixel_format", "size"),
    [
        ("ffv1", "yuv444p", (97, 53)),
        ("ffv1", "yuv420p10le", (97, 53)),
        ("libx264", "yuv444p", (95, 61)),
        ("ffv1", "gbrp10le", (33, 7)),
    ],
)
def test_odd_sizes(tmp_path, codec, pixel_format, size):
    path = write_movie(tmp_path / "odd.mkv", 3, codec=codec, pixel_format=pixel_format, size=size)
    pictures = read(path)
    assert [picture.size for picture in pictures] == [size] * 3
    assert np.abs(pictures[2].rgb.astype(float) / np.iinfo(pictures[2].rgb.dtype).max - numbered(3, size=size) / 255).mean() < 0.03


def ramp(levels: int, *, height: int = 16) -> np.ndarray:
    """uint16 (H, levels, 3), grey, every one of `levels` once, over the full 16 bits."""
    row = (np.arange(levels) * 65535 / (levels - 1)).round().astype(np.uint16)
    return np.repeat(np.repeat(row[None, :, None], height, axis=0), 3, axis=2)


@pytest.mark.parametrize(
    ("name", "codec", "pixel_format", "levels"),
    [
        ("a.mkv", "ffv1", "gbrp10le", 1000),
        ("a.mov", "prores_ks", "yuv444p10le", 500),
        ("a.mkv", "ffv1", "yuv422p10le", 700),
    ],
)
def test_ten_bits_are_kept(tmp_path, name, codec, pixel_format, levels):
    image = ramp(1024)
    options = {"qscale": "1"} if codec == "prores_ks" else {}
    path = write_movie(
        tmp_path / name,
        1,
        codec=codec,
        pixel_format=pixel_format,
        size=(1024, 16),
        images=[image],
        source_format="rgb48le",
        options=options,
    )
    seen = read(path)[0].rgb
    assert seen.dtype == np.uint16
    assert len(np.unique(seen[8, :, 1])) > levels, "8 bits would leave 256 levels at most"
    assert np.abs(seen[8].astype(float) - image[8]).max() <= 65535 * 4 / 1023


PATCHES = np.array([[200, 40, 40], [40, 200, 40], [40, 40, 200], [230, 230, 230], [20, 20, 20], [180, 120, 60]], dtype=np.uint8)
MATRICES = {"bt709": 1, "bt470bg": 5, "smpte170m": 6, "bt2020nc": 9}


def encode_colours(path, *, matrix: str | None, full_range: bool, size=(96, 64)) -> None:
    """A lossless YUV movie of `PATCHES`, computed here from the standards' coefficients, with or without saying so."""
    weights = {"bt709": (0.2126, 0.0722), "bt2020nc": (0.2627, 0.0593)}
    kr, kb = weights.get(matrix or ("bt709" if size[1] >= 720 else ""), (0.299, 0.114))
    rgb = np.repeat(np.repeat(PATCHES[None], size[1], 0), size[0] // len(PATCHES), 1) / 255
    y = kr * rgb[..., 0] + (1 - kr - kb) * rgb[..., 1] + kb * rgb[..., 2]
    cb, cr = (rgb[..., 2] - y) / 2 / (1 - kb), (rgb[..., 0] - y) / 2 / (1 - kr)
    planes = [y * 255, cb * 255 + 128, cr * 255 + 128] if full_range else [y * 219 + 16, cb * 224 + 128, cr * 224 + 128]
    frame = av.VideoFrame.from_ndarray(np.stack(planes).round().clip(0, 255).astype(np.uint8), format="yuv444p")
    with av.open(str(path), "w") as container:
        stream = container.add_stream("ffv1", rate=24)
        stream.width, stream.height, stream.pix_fmt = *size, "yuv444p"
        if matrix:
            stream.codec_context.colorspace = MATRICES[matrix]
            stream.codec_context.color_range = 2 if full_range else 1
        container.mux(stream.encode(frame))
        container.mux(stream.encode())


@pytest.mark.parametrize(
    ("matrix", "full_range", "size"),
    [
        ("bt709", False, (96, 64)),
        ("bt709", True, (96, 64)),
        ("bt470bg", False, (96, 64)),
        ("smpte170m", True, (96, 64)),
        ("bt2020nc", False, (96, 64)),
        (None, False, (96, 64)),
        (None, False, (960, 720)),
    ],
)
def test_matrix_and_range_are_respected(tmp_path, matrix, full_range, size):
    encode_colours(tmp_path / "c.mkv", matrix=matrix, full_range=full_range, size=size)
    seen = read(tmp_path / "c.mkv")[0].rgb
    step = size[0] // len(PATCHES)
    middles = seen[size[1] // 2, step // 2 :: step].astype(int)
    assert np.abs(middles - PATCHES).max() <= 4


@pytest.mark.parametrize("degrees", [90, 180, 270])
def test_rotation_metadata_is_applied(tmp_path, degrees):
    upright = numbered(1)
    path = write_movie(tmp_path / "r.mp4", 2, options=INTER, rotation=degrees)
    clip = open_source(Source(path=str(path)))
    seen = next(clip.read(1, 1)).rgb
    with av.open(str(path)) as container:
        said = next(container.decode(video=0)).rotation
    assert said % 360 in (degrees, 360 - degrees)
    assert (clip.width, clip.height) == seen.shape[1::-1] == ((HEIGHT, WIDTH) if degrees % 180 else (WIDTH, HEIGHT))
    # FFmpeg's rotation is counter-clockwise: what the player has to do to the stored picture.
    assert np.abs(seen.astype(int) - np.rot90(upright, k=round(said / 90))).mean() < 6


@pytest.mark.parametrize(
    ("codec", "pixel_format", "depth"),
    [
        ("qtrle", "argb", np.uint8),
        ("prores_ks", "yuva444p10le", np.uint16),
    ],
)
def test_alpha_is_read_where_the_codec_has_it(tmp_path, codec, pixel_format, depth):
    image = np.zeros((64, 96, 4), dtype=np.uint8)
    image[..., 0] = 200
    image[:, 48:, 3] = 255
    path = write_movie(
        tmp_path / "a.mov",
        2,
        codec=codec,
        pixel_format=pixel_format,
        images=[image] * 2,
        source_format="rgba",
    )
    picture = read(path)[0]
    assert picture.alpha.dtype == picture.rgb.dtype == depth and not picture.premultiplied
    assert picture.alpha[32, 10] == 0 and picture.alpha[32, 90] > 0.99 * np.iinfo(depth).max
    assert np.abs(picture.rgb[32, 90] / np.iinfo(depth).max - np.array([200, 0, 0]) / 255).max() < 0.03


def expect(code: ErrorCode, path, first=None, last=None) -> PlatelightError:
    with pytest.raises(PlatelightError) as caught:
        clip = open_source(Source(path=str(path)))
        first, last = first or clip.first, last or clip.last
        clip.check(first, last)
        list(clip.read(first, last))
    assert caught.value.code == code
    assert str(path) in caught.value.detail
    return caught.value


def cut(path, share: float):
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * share)])
    return path


def test_pictures_that_no_decoder_knows_and_stills_are_refused_in_words(tmp_path):
    whole = write_movie(tmp_path / "m.mkv", 3).read_bytes()
    (tmp_path / "m.mkv").write_bytes(whole.replace(b"V_MPEG4/ISO/AVC", b"V_UNHEARD/OF/AV"))
    (tmp_path / "p.pcx").write_bytes(b"\n\5\1\x08" + struct.pack("<6H", 0, 0, 7, 7, 72, 72) + bytes(49) + b"\3\x08\0" + bytes(200))
    for name, words in (("m.mkv", "no decoder here knows"), ("p.pcx", "write it as EXR, PNG or TIFF")):
        with pytest.raises(PlatelightError, match=words) as caught:
            open_source(Source(path=str(tmp_path / name)))
        assert caught.value.code == ErrorCode.SOURCE_UNREADABLE


def test_missing_empty_and_unreadable(tmp_path):
    expect(ErrorCode.SOURCE_MISSING, tmp_path / "nothing.mp4")
    expect(ErrorCode.SOURCE_UNREADABLE, tmp_path)
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe.mp4")
        assert "is a pipe or a device" in expect(ErrorCode.SOURCE_UNREADABLE, tmp_path / "pipe.mp4").detail
    (tmp_path / "zero.mp4").touch()
    expect(ErrorCode.SOURCE_EMPTY, tmp_path / "zero.mp4")
    (tmp_path / "text.mp4").write_text("this is no movie\n" * 100)
    expect(ErrorCode.SOURCE_UNREADABLE, tmp_path / "text.mp4")
    with av.open(str(tmp_path / "sound.mov"), "w") as container:
        stream = container.add_stream("pcm_s16le", rate=8000, layout="mono")
        sound = av.AudioFrame.from_ndarray(np.zeros((1, 800), dtype=np.int16), format="s16", layout="mono")
        sound.rate = 8000
        container.mux(stream.encode(sound))
        container.mux(stream.encode())
    expect(ErrorCode.SOURCE_EMPTY, tmp_path / "sound.mov")


@pytest.mark.parametrize(
    ("name", "share", "options"),
    [
        ("fast.mp4", 0.6, {"options": INTER, "container_options": {"movflags": "faststart"}}),
        ("late_index.mp4", 0.6, {"options": INTER}),
        ("fast.mov", 0.6, {"codec": "prores_ks", "pixel_format": "yuv422p10le", "container_options": {"movflags": "faststart"}}),
        ("cut.mkv", 0.6, {"options": INTER}),
        ("cut.avi", 0.6, {"codec": "mpeg4"}),
    ],
)
def test_a_movie_that_ends_early_is_found_out_before_any_work(tmp_path, name, share, options):
    path = cut(write_movie(tmp_path / name, 48, **options), share)
    with pytest.raises(PlatelightError) as caught:
        clip = open_source(Source(path=str(path)))
        clip.check(clip.first, clip.last)
    assert caught.value.code == ErrorCode.SOURCE_TRUNCATED


def test_the_whole_frames_of_a_truncated_movie_are_still_there(tmp_path):
    path = cut(write_movie(tmp_path / "t.mp4", 48, options=INTER, container_options={"movflags": "faststart"}), 0.7)
    clip = open_source(Source(path=str(path)))
    clip.check(1, 12)
    assert [number_of(picture.rgb) for picture in clip.read(1, 12)] == list(range(1, 13))
    assert "announces 48 frames" in expect(ErrorCode.SOURCE_TRUNCATED, path, 1, 48).detail


def test_damage_in_the_middle_names_the_frame(tmp_path):
    faststart = {"movflags": "faststart"}
    path = write_movie(tmp_path / "d.mov", 24, codec="prores_ks", pixel_format="yuv422p10le", container_options=faststart)
    data = bytearray(path.read_bytes())
    data[len(data) // 2 : len(data) // 2 + 3000] = bytes(3000)
    path.write_bytes(data)
    error = expect(ErrorCode.SOURCE_TRUNCATED, path)
    assert 5 < int(error.detail.rpartition("frame ")[2].split()[0]) < 20


def test_the_stamp_knows_contents_not_names_or_dates(tmp_path, movie):
    copy = tmp_path / "renamed.mp4"
    copy.write_bytes(movie.read_bytes())
    stamp = open_source(Source(path=str(movie))).stamp(1, 48)
    assert open_source(Source(path=str(copy))).stamp(5, 9) == stamp
    data = bytearray(movie.read_bytes())
    data[len(data) // 2] ^= 1
    copy.write_bytes(data)
    assert open_source(Source(path=str(copy))).stamp(1, 48) != stamp
