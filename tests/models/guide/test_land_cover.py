"""The land-cover head and its losses."""

from __future__ import annotations

import math

import pytest

torch = pytest.importorskip("torch")

from chronosight.datasets.ground_images import BARE, DRY, LOW, TREES, UNLABELLED, WATER  # noqa: E402
from chronosight.models.guide.configuration import fine_config  # noqa: E402
from chronosight.models.guide.land_cover import LandCoverConfig, LandCoverModel  # noqa: E402
from chronosight.models.guide.modeling import GuideModel  # noqa: E402
from chronosight.training.guide.land_cover import land_cover_loss  # noqa: E402
from chronosight.training.samples.land_cover_samples import OTHER, SAME, SEASON  # noqa: E402

SURE = 20.0


@pytest.fixture(scope="module")
def guide():
    torch.manual_seed(0)
    return GuideModel(fine_config((4, 6, 8, 8))).eval()


@pytest.fixture(scope="module")
def head():
    torch.manual_seed(1)
    return LandCoverModel(LandCoverConfig(inputs=(24, 40, 112, 6), neck=(8, 8, 8))).eval()


def test_the_guide_hands_on_what_the_head_reads(guide, head):
    before, after = torch.rand(2, 1, 3, 64, 96)
    with torch.no_grad():
        compared, alone = guide(before, after), guide.land_cover_features(torch.cat([before, after]))
        scores = head(*alone)
    for one, name in zip(alone, ("level_4", "level_8", "level_16", "decoded_4"), strict=True):
        torch.testing.assert_close(one, compared[name])
    assert scores.shape == (2, 6, 32, 48)


def test_a_date_is_scored_by_itself_and_weights_come_back_from_the_folder(guide, head, tmp_path):
    images = torch.rand(3, 3, 64, 64)
    head.save_pretrained(tmp_path)
    again = LandCoverModel.from_pretrained(tmp_path).eval()
    with torch.no_grad():
        together, alone = head(*guide.land_cover_features(images)), head(*guide.land_cover_features(images[1:2]))
        torch.testing.assert_close(together[1:2], alone, atol=1e-5, rtol=1e-4)
        torch.testing.assert_close(again(*guide.land_cover_features(images)), together)


def scores_of(first: int, second: int) -> torch.Tensor:
    """(2, 6, 1, 1): both views of one pixel, each sure of a class."""
    scores = torch.zeros(2, 6, 1, 1)
    scores[0, first], scores[1, second] = SURE, SURE
    return scores


def losses(scores, label, same) -> dict[str, float]:
    labels = torch.full((1, 2, 1, 1), label)
    return {name: part.item() for name, part in land_cover_loss(scores, labels, torch.full((1, 1, 1), same)).items()}


def test_known_pixels_count_and_unlabelled_ones_do_not():
    assert losses(scores_of(TREES, TREES), TREES, SAME)["cover"] == pytest.approx(0, abs=1e-4)
    assert losses(scores_of(TREES, WATER), TREES, SAME)["cover"] == pytest.approx(SURE / 2, rel=1e-3)
    assert losses(scores_of(TREES, WATER), UNLABELLED, OTHER) == dict.fromkeys(("cover", "overlap", "dry", "light", "own"), 0)


def test_water_costs_at_a_dry_place_and_nothing_else_does():
    assert losses(scores_of(TREES, LOW), DRY, OTHER)["dry"] == pytest.approx(0, abs=1e-4)
    assert losses(scores_of(TREES, WATER), DRY, OTHER)["dry"] == pytest.approx(-math.log(1e-4) / 2, rel=0.02)
    assert losses(scores_of(WATER, WATER), DRY, OTHER)["cover"] == 0


def test_views_must_agree_but_a_season_may_lay_a_field_bare():
    assert losses(scores_of(TREES, LOW), UNLABELLED, SAME)["light"] == pytest.approx(2 * SURE, rel=1e-3)
    assert losses(scores_of(BARE, LOW), UNLABELLED, SAME)["light"] == pytest.approx(2 * SURE, rel=1e-3)
    assert losses(scores_of(BARE, LOW), UNLABELLED, SEASON)["light"] == pytest.approx(0, abs=1e-4)
    assert losses(scores_of(TREES, LOW), UNLABELLED, SEASON)["light"] > SURE
    assert losses(scores_of(TREES, LOW), UNLABELLED, OTHER)["light"] == 0


def test_a_confident_answer_teaches_the_other_view_unless_it_is_water_or_known():
    assert losses(scores_of(TREES, LOW), UNLABELLED, SAME)["own"] == pytest.approx(SURE, rel=1e-3)
    assert losses(scores_of(WATER, LOW), UNLABELLED, SAME)["own"] == 0
    assert losses(scores_of(TREES, LOW), LOW, SAME)["own"] == 0
    assert losses(scores_of(TREES, LOW) / 40, UNLABELLED, SAME)["own"] == 0
