"""Stills of kinds that people meet: what they hold is read as Blender shows it, or refused in words."""

from __future__ import annotations

import os
import shutil
import struct
import zlib
from pathlib import Path

import cv2
import numpy as np
import OpenEXR
import pytest

from engine.frames.plate import Plate
from engine.frames.stills import read_still
from engine.protocol import ErrorCode, PlatelightError, Source
from tests.support.field import FIELD, HEIGHT, WIDTH, is_upright, linear, number_of, numbered


def shown(path: Path, frame: int | None = None) -> np.ndarray:
    """A frame as the networks see it, at its own size."""
    plate = Plate(Source(path=str(path)), max_resolution=0)
    frame = plate.clip.first if frame is None else frame
    [image] = plate.frames(frame, frame)
    return image


def refused(path: Path, code: ErrorCode = ErrorCode.SOURCE_UNREADABLE) -> str:
    with pytest.raises(PlatelightError) as caught:
        shown(path)
    assert caught.value.code == code and path.name in caught.value.detail
    return caught.value.detail


@pytest.mark.parametrize(
    "file",
    [
        "layered-exr-plate/beauty.0001.exr",
        "layered-exr-plate/crypto.0001.exr",
        "layered-exr-plate/parts_z.0001.exr",
        "exr-channel-names/rgba_red.0001.exr",
        "exr-parts-first-is-not-the-picture/parts.0001.exr",
        "exr-oddities/chan3.0001.exr",
        "exr-oddities/decreasing.0001.exr",
        "exr-oddities/mip.0001.exr",
        "exr-oddities/premul.0001.exr",
        "exr-oddities/uint.0001.exr",
        "exr-oddities/unicode.0001.exr",
        "exr-oddities/emit.0001.exr",
    ],
)
def test_the_picture_of_an_exr(file):
    image = shown(FIELD / file)
    assert image.shape == (HEIGHT, WIDTH, 3) and number_of(image) == 5 and is_upright(image)


def test_a_grey_exr_by_another_name():
    image = shown(FIELD / "exr-channel-names" / "v.0001.exr")
    assert number_of(image) == 5 and np.ptp(image, axis=-1).max() == 0


def test_the_layer_that_the_sequencer_shows_instead_is_told():
    plate = Plate(Source(path=str(FIELD / "exr-parts-first-is-not-the-picture" / "parts.0001.exr")), max_resolution=0)
    assert len(plate.notices) == 1 and "rgba of parts.0001.exr" in plate.notices[0] and "shows N" in plate.notices[0]
    assert not Plate(Source(path=str(FIELD / "layered-exr-plate" / "crypto.0001.exr")), max_resolution=0).notices


@pytest.mark.parametrize("packed", ["HTJ2K32", "HTJ2K256", "ZSTD", "ZIP"])
def test_compressions_that_blender_cannot_read_are_told(tmp_path, packed):
    planes = {c: np.ones((4, 4), np.float16) for c in "RGB"}
    OpenEXR.File({"compression": getattr(OpenEXR, f"{packed}_COMPRESSION")}, planes).write(str(tmp_path / "c.0001.exr"))
    told = Plate(Source(path=str(tmp_path / "c.0001.exr")), max_resolution=0).notices
    assert [packed.rstrip("0123456789") in text and "shows black" in text for text in told] == [True] * (packed != "ZIP")


def test_a_deep_exr_is_refused():
    assert "deep EXR: flatten it" in refused(FIELD / "deep-exr" / "deep.0001.exr")


def test_an_exr_whose_colours_are_subsampled_is_refused(tmp_path):
    path = tmp_path / "yc.0001.exr"
    header = {"compression": OpenEXR.ZIP_COMPRESSION, "type": OpenEXR.scanlineimage}
    half = np.zeros((4, 4), np.float16)
    OpenEXR.File(header, {"R": half, "G": half, "B": half}).write(str(path))
    data = bytearray(path.read_bytes())
    at = data.index(b"B\0", data.index(b"channels\0")) + 2
    data[at + 8 : at + 16] = struct.pack("<ii", 2, 2)
    path.write_bytes(data)
    assert "channels B of" in refused(path)


def test_a_layer_that_later_files_lack_is_told(tmp_path):
    for number, name in ((1, "beauty"), (2, "other")):
        channels = {f"{name}.{c}": np.ones((4, 4), np.float16) for c in "RGB"}
        OpenEXR.File({"type": OpenEXR.scanlineimage}, channels).write(str(tmp_path / f"p.{number:04d}.exr"))
    with pytest.raises(PlatelightError, match=r"p\.0002\.exr has no layer beauty"):
        list(Plate(Source(path=str(tmp_path / "p.0001.exr")), max_resolution=0).frames(1, 2))


