"""Fitting the light of pictures whose light is known, without a graph."""

from __future__ import annotations

import match_plates as plates
import numpy as np
import pytest
from match_plates import angle, unit
from platelight.addon.node_groups import world_light
from platelight.addon.relight.match import basis, fit
from platelight.addon.relight.match.fit import Assumptions, View


def fitted(views, *, distance=1.0, **assumptions):
    pairs = [fit.pairs_of(view, count=5000, seed=index) for index, view in enumerate(views)]
    return fit.fit(views, pairs, distance=distance, assume=Assumptions(**assumptions))


def seen(sun, *, gain=1.0, shift=0.0):
    normal, albedo = plates.room(shift=shift)
    return View(plate=albedo * plates.lit(normal, sun) * gain, normals=normal)


def test_the_terms_are_those_of_the_world():
    normals = basis.sphere(50)
    x, y, z = normals.T
    named = {"Constant": 1 + 0 * x, "X": x, "Y": y, "Z": z, "XY": x * y, "YZ": y * z, "3ZZ - 1": 3 * z * z - 1, "XZ": x * z}
    expected = [{**named, "XX - YY": x * x - y * y}[term] for term in world_light.TERMS]
    np.testing.assert_allclose(basis.terms(normals), np.stack(expected, -1))


def test_the_factors_of_a_sun_are_its_least_squares():
    sun = 3 * unit(0.3, 0.5, 0.7)
    normals = basis.sphere(20000)
    best = np.linalg.lstsq(basis.terms(normals), 1 + np.maximum(normals @ sun, 0), rcond=None)[0]
    np.testing.assert_allclose(basis.of_sun(sun), best / best[0], atol=1e-3)


@pytest.mark.parametrize("sun", [(-0.6, 0.65, 0.45), (0.8, 0.3, 0.5), (0.1, 0.9, -0.1), (0.5, 0.5, 0.7), (-0.2, 0.3, 0.93)])
def test_the_main_direction_of_a_painted_room(sun):
    found = fitted([seen(unit(*sun))])
    off = angle(found.direction[0], unit(*sun))
    print(f"\nsun {sun}: {off:.1f} degrees off")
    assert off < 10
    normal, _ = plates.room()
    ratio = basis.terms(normal) @ found.factors[0] / plates.lit(normal, unit(*sun))
    assert np.median(np.abs(ratio / np.median(ratio, axis=(0, 1)) - 1)) < 0.15


def test_a_cast_shadow_is_not_light():
    """A third of the floor and of a ball lies in shadow."""
    sun = unit(-0.6, 0.65, 0.45)
    view = seen(sun)
    shadow = np.zeros(view.plate.shape[:2], bool)
    shadow[18:, 10:40] = True
    normal = view.normals
    dark = np.where(shadow[..., None], plates.SKY / plates.lit(normal, sun), 1.0)
    assert angle(fitted([View(plate=view.plate * dark, normals=normal)]).direction[0], sun) < 10


def test_light_is_positive_where_it_was_seen_and_normals_that_lack_are_left_out():
    sun = unit(0.9, 0.2, 0.3)
    view = seen(sun)
    normals, plate = view.normals.copy(), view.plate.copy()
    normals[:, :8], plate[:, :8] = 0.0, 7.0
    found = fitted([View(plate=plate, normals=normals)])
    assert (basis.terms(view.normals) @ found.factors[0]).min() > 0
    assert angle(found.direction[0], sun) < 10 and min(found.sky.min(), found.sun.min()) >= 0


def test_average_surface_and_white():
    view = seen(unit(-0.6, 0.65, 0.45))
    light = {}
    for grey_world in (False, True):
        factors = fitted([view], albedo=0.4, grey_world=grey_world).factors[0]
        light[grey_world] = np.maximum(basis.terms(view.normals) @ factors, basis.LEAST * factors[0])
        albedo = view.plate / light[grey_world]
        assert np.median(albedo @ basis.LUMA) == pytest.approx(0.4, rel=0.01)
    np.testing.assert_allclose(light[False].mean((0, 1)) / light[False].mean(), 1.0, atol=0.01)
    np.testing.assert_allclose(np.median(view.plate / light[True], axis=(0, 1)), 0.4, atol=0.01)


def test_a_light_that_moves_is_followed_and_one_that_stays_is_held():
    """Over 41 frames the sun goes round by 60 degrees; and noise of the fit is calmed by smoothing."""
    turns = np.radians(np.linspace(-30, 30, 5))
    suns = [unit(np.sin(turn), 0.6, np.cos(turn)) for turn in turns]
    found = fitted([seen(sun, shift=0.05 * index) for index, sun in enumerate(suns)], distance=10, smoothing=5)
    assert max(angle(one, sun) for one, sun in zip(found.direction, suns, strict=True)) < 10
    still = [seen(suns[0], shift=0.1 * index) for index in range(4)]
    loose, held = (fitted(still, distance=10, smoothing=smoothing).direction for smoothing in (0.0, 200.0))
    assert np.ptp(held, 0).max() < 0.01 and np.ptp(held, 0).max() < 0.5 * np.ptp(loose, 0).max()


def test_flicker_belongs_to_the_light():
    gains = np.array((1.0, 0.5, 0.8, 1.0))
    views = [seen(unit(-0.6, 0.65, 0.45), gain=gain) for gain in gains]
    found = fitted(views, distance=10, smoothing=0.1)
    level = (basis.terms(views[0].normals) @ found.factors[:, None]).mean((1, 2, 3))
    np.testing.assert_allclose(level / level[0], gains, rtol=0.06)
