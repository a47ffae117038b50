import json

import numpy as np
import pytest

from chronosight.datasets.places import CaptionedCell, PlacePair, windows
from chronosight.evaluation.places import is_no_change, item_name, run_places, truth_of_mask
from chronosight.evaluation.places_rows import places_rows
from chronosight.evaluation.predictions import PredictionLog

CHANGED = ("two houses appear", "a pair of houses appears", "two villas are built", "houses show up", "new houses here")
STILL = ("the scene is the same as before", "no change has occurred")


def made_place(name: str, boxes: list[tuple[int, int, int, int]]) -> PlacePair:
    """A place of 512 px whose changed buildings fill the boxes; its first cell is captioned changed, the next still."""
    building = np.zeros((512, 512), bool)
    for x0, y0, x1, y1 in boxes:
        building[y0:y1, x0:x1] = True
    pictures = np.random.default_rng(0).integers(0, 255, (2, 512, 512, 3), np.uint8)
    cells = (CaptionedCell((0, 0, 128, 128), CHANGED), CaptionedCell((128, 0, 256, 128), STILL))
    return PlacePair(name, name, 1.0, pictures[0], pictures[1], building, cells)


@pytest.fixture
def places() -> list[PlacePair]:
    # Window 0 of the first place: two buildings, top left corner and center. Window 3 of the second: one, right.
    return [made_place("a", [(10, 10, 30, 30), (120, 120, 140, 140)]), made_place("b", [(500, 380, 510, 390)])]


def figures(rows):
    return {row.metric: row.value for row in rows}


def truths_of(places: list[PlacePair]):
    truths = {}
    for place in places:
        for x0, y0, x1, y1 in windows(512):
            truths[item_name(place, (x0, y0, x1, y1))] = (place.building[y0:y1, x0:x1], {})
        for cell in place.cells:
            x0, y0, x1, y1 = cell.box
            known = {"caption": cell.captions[0], "binary": not is_no_change(cell.captions)}
            truths[item_name(place, cell.box)] = (place.building[y0:y1, x0:x1], known)
    return truths


def test_an_oracle_scores_perfectly(oracle, places):
    rows = places_rows(run_places(oracle(truths_of(places)), places, PredictionLog()), with_meteor=False)
    found = figures(rows)
    for name in (
        "binary accuracy",
        "binary F1",
        "building count exact",
        "location example accuracy",
        "location micro F1",
    ):
        assert found[f"model {name}"] == 1 and found[f"guide {name}"] == 1
    assert found["building pixels F1"] == found["building pixels IoU"] == 1
    assert found["model building count MAE"] == 0
    assert found["calibration error, all answers"] == 0
    assert found["model minus guide: binary accuracy"] == 0
    assert found["ROUGE-L"] == pytest.approx(1)
    assert found["BLEU-4"] == pytest.approx(1, abs=1e-6)
    assert found["roads or buildings changed, by the captions: accuracy"] == 1
    assert found["called changed where captions tell of none"] == 0
    assert all(row.met for row in rows if row.bar)


def test_a_constant_engine_scores_as_by_hand(constant, places):
    seen = np.zeros((256, 256), bool)
    seen[0:20, 0:40] = True  # 800 px: of them 10 x 20 = 200 in window 0 of place a are true
    engine = constant({"binary": True, "count": 2, "location": ("right",), "caption": "houses"}, 0.75, seen)
    rows = places_rows(run_places(engine, places, PredictionLog()), with_meteor=False)
    found = figures(rows)
    # Truth of the 8 windows: two are changed, with 2 and 1 buildings.
    assert found["model binary accuracy"] == pytest.approx(2 / 8)
    assert found["model binary precision"] == pytest.approx(2 / 8)
    assert found["model binary recall"] == 1
    assert found["model building count MAE"] == pytest.approx((0 + 1 + 6 * 2) / 8)
    assert found["model building count RMSE"] == pytest.approx(((0 + 1 + 6 * 4) / 8) ** 0.5)
    assert found["model building count exact"] == pytest.approx(1 / 8)
    assert found["model location example accuracy"] == pytest.approx(1 / 8)
    assert found["model location micro precision"] == pytest.approx(1 / 8)
    assert found["model location micro recall"] == pytest.approx(1 / 3)
    true_pixels = 400 + 400 + 100
    assert found["building pixels precision"] == pytest.approx(200 / (8 * 800))
    assert found["building pixels recall"] == pytest.approx(200 / true_pixels)
    assert found["guide building count MAE"] == pytest.approx((1 + 0 + 6 * 1) / 8)
    assert found["guide location example accuracy"] == pytest.approx(0.5 / 8)
    # 24 answers at 0.75, of them 2 + 1 + 1 right.
    assert found["calibration error, all answers"] == pytest.approx(0.75 - 4 / 24)
    # Of 24 coins that fall right three times in four, the share is off by 0.07 on average.
    assert found["calibration error, were every confidence true"] == pytest.approx(0.07, abs=0.01)
    assert found["model minus guide: building count, MAE saved"] == pytest.approx(7 / 8 - 13 / 8)
    assert found["called changed where captions tell of none"] == 1


def test_replies_without_a_value_count_as_no_change_and_are_told(constant, places):
    rows = places_rows(run_places(constant({}), places, PredictionLog()), with_meteor=False)
    found = figures(rows)
    assert found["replies that could not be read"] == 24
    assert found["model binary accuracy"] == pytest.approx(6 / 8)
    assert found["model location example accuracy"] == pytest.approx(6 / 8)


def test_a_window_is_changed_above_twenty_pixels():
    mask = np.zeros((64, 64), bool)
    mask[0, :20] = True
    assert not truth_of_mask(mask).changed
    mask[1, 0] = True
    assert truth_of_mask(mask).changed


def test_questions_of_a_window_come_in_a_row_and_name_buildings(constant, places):
    engine = constant({"binary": False})
    run_places(engine, places[:1], PredictionLog())
    of_windows = [(name, q) for name, q in engine.asked if q.subject == "buildings"]
    assert [q.task for _, q in of_windows] == ["binary", "count", "location"] * 4
    assert [name for name, _ in of_windows[::3]] == [f"{item_name(places[0], box)} before" for box in windows(512)]


def test_predictions_are_written_as_they_come(constant, places, tmp_path):
    class Stops(constant):
        def answer(self, scene, question):
            if len(self.asked) == 5:
                raise RuntimeError("power cut")
            return super().answer(scene, question)

    path = tmp_path / "predictions.jsonl"
    with pytest.raises(RuntimeError), PredictionLog(path) as log:
        run_places(Stops({"binary": True, "count": 1, "location": ("top",)}), places, log)
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    assert [line["source"] for line in lines] == ["guide"] * 3 + ["model"] * 3 + ["guide"] * 3 + ["model"] * 2
    assert lines[5]["answer"]["value"] == ["top"] and lines[5]["truth"] == ["center", "top left corner"]
