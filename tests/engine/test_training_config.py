"""Settings from files: what is wrong is named, and what the documentation shows is what the code does."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from engine.lab.ablation.plan import AblationConfig, Stages, plan
from engine.lab.training.normalcrafter import tiny
from engine.lab.training.normalcrafter.config import (
    FREE,
    LAYERS,
    STAGES,
    DataSource,
    LatentConfig,
    PixelConfig,
    Regularisation,
    VaeConfig,
)
from engine.lab.training.run.config_file import read_config
from engine.protocol import ErrorCode, PlatelightError
from engine.tuning.settings_rules import changed_setting

DOCS = Path(__file__).parents[2] / "docs" / "training"
GOOD = 'model = "m"\nout = "runs/x"\n[[data]]\nkind = "clips"\nroot = "../clips"\n[regularisation]\nencoder = "facebook/dino"\n'


def read(folder: Path, text: str) -> LatentConfig:
    file = folder / "latent.toml"
    file.write_text(text)
    return read_config(file, LatentConfig)


def test_defaults_are_the_papers_and_paths_start_at_the_file(tmp_path):
    settings = read(tmp_path, GOOD)
    assert (settings.steps, settings.learning_rate, settings.lengths, settings.warm_up) == (20_000, 3e-5, (1, 14), 100)
    assert (settings.share_at_max, settings.noise_mean, settings.noise_deviation, settings.short_edge) == (0.5, 0.7, 1.6, 576)
    assert settings.regularisation == Regularisation(encoder="facebook/dino", layer="up1", weight=1.0)
    assert settings.model == str(tmp_path / "m") and settings.out == str(tmp_path / "runs" / "x")
    assert settings.data == (DataSource(kind="clips", root=str(tmp_path / ".." / "clips")),)
    assert read(tmp_path, GOOD.replace("facebook/dino", "./dino")).regularisation.encoder == str(tmp_path / "dino")
    (tmp_path / "facebook" / "dino").mkdir(parents=True)
    assert read(tmp_path, GOOD).regularisation.encoder == str(tmp_path / "facebook" / "dino")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("steps = 'many'\n" + GOOD, "latent.toml: steps is 'many'; it must be a whole number"),
        ("steps = 1.5\n" + GOOD, "steps is 1.5; it must be a whole number"),
        ("steps = true\n" + GOOD, "steps is True"),
        ("steps = 0\n" + GOOD, "steps is 0; it must be at least 1"),
        ("learning_rate = 0\n" + GOOD, "learning_rate is 0.0; it must be above 0"),
        ("learning_rate = nan\n" + GOOD, "learning_rate is nan"),
        ("final_share = 2\n" + GOOD, "final_share is 2.0; it must be at most 1"),
        ("lengths = [3, 1]\n" + GOOD, "lengths is [3, 1]"),
        ("lengths = [1]\n" + GOOD, "lengths is [1]; it must have 2 values"),
        ("lengths = 14\n" + GOOD, "lengths is 14; it must be a list"),
        ("precision = 'fp8'\n" + GOOD, "precision is 'fp8'; it may be fp32, bf16 or fp16"),
        ("fit = 'squash'\n" + GOOD, "fit is 'squash'; it may be pad or crop"),
        ("gradient_checkpointing = 1\n" + GOOD, "gradient_checkpointing is 1; it must be true or false"),
        ("learningrate = 1.0\n" + GOOD, "learningrate is unknown; the keys are"),
        ("average = 1\n" + GOOD, "average is 1.0"),
        (GOOD + "layer = 'up7'\n", "regularisation.layer is 'up7'; it may be down1,"),
        (GOOD + "wieght = 1.0\n", "regularisation.wieght is unknown"),
        (GOOD.replace("encoder", "#"), "regularisation.encoder is missing"),
        (GOOD.replace('kind = "clips"', ""), "data.0.kind is missing"),
        (GOOD.replace('out = "runs/x"', ""), "out is missing"),
        ('model = "m"\nout = "o"\ndata = []\n', "data is 'empty'"),
        ("steps =", "latent.toml: "),
    ],
)
def test_what_is_wrong_is_named(tmp_path, text, said):
    with pytest.raises(PlatelightError) as caught:
        read(tmp_path, text)
    assert caught.value.code is ErrorCode.SETTING_INVALID and said in caught.value.detail


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(PlatelightError, match=r"nowhere\.toml"):
        read_config(tmp_path / "nowhere.toml", VaeConfig)


@pytest.mark.parametrize("stage", STAGES)
def test_the_documented_files_say_what_the_defaults_are(stage):
    settings = read_config(DOCS / f"{stage}.toml", STAGES[stage])
    needed = {"model": settings.model, "vae": settings.vae, "out": settings.out, "data": settings.data}
    if stage != "vae":
        needed["regularisation"] = settings.regularisation
    assert settings == STAGES[stage](**needed)
    words = (DOCS / "README.md").read_text(encoding="utf-8")
    for field in (*dataclasses.fields(settings), *dataclasses.fields(Regularisation), *dataclasses.fields(DataSource)):
        assert f"`{field.name}`" in words, f"{field.name} is not documented"


def test_the_tiny_files_are_those_that_their_table_was_made_with():
    """Whoever changes one of these must make the table in docs/training/tiny anew."""
    vae, latent, pixel = (read_config(DOCS / "tiny" / f"{stage}.toml", kind) for stage, kind in STAGES.items())
    base = read_config(DOCS / "tiny" / "base.toml", VaeConfig)
    for settings, steps, rate, lengths in (
        (base, 300, 2e-3, (1, 2)),
        (vae, 700, 1.5e-3, (1, 6)),
        (latent, 350, 1.5e-3, (1, 6)),
        (pixel, 180, 5e-4, (1, 6)),
    ):
        assert (settings.steps, settings.learning_rate, settings.lengths) == (steps, rate, lengths)
    assert tiny.VAE["block_out_channels"] == (64,) * 3 and tiny.UNET["block_out_channels"] == (64,) * 4
    page, table = ((DOCS / name).read_text(encoding="utf-8") for name in ("README.md", "tiny/table.md"))
    assert all(part in page for part in table.strip().split("\n\n"))


def test_only_settings_that_change_nothing_learned_may_change():
    settings = read_config(DOCS / "latent.toml", LatentConfig)
    assert changed_setting(settings, dataclasses.replace(settings, out="elsewhere", keep=9, workers=1), free=FREE) == ""
    assert changed_setting(settings, dataclasses.replace(settings, seed=1), free=FREE) == "seed"


def _ablation(**changes: object) -> AblationConfig:
    files = {name: str(DOCS / f"{name}.toml") for name in STAGES}
    return AblationConfig(**files, model="base", out="out", check=(DataSource(kind="clips", root="c"),), **changes)


def test_an_ablation_trains_nothing_twice_and_leaves_out_what_its_rows_say():
    stages = Stages(**{name: read_config(DOCS / f"{name}.toml", kind) for name, kind in STAGES.items()})
    made = plan(_ablation(layers=("mid",)), stages)
    assert set(made.first) == {"vae", "latent", "latent-without-sfr", "latent-mid"}
    runs = {**made.first, **made.then}
    assert len({settings.out for settings in runs.values()}) == len(runs) == 9
    assert made.first["latent"].model == made.first["vae"].model == "base"
    full, bare = made.then["pixel"], made.then["pixel-without-sfr"]
    assert full.model == "out/runs/latent/model" and full.vae == "out/runs/vae/model"
    assert not full.regularisation.detached and full.regularisation.head == "out/runs/latent/head.safetensors"
    assert bare.regularisation.detached and bare.model == "out/runs/latent-without-sfr/model"
    assert made.then["pixel-without-stage-1"].model == "base" and made.then["pixel-without-stage-1"].regularisation.head == ""
    assert made.then["pixel-without-decoder"].vae == "" and made.then["pixel-mid"].regularisation.layer == "mid"
    titles = [row.title for row in made.rows]
    for words in ("without decoder tuning", "without stage 1", "without stage 2", "without SFR", "full (SFR at up1)", "SFR at mid"):
        assert words in titles
    stage_2 = next(row for row in made.rows if row.title == "without stage 2")
    assert (stage_2.unet, stage_2.vae) == ("latent", "vae")


def test_an_ablation_of_an_unknown_layer_or_without_regularisation_is_refused():
    assert len(LAYERS) == 7
    with pytest.raises(PlatelightError, match="layers has 'up9'"):
        _ablation(layers=("up9",))
    stages = Stages(
        vae=read_config(DOCS / "vae.toml", VaeConfig),
        pixel=read_config(DOCS / "pixel.toml", PixelConfig),
        latent=dataclasses.replace(read_config(DOCS / "latent.toml", LatentConfig), regularisation=None),
    )
    with pytest.raises(PlatelightError, match="regularisation is missing"):
        plan(_ablation(), stages)
