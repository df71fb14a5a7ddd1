"""Image sequences of every kind, their numbers, and what may be wrong with them."""

from __future__ import annotations

import os

import av
import cv2
import numpy as np
import OpenEXR
import pytest

from engine.frames.source import open_source
from engine.frames.stills import read_still
from engine.protocol import ErrorCode, PlatelightError, Source
from tests.support.plates import HEIGHT, WIDTH, number_of, numbered, write_exr, write_images

LINEAR = (numbered(7) / 255).astype(np.float32) * 4 - 0.25


def opened(path):
    return open_source(Source(path=str(path)))


@pytest.mark.parametrize("name", ["plate.{:04d}.png", "plate_{:03d}.tif", "plate{:04d}.jpg", "{:05d}.bmp", "v2_{:04d}_graded.png"])
@pytest.mark.parametrize("given", ["first", "middle", "hashes"])
def test_a_sequence_is_found_by_any_of_its_files_and_keeps_its_numbers(tmp_path, name, given):
    files = write_images(tmp_path, range(98, 104), name=name)
    for other in ("other.0099.png", "v2_0101.png", "v2_0101_clean.png"):
        (tmp_path / other).write_bytes(b"not ours")
    digits = name[name.index("{") : name.index("}") + 1]
    path = {"first": files[0], "middle": files[3], "hashes": tmp_path / name.replace(digits, "#" * len(digits.format(1)))}[given]
    clip = opened(path)
    assert (clip.first, clip.last, clip.width, clip.height, clip.is_sequence) == (98, 103, WIDTH, HEIGHT, True)
    assert [number_of(picture.rgb) for picture in clip.read(99, 102)] == [99, 100, 101, 102]


def test_numbers_may_outgrow_their_digits(tmp_path):
    write_images(tmp_path, range(97, 103), name="p.{:02d}.png")
    write_images(tmp_path, [98], name="p.{:05d}.png")
    clip = opened(tmp_path / "p.##.png")
    assert (clip.first, clip.last) == (97, 102)
    assert [number_of(picture.rgb) for picture in clip.read(97, 102)] == list(range(97, 103))


def test_a_picture_without_a_number_is_one_frame(tmp_path):
    write_images(tmp_path, [5], name="still.png")
    clip = opened(tmp_path / "still.png")
    assert (clip.first, clip.last) == (1, 1)
    assert number_of(next(clip.read(1, 1)).rgb) == 5


@pytest.mark.parametrize(("suffix", "depth"), [("png", np.uint8), ("png", np.uint16), ("tif", np.uint16), ("tif", np.float32)])
def test_depth_is_kept_and_colours_are_in_order(tmp_path, suffix, depth):
    image = LINEAR if depth == np.float32 else (numbered(7).astype(np.float64) / 255 * np.iinfo(depth).max).astype(depth)
    assert cv2.imwrite(str(tmp_path / f"a.0001.{suffix}"), image[..., ::-1])
    picture = read_still(tmp_path / f"a.0001.{suffix}")
    assert picture.rgb.dtype == depth and np.array_equal(picture.rgb, image)
    assert opened(tmp_path / f"a.0001.{suffix}").is_float == (depth == np.float32)


def test_grey_and_alpha(tmp_path):
    grey = numbered(3)[..., 0]
    cv2.imwrite(str(tmp_path / "grey.png"), grey)
    assert np.array_equal(read_still(tmp_path / "grey.png").rgb, np.repeat(grey[..., None], 3, axis=-1))
    rgba = np.dstack([numbered(3), np.full((HEIGHT, WIDTH), 77, np.uint8)])
    cv2.imwrite(str(tmp_path / "alpha.png"), cv2.cvtColor(rgba, cv2.COLOR_RGBA2BGRA))
    picture = read_still(tmp_path / "alpha.png")
    assert np.array_equal(picture.rgb, numbered(3)) and (picture.alpha == 77).all() and not picture.premultiplied


