"""Sources of pairs: windows of real places, their captioned parts, and rendered pairs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from chronosight.datasets.aid_ucm import clean_caption
from chronosight.datasets.pair_questions import PairTruth, pair_questions, truth_of
from chronosight.datasets.places import PlacePair, windows
from chronosight.synthetic.truth import CHANGE_CLASSES
from chronosight.tasks import binary, caption
from chronosight.tasks.clue import GuideFacts, GuideForm, write_clue
from chronosight.tasks.question import Question, Value
from chronosight.training.samples.clues import mirror_facts, simulate_facts, swap_facts
from chronosight.training.samples.guide_facts import FactsKey
from chronosight.training.samples.mirror import mirror_caption
from chronosight.training.samples.rendered import read_store
from chronosight.training.samples.source import Exercise, Kind, worded
from chronosight.training.samples.views import flip, shine

Facts = Mapping[FactsKey, GuideFacts]
CLUE_FORMS: tuple[tuple[GuideForm | None, float], ...] = ((None, 0.68), ("detail", 0.1), ("none", 0.22))
"""Shares of the clues of training. None: the form that the model will be used with."""
ROAD_WORDS = ("road", "street", "path", "lane", "crossroad", "roundabout", "highway", "avenue")
BUILDING_WORDS = ("building", "house", "villa", "factor", "bungalow", "home", "mansion", "residential")


class Places:
    """Windows of real places.

    extra: windows beside the four of a place, drawn like those the guide's facts are made for.

    facts: by (pair id, box, swapped); a window without facts gets simulated ones.

    form: of most clues.
    """

    kind: Kind = "pair"

    def __init__(
        self, places: Sequence[PlacePair], facts: Facts, extra: int, views: int, seed: int = 0, form: GuideForm = "full"
    ) -> None:
        self.form = form
        self.places, self.facts, self.views, self.seed = places, facts, views, seed
        self.items = [(i, box) for i, place in enumerate(places) for box in window_boxes(i, place.before.shape[0], extra)]
        self.rows = len(self.items) * views
        self._truth: dict[int, PairTruth] = {}

    def view(self, row: int) -> tuple[PlacePair, tuple[int, int, int, int], bool, bool]:
        """Which part of which place a row shows.

        Args:
            row: Row of the source, from 0.

        Returns:
            The place, the box (left, top, right, bottom) in pixels, and whether it is flipped left-right and top-bottom.
        """
        item, view = divmod(row, self.views)
        place, box = self.items[item]
        flips = 0 if view == 0 else int(np.random.default_rng((self.seed, row)).integers(4))
        return self.places[place], box, bool(flips & 1), bool(flips & 2)

    def frames(self, row: int) -> np.ndarray:
        """(T, H, W, 3) uint8, the view of a row.

        Args:
            row: Row of the source, from 0.

        Returns:
            (T, H, W, 3) uint8: one frame for an image, two for a pair, more for a video; earliest first.
        """
        place, box, sideways, upside_down = self.view(row)
        here = (slice(box[1], box[3]), slice(box[0], box[2]))
        dates = [flip(image[here], sideways, upside_down) for image in (place.before, place.after)]
        if row % self.views:
            rng = np.random.default_rng((self.seed, row, 1))
            dates = [shine(date, rng) for date in dates]
        return np.stack(dates)

    def truth(self, row: int) -> PairTruth:
        """What changed in a row.

        Args:
            row: Row of the source, from 0.

        Returns:
            The true change of buildings, with the dates in their order.
        """
        if row not in self._truth:
            place, (x0, y0, x1, y1), sideways, upside_down = self.view(row)
            mask = flip(place.building[y0:y1, x0:x1], sideways, upside_down)
            self._truth[row] = truth_of({"buildings": mask}, appeared=True)
        return self._truth[row]

    def ask(self, row: int, rng: np.random.Generator) -> Exercise:
        """Questions about a row with the replies to learn.

        Args:
            row: Row of the source, from 0.
            rng: Draws the questions, their wording and, for a pair, the order of the dates.

        Returns:
            The exercise: questions with the replies to learn, and for a pair the clue.
        """
        place, box, sideways, upside_down = self.view(row)
        truth, swapped = self.truth(row), bool(rng.random() < 0.5)
        truth = swap_truth(truth) if swapped else truth
        facts = self.facts.get((place.id, box, swapped))
        facts = simulate_facts(truth, (), rng) if facts is None else mirror_facts(facts, sideways, upside_down)
        return Exercise(worded(_pick(pair_questions(truth), rng), rng), _clue(facts, rng, self.form), swapped)


class CaptionedCells:
    """Parts of real places with human captions, in all four flips, or (flips=1) as they are."""

    kind: Kind = "pair"

    def __init__(self, places: Sequence[PlacePair], facts: Facts, flips: int = 4, form: GuideForm = "full") -> None:
        self.places, self.facts, self.flips, self.form = places, facts, flips, form
        self.items = [(i, k) for i, place in enumerate(places) for k in range(len(place.cells))]
        self.rows = flips * len(self.items)

    def frames(self, row: int) -> np.ndarray:
        """(T, H, W, 3) uint8, the view of a row.

        Args:
            row: Row of the source, from 0.

        Returns:
            (T, H, W, 3) uint8: one frame for an image, two for a pair, more for a video; earliest first.
        """
        i, k = self.items[row // self.flips]
        turned = row % self.flips
        place, (x0, y0, x1, y1) = self.places[i], self.places[i].cells[k].box
        dates = [flip(image[y0:y1, x0:x1], bool(turned & 1), bool(turned & 2)) for image in (place.before, place.after)]
        if turned:
            rng = np.random.default_rng((3, row))
            dates = [shine(date, rng) for date in dates]
        return np.stack(dates)

    def ask(self, row: int, rng: np.random.Generator) -> Exercise:
        """Questions about a row with the replies to learn.

        Args:
            row: Row of the source, from 0.
            rng: Draws the questions, their wording and, for a pair, the order of the dates.

        Returns:
            The exercise: questions with the replies to learn, and for a pair the clue.
        """
        i, k = self.items[row // self.flips]
        turned = row % self.flips
        place, flips = self.places[i], (bool(turned & 1), bool(turned & 2))
        cell = place.cells[k]
        captions = [mirror_caption(clean_caption(text), *flips) for text in cell.captions]
        asked: list[tuple[Question, Value]] = [(caption.ask("pair"), captions[int(rng.integers(len(captions)))])]
        changed = change_in_captions(cell.captions)
        if changed is not None and rng.random() < 0.5:
            asked.append((binary.ask(), changed))
        facts = self.facts.get((place.id, cell.box, False))
        if facts is None:
            x0, y0, x1, y1 = cell.box
            truth = truth_of({"buildings": flip(place.building[y0:y1, x0:x1], *flips)}, appeared=True)
            facts = simulate_facts(truth, tuple(captions), rng)
        else:
            facts = mirror_facts(facts, *flips)
        return Exercise(worded(asked, rng), _clue(facts, rng, self.form))


class RenderedPairs:
    """Rendered pairs of a store, with simulated clues unless `facts` has them by ("rendered", row, swapped)."""

    kind: Kind = "pair"

    def __init__(
        self, folder: str | Path, facts: Mapping[tuple[int, bool], GuideFacts] | None = None, form: GuideForm = "full"
    ) -> None:
        self.form = form
        arrays, self.lines = read_store(folder)
        self.pixels, self.mask, self.appeared = arrays["pixels"], arrays["mask"], arrays["appeared"]
        self.facts = facts or {}
        self.rows = len(self.lines)
        self._truth: dict[int, PairTruth] = {}

    def frames(self, row: int) -> np.ndarray:
        """(T, H, W, 3) uint8, the view of a row.

        Args:
            row: Row of the source, from 0.

        Returns:
            (T, H, W, 3) uint8: one frame for an image, two for a pair, more for a video; earliest first.
        """
        return np.asarray(self.pixels[row])

    def truth(self, row: int) -> PairTruth:
        """What changed in a row.

        Args:
            row: Row of the source, from 0.

        Returns:
            The true change of each class, with the dates in their order.
        """
        if row not in self._truth:
            masks = {f"{name}s": self.mask[row] == i for i, name in enumerate(CHANGE_CLASSES) if i}
            self._truth[row] = truth_of(masks, self.appeared[row] > 0)
        return self._truth[row]

    def ask(self, row: int, rng: np.random.Generator) -> Exercise:
        """Questions about a row with the replies to learn.

        Args:
            row: Row of the source, from 0.
            rng: Draws the questions, their wording and, for a pair, the order of the dates.

        Returns:
            The exercise: questions with the replies to learn, and for a pair the clue.
        """
        swapped = bool(rng.random() < 0.5)
        truth = swap_truth(self.truth(row)) if swapped else self.truth(row)
        captions = () if swapped and truth.changed else tuple(self.lines[row]["captions"])
        facts = self.facts.get((row, swapped)) or simulate_facts(truth, captions, rng)
        asked = _pick(pair_questions(truth), rng)
        if captions and rng.random() < 0.35:
            asked.append((caption.ask("pair"), captions[int(rng.integers(len(captions)))]))
        return Exercise(worded(asked, rng), _clue(facts, rng, self.form), swapped)


def window_boxes(number: int, size: int, extra: int, seed: int = 0) -> list[tuple[int, int, int, int]]:
    """Windows of a place: those without overlap, and further ones, drawn as `training.guide.crossfit` draws them.

    Args:
        number: Number of the place, from 0.
        size: Side of the place in pixels.
        extra: Further windows.
        seed: Seed of the further windows.

    Returns:
        Boxes (left, top, right, bottom) in pixels, of 256 px sides.
    """
    starts = np.random.default_rng((seed, number)).integers(0, size - 256 + 1, (extra, 2))
    return windows(size) + [(int(x), int(y), int(x) + 256, int(y) + 256) for x, y in starts]


def change_in_captions(captions: Sequence[str]) -> bool | None:
    """Whether captions speak of a change to roads or buildings.

    Args:
        captions: Of one part of a place.

    Returns:
        True when most name one, False when none says that anything changed, None when only other things changed or the
        captions disagree.
    """
    unchanged = sum(caption_says_nothing(text) for text in captions)
    if unchanged == len(captions):
        return False
    named = sum(any(word in text for word in (*ROAD_WORDS, *BUILDING_WORDS)) for text in captions)
    return True if unchanged == 0 and named * 2 > len(captions) else None


def caption_says_nothing(text: str) -> bool:
    """Whether a caption says that nothing changed.

    Args:
        text: The caption, as people wrote it.

    Returns:
        True where it says so.
    """
    return caption.says_no_change(clean_caption(text))


def swap_truth(truth: PairTruth) -> PairTruth:
    """The truth with the dates swapped.

    Args:
        truth: What changed.

    Returns:
        The truth, appeared and vanished exchanged.
    """
    return PairTruth(swap_facts(GuideFacts(classes=truth.classes)).classes)


def _pick(asked: list[tuple[Question, Value]], rng: np.random.Generator) -> list[tuple[Question, Value]]:
    """The general question often, and up to six of the others alike."""
    general, others = asked[0], asked[1:]
    chosen = [others[i] for i in rng.permutation(len(others))[: int(rng.integers(4, 7))]]
    return [general, *chosen] if rng.random() < 0.6 else chosen


def _clue(facts: GuideFacts, rng: np.random.Generator, usual: GuideForm) -> str:
    form = CLUE_FORMS[int(rng.choice(len(CLUE_FORMS), p=[share for _, share in CLUE_FORMS]))][0] or usual
    if form == "full" and facts.caption is None and any(change.count for change in facts.classes.values()):
        form = "detail"  # a full clue would say that nothing changed
    return write_clue(facts, form)
