"""What the buttons do: each reads the context, asks, and reports."""

import bpy

from . import (
    attach,
    check_engine,
    control,
    cuts,
    depth,
    download_model,
    engine_setup,
    estimate,
    import_normals,
    missing,
    moving,
    open_folder,
    open_log,
    open_preferences,
    presets,
    queue,
    relight_card,
    relight_lights,
    relight_match,
    relight_space,
    remove,
    render_settings,
    retry,
    show_error,
    tune,
    viewing,
)

_register, _unregister = bpy.utils.register_classes_factory(
    (
        attach.PLATELIGHT_OT_attach,
        queue.PLATELIGHT_OT_cancel,
        check_engine.PLATELIGHT_OT_check_engine,
        cuts.PLATELIGHT_OT_cuts,
        depth.PLATELIGHT_OT_depth_at_point,
        download_model.PLATELIGHT_OT_download_model,
        *estimate.OPERATORS,
        *import_normals.CLASSES,
        engine_setup.PLATELIGHT_OT_install,
        engine_setup.PLATELIGHT_OT_cancel_install,
        *missing.OPERATORS,
        moving.PLATELIGHT_OT_move_passes,
        open_folder.PLATELIGHT_OT_open_folder,
        open_log.PLATELIGHT_OT_open_log,
        open_preferences.PLATELIGHT_OT_open_preferences,
        relight_lights.PLATELIGHT_OT_wire_lights,
        relight_lights.PLATELIGHT_OT_unwire_lights,
        *control.OPERATORS,
        *presets.OPERATORS,
        *viewing.OPERATORS,
        *relight_card.OPERATORS,
        *relight_space.OPERATORS,
        *relight_match.OPERATORS,
        remove.PLATELIGHT_OT_remove,
        remove.PLATELIGHT_OT_clear,
        retry.PLATELIGHT_OT_retry,
        show_error.PLATELIGHT_OT_show_error,
        *tune.CLASSES,
        *render_settings.OPERATORS,
    )
)


def register() -> None:
    _register()


def unregister() -> None:
    _unregister()
