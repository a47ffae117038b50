"""How much is lost when the same place is seen less well: other light, a shifted later date, blur, JPEG.

Each condition asks every question again on altered pixels; the truth stays. What is lost is paired: the same groups are drawn
for both.
"""

from __future__ import annotations

import io
import zlib
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
from PIL import Image
from scipy import ndimage

from chronosight.datasets.sample import Sample
from chronosight.evaluation.metric import Metric, Result, difference
from chronosight.scenes.scene import Scene

# Endings of the metrics that are compared; all others are left to the clean run.
MAIN = ("accuracy", "MAE", "exact", "F1", "example accuracy", "mIoU", "CIDEr-D", "overall accuracy")


def season(frames: np.ndarray, name: str) -> np.ndarray:
    """The later date of a pair, or every frame, as it could look on another day; nothing moves.

    Args:
        frames: (T, H, W, 3) uint8.
        name: Seeds the other day.

    Returns:
        Of the same shape.
    """
    from chronosight.synthetic.light import difference_only

    seed = zlib.crc32(name.encode())
    if len(frames) == 2:
        return np.stack([frames[0], difference_only(frames[1], seed)])
    return np.stack([difference_only(frame, seed) for frame in frames])


def shift(frames: np.ndarray, pixels: int) -> np.ndarray:
    """Moves the last frame right and down, its border repeated.

    Args:
        frames: (T, H, W, 3) uint8.
        pixels: How far.

    Returns:
        Of the same shape.
    """
    later = np.roll(frames[-1], (pixels, pixels), axis=(0, 1))
    later[:pixels], later[:, :pixels] = later[pixels : pixels + 1], later[:, pixels : pixels + 1]
    return np.concatenate([frames[:-1], later[None]])


def blur(frames: np.ndarray, sigma: float) -> np.ndarray:
    """Blurs all frames.

    Args:
        frames: (T, H, W, 3) uint8.
        sigma: Of the Gaussian, in pixels.

    Returns:
        Of the same shape.
    """
    return np.stack([ndimage.gaussian_filter(frame, (sigma, sigma, 0)) for frame in frames])


def jpeg(frames: np.ndarray, quality: int) -> np.ndarray:
    """Compresses all frames as JPEG.

    Args:
        frames: (T, H, W, 3) uint8.
        quality: 1 to 95.

    Returns:
        Of the same shape.
    """
    found = []
    for frame in frames:
        packed = io.BytesIO()
        Image.fromarray(frame).save(packed, format="JPEG", quality=quality)
        found.append(np.asarray(Image.open(packed).convert("RGB")))
    return np.stack(found)


# (T, H, W, 3) uint8 and the name of the scene -> frames of the same shape.
CONDITIONS: dict[str, Callable[[np.ndarray, str], np.ndarray]] = {
    "season and light": season,
    "shift of 2 px": lambda frames, _: shift(frames, 2),
    "shift of 4 px": lambda frames, _: shift(frames, 4),
    "blur of 1 px": lambda frames, _: blur(frames, 1.0),
    "blur of 2 px": lambda frames, _: blur(frames, 2.0),
    "JPEG quality 50": lambda frames, _: jpeg(frames, 50),
    "JPEG quality 20": lambda frames, _: jpeg(frames, 20),
}


def altered_samples(samples: Sequence[Sample], condition: str) -> list[Sample]:
    """The same questions about altered pixels.

    Args:
        samples: The clean ones.
        condition: One of `CONDITIONS`.

    Returns:
        One sample each; ids and names of scenes end in "@CONDITION".
    """
    return [
        replace(
            sample, id=f"{sample.id}@{condition}", scene=f"{sample.scene}@{condition}", group=sample.resampled, files=(),
            make_scene=_altered(sample, condition),
        )
        for sample in samples
    ]  # fmt: skip


def loss_metrics(clean: Sequence[Metric | Result], altered: Sequence[Metric | Result], condition: str) -> list[Metric]:
    """The main metrics under a condition, and how much they differ from the clean ones.

    Args:
        clean: Metrics of the clean samples.
        altered: Those of the altered ones.
        condition: Its name.

    Returns:
        Two metrics for each main one.
    """
    by_name = {metric.name: metric for metric in clean if isinstance(metric, Metric)}
    found = []
    for metric in altered:
        if isinstance(metric, Metric) and _is_main(metric.name) and metric.name in by_name:
            found.append(replace(metric, name=f"{metric.name}; {condition}"))
            found.append(difference(f"{metric.name}; {condition} less clean", metric, by_name[metric.name]))
    return found


def _altered(sample: Sample, condition: str) -> Callable[[], Scene]:
    def make_scene() -> Scene:
        scene = sample.open()
        frames = np.ascontiguousarray(CONDITIONS[condition](scene.frames, sample.scene))
        return replace(scene, frames=frames, notes=list(scene.notes))

    return make_scene


def _is_main(metric: str) -> bool:
    plain = metric.removesuffix(" [word]").removesuffix(", background included")
    return ", of " not in plain and "boundary" not in plain and any(plain.endswith(name) for name in MAIN)
