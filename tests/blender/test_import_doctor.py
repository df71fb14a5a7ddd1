"""The doctor tells every convention from the pixels alone, says how certain it is, and says what is wrong with broken input."""

from __future__ import annotations

import dataclasses

import known_normals
import numpy as np
import pytest
from known_normals import CONVENTIONS, HALF_WIDTH, numbers, truth, turn
from platelight.addon.errors import UserError
from platelight.addon.imports import detect_convention
from platelight.addon.imports.convention import DISPLAY, WORLD, ZERO_ONE, Convention, decode
from platelight.addon.imports.detect_convention import SURE, View

FRAMES = (0, 3, 6)
SIZE = {"width": 96, "height": 54}
CAMERA = View(half_width=HALF_WIDTH, turns=tuple(turn(frame) for frame in FRAMES))
NO_CAMERA = View(half_width=HALF_WIDTH)


def frames(convention):
    return [numbers(frame, convention, **SIZE) for frame in FRAMES]


def texts(diagnosis):
    return " / ".join(f"{finding.text} ({finding.sure})" for finding in diagnosis.findings)


@pytest.mark.parametrize("name", CONVENTIONS)
def test_each_convention_is_found_and_decoded(name):
    known = CONVENTIONS[name]
    diagnosis = detect_convention.diagnose(frames(known), CAMERA)
    assert diagnosis.convention == known, texts(diagnosis)
    for frame in FRAMES:
        got = decode(numbers(frame, known, **SIZE), diagnosis.convention, camera=turn(frame))
        np.testing.assert_allclose(got, truth(frame, **SIZE), atol=1e-6)


@pytest.mark.parametrize("name", [name for name, known in CONVENTIONS.items() if known.space != WORLD])
def test_a_scene_without_a_camera_is_enough_for_camera_space(name):
    diagnosis = detect_convention.diagnose(frames(CONVENTIONS[name]), NO_CAMERA)
    assert diagnosis.convention == CONVENTIONS[name], texts(diagnosis)


@pytest.mark.parametrize("flip", [(x, y, z) for x in (0, 1) for y in (0, 1) for z in (0, 1)])
def test_every_flip_and_eight_bits_of_it(flip):
    known = Convention(encoding=ZERO_ONE, flip=tuple(bool(each) for each in flip))
    rounded = [np.round(frame * 255) / 255 for frame in frames(known)]
    diagnosis = detect_convention.diagnose(rounded, NO_CAMERA, byte_files=True)
    assert diagnosis.convention == known and "8 bits" in texts(diagnosis)


def test_world_space_without_a_camera_is_suspected_and_says_what_to_do():
    told = texts(detect_convention.diagnose([numbers(2, Convention(space=WORLD), **SIZE)], NO_CAMERA))
    assert "Perhaps world space" in told and "Make the plate's camera the scene's" in told


def test_without_a_camera_nobody_is_sure_that_it_is_not_world_space_unless_round_things_face_the_camera():
    """From 3 on most of the picture is floor, which can face the camera in any space; from 5 on all of it."""
    for frame in range(7):
        told = detect_convention.diagnose([numbers(frame, Convention(space=WORLD), **SIZE)], NO_CAMERA).findings
        space = next(finding for finding in told if "space" in finding.text)
        assert space.sure != SURE and ("can world space be ruled out" in space.text) == (frame >= 3), space
    balls = detect_convention.diagnose([numbers(1, known_normals.OURS, **SIZE)], NO_CAMERA).findings
    assert next(finding for finding in balls if "space" in finding.text).sure == SURE


def test_a_picture_of_colours_is_told_from_normals():
    rng = np.random.default_rng(0)
    plate = rng.random((54, 96, 1)) * (0.9, 0.6, 0.3) + 0.1 * rng.random((54, 96, 3))
    told = [finding for finding in detect_convention.diagnose([plate], NO_CAMERA).findings if "Hardly normals" in finding.text]
    assert told and told[0].trouble
    blurred = [0.5 * (frame + np.roll(frame, 1, 1)) for frame in frames(CONVENTIONS["OpenGL normal map"])]
    assert "Hardly" not in texts(detect_convention.diagnose(blurred, CAMERA))


def _about_x(degrees):
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    return np.array([[1, 0, 0], [0, c, -s], [0, s, c]])


def test_a_camera_that_has_nothing_to_do_with_the_plate_does_not_mislead():
    elsewhere = View(half_width=HALF_WIDTH, turns=(_about_x(70),) * len(FRAMES))
    assert detect_convention.diagnose(frames(known_normals.OURS), elsewhere).convention == known_normals.OURS


def test_what_it_is_sure_of_and_what_not():
    """A ball's axes can't be mistaken. A wall has no left and right, and nobody may claim to have seen them."""
    ball = detect_convention.diagnose(frames(known_normals.OURS), CAMERA)
    assert [finding.sure for finding in ball.findings] == [SURE] * len(ball.findings), texts(ball)
    wall = np.zeros((54, 96, 3)) + np.array((0.0, 0.3, 0.95)) + np.linspace(0, 0.02, 96)[None, :, None]
    told = detect_convention.diagnose([wall], NO_CAMERA)
    sideways = next(finding for finding in told.findings if finding.text.startswith("Red points"))
    assert sideways.sure != SURE


def test_holes_lengths_steps_and_broken_pixels_are_told():
    known = Convention(encoding=ZERO_ONE)
    values = numbers(0, known, **SIZE)
    values[:6, :10] = np.nan
    short = (values - 0.5) * 0.8 + 0.5
    told = texts(detect_convention.diagnose([np.round(short * 255) / 255], CAMERA))
    for words in ("NaN", "have no normal", "not of length 1", "numbers have 8 bits"):
        assert words in told, told
    clean = texts(detect_convention.diagnose(frames(known_normals.OURS), CAMERA))
    assert "unit length" in clean and "NaN" not in clean and "8 bits" not in clean


def test_a_curve_too_many_is_called_trouble():
    diagnosis = detect_convention.diagnose(frames(Convention(encoding=ZERO_ONE, curve=DISPLAY)), CAMERA)
    assert any(finding.trouble and "sRGB curve" in finding.text for finding in diagnosis.findings)


@pytest.mark.parametrize(
    ("picture", "words"),
    [
        (np.repeat(np.random.default_rng(0).random((20, 30, 1)), 3, -1), "grey"),
        (np.broadcast_to([0.2, 0.4, 0.9], (20, 30, 3)), "same value"),
        (np.full((20, 30, 3), np.nan), "NaN"),
        (np.random.default_rng(0).random((20, 30, 3)) * 255, "up to 25"),
    ],
)
def test_pictures_that_hold_no_normals(picture, words):
    with pytest.raises(UserError, match=words):
        detect_convention.diagnose([np.array(picture)] * 2, CAMERA)


def test_conventions_are_read_back():
    """Every order, flip and encoding: what `numbers` writes, `decode` reads."""
    for order in ("XYZ", "YZX", "ZXY", "XZY"):
        for space in ("CAMERA", "WORLD"):
            known = dataclasses.replace(CONVENTIONS["saved as colours"], order=order, flip=(True, False, True), space=space)
            got = decode(numbers(2, known, **SIZE), known, camera=turn(2))
            np.testing.assert_allclose(got, truth(2, **SIZE), atol=1e-6)
