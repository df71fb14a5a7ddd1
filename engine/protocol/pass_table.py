"""The table of passes. A new pass is a new row: files, records, messages and the add-on's nodes follow it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Interpolation(StrEnum):
    """How pixels are read between the pixels of a file."""

    BILINEAR = "Bilinear"
    NEAREST = "Nearest"


@dataclass(frozen=True, kw_only=True)
class PassInfo:
    """A kind of pass.

    `name`: of its folder, in messages and in records. `layer`, `components`: its EXR channels are ``layer.component``, one for
    each letter. `is_half`: stored as half, else as float. `is_direction`: a unit vector in the camera's axes; the writer converts
    the model's axes and restores unit length. `is_distance`: in metres, or in a unit of the shot's own. `is_color`: scene-linear
    Rec.709, else data that no colour transform may touch. `interpolation`: how it is brought to another size. `attributes`: what
    its files say of their values, names without ``platelight/``.
    """

    name: str
    layer: str
    components: str
    is_half: bool
    is_direction: bool = False
    is_distance: bool = False
    is_color: bool = False
    interpolation: Interpolation = Interpolation.BILINEAR
    attributes: tuple[tuple[str, str], ...] = ()

    @property
    def channels(self) -> tuple[str, ...]:
        """The EXR channels, in the order of the values."""
        return tuple(f"{self.layer}.{component}" for component in self.components)

    @property
    def bytes_per_pixel(self) -> int:
        """Before compression."""
        return len(self.components) * (2 if self.is_half else 4)

    @property
    def color_space(self) -> str:
        """Blender's name for the colour space of its files."""
        return "Linear Rec.709" if self.is_color else "Non-Color"


NORMAL = PassInfo(
    name="normal",
    layer="Normal",
    components="XYZ",
    is_half=True,
    is_direction=True,
    attributes=(("axes", "+X right, +Y up, +Z toward the camera"),),
)
DEPTH = PassInfo(
    name="depth",
    layer="Depth",
    components="Z",
    is_half=False,
    is_distance=True,
    attributes=(("axes", "distance along the camera's axis"),),
)
MASK = PassInfo(
    name="mask",
    layer="Mask",
    components="V",
    is_half=True,
    attributes=(("values", "1 where there is a surface, 0 in the sky and in holes"),),
)

ALBEDO = PassInfo(
    name="albedo",
    layer="Albedo",
    components="RGB",
    is_half=True,
    is_color=True,
    attributes=(("values", "linear Rec.709, the share of light that a surface reflects"),),
)
ROUGHNESS = PassInfo(
    name="roughness",
    layer="Roughness",
    components="V",
    is_half=True,
    attributes=(("values", "0 for a mirror, 1 for a matte surface"),),
)
METALLIC = PassInfo(
    name="metallic",
    layer="Metallic",
    components="V",
    is_half=True,
    attributes=(("values", "1 for metal, 0 for other surfaces"),),
)
SHADING = PassInfo(
    name="shading",
    layer="Shading",
    components="RGB",
    is_half=True,
    is_color=True,
    attributes=(("values", "linear Rec.709, the light on a white matte surface, up to a scale"),),
)

PASSES: dict[str, PassInfo] = {each.name: each for each in (NORMAL, DEPTH, MASK, ALBEDO, ROUGHNESS, METALLIC, SHADING)}
