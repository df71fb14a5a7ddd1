"""Find the light in a plate, choose what becomes of it, and put it into the scene."""

import bpy

from ..blender import compat
from ..errors import UserError
from ..relight import matched_sun
from ..relight.lights import scene_lights
from ..relight.match import run, summary, wiring
from ..relight.match.fit import Assumptions
from ..relight.match.wiring import MODES, Mode
from .of_plates import OfRelitPlates
from .reporting import is_own, reported


def _matched(scene: bpy.types.Scene) -> list[str]:
    """Return the plates whose light is known."""
    return [shot for shot in scene_lights.shots(scene) if wiring.node_of(scene, shot)]


class _OfMatched:
    """What only a plate that was matched has."""

    bl_options = {"REGISTER", "UNDO"}

    shot: bpy.props.StringProperty(
        name="Plate", description="Name of the plate. If blank, all matched plates of the scene are used", options={"SKIP_SAVE"}
    )

    @classmethod
    def poll(cls, context):
        if not _matched(compat.shown_scene(context)):
            cls.poll_message_set("The scene has no matched plate. Press Match Light first")
            return False
        return is_own(cls, compat.shown_scene(context))

    def shots(self, context):
        return [self.shot] if self.shot else _matched(compat.shown_scene(context))


class PLATELIGHT_OT_match_light(OfRelitPlates, bpy.types.Operator):
    bl_idname = "platelight.match_light"
    bl_label = "Match Light"
    bl_description = "Find the light the plate was shot in and keyframe it in the compositor. Esc cancels"

    def execute(self, context):
        self._done = 0
        try:
            for _ in self._steps(compat.shown_scene(context)):
                pass
        except UserError as error:
            self.report({"ERROR"}, str(error))
            return self._end()
        return {"FINISHED"}

    def invoke(self, context, event):
        if bpy.app.background:
            return self.execute(context)
        self._done = 0
        self._work = self._steps(compat.shown_scene(context))
        self._timer = context.window_manager.event_timer_add(0.02, window=context.window)
        context.window_manager.progress_begin(0, 100)
        context.window_manager.modal_handler_add(self)
        return {"RUNNING_MODAL"}

    def modal(self, context, event):
        if event.type == "ESC":
            self.cancel(context)
            self.report({"INFO"}, "Matching was cancelled")
            return self._end()
        if event.type != "TIMER":
            return {"RUNNING_MODAL"}
        step = None
        try:
            step = next(self._work, None)
        except UserError as error:
            self.report({"ERROR"}, str(error))
            return self._end()
        finally:  # at the end of it, however it came
            if step is None:
                self.cancel(context)
        if step is None:
            return {"FINISHED"}
        context.window_manager.progress_update(round(100 * step.done / step.total))
        told = f"reading frame {step.done + 1} of {step.total}" if step.done < step.total else "fitting the light"
        context.workspace.status_text_set(f"Matching the plate: {told}    Esc: Cancel")
        return {"RUNNING_MODAL"}

    def _end(self):
        """Return an undo step where plates before the one that failed were matched."""
        return {"FINISHED"} if self._done else {"CANCELLED"}

    def cancel(self, context):
        """Blender calls this, too, when it quits while we run."""
        self._work.close()
        context.window_manager.event_timer_remove(self._timer)
        context.window_manager.progress_end()
        context.workspace.status_text_set(None)
        if tree := compat.compositor_tree(compat.shown_scene(context)):
            tree.update_tag()  # the Viewer still has the small picture that was read last

    def _steps(self, scene):
        settings = scene.platelight.match
        assume = Assumptions(albedo=settings.albedo, grey_world=settings.grey_world, smoothing=settings.smoothing)
        for shot in [self.shot] if self.shot else scene_lights.shots(scene):
            yield from run.match(scene, shot, frames=settings.frames, assume=assume)
            self._done += 1
            self.report({"INFO"}, f"{shot}: {summary.found(scene, shot)}")


class PLATELIGHT_OT_match_mode(_OfMatched, bpy.types.Operator):
    bl_idname = "platelight.match_mode"
    bl_label = "Light in the Plate"

    mode: bpy.props.EnumProperty(name="Mode", items=MODES, default=Mode.REPLACE.value)

    @classmethod
    def description(cls, context, properties):
        return next(told for value, _, told in MODES if value == properties.mode)

    @reported
    def execute(self, context):
        for shot in self.shots(context):
            wiring.set_mode(compat.shown_scene(context), shot, Mode(self.mode))
        return {"FINISHED"}


class PLATELIGHT_OT_match_sun(_OfMatched, bpy.types.Operator):
    bl_idname = "platelight.match_sun"
    bl_label = "Make Sun and World"
    bl_description = "Add a Sun and a World like the light in the plate. They light CG objects the same way"

    @reported
    def execute(self, context):
        notices = matched_sun.make(compat.shown_scene(context), self.shots(context)[0])
        for notice in notices:
            self.report({"INFO"}, notice)
        return {"FINISHED"}


class PLATELIGHT_OT_match_remove(_OfMatched, bpy.types.Operator):
    bl_idname = "platelight.match_remove"
    bl_label = "Remove Match"
    bl_description = "Delete the matched light and its keyframes. The relight without the match comes back"

    def execute(self, context):
        removed = [wiring.remove(compat.shown_scene(context), shot) for shot in self.shots(context)]
        return {"FINISHED"} if any(removed) else {"CANCELLED"}


OPERATORS = (PLATELIGHT_OT_match_light, PLATELIGHT_OT_match_mode, PLATELIGHT_OT_match_sun, PLATELIGHT_OT_match_remove)
