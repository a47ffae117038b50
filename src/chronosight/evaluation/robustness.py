"""How much is lost when the same place is seen less well: other light, a shifted later date, blur, JPEG.

Each condition asks every question again on altered pixels; the truth stays. Season and light: the later date (or the
one picture, all frames of a video) as it could look on another day, nothing moved (`synthetic.light`). Shift: the
later date moved right and down, its border repeated. Blur and JPEG: all dates. What is lost is paired: the same places are
drawn for both.
"""

from __future__ import annotations

import io
import zlib
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
from PIL import Image
from scipy import ndimage

from chronosight.evaluation.figures import Figure
from chronosight.evaluation.item import Item, Sight
from chronosight.scenes.scene import Scene

# Figures that are compared; all others are left to the clean run.
MAIN = ("accuracy", "MAE", "exact", "F1", "example accuracy", "mIoU", "CIDEr-D", "overall accuracy")


def season(frames: np.ndarray, name: str) -> np.ndarray:
    from chronosight.synthetic.light import difference_only

    seed = zlib.crc32(name.encode())
    if len(frames) == 2:
        return np.stack([frames[0], difference_only(frames[1], seed)])
    return np.stack([difference_only(frame, seed) for frame in frames])


def shift(frames: np.ndarray, pixels: int) -> np.ndarray:
    """The last date only; where there is one, it alone."""
    later = np.roll(frames[-1], (pixels, pixels), axis=(0, 1))
    later[:pixels], later[:, :pixels] = later[pixels : pixels + 1], later[:, pixels : pixels + 1]
    return np.concatenate([frames[:-1], later[None]])


def blur(frames: np.ndarray, sigma: float) -> np.ndarray:
    return np.stack([ndimage.gaussian_filter(frame, (sigma, sigma, 0)) for frame in frames])


def jpeg(frames: np.ndarray, quality: int) -> np.ndarray:
    found = []
    for frame in frames:
        packed = io.BytesIO()
        Image.fromarray(frame).save(packed, format="JPEG", quality=quality)
        found.append(np.asarray(Image.open(packed).convert("RGB")))
    return np.stack(found)


# (T, H, W, 3) uint8 and the name of the sight -> frames of the same shape.
CONDITIONS: dict[str, Callable[[np.ndarray, str], np.ndarray]] = {
    "season and light": season,
    "shift of 2 px": lambda frames, _: shift(frames, 2),
    "shift of 4 px": lambda frames, _: shift(frames, 4),
    "blur of 1 px": lambda frames, _: blur(frames, 1.0),
    "blur of 2 px": lambda frames, _: blur(frames, 2.0),
    "JPEG quality 50": lambda frames, _: jpeg(frames, 50),
    "JPEG quality 20": lambda frames, _: jpeg(frames, 20),
}


def altered_items(items: Sequence[Item], condition: str) -> list[Item]:
    """The same questions about altered pixels; ids and names of sights end in "@CONDITION"."""
    alter = CONDITIONS[condition]
    sights: dict[str, Sight] = {}
    result = []
    for item in items:
        name = item.sight.name
        if name not in sights:
            sights[name] = Sight(f"{name}@{condition}", item.sight.kind, _opener(item.sight, alter))
        result.append(replace(item, id=f"{item.id}@{condition}", sight=sights[name]))
    return result


def _opener(sight: Sight, alter: Callable[[np.ndarray, str], np.ndarray]) -> Callable[[], Scene]:
    def open_it() -> Scene:
        scene = sight.open()
        return replace(scene, frames=np.ascontiguousarray(alter(scene.frames, sight.name)), notes=list(scene.notes))

    return open_it


def loss_figures(clean: Sequence[Figure], altered: Sequence[Figure], condition: str) -> list[Figure]:
    """For each main figure its value under a condition, and that less the clean one."""
    by_name = {figure.metric: figure for figure in clean}
    result = []
    for figure in altered:
        if not _is_main(figure.metric) or figure.metric not in by_name:
            continue
        before = by_name[figure.metric]
        width = before.parts.shape[1]

        def change(sums: np.ndarray, before: Figure = before, after: Figure = figure, width: int = width) -> np.ndarray:
            return after.of(sums[..., width:]) - before.of(sums[..., :width])

        parts = np.concatenate([before.parts, figure.parts], axis=1)
        result.append(replace(figure, metric=f"{figure.metric}; {condition}"))
        result.append(Figure(f"{figure.metric}; {condition} less clean", figure.groups, parts, change, figure.unit))
    return result


def _is_main(metric: str) -> bool:
    plain = metric.removesuffix(" [word]").removesuffix(", background included")
    return ", of " not in plain and "boundary" not in plain and any(plain.endswith(name) for name in MAIN)
