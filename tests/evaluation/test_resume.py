"""A run that is killed goes on where it was, and its results file is the one of an undisturbed run."""

import json
import os
import random
import signal
import time

import numpy as np
import pytest

from chronosight.errors import InputError
from chronosight.evaluation.benchmark_run import RunSettings, run_engine
from chronosight.evaluation.benchmarks.benchmark import Benchmark, Loaded
from chronosight.evaluation.item import Item, Reply, Sight
from chronosight.evaluation.replies import ReplyFile, match_replies, read_replies
from chronosight.evaluation.run import write_json
from chronosight.results.answer import Answer
from chronosight.results.evidence import Evidence
from chronosight.scenes.scene import Scene
from chronosight.tasks import binary, caption, count, location
from chronosight.tasks.clue import GuideFacts

SCENES, KILLS = 60, 20
SETTINGS = RunSettings(jar=False, conventions=("word",))


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


def load(root, split):
    items = []
    for n in range(SCENES):

        def open_it(n=n):
            return Scene("pair", np.zeros((2, 8, 8, 3), np.uint8), np.ones((8, 8), bool), (str(n),))

        sight, name = Sight(f"s{n}", "pair", open_it), f"s{n}"
        truth = np.zeros((8, 8), np.uint8)
        truth[: n % 7] = 1
        items += [
            Item(f"{name}/b", sight, "binary", "?", n % 3 == 0, name, binary.ask("buildings"), "buildings"),
            Item(f"{name}/n", sight, "count", "?", n % 4, name, count.ask("buildings"), "buildings"),
            Item(f"{name}/l", sight, "location", "?", ("top",), name, location.ask("buildings"), "buildings"),
            Item(f"{name}/c", sight, "caption", "?", (f"{n} houses appear", "a road"), name, caption.ask(), changed=True),
            Item(f"{name}/m", sight, "mask", "?", None, name, mask=lambda t=truth: t, classes=("background", "building")),
        ]  # fmt: skip
    return Loaded(items)


BENCHMARK = Benchmark("made-up", "Made up", "here", "nothing", ("test",), load, needs_data=False)
MODEL = {"engine": "fake", "name": "fake", "weights_sha256": "0"}


def run(folder):
    outcome = run_engine(BENCHMARK, None, SETTINGS, FakeEngine(), MODEL, folder)
    write_json(outcome.document, folder / "results.json")


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
    ReplyFile(tmp_path / "p.jsonl", {"model": "a"})
    with pytest.raises(InputError, match="begun with another model"):
        ReplyFile(tmp_path / "p.jsonl", {"model": "b"})


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
        read_replies(path)
    assert says in str(error.value) and "\n" not in str(error.value)


def test_a_missing_answer_is_not_left_out():
    items = load(None, "test").items[:2]
    with pytest.raises(InputError, match="lacks 1 of 2 answers"):
        match_replies(items, {items[0].id: Reply(items[0].id, "yes")}, "file")
