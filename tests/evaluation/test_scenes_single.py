from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from chronosight.datasets.aid_ucm import StillImage
from chronosight.evaluation.predictions import PredictionLog
from chronosight.evaluation.scenes_single import images_rows, run_images
from chronosight.tasks import comparison, presence

CAPTIONS = ("many planes are parked", "some planes near a building", "planes stand here", "an airport", "planes")


@pytest.fixture
def images(tmp_path: Path) -> list[StillImage]:
    path = tmp_path / "one.webp"
    Image.fromarray(np.random.default_rng(0).integers(0, 255, (150, 150, 3), np.uint8)).save(path)
    return [
        StillImage("Airport/airport_1", "aid", "airport", CAPTIONS, path),
        StillImage("Parking/parking_1", "aid", "parking", CAPTIONS, path),
        StillImage("parkinglot/parkinglot01", "ucm", "parking lot", (), path),
        StillImage("beach/beach01", "ucm", "beach", (), path),
    ]


def questions(image: StillImage):
    return [
        (presence.ask("planes"), True),
        (presence.ask("boats"), False),
        (comparison.ask("planes", "buildings"), True),
    ]


def figures(results):
    return {row.metric: row.value for row in images_rows(results, with_meteor=False)}


def test_an_oracle_scores_perfectly(constant, images):
    class Knows(constant):
        def answer(self, scene, question):
            image = next(i for i in images if i.id == scene.sources[0])
            assert scene.kind == "image" and scene.frames.shape == (1, 150, 150, 3)
            known = dict(questions(image))
            self.values = {question.task: known.get(question)}
            self.values |= {"scene_class": image.name, "caption": CAPTIONS[0]}
            return super().answer(scene, question)

    found = figures(run_images(Knows({}), images, PredictionLog(), questions))
    for name in ("AID scene class: top-1", "UC Merced scene class: top-1", "presence, from captions: accuracy"):
        assert found[name] == 1
    assert found["comparison, from captions: accuracy"] == 1
    assert found["BLEU-1"] == pytest.approx(1, abs=1e-6)
    assert found["presence, from captions: calibration error"] == 0


def test_a_constant_engine_scores_as_by_hand(constant, images):
    engine = constant({"scene_class": "parking lot", "presence": True, "comparison": False, "caption": "planes"}, 0.9)
    found = figures(run_images(engine, images, PredictionLog(), questions))
    assert found["AID scene class: top-1"] == 0
    assert found["AID scene class: same meaning"] == 1 / 2
    assert found["UC Merced scene class: top-1"] == 1 / 2
    assert found["presence, from captions: accuracy"] == 1 / 2
    assert found["presence, from captions: always the more frequent answer"] == 1 / 2
    assert found["comparison, from captions: accuracy"] == 0
    assert found["comparison, from captions: always the more frequent answer"] == 1
    assert found["presence, from captions: calibration error"] == pytest.approx(0.4)


def test_images_without_captions_are_asked_for_their_class_alone(constant, images):
    engine = constant({"scene_class": "beach"})
    run_images(engine, images[2:], PredictionLog(), questions)
    assert [q.task for _, q in engine.asked] == ["scene_class"] * 2
