"""Clips on disk, made and held-out ones among them, sampling, and normals from depth."""

import dataclasses
import json
import shutil
from collections import Counter

import cv2
import numpy as np
import pytest

from engine.lab.training.data.clips import Intrinsics, list_clips, open_clip, read_clip, write_clip
from engine.lab.training.data.depth_normals import depth_normals
from engine.lab.training.data.readers import open_set
from engine.lab.training.data.readers.axes import facing_share
from engine.lab.training.data.sampling import ClipSampler
from engine.lab.training.scenes import surfaces
from engine.lab.training.scenes.gbuffer import Caster
from engine.lab.training.scenes.moving import motions, moved
from engine.lab.training.scenes.render_clips import ClipsRequest, make_clips
from engine.lab.training.scenes.scene import Thing, looking
from engine.lab.training.scenes.shading import shade
from engine.lab.training.scenes.textures import Noise
from engine.protocol import PlatelightError
from tests.support import heldout
from tests.support.room import CAMERA, FRONT, HEIGHT, WIDTH, degrees, plane, rays


def test_a_clip_keeps_everything(tmp_path):
    rng = np.random.default_rng(0)
    parts = {
        "frames": rng.integers(0, 256, (3, 4, 5, 3)).astype(np.uint8),
        "normals": rng.normal(size=(3, 4, 5, 3)).astype(np.float16),
        "valid": rng.random((3, 4, 5)) > 0.5,
        "depth": rng.random((3, 4, 5)).astype(np.float32),
        "poses": rng.normal(size=(3, 4, 4)),
    }
    write_clip(tmp_path / "a", **parts, intrinsics=CAMERA)
    stored = open_clip(tmp_path / "a")
    assert all(np.array_equal(getattr(stored, name), values) for name, values in parts.items())
    assert stored.intrinsics == CAMERA


def test_a_clip_of_two_files_still_reads(tmp_path):
    (tmp_path / "old").mkdir()
    frames, normals = np.zeros((2, 4, 5, 3), np.uint8), np.zeros((2, 4, 5, 3), np.float16)
    normals[..., 2] = 1
    normals[0, 0, 0] = 0
    np.save(tmp_path / "old/frames.npy", frames)
    np.save(tmp_path / "old/normals.npy", normals)
    (tmp_path / "new.part").mkdir()
    np.save(tmp_path / "new.part/normals.npy", normals)
    assert list_clips(tmp_path) == [tmp_path / "old"]
    assert [part.shape for part in read_clip(tmp_path / "old")] == [(2, 4, 5, 3)] * 2
    clip = open_set("clips", tmp_path).read(0, 0, 2)
    assert clip.valid.sum() == 39 and not clip.valid[0, 0, 0] and clip.intrinsics is None


def test_a_clip_that_does_not_fit_together_is_refused(tmp_path):
    frames, normals = np.zeros((2, 4, 5, 3), np.uint8), np.zeros((2, 4, 5, 3))
    with pytest.raises(ValueError, match=r"depth\.npy"):
        write_clip(tmp_path / "a", frames=frames, normals=normals, depth=np.zeros((2, 5, 4)))
    assert not list(tmp_path.iterdir())
    write_clip(tmp_path / "a", frames=frames, normals=normals)
    np.save(tmp_path / "a/normals.npy", normals[:1].astype(np.float16))
    with pytest.raises(ValueError, match=r"normals\.npy"):
        open_set("clips", tmp_path)
    (tmp_path / "a/frames.npy").write_bytes((tmp_path / "a/frames.npy").read_bytes()[:-7])
    with pytest.raises(ValueError, match=r"frames\.npy"):
        read_clip(tmp_path / "a")


def test_clips_gone_on_with_are_those_of_a_run_that_was_never_stopped(tmp_path):
    few = {"scenes": 2, "views": 1, "looks": 1, "seed": 6, "workers": 1}  # its second scene shares shapes of its first
    assert list(make_clips(ClipsRequest(out=tmp_path, **few))) == [2]
    whole = {path: path.read_bytes() for path in tmp_path.rglob("*.npy")}
    assert {path.parent.name for path in whole} == {"000000_0_0", "000001_0_0"}
    shutil.rmtree(tmp_path / "000001_0_0")
    (tmp_path / "000001_0_0.part").mkdir()  # as a stop in the middle leaves it
    assert list(make_clips(ClipsRequest(out=tmp_path, **few))) == [2]
    assert {path: path.read_bytes() for path in tmp_path.rglob("*.npy")} == whole


