"""The settings of a scene, and what they become on the wire."""

import bpy
import pytest


@pytest.fixture
def settings(addon):
    return bpy.context.scene.platelight


def _entry(part, name, *, installed):
    return part("contract").ModelEntry(
        name=name,
        title=name.title(),
        purpose="p",
        licence="l",
        hub_id="",
        passes=("normal",),
        size_bytes=0,
        folder="",
        installed=installed,
    )


def test_defaults_are_the_contracts_own(part, settings):
    contract, properties = part("contract"), part("properties")
    expected = contract.EstimateSettings(model="preview", max_resolution=512, window=16, overlap=2)
    assert properties.estimate_settings(settings) == expected


def test_the_best_model_is_the_one_for_finals_once_it_is_here(part, settings):
    properties, state = part("properties"), part("link.state").state
    assert properties.resolved_model(settings) == "preview"
    state.models = (_entry(part, "preview", installed=True), _entry(part, "normalcrafter", installed=True))
    assert properties.resolved_model(settings) == "normalcrafter"
    assert properties.resolved_resolution(settings) == 1024


def test_every_quality_names_a_long_side(part, settings):
    properties = part("properties")
    sides = {}
    for item in settings.bl_rna.properties["quality"].enum_items:
        settings.quality, settings.max_resolution = item.identifier, 900
        sides[item.identifier] = properties.resolved_resolution(settings)
    assert sides == {"RECOMMENDED": 512, "DRAFT": 512, "STANDARD": 768, "FINE": 1024, "NATIVE": 0, "CUSTOM": 900}


def test_a_chosen_model_survives_a_longer_list(part, settings):
    state = part("link.state").state
    settings.model = "normalcrafter"
    state.models = (_entry(part, "another", installed=True), *state.models)
    assert settings.model == "normalcrafter"
    settings.model = "another"
    assert part("properties").resolved_model(settings) == "another"


def test_a_folder_must_be_chosen(part, settings, tmp_path):
    contract, properties = part("contract"), part("properties")
    settings.model = "FOLDER"
    with pytest.raises(contract.PlatelightError) as caught:
        properties.estimate_settings(settings)
    assert caught.value.code is contract.ErrorCode.SETTING_INVALID
    settings.model_folder = str(tmp_path)
    assert properties.estimate_settings(settings).model == str(tmp_path)
    settings.model_folder = f"{tmp_path}/"
    assert properties.estimate_settings(settings).model == str(tmp_path), "Blender's file browser leaves a slash at the end"


def test_settings_are_saved_with_the_file(settings, tmp_path):
    settings.quality, settings.handles, settings.model = "FINE", 8, "normalcrafter"
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "shot.blend"))
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "shot.blend"))
    again = bpy.context.scene.platelight
    assert (again.quality, again.handles, again.model) == ("FINE", 8, "normalcrafter")


def test_the_models_the_engine_told_of_are_remembered(part, addon):
    contract, known = part("contract"), part("link.model_list")
    entries = (_entry(part, "preview", installed=True), _entry(part, "normalcrafter", installed=True))
    file = part("identity").user_folder() / "models.json"
    try:
        known.save(contract.ListModelsResult(models=entries))
        assert known.load() == entries
        file.write_text(file.read_text()[:50])
        assert known.load() == contract.MODELS_BEFORE_ASKING
    finally:
        file.unlink()


def test_a_list_that_cannot_be_kept_does_not_stop_the_queue(part, addon):
    contract, known, pump = part("contract"), part("link.model_list"), part("link.pump")
    file = part("identity").user_folder() / "models.json"
    file.unlink(missing_ok=True)
    file.mkdir()  # nothing can be written there, as on a full disk
    try:
        entries = (_entry(part, "preview", installed=True),)
        pump._models_listed(contract.ListModelsResult(models=entries))
        assert part("link.state").state.models == entries and known.load() == contract.MODELS_BEFORE_ASKING
    finally:
        file.rmdir()