@pytest.mark.parametrize("size", [(WIDTH, HEIGHT), (64, 36), (50, 28)])
def test_data_windows_are_put_into_their_picture(size):
    """Boxes fitted to each frame, and overscan."""
    for name, number, box in (("a", 1, (10, 6, 95, 52 + 6)), ("a", 3, (10, 6, 103, 56 + 6)), ("o", 2, None)):
        plate = Plate(Source(path=str(FIELD / "exr-data-window" / f"{name}.1001.exr")), max_resolution=size[0])
        assert plate.plate_size == (WIDTH, HEIGHT) and plate.size == size
        [image] = plate.frames(1000 + number, 1000 + number)
        windows = plate.windows(1000 + number)
        assert windows.display.size == size and image.shape == (size[1], size[0], 3)
        if box is None:
            assert number_of(image) == number and is_upright(image)
            continue
        whole = cv2.resize(linear(numbered(number)), size, interpolation=cv2.INTER_AREA)
        inside = np.zeros(whole.shape[:2], bool)
        left, top, right, bottom = (round(side * size[0] / WIDTH) for side in box)
        inside[top + 1 : bottom - 1, left + 1 : right - 1] = True
        assert np.abs(image[inside] - _display(whole)[inside]).max() < 2e-3
        outside = np.ones_like(inside)
        outside[max(top - 1, 0) : bottom + 1, max(left - 1, 0) : right + 1] = False
        assert (image[outside] == 0).all()


def _display(values: np.ndarray) -> np.ndarray:
    from engine.frames.colour import from_linear

    return from_linear(values)


def write_tiff(path: Path, image: np.ndarray, *, byte_order: str = "<", planar: bool = False, **tags: int) -> Path:
    """An uncompressed TIFF of one strip (or one a channel) with its tags as they are given."""
    height, width, samples = image.shape
    planes = [image[..., index] for index in range(samples)] if planar else [image]
    data = [np.ascontiguousarray(plane, image.dtype.newbyteorder(byte_order)).tobytes() for plane in planes]
    kind = {"u": 1, "i": 2, "f": 3}[image.dtype.kind]
    entries: dict[int, tuple[str, list[int]]] = {
        256: ("I", [width]),
        257: ("I", [height]),
        258: ("H", [image.dtype.itemsize * 8] * samples),
        259: ("H", [1]),
        262: ("H", [2 if samples > 2 else 1]),
        273: ("I", []),
        277: ("H", [samples]),
        278: ("I", [height]),
        279: ("I", [len(plane) for plane in data]),
        284: ("H", [2 if planar else 1]),
        339: ("H", [kind] * samples),
        **{int(tag[1:]): ("H", [value]) for tag, value in tags.items()},
    }
    after = 8 + 2 + 12 * len(entries) + 4
    extra = sum(len(values) * struct.calcsize(code) for code, values in entries.values() if len(values) * struct.calcsize(code) > 4)
    extra += 4 * len(data) if len(data) > 1 else 0
    at = after + extra
    starts = [at + sum(map(len, data[:index])) for index in range(len(data))]
    entries[273] = ("I", starts)
    body, tail = b"", b""
    for tag, (code, values) in sorted(entries.items()):
        packed = struct.pack(f"{byte_order}{len(values)}{code}", *values)
        if len(packed) > 4:
            place, tail = struct.pack(f"{byte_order}I", after + len(tail)), tail + packed
        else:
            place = packed.ljust(4, b"\0")
        body += struct.pack(f"{byte_order}HHI", tag, {"H": 3, "I": 4}[code], len(values)) + place
    head = (b"II" if byte_order == "<" else b"MM") + struct.pack(f"{byte_order}HI", 42, 8)
    path.write_bytes(head + struct.pack(f"{byte_order}H", len(entries)) + body + bytes(4) + tail + b"".join(data))
    return path


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", [np.uint8, np.uint16, np.float32])
def test_a_tiff_is_not_turned_by_its_tag(tmp_path, kind, orientation):
    """Blender doesn't either, as with JPEG and PNG."""
    image = numbered(5).astype(kind) * (257 if kind == np.uint16 else 1)
    path = write_tiff(tmp_path / "t.0001.tif", image, byte_order="><"[orientation % 2], t274=orientation)
    assert np.array_equal(read_still(path).rgb, image)


