"""A shop front at night."""

from ..heldout_scenes.kit import Shot, bulb, paint, panel, surround
from ..heldout_scenes.shapes import ball, box, lathe, ring, tube, wire, words
from .bodies import WALK, figure
from .props import blocks, flecked


def shop_front(maps):
    surround(place=maps["night"], strength=1.0, turn=150)
    wet = paint((0.06, 0.06, 0.062), (0.09, 0.085, 0.08), pattern="Noise", scale=5, roughness=0.22)
    box((30, 20, 0.1), wet, at=(0, -3, -0.22))
    blocks(
        [((-6 + 0.8 * i, 1.6 + 0.6 * j, -0.06), (0.79, 0.59, 0.12)) for i in range(16) for j in range(4)],
        flecked((0.2, 0.19, 0.18), (0.28, 0.27, 0.25), roughness=0.35),
        bevel=0.008,
    )
    green, brass = paint((0.02, 0.09, 0.07), roughness=0.2), paint((0.7, 0.5, 0.2), metallic=1, roughness=0.25)
    box((10, 0.4, 3), paint((0.3, 0.13, 0.09), (0.35, 0.3, 0.26), pattern="Brick", scale=2.2), at=(0, 4.2, 3.0))
    box((7.0, 0.5, 0.7), green, at=(0, 4.0, 2.75), bevel=0.04)
    words("Hollis  Lamps & Clocks", 0.46, brass, at=(0, 3.74, 2.93), thick=0.02, bevel=0.004)
    for x in (-3.4, -0.75, 0.75, 3.4):
        box((0.28, 0.4, 2.8), green, at=(x, 4.0, 0), bevel=0.02)
        blocks([((x, 3.79, 0.6), (0.17, 0.03, 0.7)), ((x, 3.79, 1.8), (0.17, 0.03, 1.4))], green, bevel=0.01)
    for x in (-2.08, 2.08):
        box((2.4, 0.4, 0.6), green, at=(x, 4.0, 0), bevel=0.02)
        blocks([((x + dx, 3.79, 0.3), (0.62, 0.03, 0.4)) for dx in (-0.75, 0, 0.75)], green, bevel=0.012)
        box((2.4, 0.05, 0.05), green, at=(x, 3.9, 2.1))
        box((2.4, 1.0, 0.04), paint((0.3, 0.18, 0.08)), at=(x, 4.5, 0.62))
        panel((x, 4.2, 2.65), toward=(x, 4.6, 0.8), size=0.8, energy=40, colour=(1, 0.78, 0.48))
    box((7, 0.1, 3), paint((0.35, 0.25, 0.17), (0.3, 0.2, 0.13), pattern="Stripes", scale=2), at=(0, 5.1, 0))
    for k, (x, size) in enumerate(((-2.8, 0.9), (-2.1, 1.2), (-1.4, 0.8), (1.4, 1.1), (2.2, 0.85), (2.8, 1.15))):
        lathe(
            [
                (0.001, 0),
                (0.09 * size, 0),
                (0.1 * size, 0.03),
                (0.03, 0.1),
                (0.03, 0.2 * size),
                (0.08, 0.3 * size),
                (0.02, 0.42 * size),
                (0.001, 0.43 * size),
            ],
            brass if k % 2 else paint((0.1, 0.2, 0.35), roughness=0.1),
            at=(x, 4.4, 0.66),
        )
        tube(0.19 * size, 0.24 * size, paint((1, 0.72, 0.4), glow=1.2), at=(x, 4.4, 0.66 + 0.42 * size), top=0.1 * size)
    box((1.2, 0.06, 2.2), green, at=(0, 4.1, 0), bevel=0.01)
    box((0.8, 0.04, 1.2), paint((1, 0.75, 0.45), glow=0.7), at=(0, 4.06, 0.85))
    ball(0.035, brass, at=(0.45, 4.03, 1.0))
    wire([(2.9, 3.7, 3.9), (2.9, 3.0, 3.9)], 0.025, paint((0.03, 0.03, 0.03), metallic=0.6), round_=False)
    tube(0.36, 0.12, brass, at=(2.96, 3.05, 3.45), turn=(0, -90, 0))
    ring(0.36, 0.03, green, at=(2.9, 3.05, 3.45), turn=(0, 90, 0))
    figure(WALK, at=(-0.9, 2.2, 0), turn=70, skin=0, top=(0.28, 0.2, 0.13), legs=(0.04, 0.04, 0.05), long=0.22)
    tube(0.06, 3.4, paint((0.03, 0.035, 0.03), roughness=0.4), at=(-3.9, 1.5, 0), top=0.04)
    ball(0.18, paint((1, 0.85, 0.6), glow=6), at=(-3.9, 1.5, 3.5), detail=4)
    bulb((-3.9, 1.2, 3.4), energy=140, size=0.2)
    return Shot(eye=(1.6, -2.9, 1.6), target=(-0.1, 4, 1.65), lens=26, drift=(-0.03, 0, 0))


SCENES = {function.__name__: function for function in (shop_front,)}
"""The clips of this file."""
