"""A run that is killed goes on where it was, and its results file is the one of an undisturbed run."""

import json
import os
import random
import signal
import time

import numpy as np
import pytest

from chronosight.datasets.levir import mask_turn
from chronosight.datasets.sample import Sample, Turn
from chronosight.errors import InputError
from chronosight.evaluation.benchmarks.benchmark import Benchmark
from chronosight.evaluation.predictions import Prediction, PredictionFile, match_predictions, read_predictions
from chronosight.evaluation.run import RunSettings, results_document, run_engine
from chronosight.files import write_json
from chronosight.results.answer import Answer
from chronosight.results.evidence import Evidence
from chronosight.scenes.scene import Scene
from chronosight.tasks import binary, caption, count, location
from chronosight.tasks.clue import GuideFacts

SCENES, KILLS = 60, 20
SETTINGS = RunSettings(java=False, conventions=("word",))


class FakeEngine:
    """Answers by the number of a scene, after a millisecond."""

    def answer(self, scene, question):
        time.sleep(0.001)
        n = int(scene.sources[0])
        value = {"binary": n % 2 == 0, "count": n % 5, "location": ("top",) if n % 3 else (), "caption": f"{n} houses appear"}
        found = value[question.task]
        return Answer(str(found) if question.task != "location" else "top", question.task, found, (n % 10) / 10, True)

    def guide_facts(self, scene):
        time.sleep(0.001)
        mask = np.zeros(scene.valid.shape, np.uint8)
        mask[: int(scene.sources[0]) % 8] = 1
        nothing = np.zeros(mask.shape, np.float32)
        return Evidence(("background", "building"), mask, nothing, nothing, ()), GuideFacts()


def load(root, split, limit):
    samples = []
    for n in range(SCENES):

        def open_it(n=n):
            return Scene("pair", np.zeros((2, 8, 8, 3), np.uint8), np.ones((8, 8), bool), (str(n),))

        truth = np.zeros((8, 8), np.uint8)
        truth[: n % 7] = 1
        turns = {
            "b": Turn(binary.ask("buildings"), ("Yes" if n % 3 == 0 else "No",)),
            "n": Turn(count.ask("buildings"), (str(n % 4),)),
            "l": Turn(location.ask("buildings"), ("top",)),
            "c": Turn(caption.ask(), (f"{n} houses appear", "a road")),
            "m": mask_turn(("background", "building")),
        }
        for name, turn in turns.items():
            more = {"mask": lambda t=truth: t, "classes": ("background", "building")} if name == "m" else {"type": "buildings"}
            samples.append(
                Sample(f"s{n}/{name}", "made up", "pair", (), (turn,), scene=f"s{n}", changed=True, make_scene=open_it, **more)
            )
    return samples


BENCHMARK = Benchmark("made-up", "Made up", "here", "nothing", ("test",), load, needs_data=False)
MODEL = {"engine": "fake", "name": "fake", "weights_sha256": "0"}


def run(folder):
    outcome = run_engine(BENCHMARK, None, SETTINGS, FakeEngine(), MODEL, folder)
    write_json(folder / "results.json", results_document([outcome.report], SETTINGS, MODEL))


def test_killed_twenty_times_it_ends_as_if_undisturbed(tmp_path):
    start = time.perf_counter()
    run(tmp_path / "whole")
    whole = time.perf_counter() - start
    draw, progress, folder = random.Random(0), [], tmp_path / "killed"
    for _ in range(KILLS):
        child = os.fork()
        if child == 0:
            try:
                run(folder)
            finally:
                os._exit(0)
        time.sleep(draw.uniform(0.02, max(0.06, whole / 12)))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        log = folder / "predictions.jsonl"
        progress.append(log.read_bytes().count(b"\n") if log.is_file() else 0)
    assert progress == sorted(progress)  # nothing that was answered is lost
    assert progress[KILLS // 2] > 0
    run(folder)
    assert (folder / "results.json").read_bytes() == (tmp_path / "whole" / "results.json").read_bytes()
    ids = [json.loads(line)["id"] for line in (folder / "predictions.jsonl").read_text().splitlines()]
    assert len(ids) == len(set(ids)) == SCENES * 5  # nothing was asked twice


def test_a_line_broken_by_a_kill_is_asked_again(tmp_path):
    run(tmp_path)
    log = tmp_path / "predictions.jsonl"
    content = log.read_bytes()
    log.write_bytes(content[: len(content) - 9])
    before = (tmp_path / "results.json").read_bytes()
    run(tmp_path)
    assert (tmp_path / "results.json").read_bytes() == before
    assert log.read_bytes().count(b"\n") == SCENES * 5


def test_another_model_may_not_go_on_in_the_same_file(tmp_path):
    PredictionFile(tmp_path / "p.jsonl", {"model": "a"})
    with pytest.raises(InputError, match="started with another model"):
        PredictionFile(tmp_path / "p.jsonl", {"model": "b"})


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        (["{"], "line 1 is not JSON"),
        (['{"reply": "yes"}'], 'no text "id"'),
        (['{"id": "a"}'], 'no text "reply"'),
        (['{"id": "a", "reply": "yes", "confidence": 7}'], "from 0 to 1"),
        (['{"id": "a", "reply": "yes", "value": 0.5}'], '"value"'),
        (['{"id": "a", "reply": "yes"}', '{"id": "a", "reply": "no"}'], "line 2"),
    ],
)
def test_predictions_that_cannot_be_used_are_named_by_line(tmp_path, lines, says):
    path = tmp_path / "p.jsonl"
    path.write_text("\n".join(lines))
    with pytest.raises(InputError) as error:
        read_predictions(path)
    assert says in str(error.value) and "\n" not in str(error.value)


def test_a_missing_answer_is_not_left_out():
    items = load(None, "test", None)[:2]
    with pytest.raises(InputError, match="lacks 1 of 2 answers"):
        match_predictions(items, {items[0].id: Prediction(items[0].id, "yes")}, "file")
