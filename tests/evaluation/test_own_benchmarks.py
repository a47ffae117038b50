"""Places, season, images and rendered scenes on engines whose scores are known by hand."""

import json

import numpy as np
import pytest
from PIL import Image

from chronosight.datasets.places import load_places, truth_of_mask, windows
from chronosight.evaluation.benchmarks import OWN, find_benchmark, own
from chronosight.evaluation.run import RunSettings, run_engine
from chronosight.synthetic.held_out import HELD_OUT, Renderer, pair_questions
from chronosight.synthetic.truth import ChangedObject, RenderedImage, RenderedPair, RenderedVideo
from chronosight.tasks import comparison, object_count, presence, rural_urban

CHANGED = ("two houses appear", "a pair of houses appears", "two villas are built", "houses show up", "new houses here")
STILL = ("the scene is the same as before", "no change has occurred")
SETTINGS = RunSettings(conventions=("word",), java=False)
# Window 0 of place a: two buildings, top left corner and center. Window 3 of place b: one, right.
BUILDINGS = {"a": [(10, 10, 30, 30), (120, 120, 140, 140)], "b": [(500, 380, 510, 390)]}
PLANES = ("many planes are parked", "some planes near a building", "planes stand here", "an airport", "planes")


@pytest.fixture
def data(tmp_path):
    """Two places whose first cell is captioned changed and the next unchanged; two images of AID, two of UC Merced."""
    root, rng = tmp_path / "data", np.random.default_rng(0)
    (root / "pairs" / "test").mkdir(parents=True)
    rows = []
    for name, boxes in BUILDINGS.items():
        mask = np.zeros((512, 512), bool)
        for x0, y0, x1, y1 in boxes:
            mask[y0:y1, x0:x1] = True
        for date in ("before", "after"):
            small = Image.fromarray(rng.integers(0, 255, (16, 16, 3), np.uint8))
            small.resize((512, 512)).save(root / "pairs" / "test" / f"{name}_{date}.webp")
        Image.fromarray(mask).save(root / "pairs" / "test" / f"{name}_building.png")
        cells = [{"box": [0, 0, 128, 128], "captions": CHANGED}, {"box": [128, 0, 256, 128], "captions": STILL}]
        rows.append({"id": name, "place": name, "metres_per_pixel": 1.0, "size": 512, "cells": cells})
    (root / "pairs" / "test.jsonl").write_text("\n".join(json.dumps(row) for row in rows))
    for source, labels in (("aid", ("Airport", "Parking")), ("ucm", ("parkinglot", "beach"))):
        rows = []
        for label in labels:
            path = root / "images" / source / label / "1.webp"
            path.parent.mkdir(parents=True)
            Image.fromarray(rng.integers(0, 255, (32, 32, 3), np.uint8)).save(path)
            rows.append({"id": f"{label}/1", "label": label, "split": "test", "captions": PLANES if source == "aid" else None})
        (root / "images" / f"{source}.jsonl").write_text("\n".join(json.dumps(row) for row in rows))
    return root


def test_chips_are_pairs_whose_buildings_are_all_new(tmp_path):
    (tmp_path / "buildings" / "chips").mkdir(parents=True)
    rows, pixels = [], np.random.default_rng(0).integers(60, 90, (96, 96, 3), np.uint8)
    pixels[20:40, 20:60] = 230
    for column in range(6):  # of which the second and the sixth are held out
        name = f"town_{column}_7"
        Image.fromarray(pixels).save(tmp_path / "buildings" / "chips" / f"{name}.webp", lossless=True)
        rings = [[[20, 20], [39, 20], [39, 39], [20, 39]], [[40, 20], [59, 20], [59, 39], [40, 39]]]
        rows.append({"id": name, "metres_per_pixel": 0.5, "labelled": True, "buildings": rings})
    (tmp_path / "buildings" / "chips.jsonl").write_text("\n".join(map(json.dumps, rows)))
    samples = find_benchmark("chips").load(tmp_path, "val", None)
    counts = [sample for sample in samples if sample.question.task == "count"]
    assert [sample.truth for sample in counts] == [2, 2] and {sample.group for sample in samples} == {"1", "5"}
    before, after = counts[0].open().frames
    assert (after == pixels).all() and before[22:38, 22:58].mean() < 150 and (before[60:] == pixels[60:]).all()


