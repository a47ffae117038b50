"""The commands with --engine changevg, on a tiny random Qwen2.5-VL."""

import io
import json
import sys

import pytest
from PIL import Image

from chronosight.cli import main as cli
from small_scenes import ground


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("images")
    frames = ground(84, 112)
    frames[1, 10:30, 12:40] = 220
    for name, frame in zip(("before.png", "after.png"), frames, strict=True):
        Image.fromarray(frame).save(folder / name)
    return [str(folder / "before.png"), str(folder / "after.png")]


@pytest.fixture
def run(monkeypatch, capsys, qwen_folder, bundle_folder):
    def call(*arguments, stdin=""):
        extra = ["--engine", "changevg", "--weights", str(qwen_folder), "--guide", str(bundle_folder)]
        monkeypatch.setattr(sys, "argv", ["chronosight", *arguments, *extra])
        monkeypatch.setattr(sys, "stdin", io.StringIO(stdin))
        with pytest.raises(SystemExit) as done:
            cli.main()
        out, err = capsys.readouterr()
        return done.value.code or 0, out, err

    return call


def test_describe_writes_a_report(run, files, tmp_path):
    code, out, err = run("describe", *files, "--json", "--out", str(tmp_path / "out"), "--guide-form", "detail")
    assert code == 0, (out, err)
    described = json.loads(out)
    assert described["model"]["engine"] == "changevg" and described["model"]["guide_form"] == "detail"
    assert (tmp_path / "out" / "report.html").is_file() and (tmp_path / "out" / "mask.png").is_file()


def test_ask_prints_its_confidence_and_both_sides_of_a_disagreement(run, files):
    code, out, _ = run("ask", *files, "How many buildings have been changed?", "--json")
    answer = json.loads(out)
    assert code == 0 and answer["task"] == "count" and 0 <= answer["confidence"] <= 1
    code, out, err = run("ask", *files, "What colour are the roofs?")
    assert code == 0 and "note: an open question" in out and "confidence" not in out and err == ""


def test_chat_answers_every_line(run, files):
    code, out, _ = run("chat", *files, "--json", stdin="How many roads have changed?\nAnd the buildings?\n:quit\n")
    tasks = [json.loads(line)["task"] for line in out.splitlines()]
    assert code == 0 and tasks == ["count", "count"]


def test_options_of_this_engine_are_refused_by_the_other(monkeypatch, capsys, files):
    monkeypatch.setattr(sys, "argv", ["chronosight", "ask", *files, "How many roads changed?", "--precision", "bf16"])
    with pytest.raises(SystemExit) as done:
        cli.main()
    assert done.value.code == 2 and "precision" in capsys.readouterr().err
