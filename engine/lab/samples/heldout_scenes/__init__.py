"""What the held-out clips show: a function per clip that builds a scene and says how it is shot.

Each takes the environment maps by name and gives a `kit.Shot`. Nothing here shares code or recipes with `engine.lab.training`.
"""

from . import cloth, figures, interiors, outdoors, tabletop, vehicles

SCENES = {**interiors.SCENES, **outdoors.SCENES, **vehicles.SCENES, **figures.SCENES, **tabletop.SCENES, **cloth.SCENES}
