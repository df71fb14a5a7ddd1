"""Endless clips with exact normals, ray-cast on a CPU.

Geometry is cast once per view and then given several looks (materials, light, air), since shading costs little and what a
network must learn to ignore is exactly the look.
"""

import multiprocessing
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ....tuning.failures import TrainingStopped
from ....tuning.settings_rules import at_least, invalid
from ..data.clips import Intrinsics, write_clip
from .catalogue import KINDS, random_scene
from .environments import Environment, read_environments
from .gbuffer import Caster, GBuffer
from .moving import motions, moved
from .scene import Camera, Thing, Zoo, looking
from .shading import Look, shade
from .textures import Noise

SIZES = ((192, 288), (232, 232), (168, 336))
KIND_SHARES = (0.05, 0.07, 0.08, 0.08, 0.02, 0.1, 0.06, 0.04, 0.07, 0.09, 0.03, 0.03, 0.04, 0.12, 0.12)


@dataclass(frozen=True, kw_only=True)
class ClipsRequest:
    """What clips to render.

    Attributes:
        out: folder for the clips, `<scene>_<view>_<look>` each (see `clips`).
        scenes: how many different scenes.
        views: cameras per scene.
        looks: sets of materials and lights per view.
        frames: `T`, frames per clip; the camera moves a little from one to the next.
        seed: another seed makes other scenes.
        workers: processes.
        environments: folder of equirectangular EXR maps, lat-long, as light for half of the looks.
        moving: share of the things that move while a clip runs, of those that may.
    """

    out: Path
    scenes: int = 1000
    views: int = 3
    looks: int = 2
    frames: int = 1
    seed: int = 0
    workers: int = 2
    environments: Path | None = None
    moving: float = 0.0

    def __post_init__(self) -> None:
        """Raises: PlatelightError, `setting_invalid`."""
        for name in ("scenes", "views", "looks", "frames", "workers"):
            at_least(name, getattr(self, name), 1)
        if not 0 <= self.moving <= 1:
            raise invalid("moving", self.moving, "it must be between 0 and 1")
        if self.environments is not None and not any(self.environments.glob("*.exr")):
            raise invalid("environments", str(self.environments), "there is no map (*.exr) in it")


def make_clips(request: ClipsRequest) -> Iterator[int]:
    """Render clips; yields the number of scenes done so far. Scenes that are there already are kept: begun again after any stop, it
    ends with the clips of a run that was never stopped. Others come of another number of scenes, views or workers.

    Raises:
        PlatelightError: a clip can't be written, naming it.
    """
    try:
        request.out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _not_written(request.out, error) from error
    workers = request.workers
    shares = [range(first, request.scenes, workers) for first in range(workers)]
    pieces = max(1, request.scenes // (workers * 50))  # so that progress shows while they run
    work = [(request, share[piece::pieces]) for piece in range(pieces) for share in shares]
    done = 0
    with multiprocessing.get_context("spawn").Pool(workers) as pool:
        for finished in pool.imap_unordered(_make_share, work):
            done += finished
            yield done


def _make_share(share: tuple[ClipsRequest, range]) -> int:
    """Render the scenes of one share; returns how many."""
    request, numbers = share
    last = f"{request.views - 1}_{request.looks - 1}"
    lacking = [number for number in numbers if not (request.out / f"{number:06d}_{last}").exists()]
    noise, zoo = Noise(), None
    places = read_environments(request.environments) if request.environments and lacking else []
    for number in numbers:
        if not lacking or number > lacking[-1]:
            break
        rng = np.random.default_rng([request.seed, number])
        zoo = Zoo(rng=rng) if zoo is None else Zoo(rng=rng, kept=zoo.kept)
        scene = random_scene(zoo, kind=KINDS[rng.choice(len(KINDS), p=KIND_SHARES)])
        if number in lacking:  # the others are drawn because later ones share their shapes
            _make_scene(request, number, *scene, rng=rng, noise=noise, places=places)
    return len(numbers)


def _make_scene(
    request: ClipsRequest,
    number: int,
    things: list[Thing],
    first: Camera,
    *,
    rng: np.random.Generator,
    noise: Noise,
    places: list[Environment],
) -> None:
    """Render every view and look of one scene."""
    frames, still = request.frames, np.random.default_rng([request.seed, number, 1])
    going = motions(things, share=request.moving, rng=still) if request.moving else {}
    parts = [moved(things, going, frame=frame) for frame in range(frames)] if going else [things]
    casters = [Caster(part) for part in parts] * (frames // len(parts))
    things_of = parts * (frames // len(parts))
    for view in range(request.views):
        height, width = SIZES[rng.integers(len(SIZES))]
        start = first if view == 0 else _moved(first, rng, stride=1.0)
        path = [start]
        for _ in range(frames - 1):
            path.append(_moved(path[-1], rng, stride=0.05))
        buffers = [
            caster.gbuffer(camera, height=height, width=width, rng=rng) for caster, camera in zip(casters, path, strict=True)
        ]
        hit = buffers[0].thing >= 0
        if hit.mean() < 0.15:
            continue
        anchor = np.median(buffers[0].position[hit], axis=0)
        reach = max(float(np.median(buffers[0].distance[hit])), 0.5)
        for look in range(request.looks):
            key = int(rng.integers(2**31))
            shaded: list[Look] = []
            for buffer, seen, caster in zip(buffers, things_of, casters, strict=True):
                shaded.append(
                    shade(
                        buffer,
                        things=seen,
                        caster=caster,
                        noise=noise,
                        seed=key,
                        anchor=anchor,
                        reach=reach,
                        environments=places,
                        lens=shaded[0].lens if shaded else None,
                    )
                )
            normals = [
                (each.label @ camera.axes.T) * (buffer.thing >= 0)[..., None]
                for each, camera, buffer in zip(shaded, path, buffers, strict=True)
            ]
            folder = request.out / f"{number:06d}_{view}_{look}"
            try:
                write_clip(
                    folder,
                    frames=np.rint(np.stack([each.frame for each in shaded]) * 255),
                    normals=np.stack(normals),
                    depth=np.stack([_depth(camera, buffer) for camera, buffer in zip(path, buffers, strict=True)]),
                    intrinsics=Intrinsics(fx=start.focal * width, fy=start.focal * width, cx=(width - 1) / 2, cy=(height - 1) / 2),
                )
            except OSError as error:
                raise _not_written(folder, error) from error


def _not_written(folder: Path, error: OSError) -> TrainingStopped:
    """Return what the system said; numpy says only how many bytes it couldn't write."""
    remedy = "Free some space or choose another folder, and run the same command again: clips that are whole stay."
    return TrainingStopped(f"{folder} could not be written: {error.strerror or error}", remedy=remedy)


def _depth(camera: Camera, buffer: GBuffer) -> np.ndarray:
    """`(H, W)` distance along the camera's axis, zero where the ray hit nothing."""
    return -(buffer.position - camera.position) @ camera.axes[2] * (buffer.thing >= 0)


def _moved(camera: Camera, rng: np.random.Generator, *, stride: float) -> Camera:
    """Return the camera after a random step of about `stride` units, still facing about the same way."""
    position = camera.position + rng.normal(size=3) * [0.8, 0.2, 0.5] * stride
    target = camera.position - camera.axes[2] * 4 + rng.normal(size=3) * 0.5 * stride
    return looking(position, target, focal=camera.focal * np.exp(rng.normal() * 0.2 * stride), roll=rng.normal() * 0.05 * stride)
