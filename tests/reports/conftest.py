"""Pairs with a known change: rectangles drawn into random ground, with the description an engine would give of them."""

from __future__ import annotations

from datetime import datetime

import numpy as np
import pytest
from affine import Affine

from chronosight.engines.outlines import place_objects
from chronosight.results.answer import Answer
from chronosight.results.changed_object import ChangedObject
from chronosight.results.description import ClassDescription, Description
from chronosight.results.evidence import Evidence
from chronosight.scenes.scene import Georeference, Scene, Shift
from chronosight.tasks.cells import cell_at

CLASSES = ("background", "road", "building")
GRIDS = {
    "utm": Georeference("EPSG:32614", Affine(0.5, 0, 620000, 0, -0.5, 3350000)),
    "degrees": Georeference("EPSG:4326", Affine(5e-6, 0, 11.5, 0, -5e-6, 48.1)),
    "mercator": Georeference("EPSG:3857", Affine(1, 0, 1280000, 0, -1, 6120000)),
    "turned": Georeference("EPSG:32733", Affine(0.8, 0.6, 500000, 0.6, -0.8, 7000000)),  # by 37 degrees
    "local": Georeference('LOCAL_CS["site",UNIT["metre",1]]', Affine(1, 0, 100, 0, -1, 200)),
}
METRES = {"utm": 0.5, "degrees": 0.46, "mercator": 0.67, "turned": 1.0, "local": 1.0}

# class, direction, x0, y0, x1, y1 in pixels of a scene at least 96 x 64
RECTANGLES = (
    ("building", "appeared", 10, 5, 30, 15),
    ("building", "appeared", 40, 8, 52, 20),
    ("building", "vanished", 60, 40, 80, 60),
    ("road", "appeared", 0, 25, 96, 31),
)


def rectangle(x0: float, y0: float, x1: float, y1: float, clockwise: bool) -> np.ndarray:
    ring = np.array([[x0, y0], [x1, y0], [x1, y1], [x0, y1], [x0, y0]], float)
    return ring if clockwise else ring[::-1]


@pytest.fixture
def make_pair():
    """(grid name or None, rectangles, size) -> Description."""

    def make(grid: str | None = "utm", rectangles=RECTANGLES, size=(96, 64)) -> Description:
        width, height = size
        rng = np.random.default_rng(7)
        frames = rng.integers(60, 160, (2, height, width, 3), dtype=np.uint8)
        valid = np.ones((height, width), bool)
        valid[-2:, :] = False
        mask = np.zeros((height, width), np.uint8)
        appeared = np.ones((height, width), np.float32)
        objects = []
        for number, (name, direction, x0, y0, x1, y1) in enumerate(rectangles):
            mask[y0:y1, x0:x1] = CLASSES.index(name)
            appeared[y0:y1, x0:x1] = 0.8 if direction == "appeared" else 0.2
            frames[1 if direction == "appeared" else 0, y0:y1, x0:x1] = 230
            ring = rectangle(x0, y0, x1, y1, clockwise=number % 2 == 0)
            cell = cell_at((x0 + x1) / 2, (y0 + y1) / 2, width, height)
            area = float((x1 - x0) * (y1 - y0))
            confidence = 0.9 - 0.05 * number
            objects.append(
                ChangedObject(name, direction, outline=ring, area_px=area, cell=cell, confidence=confidence)
            )
        scene = Scene(
            "pair",
            frames,
            valid,
            ("one/before.tif", "one/after.tif"),
            GRIDS[grid] if grid else None,
            METRES[grid] if grid else None,
            (datetime(2015, 3, 1), datetime(2018, 7, 5)) if grid else (),
            Shift(1.25, -0.5, True),
            ["bands 3, 2, 1 are shown as red, green, blue"],
        )
        placed = place_objects(scene, objects)
        evidence = Evidence(CLASSES, mask, (mask > 0).astype(np.float32) * 0.9, appeared, placed, valid)
        classes = []
        for plural, name in (("roads", "road"), ("buildings", "building")):
            chosen = [item for item in objects if item.class_name == name]
            new = sum(item.direction == "appeared" for item in chosen)
            cells = tuple(dict.fromkeys(item.cell for item in chosen))
            classes.append(ClassDescription(plural, new, len(chosen) - new, cells, 0.91))
        found = bool(rectangles)
        caption = Answer("two houses are built beside a new road", "caption", None, 0.8, True)
        changed = Answer("yes" if found else "no", "binary", found, 0.97, True)
        model = {"name": "compact", "version": "1", "weights": "sha256:00"}
        return Description(caption, changed, tuple(classes), evidence, ("one note",), model, scene)

    return make
