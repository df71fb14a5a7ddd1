"""The models that the panel offers before and after the engine has been asked, and what comes with the one that is chosen."""

import dataclasses

import bpy
import pytest


@pytest.fixture
def settings(addon):
    return bpy.context.scene.platelight


def test_all_models_are_offered_before_asking_and_only_the_embedded_one_is_here(part):
    contract = part("contract")
    assert [entry.name for entry in contract.MODELS_BEFORE_ASKING] == list(contract.MODELS)
    assert [entry.name for entry in contract.MODELS_BEFORE_ASKING if entry.installed] == ["preview"]


def test_the_best_model_is_one_for_paid_work_unless_the_user_says_otherwise(part):
    contract = part("contract")
    assert contract.best_model(contract.MODELS_BEFORE_ASKING) == "preview"
    here = [dataclasses.replace(entry, installed=True) for entry in contract.MODELS_BEFORE_ASKING]
    assert contract.best_model(here) == "moge-2-large"
    assert contract.best_model(here, paid_first=False) == "normalcrafter"
    only = [dataclasses.replace(entry, installed=entry.name in ("preview", "normalcrafter")) for entry in here]
    assert contract.best_model(only) == "normalcrafter", "for finals; its licence is asked about"
    assert {entry.name for entry in here if entry.paid is contract.PaidWork.NO} == {
        "depth-anything-base",
        "depth-anything-large",
        "video-depth-anything-base",
        "video-depth-anything-large",
    }
    assert [entry.name for entry in here if entry.paid is contract.PaidWork.ASK] == ["normalcrafter"]


def test_a_licence_with_conditions_is_asked_about_once(part, settings):
    agreements, contract = part("agreements"), part("contract")
    entries = {entry.name: entry for entry in contract.MODELS_BEFORE_ASKING}
    assert not agreements.to_ask(entries["preview"]) and not agreements.to_ask(entries["moge-2-large"])
    for name in ("normalcrafter", "depth-anything-large"):
        assert agreements.to_ask(entries[name])
        agreements.agree(entries[name])
        assert not agreements.to_ask(entries[name])


def test_every_model_can_be_chosen_and_brings_its_size_and_window(part, settings):
    properties = part("properties")
    made_for = {"depth-anything-small": (924, 110, 10), "marigold-e2e-ft": (768, 32, 6), "normalcrafter": (1024, 14, 4)}
    for model, expected in made_for.items():
        settings.model = model
        sent = properties.estimate_settings(settings)
        assert (sent.model, sent.max_resolution, sent.window, sent.overlap) == (model, *expected)


def test_a_window_that_was_set_counts(part, settings):
    settings.model = "depth-anything-small"
    settings.window = 8
    sent = part("properties").estimate_settings(settings)
    assert (sent.window, sent.overlap) == (8, 7), "its own overlap, as far as it fits"
    settings.overlap = 3
    assert part("properties").estimate_settings(settings).overlap == 3


def test_a_folders_window_is_left_to_the_engine(part, settings, tmp_path):
    settings.model, settings.model_folder = "FOLDER", str(tmp_path)
    sent = part("properties").estimate_settings(settings)
    assert (sent.model, sent.window, sent.overlap) == (str(tmp_path), 0, -1)
    contract = part("contract")
    made = contract.EstimateSettings(model=sent.model, max_resolution=sent.max_resolution, window=110, overlap=10)
    assert contract.settings_differences(made, sent) == ()
    settings.window = 8
    assert contract.settings_differences(made, part("properties").estimate_settings(settings)) == ("window 110 -> 8",)


def test_what_is_compared_is_the_pass_that_will_be_made(part, settings):
    known = part("contract")
    models = part("link.state").state.models
    assert known.model_entry(models, "depth-anything-base").passes == ("depth",)
    assert known.model_entry(models, "/some/folder").passes == ("normal",)


@pytest.mark.parametrize(
    "content",
    [
        b"[" * 100_000 + b"]" * 100_000,
        b"{",
        b"\xff\xfe",
        b'{"models": 5}',
        b'{"models": [{"name": ["preview"]}]}',
        b"9" * 5000,
        b'{"models": [{"name": "a", "size_bytes": 1e400}]}',
        b"null",
        b" " * 20_000_000,
    ],
)
def test_whatever_is_kept_of_the_models_the_add_on_registers(addon, part, content):
    file = part("identity").user_folder() / "models.json"
    file.write_bytes(content)
    addon.unregister()
    addon.register()
    assert part("link.state").state.models == part("contract").MODELS_BEFORE_ASKING
    file.unlink()
