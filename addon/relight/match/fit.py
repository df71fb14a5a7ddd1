"""Fits the light of a shot to its plate and normals. No bpy.

A matte surface shows ``plate = albedo * light(normal)``, and nobody knows the albedo. But of two pixels of the same paint the
albedo cancels: ``log plate_p - log plate_q = log light(n_p) - log light(n_q)``. So pairs of pixels, near and far, are compared;
those across an edge of the paint or of a cast shadow disagree with the others and lose their say. First a sun and an even sky are
fitted, then nine terms of the normal that start from those, for the luminance and for each colour. What pairs can't tell, how
bright the light is and of which white, is set by what the average surface shows.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from . import basis
from .basis import COUNT, LUMA, SPREAD
from .solver import Task, misfit, solve, thinned

_ONE_SUN = 0.004 * SPREAD[1:] * np.array((1, 1, 1, 6, 6, 6, 6, 6))
"""How much the terms are drawn to the light of one sun; the finer the term, the more."""
_SAME_SHAPE = 0.05 * SPREAD[1:]
"""How much each colour's light is drawn to the shape of the luminance's."""
_WEAK_SUN = 1e-6
_RATHER_LIT = 0.03
"""What it adds to a sun's misfit, a share of pairs, that nothing seen is lit by it."""
_TIE = 0.05


@dataclass(frozen=True, kw_only=True)
class View:
    """A frame. `plate` (H, W, 3): scene-linear; `normals` (H, W, 3): unit length, zero where there are none, in the light's
    space."""

    plate: np.ndarray
    normals: np.ndarray


@dataclass(frozen=True, kw_only=True)
class Assumptions:
    """What pictures can't tell. `albedo`: the luminance of the median surface, 0..1. `grey_world`: that surface is grey; otherwise
    the light on all surfaces seen is white on average, as in a plate that was balanced for its light. `smoothing`: frames over
    which the light may change."""

    albedo: float = 0.3
    grey_world: bool = False
    smoothing: float = 24.0


@dataclass(frozen=True, kw_only=True)
class Light:
    """The light of F frames, as radiance of a white matte surface. `factors` (F, 9, 3): of the nine terms. As one sun and an even
    sky: `direction` (F, 3), to the sun; `sun` (F, 3), on a surface that faces it; `sky` (F, 3)."""

    factors: np.ndarray
    direction: np.ndarray
    sun: np.ndarray
    sky: np.ndarray


@dataclass(frozen=True, kw_only=True)
class Pairs:
    """`near`, `far` (N, 3): normals of two pixels each; `ratio` (N, 3): logarithm of near over far; `weight` (N,)."""

    near: np.ndarray
    far: np.ndarray
    ratio: np.ndarray
    weight: np.ndarray


def usable(view: View) -> np.ndarray:
    """(H, W) bool: the pixels with a normal that are neither black nor clipped."""
    brightest, darkest = view.plate.max(-1), view.plate.min(-1)
    top = float(brightest.max(initial=0.0))
    good = (np.linalg.norm(view.normals, axis=-1) > 0.5) & np.isfinite(view.plate).all(-1)
    return good & (darkest > 1e-4) & (brightest > 0.002) & ((brightest < 0.99 * top) | (top > 1.5) | (brightest < 0.9))


