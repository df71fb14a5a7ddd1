"""A plate in 3D: a card that fills the camera's view, bent by depth where there is any, which shares the scene's lights."""

from . import shadows
from .build import add, camera_of, cards, is_stale, on_plate, passes_of, remove

__all__ = ["add", "camera_of", "cards", "is_stale", "on_plate", "passes_of", "remove", "shadows"]
