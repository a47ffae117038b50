"""The commands that make weights: what they ask for, and what they say when it is not there."""

import importlib.util
import json
import shutil
import sys

import pytest

from chronosight.cli import main as cli
from chronosight.cli.options import need_extra
from chronosight.errors import InputError
from tiny_data import write_data


@pytest.fixture
def run(monkeypatch, capsys):
    """run("train", ...) -> (exit code, stdout, stderr)."""

    def call(*arguments):
        monkeypatch.setattr(sys, "argv", ["chronosight", *map(str, arguments)])
        with pytest.raises(SystemExit) as done:
            cli.main()
        out, err = capsys.readouterr()
        return done.value.code or 0, out, err

    return call


def failed_in_one_line(result, words):
    code, out, err = result
    return code == 2 and out == "" and len(err.strip().splitlines()) == 1 and words in err


def test_a_missing_extra_is_named(monkeypatch, run, tmp_path):
    found = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "torch" else found(name))
    with pytest.raises(InputError, match=r"needs torch; install with: pip install -e .*\[train\]"):
        need_extra("train", "torch", "numpy")
    for command in (("train", "a.yaml", "--data", tmp_path), ("export", "--guide", tmp_path, "--unirs", tmp_path)):
        assert failed_in_one_line(run(*command, "--out", tmp_path / "out"), "[train]")


def test_train_needs_data_and_a_recipe(run, tmp_path):
    data = write_data(tmp_path / "data")
    (tmp_path / "wrong.yaml").write_text("unirs: {stepps: 3}")
    (tmp_path / "right.yaml").write_text("vocabulary: 600")
    out = ("--out", tmp_path / "out")
    assert failed_in_one_line(run("train", tmp_path / "right.yaml", "--data", tmp_path, *out), "has no folder pairs/")
    other = run("train", tmp_path / "right.yaml", "--data", data, "--model", tmp_path, *out)
    assert failed_in_one_line(other, "takes no --model")
    assert failed_in_one_line(run("train", "no.yaml", "--data", data, *out), "no recipe no.yaml")
    assert failed_in_one_line(run("train", tmp_path / "wrong.yaml", "--data", data, *out), "unknown stepps")
    assert not (tmp_path / "out").exists()


def test_train_says_how_to_go_on_after_ctrl_c(run, tmp_path, monkeypatch):
    from chronosight.training.compact import train as compact

    def stopped(recipe, data, out, say):
        say("vision tower")
        raise KeyboardInterrupt

    monkeypatch.setattr(compact, "train_compact", stopped)
    (tmp_path / "r.yaml").write_text("vocabulary: 600")
    data = write_data(tmp_path / "data")
    code, _, err = run("train", tmp_path / "r.yaml", "--data", data, "--out", tmp_path / "out")
    assert code == 130 and "vision tower" in err and "resumes from them" in err


def test_export_wants_models(run, tmp_path):
    result = run("export", "--guide", tmp_path, "--unirs", tmp_path, "--out", tmp_path / "out")
    assert failed_in_one_line(result, "no model in")


def test_calibrate_wants_val_places(run, tmp_path, bundle_folder):
    assert failed_in_one_line(run("calibrate", "--data", tmp_path, "--weights", bundle_folder), "pairs/val.jsonl")


def test_calibrate_then_card(run, tmp_path, bundle_folder):
    weights = shutil.copytree(bundle_folder, tmp_path / "weights")
    data = write_data(tmp_path / "data")
    code, out, err = run("calibrate", "--data", data, "--weights", weights, "--rendered", 0, "--quiet")
    assert code == 0 and "mask" in out and "Traceback" not in err
    assert json.loads((weights / "config.json").read_text())["calibration"]["mask"]["threshold"] > 0
    code, out, _ = run("card", "--weights", weights)
    assert code == 0 and "research use only" in (weights / "MODEL_CARD.md").read_text()
    assert failed_in_one_line(run("card", "--weights", tmp_path), "config.json")
