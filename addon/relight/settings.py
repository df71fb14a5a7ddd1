"""The settings of a scene's relighting. Data only."""

import bpy
from bpy.props import BoolProperty, EnumProperty, PointerProperty, StringProperty


class PlatelightRelightSettings(bpy.types.PropertyGroup):
    collection: PointerProperty(
        name="Lights",
        description="Only lights of this collection light the plates. If empty, all lights of the scene do",
        type=bpy.types.Collection,
    )
    preset_lights: EnumProperty(
        name="As",
        description="The kind of lights that a preset sets",
        items=(
            ("STUDIO", "Studio Lights", "Set Ambient, Key, Fill and Rim, which move with the camera"),
            ("SCENE", "Scene Lights", "Add suns to the scene. They stay in place and light 3D objects too"),
        ),
    )
    active: StringProperty(name="Light", description="The light whose settings are shown", options={"SKIP_SAVE"})
    world: BoolProperty(name="World", description="Light the plates with the scene's World too", default=True)


def register() -> None:
    bpy.utils.register_class(PlatelightRelightSettings)
    bpy.types.Scene.platelight_relight = PointerProperty(type=PlatelightRelightSettings)


def unregister() -> None:
    del bpy.types.Scene.platelight_relight
    bpy.utils.unregister_class(PlatelightRelightSettings)
