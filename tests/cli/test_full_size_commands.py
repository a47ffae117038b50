"""Commands of the full-size engine as a user types them, on tiny weights and fakes of the published sets."""

from __future__ import annotations

import json
import sys

import numpy as np
import pytest
import yaml
from PIL import Image

from chronosight.cli import main as cli
from chronosight.cli.engine_options import parse_setting
from chronosight.errors import InputError
from published_data import write_era, write_levir_cc
from vila_folder import write_folder


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    root = tmp_path_factory.mktemp("commands")
    write_folder(root / "vila", "vila")
    write_levir_cc(root / "data" / "Levir-CC-dataset")
    write_era(root / "data" / "ERA_Dataset")
    for name in ("a", "b"):
        pixels = np.random.default_rng(ord(name)).integers(0, 256, (60, 60, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(root / f"{name}.png")
    return root


@pytest.fixture
def run(monkeypatch, capsys):
    def call(*arguments):
        monkeypatch.setattr(sys, "argv", ["chronosight", *map(str, arguments)])
        with pytest.raises(SystemExit) as done:
            cli.main()
        out, err = capsys.readouterr()
        return done.value.code or 0, out, err

    return call


def test_from_a_published_folder_to_answers_and_a_tuned_model(run, root):
    weights, data, baked = root / "weights", root / "data", root / "data" / "levir.clues.jsonl"
    code, out, _ = run("convert", "vila", root / "vila", weights)
    assert code == 0 and "80 tensors taken over" in out and "pooling head" in out and "change.column.weight" in out
    code, out, _ = run("ask", root / "a.png", "Why is it so green?", "--engine", "unirs", "--weights", weights, "--json")
    assert code == 0 and json.loads(out)["task"] == "vqa"
    code, out, _ = run("ask", root / "a.png", root / "b.png", "What has changed?", "--engine", "unirs", "--weights", weights,
                       "--set", "precision=int8", "--set", "device=cpu", "--no-register", "--json")  # fmt: skip
    assert code == 0 and json.loads(out)["task"] == "caption"
    examples = root / "levir.jsonl"
    assert run("data", "examples", "levir_cc", data / "Levir-CC-dataset", examples)[1].startswith("2 samples")
    command = ("data", "clue", examples, baked, "--data", data / "Levir-CC-dataset", "--weights", weights)
    assert "2 scenes were new" in run(*command)[1]
    assert "0 scenes were new" in run(*command)[1]
    assert all(json.loads(line)["clue"] for line in baked.read_text().splitlines())
    sources = [{"name": "levir_cc", "folder": "Levir-CC-dataset", "file": baked.name, "repeat": 5}]
    sources.append({"name": "era", "folder": "ERA_Dataset", "repeat": 3})
    recipe = {
        "kind": "unirs",
        "weights": str(weights),
        "sources": sources,
        "steps": 2,
        "batch": 2,
        "accumulation": 1,
        "workers": 0,
    }
    (root / "r.yaml").write_text(yaml.safe_dump(recipe))
    code, out, err = run("train", root / "r.yaml", "--data", data, "--out", root / "run")
    assert code == 0 and "language_model" in err and "16 an epoch" not in err and "final" in out
    code, out, _ = run("ask", root / "a.png", "Why?", "--engine", "unirs", "--weights", root / "run" / "final", "--quiet")
    assert code == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("convert", "unirs", "nowhere", "y"), "no folder nowhere"),
        (("ask", "a.png", "What?", "--engine", "unirs"), "ships no weights"),
        (("ask", "a.png", "What?", "--engine", "unirs", "--weights", "x", "--set", "fetch"), "expected NAME=VALUE"),
        (("ask", "a.png", "What?", "--set", "precision=int8"), "compact has no option precision"),
        (("data", "examples", "era", "nowhere", "e.jsonl"), "no folder nowhere"),
        (("data", "clue", "none.jsonl", "o.jsonl", "--data", "."), "no file none.jsonl"),
    ],
)
def test_mistakes_are_reported_in_one_line(run, arguments, message, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Image.fromarray(np.zeros((20, 20, 3), np.uint8)).save("a.png")
    code, out, err = run(*arguments)
    assert code == 2 and out == "" and len(err.strip().splitlines()) == 1 and message in err


def test_a_wrong_family_names_the_families(run):
    code, out, err = run("convert", "llava", "x", "y")
    assert code == 2 and out == "" and "'vila'" in err and "'unirs'" in err


def test_settings_become_what_they_are():
    given = ("batch=4", "temperature=0.2", "fetch=yes", "device=cuda:0")
    assert [parse_setting(text)[1] for text in given] == [4, 0.2, True, "cuda:0"]
    with pytest.raises(InputError, match="NAME=VALUE"):
        parse_setting("batch")