def test_a_tiff_of_others_that_is_turned():
    image = shown(FIELD / "tiff" / "t3.1001.tif")
    assert number_of(image) == 1 and is_upright(image)


@pytest.mark.parametrize("orientation", [1, 3])
@pytest.mark.parametrize(("kind", "most"), [(np.uint8, 255), (np.uint16, 65535), (np.float32, 1.0)])
@pytest.mark.parametrize(("meant", "premultiplied"), [(2, False), (1, True), (0, False)])
def test_the_alpha_of_a_tiff_is_as_it_is_stored(tmp_path, kind, most, meant, premultiplied, orientation):
    image = np.dstack([numbered(5), np.full((HEIGHT, WIDTH), 128, np.uint8)])
    image[:9, :, 3] = 0
    image = (image / 255 * most).astype(kind)
    picture = read_still(write_tiff(tmp_path / "t.0001.tif", image, t338=meant, t274=orientation))
    assert np.array_equal(picture.rgb, image[..., :3]) and np.array_equal(picture.alpha, image[..., 3])
    assert picture.premultiplied == premultiplied


def test_whole_numbers_of_32_bits_are_over_their_whole_range(tmp_path):
    picture = read_still(write_tiff(tmp_path / "t.0001.tif", numbered(5).astype(np.uint32) * 0x01010101))
    assert np.array_equal(picture.rgb, numbered(5).astype(np.uint16) * 257)
    signed = read_still(write_tiff(tmp_path / "s.0001.tif", numbered(5).astype(np.int16) * 128))
    assert np.abs(signed.rgb.astype(int) - numbered(5).astype(int) * 128 * 2).max() <= 2
    image = shown(FIELD / "tiff" / "u.1001.tif")
    assert number_of(image) == 1 and is_upright(image)


@pytest.mark.parametrize("kind", [np.uint8, np.uint16])
def test_planes_and_grey_with_alpha(tmp_path, kind):
    image = numbered(5).astype(kind) * (257 if kind == np.uint16 else 1)
    assert np.array_equal(read_still(write_tiff(tmp_path / "p.0001.tif", image, planar=True, t274=6)).rgb, image)
    grey = np.dstack([image[..., 1], image[..., 2]])
    picture = read_still(write_tiff(tmp_path / "g.0001.tif", grey, t338=2, t274=8))
    assert np.array_equal(picture.rgb[..., 0], grey[..., 0]) and np.array_equal(picture.alpha, grey[..., 1])


def test_tiffs_that_are_not_read_say_why(tmp_path):
    assert "ZSTD" in refused(write_tiff(tmp_path / "z.0001.tif", numbered(5), t259=50000))
    assert "16 bits" in refused(write_tiff(tmp_path / "h.0001.tif", (numbered(5) / 255).astype(np.float16)))
    assert "method 9999" in refused(write_tiff(tmp_path / "m.0001.tif", numbered(5), t259=9999)), "OpenCV shows black"
    assert "6 channels" in refused(write_tiff(tmp_path / "c.0001.tif", np.dstack([numbered(5), numbered(5)])))
    signed = numbered(5).astype(np.int16) * 128
    assert "with a sign" in refused(write_tiff(tmp_path / "s.0001.tif", signed.astype(">i2"), byte_order=">"))


def test_the_colours_of_a_pam_are_in_order(tmp_path):
    head = f"P7\nWIDTH {WIDTH}\nHEIGHT {HEIGHT}\nDEPTH 3\nMAXVAL 255\nTUPLTYPE RGB\nENDHDR\n"
    (tmp_path / "p.0001.pam").write_bytes(head.encode() + numbered(5).tobytes())
    assert np.array_equal(read_still(tmp_path / "p.0001.pam").rgb, numbered(5))


def test_a_png_too_short_for_its_claim_takes_no_memory(tmp_path, monkeypatch):
    data = bytearray(cv2.imencode(".png", numbered(5))[1].tobytes())
    data[16:24] = struct.pack(">II", 16384, 8000)
    (tmp_path / "p.0001.png").write_bytes(data)
    monkeypatch.setattr(cv2, "imdecode", lambda *_: pytest.fail("it was decoded"))
    assert "too short" in refused(tmp_path / "p.0001.png", ErrorCode.SOURCE_TRUNCATED)


