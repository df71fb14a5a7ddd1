"""What the networks get to see: colour, highlights, alpha, bad numbers, sizes."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import numpy as np
import pytest

from engine.frames import colour
from engine.frames.picture import Picture
from engine.frames.plate import Plate, prepare
from engine.frames.resize import shrink, working_size
from engine.protocol import ErrorCode, PlatelightError, Source
from tests.support.field import FIELD
from tests.support.plates import write_exr

CLIP = colour.Look(curve=colour.clip)


def field(value, *, size=(8, 6), kind=np.float32) -> np.ndarray:
    return np.broadcast_to(np.asarray(value, dtype=kind), (size[1], size[0], 3)).copy()


def shown(rgb, *, color_space="", config="", alpha=None, premultiplied=False):
    picture = Picture(rgb=rgb, alpha=alpha, premultiplied=premultiplied)
    look = colour.look(color_space, ocio_config=config, is_float=rgb.dtype == np.float32)
    prepared = prepare(picture, size=picture.size, look=look)
    frame = prepared.image
    assert frame.dtype == np.float32 and frame.min() >= 0 and frame.max() <= 1 and np.isfinite(frame).all()
    return frame, prepared.bad


def test_integers_are_srgb_already():
    assert shown(field((255, 128, 0), kind=np.uint8))[0][0, 0] == pytest.approx([1, 128 / 255, 0])
    assert shown(field((65535, 32768, 0), kind=np.uint16))[0][0, 0] == pytest.approx([1, 32768 / 65535, 0])


def test_floats_are_linear_and_the_curve_is_srgb_where_it_is_dark():
    frame, _ = shown(field((0.18, 0.002, 0.5)))
    assert frame[0, 0] == pytest.approx([0.4613561, 0.02584, 0.7353570], abs=1e-5)  # IEC 61966-2-1


def test_highlights_roll_off_smoothly():
    x = np.linspace(0, 64, 200001, dtype=np.float32)[None, :, None].repeat(3, axis=2)
    y = colour.decode_srgb(colour.from_linear(x))[0, :, 0]
    rise = np.diff(y)
    assert (rise[:-1] > -1e-6).all() and y[-1] < 1
    assert y[np.searchsorted(x[0, :, 0], 1.0)] == pytest.approx(0.8, abs=0.001)
    assert y[np.searchsorted(x[0, :, 0], 4.0)] < 0.97 < y[np.searchsorted(x[0, :, 0], 16.0)], "no plateau that would hide shape"
    slope = rise / np.diff(x[0, :, 0])
    knee = np.searchsorted(x[0, :, 0], 0.6)
    assert abs(slope[knee - 30 : knee].mean() - slope[knee : knee + 30].mean()) < 0.03, "no kink at the knee"


def test_negative_light_is_black():
    assert (shown(field((-3.0, -0.01, 0)))[0] == 0).all()


def test_bad_numbers_are_replaced_and_counted():
    rgb = field(0.18)
    rgb[0, 0], rgb[1, 1, 2], rgb[2, 2, 0], rgb[3, 3, 1] = np.nan, np.inf, -np.inf, np.nan
    frame, bad = shown(rgb)
    assert bad == 4
    assert frame[0, 0].max() == 0 and frame[1, 1, 2] > 0.99 and frame[2, 2, 0] == 0
    assert frame[4, 4] == pytest.approx(0.46135, abs=1e-4)


@pytest.mark.parametrize("value", [3.4e38, -3.4e38, 1e10])
def test_numbers_beyond_the_largest_half_are_bad(value):
    rgb = field(0.18)
    rgb[0, 0] = value
    frame, bad = shown(rgb)
    assert bad == 1 and frame[0, 0] == pytest.approx(1.0 if value > 0 else 0.0, abs=1e-3)
    alpha = np.ones((6, 8), np.float32)
    alpha[0] = 0.5
    frame, bad = shown(rgb, alpha=alpha, premultiplied=True)
    assert bad == 1 and frame[4, 4] == pytest.approx(0.46135, abs=1e-4)


@pytest.mark.parametrize("value", [10.0, 200.0, 65504.0])
def test_light_that_is_read_in_a_log_space_is_bad_and_white(monkeypatch, value):
    monkeypatch.delenv("OCIO", raising=False)
    rgb = field(0.4135884)
    rgb[0, 0] = value
    frame, bad = shown(rgb, color_space="ACEScct")
    assert bad == 1 and frame[0, 0] == pytest.approx(1.0, abs=1e-3) and frame[4, 4] == pytest.approx(0.46136, abs=2e-3)


def test_large_finite_numbers_are_not_bad():
    assert shown(field(65504.0, size=(640, 480)))[1] == 0


@pytest.mark.parametrize("premultiplied", [True, False])
def test_alpha_lies_over_grey(premultiplied):
    alpha = np.full((6, 8), 0.25, dtype=np.float32)
    alpha[0] = 0
    alpha[1] = 1
    straight = field(0.18)
    rgb = straight * alpha[..., None] if premultiplied else straight
    frame, _ = shown(rgb, alpha=alpha, premultiplied=premultiplied)
    grey = 0.4613561
    assert frame[0] == pytest.approx(0.5) and frame[1] == pytest.approx(grey, abs=1e-5)
    assert frame[2] == pytest.approx(0.25 * grey + 0.75 * 0.5, abs=1e-5)


def test_an_opaque_alpha_changes_nothing():
    rgb = field((10, 200, 90), kind=np.uint8)
    assert np.array_equal(shown(rgb, alpha=np.full((6, 8), 255, np.uint8))[0], shown(rgb)[0])


@pytest.mark.parametrize(("kind", "premultiplied"), [(np.uint8, False), (np.float32, True)])
def test_an_alpha_that_hides_everything_is_none(kind, premultiplied):
    rgb, nothing = field(120, kind=kind), np.zeros((6, 8), kind)
    rgb[2:] = 40
    picture = Picture(rgb=rgb, alpha=nothing, premultiplied=premultiplied)
    prepared = prepare(picture, size=picture.size, look=CLIP)
    plain = prepare(Picture(rgb=rgb), size=picture.size, look=CLIP)
    assert prepared.unmasked and np.array_equal(prepared.image, plain.image)
    empty = prepare(Picture(rgb=rgb * 0, alpha=nothing, premultiplied=premultiplied), size=picture.size, look=CLIP)
    assert not empty.unmasked and empty.image == pytest.approx(0.5), "where nothing is shown there is nothing to hide"
    nothing[0, 0] = 1
    assert not prepare(picture, size=picture.size, look=CLIP).unmasked


def test_a_hard_matte_edge_keeps_its_colour_when_it_shrinks():
    rgb, alpha = field((200, 100, 50), size=(64, 64), kind=np.uint8), np.zeros((64, 64), np.uint8)
    rgb[:, 33:], alpha[:, :33] = 0, 255
    frame = prepare(Picture(rgb=rgb, alpha=alpha), size=(16, 16), look=CLIP).image
    assert frame[8, 8] == pytest.approx(np.array([200, 100, 50]) / 255 * 0.25 + 0.5 * 0.75, abs=0.01), "no black fringe"


CONFIGS = sorted(Path(__file__).parents[2].glob(".venv/*/lib/python*/site-packages/bpy/*/datafiles/colormanagement/config.ocio"))


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("sRGB - Texture", 0.5, 0.5),
        ("Raw", 0.5, 0.5),
        ("lin_rec709", 0.18, 0.46136),
        ("ACEScg", 0.18, 0.46136),
        ("ACEScct", 0.4135884, 0.46136),
    ],
)
def test_names_of_the_built_in_configuration(monkeypatch, name, value, expected):
    monkeypatch.delenv("OCIO", raising=False)
    assert shown(field(value), color_space=name)[0][0, 0] == pytest.approx(expected, abs=2e-3)


@pytest.mark.skipif(not CONFIGS, reason="no Blender beside this environment")
@pytest.mark.parametrize("config", CONFIGS, ids=lambda path: path.parents[2].name)
@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("sRGB", 0.5, 0.5),
        ("Non-Color", 0.5, 0.5),
        ("Linear Rec.709", 0.18, 0.46136),
        ("ACEScg", 0.18, 0.46136),
        ("AgX Log", 0.4, 0.46136),
        ("Filmic Log", 0.606, 0.46136),
    ],
)
def test_names_of_blenders_configuration(config, name, value, expected):
    assert shown(field(value), color_space=name, config=str(config))[0][0, 0] == pytest.approx(expected, abs=2e-3)


CONFIG = """ocio_profile_version: 2
search_path: ""
roles:
  aces_interchange: aces
  cie_xyz_d65_interchange: xyz
  scene_linear: Linear Rec.709
  data: Non-Color
