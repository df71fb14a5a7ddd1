"""Clips in our own format (`engine.lab.training.data.clips`): what `make-clips` writes, and what anyone may convert a set into."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..clips import list_clips, open_clip
from .clip_set import Clip, check_range, made


@dataclass(frozen=True)
class OwnClips:
    """A folder of clip folders."""

    folders: tuple[Path, ...]
    names: tuple[str, ...]
    frame_counts: tuple[int, ...]

    def read(self, index: int, first: int, count: int) -> Clip:
        stored, folder = open_clip(self.folders[index]), self.folders[index]
        check_range(str(folder), have=len(stored.frames), first=first, count=count)
        part = slice(first, first + count)
        normals = stored.normals[part].astype(np.float32)
        valid = np.ones(normals.shape[:3], bool) if stored.valid is None else np.asarray(stored.valid[part])
        frames = stored.frames[part].astype(np.float32) / 255
        paths = [folder / "normals.npy"] * count
        return made(frames=list(frames), normals=list(normals), valid=list(valid), intrinsics=stored.intrinsics, paths=paths)


def open_own(root: Path) -> OwnClips:
    """Return the clips under `root`; every one is looked at, so that a broken one is found before training starts.

    Raises:
        FileNotFoundError: if there is none.
        ValueError: if a clip is broken; names the file.
    """
    folders = tuple(list_clips(root))
    counts = tuple(len(open_clip(folder).frames) for folder in folders)
    return OwnClips(folders, tuple(folder.name for folder in folders), counts)
