"""The settings of a scene's relighting. Data only."""

import bpy
from bpy.props import BoolProperty, EnumProperty, PointerProperty, StringProperty


class PlatelightRelightSettings(bpy.types.PropertyGroup):
    collection: PointerProperty(
        name="Lights",
        description="The collection whose lights light the plates; none is the whole scene",
        type=bpy.types.Collection,
    )
    preset_lights: EnumProperty(
        name="As",
        description="What the presets set",
        items=(
            ("STUDIO", "Studio Lights", "Key, fill, rim and ambient of the relight group, which go with the camera"),
            ("SCENE", "Scene Lights", "Suns in the scene, which stay where they are and light 3D objects, too"),
        ),
    )
    active: StringProperty(name="Light", description="The light whose settings are open", options={"SKIP_SAVE"})
    world: BoolProperty(name="World", description="Let the scene's World light the plates, too", default=True)


def register() -> None:
    bpy.utils.register_class(PlatelightRelightSettings)
    bpy.types.Scene.platelight_relight = PointerProperty(type=PlatelightRelightSettings)


def unregister() -> None:
    del bpy.types.Scene.platelight_relight
    bpy.utils.unregister_class(PlatelightRelightSettings)
