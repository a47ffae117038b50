"""What the land-cover benchmark counts, on maps and captions made by hand."""

import numpy as np
import pytest

from chronosight.datasets.ground_images import LOW, TREES, UNLABELLED, WATER
from chronosight.datasets.places import CaptionedCell
from chronosight.errors import InputError
from chronosight.evaluation.land_cover import Tally, cell_kinds, covering_bundle
from chronosight.evaluation.metric import estimate
from chronosight.results.land_cover import NEVER, LandCover, Thresholds, pack
from chronosight.tasks.cover_words import KINDS


def cover(before: np.ndarray, after: np.ndarray, sure: float = 0.9) -> LandCover:
    classes = np.stack([before, after]).astype(np.uint8)
    return LandCover(pack(classes, np.full(classes.shape, sure)), Thresholds((0.5,) * 6, (NEVER,) * 6))


def test_accuracy_and_overlap_leave_out_what_is_not_labelled():
    found = np.array([[TREES, TREES, LOW, WATER]])
    truth = np.array([[TREES, LOW, LOW, UNLABELLED]], np.int8)
    tally = Tally()
    tally.add_truth("a", cover(found, found), np.stack([truth, truth]))
    values = {result.metric: result.value for result in estimate(tally.accuracy("x"), draws=0)}
    assert values["x: pixel accuracy"] == pytest.approx(2 / 3)
    assert values["x: trees IoU"] == pytest.approx(1 / 2) and values["x: low vegetation and crops IoU"] == pytest.approx(1 / 2)
    assert values["x: water IoU"] == 0
    assert values["x: share of pixels whose class is named"] == 1


@pytest.mark.parametrize(
    ("sentences", "ours", "counted"),
    [
        (["trees are removed"] * 5, True, (True, True, True)),
        (["trees are removed"] * 5, False, (False, False, True)),
        (["a house is built"] * 5, True, (False, True, False)),
        (["trees are removed", *["a house is built"] * 4], True, (False, False, False)),  # one voice: open
    ],
)
def test_people_and_map_are_compared_by_kind(sentences, ours, counted):
    before = np.full((40, 40), TREES)
    after = before.copy()
    after[10:20, 10:20] = LOW if ours else TREES
    codes = (before != after).astype(np.uint8)
    kinds = cell_kinds(cover(before, after), codes, CaptionedCell((0, 0, 40, 40), tuple(sentences)))
    assert kinds[list(KINDS).index("trees")] == counted


def test_weights_without_a_head_are_explained(bundle_folder):
    with pytest.raises(InputError, match="maps no land cover"):
        covering_bundle(bundle_folder)
