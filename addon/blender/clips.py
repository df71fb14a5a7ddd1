"""From strips and clips to what the engine is asked for: source, source frames, and where they lie on the timeline."""

from __future__ import annotations

import fnmatch
import glob
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import bpy

from ..contract import ErrorCode, PlatelightError, Source
from . import compat, paths, playback, sequences, working_space
from .sequences import Run

PICTURE_TYPES = ("MOVIE", "IMAGE", "MOVIECLIP")


@dataclass(frozen=True, kw_only=True)
class ClipTarget:
    """A plate at its place on a timeline.

    `label`: what the user calls it. `first`, `last`: source frames that are seen. `timeline_start`: the scene frame that shows
    source frame `first`; from there on one source frame a scene frame. `strip_name`: of the strip or, where there is none, of
    the movie clip. `is_sequence`: an image sequence or a still, not a movie. `alpha_mode`: how the file's alpha is meant
    (STRAIGHT, PREMUL), empty for Blender's own choice. `hold_before`, `hold_after`: scene frames around the range during which
    the strip holds its first or last picture. `not_applied`: what changes the picture in the Sequencer and not in the compositor,
    such as ``("crop", "flip")``.
    """

    label: str
    source: Source
    first: int
    last: int
    timeline_start: int
    scene_name: str
    strip_name: str
    is_sequence: bool
    alpha_mode: str = ""
    hold_before: int = 0
    hold_after: int = 0
    not_applied: tuple[str, ...] = ()

    @property
    def shown(self) -> tuple[int, int]:
        """First and last scene frame where the plate is seen."""
        return self.timeline_start - self.hold_before, self.timeline_start + self.last - self.first + self.hold_after


def can_target(context: bpy.types.Context) -> str:
    """``""`` where `targets_from_context` has something to try, else the reason why not. Costs nothing: looks at no file."""
    if _edited_clip(context) or any(s.type in (*PICTURE_TYPES, "META") for s in compat.selected_strips(context)):
        return ""
    if context.scene and context.scene.active_clip:
        return ""
    return "Select a movie, image or movie-clip strip, or open a clip in the Movie Clip editor"


def targets_from_context(context: bpy.types.Context) -> list[ClipTarget]:
    """Return the clip of the Movie Clip editor where that is open, else the selected strips, else the scene's active clip.

    Raises:
        PlatelightError: `nothing_selected`, `strip_unsupported`, `strip_retimed`, `source_missing`.
    """
    if clip := _edited_clip(context):
        return [clip_target(clip, scene=cast(bpy.types.Scene, context.scene))]
    if selected := compat.selected_strips(context):
        targets, errors = _each(selected, scene=compat.sequencer_scene(context))
        if errors:
            raise errors[0]
        if targets:
            return targets
        raise PlatelightError(ErrorCode.NOTHING_SELECTED, "the meta strip is empty")
    if context.scene and context.scene.active_clip:
        return [clip_target(context.scene.active_clip, scene=context.scene)]
    raise PlatelightError(ErrorCode.NOTHING_SELECTED, "no strip is selected and no clip is open")


def targets_by_pattern(pattern: str, *, scene_names: tuple[str, ...] = ()) -> list[ClipTarget]:
    """Strips by name (``plate*``), in all scenes or in those named, in the order of the timeline.

    Raises:
        PlatelightError: as `targets_from_context`.
    """
    targets, errors = each_by_pattern(pattern, scene_names=scene_names)
    if errors:
        raise errors[0]
    return targets


def each_by_pattern(pattern: str, *, scene_names: tuple[str, ...] = ()) -> tuple[list[ClipTarget], list[PlatelightError]]:
    """Return the same, and what is wrong with those that can't be estimated: one doesn't stop the others.

    Raises:
        PlatelightError: `nothing_selected` where no strip has such a name.
    """
    targets: list[ClipTarget] = []
    errors: list[PlatelightError] = []
    for scene in bpy.data.scenes:
        if scene.sequence_editor and (not scene_names or scene.name in scene_names):
            good, bad = _each(compat.strips(scene.sequence_editor), scene=scene, named=pattern)
            targets, errors = targets + good, errors + bad
    if not targets and not errors:
        raise PlatelightError(ErrorCode.NOTHING_SELECTED, f"no strip is named {pattern}")
    return sorted(targets, key=lambda target: (target.scene_name, target.shown)), errors


