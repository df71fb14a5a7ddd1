"""MoGe against what its published code computed, one lens and one scale for a shot, and its files."""

from __future__ import annotations

import itertools
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from safetensors.torch import load_file, save_file

from engine.models import tensors
from engine.models.moge import camera
from engine.models.moge.model import MASK, NORMAL, POINTS, VideoGeometry, load_geometry_model
from engine.models.moge.network import grid_for
from engine.models.moge.refiner import Refiner, Voxels
from engine.models.moge.shot import Gauge, distances, measure, sized
from engine.models.temporal.block import TemporalSettings
from engine.normals import angles
from engine.protocol import ErrorCode, PlatelightError

GOLDEN = Path(__file__).parents[1] / "samples" / "golden" / "moge"
FILES = ("small_3f_128x72", "odd_2f_150x85", "tall_2f_90x160_fov")


@pytest.fixture(scope="module")
def model() -> VideoGeometry:
    return load_geometry_model(GOLDEN)


@torch.inference_mode()
def planes_of(model: VideoGeometry, frames: np.ndarray, *, tokens: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Planes of the heads, and each frame's own metric scale, of uint8 frames."""
    pixels = torch.from_numpy(frames).permute(0, 3, 1, 2) / 255
    encoded = [model.encode(frame, tokens=tokens) for frame in pixels]
    aspect = frames.shape[2] / frames.shape[1]
    planes = model.decode(torch.stack([each.features for each in encoded]), aspect=aspect, chunk=1)
    return planes, torch.tensor([each.log_scale for each in encoded]).exp()


@pytest.mark.parametrize("name", FILES)
def test_each_frame_is_what_the_published_code_makes_of_it(model, name):
    golden = np.load(GOLDEN / f"{name}.npz")
    frames, stride, fov = golden["frames"], int(golden["stride"]), float(golden["fov_x"])
    size = frames.shape[1:3]
    planes, scales = planes_of(model, frames, tokens=int(golden["num_tokens"]))
    assert torch.allclose(scales, torch.from_numpy(golden["scale"]), rtol=1e-5)
    for number in range(len(frames)):
        one, scale = planes[number : number + 1], scales[number : number + 1]
        gauge = measure(one, scale, size=size, fov=fov, kind=model.image.remap)
        whole = sized(one, size)
        depth, sure = distances(whole, gauge, kind=model.image.remap)
        assert np.abs(depth[0, ::stride, ::stride].numpy() / golden["depth"][number] - 1).max() < 1e-3
        across = gauge.focal / 2 * np.hypot(1, size[1] / size[0]) / (size[1] / size[0])
        assert across == pytest.approx(golden["intrinsics"][number, 0, 0], rel=1e-3)
        assert ((sure[0] > 0.5).numpy() != golden["mask"][number]).mean() < 1e-3
        normal = F.normalize(whole[0, NORMAL], dim=0).permute(1, 2, 0)[::stride, ::stride].numpy()
        assert angles(normal, golden["normal"][number]).mean() < 0.02


def test_a_lens_and_a_shift_are_found_again():
    height, width, focal, shift = 90, 160, 1.7, 0.8
    depth = 3 + torch.rand(height, width, generator=torch.Generator().manual_seed(1))
    uv = camera.view_plane(height, width)
    points = torch.cat([uv * depth / focal, depth[None] - shift])
    mask = torch.ones(height, width, dtype=torch.bool)
    found = camera.locate(points, mask)
    assert found.known and found.focal == pytest.approx(focal, rel=1e-4) and found.shift == pytest.approx(shift, abs=1e-3)
    assert camera.locate(points, mask, focal=focal).shift == pytest.approx(shift, abs=1e-4)
    broken = points.clone()
    broken[:, :, 80:] = float("nan")
    assert camera.locate(broken, mask & ~broken[2].isnan()).focal == pytest.approx(focal, rel=1e-4), "what is masked has no say"
    assert not camera.locate(points, torch.zeros_like(mask)).known
    for aspect in (0.5, 16 / 9, 2.39):
        assert camera.fov_of(camera.focal_of(54.0, aspect=aspect), aspect=aspect) == pytest.approx(54.0)
    assert camera.fov_of(camera.focal_of(90.0, aspect=2.0), aspect=2.0) == pytest.approx(90.0)


def test_the_grid_has_the_pictures_shape():
    assert grid_for(3600, size=(1080, 1920)) == (45, 80)
    assert grid_for(1200, size=(1920, 1080)) == (46, 26)
    assert grid_for(1, size=(10, 1000)) == (1, 10)


def test_untrained_blocks_change_no_bit_and_trained_ones_do(model, tmp_path):
    golden = np.load(GOLDEN / f"{FILES[0]}.npz")
    planes, _ = planes_of(model, golden["frames"], tokens=60)
    video = load_geometry_model(GOLDEN, fresh=TemporalSettings(layers=1))
    assert [len(block.norm.weight) for block in video.temporal] == [128, 64, 32]
    assert torch.equal(planes_of(video, golden["frames"], tokens=60)[0], planes)
    with torch.no_grad():
        for block in video.temporal:
            torch.nn.init.normal_(block.proj_out.weight, std=0.05)
    changed, _ = planes_of(video, golden["frames"], tokens=60)
    for part in (POINTS, NORMAL, MASK):
        assert not torch.equal(changed[:, part], planes[:, part]), "what is learned reaches every head"
    features = torch.stack([video.encode(torch.from_numpy(f).permute(2, 0, 1) / 255, tokens=60).features for f in golden["frames"]])
    with torch.no_grad():
        cut = video.decode(features, aspect=16 / 9, cuts=[1])
        assert torch.allclose(cut[1:], video.decode(features[1:], aspect=16 / 9), atol=1e-5), "no shot sees another"
    video.save_temporal(tmp_path / "blocks.safetensors")
    again = load_geometry_model(GOLDEN, temporal=tmp_path / "blocks.safetensors")
    assert torch.equal(planes_of(again, golden["frames"], tokens=60)[0], changed)
    assert load_geometry_model(GOLDEN, temporal=tmp_path / "blocks.safetensors", per_frame=True).temporal is None


def test_one_gauge_holds_for_the_shot(model):
    """Each frame's own lens differs by half a degree in the golden data; the shot's is in their middle, and a known one is kept."""
    golden = np.load(GOLDEN / f"{FILES[0]}.npz")
    planes, scales = planes_of(model, golden["frames"], tokens=200)
    options = {"size": (72, 128), "kind": model.image.remap}
    own = [measure(planes[n : n + 1], scales[n : n + 1], fov=0.0, **options).focal for n in range(3)]
    assert measure(planes, scales, fov=0.0, **options).focal == sorted(own)[1]
    assert measure(planes, scales, fov=50.0, **options).focal == camera.focal_of(50.0, aspect=128 / 72)
    dark = planes.clone()
    dark[0, MASK] = -20.0
    dark[0, POINTS][2] = 3.0
    assert measure(dark, scales, fov=0.0, **options).focal == pytest.approx(np.median(own[1:])), "a frame of sky has no say"
    assert Gauge.from_array(Gauge(focal=1.25, scale=0.3).to_array()) == Gauge(focal=1.25, scale=0.3)


def test_nothing_is_behind_the_camera():
    planes = torch.zeros(1, 7, 16, 16)
    planes[0, 2], planes[0, MASK] = 2.0, 9.0
    planes[0, :2] = camera.view_plane(16, 16)
    planes[0, 2, 3, 4:6] = -40.0
    depth, sure = distances(planes, Gauge(focal=2.0, scale=1.5), kind="linear")
    behind = torch.zeros(1, 16, 16, dtype=torch.bool)
    behind[0, 3, 4:6] = True
    assert torch.equal(sure == 0, behind) and torch.allclose(depth[~behind], torch.tensor(3.0), rtol=0.01)
    assert (depth[behind] == 1e-3).all(), "a distance is never 0 or less"


def repacked(folder: Path, *, config: bool = True) -> Path:
    """The golden checkpoint as safetensors, with or without what it says of itself."""
    folder.mkdir()
    shutil.copy(GOLDEN / "model.pt", folder / "model.pt")
    tensors.convert(folder / "model.pt")
    if not config:
        save_file(load_file(folder / "model.safetensors"), folder / "model.safetensors")
    return folder


@pytest.mark.parametrize("config", [True, False], ids=["converted", "bare"])
def test_safetensors_give_the_same_bits_with_and_without_a_configuration(model, tmp_path, config):
    folder = repacked(tmp_path / "m", config=config)
    assert [file.name for file in folder.iterdir()] == ["model.safetensors"]
    frames = np.load(GOLDEN / f"{FILES[0]}.npz")["frames"][:1]
    assert torch.equal(planes_of(load_geometry_model(folder), frames, tokens=80)[0], planes_of(model, frames, tokens=80)[0])


def wrong_files() -> dict[str, tuple[object, str]]:
    held = torch.load(GOLDEN / "model.pt", weights_only=True)
    state, config = held["model"], held["model_config"]
    without_mask = {name: tensor for name, tensor in state.items() if not name.startswith("mask_head.")}
    without_block = {name: tensor for name, tensor in state.items() if "blocks.3.mlp.fc1" not in name}
    odd = dict(state) | {"neck.res_blocks.1.0.layers.2.bias": torch.zeros(3)}
    return {
        "no mask": ({"model": without_mask, "model_config": config}, "no mask head"),
        "missing": ({"model": without_block, "model_config": config}, "Missing key"),
        "shape": ({"model": odd, "model_config": config}, "size mismatch"),
        "remap": ({"model": state, "model_config": config | {"remap_output": "cosh"}}, "cosh"),
        "layers": ({"model": state, "model_config": config | {"encoder": {"intermediate_layers": [1, 2, 4, 9]}}}, "layers"),
        "not tensors": ({"model": {"encoder": 3}, "model_config": config}, "no tensor"),
        "no state": ([1, 2], "no tensors"),
        "object": ({"model": state, "model_config": {"path": Path("/")}}, "more than tensors"),
    }


@pytest.mark.parametrize("what", wrong_files().keys())
def test_wrong_checkpoints_are_refused_by_name(tmp_path, what):
    held, told = wrong_files()[what]
    torch.save(held, tmp_path / "model.pt")
    with pytest.raises(PlatelightError) as raised:
        load_geometry_model(tmp_path)
    assert raised.value.code is ErrorCode.MODEL_INVALID
    assert str(tmp_path / "model.pt") in str(raised.value) and told in raised.value.detail
    assert "weights_only" not in str(raised.value), "nobody is told how to run what is in the file"


@pytest.mark.parametrize("suffix", [".pt", ".safetensors"])
def test_damaged_and_missing_checkpoints_are_refused_by_name(tmp_path, suffix):
    with pytest.raises(PlatelightError) as raised:
        load_geometry_model(tmp_path)
    assert raised.value.code is ErrorCode.MODEL_INCOMPLETE and "model.safetensors" in raised.value.detail
    whole = (repacked(tmp_path / "whole") / "model.safetensors" if suffix == ".safetensors" else GOLDEN / "model.pt").read_bytes()
    for content in (whole[: len(whole) // 2], b"", b"no tensors at all"):
        (tmp_path / f"model{suffix}").write_bytes(content)
        with pytest.raises(PlatelightError) as raised:
            load_geometry_model(tmp_path)
        assert raised.value.code is ErrorCode.MODEL_INVALID and f"model{suffix}" in raised.value.detail


def test_half_precision_keeps_the_logarithm_of_depth(tmp_path):
    frames = np.load(GOLDEN / f"{FILES[0]}.npz")["frames"][:1]
    models = (load_geometry_model(GOLDEN, dtype=dtype) for dtype in (torch.float32, torch.bfloat16))
    exact, rough = (planes_of(model, frames, tokens=80)[0] for model in models)
    error = (exact[:, 2] - rough[:, 2]).abs()
    assert 0 < error.mean() < 0.02 and rough.dtype == torch.float32


# MoGe-3 ---------------------------------------------------------------------------------------------------------------


def refiner_state(*, channels: tuple[int, ...] = (8, 12, 16, 16, 16), features: int = 130) -> dict[str, torch.Tensor]:
    """Random weights in the published layout, small enough that a refined depth stays near."""
    made: dict[str, tuple[int, ...]] = {"input_proj": (channels[0], 3), "encoder_fuse": (channels[-1], features)}
    made |= {"fuse_proj.0": (channels[-1], 2 * channels[-1]), "fuse_proj.2": (channels[-1],) * 2, "out_proj": (1, channels[0])}
    pairs = list(itertools.pairwise(channels))
    for level, (shallow, deep) in enumerate(pairs):
        made[f"downsample_blocks.{level}.linear"] = (deep, shallow)
        made[f"upsample_blocks.{len(pairs) - 1 - level}.linear"] = (shallow, deep)
    stages = {f"down_stages.{level}.0": width for level, width in enumerate(channels)} | {"bottleneck_stage.0": channels[-1]}
    stages |= {f"up_stages.{level}.0": width for level, width in enumerate(reversed(channels[:-1]))}
    state = {}
    draw = torch.Generator().manual_seed(5)
    for stage, width in stages.items():
        made |= {f"{stage}.conv{number}": (width, 3, 3, 3, width) for number in (1, 2)} | {f"{stage}.norm1": (width,)}
    for name, shape in made.items():
        state[f"{name}.weight"] = torch.randn(shape, generator=draw) * (0.3 / max(1, np.prod(shape[1:])) ** 0.5) + (len(shape) == 1)
        state[f"{name}.bias"] = 0.1 * torch.randn(shape[0], generator=draw)
    return state


def dense_correction(state: dict[str, torch.Tensor], log_depth: torch.Tensor, features: torch.Tensor, *, bins: int) -> torch.Tensor:
    """The published refiner written again over a dense volume with torch's own convolutions: a second opinion on the sparse one."""
    height, width = log_depth.shape
    place = torch.round(log_depth * bins).long()
    place -= place.min()
    deep = -(-(int(place.max()) + 1) // 16) * 16
    there = torch.zeros(height, width, deep).scatter_(2, place[..., None], 1.0)[None, None]
    inputs = torch.cat([camera.view_plane(height, width), log_depth[None]])[None, ..., None]

    def linear(name: str, volume: torch.Tensor) -> torch.Tensor:
        return F.conv3d(volume, state[f"{name}.weight"][..., None, None, None], state[f"{name}.bias"])

    def block(name: str, volume: torch.Tensor, there: torch.Tensor) -> torch.Tensor:
        weight, bias = state[f"{name}.norm1.weight"], state[f"{name}.norm1.bias"]
        inner = F.layer_norm(volume.movedim(1, -1), volume.shape[1:2], weight, bias, 1e-6).movedim(-1, 1)
        for number in (1, 2):
            kernel = state[f"{name}.conv{number}.weight"].movedim(-1, 1)
            inner = F.conv3d(F.silu(inner) * there, kernel, state[f"{name}.conv{number}.bias"], padding=1)
        return (volume + inner) * there

    hidden, passed = linear("input_proj", inputs.expand(-1, -1, -1, -1, deep)) * there, []
    for level in range(5):
        hidden = block(f"down_stages.{level}.0", hidden, there)
        if level == 4:
            break
        passed.append((hidden, there))
        counts = F.avg_pool3d(there, 2)
        hidden, there = F.avg_pool3d(hidden, 2) / counts.clamp(min=1e-6), (counts > 0).float()
        hidden = linear(f"downsample_blocks.{level}.linear", hidden) * there
    seen = linear("encoder_fuse", features[None, ..., None].expand(-1, -1, -1, -1, hidden.shape[-1]))
    hidden = linear("fuse_proj.2", F.silu(linear("fuse_proj.0", torch.cat([hidden, seen], dim=1)))) * there
    hidden = block("bottleneck_stage.0", hidden, there)
    for level in range(4):
        beside, there = passed.pop()
        hidden = F.interpolate(linear(f"upsample_blocks.{level}.linear", hidden), scale_factor=2, mode="nearest")
        hidden = block(f"up_stages.{level}.0", (hidden + beside) * there, there)
    return linear("out_proj", hidden)[0, 0].gather(2, place[..., None])[..., 0]


def test_the_sparse_refiner_is_the_dense_one():
    state = refiner_state()
    refiner = Refiner(state, bins=16)
    refiner.load_state_dict(state)
    draw = torch.Generator().manual_seed(2)
    features = torch.randn(1, 130, 2, 3, generator=draw)
    points = F.interpolate(torch.randn(1, 3, 5, 7, generator=draw), size=(32, 48), mode="bilinear")
    points[:, 2, 10:20, 10:30] += 1.5
    with torch.inference_mode():
        once = refiner(points, features, steps=1)
        expected = points[0, 2] + dense_correction(state, points[0, 2], features[0], bins=16)
        assert (expected - points[0, 2]).abs().max() > 0.02
        assert torch.allclose(once[0, 2], expected, atol=1e-5)
        assert torch.equal(once[:, :2], points[:, :2]), "only the depth is corrected"
        assert torch.equal(refiner(points, features, steps=3), refiner(refiner(points, features, steps=2), features, steps=1))


def test_voxels_know_their_neighbours():
    places = torch.tensor([[0, 0, 0], [0, 0, 1], [0, 1, 4], [2, 2, 0]])
    voxels = Voxels.at(places, (3, 3, 5))
    assert voxels.near[13].tolist() == [0, 1, 2, 3], "the middle of 27 is the voxel itself"
    assert voxels.near[14].tolist() == [1, 4, 4, 4], "and the next the one a bin farther"
    coarse, parent, children = voxels.coarser()
    assert coarse.places.tolist() == [[0, 0, 0], [0, 0, 2], [1, 1, 0]] and coarse.extent == (2, 2, 3)
    assert parent.tolist() == [0, 0, 1, 2] and (children < 4).sum(0).tolist() == [2, 1, 1]


def test_a_checkpoint_with_a_refiner_is_refined(model, tmp_path):
    held = torch.load(GOLDEN / "model.pt", weights_only=True)
    state = {f"refiner.{name}": tensor for name, tensor in refiner_state().items()}
    config = held["model_config"] | {"refiner_depth_resolution": 64}
    torch.save({"model": held["model"] | state, "model_config": config}, tmp_path / "model.pt")
    refined = load_geometry_model(tmp_path)
    assert refined.refiner is not None and refined.refiner.bins == 64 and model.refiner is None
    frames = np.load(GOLDEN / f"{FILES[0]}.npz")["frames"][:2]
    theirs, _ = planes_of(refined, frames, tokens=40)
    ours, _ = planes_of(model, frames, tokens=40)
    assert torch.equal(theirs[:, NORMAL], ours[:, NORMAL]) and not torch.equal(theirs[:, 2], ours[:, 2])
    assert torch.equal(theirs[1], planes_of(refined, frames[1:], tokens=40)[0][0]), "each frame by itself"