def run(name, engine, data, tmp_path, limit=None):
    settings = RunSettings(limit=limit, conventions=("word",), java=False)
    outcome = run_engine(find_benchmark(name), data, settings, engine, {"name": "made up"}, tmp_path / "run" / name)
    return {result.metric: result.value for result in outcome.scored.results}, outcome


def test_an_oracle_scores_perfectly_on_places(oracle, data, tmp_path):
    truths = {}
    for place in load_places(data, "test"):
        truths |= {place.name(box): (place.mask(box), {}) for box in windows(512)}
        for cell in place.cells:
            truths[place.name(cell.box)] = (place.mask(cell.box), {"caption": cell.captions[0], "binary": cell.changed})
    found, outcome = run("places", oracle(truths), data, tmp_path)
    ones = ("binary of buildings accuracy", "binary of buildings F1", "count of buildings exact")
    ones += ("location of buildings example accuracy", "location of buildings micro F1")
    assert all(found[name] == 1 and found[f"guide alone: {name}"] == 1 for name in ones)
    assert found["mask of building F1"] == found["mask of building IoU"] == 1
    assert found["count of buildings MAE"] == found["calibration error, all answers"] == 0
    assert found["gain over the guide alone: binary of buildings accuracy"] == 0
    assert found["captioned cells: ROUGE-L [word]"] == pytest.approx(1)
    assert found["captioned cells: BLEU-4 [word]"] == pytest.approx(1, abs=1e-6)
    assert found["captioned cells: binary accuracy"] == 1
    assert found["cells whose captions say no change: false alarm rate"] == 0
    with_target = [result for result in outcome.scored.results if result.target]
    assert len(with_target) == 11
    missed = {result.metric for result in with_target if not result.met}
    few = {name for name in found if "S*m" in name and "unchanged" not in name}  # CIDEr-D needs more captions than these
    assert missed == few


def test_a_constant_engine_scores_as_by_hand_on_places(constant, data, tmp_path):
    seen = np.zeros((256, 256), bool)
    seen[0:20, 0:40] = True  # 800 px: of them 10 x 20 = 200 in window 0 of place a are true
    engine = constant({"binary": True, "count": 2, "location": ("right",), "caption": "houses"}, 0.75, seen)
    found, _ = run("places", engine, data, tmp_path)
    # Truth of the 8 windows: two are changed, with 2 and 1 buildings.
    assert found["binary of buildings accuracy"] == found["binary of buildings precision"] == pytest.approx(2 / 8)
    assert found["binary of buildings recall"] == found["binary of buildings false alarm rate"] == 1
    assert found["count of buildings MAE"] == pytest.approx((0 + 1 + 6 * 2) / 8)
    assert found["count of buildings RMSE"] == pytest.approx(((0 + 1 + 6 * 4) / 8) ** 0.5)
    assert found["count of buildings exact"] == found["location of buildings example accuracy"] == pytest.approx(1 / 8)
    assert found["location of buildings micro precision"] == pytest.approx(1 / 8)
    assert found["location of buildings micro recall"] == pytest.approx(1 / 3)
    assert found["mask of building precision"] == pytest.approx(200 / (8 * 800))
    assert found["mask of building recall"] == pytest.approx(200 / (400 + 400 + 100))
    assert found["guide alone: count of buildings MAE"] == pytest.approx((1 + 0 + 6 * 1) / 8)
    assert found["guide alone: location of buildings example accuracy"] == pytest.approx(0.5 / 8)
    # 24 answers at 0.75, of them 2 + 1 + 1 right.
    assert found["calibration error, all answers"] == pytest.approx(0.75 - 4 / 24)
    # Of 24 coins that fall right three times in four, the share is off by 0.07 on average.
    assert found["calibration error, were every confidence true"] == pytest.approx(0.07, abs=0.01)
    assert found["gain over the guide alone: count of buildings MAE"] == pytest.approx(7 / 8 - 13 / 8)
    assert found["cells whose captions say no change: false alarm rate"] == 1
    assert found["captioned cells: binary false alarm rate"] == 1 and found["captioned cells: binary accuracy"] == 1 / 2


