"""A land-cover head by colours, put into the guide: what is painted in a class's colour is of that class, all else is grass."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from chronosight.engines.compact.guide import Guide
from chronosight.results.land_cover import LandCover
from exact_cover import BARE, LOW, TREES, WATER, cover_of

COLOURS = {TREES: (24, 60, 24), BARE: (64, 60, 40), WATER: (70, 95, 124)}


def classes_of(frame: np.ndarray) -> np.ndarray:
    found = np.full(frame.shape[:2], LOW)
    for index, colour in COLOURS.items():
        found[np.abs(frame.astype(int) - colour).max(axis=2) < 12] = index
    return found


def land_cover_of(frames: np.ndarray, confidence: float = 0.97) -> LandCover:
    return cover_of(classes_of(frames[0]), classes_of(frames[1]), confidence)


def with_coloured_cover(patch: pytest.MonkeyPatch) -> None:
    """From now on every guide maps land cover where it is asked to."""
    predict = Guide.predict

    def with_cover(self, scene, progress=None, cover=False):
        maps = predict(self, scene, progress)
        return replace(maps, cover=land_cover_of(scene.frames)) if cover else maps

    patch.setattr(Guide, "predict", with_cover)


def paint(frame: np.ndarray, of: int, x0: int, y0: int, x1: int, y1: int) -> None:
    frame[y0:y1, x0:x1] = COLOURS[of]
