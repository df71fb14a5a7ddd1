"""Reads a few frames of normals and says what they are: encoding, curve, holes, length, axes and space. No bpy."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..errors import UserError
from . import axis_evidence
from .axis_evidence import Field, Rays, Signs
from .convention import (
    CAMERA,
    DISPLAY,
    LINEARIZED,
    NONE,
    ORDERS,
    SIGNED,
    WORLD,
    ZERO_ONE,
    Convention,
    components,
    is_normal,
    signed_axes,
)

SURE, LIKELY, GUESS = "sure", "likely", "a guess"
_TOWARD = {"X": "red", "Y": "green", "Z": "blue"}
_WEIGHTS = np.array([30.0, 2.0, 2.0, 1.0, 1.0, 1.0])
"""Of `Signs`, in its order."""
_READINGS = ((ZERO_ONE, NONE), (ZERO_ONE, DISPLAY), (ZERO_ONE, LINEARIZED), (SIGNED, NONE))
_ALIKE = 0.4
"""The least `likeness` of normals, blurred ones included."""
_ALL, _ROUND = 0.995, 0.1
"""Share of surfaces that face the camera in camera space, all but a few noisy ones, and how much they must bulge for that to tell:
a floor can seem to face the camera in any space."""


@dataclass(frozen=True, kw_only=True)
class Finding:
    """A sentence for a person and how certain it is; `trouble`: something that should be put right."""

    text: str
    sure: str = SURE
    trouble: bool = False


@dataclass(frozen=True, kw_only=True)
class View:
    """What the scene's camera sees. `half_width`: of the picture at a distance of 1 m; `shift`: of its centre there.

    `turns`: a (3, 3) for each frame that is looked at, its columns the camera's axes in the world; empty without a camera.
    """

    half_width: float = 0.36
    shift: tuple[float, float] = (0.0, 0.0)
    turns: tuple[np.ndarray, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Diagnosis:
    convention: Convention
    findings: tuple[Finding, ...]


@dataclass(frozen=True, kw_only=True)
class _Reading:
    """A way to read the axes and what speaks for it."""

    order: str
    flip: tuple[bool, bool, bool]
    space: str
    score: float
    signs: Signs


def diagnose(frames: Sequence[np.ndarray], view: View, *, byte_files: bool = False) -> Diagnosis:
    """Return what a sequence of normals is.

    Args:
        frames: float (H, W, 3) each, the file's numbers, row 0 at the top.
        view: with a turn for each of `frames`, or with none.
        byte_files: whether the files have 8 bits a channel.

    Raises:
        UserError: these are no normals.
    """
    _refuse_other_pictures(frames)
    findings = []
    encoding, curve, told = _encoding(frames)
    findings += told
    decoded = [components(frame, encoding=encoding, curve=curve) for frame in frames]
    findings += _lengths(frames, decoded)
    if (alike := likeness(frames)) < _ALIKE:
        text = f"Hardly normals: only {_share(alike)} of the pixels are about of length 1. Choose another layer or sequence"
        findings.append(Finding(text=text, sure=GUESS, trouble=True))
    findings += _steps(frames, byte_files=byte_files)
    reduced = [axis_evidence.field(each) for each in decoded]
    if not any(each.there.any() for each in reduced):
        raise UserError("No frame holds normals: choose the sequence that does.")
    best, told = _axes(reduced, view)
    convention = Convention(encoding=encoding, curve=curve, order=best.order, flip=best.flip, space=best.space)
    return Diagnosis(convention=convention, findings=(*findings, *told))


def likeness(frames: Sequence[np.ndarray]) -> float:
    """Return how much pictures look like normals: the share of their pixels, greys aside, with a length of about 1 as it is best
    read."""
    values = np.concatenate([_thinned(frame) for frame in frames])
    values = _colored(values[np.isfinite(values).all(-1)])
    if not len(values):
        return 0.0
    lengths = [np.linalg.norm(components(values, encoding=encoding, curve=curve), axis=-1) for encoding, curve in _READINGS]
    return max(float((np.abs(length - 1) < 0.15).mean()) for length in lengths)


def _colored(values: np.ndarray) -> np.ndarray:
    """Return those (N, 3) that aren't grey, as background is: black, white and (0.5, 0.5, 0.5)."""
    return values[np.ptp(values, axis=-1) > 2e-3]