def test_air_exposure_and_film_stay_while_a_clip_runs(tmp_path):
    """Soft light takes as many random numbers as it meets points; what is drawn after it would change with the view."""
    list(make_clips(ClipsRequest(out=tmp_path, scenes=1, views=1, looks=1, frames=2, seed=77, workers=1)))  # sky, and a soft light
    clip = open_clip(tmp_path / "000000_0_0")
    seen = clip.normals.any(-1).sum((1, 2))
    assert seen[0] != seen[1] and 0.5 < seen[0] / clip.normals[0, ..., 0].size < 0.9
    assert clip.frames.mean((1, 2, 3))[1] == pytest.approx(clip.frames.mean((1, 2, 3))[0], rel=0.05)


def test_a_thing_that_moves_takes_texture_and_normals_along():
    """With the camera beside it all the way, nothing changes but the light that stays behind: here none does."""
    thing = Thing(surface=surfaces.torus(np.random.default_rng(0)))
    (motion,) = motions([thing], share=1.0, rng=np.random.default_rng(1)).values()
    camera, noise = looking(np.array([0.3, 1.5, 2.0]), np.zeros(3), focal=1.0), Noise()
    seen = []
    for frame, still in ((0, motion), (5, motion), (5, dataclasses.replace(motion, spin=0.0))):
        (there,) = moved([thing], {0: still}, frame=frame)
        turn, offset = still.place(frame)
        beside = dataclasses.replace(camera, position=turn @ camera.position + offset, axes=camera.axes @ turn.T)
        caster = Caster([there])
        buffer = caster.gbuffer(beside, height=32, width=40, rng=np.random.default_rng(0))
        look = shade(buffer, things=[there], caster=caster, noise=noise, seed=4, anchor=offset, reach=2.0, environments=[])
        seen.append((look.frame[buffer.thing >= 0], (buffer.label @ beside.axes.T)[buffer.thing >= 0], buffer.thing))
    assert all(np.mean(other[2] != seen[0][2]) < 0.01 for other in seen[1:]) and (seen[0][2] >= 0).mean() > 0.1
    same = (seen[0][2] >= 0) & (seen[1][2] >= 0) & (seen[2][2] >= 0)
    first, turned, shifted = (np.full((32, 40, 6), np.nan) for _ in seen)
    for values, (colour, normal, owner) in zip((first, turned, shifted), seen, strict=True):
        values[owner >= 0] = np.concatenate([colour, normal], -1)
    assert np.abs(turned - first)[same][:, 3:].max() < 0.02 and np.abs(shifted - first)[same][:, 3:].max() < 0.02
    assert np.quantile(np.abs(shifted - first)[same][:, :3], 0.95) < 0.01, "its texture stays on it"
    assert first[same][:, :3].std() > 0.03
    assert not motions(
        [dataclasses.replace(thing, hint="wall"), dataclasses.replace(thing, clutter=True)], share=1.0, rng=np.random.default_rng(1)
    )


def test_what_clips_cannot_be_made_of_is_named(tmp_path):
    for changes, said in (({"workers": 0}, "workers is 0"), ({"environments": tmp_path}, r"no map \(\*\.exr\)")):
        with pytest.raises(PlatelightError, match=said):
            list(make_clips(ClipsRequest(out=tmp_path / "clips", scenes=1, **changes)))
    (tmp_path / "file").touch()
    with pytest.raises(PlatelightError, match=r"file/clips could not be written"):
        list(make_clips(ClipsRequest(out=tmp_path / "file" / "clips", scenes=1)))


class Counted:
    """A set of which only its frame counts matter."""

    def __init__(self, *counts: int) -> None:
        self.frame_counts, self.names = counts, tuple(map(str, counts))


def test_clips_are_drawn_by_their_frames():
    sampler = ClipSampler([Counted(10, 30), Counted(60)], seed=5)
    drawn = [tuple(sampler.draw(4)) for _ in range(4000)]
    shares = Counter((which, clip) for which, clip, _ in drawn)
    assert shares[0, 0] / 4000 == pytest.approx(0.1, abs=0.02)
    assert shares[0, 1] / 4000 == pytest.approx(0.3, abs=0.03)
    firsts = Counter(first for which, clip, first in drawn if (which, clip) == (0, 0))
    assert set(firsts) == set(range(7))
    assert {tuple(ClipSampler([Counted(3)], seed=k).draw(14)) for k in range(9)} == {(0, 0, 0)}


def test_drawing_goes_on_where_it_was_left():
    sets = [Counted(10, 30), Counted(60)]
    whole = ClipSampler(sets, seed=5)
    lengths = [1 + k % 14 for k in range(40)]
    order = [tuple(whole.draw(length)) for length in lengths]
    first = ClipSampler(sets, seed=5)
    assert [tuple(first.draw(length)) for length in lengths[:17]] == order[:17]
    second = ClipSampler(sets, seed=0)
    second.restore(json.loads(json.dumps(first.state())))
    assert [tuple(second.draw(length)) for length in lengths[17:]] == order[17:]
    assert [tuple(ClipSampler(sets, seed=6).draw(length)) for length in lengths] != order
    with pytest.raises(ValueError, match="101"):
        ClipSampler([Counted(101)], seed=5).restore(first.state())
    with pytest.raises(ValueError, match="no frames"):
        ClipSampler([], seed=5)


