"""The models that the panel offers before and after the engine has been asked, and what comes with the one that is chosen."""

import importlib

import bpy
import pytest

SHOWN = ("name", "title", "hub_id", "passes", "default_resolution", "window", "overlap", "tunable")


@pytest.fixture
def settings(addon):
    return bpy.context.scene.platelight


def test_what_is_known_before_asking_is_the_engines_table(part):
    from conftest import PACKAGE

    table = importlib.import_module(f"{PACKAGE}.engine.models.table")
    before = [tuple(getattr(entry, name) for name in SHOWN) for entry in part("link.known_models").BEFORE_ASKING]
    assert before == [tuple(getattr(info, name) for name in SHOWN) for info in table.MODELS.values()]


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
    known = part("link.known_models")
    models = part("link.state").state.models
    assert known.entry(models, "depth-anything-base").passes == ("depth",)
    assert known.entry(models, "/some/folder").passes == ("normal",)


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
    assert part("link.state").state.models == part("link.known_models").BEFORE_ASKING
    file.unlink()
