"""The command `chronosight eval` on tiny data."""

import json

import pytest
from typer.testing import CliRunner

from chronosight.cli.main import app
from chronosight.errors import InputError
from tiny_data import write_data


def test_all_of_a_benchmark_is_printed_and_written(tmp_path, bundle_folder):
    out = tmp_path / "results.json"
    line = [
        "eval",
        "places",
        "--data",
        write_data(tmp_path / "data"),
        "--split",
        "val",
        "--limit",
        1,
        "--no-meteor",
        "--clue",
        "none",
    ]
    done = CliRunner().invoke(app, [str(word) for word in [*line, "--clue", "none", "--weights", bundle_folder, "--out", out]])
    assert done.exit_code == 0, (done.output, done.exception)
    assert "mask of building F1" in done.output and "≥ 0.87" in done.output and "guide alone: count of buildings" in done.output
    kept = json.loads(out.read_text())
    assert kept["model"]["clue"] == "none" and kept["model"]["weights_sha256"] and kept["limit"] == 1
    assert kept["reports"][0]["data_sha256"] and kept["reports"][0]["benchmark"] == "places"
    row = next(row for row in kept["reports"][0]["rows"] if row["metric"] == "mask of building F1")
    assert row["target"] == row["bar"] == "≥ 0.87"
    assert (tmp_path / "results" / "predictions.jsonl").stat().st_size > 0
    assert out.with_suffix(".cases.html").is_file() and not out.with_suffix(".tex").is_file()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["eval", "nothing"], "no benchmark"),
        (["eval", "rendered", "--split", "train"], "no split"),
        (["eval", "rendered", "--out", "results.txt"], "ends in .json"),
        (["eval", "rendered", "--clue", "loud"], "no clue form"),
        (["eval", "rendered", "--tasks", "binary"], "--tasks is for"),
        (["eval", "all"], "--data DIR"),
        (["eval", "rendered", "more"], "only chronosight eval plot takes files"),
        (["eval", "levir-cc", "--conventions", "ptb"], 'has "ptb"'),
    ],
)
def test_wrong_arguments_are_refused(arguments, message):
    done = CliRunner().invoke(app, arguments)
    assert isinstance(done.exception, InputError) and message in str(done.exception)
