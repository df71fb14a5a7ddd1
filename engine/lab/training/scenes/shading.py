"""Looks: materials and light drawn at random for a G-buffer. One G-buffer takes many looks.

Light, colour and texture are independent of shape on purpose: dark ground and bright walls, light from below and from the
side, textures as strong as shading. A network that learns "bright means up" from these pictures is wrong on half of them.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from ....frames.colour import encode_srgb
from .environments import Environment, looked_up
from .gbuffer import Caster, GBuffer
from .materials import material
from .scene import Thing
from .surfaces import rotation, unit
from .textures import Noise


@dataclass(frozen=True, kw_only=True)
class Look:
    """One shaded frame.

    Attributes:
        frame: `(H, W, 3)` float32 display-referred sRGB in [0, 1].
        label: `(H, W, 3)` float32 unit normals in world axes, with the bumps that are large enough to be shape.
        lens: air and camera that it was taken through, for the clip's other frames.
    """

    frame: np.ndarray
    label: np.ndarray
    lens: "Lens"


@dataclass(frozen=True, kw_only=True)
class Lens:
    """What lies between a scene and its pictures. `haze`: units that light goes through it, 0 for clear air. `focus`: the share of
    the pixels that are nearer than what is sharp, and `blur`, how fast and how far the rest blurs, None where all is sharp.
    `exposure`: of the picture's mean. `shoulder`: gain after a film curve, 0 for none."""

    haze: float
    focus: float | None
    blur: tuple[float, float]
    exposure: float
    shoulder: float

    @classmethod
    def drawn(cls, rng: np.random.Generator) -> "Lens":
        haze = np.exp(rng.uniform(np.log(5), np.log(120))) if rng.random() < 0.12 else 0.0
        focus, blur = None, (0.0, 0.0)
        if rng.random() < 0.15:
            focus, blur = rng.uniform(0.05, 0.7), (rng.uniform(0.5, 2), rng.uniform(1, 4))
        exposure = rng.uniform(0.12, 0.4)
        shoulder = rng.uniform(1.2, 2.2) if rng.random() < 0.6 else 0.0
        return cls(haze=haze, focus=focus, blur=blur, exposure=exposure, shoulder=shoulder)


def shade(
    gbuffer: GBuffer,
    *,
    things: list[Thing],
    caster: Caster,
    noise: Noise,
    seed: int,
    anchor: np.ndarray,
    reach: float,
    environments: list[Environment],
    lens: Lens | None = None,
) -> Look:
    """Draw materials, lights, air and lens from `seed` and renders one frame.

    The same seed, `anchor` (the world point that lamps are placed around) and `reach` (how far from it, in units) give the
    same materials and lights for every frame of a clip; `lens` is its first frame's, None for that one. Half of the looks are lit
    by one of `environments`, if there are any.
    """
    rng = np.random.default_rng(seed)
    sky: _Sky | _Place = _Sky(rng)
    if environments and rng.random() < 0.5:
        sky = _Place(environments[rng.integers(len(environments))], rng)
    lights = [*sky.lights(reach), *_lights(rng, anchor=anchor, reach=reach, most=sky.most_lights)]
    height, width = gbuffer.thing.shape
    hit = gbuffer.thing.ravel() >= 0
    points, ray = gbuffer.position.reshape(-1, 3)[hit], gbuffer.ray.reshape(-1, 3)[hit]
    normal, label = gbuffer.normal.reshape(-1, 3)[hit], gbuffer.label.reshape(-1, 3)[hit].copy()
    owner, open_sky = gbuffer.thing.ravel()[hit], gbuffer.openness.ravel()[hit]
    base, gloss, metal, wrap = np.empty((len(points), 3)), *np.zeros((3, len(points)))
    normal = normal.copy()
    for index in np.unique(owner):
        mine = owner == index
        turn, offset = things[index].place or (np.eye(3, dtype=np.float32), np.zeros(3, dtype=np.float32))
        local = (points[mine] - offset) @ turn  # where it was when its texture was laid
        look = material(local, hint=things[index].hint, noise=noise, rng=np.random.default_rng([seed, index]))
        base[mine] = look.base
        gloss[mine], metal[mine], wrap[mine] = look.gloss, look.metal, look.wrap
        if look.bump is not None:
            bump = look.bump @ turn.T
            normal[mine] = unit(normal[mine] + bump)
            if look.bump_is_shape:
                label[mine] = unit(label[mine] + bump)
    diffuse = sky.ambient(normal) * open_sky[:, None]
    shine = sky.radiance(unit(ray - 2 * (ray * normal).sum(-1, keepdims=True) * normal), noise=noise) * open_sky[:, None]
    for light in lights:
        direction, away, fall = light.at(points)
        facing = (direction * normal).sum(-1)
        lit = np.maximum((facing + wrap) / (1 + wrap), 0)
        start = points + gbuffer.normal.reshape(-1, 3)[hit] * 3e-3
        jittered = unit(direction + rng.normal(size=direction.shape) * light.softness) if light.softness else direction
        seen = ~caster.blocked(start, jittered, away)
        if light.softness:
            seen = _smoothed(seen, hit, shape=(height, width), radius=light.softness * 12)
        power = (lit * fall * (1 - light.shadow * (1 - seen)))[:, None] * light.colour
        diffuse += power
        half = unit(direction - ray)
        exponent = 2 ** (1 + 9 * gloss)
        sharp = np.maximum((half * normal).sum(-1), 0) ** exponent * (exponent + 8) / 25
        shine += sharp[:, None] * power
    fresnel = 0.04 + 0.96 * (1 - np.clip(-(ray * normal).sum(-1), 0, 1)) ** 5
    mirror = np.where(metal > 0, 0.9, fresnel * gloss)[:, None]
    colour = base * diffuse * np.where(metal > 0, 0.15, 1.0)[:, None] + mirror * shine * np.where(metal[:, None] > 0, base, 1.0)
    picture = sky.radiance(gbuffer.ray.reshape(-1, 3), noise=noise)
    picture[hit] = colour
    lens = lens or Lens.drawn(rng)  # not drawn for each frame: how many numbers soft lights take depends on what a frame shows
    picture = _air(picture.reshape(height, width, 3), gbuffer, sky, lens)
    taught = gbuffer.label.reshape(-1, 3).copy()
    taught[hit] = label
    return Look(frame=_develop(picture, lens), label=taught.reshape(height, width, 3).astype(np.float32), lens=lens)