def pairs_of(view: View, *, count: int = 12_000, seed: int = 0) -> Pairs:
    """Return pairs of usable pixels, as many at each order of distance, from one pixel to a third of the width.

    Pairs of different hue weigh less, for they are hardly of one paint, and so do dark pairs, which are mostly noise and shadow.
    """
    chance, good = np.random.default_rng(seed), usable(view)
    height, width = good.shape
    spots = np.argwhere(good)
    near = spots[chance.integers(max(len(spots), 1), size=count if len(spots) else 0)]
    reach, turn = np.exp(chance.uniform(0, np.log(width / 3), len(near))), chance.uniform(0, 2 * np.pi, len(near))
    far = near + np.rint(np.stack((reach * np.sin(turn), reach * np.cos(turn)), -1)).astype(int)
    inside = (far >= 0).all(-1) & (far < (height, width)).all(-1) & (far != near).any(-1)
    near, far = near[inside], far[inside]
    both = good[tuple(far.T)]
    one, other = tuple(near[both].T), tuple(far[both].T)
    ratio = np.log(view.plate[one]) - np.log(view.plate[other])
    hue = ratio - (ratio @ LUMA)[:, None]
    grey = view.plate @ LUMA
    light = np.minimum(grey[one], grey[other]) / max(float(np.median(grey[good])) if good.any() else 0.0, 1e-9)
    weight = np.exp(-(hue**2).sum(-1) / 0.25**2) * np.minimum(light, 1.0)
    return Pairs(near=view.normals[one], far=view.normals[other], ratio=ratio, weight=weight)


def fit(views: list[View], pairs: list[Pairs], *, distance: float, assume: Assumptions) -> Light:
    """Return the light of each frame.

    Args:
        pairs: those of the views, by `pairs_of`.
        distance: frames from one view to the next.
    """
    tie = _TIE * (max(assume.smoothing, 1e-3) / max(distance, 1e-3)) ** 2
    suns = _suns(pairs, tie=tie)
    shapes = _shapes(pairs, suns, tie=tie)
    shapes *= _levels(views, shapes, tie=tie)[:, None, None]
    good = [usable(view) for view in views]
    plates = [view.plate[mask] for view, mask in zip(views, good, strict=True)]
    normals = [view.normals[mask] for view, mask in zip(views, good, strict=True)]
    lights = [_on(normal, shape) for normal, shape in zip(normals, shapes, strict=True)]
    white = _white(np.concatenate(plates), np.concatenate(lights), assume)
    parts = [_sun_and_sky(normal, light * white, sun) for normal, light, sun in zip(normals, lights, suns, strict=True)]
    direction, sun, sky = (np.array(part) for part in zip(*parts, strict=True))
    return Light(factors=shapes * white, direction=direction, sun=sun, sky=sky)


def _task(pairs: Pairs, ratio: np.ndarray, *, toward: np.ndarray, pull: np.ndarray, of: Callable[[np.ndarray], np.ndarray]) -> Task:
    return Task(near=of(pairs.near), far=of(pairs.far), ratio=ratio, weight=pairs.weight, toward=toward, pull=pull)


def _suns(pairs: list[Pairs], *, tie: float) -> np.ndarray:
    """To the sun, as long as it is stronger than the sky: (F, 3).

    There are wrong suns that fit better than all near them. So frames begin once at what all of them together say, and once each at
    what it says alone; the better end wins.
    """
    tasks = [_task(p, p.ratio @ LUMA, toward=np.zeros(3), pull=np.full(3, _WEAK_SUN), of=np.asarray) for p in pairs]
    alone = np.array([_best_sun(thinned([task], count=5000)) for task in tasks])
    if len(tasks) == 1:
        return solve(tasks, model=basis.sun_model, start=alone, tie=np.zeros(3))
    together = np.repeat(_best_sun(thinned(tasks, count=6000))[None], len(tasks), 0)
    ends = [solve(tasks, model=basis.sun_model, start=start, tie=np.full(3, tie / 3)) for start in (together, alone)]
    return min(ends, key=lambda suns: _cost(tasks, suns, tie=tie / 3))


def _best_sun(task: Task) -> np.ndarray:
    """From the best of many suns all around, weak and strong."""

    def off(sun: np.ndarray) -> float:
        return _doubt(task, sun)

    starts = sorted((strength * way for way in basis.sphere(40) for strength in (0.7, 2.0, 6.0)), key=off)[:4]
    return min((solve([task], model=basis.sun_model, start=start[None], tie=np.zeros(3))[0] for start in starts), key=off)


