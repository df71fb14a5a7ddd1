"""Readers of other people's sets, on tiny files in their layouts.

Every fabricated set shows the same room, its normals stored in the set's own axes. So each test locks one conversion: the floor
faces up, the left wall right, the far wall toward the camera.
"""

import json
from pathlib import Path

import cv2
import h5py
import numpy as np
import OpenEXR
import pytest

from engine.lab.training.data.clips import write_clip
from engine.lab.training.data.readers import KINDS, open_set
from engine.lab.training.data.readers.axes import facing_share
from tests.support.room import ANGLE, BACK, CAMERA, HEIGHT, RIGHT, UP, WIDTH, degrees, room


def write_exr(path: Path, **channels: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    header = {"compression": OpenEXR.ZIP_COMPRESSION, "type": OpenEXR.scanlineimage}
    OpenEXR.File(header, {name: np.ascontiguousarray(values) for name, values in channels.items()}).write(str(path))


def write_picture(path: Path, values: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    order = {2: slice(None), 3: [2, 1, 0], 4: [2, 1, 0, 3]}[values.shape[-1] if values.ndim == 3 else 2]
    assert cv2.imwrite(str(path), values[..., order] if values.ndim == 3 else values)


def write_text(path: Path, values: dict) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(values))


def frame(value: int = 90) -> np.ndarray:
    """A frame whose red is `value` and whose green tells left from right."""
    values = np.full((HEIGHT, WIDTH, 3), (value, 0, 7), np.uint8)
    values[..., 1] = np.arange(WIDTH)
    return values


def hypersim(root: Path) -> None:
    _, normals = room()
    for number in (0, 1, 2, 5):
        for folder, kind, values in (
            ("final", "color", np.full((HEIGHT, WIDTH, 3), 0.5 + number, np.float32)),
            ("geometry", "normal_cam", normals.astype(np.float16)),
            ("geometry", "render_entity_id", np.where(np.arange(WIDTH) == 3, -1, 1) * np.ones((HEIGHT, 1), int)),
        ):
            path = root / f"ai_001_002/images/scene_cam_00_{folder}_hdf5/frame.{number:04d}.{kind}.hdf5"
            path.parent.mkdir(parents=True, exist_ok=True)
            with h5py.File(path, "w") as file:
                file["dataset"] = values


def replica(root: Path) -> None:
    _, normals = room()
    stored, mask = np.rint((normals * (1, -1, -1) + 1) * 127.5).astype(np.uint8), np.full((HEIGHT, WIDTH), 255, np.uint8)
    mask[:10, 3], stored[10:, 3] = 0, 128
    stem = "room_0/point_4_view_1_domain"
    write_picture(root / f"rgb/replica/{stem}_rgb.png", frame())
    write_picture(root / f"normal/replica/{stem}_normal.png", stored)
    write_picture(root / f"mask_valid/replica/{stem}_depth_zbuffer.png", mask)
    write_text(root / f"point_info/replica/{stem}_point_info.json", {"field_of_view_rads": ANGLE})


def ken_burns(root: Path) -> None:
    depth, normals = room()
    depth[:, 3] = 50_000
    stored = (normals * (1, 1, -1)).astype(np.float16)
    write_picture(root / "asdf-flying/00007-tl-image.png", frame())
    write_text(root / "asdf-flying/00007-meta.json", {"intSample": 7, "fltFov": 60.0})
    write_exr(root / "asdf-flying-depth/00007-tl-depth.exr", Y=depth.astype(np.float32))
    write_exr(root / "asdf-flying-normal/00007-tl-normal.exr", B=stored[..., 0], G=stored[..., 1], R=stored[..., 2])


def objaverse(root: Path) -> None:
    depth, normals = room()
    turn, _ = np.linalg.qr(np.random.default_rng(2).normal(size=(3, 3)))
    turn *= np.sign(np.linalg.det(turn))  # camera to world, columns right, down, forward
    world = normals * (1, -1, -1) @ turn.T
    red, blue, green = -world[..., 0], -world[..., 1], world[..., 2]
    alpha = np.where(np.arange(WIDTH) == 3, 0, 255) * np.ones((HEIGHT, 1))
    stem = root / "0/10010/campos_512_v4/00000/00000"
    write_picture(stem.with_suffix(".png"), np.dstack([frame(), alpha]).astype(np.uint8))
    stored = np.stack([red, green, blue, depth]).astype(np.float32)
    write_exr(stem.with_name("00000_nd.exr"), **dict(zip("RGBA", stored, strict=True)))
    axes = {axis: turn[:, k].tolist() for k, axis in enumerate("xyz")}
    write_text(stem.with_suffix(".json"), {**axes, "origin": [0, 0, 0], "x_fov": ANGLE})


PUBLISHED = "../../../../small_city_depth/aerial/train/block_1_depth"


def matrix_city(root: Path, *, kind: type = np.float32, pictures: str = "", depths: str = PUBLISHED) -> None:
    """`pictures`, `depths`: folders of a block's files, seen from its transforms.json; as published, unless they are given."""
    depth, _ = room()
    depth = depth * 100
    depth[:, 3] = 65504
    block, frames = root / "small_city/aerial/train/block_1", []
    block.mkdir(parents=True)
    for number in (0, 1, 2, 3):
        pose = np.eye(4) * 0.01
        if number == 3:
            pose[:3, :3] = np.array([[0, 0, 1], [0, 1, 0], [-1, 0, 0]]) * 0.01
        frames.append({"frame_index": number, "rot_mat": pose.tolist()})
        write_picture(block / pictures / f"{number:04d}.png", frame(90 + number))
        write_exr((block / depths).resolve() / f"{number:04d}.exr", **dict.fromkeys("RGB", depth.astype(kind)))
    write_text(block / "transforms.json", {"camera_angle_x": ANGLE, "frames": frames})


def clips(root: Path) -> None:
    _, normals = room()
    valid = np.ones((3, HEIGHT, WIDTH), bool)
    valid[..., 3] = False
    frames = np.stack([frame(), frame(), frame()])
    write_clip(root / "a", frames=frames, normals=np.stack([normals] * 3), valid=valid, intrinsics=CAMERA)


MAKERS = {maker.__name__: maker for maker in (clips, hypersim, ken_burns, matrix_city, objaverse, replica)}


def test_every_kind_is_tested():
    assert set(MAKERS) == set(KINDS)


@pytest.mark.parametrize("kind", sorted(MAKERS))
def test_axes_size_and_validity_of_a_set(kind, tmp_path):
    MAKERS[kind](tmp_path)
    clip = open_set(kind, tmp_path).read(0, 0, 1)
    _, truth = room()
    assert clip.frames.shape == clip.normals.shape == (1, HEIGHT, WIDTH, 3)
    assert clip.frames.dtype == clip.normals.dtype == np.float32
    assert clip.valid.shape == (1, HEIGHT, WIDTH) and clip.valid.dtype == bool
    assert not clip.valid[0, :, 3].any() and clip.valid.mean() > 0.9
    assert (clip.normals[~clip.valid] == 0).all()
    seen = clip.valid[0]
    made_of_depth = kind == "matrix_city"  # where three surfaces meet in a pixel, a window may fit none of them
    assert np.quantile(degrees(clip.normals[0], truth)[seen], 0.99 if made_of_depth else 1) < 0.6
    for normal in (UP, RIGHT, BACK):
        assert ((truth == normal).all(-1) & seen).sum() > 20
    assert np.allclose(clip.intrinsics, CAMERA, rtol=1e-4)
    assert clip.frames.min() >= 0 and clip.frames.max() <= 1
    if kind != "hypersim":
        assert np.allclose(clip.frames[0][:, 4:], frame()[:, 4:] / 255, atol=1e-6)


def test_hypersim_is_cut_where_frames_are_missing_and_exposed_once(tmp_path):
    hypersim(tmp_path)
    found = open_set("hypersim", tmp_path)
    assert found.names == ("ai_001_002/cam_00/0000-0002", "ai_001_002/cam_00/0005-0005") and found.frame_counts == (3, 1)
    levels = found.read(0, 0, 3).frames.mean((1, 2, 3))
    assert levels[2] == pytest.approx(0.8, abs=0.01)
    assert levels / levels[2] == pytest.approx((np.array([0.5, 1.5, 2.5]) / 2.5) ** (1 / 2.2), abs=0.01)


def test_hypersim_turns_what_faces_away(tmp_path):
    hypersim(tmp_path)
    path = tmp_path / "ai_001_002/images/scene_cam_00_geometry_hdf5/frame.0000.normal_cam.hdf5"
    with h5py.File(path, "r+") as file:
        file["dataset"][:, : WIDTH // 2] *= -1
        file["dataset"][0, 0] = np.nan
    clip = open_set("hypersim", tmp_path).read(0, 0, 1)
    assert not clip.valid[0, 0, 0]
    assert degrees(clip.normals[0], room()[1])[clip.valid[0]].max() < 0.6


def test_matrix_city_is_cut_where_the_camera_turns_at_once(tmp_path):
    matrix_city(tmp_path)
    found = open_set("matrix_city", tmp_path)
    assert found.frame_counts == (3, 1) and found.names[1].endswith("block_1/0003-0003")
    red = found.read(0, 1, 2).frames[:, 0, 0, 0] * 255
    assert np.allclose(red, (91, 92))


@pytest.mark.parametrize(
    ("pictures", "depths"),
    [
        ("rgb", "depth"),
        ("block_1", f"{PUBLISHED}/block_1_depth"),
        ("", PUBLISHED.replace("city_depth", "city_depth_float32")),
    ],
)
def test_matrix_city_is_found_however_it_was_unpacked(pictures, depths, tmp_path):
    matrix_city(tmp_path, pictures=pictures, depths=depths)
    if "float32" in depths:  # where there are both, the finer depths are taken
        coarse = tmp_path / "small_city_depth/aerial/train/block_1_depth/0000.exr"
        write_exr(coarse, R=np.ones((HEIGHT, WIDTH), np.float16))
    clip = open_set("matrix_city", tmp_path).read(0, 0, 1)
    assert np.quantile(degrees(clip.normals[0], room()[1])[clip.valid[0]], 0.99) < 0.6 and clip.valid.mean() > 0.9


def test_matrix_city_in_half_floats(tmp_path):
    matrix_city(tmp_path, kind=np.float16)
    clip = open_set("matrix_city", tmp_path).read(0, 0, 1)
    error = degrees(clip.normals[0], room()[1])[clip.valid[0]]
    assert clip.valid.mean() > 0.6 and np.median(error) < 1 and error.mean() < 3


@pytest.mark.parametrize("kind", ["ken_burns", "objaverse", "replica"])
def test_other_axes_than_expected_are_noticed(kind, tmp_path):
    MAKERS[kind](tmp_path)
    if kind == "replica":
        path = next(tmp_path.glob("normal/**/*.png"))
        write_picture(path, np.rint((room()[1] + 1) * 127.5).astype(np.uint8))
    else:
        path = next(tmp_path.glob("**/*normal.exr" if kind == "ken_burns" else "**/*_nd.exr"))
        with OpenEXR.File(str(path), separate_channels=True) as file:
            channels = {name: channel.pixels.copy() for name, channel in file.channels().items()}
        write_exr(path, **{name: -values if name in "RGB" else values for name, values in channels.items()})
    with pytest.raises(ValueError, match=f"{path.name}.*axes"):
        open_set(kind, tmp_path).read(0, 0, 1)


def test_another_order_of_channels_than_expected_is_noticed(tmp_path):
    ken_burns(tmp_path)
    path, stored = next(tmp_path.glob("**/*normal.exr")), (room()[1] * (1, 1, -1)).astype(np.float16)
    write_exr(path, R=stored[..., 0], G=stored[..., 1], B=stored[..., 2])
    with pytest.raises(ValueError, match=f"{path.name}.*axes"):
        open_set("ken_burns", tmp_path).read(0, 0, 1)


def test_facing_share_counts_what_faces_away():
    _, normals = room()
    everywhere = np.ones((HEIGHT, WIDTH), bool)
    assert facing_share(normals, everywhere, CAMERA) == 0
    floor = (normals == UP).all(-1)
    assert facing_share(np.where(floor[..., None], -normals, normals), everywhere, CAMERA) == pytest.approx(floor.mean())


@pytest.mark.parametrize("kind", sorted(MAKERS))
def test_a_missing_or_broken_file_is_named(kind, tmp_path):
    MAKERS[kind](tmp_path)
    found = open_set(kind, tmp_path)
    others = ("0001", "0002", "0003", "0005", "transforms.json")
    files = sorted(path for path in tmp_path.rglob("*") if path.is_file() and not any(other in path.name for other in others))
    assert len(files) >= 2
    for path in files:
        kept = path.read_bytes()
        if kind != "clips" or path.name not in ("valid.npy", "intrinsics.npy"):
            path.unlink()
            with pytest.raises(FileNotFoundError, match=path.name):
                found.read(0, 0, 1)
        path.write_bytes(b"x")
        with pytest.raises(ValueError, match=path.name):
            found.read(0, 0, 1)
        path.write_bytes(kept)
    with pytest.raises(IndexError, match="frames"):
        found.read(0, 1, found.frame_counts[0])


def test_a_frame_of_another_size_is_named(tmp_path):
    matrix_city(tmp_path)
    path = next(tmp_path.glob("**/block_1_depth/0001.exr"))
    write_exr(path, R=np.ones((HEIGHT, WIDTH - 1), np.float32))
    with pytest.raises(ValueError, match=r"0001\.exr"):
        open_set("matrix_city", tmp_path).read(0, 0, 2)


@pytest.mark.parametrize("kind", sorted(MAKERS))
def test_an_empty_folder_is_no_set(kind, tmp_path):
    with pytest.raises(FileNotFoundError, match=tmp_path.name):
        open_set(kind, tmp_path)


def test_an_unknown_kind_lists_the_known_ones(tmp_path):
    with pytest.raises(ValueError, match="clips, hypersim"):
        open_set("kitti", tmp_path)
