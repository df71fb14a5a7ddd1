"""Take normals from another tool for a plate, check them again, and show what they are taken for."""

from pathlib import Path

import bpy
from bpy_extras.io_utils import ImportHelper

from ..blender import clips, compat, paths
from ..compositor import bring_in, import_settings, imported_normals
from ..errors import UserError
from ..imports import files
from .reporting import is_own, reported


def _tell(operator, entry, notices):
    troubles = [finding.name for finding in entry.findings if finding.trouble]
    for notice in notices:
        operator.report({"INFO"}, notice)
    for trouble in troubles:
        operator.report({"WARNING"}, trouble)
    if not troubles:
        operator.report({"INFO"}, f"The normals of {entry.name} are in the compositor. The Platelight tab shows how they were read")


def _bring_in(operator, context, *, file, layer):
    """Take the files for the operator's plate, or for the one that is selected, and tell what was found."""
    scene = compat.shown_scene(context)
    target = clips.target_named(scene, operator.shot) if operator.shot else bring_in.one_target(context)
    if scene.name != target.scene_name:
        scene = bpy.data.scenes[target.scene_name]
    entry, notices = bring_in.bring_in(scene, target, file=file, layer=layer)
    _tell(operator, entry, notices)
    return {"FINISHED"}


class PLATELIGHT_OT_import_normals(bpy.types.Operator, ImportHelper):
    bl_idname = "platelight.import_normals"
    bl_label = "Import Normals"
    bl_description = "Use normals of another tool for the selected plate: an EXR, PNG or TIFF sequence in any convention"
    bl_options = {"REGISTER", "UNDO"}

    filter_glob: bpy.props.StringProperty(default=";".join(f"*{suffix}" for suffix in files.SUFFIXES), options={"HIDDEN"})
    layer: bpy.props.StringProperty(
        name="Layer", description="Layer of the EXR that holds the normals. If blank, the layer is found by its name"
    )
    shot: bpy.props.StringProperty(
        name="Plate", description="Name of the strip or clip. If blank, the selected one is used", options={"HIDDEN"}
    )

    @classmethod
    def poll(cls, context):
        return context.scene is not None

    def invoke(self, context, event):
        if reason := "" if self.shot else clips.can_target(context):
            self.report({"ERROR"}, reason)
            return {"CANCELLED"}
        return super().invoke(context, event)

    @reported
    def execute(self, context):
        return _bring_in(self, context, file=Path(self.filepath), layer=self.layer)


class PLATELIGHT_OT_check_normals(bpy.types.Operator):
    bl_idname = "platelight.check_normals"
    bl_label = "Check Again"
    bl_description = "Read the files again and reset the settings below to what they show"
    bl_options = {"REGISTER", "UNDO"}

    shot: bpy.props.StringProperty(name="Plate", options={"HIDDEN"})

    @reported
    def execute(self, context):
        scene = compat.shown_scene(context)
        entry = import_settings.entry_of(scene, self.shot)
        if entry is None:
            raise UserError(f"{self.shot} has no imported normals. Import them first.")
        return _bring_in(self, context, file=paths.absolute(entry.file), layer=entry.layer)


class PLATELIGHT_OT_forget_normals(bpy.types.Operator):
    bl_idname = "platelight.forget_normals"
    bl_label = "Remove Imported Normals"
    bl_description = "Remove the imported normals from the compositor. Their files stay on disk"
    bl_options = {"REGISTER", "UNDO"}

    shot: bpy.props.StringProperty(name="Plate", options={"HIDDEN"})

    @classmethod
    def poll(cls, context):
        return is_own(cls, compat.shown_scene(context))

    def execute(self, context):
        entries = compat.shown_scene(context).platelight_imports.normals
        imported_normals.remove(compat.shown_scene(context), self.shot)
        if (index := entries.find(self.shot)) >= 0:
            entries.remove(index)
        return {"FINISHED"}


CLASSES = (PLATELIGHT_OT_import_normals, PLATELIGHT_OT_check_normals, PLATELIGHT_OT_forget_normals)