class _Sky:
    """A random surrounding: gradient, a soft bright side, clouds, maybe a horizon."""

    def __init__(self, rng: np.random.Generator):
        def tint() -> np.ndarray:
            return np.clip(1 + rng.normal(size=3) * rng.choice([0.05, 0.3]), 0.1, 2)

        upright = rng.random() < 0.7
        self.up = np.array([0, 1, 0.0]) if upright else unit(rng.normal(size=3))
        self.top, self.low = tint() * rng.uniform(0.1, 1.0), tint() * rng.uniform(0.02, 0.5)
        self.horizon = tint() * rng.uniform(0.3, 1.5)
        self.side, self.glow = unit(rng.normal(size=3)), tint() * rng.choice([0.0, rng.uniform(0, 1.5)])
        self.clouds, self.scale = rng.choice([0.0, rng.uniform(0.1, 0.8)]), rng.uniform(0.5, 4)
        self.soft = rng.uniform(0.02, 0.6)

    most_lights = 3

    def lights(self, reach: float) -> list["_Light"]:
        return []

    def radiance(self, directions: np.ndarray, *, noise: Noise) -> np.ndarray:
        """Return light arriving from `(N, 3)` unit directions."""
        level = directions @ self.up
        above = (1 / (1 + np.exp(-level / self.soft * 3)))[:, None]
        near = np.exp(-np.abs(level) / (self.soft + 0.1))[:, None]
        light = self.low * (1 - above) + self.top * above + self.horizon * near * 0.5
        light = light + self.glow * np.maximum(directions @ self.side, 0)[:, None] ** 3
        if self.clouds:
            light = light * np.exp(self.clouds * noise.octaves(directions * self.scale, count=3))[:, None]
        return light

    def ambient(self, normals: np.ndarray) -> np.ndarray:
        """Return light gathered by unit normals, cheaply: a blend of both halves and a lobe toward the bright side."""
        above = (0.5 + 0.5 * normals @ self.up)[:, None]
        lobe = np.maximum(0.5 + 0.5 * normals @ self.side, 0)[:, None] ** 2
        return self.low * (1 - above) + self.top * above + self.glow * lobe


