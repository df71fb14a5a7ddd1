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
            ("INSTALLED", "Install Here", "Install Engine puts the engine into the extension's folder"),
            (
                "EXISTING",
                "Existing Environment",
                "Use a Python environment that has the engine's packages, for example on farm storage",
            ),
            ("COMMAND", "Command", "Run your own command, for example through ssh on a machine with the same storage"),
        ),
        update=_engine_changed,
    )
    engine_python: StringProperty(
        name="Environment",
        description="Folder of the Python environment, or its Python program",
        subtype="FILE_PATH",
        update=_engine_changed,
    )
    engine_command: StringProperty(
        name="Command",
        description="Command that starts the engine and speaks on its standard streams, for example: "
        "ssh gpu-box 'cd /opt/platelight && .venv/bin/python -m engine serve'",
        update=_engine_changed,
    )
    models_folder: StringProperty(
        name="Models Folder",
        description="Folder of the model weights. If blank, the engine uses its own folder",
        subtype="DIR_PATH",
        update=_engine_changed,
    )
    idle_minutes: FloatProperty(
        name="Keep Engine For",
        description="Minutes an idle engine keeps its model in memory",
        default=2.0,
        min=0.0,
        soft_max=60.0,
        max=1440.0,
        precision=1,
    )

    paid_first: BoolProperty(
        name="Models for Paid Work First",
        description="Best Installed prefers models whose licence allows paid work",
        default=True,
    )
    agreed_models: StringProperty(description="Models whose licence you have accepted, separated by commas", options={"HIDDEN"})

    def draw(self, context):
        engine_setup.draw(self.layout, context, self, kind=self.engine_kind)


def register() -> None:
    bpy.utils.register_class(PlatelightPreferences)


def unregister() -> None:
    bpy.utils.unregister_class(PlatelightPreferences)