def test_dpx_keeps_its_ten_bits(tmp_path):
    ramp = np.repeat(np.repeat((np.arange(1024) * 64).astype(np.uint16)[None, :, None], 8, 0), 3, 2)
    with av.open(str(tmp_path / "log.0001.dpx"), "w", format="image2", options={"update": "1"}) as container:
        stream = container.add_stream("dpx", rate=24)
        stream.width, stream.height, stream.pix_fmt = 1024, 8, "gbrp10le"
        container.mux(stream.encode(av.VideoFrame.from_ndarray(ramp, format="rgb48le").reformat(format="gbrp10le")))
        container.mux(stream.encode())
    picture = read_still(tmp_path / "log.0001.dpx")
    assert picture.rgb.dtype == np.uint16 and len(np.unique(picture.rgb[4, :, 1])) > 1000


@pytest.mark.parametrize("kind", [np.float16, np.float32])
def test_exr_in_half_and_float(tmp_path, kind):
    image = LINEAR.astype(kind)
    write_exr(tmp_path / "a.1001.exr", {name: np.ascontiguousarray(image[..., i]) for i, name in enumerate("RGB")})
    clip = opened(tmp_path / "a.####.exr")
    picture = next(clip.read(1001, 1001))
    assert clip.is_float and picture.rgb.dtype == np.float32 and np.array_equal(picture.rgb, image.astype(np.float32))


def test_exr_layers_alpha_and_pixel_aspect(tmp_path):
    values = {"AO": 1, "Combined": 2}
    layers = {f"ViewLayer.{name}.{c}": np.full((4, 6), value, np.float16) for name, value in values.items() for c in "RGB"}
    write_exr(tmp_path / "l.0001.exr", {**layers, "ViewLayer.Combined.A": np.full((4, 6), 0.5, np.float16)}, pixelAspectRatio=2.0)
    clip = opened(tmp_path / "l.0001.exr")
    picture = next(clip.read(1, 1))
    assert clip.pixel_aspect == 2.0 and picture.premultiplied
    assert (picture.rgb == 2).all() and (picture.alpha == 0.5).all()


def fails(code: ErrorCode, path, first=None, last=None) -> str:
    with pytest.raises(PlatelightError) as caught:
        clip = opened(path)
        list(clip.read(first or clip.first, last or clip.last))
    assert caught.value.code == code
    return caught.value.detail


def test_a_missing_frame_is_named_before_any_work(tmp_path):
    write_images(tmp_path, [1, 2, 4, 5])
    clip = opened(tmp_path / "plate.####.png")
    assert (clip.first, clip.last) == (1, 5)
    clip.check(1, 2)
    with pytest.raises(PlatelightError) as caught:
        clip.check(1, 5)
    assert caught.value.code == ErrorCode.FRAME_MISSING and str(tmp_path / "plate.0003.png") in caught.value.detail
    with pytest.raises(PlatelightError, match="p_0002_graded"):
        opened(write_images(tmp_path, [1, 3], name="p_{:04d}_graded.png")[0]).check(1, 3)


def test_a_frame_that_vanishes_while_reading_is_named(tmp_path):
    files = write_images(tmp_path, range(1, 4))
    clip = opened(files[0])
    files[1].unlink()
    with pytest.raises(PlatelightError) as caught:
        list(clip.read(1, 3))
    assert caught.value.code == ErrorCode.FRAME_MISSING and str(files[1]) in caught.value.detail


@pytest.mark.skipif(os.name == "nt", reason="Windows has no named pipes in folders")
@pytest.mark.parametrize("odd", ["pipe", "device"])
def test_a_frame_that_is_no_file_is_named_and_not_waited_for(tmp_path, odd):
    second = write_images(tmp_path, range(1, 4))[1]
    second.unlink()
    if odd == "pipe":
        os.mkfifo(second)
    else:
        second.symlink_to("/dev/zero")
    clip = open_source(Source(path=str(tmp_path / "plate.0001.png")))
    with pytest.raises(PlatelightError, match="a pipe or a device") as caught:
        list(clip.read(1, 3))
    assert caught.value.code == ErrorCode.SOURCE_UNREADABLE and second.name in caught.value.detail
    with pytest.raises(OSError, match="a pipe or a device"):
        clip.stamp(1, 3)


