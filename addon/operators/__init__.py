"""What the buttons do: each reads the context, asks, and reports."""

import bpy

from . import (
    attach,
    control,
    cuts,
    depth,
    engine_setup,
    estimate,
    import_normals,
    missing,
    presets,
    queue,
    relight_card,
    relight_lights,
    relight_match,
    relight_space,
    render_settings,
    saving,
    tune,
    viewing,
)

_register, _unregister = bpy.utils.register_classes_factory(
    (
        attach.PLATELIGHT_OT_attach,
        *queue.OPERATORS,
        cuts.PLATELIGHT_OT_cuts,
        depth.PLATELIGHT_OT_depth_at_point,
        *estimate.OPERATORS,
        *import_normals.CLASSES,
        *engine_setup.OPERATORS,
        *missing.OPERATORS,
        relight_lights.PLATELIGHT_OT_wire_lights,
        relight_lights.PLATELIGHT_OT_unwire_lights,
        *control.OPERATORS,
        *presets.OPERATORS,
        *viewing.OPERATORS,
        *relight_card.OPERATORS,
        *relight_space.OPERATORS,
        *relight_match.OPERATORS,
        *tune.CLASSES,
        *render_settings.OPERATORS,
        *saving.OPERATORS,
    )
)


def register() -> None:
    _register()


def unregister() -> None:
    _unregister()
