"""Land-cover maps made of the exact class maps of rendered pairs, and what the guide would have found: no network needed."""

from __future__ import annotations

import numpy as np

from chronosight.engines.compact.guide import GuideMaps
from chronosight.engines.compact.objects import placed_evidence, read_evidence
from chronosight.results.evidence import Evidence
from chronosight.results.land_cover import NEVER, LandCover, Thresholds, pack
from chronosight.scenes.scene import Scene
from chronosight.synthetic.truth import CHANGE_CLASSES, LAND_COVER, RenderedPair

BUILT, PAVED, BARE, LOW, TREES, WATER = range(6)
SURE = Thresholds(least=(0.6,) * 6, agreeing=(NEVER,) * 6)
CLASS_OF = {  # of the renderer -> index in LAND_COVER_CLASSES
    "bare land": BARE, "grass": LOW, "field": LOW, "trees": TREES, "water": WATER, "road": PAVED, "parking": PAVED,
    "building": BUILT, "pool": WATER, "car": PAVED, "boat": WATER, "plane": PAVED,
}  # fmt: skip
_TABLE = np.array([CLASS_OF[name] for name in LAND_COVER])


def exact(class_map: np.ndarray) -> np.ndarray:
    """(H, W) index into the renderer's LAND_COVER -> index into LAND_COVER_CLASSES."""
    return _TABLE[class_map]


def cover_of(before: np.ndarray, after: np.ndarray, confidence: float | np.ndarray = 0.95) -> LandCover:
    """Maps of classes -> the land cover that a head would give, everywhere with one confidence or with one a pixel."""
    maps = np.stack([before, after])
    likely = np.broadcast_to(np.asarray(confidence, np.float32), maps.shape)
    return LandCover(pack(maps.astype(np.uint8), likely), SURE)


def scene_of(frames: np.ndarray, metres: float | None = 1.0, **facts) -> Scene:
    return Scene("pair", frames, np.ones(frames.shape[1:3], bool), ("before.png", "after.png"), metres_per_pixel=metres, **facts)


def rendered(pair: RenderedPair) -> tuple[LandCover, Evidence, Scene]:
    """What the model would see of a rendered pair if it made no mistakes, but for the shift between the dates."""
    scene = scene_of(np.stack([pair.before, pair.after]), pair.metres_per_pixel)
    evidence = evidence_of(pair.change_mask, pair.appeared, scene)
    return cover_of(exact(pair.before_map), exact(pair.after_map)), evidence, scene


def evidence_of(mask: np.ndarray, appeared: np.ndarray, scene: Scene) -> Evidence:
    probability = (mask > 0).astype(np.float32) * 0.95
    maps = GuideMaps(mask, probability, appeared.astype(np.float32), float((mask > 0).any()), None)
    return placed_evidence(read_evidence(maps, CHANGE_CLASSES), scene)