@pytest.mark.parametrize("normal", [FRONT, (0.6, 0, 0.8), (0.3, 0.5, 0.81), (0, 0.95, 0.31)])
def test_a_plane_is_found_exactly(normal):
    normal = np.asarray(normal) / np.linalg.norm(normal)
    depth = plane(normal, 3.0)
    seen = np.isfinite(depth)
    normals, valid = depth_normals(depth, CAMERA)
    assert valid[seen].mean() > 0.97 and not valid[~seen].any()
    assert degrees(normals, normal)[valid].max() < 0.01


def test_a_sphere_is_round():
    camera = Intrinsics(200.0, 200.0, 79.5, 69.5)
    centre, radius, ray = np.array([0.1, -0.05, -3.0]), 0.9, rays(camera)
    toward, square = ray @ centre, (ray**2).sum(-1)
    root = toward**2 - square * (centre @ centre - radius**2)
    hit = root > 0
    depth = np.where(hit, (toward - np.sqrt(np.maximum(root, 0))) / square, 0)
    truth = (ray * depth[..., None] - centre) / radius
    normals, valid = depth_normals(depth.astype(np.float32), camera)
    error, inner = degrees(normals, truth), cv2.erode(hit.astype(np.uint8), np.ones((7, 7))) > 0
    assert valid[inner].all()
    assert not valid[~hit].any() and valid[hit].mean() > 0.9
    assert error[valid].mean() < 0.5 and error[inner].max() < 1
    left, right = valid[70].nonzero()[0][[0, -1]]
    assert normals[70, left, 0] < -0.8 and normals[70, right, 0] > 0.8


def test_a_step_leaves_both_sides_flat_to_the_edge():
    depth = np.where(np.arange(WIDTH) < 15, 2.0, 3.0) * np.ones((HEIGHT, 1))
    normals, valid = depth_normals(depth, CAMERA)
    assert valid.all() and degrees(normals, FRONT).max() < 0.01


@pytest.mark.parametrize("ridge", [np.fmin, np.fmax])
def test_a_fold_stays_sharp(ridge):
    left, right = plane((0.6, 0, 0.8), 2.0), plane((-0.6, 0, 0.8), 2.0)
    depth = ridge(left, right)
    truth = np.where((depth == left)[..., None], (0.6, 0, 0.8), (-0.6, 0, 0.8))
    normals, valid = depth_normals(depth, CAMERA)
    assert valid.mean() > 0.95 and degrees(normals, truth)[valid].max() < 0.01


def test_specks_and_holes_are_invalid_and_do_not_spread():
    depth = np.full((HEIGHT, WIDTH), 2.0)
    depth[10, 10], depth[10, 20], depth[5, 5] = 1.0, np.nan, -1
    normals, valid = depth_normals(depth, CAMERA)
    assert (~valid).sum() == 3 and not valid[10, 10] and not valid[10, 20] and not valid[5, 5]
    assert degrees(normals, FRONT)[valid].max() < 0.01


def test_the_held_out_set_is_whole_and_in_our_axes():
    assert len(heldout.names()) == 26
    for name in heldout.names():
        clip = heldout.load(name)
        assert clip.frames.dtype == np.uint8 and clip.frames.shape == clip.normals.shape and len(clip.frames) == 4
        valid = clip.normals.any(-1)
        assert valid.mean() > 0.3
        assert np.allclose(np.linalg.norm(clip.normals, axis=-1)[valid], 1, atol=1e-5)
        assert facing_share(clip.normals[0], valid[0], clip.camera.intrinsics) < 0.005, name
        turns = clip.camera.poses[:, :3, :3]
        assert np.allclose(turns @ turns.transpose(0, 2, 1), np.eye(3), atol=1e-5) and np.allclose(np.linalg.det(turns), 1)
        assert clip.frames[0].std() > 2 and np.abs(clip.frames[1].astype(int) - clip.frames[0]).max() > 5, name


FLAT = {"mural": ((0, -1, 0), 2), "toys": ((0, 0, 1), 1), "breakfast": ((0, 0, 1), 2)}
"""Which way a clip's wall or floor points in the world, and along which of the camera's axes most."""


@pytest.mark.parametrize("name", sorted(FLAT))
def test_held_out_normals_turn_with_the_camera(name):
    """A wall that is looked at, a floor that is looked along, a table from above: in the world each stays as it is."""
    (world, camera), clip = FLAT[name], heldout.load(name)
    for normals, pose in zip(clip.normals, clip.camera.poses, strict=True):
        seen = normals[normals.any(-1)]
        flat = degrees(seen @ pose[:3, :3].T, world) < 5
        assert flat.mean() > 0.4
        assert seen[flat].mean(0).argmax() == camera
