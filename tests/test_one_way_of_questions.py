"""A question gets the same answer from the command line, from Python and in a conversation; limits hold everywhere."""

import json

import pytest
from typer.testing import CliRunner

import chronosight
from chronosight import pipeline
from chronosight.cli.main import app
from chronosight.errors import InputError
from chronosight.scenes.large import choose
from large_scenes import Drawn, write_pair

QUESTIONS = [
    "What is the total area of new buildings?",
    "What share of the new buildings is in the north?",
    "What percentage of the scene changed?",
    "How many new buildings per hectare?",
    "How many new buildings are larger than 500 m2?",
    "Which are the two largest new buildings?",
    "Compare the new buildings in the north with the south",
    "Which half gained the most buildings?",
    "Which quarter lost the most buildings?",
    "Wie viele neue Gebäude gibt es?",
    "¿Cuántos edificios nuevos hay?",
]
DRAWN = [
    Drawn(20, 20, 40, 30), Drawn(100, 30, 20, 20), Drawn(30, 180, 12, 12), Drawn(180, 190, 30, 20, new=False),
    Drawn(20, 120, 90, 6, "road"), Drawn(116, 120, 100, 6, "road"), Drawn(200, 60, 8, 8, "road"),
]  # fmt: skip


@pytest.fixture(scope="module")
def pair(tmp_path_factory):
    return write_pair(tmp_path_factory.mktemp("pair"), 240, 240, DRAWN)


@pytest.fixture(scope="module")
def weights(bundle_folder, tmp_path_factory):
    """The tiny weights, with a smallest road and calibrated counts."""
    import shutil

    folder = tmp_path_factory.mktemp("calibrated") / "weights"
    shutil.copytree(bundle_folder, folder)
    config = json.loads((folder / "config.json").read_text())
    exact = {"a": 0.3, "number": -0.4, "b": 0.1, "none": 0.5, "b_none": 3.0, "mean": 1.0, "low": -1.4, "high": 3.0,
             "spread": 0.05, "most": 2.0}  # fmt: skip
    config |= {"calibration": {"mask": {"min_road": 100.0}, "count_objects": exact}, "from_objects": ["count", "location"]}
    (folder / "config.json").write_text(json.dumps(config))
    return folder


@pytest.fixture(scope="module")
def engine(weights):
    return chronosight.load(weights=weights, threads=1)


@pytest.fixture(scope="module")
def conversation(pair, engine):
    return pipeline.open_conversation(pair, engine)


@pytest.fixture(scope="module")
def described(pair, engine):
    """The answers of one description with all questions."""
    return dict(zip(QUESTIONS, chronosight.describe(*pair, questions=QUESTIONS, engine=engine).answers, strict=True))


def run(*arguments):
    return CliRunner().invoke(app, [*map(str, arguments)])


def asked(*arguments):
    result = run("ask", *arguments, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout.splitlines()[-1])


@pytest.mark.parametrize("question", QUESTIONS)
def test_command_line_python_and_conversation_agree(engine, weights, pair, conversation, described, question):
    typed = asked(*pair, question, "--weights", weights)
    python = chronosight.ask(pair, question, engine=engine).to_dict()
    chatted = conversation.ask(question).to_dict()
    assert {**typed, "question": None} == {**python, "question": None} == {**chatted, "question": None}
    assert described[question][1].to_dict() == python
    german_or_spanish = question in QUESTIONS[-2:]
    assert (python["task"] == "open") is german_or_spanish
    if german_or_spanish:
        assert ("German" if question == QUESTIONS[-2] else "Spanish") in python["text"]


def test_roads_are_reported_as_wholes_whatever_the_size(engine, pair, monkeypatch):
    small = chronosight.describe(*pair, engine=engine)
    monkeypatch.setattr(choose, "LARGE_PIXELS", 1000)
    large = chronosight.describe(*pair, engine=engine)
    for found in (small, large):
        (road,) = [item for item in found.objects if item.class_name == "road"]
        assert road.area_px == 90 * 6 + 100 * 6 and road.places == ("left", "center", "right")
    assert (small.evidence.codes() == 1).sum() == 190 * 6, "the speck has left the map too"
    assert [item.area_px for item in small.objects] == [item.area_px for item in large.objects]
    assert chronosight.ask(pair, "How many roads were built?", engine=engine).value == 1
    assert chronosight.ask(pair, "Where were roads built?", engine=engine).value == ("left", "center", "right")