def test_replies_without_a_value_count_as_no_change(constant, data, tmp_path):
    found, _ = run("places", constant({}), data, tmp_path)
    assert found["replies that could not be parsed"] == 24
    assert found["binary of buildings accuracy"] == found["location of buildings example accuracy"] == pytest.approx(6 / 8)


def test_a_window_is_changed_above_twenty_pixels():
    mask = np.zeros((64, 64), bool)
    mask[0, :20] = True
    assert not truth_of_mask(mask).changed
    mask[1, 0] = True
    assert truth_of_mask(mask).changed


def test_a_limit_takes_whole_places(constant, data, tmp_path):
    _, outcome = run("places", constant({}), data, tmp_path, limit=1)
    assert {sample.resampled for sample in outcome.samples} == {"a"}
    assert len({sample.scene for sample in outcome.samples}) == 4 + 2


@pytest.mark.parametrize("says", [True, False])
def test_false_alarms_of_an_engine_that_always_says_the_same(constant, data, tmp_path, says):
    mark = np.zeros((256, 256), bool)
    mark[:64] = True
    engine = constant({"binary": says}, building=mark)
    engine.guide_facts = lambda scene, guide=engine.guide_facts: (
        guide(scene) if scene.width == 256 else constant({}).guide_facts(scene)
    )
    found, outcome = run("season", engine, data, tmp_path)
    rates = {name: value for name, value in found.items() if name.endswith("false alarm rate")}
    assert len(rates) == 3 and set(rates.values()) == {float(says)}
    numbers = {result.metric: result.n for result in outcome.scored.results}
    assert numbers["same place in another season and light: false alarm rate"] == 2 * 4 * 2  # places, windows, dates
    assert numbers["window without a changed building: false alarm rate"] == 6  # two windows have one
    assert numbers["cells whose captions say no change: false alarm rate"] == 2
    assert found["window without a changed building: share of pixels marked"] == 1 / 4
    assert [result.met for result in outcome.scored.results if result.target] == [not says]


def test_season_shows_a_window_beside_itself_in_other_light(data):
    scenes = [sample.open() for sample in find_benchmark("season").open(data, "test")[:16:2]]
    place = load_places(data, "test")[0]
    np.testing.assert_array_equal(scenes[0].frames[0], place.before[:256, :256])
    np.testing.assert_array_equal(scenes[1].frames[0], place.after[:256, :256])
    assert all((scene.frames[1] != scene.frames[0]).any() for scene in scenes)
    assert len({scene.sources for scene in scenes}) == 8


def test_single_images_by_hand(constant, data, tmp_path):
    engine = constant({"scene_class": "parking lot", "presence": True, "comparison": False, "caption": "planes"}, 0.9)
    found, outcome = run("images", engine, data, tmp_path)
    assert found["AID: overall accuracy"] == 0 and found["AID: overall accuracy, synonyms counted right"] == 1 / 2
    assert found["UC Merced: overall accuracy"] == found["UC Merced: mean over classes"] == 1 / 2
    assert found["presence, from captions: presence: accuracy"] == 1 / 2
    assert found["presence, from captions: presence: always the most frequent answer"] == 1 / 2
    assert found["presence, from captions: calibration error, all answers"] == pytest.approx(0.4)
    assert found["captions: BLEU-1 [word]"] < 1
    assert outcome.scored.tables["UC Merced scene class"].classes == ("beach", "parking lot")
    of_ucm = {sample.question.task for sample in outcome.samples if sample.dataset == "ucm"}
    assert of_ucm == {"scene_class"}  # images without captions are asked for their class alone