def _refuse_other_pictures(frames: Sequence[np.ndarray]) -> None:
    finite = [frame[np.isfinite(frame).all(-1)] for frame in frames]
    values = np.concatenate(finite)
    if not len(values):
        raise UserError("Every number is NaN or infinite: render the sequence again.")
    if np.abs(values - values[..., :1]).max() < 1e-3:
        raise UserError("The picture is grey, so it holds no directions: choose the normals, not the depth or a matte.")
    if all(len(each) and np.ptp(each, axis=0).max() < 1e-3 for each in finite):
        raise UserError("Every pixel has the same value: nothing is in the sequence, render it again.")
    if np.abs(values).max() > 4.0:
        most = np.abs(values).max()
        raise UserError(f"The numbers go up to {most:.0f}, normals stay within 1: choose another layer or sequence.")


def _encoding(frames: Sequence[np.ndarray]) -> tuple[str, str, list[Finding]]:
    """Return which reading gives vectors of length 1."""
    values = np.concatenate([_thinned(frame) for frame in frames])
    values = values[np.isfinite(values).all(-1)]
    colored = _colored(values)
    if (colored < -0.02).any(-1).mean() > 0.002:
        return SIGNED, NONE, [Finding(text="The numbers are signed, from -1 to 1")]
    errors = {}
    for encoding, curve in _READINGS:
        length = np.linalg.norm(components(colored, encoding=encoding, curve=curve), axis=-1)
        errors[encoding, curve] = float(np.minimum(np.abs(length - 1), 0.5).mean())
    plain, best = errors[ZERO_ONE, NONE], min(errors, key=lambda reading: errors[reading])
    if errors[best] > 0.6 * plain or plain < 0.03:
        best = (ZERO_ONE, NONE)
    others = min(error for reading, error in errors.items() if reading != best)
    sure = SURE if errors[best] < 0.5 * others else LIKELY
    if best[0] == SIGNED:
        return *best, [Finding(text="The numbers are signed, though none is negative", sure=LIKELY)]
    told = [Finding(text="The numbers run from 0 to 1 and mean -1 to 1", sure=sure)]
    if best[1] == DISPLAY:
        text = "They went through an sRGB curve, as colours do: it is undone"
        told.append(Finding(text=text, sure=sure, trouble=True))
    if best[1] == LINEARIZED:
        text = "Their sRGB curve was undone, though they had none (read as sRGB and saved as linear): it is put back"
        told.append(Finding(text=text, sure=sure, trouble=True))
    return *best, told


def _lengths(frames: Sequence[np.ndarray], decoded: Sequence[np.ndarray]) -> list[Finding]:
    findings = []
    broken = np.mean([1 - np.isfinite(frame).all(-1).mean() for frame in frames])
    if broken:
        findings.append(Finding(text=f"{_share(broken)} of the pixels are NaN or infinite: they count as holes", trouble=True))
    lengths = np.concatenate([np.linalg.norm(each, axis=-1).ravel() for each in decoded])
    there = is_normal(lengths)
    holes = 1 - there.mean()
    if holes:
        findings.append(Finding(text=f"{_share(holes)} of the pixels have no normal: they face the camera"))
    if there.any():
        off = np.mean(np.abs(lengths[there] - 1) > 0.04)
        if off > 0.02:
            low, high = np.percentile(lengths[there], (1, 99))
            text = f"{_share(off)} of the normals are not of length 1 ({low:.2f} to {high:.2f}): they are made so"
            findings.append(Finding(text=text))
        else:
            findings.append(Finding(text="The normals are of unit length"))
    return findings


def _steps(frames: Sequence[np.ndarray], *, byte_files: bool) -> list[Finding]:
    values = np.concatenate([_thinned(frame).ravel() for frame in frames])
    values = values[np.isfinite(values)] * 255
    if byte_files:
        return [Finding(text="8 bits a channel: light on smooth surfaces may show steps", trouble=True)]
    if np.mean(np.abs(values - np.round(values)) < 0.02) > 0.99 and len(np.unique(np.round(values))) > 8:
        return [Finding(text="The file is finer, but its numbers have 8 bits: light may show steps", trouble=True)]
    return []


def _axes(frames: Sequence[Field], view: View) -> tuple[_Reading, list[Finding]]:
    rays = axis_evidence.rays(frames[0].there.shape, half_width=view.half_width, shift=view.shift)
    frames = [frame for frame in frames if frame.there.shape == frames[0].there.shape]
    turns = view.turns[: len(frames)] if len(view.turns) >= len(frames) else ()
    readings = []
    for space in (CAMERA, WORLD) if turns else (CAMERA,):
        readings += _readings(frames, rays, space=space, cameras=turns or (np.eye(3),) * len(frames))
    best = max(readings, key=lambda reading: reading.score)
    others = max((reading.score for reading in readings if reading.space != best.space), default=best.score - 9)
    findings = [_space(best, margin=best.score - others, has_camera=bool(turns))]
    findings.append(_order(best, readings))
    findings += [_flip(axis, best, readings) for axis in range(3)]
    return best, findings


