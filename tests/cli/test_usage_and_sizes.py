"""What is missing or contradictory on a command line, said in one line; and ground sizes that a user states."""

import json
import sys

import pytest
from PIL import Image

import chronosight
from bad_inputs import write_tiff
from chronosight.cli import main as cli
from chronosight.errors import InputError
from chronosight.results.wording import percent
from scene_grounds import ground
from small_scenes import ground as two_dates

MISSING = {
    ("describe",): "describe compares two images of a place, but none was given",
    ("describe", "one.png"): "only one.png was given, expected two dates of a place: give the later image too",
    ("ask",): "and then a question",
    ("chat",): "chat needs an image",
    ("train",): "RECIPE is missing",
    ("export",): "--out is missing",
    ("eval",): "BENCHMARK is missing",
    ("convert",): "is missing",
    ("data", "check"): "is missing",
    ("describe", "a.png", "b.png", "c.png"): "3 images were given",
    ("describe", "--nope", "a.png", "b.png"): "no such option",
    ("ask", "a.png", "q", "--frames", "many"): "invalid value for '--frames'",
}


@pytest.mark.parametrize("as_json", [False, True])
@pytest.mark.parametrize("arguments", MISSING)
def test_a_usage_error_is_one_line(arguments, as_json, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["chronosight", *arguments, *["--json"] * (as_json and arguments[0] in ("describe", "ask"))])
    with pytest.raises(SystemExit) as done:
        cli.main()
    out, err = capsys.readouterr()
    assert done.value.code == 2
    line = json.loads(out)["error"] if "--json" in sys.argv else err.removeprefix("error: ")
    assert MISSING[arguments] in line and line.strip().count("\n") == 0
    assert (err if "--json" in sys.argv else out) == ""


def test_an_empty_question_is_called_empty(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["chronosight", "ask", "a.png", ""])
    with pytest.raises(SystemExit):
        cli.main()
    assert capsys.readouterr().err == "error: the question is empty; expected it after the files\n"


def test_an_optional_part_is_installed_from_the_checkout():
    from chronosight.errors import install_hint

    assert install_hint("models").startswith("pip install -e ") and install_hint("models").endswith('[models]"')


def test_a_group_without_a_command_shows_its_help(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["chronosight", "data"])
    with pytest.raises(SystemExit) as done:
        cli.main()
    said = "".join(capsys.readouterr())
    assert done.value.code in (0, 2) and "chronosight data [OPTIONS] COMMAND" in said


@pytest.fixture
def plain(tmp_path):
    """Two plain images with one new house of 20 x 28 pixels."""
    frames = two_dates(96, 120)
    frames[1, 10:30, 12:40] = 220
    paths = [tmp_path / "before.png", tmp_path / "after.png"]
    for path, frame in zip(paths, frames, strict=True):
        Image.fromarray(frame).save(path)
    return [str(path) for path in paths]


def test_areas_are_square_metres_where_the_ground_size_is_stated(plain, bundle_folder, tmp_path):
    engine = chronosight.load(weights=bundle_folder)
    pixels = chronosight.describe(*plain, engine=engine)
    metres = chronosight.describe(*plain, engine=engine, metres_per_pixel=1.1, out=tmp_path / "out")
    (unknown,), (known,) = pixels.objects, metres.objects
    assert unknown.area_m2 is None and known.area_m2 == pytest.approx(known.area_px * 1.1**2)
    facts = json.loads((tmp_path / "out" / "description.json").read_text())
    assert facts["area_unit"] == "m2" and facts["scene"]["metres_per_pixel"] == 1.1
    answer = chronosight.ask(plain, "What is the total area of new buildings?", engine=engine, metres_per_pixel=1.1)
    assert answer.unit == "m2" and answer.value == pytest.approx(known.area_m2, abs=0.5)
    assert chronosight.ask(plain, "What is the total area of new buildings?", engine=engine).unit == "px"
    with pytest.raises(InputError, match="leave --metres-per-pixel out"):
        chronosight.ask(tmp_path / "out", "How many buildings are new?", engine=engine, metres_per_pixel=1.1)


@pytest.mark.parametrize("size", [0, -1.0, float("nan"), float("inf"), 1e9, "1", True])
def test_no_ground_size_that_no_image_has(size, plain):
    with pytest.raises(InputError, match=r"expected a number from 0\.01 to 1000"):
        chronosight.open(plain[0], metres_per_pixel=size)


def test_a_stated_size_does_not_overrule_a_georeference(tmp_path):
    path = write_tiff(tmp_path / "a.tif", ground())
    assert chronosight.open(path, metres_per_pixel=1.0).metres_per_pixel == pytest.approx(1.0, rel=0.01)
    with pytest.raises(InputError, match="georeference with pixels of 1 m, but 3 metres"):
        chronosight.open(path, metres_per_pixel=3.0)


def test_a_stated_size_that_is_far_too_coarse_is_refused_or_doubted(plain):
    with pytest.raises(InputError, match="pixels of 10 m"):
        chronosight.open(*plain, metres_per_pixel=10)
    assert any("coarser" in doubt for doubt in chronosight.open(*plain, metres_per_pixel=10, force=True).doubts)
    assert chronosight.open(plain[0], metres_per_pixel=10).metres_per_pixel == 10


def test_no_confidence_is_certainty():
    assert percent(1.0) == percent(0.9951) == "over 99 %" and percent(0.994) == "99 %" and percent(0.0) == "0 %"


def test_answers_never_print_certainty(capsys):
    from chronosight.cli.output import print_answer
    from chronosight.results.answer import Answer

    print_answer("?", Answer("Yes", "presence", True, 0.998, True), False, False)
    assert "over 99 % confident" in capsys.readouterr().out