class _Place:
    """A measured surrounding, turned about the upright axis, brightened and tinted at random. Stands in for `_Sky`."""

    most_lights = 1

    def __init__(self, environment: Environment, rng: np.random.Generator):
        self.environment = environment
        self.turn = rotation([0, 1, 0], rng.uniform(0, 2 * np.pi))
        self.gain = np.clip(1 + rng.normal(size=3) * 0.08, 0.5, 1.5) * rng.uniform(0.3, 1.5)
        self.horizon = environment.radiance[len(environment.radiance) // 2].mean(0) * self.gain
        self.soft = float(rng.uniform(0.005, 0.1))

    def lights(self, reach: float) -> list["_Light"]:
        """Return the sun of the place, where it has one."""
        colour = self.environment.sun_colour * self.gain
        if colour.max() < 0.05:
            return []
        sun = self.environment.sun @ self.turn.T
        return [_Light(place=sun, is_lamp=False, colour=colour, softness=self.soft, shadow=1.0, reach=reach)]

    def radiance(self, directions: np.ndarray, *, noise: Noise) -> np.ndarray:
        """Return light arriving from `(N, 3)` unit directions."""
        return looked_up(self.environment.radiance, directions @ self.turn) * self.gain

    def ambient(self, normals: np.ndarray) -> np.ndarray:
        """Return light gathered by unit normals."""
        return looked_up(self.environment.irradiance, normals @ self.turn) * self.gain


@dataclass(frozen=True, kw_only=True)
class _Light:
    """A sun (`place` is a direction) or a lamp (`place` is a position)."""

    place: np.ndarray
    is_lamp: bool
    colour: np.ndarray
    softness: float
    shadow: float
    reach: float

    def at(self, points: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Direction to the light, how far shadows matter, and fall-off, for `(N, 3)` points."""
        if not self.is_lamp:
            return np.broadcast_to(self.place, points.shape), np.full(len(points), 1e4), np.ones(len(points))
        toward = self.place - points
        far = np.linalg.norm(toward, axis=-1)
        return toward / far[:, None], far * 0.98, 1 / np.maximum(far / self.reach, 0.2) ** 2


def _lights(rng: np.random.Generator, *, anchor: np.ndarray, reach: float, most: int) -> list[_Light]:
    """Return none to `most` (three) lights: suns from above mostly, but also from the side and from below, and lamps in the
    scene."""
    lights = []
    for _ in range(min(most, int(rng.choice([0, 1, 1, 1, 2, 3])))):
        direction = unit(rng.normal(size=3))
        if rng.random() < 0.75:
            direction[1] = abs(direction[1])
        is_lamp = rng.random() < 0.3
        lights.append(
            _Light(
                place=anchor + direction * reach * rng.uniform(0.3, 1.5) if is_lamp else direction,
                is_lamp=is_lamp,
                colour=np.clip(1 + rng.normal(size=3) * rng.choice([0.08, 0.35]), 0.05, 2) * rng.uniform(0.8, 5),
                softness=rng.choice([0.0, rng.uniform(0.02, 0.25)]),
                shadow=rng.choice([1.0, 1.0, 0.0]),
                reach=reach,
            )
        )
    return lights


def _smoothed(seen: np.ndarray, hit: np.ndarray, *, shape: tuple[int, int], radius: float) -> np.ndarray:
    """Jittered shadow rays averaged over neighbours."""
    full = np.ones(len(hit), dtype=np.float32)
    full[hit] = seen
    return cv2.GaussianBlur(full.reshape(shape), (0, 0), 0.6 + radius).ravel()[hit]


def _air(picture: np.ndarray, gbuffer: GBuffer, sky: _Sky | _Place, lens: Lens) -> np.ndarray:
    """Haze by distance and blur away from the focus distance."""
    picture = picture.astype(np.float32)
    if lens.haze:
        clear = np.exp(-np.minimum(gbuffer.distance, 300) / lens.haze)[..., None]
        picture = picture * clear + (sky.horizon * 0.8 * (1 - clear)).astype(np.float32)
    if lens.focus is not None:
        focus = np.quantile(gbuffer.distance, lens.focus)
        share = np.clip(np.abs(1 / gbuffer.distance - 1 / focus) * focus * lens.blur[0], 0, 1)[..., None]
        share = cv2.GaussianBlur(share, (0, 0), 2)[..., None]
        picture = picture * (1 - share) + cv2.GaussianBlur(picture, (0, 0), lens.blur[1]) * share
    return picture


def _develop(picture: np.ndarray, lens: Lens) -> np.ndarray:
    """Scene-linear to display: exposure, a film curve, sRGB."""
    grey = picture.mean(-1)
    exposed = picture * (lens.exposure / max(float(np.exp(np.log(grey + 1e-3).mean())), 1e-3))
    if lens.shoulder:
        exposed = exposed * (1 + exposed / 9) / (1 + exposed)
        exposed = exposed * lens.shoulder
    return encode_srgb(np.clip(exposed, 0, 1))