file_rules:
  - !<Rule> {name: Default, colorspace: sRGB}
displays:
  sRGB:
    - !<View> {name: Standard, colorspace: sRGB}
active_displays: [sRGB]
active_views: [Standard]
colorspaces:
  - !<ColorSpace>
    name: xyz
    isdata: false
  - !<ColorSpace>
    name: aces
    isdata: false
    to_reference: !<MatrixTransform> {matrix: [0.938279849239345, -0.00445144581227847, 0.0166275235564231, 0,
      0.337368890823117, 0.729521566676754, -0.066890457499083, 0, 0.00117395084939056, -0.00371070640198378, 1.09159450636463, 0,
      0, 0, 0, 1]}
  - !<ColorSpace>
    name: Linear Rec.709
    isdata: false
    to_reference: !<MatrixTransform> {matrix: [0.4123907992659595, 0.357584339383878, 0.1804807884018343, 0, 0.2126390058715104,
      0.7151686787677559, 0.07219231536073371, 0, 0.01933081871559185, 0.119194779794626, 0.9505321522496606, 0, 0, 0, 0, 1]}
  - !<ColorSpace>
    name: Double
    isdata: false
    to_reference: !<GroupTransform>
      children:
        - !<MatrixTransform> {matrix: [2, 0, 0, 0, 0, 2, 0, 0, 0, 0, 2, 0, 0, 0, 0, 1]}
        - !<ColorSpaceTransform> {src: Linear Rec.709, dst: xyz}
  - !<ColorSpace>
    name: Non-Color
    isdata: true
