"""The settings of a scene's relighting. Data only."""

import bpy
from bpy.props import PointerProperty


class PlatelightRelightSettings(bpy.types.PropertyGroup):
    collection: PointerProperty(
        name="Lights", description="The collection whose lights light the plates; none is the whole scene",
        type=bpy.types.Collection,
    )


def register() -> None:
    bpy.utils.register_class(PlatelightRelightSettings)
    bpy.types.Scene.platelight_relight = PointerProperty(type=PlatelightRelightSettings)


def unregister() -> None:
    del bpy.types.Scene.platelight_relight
    bpy.utils.unregister_class(PlatelightRelightSettings)
