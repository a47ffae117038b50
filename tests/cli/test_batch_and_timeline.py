"""`batch` and `timeline` as a user types them: options reach the package, exit codes and JSON are what the docs say."""

import json
import sys

import numpy as np
import pytest

from bad_inputs import texture, write_png
from chronosight.cli import main as cli


@pytest.fixture
def run(monkeypatch, capsys, bundle_folder):
    """run("batch", ...) -> (exit code, stdout, stderr)."""

    def call(*arguments):
        monkeypatch.setattr(sys, "argv", ["chronosight", *map(str, arguments), "--weights", str(bundle_folder)])
        with pytest.raises(SystemExit) as done:
            cli.main()
        out, err = capsys.readouterr()
        return done.value.code or 0, out, err

    return call


@pytest.fixture
def images(tmp_path):
    """Three dates of one place; a white block is there from the second on."""
    ground = texture(96, 96) // 2
    built = ground.copy()
    built[20:44, 30:60] = 255
    pixels = {"p_2012.png": ground, "p_2015.png": built, "p_2018.png": built}
    return [write_png(tmp_path / name, np.ascontiguousarray(one)) for name, one in pixels.items()]


def test_batch_by_a_manifest(run, images, tmp_path):
    (tmp_path / "m.csv").write_text("id,before,after\none,p_2012.png,p_2015.png\nbad,absent.png,p_2015.png\n")
    options = ("--out", tmp_path / "out", "--ask", "How many buildings are new?", "--metres-per-pixel", "0.5", "--json")
    code, out, _ = run("batch", tmp_path / "m.csv", *options)
    facts = json.loads(out)
    assert code == 1 and (facts["done"], facts["failed"], facts["fresh"]) == (2, 1, 2)
    one, bad = (json.loads(line) for line in (tmp_path / "out" / "results.jsonl").read_text().splitlines())
    assert one["area_unit"] == "m2" and one["metres_per_pixel"] == 0.5 and one["answers"][0]["value"] == one["objects"] == 1
    assert "absent.png does not exist" in bad["error"]
    code, out, _ = run("batch", tmp_path / "m.csv", *options)
    assert json.loads(out)["fresh"] == 1, "the failed pair alone is tried again"
    code, _, err = run("batch", tmp_path / "m.csv", *options[:-2], "0.25")
    assert code == 2 and "metres_per_pixel was 0.5, now 0.25" in err


def test_a_timeline_of_plain_images(run, images):
    question = "When was the first building built?"
    code, out, err = run("timeline", *images, "--metres-per-pixel", "0.5", "--ask", question, "--json")
    facts = json.loads(out)
    assert code == 0 and err == "" and facts["area_unit"] == "m2" and facts["metres_per_pixel"] == 0.5
    assert [one["first_seen"] for one in facts["objects"]] == ["2015"] and facts["answers"][0]["value"] == ["2012", "2015"]
    pixels = json.loads(run("timeline", *images, "--json")[1])
    assert pixels["area_unit"] == "px"
    assert facts["table"][2]["appeared_area"] == pytest.approx(pixels["table"][2]["appeared_area"] / 4)
    assert run("timeline", *images, "--bands", "1,2")[0] == 2