def target_named(scene: bpy.types.Scene, name: str) -> ClipTarget:
    """Return the plate of a strip or clip.

    Raises:
        PlatelightError: as `targets_from_context`; `nothing_selected` where it is no more.
    """
    clip = bpy.data.movieclips.get(name)
    named = scene.sequence_editor and any(strip.name == name for strip in compat.picture_strips(scene))
    if clip is not None and not named:
        return clip_target(clip, scene=scene)
    found = targets_by_pattern(glob.escape(name), scene_names=(scene.name,)) if named else []
    if not found:
        raise PlatelightError(ErrorCode.NOTHING_SELECTED, f"there is no strip or clip {name} in {scene.name} any more")
    return found[0]


def clip_target(clip: bpy.types.MovieClip, *, scene: bpy.types.Scene) -> ClipTarget:
    """Return all of a movie clip, where the Movie Clip editor shows it.

    Raises:
        PlatelightError: `strip_unsupported`, `source_missing`.
    """
    run = _clip_run(clip)
    # Blender shows file (number in the path + frame_offset) at clip.frame_start, and counts the duration from the path's number.
    at_start = sequences.clip_number(run) + clip.frame_offset
    first = max(at_start, run.first)
    last = max(run.last, first)
    return ClipTarget(
        label=clip.name,
        source=_source(run, of=clip),
        first=first,
        last=last,
        timeline_start=clip.frame_start + first - at_start,
        scene_name=scene.name,
        strip_name=clip.name,
        is_sequence=run.is_sequence,
    )


