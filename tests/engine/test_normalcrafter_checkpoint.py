"""A folder that is not a whole checkpoint is refused, and the file is named."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from engine.device import choose
from engine.models.normalcrafter.checkpoint import Networks, load_networks
from engine.models.revision import revision
from engine.protocol import ErrorCode, PlatelightError
from engine.protocol.revisions import SAMPLE_BYTES

CHECKPOINT = Path(__file__).parents[1] / "samples" / "golden" / "checkpoint"
UNET = "unet/diffusion_pytorch_model.safetensors"
VAE = "vae/diffusion_pytorch_model.safetensors"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(CHECKPOINT, tmp_path / "checkpoint"))


def load(folder: Path, precision: str = "fp32") -> Networks:
    return load_networks(folder, compute=choose(device="cpu", precision=precision))


@pytest.mark.parametrize(
    "name",
    [
        "model_index.json",
        "feature_extractor/preprocessor_config.json",
        "image_encoder/config.json",
        "image_encoder/model.fp16.safetensors",
        "scheduler/scheduler_config.json",
        "unet/config.json",
        UNET,
        VAE,
    ],
)
def test_a_missing_file_is_named(folder: Path, name: str):
    (folder / name).unlink()
    with pytest.raises(PlatelightError) as caught:
        load(folder)
    assert caught.value.code is ErrorCode.MODEL_INCOMPLETE
    assert str((folder / name).with_name(Path(name).name.replace(".fp16", ""))) in caught.value.detail


def test_the_other_usual_file_names_are_read(folder: Path):
    (folder / UNET).rename(folder / "unet" / "diffusion_pytorch_model.fp16.safetensors")
    (folder / "image_encoder" / "model.fp16.safetensors").rename(folder / "image_encoder" / "model.safetensors")
    load(folder)


def test_a_pickle_is_never_read(folder: Path):
    torch.save({}, folder / "unet" / "diffusion_pytorch_model.bin")
    (folder / UNET).unlink()
    with pytest.raises(PlatelightError) as caught:
        load(folder)
    assert caught.value.code is ErrorCode.MODEL_INVALID and ".bin" in caught.value.detail


@pytest.mark.parametrize(
    "name",
    [
        "diffusion_pytorch_model.safetensors.index.json",
        "diffusion_pytorch_model.bin.index.json",
        "diffusion_pytorch_model.safetensors.index.fp16.json",
    ],
)
def test_an_index_of_other_files_is_refused_and_they_are_not_read(folder: Path, name: str):
    """The libraries follow it to whatever files it names, here to a pickle."""
    torch.save(load_file(folder / UNET), folder / "unet" / "shard.bin")
    keys = dict.fromkeys(load_file(folder / UNET), "shard.bin")
    (folder / "unet" / name).write_text(json.dumps({"metadata": {"total_size": 1}, "weight_map": keys}))
    with pytest.raises(PlatelightError) as caught:
        load(folder)
    assert caught.value.code is ErrorCode.MODEL_INVALID and name in caught.value.detail


@pytest.mark.parametrize(
    ("name", "field", "value"),
    [
        ("scheduler/scheduler_config.json", "num_train_timesteps", 10**9),
        ("unet/config.json", "layers_per_block", 10**6),
        ("image_encoder/config.json", "image_size", 10**9),
        ("image_encoder/config.json", "num_hidden_layers", 10**6),
        ("vae/config.json", "scaling_factor", 10**400),
        ("vae/config.json", "block_out_channels", [8] * 5000),
        ("unet/config.json", "nested", {"deep": [{"num": 10**9}]}),
        ("unet/config.json", "sample_size", float("nan")),
    ],
)
def test_numbers_that_no_model_needs_are_refused_before_memory_is_taken(folder: Path, name: str, field: str, value: object):
    config = json.loads((folder / name).read_text())
    (folder / name).write_text(json.dumps({**config, field: value}))
    with pytest.raises(PlatelightError) as caught:
        load(folder)
    assert caught.value.code is ErrorCode.MODEL_INVALID and str(folder / name) in caught.value.detail


def _drop_a_tensor(file: Path) -> None:
    tensors = load_file(file)
    tensors.pop(sorted(tensors)[0])
    save_file(tensors, file)


def _reshape_a_tensor(file: Path) -> None:
    tensors = load_file(file)
    name = next(name for name in sorted(tensors) if tensors[name].ndim == 4)
    save_file({**tensors, name: torch.zeros(1, 2, 3)}, file)


def _cut(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-1000])


def _other_network(file: Path) -> None:
    shutil.copy(CHECKPOINT / VAE, file)


@pytest.mark.parametrize("spoil", [_drop_a_tensor, _reshape_a_tensor, _cut, _other_network, lambda file: file.write_bytes(b"")])
def test_spoilt_weights_are_refused(folder: Path, spoil: Callable[[Path], None]):
    spoil(folder / UNET)
    with pytest.raises(PlatelightError) as caught:
        load(folder)
    assert caught.value.code is ErrorCode.MODEL_INVALID and str(folder / UNET) in caught.value.detail


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{",
        "[" * 100_000,
        '{"a":' * 900 + "1" + "}" * 900,
        '{"a": "' + "x" * 2_000_000 + '"}',
    ],
)
def test_a_spoilt_config_is_refused(folder: Path, text: str):
    (folder / "vae" / "config.json").write_text(text)
    with pytest.raises(PlatelightError) as caught:
        load(folder)
    assert caught.value.code is ErrorCode.MODEL_INVALID and "config.json" in caught.value.detail


def test_the_preprocessors_mean_and_deviation_are_used(folder: Path):
    file = folder / "feature_extractor" / "preprocessor_config.json"
    content = json.loads(file.read_text())
    assert load(folder).image_mean == tuple(content["image_mean"])
    file.write_text("{}")
    with pytest.raises(PlatelightError) as caught:
        load(folder)
    assert caught.value.code is ErrorCode.MODEL_INVALID


def test_float16_keeps_the_encoder_in_float32_where_the_checkpoint_asks(folder: Path):
    vae = load(folder, "fp16").vae
    assert vae.encoder.conv_in.weight.dtype == vae.quant_conv.weight.dtype == torch.float32
    assert vae.decoder.conv_in.weight.dtype == torch.float16
    vae = load(folder, "bf16").vae
    assert {parameter.dtype for parameter in vae.parameters()} == {torch.bfloat16}


def _flip(file: Path, position: int) -> None:
    content = bytearray(file.read_bytes())
    content[position] ^= 1
    file.write_bytes(content)


@pytest.mark.parametrize(
    ("name", "position"), [(VAE, -1), (UNET, 0), (UNET, -SAMPLE_BYTES // 2), ("scheduler/scheduler_config.json", 3)]
)
def test_the_revision_changes_with_the_checkpoint(folder: Path, name: str, position: int):
    before = revision(folder)
    assert before == revision(CHECKPOINT)
    _flip(folder / name, position)
    assert revision(folder) != before


def test_weights_trained_in_some_layers_only_are_another_revision(folder: Path):
    """The middle fifth of the tensors changes, as when the spatial layers alone are trained."""
    before = revision(folder)
    tensors = load_file(folder / UNET)
    names = sorted(tensors)
    for name in names[2 * len(names) // 5 : 3 * len(names) // 5]:
        tensors[name] = tensors[name] + 0.01
    save_file(tensors, folder / UNET)
    assert revision(folder) != before


def test_the_revision_is_known_without_torch():
    code = (
        "import sys; from engine.models import registry; "
        f"print(registry.revision(registry.info({str(CHECKPOINT)!r})), 'torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=CHECKPOINT.parents[3], capture_output=True, text=True, check=True)
    assert done.stdout.split() == [revision(CHECKPOINT), "False"]
