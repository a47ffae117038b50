import numpy as np
import pytest

from chronosight.evaluation.predictions import PredictionLog
from chronosight.evaluation.rendered import (
    HELD_OUT,
    Renderer,
    pair_questions,
    rendered_rows,
    run_rendered,
)
from chronosight.synthetic.truth import ChangedObject, RenderedImage, RenderedPair, RenderedVideo
from chronosight.tasks import comparison, object_count, presence, rural_urban

PIXELS = np.zeros((64, 64, 3), np.uint8)
EVENTS = ("fire", "flood")


def draw_image(seed: int) -> RenderedImage:
    questions = (
        (presence.ask("cars"), "Yes"),
        (presence.ask("boats"), "No"),
        (comparison.ask("cars", "trees"), "Yes"),
        (rural_urban.ask(), "urban"),
        (object_count.ask("cars"), "4"),
    )
    return RenderedImage(PIXELS, np.zeros((64, 64), np.uint8), 0.5, (), "urban", ("a road",) * 5, questions)


def draw_pair(seed: int) -> RenderedPair:
    """Even seeds: one new building of 10 x 10 pixels at the top left and one gone in the middle."""
    mask, objects = np.zeros((96, 96), np.uint8), ()
    if seed % 2 == 0:
        mask[5:15, 5:15] = mask[40:50, 40:50] = 2
        objects = (
            ChangedObject("buildings", True, "top left corner", (10.0, 10.0), 100),
            ChangedObject("buildings", False, "center", (45.0, 45.0), 100),
        )
    frame, flat = np.zeros((96, 96, 3), np.uint8), np.zeros((96, 96), np.uint8)
    return RenderedPair(frame, frame, mask, mask > 0, flat, flat, objects, (0.0, 0.0), 1.0, ("",) * 5)


def draw_video(seed: int) -> RenderedVideo:
    return RenderedVideo(np.zeros((4, 32, 32, 3), np.uint8), EVENTS[seed % 2], ("",) * 5)


RENDERER = Renderer(draw_image, draw_pair, draw_video)


def test_truth_of_a_pair():
    values = {(q.task, q.subject): truth for q, truth in pair_questions(draw_pair(0))}
    assert values["binary", None] is True
    assert values["count", "buildings"] == 2 and values["count", "roads"] == 0
    assert set(values["location", "buildings"]) == {"top left corner", "center"} and values["location", "roads"] == ()
    assert values["direction", "buildings"] == "both" and values["direction", "roads"] == "none"


def test_an_oracle_scores_perfectly(constant):
    class Knows(constant):
        def answer(self, scene, question):
            kind, seed = scene.sources[0].removesuffix(" before").split()
            assert int(seed) >= HELD_OUT and scene.kind == kind
            if kind == "image":
                module = {"presence": presence, "comparison": comparison}.get(question.task)
                reply = dict(draw_image(0).questions)[question]
                self.values[question.task] = module.parse_reply(reply) if module else reply
                if question.task == "object_count":
                    self.values["object_count"] = int(reply)
            elif kind == "pair":
                self.values[question.task] = dict(pair_questions(draw_pair(int(seed))))[question]
            else:
                self.values["event"] = EVENTS[int(seed) % 2]
            return super().answer(scene, question)

        def guide_facts(self, scene):
            seed = int(scene.sources[0].split()[1])
            self.building = draw_pair(seed).change_mask == 2
            return super().guide_facts(scene)

    result = run_rendered(Knows({}), PredictionLog(), RENDERER, limit=6)
    rows = {row.metric: row for row in rendered_rows(result)}
    assert {row.value for name, row in rows.items() if "accuracy" in name or name == "building pixels F1"} == {1.0}
    assert rows["count of buildings: MAE"].value == 0
    assert sum(row.met is True for row in rows.values()) == 4
    np.testing.assert_array_equal(result.events.confusion, [[3, 0], [0, 3]])


def test_a_constant_engine_scores_as_by_hand(constant):
    engine = constant({"presence": True, "rural_urban": "rural", "count": 1, "location": ("center",), "event": "fire"})
    result = run_rendered(engine, PredictionLog(), RENDERER, limit=4)
    value = {row.metric: row.value for row in rendered_rows(result)}
    assert value["presence: accuracy"] == 1 / 2
    assert value["comparison: accuracy"] == value["rural urban: accuracy"] == 0
    assert value["count of buildings: MAE"] == 1
    assert value["location of buildings: example accuracy"] == pytest.approx((0.5 + 0) / 2)
    assert value["location of roads: example accuracy"] == 0
    assert value["event: accuracy"] == 1 / 2
    np.testing.assert_array_equal(result.events.confusion, [[2, 0], [2, 0]])
    assert value["building pixels F1"] == 0


def test_the_renderer_itself_gives_what_is_asked(constant):
    engine = constant({"presence": True, "event": "fire"})
    result = run_rendered(engine, PredictionLog(), None, limit=2)
    tasks = {r.question.task for r in result.replies}
    assert {"presence", "rural_urban", "binary", "count", "location", "direction", "event"} <= tasks