def strip_target(strip: Any, *, scene: bpy.types.Scene, within: tuple[int, int] | None = None) -> ClipTarget:
    """Return what is seen of a movie, image or movie-clip strip; `within`: the scene frames where its meta strip lets it be seen.

    Raises:
        PlatelightError: `strip_unsupported`, `strip_retimed`, `source_missing`.
    """
    if strip.type not in PICTURE_TYPES:
        raise PlatelightError(ErrorCode.STRIP_UNSUPPORTED, f"{strip.name} is of the kind {_kind(strip)}")
    if compat.is_retimed(strip):
        raise PlatelightError(ErrorCode.STRIP_RETIMED, _has_keys(strip))
    if getattr(strip, "use_reverse_frames", False):
        raise PlatelightError(ErrorCode.STRIP_UNSUPPORTED, f"{strip.name} plays in reverse: clear Reverse Frames")
    if getattr(strip, "use_multiview", False):
        raise PlatelightError(ErrorCode.STRIP_UNSUPPORTED, f"{strip.name} is stereo; make a strip of each eye")
    if getattr(strip, "strobe", 1.0) > 1.0:
        raise PlatelightError(ErrorCode.STRIP_UNSUPPORTED, f"{strip.name} holds each picture for some frames: set its Strobe to 1")
    times = compat.strip_times(strip)
    shown_first, shown_last = times.first, times.last
    if within:
        shown_first, shown_last = max(shown_first, within[0]), min(shown_last, within[1])
    if times.length < 1 or shown_last < shown_first:
        raise PlatelightError(ErrorCode.STRIP_UNSUPPORTED, f"nothing of {strip.name} is seen")
    zero = int(-(-times.content_start // 1))  # the first whole frame of the content
    low = min(max(shown_first - zero, 0), times.length - 1)
    high = min(max(shown_last - zero, 0), times.length - 1)
    run, offset = _strip_run(strip, times=times, low=low, high=high)
    source = _source(run, of=compat.strip_clip(strip) if strip.type == "MOVIECLIP" else strip)
    if strip.type == "MOVIE" and playback.is_resampled(strip, scene=scene, file=run.file, last=high):
        raise PlatelightError(ErrorCode.STRIP_RETIMED, _resampled(strip, scene=scene))
    return ClipTarget(
        label=strip.name,
        source=source,
        first=offset + low,
        last=offset + high,
        timeline_start=zero + low,
        scene_name=scene.name,
        strip_name=strip.name,
        is_sequence=run.is_sequence,
        alpha_mode=getattr(strip, "alpha_mode", ""),
        hold_before=max(zero + low - shown_first, 0),
        hold_after=max(shown_last - zero - high, 0),
        not_applied=compat.reshaped(strip, scene=scene),
    )


def _strip_run(strip: Any, *, times: compat.StripTimes, low: int, high: int) -> tuple[Run, int]:
    """Return the files behind pictures `low` to `high`, and what must be added to a picture's index to get its source frame."""
    if strip.type == "IMAGE":
        names = [element.filename for element in strip.elements]
        names = names[times.skipped + low : times.skipped + high + 1]
        run = sequences.of_names(_absolute(strip.directory, strip), names, label=strip.name)
        return run, run.first - low
    if strip.type == "MOVIE":
        run = sequences.of_movie(_absolute(strip.filepath, strip))
        return run, times.skipped + 1
    clip = compat.strip_clip(strip)
    if clip is None:
        raise PlatelightError(ErrorCode.STRIP_UNSUPPORTED, f"{strip.name} has no clip")
    run = _clip_run(clip)
    return run, sequences.clip_number(run) + times.skipped + clip.frame_offset


def _clip_run(clip: bpy.types.MovieClip) -> Run:
    path = _absolute(clip.filepath, clip)
    if clip.source == "MOVIE":
        return sequences.of_movie(path, length=clip.frame_duration)
    return sequences.of_file(path)


def _each(found: Iterable[Any], *, scene: bpy.types.Scene, named: str = "") -> tuple[list[ClipTarget], list[PlatelightError]]:
    """Return the pictures among strips, looking into meta strips, and what is wrong with those that can't be estimated; with a
    pattern
    only those strips (or meta strips) of that name."""
    leaves: list[tuple[Any, tuple[int, int] | None]] = []
    targets: list[ClipTarget] = []
    errors: list[PlatelightError] = []
    for strip in found:
        try:
            leaves += _leaves([strip], within=None, named=named)
        except PlatelightError as error:
            errors.append(error)
    for strip, within in leaves:
        try:
            targets += [strip_target(strip, scene=scene, within=within)] if strip.type in PICTURE_TYPES else []
        except PlatelightError as error:
            errors.append(error)
    if leaves and not targets and not errors:
        kinds = ", ".join(f"{strip.name} ({_kind(strip)})" for strip, _ in leaves[:3])
        errors.append(PlatelightError(ErrorCode.STRIP_UNSUPPORTED, kinds))
    return targets, errors


def _leaves(found: Iterable[Any], *, within: tuple[int, int] | None, named: str) -> Iterator[tuple[Any, tuple[int, int] | None]]:
    for strip in found:
        wanted = not named or fnmatch.fnmatchcase(strip.name, named)
        if strip.type != "META":
            if wanted:
                yield strip, within
            continue
        times = compat.strip_times(strip)
        span = (max(times.first, within[0]), min(times.last, within[1])) if within else (times.first, times.last)
        inner = list(_leaves(compat.strips(strip), within=span, named="" if wanted else named))
        if inner and compat.is_retimed(strip):
            raise PlatelightError(ErrorCode.STRIP_RETIMED, _has_keys(strip))
        yield from inner


def _has_keys(strip: Any) -> str:
    return f"{strip.name} has speed keys; remove them"


def _resampled(strip: Any, *, scene: bpy.types.Scene) -> str:
    rates = f"{strip.name} has {strip.fps:.5g} fps, {scene.name} {playback.frame_rate(scene):.5g} fps"
    return f"{rates}; give the scene the clip's frame rate, or add the strip again with Adjust Playback Rate off"


def _kind(strip: Any) -> str:
    return strip.type.replace("_", " ").lower()


def _edited_clip(context: bpy.types.Context) -> bpy.types.MovieClip | None:
    return getattr(context, "edit_movieclip", None)


def _source(run: Run, *, of: Any) -> Source:
    """`of`: the strip, or the clip that it shows."""
    frames, rate = playback.seen(of)
    return Source(
        path=str(run.file),
        clip=run.clip,
        color_space=working_space.named(of.colorspace_settings.name),
        ocio_config=compat.ocio_config(),
        frames=frames,
        rate=rate,
    )


def _absolute(path: str, owner: Any) -> Path:
    """Return an absolute path, ``//`` resolved against the file that the strip or clip comes from."""
    return paths.absolute(path, library=getattr(owner.id_data, "library", None))
