"""The settings of a scene's relighting. Data only."""

import bpy
from bpy.props import BoolProperty, PointerProperty


class PlatelightRelightSettings(bpy.types.PropertyGroup):
    collection: PointerProperty(
        name="Lights", description="The collection whose lights light the plates; none is the whole scene",
        type=bpy.types.Collection,
    )
    world: BoolProperty(name="World", description="Let the scene's World light the plates, too", default=True)


def register() -> None:
    bpy.utils.register_class(PlatelightRelightSettings)
    bpy.types.Scene.platelight_relight = PointerProperty(type=PlatelightRelightSettings)


def unregister() -> None:
    del bpy.types.Scene.platelight_relight
    bpy.utils.unregister_class(PlatelightRelightSettings)
