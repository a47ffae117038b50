"""Real places at two dates: building change per pixel, yes or no, how many, where, and in words.

Layout of the data: `chronosight.datasets.places`. A question's unit is the 256 px window (4 in a place of 512 px at 1 m);
captions are those of the captioned cells (128 px). Truth is made from the mask of changed buildings: changed when it
covers over 20 px; count and cells by the label rule of ChangeIMTI (`chronosight.tasks.objects`). The vision guide is
scored beside the whole model: its own mask, count and cells, without the language model.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from chronosight.datasets.places import PlacePair, windows
from chronosight.evaluation.predictions import Engine, Prediction, PredictionLog
from chronosight.metrics.change import Counts, count_decisions
from chronosight.results.answer import Answer
from chronosight.results.evidence import Evidence
from chronosight.scenes.scene import Scene
from chronosight.tasks import binary, caption, count, location
from chronosight.tasks.cells import join_cells
from chronosight.tasks.clue import ClassChange, GuideFacts
from chronosight.tasks.objects import count_and_cells
from chronosight.tasks.question import Question

CHANGED_PIXELS = 20  # a window counts as changed above this many pixels of the mask

BINARY = binary.ask("buildings")
ANY_CHANGE = binary.ask()
COUNT = count.ask("buildings")
LOCATION = location.ask("buildings")
CAPTION = caption.ask("pair")


@dataclass(frozen=True)
class ChangeAnswers:
    """Answers about one window. changed: yes or no. count: of buildings. cells: places of the 3x3 grid."""

    changed: bool
    count: int
    cells: tuple[str, ...]


@dataclass(frozen=True)
class WindowResult:
    """One window: truth, the model's answers, the guide's own, and the guide's pixels against the true mask.

    confidences: of the model's answers to binary, count and location. unreadable: replies of the model without a value;
    they are scored as no change.
    """

    item: str
    place: str
    truth: ChangeAnswers
    model: ChangeAnswers
    guide: ChangeAnswers
    pixels: Counts
    confidences: tuple[float, float, float]
    unreadable: int

    @property
    def correct(self) -> tuple[bool, bool, bool]:
        """Whether the model's binary, count and location answers are exactly right."""
        same_cells = set(self.model.cells) == set(self.truth.cells)
        return self.model.changed == self.truth.changed, self.model.count == self.truth.count, same_cells


@dataclass(frozen=True)
class CellResult:
    """One captioned cell. changed: whether its captions speak of a change. said_changed: the model's answer to that."""

    item: str
    place: str
    caption: str
    references: tuple[str, ...]
    changed: bool
    said_changed: bool


@dataclass(frozen=True)
class PlacesResult:
    windows: tuple[WindowResult, ...]
    cells: tuple[CellResult, ...]


def run_places(engine: Engine, places: Iterable[PlacePair], log: PredictionLog) -> PlacesResult:
    """Asks everything about every place; predictions go to `log` as they come."""
    window_results: list[WindowResult] = []
    cell_results: list[CellResult] = []
    for place in places:
        for box in windows(place.before.shape[0]):
            window_results.append(_ask_window(engine, place, box, log))
        for cell in place.cells:
            cell_results.append(_ask_cell(engine, place, cell.box, cell.captions, log))
    return PlacesResult(tuple(window_results), tuple(cell_results))


def crop_scene(place: PlacePair, box: tuple[int, int, int, int]) -> Scene:
    """The pair of a place within box (x0, y0, x1, y1), as a scene."""
    x0, y0, x1, y1 = box
    return pair_scene(place.before[y0:y1, x0:x1], place.after[y0:y1, x0:x1], place.metres_per_pixel, item_name(place, box))


def pair_scene(before: np.ndarray, after: np.ndarray, metres_per_pixel: float | None, name: str) -> Scene:
    """Two (H, W, 3) uint8 pictures as a scene."""
    return Scene(
        kind="pair",
        frames=np.stack([before, after]),
        valid=np.ones(before.shape[:2], dtype=bool),
        sources=(f"{name} before", f"{name} after"),
        metres_per_pixel=metres_per_pixel,
    )


def item_name(place: PlacePair, box: tuple[int, int, int, int]) -> str:
    """Name of a part of a place, for example "place_02@0,256,256,512"."""
    return f"{place.id}@{','.join(str(v) for v in box)}"


def truth_of_mask(building: np.ndarray) -> ChangeAnswers:
    """Truth of a window from its (H, W) bool mask of changed buildings."""
    objects, cells = count_and_cells(building)
    return ChangeAnswers(bool(building.sum() > CHANGED_PIXELS), objects, cells)


def building_mask(evidence: Evidence) -> np.ndarray:
    """(H, W) bool, where the guide sees a changed building."""
    return evidence.mask == evidence.classes.index("building")


def _ask_window(engine: Engine, place: PlacePair, box: tuple[int, int, int, int], log: PredictionLog) -> WindowResult:
    x0, y0, x1, y1 = box
    mask = place.building[y0:y1, x0:x1]
    truth, scene, name = truth_of_mask(mask), crop_scene(place, box), item_name(place, box)
    evidence, facts = engine.guide_facts(scene)
    seen = building_mask(evidence)
    buildings = facts.classes.get("buildings", ClassChange())
    guide = ChangeAnswers(bool(seen.sum() > CHANGED_PIXELS), buildings.count, buildings.cells)
    for question, value, true in (
        (BINARY, guide.changed, truth.changed),
        (COUNT, guide.count, truth.count),
        (LOCATION, guide.cells, truth.cells),
    ):
        log.add(Prediction(name, place.place, "guide", question, _guide_answer(question, value, facts), true))
    yes_no = log.ask(engine, scene, BINARY, truth.changed, name, place.place)
    how_many = log.ask(engine, scene, COUNT, truth.count, name, place.place)
    where = log.ask(engine, scene, LOCATION, truth.cells, name, place.place)
    return WindowResult(
        item=name,
        place=place.place,
        truth=truth,
        model=ChangeAnswers(
            yes_no.value is True,
            how_many.value if isinstance(how_many.value, int) else 0,
            where.value if isinstance(where.value, tuple) else (),
        ),
        guide=guide,
        pixels=count_decisions(seen, mask),
        confidences=(yes_no.confidence, how_many.confidence, where.confidence),
        unreadable=sum(answer.value is None for answer in (yes_no, how_many, where)),
    )


def _guide_answer(question: Question, value: bool | int | tuple[str, ...], facts: GuideFacts) -> Answer:
    if isinstance(value, tuple):
        text = join_cells(value)
    elif isinstance(value, bool):
        text = "Yes" if value else "No"
    else:
        text = str(value)
    return Answer(text, question.task, value, max(facts.probability, 1 - facts.probability), True)


def _ask_cell(
    engine: Engine,
    place: PlacePair,
    box: tuple[int, int, int, int],
    captions: tuple[str, ...],
    log: PredictionLog,
) -> CellResult:
    scene, name = crop_scene(place, box), item_name(place, box)
    changed = not is_no_change(captions)
    said = log.ask(engine, scene, CAPTION, captions, name, place.place)
    yes_no = log.ask(engine, scene, ANY_CHANGE, changed, name, place.place)
    return CellResult(name, place.place, said.text, captions, changed, yes_no.value is True)


def is_no_change(captions: tuple[str, ...]) -> bool:
    """Whether all captions of a cell are LEVIR-CC's sentences for "nothing changed"."""
    return all(caption.says_no_change(sentence) for sentence in captions)