@pytest.mark.parametrize("whole_scene", [False, True])
def test_limits_hold_in_every_answer_and_file(engine, weights, pair, tmp_path, monkeypatch, whole_scene):
    if whole_scene:
        monkeypatch.setattr(choose, "LARGE_PIXELS", 1000)
    out = tmp_path / "out"
    done = run("describe", *pair, "--out", out, "--min-area", 300, "--ask", "How many buildings changed?", "--weights", weights)
    assert done.exit_code == 0, done.output
    facts = json.loads((out / "description.json").read_text())
    assert sorted(item["class"] for item in facts["objects"]) == ["building"] * 3 + ["road"]
    assert facts["answers"][0]["value"] == 3
    buildings = next(one for one in facts["classes"] if one["name"] == "buildings")
    assert (buildings["appeared"], buildings["vanished"]) == (2, 1)
    python = chronosight.describe(*pair, min_area=300, engine=engine)
    assert len(python.objects) == 4
    assert asked(*pair, "How many buildings changed?", "--min-area", 300, "--weights", weights)["value"] == 3
    assert chronosight.ask(pair, "How many buildings changed?", min_area=700, engine=engine).value == 1
    assert asked(out, "How many buildings changed?", "--min-area", 700)["value"] == 1
    certain = sum(item.confidence == 1 for item in python.objects if item.class_name == "building")  # whole scenes keep 16 bits
    assert chronosight.ask(pair, "How many buildings changed?", min_area=300, min_confidence=1, engine=engine).value == certain
    import rasterio

    with rasterio.open(out / "mask.tif") as file:
        codes = file.read(1)
    assert codes[30:50, 100:120].any() and not codes[180:192, 30:42].any(), "what is left out has left the map"


FOLLOWED = ["How many new buildings are there?", "And roads?", "Where?", "Which is the largest new building?", "How large is it?",
            "What share of the ground changed?", "What is the longest new road?"]  # fmt: skip


@pytest.fixture(scope="module")
def results(pair, weights, tmp_path_factory):
    folder = tmp_path_factory.mktemp("results") / "out"
    assert run("describe", *pair, "--out", folder, "--weights", weights).exit_code == 0
    return folder


def test_a_result_folder_is_chatted_with_as_its_images_are(pair, engine, results):
    of_folder = pipeline.open_conversation([results], engine)
    of_images = pipeline.open_conversation(pair, engine)
    for question in FOLLOWED:
        one, other = of_folder.ask(question), of_images.ask(question)  # a model counts in fewer words than the objects
        facts = [(answer.task, answer.value, answer.confident, answer.unit) for answer in (one, other)]
        assert facts[0] == facts[1] and one.confidence == pytest.approx(other.confidence, abs=1e-3), question
    typed = CliRunner().invoke(app, ["chat", str(results), "--json"], input="\n".join(FOLLOWED))
    lines = [json.loads(line) for line in typed.stdout.splitlines()]
    assert [line["text"] for line in lines] == [answer.text for _, answer in of_folder.history]


def test_other_results_are_refused_with_what_works_instead(results, tmp_path):
    (tmp_path / "batch").mkdir()
    (tmp_path / "batch" / "batch.json").write_text("{}")
    (tmp_path / "timeline").mkdir()
    (tmp_path / "timeline" / "timeline.json").write_text("{}")
    for given, said in (
        ([tmp_path / "batch"], "give the two images of one of its pairs, or use chronosight batch --ask"),
        ([tmp_path / "timeline"], "use chronosight timeline with its images and --ask"),
        ([results.parent], f"expected one of them, such as {results}"),
        ([results, results], "ask about one at a time"),
        ([results / "report.html"], f"the folder of the results: {results}"),
    ):
        for command in (["ask", *map(str, given), "How many new buildings?"], ["chat", *map(str, given)]):
            done = CliRunner().invoke(app, command, input="How many new buildings?")
            assert isinstance(done.exception, InputError) and said in str(done.exception), command
    for command in (["describe"], ["timeline"]):
        done = CliRunner().invoke(app, [*command, str(results)])
        assert "use chronosight ask or chat" in str(done.exception)
    for option in (("--metres-per-pixel", "1"), ("--classes", "buildings")):
        done = CliRunner().invoke(app, ["chat", str(results), *option], input="How many new buildings?")
        assert f"leave {option[0]} out" in str(done.exception)


def test_limits_go_with_two_dates(engine, pair):
    with pytest.raises(InputError, match="two dates"):
        chronosight.ask(pair[0], "What is this?", min_area=10, engine=engine)
    with pytest.raises(InputError, match="--at"):
        chronosight.ask(pair, "How many?", min_area=10, at=(11.0, 48.0), engine=engine)
    with pytest.raises(InputError, match="expected 0 to 1"):
        chronosight.describe(*pair, min_confidence=2, engine=engine)


def test_an_interval_survives_writing_and_reading(engine, pair, tmp_path):
    from chronosight.reports.read import read_description

    out = tmp_path / "out"
    found = chronosight.describe(*pair, out=out, questions=["How many buildings changed?"], engine=engine)
    again = read_description(out)
    assert found.classes[0].interval == again.classes[0].interval is not None
    assert found.answers[0][1].interval == again.answers[0][1].interval == found.classes[0].interval
    low, high = found.classes[0].interval
    assert low < 4 < high and f"(about {low} to {high})" in (out / "report.html").read_text().replace("&nbsp;", " ")
    of_folder = asked(out, "How many buildings changed?")
    assert of_folder["interval"] == [low, high]
    road = next(item for item in again.objects if item.class_name == "road")
    assert road.places == ("left", "center", "right")