def _readings(frames: Sequence[Field], rays: Rays, *, space: str, cameras: Sequence[np.ndarray]) -> list[_Reading]:
    """Return those of a space whose surfaces face the camera best, scored."""
    tried = []
    for order, x, y, z in itertools.product(ORDERS, (False, True), (False, True), (False, True)):
        flip = (x, y, z)
        axes = signed_axes(order, flip)
        turns = [camera.T @ axes if space == WORLD else axes for camera in cameras]
        tried.append((axis_evidence.facing(frames, turns, rays), order, flip, turns))
    most = max(share for share, *_ in tried)
    ups = [camera.T @ (0.0, 0.0, 1.0) if space == WORLD else np.array((0.0, 1.0, 0.0)) for camera in cameras]
    readings = []
    for share, order, flip, turns in tried:
        if share >= most - 0.15:
            signs = axis_evidence.signs(frames, turns, rays, ups=ups)
            told = (signs.facing, signs.whole, signs.straight, signs.bulge_x, signs.bulge_y, signs.up)
            score = float(_WEIGHTS @ told) + _custom(order, flip, space)
            readings.append(_Reading(order=order, flip=flip, space=space, score=score, signs=signs))
    return readings


def _custom(order: str, flip: tuple[bool, bool, bool], space: str) -> float:
    """Return what tools write: mostly our order, sometimes +Y down or +X left; world space with +Z or with +Y up."""
    if space == WORLD and (order, flip) == ("XZY", (False, True, False)):
        return 0.5
    return {"XYZ": 1.0, "ZYX": 0.3, "XZY": 0.2}.get(order, -0.5) - 0.25 * sum(flip) - (0.5 if space == WORLD else 0.0)


def _space(best: _Reading, *, margin: float, has_camera: bool) -> Finding:
    seen = f"read this way, {best.signs.facing:.0%} of the surfaces face the camera"
    if best.space == WORLD:
        return Finding(text=f"World space: {seen}", sure=_certainty(margin))
    if best.signs.facing < 0.93 and not has_camera:
        text = f"Perhaps world space: no channel points to the camera (at best {best.signs.facing:.0%} of the surfaces face it)"
        return Finding(text=f"{text}. Make the plate's camera the scene's, and check again", sure=GUESS, trouble=True)
    if not has_camera and (best.signs.facing < _ALL or min(best.signs.bulge_x, best.signs.bulge_y) < _ROUND):
        text = f"Camera space: {seen}. Only with the plate's camera as the scene's can world space be ruled out"
        return Finding(text=text, sure=LIKELY)
    return Finding(text=f"Camera space: {seen}", sure=_certainty(margin) if best.signs.facing > 0.93 else GUESS)


def _order(best: _Reading, readings: Sequence[_Reading]) -> Finding:
    others = max((r.score for r in readings if r.order != best.order and r.space == best.space), default=best.score - 9)
    right, up, last = (_TOWARD[channel] for channel in best.order)
    if best.space == WORLD:
        text = (
            "Channels: red, green and blue are Blender's X, Y and Z"
            if best.order == "XYZ"
            else (f"Channels: {right} is Blender's X, {up} its Y and {last} its Z")
        )
    else:
        text = f"Channels: {right} is left and right, {up} is up and down, {last} is near and far"
    return Finding(text=text, sure=_certainty(best.score - others), trouble=best.order != "XYZ" and best.space == CAMERA)


def _flip(axis: int, best: _Reading, readings: Sequence[_Reading]) -> Finding:
    kin = [r for r in readings if r.order == best.order and r.space == best.space]
    others = max((r.score for r in kin if r.flip[axis] != best.flip[axis]), default=best.score - 9)
    names = ("right", "up", "toward the camera") if best.space == CAMERA else ("along +X", "along +Y", "up along +Z")
    away = ("left", "down", "away from the camera") if best.space == CAMERA else ("along -X", "along -Y", "down along -Z")
    channel = _TOWARD[best.order[axis]].capitalize()
    text = f"{channel} points {away[axis]}: flipped" if best.flip[axis] else f"{channel} points {names[axis]}"
    return Finding(text=text, sure=_certainty(best.score - others))


def _certainty(margin: float) -> str:
    return SURE if margin > 1.5 else LIKELY if margin > 0.5 else GUESS


def _share(part: float) -> str:
    return f"{part:.0%}" if part >= 0.01 else "Less than 1%"


def _thinned(frame: np.ndarray) -> np.ndarray:
    """Return every few pixels of a frame, (N, 3), about 20 000."""
    flat = frame.reshape(-1, 3)
    return flat[:: max(1, len(flat) // 20000)]