def _cost(tasks: list[Task], suns: np.ndarray, *, tie: float) -> float:
    """Return what the pairs disagree with the suns, and those with each other."""
    apart = float((np.diff(suns, axis=0) ** 2).sum())
    return sum(_doubt(task, sun) for task, sun in zip(tasks, suns, strict=True)) + tie * apart


def _doubt(task: Task, sun: np.ndarray) -> float:
    """Return how badly a sun explains the pairs, and how little of what is seen it lights: of two that explain as much, that one is
    likelier which does it by more of the picture."""
    if not len(task.ratio):
        return 0.0
    return misfit(task, model=basis.sun_model, light=sun) + _RATHER_LIT * float((task.near @ sun <= 0).mean())


def _shapes(pairs: list[Pairs], suns: np.ndarray, *, tie: float) -> np.ndarray:
    """Return the nine factors of each frame and colour, their first 1: (F, 9, 3)."""
    toward = np.array([basis.of_sun(sun)[1:] for sun in suns])
    one_sun = [_task(p, p.ratio @ LUMA, toward=t, pull=_ONE_SUN, of=basis.terms) for p, t in zip(pairs, toward, strict=True)]
    grey = solve(one_sun, model=basis.terms_model, start=toward, tie=tie * SPREAD[1:], positive=True)
    shapes = np.ones((len(pairs), COUNT, 3))
    for channel in range(3):
        like_grey = [
            replace(t, ratio=p.ratio[:, channel], toward=g, pull=_SAME_SHAPE) for t, p, g in zip(one_sun, pairs, grey, strict=True)
        ]
        shapes[:, 1:, channel] = solve(like_grey, model=basis.terms_model, start=grey, tie=tie * SPREAD[1:], positive=True)
    return shapes


def _on(normals: np.ndarray, factors: np.ndarray) -> np.ndarray:
    """Return the light on normals (N, 3), at least `basis.LEAST` of its mean."""
    return np.maximum(basis.terms(normals) @ factors, basis.LEAST * factors[0])


def _levels(views: list[View], shapes: np.ndarray, *, tie: float) -> np.ndarray:
    """Return how bright the light of each frame is beside the others (F,): a lamp that flares, an exposure that drifts.

    It shows where most pixels change by the same factor from frame to frame; where they don't, the picture moved, and the light is
    taken to stay.
    """
    steps = []
    for (one, before), (other, after) in pairwise(zip(views, shapes, strict=True)):
        both = usable(one) & usable(other)
        change = np.log((other.plate[both] / _on(other.normals[both], after)) @ LUMA)
        change -= np.log((one.plate[both] / _on(one.normals[both], before)) @ LUMA)
        middle = float(np.median(change)) if len(change) else 0.0
        agree = np.abs(change - middle) < 0.1
        steps.append(middle if len(change) and agree.mean() > 0.5 else 0.0)
    level = np.concatenate(([0.0], np.cumsum(steps)))
    apart = np.diff(np.eye(len(level)), axis=0)
    level = np.linalg.solve(np.eye(len(level)) + tie * apart.T @ apart, level)
    return np.exp(level - level.mean())


def _white(plate: np.ndarray, light: np.ndarray, assume: Assumptions) -> np.ndarray:
    """Return what to multiply a light's colours with (3,), from the pixels of all frames (N, 3)."""
    white = np.median(plate / light, axis=0) if assume.grey_world else 1 / light.mean(0)
    return white * float(np.median(plate / (light * white) @ LUMA)) / assume.albedo


def _sun_and_sky(normals: np.ndarray, light: np.ndarray, sun: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Direction and the two colours that come closest to the light on the normals (N, 3), neither colour below 0."""
    direction = sun / max(float(np.linalg.norm(sun)), 1e-9)
    facing = np.maximum(normals @ direction, 0.0)
    slope = facing - facing.mean()
    strength = slope @ (light - light.mean(0)) / max(float(slope @ slope), 1e-9)
    strength = np.clip(strength, 0.0, facing @ light / max(float(facing @ facing), 1e-9))
    return direction, strength, np.maximum(light.mean(0) - strength * facing.mean(), 0.0)