def test_frames_of_another_size(tmp_path):
    files = write_images(tmp_path, range(1, 4))
    cv2.imwrite(str(files[2]), numbered(3, size=(64, 64)))
    detail = fails(ErrorCode.FRAME_SIZE_CHANGED, files[0])
    assert "plate.0003.png" in detail and "64x64" in detail and f"{WIDTH}x{HEIGHT}" in detail


def test_missing_empty_unreadable_and_truncated(tmp_path):
    fails(ErrorCode.SOURCE_MISSING, tmp_path / "no.0001.png")
    fails(ErrorCode.SOURCE_MISSING, tmp_path / "no folder" / "no.####.exr")
    fails(ErrorCode.SOURCE_MISSING, tmp_path / "still.png")
    (tmp_path / "zero.0001.png").touch()
    assert "zero.0001.png" in fails(ErrorCode.SOURCE_EMPTY, tmp_path / "zero.0001.png")
    for suffix in ("png", "exr", "tif", "dpx"):
        (tmp_path / f"text.0001.{suffix}").write_text("no picture\n" * 200)
        assert f"text.0001.{suffix}" in fails(ErrorCode.SOURCE_UNREADABLE, tmp_path / f"text.0001.{suffix}")
    write_exr(tmp_path / "normals.0001.exr", {f"Normal.{c}": np.zeros((4, 4), np.float16) for c in "XYZ"})
    assert "Normal.X" in fails(ErrorCode.SOURCE_UNREADABLE, tmp_path / "normals.0001.exr")


@pytest.mark.parametrize("suffix", ["png", "jpg", "tif", "exr"])
@pytest.mark.parametrize("share", [0.2, 0.9])
def test_a_half_copied_file_is_not_taken_for_a_picture(tmp_path, suffix, share):
    noise = np.random.default_rng(1).integers(0, 255, (64, 64, 3), dtype=np.uint8)
    path = tmp_path / f"a.0001.{suffix}"
    if suffix == "exr":
        write_exr(path, {name: noise[..., i].astype(np.float16) for i, name in enumerate("RGB")})
    else:
        cv2.imwrite(str(path), noise)
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * share)])
    assert path.name in fails(ErrorCode.SOURCE_TRUNCATED, path)


def test_the_stamp_is_of_the_frames_asked_for(tmp_path):
    files = write_images(tmp_path / "a", range(1, 5))
    stamp = opened(files[0]).stamp(1, 3)
    write_images(tmp_path / "b", range(1, 9))
    assert opened(tmp_path / "b" / files[0].name).stamp(1, 3) == stamp, "a longer copy elsewhere holds the same frames"
    assert opened(files[0]).stamp(1, 4) != stamp
    cv2.imwrite(str(files[1]), numbered(9))
    assert opened(files[0]).stamp(1, 3) != stamp


@pytest.mark.parametrize("suffix", ["exr", "dpx", "tif"])
def test_the_stamp_sees_a_repair_in_an_uncompressed_file(tmp_path, suffix):
    """Wires painted out: 40 rows of 540, 100 pixels wide, and not a byte more or less in the file."""
    image = np.random.default_rng(2).random((540, 960, 3), dtype=np.float32)
    stamps = []
    for _ in range(2):
        path = tmp_path / f"a.0001.{suffix}"
        if suffix == "exr":
            channels = {name: image[..., i].astype(np.float16) for i, name in enumerate("RGB")}
            write_exr(path, channels, compression=OpenEXR.NO_COMPRESSION)
        elif suffix == "tif":
            assert cv2.imwrite(str(path), (image * 65535).astype(np.uint16), [cv2.IMWRITE_TIFF_COMPRESSION, 1])
        else:
            with av.open(str(path), "w", format="image2", options={"update": "1"}) as container:
                stream = container.add_stream("dpx", rate=24)
                stream.width, stream.height, stream.pix_fmt = 960, 540, "gbrp10le"
                frame = av.VideoFrame.from_ndarray((image * 65535).astype(np.uint16), format="rgb48le")
                container.mux(stream.encode(frame.reformat(format="gbrp10le")))
                container.mux(stream.encode())
        stamps.append((path.stat().st_size, opened(path).stamp(1, 1)))
        image[203:243, 500:600] = 0.5
    (size, before), (size_after, after) = stamps
    assert size == size_after > 2_000_000 and before != after
