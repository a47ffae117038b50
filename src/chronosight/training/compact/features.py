"""The tower's view of every training scene, computed once: while the tower does not change, neither do its features.

A file `NAME.npy` (rows, T, D, h, w) float16 for each source, beside `NAME.json` that says which tower and source made it.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
import torch

from chronosight.models.unirs.configuration import UniRSConfig
from chronosight.tasks.pixels import pick_frames, resize_frames
from chronosight.training.progress import progress
from chronosight.training.samples.source import Source


@torch.no_grad()
def source_features(
    tower: torch.nn.Module, config: UniRSConfig, source: Source, path: str | Path, stamp: str, batch: int = 32
) -> np.ndarray:
    """Features of all rows of a source, read from `path` where the same tower has computed them before.

    Args:
        tower: The vision tower: (N, 3, S, S) in, (N, D, h, w) out.
        config: Configuration of the model, with the sizes of the frames.
        source: Source of scenes.
        path: .npy file of the features; a .json of the same name holds what they were made from.
        stamp: Says which source it is (seed, number of views, ...); a file with another stamp or tower is recomputed.
        batch: Rows computed at once.

    Returns:
        (rows, T, D, h, w) float16, mapped into memory.
    """
    path = Path(path)
    origin = {"stamp": stamp, "tower": tower_digest(tower), "rows": source.rows}
    note = path.with_suffix(".json")
    if note.is_file() and json.loads(note.read_text()) == origin:
        stored: np.ndarray = np.load(path, mmap_mode="r")
        return stored
    note.unlink(missing_ok=True)
    tower.eval()
    features: np.ndarray | None = None
    for start in progress(range(0, source.rows, batch), f"features of {path.stem}, batches"):
        frames = [_frames(source, row, config) for row in range(start, min(start + batch, source.rows))]
        each = len(frames[0])
        pixels = torch.from_numpy(np.concatenate(frames)).contiguous(memory_format=torch.channels_last)
        with torch.autocast(pixels.device.type, torch.bfloat16):
            found = torch.cat([tower(part) for part in torch.split(pixels, 64)]).contiguous()
        rows = found.half().reshape(len(frames), each, *found.shape[1:]).numpy()
        if features is None:
            path.parent.mkdir(parents=True, exist_ok=True)
            shape = (source.rows, *rows.shape[1:])
            features = np.lib.format.open_memmap(path, mode="w+", dtype=np.float16, shape=shape)
        features[start : start + len(frames)] = rows
    assert features is not None, f"{path.stem}: a source without rows"
    features.flush()  # type: ignore[attr-defined]
    note.write_text(json.dumps(origin))
    written: np.ndarray = np.load(path, mmap_mode="r")
    return written


def tower_digest(tower: torch.nn.Module) -> str:
    """Hash of a tower's weights.

    Args:
        tower: Any module.

    Returns:
        16 hexadecimal digits.
    """
    digest = hashlib.sha256()
    for name, value in sorted(tower.state_dict().items()):
        digest.update(name.encode() + value.detach().cpu().contiguous().numpy().tobytes())
    return digest.hexdigest()[:16]


def _frames(source: Source, row: int, config: UniRSConfig) -> np.ndarray:
    """(T, 3, side, side) float32, as the processor makes them."""
    frames, side = source.frames(row), config.size(source.kind)
    if source.kind == "video":
        frames = pick_frames(frames, config.video_frames)
    return resize_frames(frames, side, side)
