import numpy as np
import pytest

from chronosight.datasets.places import CaptionedCell, PlacePair
from chronosight.evaluation.predictions import PredictionLog
from chronosight.evaluation.season import run_season, season_rows


def made_place(name: str, changed_window: bool) -> PlacePair:
    building = np.zeros((512, 512), bool)
    if changed_window:
        building[10:40, 10:40] = True
    pictures = np.random.default_rng(0).integers(0, 255, (2, 512, 512, 3), np.uint8)
    cells = (
        CaptionedCell((0, 0, 128, 128), ("two houses appear",)),
        CaptionedCell((128, 0, 256, 128), ("there is no difference .", "No change has occurred")),
    )
    return PlacePair(name, name, 1.0, pictures[0], pictures[1], building, cells)


PLACES = [made_place("a", changed_window=True), made_place("b", changed_window=False)]


def darker(image: np.ndarray, seed: int) -> np.ndarray:
    return image // 2


def test_only_unchanged_pairs_are_asked_about(constant):
    results = run_season(constant({"binary": False}), PLACES, PredictionLog(), darker)
    kinds = [r.kind for r in results]
    assert kinds.count("made") == 2 * 4 * 2  # places, windows, dates
    assert kinds.count("real") == 3 + 4  # the window with a changed building is left out
    assert kinds.count("told") == 2


@pytest.mark.parametrize("says", [True, False])
def test_an_engine_that_always_says_the_same(constant, says):
    results = run_season(constant({"binary": says}), PLACES, PredictionLog(), darker)
    rows = {row.metric: row for row in season_rows(results)}
    assert len(rows) == 6
    called = [row.value for name, row in rows.items() if name.endswith("called changed")]
    assert called == [float(says)] * 3
    assert [row.met for row in rows.values() if row.bar] == [not says]
    assert all(row.value == 0 for name, row in rows.items() if "pixels" in name)


def test_both_dates_show_the_same_place_and_seeds_differ(constant):
    seen = []

    class Looks(constant):
        def answer(self, scene, question):
            if "other light" in scene.sources[0]:
                seen.append(scene.frames.copy())
            return super().answer(scene, question)

    seeds = []
    run_season(Looks({"binary": False}), PLACES[:1], PredictionLog(), lambda im, s: seeds.append(s) or im // 2)
    assert len(seen) == 8 and len(set(seeds)) == 8
    assert all((pair[1] == pair[0] // 2).all() for pair in seen)
    np.testing.assert_array_equal(seen[0][0], PLACES[0].before[:256, :256])
    np.testing.assert_array_equal(seen[1][0], PLACES[0].after[:256, :256])


def test_pixels_marked_by_the_guide_are_counted(constant):
    mark = np.zeros((256, 256), bool)
    mark[:128] = True
    places = [PlacePair(p.id, p.place, 1.0, p.before, p.after, p.building, ()) for p in PLACES]
    results = run_season(constant({"binary": False}, building=mark), places, PredictionLog(), darker)
    assert {r.pixels for r in results} == {0.5}


def test_the_renderers_own_difference_changes_light_and_not_shape():
    from chronosight.synthetic.light import difference_only

    picture = PLACES[0].before[:256, :256] // 4 + 80
    other = difference_only(picture, 1)
    assert other.shape == picture.shape and other.dtype == np.uint8
    assert (other != picture).any()
    np.testing.assert_array_equal(other, difference_only(picture, 1))