def draw_image(seed):
    questions = ((presence.ask("cars"), "Yes"), (presence.ask("boats"), "No"), (comparison.ask("cars", "trees"), "Yes"))
    questions += ((rural_urban.ask(), "urban"), (object_count.ask("cars"), "4"))
    pixels = np.zeros((64, 64, 3), np.uint8)
    return RenderedImage(pixels, np.zeros((64, 64), np.uint8), 0.5, (), "urban", ("a road",) * 5, questions)


def draw_pair(seed):
    """Even seeds: one new building of 10 x 10 pixels at the top left and one gone in the middle."""
    mask, objects = np.zeros((96, 96), np.uint8), ()
    if seed % 2 == 0:
        mask[5:15, 5:15] = mask[40:50, 40:50] = 2
        corner = ChangedObject("buildings", True, "top left corner", (10.0, 10.0), 100)
        objects = (corner, ChangedObject("buildings", False, "center", (45.0, 45.0), 100))
    frame, flat = np.zeros((96, 96, 3), np.uint8), np.zeros((96, 96), np.uint8)
    return RenderedPair(frame, frame, mask, mask > 0, flat, flat, objects, (0.0, 0.0), 1.0, ("",) * 5)


def draw_video(seed):
    return RenderedVideo(np.zeros((4, 32, 32, 3), np.uint8), ("fire", "flood")[seed % 2], ("",) * 5)


def test_the_truth_of_a_rendered_pair():
    values = {(q.task, q.subject): truth for q, truth in pair_questions(draw_pair(0))}
    assert values["binary", None] is True
    assert values["count", "buildings"] == 2 and values["count", "roads"] == 0
    assert set(values["location", "buildings"]) == {"top left corner", "center"} and values["location", "roads"] == ()
    assert values["direction", "buildings"] == "both" and values["direction", "roads"] == "none"


def test_rendered_scenes_by_hand(constant, tmp_path, monkeypatch):
    monkeypatch.setattr(own, "Renderer", lambda: Renderer(draw_image, draw_pair, draw_video))
    engine = constant({"presence": True, "rural_urban": "rural", "count": 1, "location": ("center",), "event": "fire"})
    found, outcome = run("rendered", engine, None, tmp_path, limit=4)
    assert {int(sample.scene.partition("-")[2]) for sample in outcome.samples} == set(range(HELD_OUT, HELD_OUT + 4))
    assert found["images: presence: accuracy"] == 1 / 2
    assert found["images: comparison: accuracy"] == found["images: rural_urban: accuracy"] == 0
    assert found["pairs: count of buildings MAE"] == 1 and found["pairs: binary accuracy"] == 1 / 2
    assert found["pairs: location of buildings example accuracy"] == pytest.approx((0.5 + 0) / 2)
    assert found["pairs: location of roads example accuracy"] == 0 and found["pairs: mask of building F1"] == 0
    assert found["videos: overall accuracy"] == 1 / 2
    assert outcome.scored.tables["videos event"].counts.tolist() == [[2, 0], [2, 0]]


def test_every_own_benchmark_gives_its_targets_to_metrics_that_it_has(constant, data, tmp_path, monkeypatch):
    monkeypatch.setattr(own, "Renderer", lambda: Renderer(draw_image, draw_pair, draw_video))
    for name in OWN:
        found, _ = run(name, constant({"scene_class": "beach", "caption": "a house is built"}), data, tmp_path, limit=2)
        assert set(find_benchmark(name).targets) <= set(found), name
