"""`chronosight data` as a user types it."""

from __future__ import annotations

import json
import sys

import pytest

from chronosight.cli import main as cli
from levir_captions import BUILDING, PAIRS, write_levir_captions

AGREEING = {name: files for name, files in PAIRS.items() if not name.startswith("test")}


@pytest.fixture
def run(monkeypatch, capsys):
    """run("data", ...) -> (exit code, stdout, stderr)."""

    def call(*arguments):
        monkeypatch.setattr(sys, "argv", ["chronosight", *map(str, arguments)])
        with pytest.raises(SystemExit) as done:
            cli.main()
        out, err = capsys.readouterr()
        return done.value.code or 0, out, err

    return call


def test_a_set_is_built_and_found_to_be_sound(run, tmp_path):
    source = write_levir_captions(tmp_path / "levir", AGREEING)
    code, out, _ = run("data", "build", "changeimti", source, "--out", tmp_path / "set")
    assert code == 0 and "train: 37 records of 7 kinds" in out
    code, out, _ = run("data", "check", tmp_path / "set", "--source", source)
    assert (code, out) == (0, "59 records, 0 of them with faults\n")


def test_faults_are_lines_and_exit_code_1(run, tmp_path):
    source = write_levir_captions(tmp_path / "levir")
    assert run("data", "build", "changeimti", source, "--out", tmp_path / "set", "--as-published", "--quiet")[:2] == (0, "")
    code, out, _ = run("data", "check", tmp_path / "set" / "train_task_data")
    assert code == 1
    assert "mul.json record 6: asks-again: round 3: asks about roads again and never about buildings" in out
    assert out.endswith("7 x asks-again\n59 records, 7 of them with faults\n")
    code, out, _ = run("data", "check", tmp_path / "set", "--json")
    faults = [json.loads(line) for line in out.splitlines()]
    assert code == 1 and {"file", "record", "id", "kind", "message"} == set(faults[0])
    assert run("data", "check", tmp_path / "set", "--quiet")[1].count("\n") < 6


@pytest.mark.parametrize(
    "arguments",
    [
        ("--direction",),
        ("--leak",),
        ("--as-published", "--vary"),
        ("--classes", "roads"),
        ("--masks", "none"),
        ("--captions", "none"),
    ],
    ids=" ".join,
)
def test_what_cannot_be_built_is_one_line(run, tmp_path, arguments):
    source = write_levir_captions(tmp_path / "levir")
    code, out, err = run("data", "build", "changeimti", source, "--out", tmp_path / "set", *arguments)
    assert code == 2 and out == "" and err.startswith("error: ") and err.count("\n") == 1
    assert not (tmp_path / "set").exists()


def test_a_file_that_is_not_there_is_one_line(run, tmp_path):
    code, out, err = run("data", "check", tmp_path / "none.json")
    assert code == 2 and out == "" and err.count("\n") == 1


def test_a_built_set_has_no_faults_and_says_so_in_json(run, tmp_path):
    """Pairs that are listed twice and empty captions do not reach the set; a byte order mark does no harm."""
    pairs = {"train_000001": (True, [(BUILDING, "center")]), "test_000001": (False, [])}
    source = write_levir_captions(tmp_path / "levir", pairs)
    file = source / "LevirCCcaptions.json"
    rows = json.loads(file.read_text())["images"]
    rows[0]["sentences"][1] = {"raw": " .", "tokens": []}
    file.write_text("\ufeff" + json.dumps({"images": [*rows, *rows]}), encoding="utf-8")
    assert run("data", "build", "changeimti", source, "--out", tmp_path / "set", "--quiet")[0] == 0
    records = json.loads((tmp_path / "set" / "train" / "caption.json").read_text())
    assert len(records) == 4 and all(record["conversations"][1]["value"] for record in records)
    assert run("data", "check", tmp_path / "set", "--source", source, "--json") == (0, "[]\n", "")
