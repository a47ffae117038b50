"""How well the tower sees, on images and places held out of training. Never on a test split."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from chronosight.datasets.aid_ucm import ImageSet
from chronosight.datasets.places import load_places, windows

if TYPE_CHECKING:
    from chronosight.training.compact.tower import TowerWithHeads
    from chronosight.training.compact.tower_batches import Stills

IMAGE_SIDE = 192  # the side single images have in UniRS-compact


@torch.no_grad()
def evaluate_tower(
    model: TowerWithHeads, names: list[tuple[str, str]], held_out: dict[ImageSet, Stills], data: str | Path
) -> dict[str, float]:
    """Top-1 of scene classes within each set, and F1 of the map of changed buildings on the val places (stride 16).

    Args:
        model: The tower with its heads.
        names: (set, class) of the scene logits, in their order.
        held_out: Held-out images by set.
        data: Folder of the training data, with val places.

    Returns:
        "aid_top1", "ucm_top1" and "change_f1", each in [0, 1].
    """
    figures = {}
    for source, stills in held_out.items():
        own = torch.tensor([name[0] == source for name in names])
        right = 0
        for start in range(0, len(stills.images), 32):
            part = torch.stack([_frame(pixels, IMAGE_SIDE) for pixels in stills.pixels[start : start + 32]])
            with torch.autocast("cpu", torch.bfloat16):
                logits = model.scene_logits(part).float()
            best = logits.masked_fill(~own, -torch.inf).argmax(1).tolist()
            shown = stills.images[start : start + 32]
            right += sum(names[k] == (source, image.name) for k, image in zip(best, shown, strict=True))
        figures[f"{source}_top1"] = right / len(stills.images)
    return figures | change_figures(model, data)


def change_figures(model: TowerWithHeads, data: str | Path) -> dict[str, float]:
    """F1 of the map of appeared buildings over grid cells of 256 px windows, dates in their order.

    A cell has changed where more than a tenth of it has.

    Args:
        model: The tower with its heads.
        data: Folder of the training data, with val places.

    Returns:
        "change_f1", in [0, 1].
    """
    true = found = both = 0
    for place in load_places(data, "val"):
        for x0, y0, x1, y1 in windows(place.before.shape[0]):
            dates = [_frame(image[y0:y1, x0:x1], 256)[None] for image in (place.before, place.after)]
            mask = torch.from_numpy(place.building[y0:y1, x0:x1].astype(np.float32))[None, None]
            target = F.avg_pool2d(mask, 16)[0, 0] > 0.1
            with torch.autocast("cpu", torch.bfloat16):
                appeared = model.change_logits(dates[0], dates[1])[0, 0].float().sigmoid() > 0.15
            true, found = true + int(target.sum()), found + int(appeared.sum())
            both += int((target & appeared).sum())
    return {"change_f1": 2 * both / max(1, true + found)}


def _frame(pixels: np.ndarray, side: int) -> Tensor:
    frame = torch.from_numpy(np.ascontiguousarray(pixels)).permute(2, 0, 1)
    if frame.shape[-1] != side:
        frame = F.interpolate(frame[None], size=(side, side), mode="bilinear", antialias=True)[0]
    return frame.float() / 255
