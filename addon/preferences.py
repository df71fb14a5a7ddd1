"""The preferences: which engine, what it sees, which models are here, and where things are kept."""

import bpy
from bpy.props import BoolProperty, EnumProperty, FloatProperty, StringProperty

from .identity import ROOT_PACKAGE
from .link import session
from .panels import engine_setup


def _engine_changed(self: object, context: bpy.types.Context) -> None:
    session.change_engine()


class PlatelightPreferences(bpy.types.AddonPreferences):
    bl_idname = ROOT_PACKAGE

    engine_kind: EnumProperty(
        name="Engine",
        items=(
            ("INSTALLED", "Install Here", "An environment of its own in the extension's folder, made by Install Engine"),
            ("EXISTING", "Existing Environment", "A Python environment that has the engine's packages, say on a farm's storage"),
            ("COMMAND", "Command", "A full engine command, say through ssh on a machine that sees the same storage"),
        ),
        update=_engine_changed,
    )
    engine_python: StringProperty(
        name="Environment", description="The environment's folder, or its Python", subtype="FILE_PATH", update=_engine_changed
    )
    engine_command: StringProperty(
        name="Command",
        description="A command that serves on its standard streams, such as: "
        "ssh gpu-box 'cd /opt/platelight && .venv/bin/python -m engine serve'",
        update=_engine_changed,
    )
    models_folder: StringProperty(
        name="Models Folder",
        description="Folder of the model weights; blank for the engine's own choice",
        subtype="DIR_PATH",
        update=_engine_changed,
    )
    idle_minutes: FloatProperty(
        name="Keep Engine For",
        description="Minutes that an engine with nothing to do stays, its model loaded, before it gives the memory back",
        default=2.0,
        min=0.0,
        soft_max=60.0,
        max=1440.0,
        precision=1,
    )

    paid_first: BoolProperty(
        name="Models for Paid Work First",
        description="Let Best Installed choose a model that may be used in paid work before one whose licence asks for more",
        default=True,
    )
    agreed_models: StringProperty(description="Models whose licence was agreed to, separated by commas", options={"HIDDEN"})

    def draw(self, context):
        engine_setup.draw(self.layout, context, self, kind=self.engine_kind)


def register() -> None:
    bpy.utils.register_class(PlatelightPreferences)


def unregister() -> None:
    bpy.utils.unregister_class(PlatelightPreferences)