@pytest.mark.parametrize("layer", ["Gr\xf6\xdfe", ""])
def test_an_exr_with_names_that_are_not_utf8(tmp_path, layer):
    path = tmp_path / "n.0001.exr"
    planes = {f"{'x' * len(layer)}.{c}".lstrip("."): linear(numbered(5))[..., i].astype(np.float16) for i, c in enumerate("RGB")}
    planes = {name: np.ascontiguousarray(plane) for name, plane in planes.items()}
    OpenEXR.File({"type": OpenEXR.scanlineimage, "owner": "Xrg Mxller"}, planes).write(str(path))
    data = path.read_bytes().replace(b"Xrg Mxller", "J\xf6rg M\xfcller".encode("latin-1")[:10])
    if layer:
        data = data.replace(b"x" * len(layer) + b".", layer.encode("latin-1") + b".")
    path.write_bytes(data)
    image = shown(path)
    assert number_of(image) == 5 and is_upright(image)


def test_channels_that_only_odd_letters_tell_apart_are_refused(tmp_path):
    path = tmp_path / "n.0001.exr"
    names = ("xa.B", "xa.G", "xa.R", "xb.B", "xb.G", "xb.R")
    OpenEXR.File({"type": OpenEXR.scanlineimage}, {name: np.ones((4, 4), np.float16) for name in names}).write(str(path))
    path.write_bytes(path.read_bytes().replace(b"xa.", b"x\xe4.").replace(b"xb.", b"x\xf6."))
    assert "cannot be told apart" in refused(path)


@pytest.mark.skipif(os.name == "nt", reason="Windows' file names are UTF-16")
def test_a_folder_whose_name_is_not_utf8(tmp_path):
    folder = Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff"))
    try:
        folder.mkdir()
    except OSError:
        pytest.skip("this file system takes UTF-8 only")
    shutil.copy(FIELD / "exr-oddities" / "premul.0001.exr", folder)
    assert number_of(shown(folder / "premul.0001.exr")) == 5


@pytest.mark.parametrize("suffix", ["sgi", "rgb"])
def test_an_sgi_is_a_still_of_a_sequence(tmp_path, suffix):
    for number in (1001, 1002):
        image = np.zeros((HEIGHT, WIDTH, 3), np.uint8) + number % 1000
        data = np.moveaxis(image[::-1], -1, 0).tobytes()
        head = struct.pack(">hBBHHHHII", 474, 0, 1, 3, WIDTH, HEIGHT, 3, 0, 255)
        (tmp_path / f"s.{number}.{suffix}").write_bytes(head.ljust(512, b"\0") + data)
    plate = Plate(Source(path=str(tmp_path / f"s.1001.{suffix}")), max_resolution=0)
    assert (plate.clip.first, plate.clip.last, plate.clip.is_sequence) == (1001, 1002, True)
    image = shown(FIELD / "sgi" / "s.1001.sgi")
    assert number_of(image) == 1 and is_upright(image)


def _png(width: int, height: int) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(99))) + chunk(b"IEND", b"")


def _patched(path: Path, image: np.ndarray, marker: bytes, skip: int, code: str, size: tuple[int, int]) -> bytes:
    """A picture that OpenCV writes, with other numbers for its size."""
    assert cv2.imwrite(str(path), image)
    data = bytearray(path.read_bytes())
    at = data.index(marker) + skip
    data[at : at + struct.calcsize(code)] = struct.pack(code, *size)
    return bytes(data)


