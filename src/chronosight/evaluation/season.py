"""False alarms: pairs in which nothing changed, yet season, light or the sensor did.

Three kinds, none of them trained on: `made`, a real test window beside itself in another season and light (by
`chronosight.synthetic.light.difference_only`), nothing may be called changed; `real`, test windows whose mask of
changed buildings is empty, no building may be called changed (the dates lie years apart, so season and light differ for
real); `told`, captioned cells of which people wrote that nothing changed, neither roads nor buildings may be called
changed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from chronosight.datasets.places import PlacePair, windows
from chronosight.evaluation.places import (
    ANY_CHANGE,
    BINARY,
    building_mask,
    crop_scene,
    is_no_change,
    item_name,
    pair_scene,
)
from chronosight.evaluation.predictions import Engine, PredictionLog
from chronosight.evaluation.table import Row, at_most
from chronosight.metrics.bootstrap import mean_interval
from chronosight.scenes.scene import Scene

FALSE_ALARMS = at_most(0.08)
Kind = Literal["made", "real", "told"]
KINDS: dict[Kind, str] = {
    "made": "same place in another season and light, called changed",
    "real": "real window without a changed building, called changed",
    "told": "real cell that people call unchanged, called changed",
}
# (H, W, 3) uint8 and a seed -> the same place as it could look at another date, same shape and type.
DifferenceOnly = Callable[[np.ndarray, int], np.ndarray]


@dataclass(frozen=True)
class FalseAlarm:
    """One unchanged pair. called_changed: the model's answer. pixels: share of it that the guide marks as building
    change."""

    kind: Kind
    place: str
    called_changed: bool
    pixels: float


def run_season(
    engine: Engine, places: Iterable[PlacePair], log: PredictionLog, difference_only: DifferenceOnly | None = None
) -> tuple[FalseAlarm, ...]:
    """Asks whether unchanged pairs changed. difference_only: the synthetic room's, unless another is given."""
    if difference_only is None:
        from chronosight.synthetic.light import difference_only as of_the_renderer

        difference_only = of_the_renderer
    results: list[FalseAlarm] = []
    seed = 0
    for place in places:
        for box in windows(place.before.shape[0]):
            x0, y0, x1, y1 = box
            name = item_name(place, box)
            for date, picture in (("before", place.before), ("after", place.after)):
                window, seed = picture[y0:y1, x0:x1], seed + 1
                other = difference_only(window, seed)
                scene = pair_scene(window, other, place.metres_per_pixel, f"{name} {date}, other light")
                answer = log.ask(engine, scene, ANY_CHANGE, False, scene.sources[0], place.place)
                results.append(FalseAlarm("made", place.place, answer.value is True, _marked(engine, scene)))
            if not place.building[y0:y1, x0:x1].any():
                scene = crop_scene(place, box)
                answer = log.ask(engine, scene, BINARY, False, name, place.place)
                results.append(FalseAlarm("real", place.place, answer.value is True, _marked(engine, scene)))
        for cell in place.cells:
            if is_no_change(cell.captions):
                scene = crop_scene(place, cell.box)
                answer = log.ask(engine, scene, ANY_CHANGE, False, item_name(place, cell.box), place.place)
                results.append(FalseAlarm("told", place.place, answer.value is True, _marked(engine, scene)))
    return tuple(results)


def _marked(engine: Engine, scene: Scene) -> float:
    evidence, _ = engine.guide_facts(scene)
    return float(building_mask(evidence).mean())


def season_rows(results: Iterable[FalseAlarm], seed: int = 0) -> list[Row]:
    """Share called changed by kind, with the bar on the first; and the share of pixels marked."""
    results, rows = list(results), []
    for kind, name in KINDS.items():
        of_kind = [r for r in results if r.kind == kind]
        if not of_kind:
            continue
        places, n, bar = [r.place for r in of_kind], len(of_kind), FALSE_ALARMS if kind == "made" else None
        called = [r.called_changed for r in of_kind]
        rows.append(Row(name, float(np.mean(called)), n, "pairs", mean_interval(places, called, seed), bar))
        marked = [r.pixels for r in of_kind]
        value = float(np.mean(marked))
        rows.append(Row(f"{kind}: share of pixels marked", value, n, "pairs", mean_interval(places, marked, seed)))
    return rows
