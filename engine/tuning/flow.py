"""Optical flow behind one interface: OpenCV's DIS, which needs no weights, or torchvision's RAFT where its weights are here."""

from __future__ import annotations

import dataclasses
import pickle
from pathlib import Path
from typing import Protocol

import cv2
import numpy as np
import torch
from torch import Tensor

from ..protocol import ErrorCode, PlatelightError
from .losses import Pairs
from .masks import cycle_mask, edge_mask, pairs_between
from .stability import dis_flow

KINDS = ("auto", "dis", "raft")
TOLERANCE = 1.0
"""tau_c, pixels at the size of training; not printed in any source found."""

_RAFT_FILES = ("raft_large_C_T_SKHT_V2-ff5fadd5.pth", "raft_small_C_T_V2-01064c6d.pth")
_RAFT_FIRST, _RAFT_SMALL_WIDTH = "feature_encoder.convnormrelu.0.weight", 32
_RAFT_MULTIPLE, _RAFT_SMALLEST = 8, 128


class Flow(Protocol):
    """Where the pixels of one frame are in another."""

    name: str

    def __call__(self, source: np.ndarray, target: np.ndarray) -> np.ndarray:
        """Return both uint8 (H, W, 3) sRGB; float32 (H, W, 2), pixels right and down from a pixel of `source` to its place in
        `target`."""
        ...


class Dis:
    """OpenCV's, see `dis_flow`; may be called from many threads."""

    name = "dis"

    def __call__(self, source: np.ndarray, target: np.ndarray) -> np.ndarray:
        return dis_flow(*(cv2.cvtColor(np.ascontiguousarray(image), cv2.COLOR_RGB2GRAY) for image in (source, target)))


class Raft:
    """RAFT (Teed and Deng, ECCV 2020) of torchvision, large or small as its weights are."""

    name = "raft"

    def __init__(self, weights: Path, *, device: str = "cpu") -> None:
        """
        Raises:
            PlatelightError: `engine_incomplete` without torchvision, `model_invalid` where the file is not RAFT's.
        """
        try:
            from torchvision.models.optical_flow import raft_large, raft_small
        except (ImportError, RuntimeError) as error:  # the latter where it was built for another torch
            raise PlatelightError(ErrorCode.ENGINE_INCOMPLETE, f"torchvision, which RAFT needs: {error}") from error
        try:
            stored = torch.load(weights, weights_only=True, map_location="cpu")
            make = raft_small if len(stored[_RAFT_FIRST]) == _RAFT_SMALL_WIDTH else raft_large
            network = make(weights=None)
            network.load_state_dict(stored)
        except (OSError, RuntimeError, ValueError, TypeError, KeyError, EOFError, pickle.UnpicklingError) as error:
            raise PlatelightError(ErrorCode.MODEL_INVALID, f"{weights}: {str(error).splitlines()[0][:200]}") from error
        self._device = torch.device(device)
        self._network = network.eval().requires_grad_(False).to(self._device)

    @torch.inference_mode()
    def __call__(self, source: np.ndarray, target: np.ndarray) -> np.ndarray:
        height, width = source.shape[:2]
        images = [
            torch.from_numpy(_framed(image, _RAFT_SMALLEST, _RAFT_MULTIPLE)).permute(2, 0, 1)[None].to(self._device) / 127.5 - 1
            for image in (source, target)
        ]
        found = self._network(*images)[-1][0, :, :height, :width]
        return np.ascontiguousarray(found.permute(1, 2, 0).float().cpu().numpy())


def open_flow(kind: str = "auto", *, weights: str = "", device: str = "cpu") -> Flow:
    """Return the flow of a setting.

    Args:
        kind: one of `KINDS`; ``auto`` is RAFT where torchvision and weights are here, else DIS.
        weights: a file of RAFT's weights; those in torch hub's cache where empty. Nothing is downloaded.
        device: where RAFT runs.

    Raises:
        PlatelightError: `model_not_installed` where RAFT is asked for and has no weights, and what `Raft` raises.
    """
    found = Path(weights) if weights else cached_weights()
    if kind == "dis" or (kind == "auto" and found is None):
        return Dis()
    if found is None or not found.is_file():
        where = found or Path(torch.hub.get_dir()) / "checkpoints" / _RAFT_FILES[0]
        raise PlatelightError(ErrorCode.MODEL_NOT_INSTALLED, f"RAFT needs {where}")
    try:
        return Raft(found, device=device)
    except PlatelightError as error:
        if kind == "auto" and error.code is ErrorCode.ENGINE_INCOMPLETE:
            return Dis()
        raise


def cached_weights() -> Path | None:
    """RAFT's weights where torch hub keeps what torchvision has downloaded, the large network's first."""
    folder = Path(torch.hub.get_dir()) / "checkpoints"
    return next((folder / name for name in _RAFT_FILES if (folder / name).is_file()), None)


def measure_pairs(frames: np.ndarray, flow: Flow, *, cuts: tuple[int, ...] = (), tolerance: float = TOLERANCE) -> Pairs:
    """Flow between all neighbours of a clip and where it leads back; across a cut nothing counts.

    Args:
        frames: uint8 (T, H, W, 3) sRGB.
        flow: how to measure.
        cuts: indices of frames that begin a new shot.
        tolerance: tau_c in pixels.
    """
    count, height, width, _ = frames.shape
    forth, back = np.zeros((2, count - 1, height, width, 2), np.float32)
    seen_forth, seen_back = np.zeros((2, count - 1, height, width), bool)
    for index in pairs_between(count, cuts):
        forth[index], back[index] = flow(frames[index], frames[index + 1]), flow(frames[index + 1], frames[index])
        seen_forth[index] = cycle_mask(forth[index], back[index], tolerance=tolerance)
        seen_back[index] = cycle_mask(back[index], forth[index], tolerance=tolerance)
    return Pairs(
        forth=torch.from_numpy(forth).permute(0, 3, 1, 2),
        back=torch.from_numpy(back).permute(0, 3, 1, 2),
        seen_forth=torch.from_numpy(seen_forth)[:, None].float(),
        seen_back=torch.from_numpy(seen_back)[:, None].float(),
    )


def away_from_edges(pairs: Pairs, depth: Tensor, *, distance: int, thresholds: tuple[float, float]) -> Pairs:
    """Return the pairs without the pixels near edges of the predicted depth [T, 1, H, W]."""
    masks = [edge_mask(each[0].float().numpy(), distance=distance, thresholds=thresholds) for each in depth.detach().cpu()]
    away = torch.from_numpy(np.stack(masks))[:, None].to(pairs.seen_forth)
    return dataclasses.replace(pairs, seen_forth=pairs.seen_forth * away[:-1], seen_back=pairs.seen_back * away[1:])


def _framed(image: np.ndarray, smallest: int, multiple: int) -> np.ndarray:
    """`image` grown at the bottom and the right to at least `smallest` and a multiple, repeating the last pixel."""
    height, width = (-(-max(side, smallest) // multiple) * multiple for side in image.shape[:2])
    return cv2.copyMakeBorder(image, 0, height - image.shape[0], 0, width - image.shape[1], cv2.BORDER_REPLICATE)