@pytest.mark.parametrize("kind", ["jpg", "png", "tif", "bmp", "webp", "jp2", "hdr", "exr", "dpx", "sgi", "tga", "ppm"])
def test_a_picture_that_claims_to_be_huge_is_refused_before_memory_is_taken(tmp_path, kind):
    path, image = tmp_path / f"big.0001.{kind}", np.zeros((8, 8, 3), np.uint8)
    if kind == "jpg":
        path.write_bytes(_patched(path, image, b"\xff\xc0", 5, ">HH", (30000, 30000)))
    elif kind == "png":
        path.write_bytes(_png(40000, 40000))
    elif kind == "tif":
        write_tiff(path, image, t256=40000, t257=40000)
    elif kind == "bmp":
        path.write_bytes(_patched(path, image, b"BM", 18, "<ii", (40000, 40000)))
    elif kind == "webp":
        path.write_bytes(b"RIFF\x20\0\0\0WEBPVP8X\x0a\0\0\0" + bytes(4) + (16000).to_bytes(3, "little") * 2)
    elif kind == "jp2":
        path.write_bytes(_patched(path, np.zeros((64, 64, 3), np.uint8), b"\xff\x4f\xff\x51", 8, ">II", (50000, 50000)))
    elif kind == "hdr":
        path.write_bytes(b"#?RADIANCE\nFORMAT=32-bit_rle_rgbe\n\n-Y 40000 +X 40000\n" + bytes(64))
    elif kind == "exr":
        OpenEXR.File({"type": OpenEXR.scanlineimage}, {c: np.zeros((8, 8), np.float16) for c in "RGB"}).write(str(path))
        data = path.read_bytes().replace(struct.pack("<iiii", 0, 0, 7, 7), struct.pack("<iiii", 0, 0, 39999, 39999))
        path.write_bytes(data)
    elif kind == "dpx":
        path.write_bytes((b"SDPX" + bytes(768) + struct.pack(">II", 40000, 40000)).ljust(4096, b"\0"))
    elif kind == "sgi":
        path.write_bytes(struct.pack(">hBBHHHH", 474, 0, 1, 3, 40000, 40000, 3).ljust(600, b"\0"))
    elif kind == "tga":
        path.write_bytes((bytes(12) + struct.pack("<HH", 40000, 40000) + b"\x18\0").ljust(600, b"\0"))
    else:
        path.write_bytes(b"P6\n40000 40000\n255\n" + bytes(64))
    words = refused(path)
    assert "000 pixels" in words or "x 16001 pixels" in words, words


def test_a_jpeg_that_claims_more_than_it_has_is_no_crash(tmp_path):
    path = tmp_path / "j.0001.jpg"
    path.write_bytes(_patched(path, np.zeros((8, 8, 3), np.uint8), b"\xff\xc0", 5, ">HH", (3000, 3000)))
    try:
        read_still(path)
    except PlatelightError as error:
        assert error.code in (ErrorCode.SOURCE_UNREADABLE, ErrorCode.SOURCE_TRUNCATED)


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("p.%04d.png", (0, 2)),
        ("p.@@@@.png", (0, 2)),
        ("p.$F4.png", (0, 2)),
        ("p.####.png", (0, 2)),
        ("p.%d.png", (0, 2)),
        ("plate.####_4k.png", (1001, 1003)),
        ("plate.1002_4k.png", (1001, 1003)),
    ],
)
def test_patterns_and_digits_behind_the_number(tmp_path, pattern, found):
    for name, numbers in (("p.{:04d}.png", range(3)), ("plate.{}_4k.png", range(1001, 1004))):
        for number in numbers:
            cv2.imwrite(str(tmp_path / name.format(number)), numbered(number % 1000)[..., ::-1])
    plate = Plate(Source(path=str(tmp_path / pattern)), max_resolution=0)
    assert (plate.clip.first, plate.clip.last) == found
    assert plate.clip_name == ("p" if found[0] == 0 else "plate_4k")
    assert [number_of(image) for image in plate.frames(*found)] == [number % 1000 for number in range(found[0], found[1] + 1)]


def test_negative_numbers_are_refused_and_told(tmp_path):
    for name in ("n.-0002.png", "n.-0001.png", "n.0000.png", "n.0001.png", "foo -001.png", "alone -001.png"):
        cv2.imwrite(str(tmp_path / name), numbered(3))
    assert "minus" in refused(tmp_path / "n.-0001.png", ErrorCode.FRAME_NUMBERS_UNUSABLE)
    for name in ("n.0000.png", "n.####.png"):
        plate = Plate(Source(path=str(tmp_path / name)), max_resolution=0)
        assert (plate.clip.first, plate.clip.last) == (0, 1) and "n.-0001.png" in plate.notices[0]
    assert Plate(Source(path=str(tmp_path / "alone -001.png")), max_resolution=0).clip.last == 1, "a still"
    cv2.imwrite(str(tmp_path / "alone 001.png"), numbered(3))
    assert "beside alone 001.png" in refused(tmp_path / "alone -001.png", ErrorCode.FRAME_NUMBERS_UNUSABLE)


def test_numbers_beyond_blenders_are_told(tmp_path):
    for number in (1048574, 1048575):
        cv2.imwrite(str(tmp_path / f"n.{number}.png"), numbered(3))
        told = Plate(Source(path=str(tmp_path / "n.1048574.png")), max_resolution=0).notices
        assert [f"n.{number}.png" in text for text in told] == [True] * (number - 1048574)