"""


def test_a_configuration_that_names_its_spaces_otherwise(tmp_path):
    """Through the interchange roles, since it has no name that everyone knows."""
    path = tmp_path / "config.ocio"
    path.write_text(CONFIG.replace("name: sRGB, ", "").replace("colorspace: sRGB", "colorspace: Non-Color"))
    assert shown(field(0.18), color_space="Linear Rec.709", config=str(path))[0][0, 0] == pytest.approx(0.46136, abs=2e-3)
    assert shown(field(0.09), color_space="Double", config=str(path))[0][0, 0] == pytest.approx(0.46136, abs=2e-3)
    assert shown(field(0.3), color_space="Non-Color", config=str(path))[0][0, 0] == pytest.approx(0.3)


MISSING = FIELD / "ocio-file-missing" / "config.ocio"


def test_a_configuration_without_interchange_roles():
    """As those of OpenColorIO 1 are: its scene_linear is taken for linear Rec.709, and that is said."""
    config = str(FIELD / "ocio-without-interchange-roles" / "config.ocio")
    for name, value, expected in (("sRGB", 0.5, 0.5), ("linear", 0.18, 0.46136), ("AlexaV3LogC", 0.391, 0.46136)):
        assert shown(field(value), color_space=name, config=config)[0][0, 0] == pytest.approx(expected, abs=5e-3), name
    told = colour.look("AlexaV3LogC", ocio_config=config, is_float=False).notice
    assert "linear, its scene_linear, is taken for linear Rec.709" in told
    assert shown(field(0.3), color_space="raw", config=config)[0][0, 0] == pytest.approx(0.3)


def test_a_space_that_needs_no_file_of_a_configuration_that_lacks_one():
    assert shown(field(0.18), color_space="Linear", config=str(MISSING))[0][0, 0] == pytest.approx(0.46136, abs=2e-3)


def test_a_stale_variable_is_named(monkeypatch, tmp_path):
    monkeypatch.setenv("OCIO", str(tmp_path / "gone.ocio"))
    with pytest.raises(PlatelightError) as caught:
        colour.look("sRGB", ocio_config="", is_float=False)
    assert caught.value.code == ErrorCode.COLOR_SPACE_UNKNOWN
    assert "$OCIO names" in caught.value.detail and "gone.ocio" in caught.value.detail and "$OCIO" in caught.value.remedy
    monkeypatch.setenv("OCIO", str(MISSING))
    with pytest.raises(PlatelightError, match=r"which \$OCIO names: .*camlog_to_lin.spi1d"):
        colour.look("CamLog", ocio_config="", is_float=False)
    monkeypatch.setenv("OCIO", "ocio://default")
    assert shown(field(0.18), color_space="ACEScg")[0][0, 0] == pytest.approx(0.46136, abs=2e-3)


def test_a_configuration_without_any_linear_space_is_refused(tmp_path):
    path = tmp_path / "config.ocio"
    path.write_text((FIELD / "ocio-without-interchange-roles" / "config.ocio").read_text().replace("scene_linear: linear, ", ""))
    with pytest.raises(PlatelightError, match="neither interchange roles nor a role scene_linear"):
        colour.look("linear", ocio_config=str(path), is_float=True)


def test_unknown_names_and_configurations(tmp_path):
    (tmp_path / "broken.ocio").write_text("no configuration")
    for name, config, said in (
        ("ACEScgg", "", "ACEScg"),
        ("sRGB", str(tmp_path / "none.ocio"), "none.ocio"),
        ("sRGB", str(tmp_path / "broken.ocio"), "cannot be read"),
        ("CamLog", str(MISSING), "camlog_to_lin.spi1d"),
    ):
        with pytest.raises(PlatelightError) as caught:
            colour.look(name, ocio_config=config, is_float=False)
        assert caught.value.code == ErrorCode.COLOR_SPACE_UNKNOWN and said in caught.value.detail


@pytest.mark.parametrize(
    ("size", "limit", "aspect", "expected"),
    [
        ((1920, 1080), 1024, 1.0, (1024, 576)),
        ((1080, 1920), 1024, 1.0, (576, 1024)),
        ((640, 360), 1024, 1.0, (640, 360)),
        ((1920, 1080), 0, 1.0, (1920, 1080)),
        ((1998, 1080), 1000, 1.0, (1000, 541)),
        ((4096, 1), 64, 1.0, (64, 1)),
        ((1440, 1080), 0, 4 / 3, (1440, 810)),
        ((2048, 1716), 1024, 2.0, (1024, 429)),
        ((720, 576), 0, 0.5, (360, 576)),
    ],
)
def test_working_sizes(size, limit, aspect, expected):
    assert working_size(size, max_resolution=limit, pixel_aspect=aspect) == expected


def test_shrinking_weighs_by_area():
    image = np.zeros((30, 30, 3), dtype=np.float32)
    image[:, ::2] = 1
    assert shrink(image, size=(10, 10)) == pytest.approx(0.5, abs=0.17)
    assert shrink(image, size=(15, 15)) == pytest.approx(0.5)
    assert shrink(image, size=(30, 30)) is image


def test_a_plate_counts_where_the_bad_numbers_are(tmp_path):
    for number in range(1, 6):
        red = np.full((4, 4), 0.2, np.float32)
        red[0, 0] = np.nan if number in (2, 5) else 0.2
        write_exr(tmp_path / f"p.{number:04d}.exr", {"R": red, "G": red * 0 + 0.1, "B": red * 0 + 0.1})
    plate = Plate(Source(path=str(tmp_path / "p.####.exr")), max_resolution=0)
    frames = list(plate.frames(1, 5))
    assert len(frames) == 5 and plate.bad_frames == [2, 5] and plate.bad_pixels == 2


@pytest.mark.skipif(os.name == "nt", reason="Windows has no named pipes in folders")
def test_a_table_of_colours_that_is_a_pipe_is_not_waited_for(tmp_path):
    shutil.copytree(FIELD / "ocio-without-interchange-roles", tmp_path / "config")
    for table in (tmp_path / "config" / "luts").iterdir():
        table.unlink()
        os.mkfifo(table)
    with pytest.raises(PlatelightError, match="a pipe or a device") as caught:
        colour.look("sRGB", ocio_config=str(tmp_path / "config" / "config.ocio"), is_float=False)
    assert caught.value.code == ErrorCode.COLOR_SPACE_UNKNOWN
