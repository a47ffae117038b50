"""The QGIS plugin, packed as a zip and run by qgis_process without a window, where QGIS is installed."""

import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from large_scenes import Drawn, write_series

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"
# Debian's script of that name adds an option that the program behind it does not know.
QGIS = shutil.which("qgis_process.bin") or shutil.which("qgis_process")
pytestmark = pytest.mark.skipif(QGIS is None, reason="QGIS is not installed")


@pytest.fixture(scope="module")
def qgis(tmp_path_factory):
    """qgis_process with the plugin enabled, in a profile of its own: (*arguments) -> CompletedProcess."""
    folder = tmp_path_factory.mktemp("qgis")
    packed = folder / "plugin.zip"
    subprocess.run([sys.executable, ROOT / "integrations/qgis/package.py", packed, "--without-wheel"], check=True, timeout=60)
    with zipfile.ZipFile(packed) as file:
        file.extractall(folder / "plugins")
    command = folder / "chronosight"
    command.write_text(f'#!/bin/sh\nPYTHONPATH="{ROOT / "src"}" exec "{sys.executable}" -m chronosight "$@"\n')
    command.chmod(0o755)
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "VIRTUAL"))}
    # QGIS takes its Python from the PATH, and one of an active environment lacks QGIS's modules.
    kept["PATH"] = os.pathsep.join(part for part in kept["PATH"].split(os.pathsep) if part != os.path.dirname(sys.executable))
    environment = {
        **kept, "QT_QPA_PLATFORM": "offscreen", "QGIS_PLUGINPATH": str(folder / "plugins"), "CHRONOSIGHT_COMMAND": str(command),
        "QGIS_CUSTOM_CONFIG_PATH": str(folder / "profile"), "XDG_RUNTIME_DIR": str(folder),
    }  # fmt: skip

    def run(*arguments, **changed):
        return subprocess.run(
            [QGIS, *map(str, arguments)], capture_output=True, text=True, timeout=240, env={**environment, **changed}
        )

    enabled = run("plugins", "enable", "chronosight_qgis")
    assert enabled.returncode == 0, enabled.stdout + enabled.stderr
    return run


def results(done):
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(done.stdout)["results"]


def test_the_ids_are_permanent_and_the_help_speaks(qgis):
    listed = json.loads(qgis("--json", "list").stdout)["providers"]["chronosight"]["algorithms"]
    assert set(listed) >= {"chronosight:install", "chronosight:describechange", "chronosight:askquestion",
                           "chronosight:timeline", "chronosight:tune"}  # fmt: skip
    shown = qgis("help", "chronosight:describechange").stdout
    assert "Earlier image" in shown and "zones.csv" in shown


def test_describe_change_writes_layers_and_answers(qgis, tmp_path):
    made = results(
        qgis("--json", "run", "chronosight:describechange", "--", f"BEFORE={EXAMPLES / 'before.tif'}",
             f"AFTER={EXAMPLES / 'after.tif'}", f"OUTPUT={tmp_path / 'out'}", f"ZONES={EXAMPLES / 'zones.geojson'}",
             "QUESTIONS=How many buildings are new?")
    )  # fmt: skip
    facts = json.loads((tmp_path / "out" / "description.json").read_text())
    assert made["CAPTION"] == facts["caption"]["text"] and made["CHANGED"] == facts["changed"]["text"] == "Yes"
    assert made["BUILDINGS_APPEARED"] == next(item["appeared"] for item in facts["classes"] if item["name"] == "buildings") > 0
    assert [answer["question"] for answer in facts["answers"]] == ["How many buildings are new?"]
    for name in ("OBJECTS", "MASK", "PROBABILITY", "REPORT"):
        assert Path(made[name].split("|")[0]).is_file(), name
    assert (tmp_path / "out" / "zones.csv").is_file()


def test_timeline_follows_objects_and_takes_dates(qgis, tmp_path):
    drawn = {"a": [Drawn(20, 20, 14, 14)], "b": [Drawn(60, 60, 12, 16)], "c": [Drawn(100, 30, 16, 12)]}
    images = write_series(tmp_path / "in", 128, 160, drawn)
    given = [f"IMAGES={path}" for path in images]
    made = results(
        qgis("--json", "run", "chronosight:timeline", "--", *given, "DATES=2012, 2015-07, 2018-07-04",
             f"OUTPUT={tmp_path / 'out'}", "QUESTIONS=When was the first building built?")
    )  # fmt: skip
    facts = json.loads((tmp_path / "out" / "timeline.json").read_text())
    assert [date["date"] for date in facts["dates"]] == ["2012", "2015-07", "2018-07-04"]
    assert made["COUNT"] == len(facts["objects"]) and facts["answers"][0]["text"] in made["ANSWERS"]
    assert Path(made["OBJECTS"]).is_file() and Path(made["REPORT"]).is_file() and (tmp_path / "out" / "objects.qml").is_file()
    alone = qgis("run", "chronosight:timeline", "--", given[0], f"OUTPUT={tmp_path / 'one'}")
    assert alone.returncode != 0 and "at least two dates" in alone.stdout + alone.stderr
    undated = qgis("run", "chronosight:timeline", "--", *given, f"OUTPUT={tmp_path / 'none'}")
    assert undated.returncode != 0 and "says nowhere when it was taken" in undated.stdout + undated.stderr


def test_ask_question_gives_the_answer_of_the_command(qgis):
    question = "How many buildings are new?"
    made = results(
        qgis("--json", "run", "chronosight:askquestion", "--", f"BEFORE={EXAMPLES / 'before.tif'}",
             f"AFTER={EXAMPLES / 'after.tif'}", f"QUESTION={question}")
    )  # fmt: skip
    command = [sys.executable, "-m", "chronosight", "ask", EXAMPLES / "before.tif", EXAMPLES / "after.tif", question, "--json"]
    answer = json.loads(subprocess.run(command, capture_output=True, text=True, timeout=120).stdout)
    assert made["ANSWER"] == answer["text"] and made["CONFIDENCE"] == pytest.approx(answer["confidence"])
    assert made["CONFIDENT"] == ("yes" if answer["confident"] else "no")


def test_a_refusal_is_the_one_line_of_the_command(qgis, tmp_path):
    done = qgis("run", "chronosight:describechange", "--", f"BEFORE={EXAMPLES / 'before.tif'}", f"AFTER={EXAMPLES / 'after.tif'}",
                f"OUTPUT={tmp_path / 'out'}", "BANDS=9,9,9")  # fmt: skip
    said = done.stdout + done.stderr
    assert done.returncode != 0 and "band" in said.lower() and "Traceback" not in said
    assert not (tmp_path / "out" / "description.json").exists()


def test_without_the_command_it_says_what_to_do(qgis):
    done = qgis("run", "chronosight:askquestion", "--", f"BEFORE={EXAMPLES / 'image.png'}", "QUESTION=Is there water?",
                CHRONOSIGHT_COMMAND="", PATH="/usr/bin:/bin")  # fmt: skip
    assert done.returncode != 0 and "Install or update Chronosight" in done.stdout + done.stderr


def test_labels_are_checked_before_tuning(qgis, tmp_path):
    from own_labels import NEW, outline, write_layer, write_sites

    pairs = write_sites(tmp_path / "pairs", 5, 0)
    labels = write_layer(tmp_path / "labels.gpkg", "new", [outline(index, NEW) for index in range(5)])
    given = (f"PAIRS={pairs}", f"LABELS={labels}", f"OUTPUT={tmp_path / 'out'}")
    made = results(qgis("--json", "run", "chronosight:tune", "--", *given, "CHECK=true"))
    assert "polygons: 5 (5 new), 5 on pairs" in made["SUMMARY"] and made["WEIGHTS"] == ""
    wrong = qgis("run", "chronosight:tune", "--", given[0], f"LABELS={tmp_path / 'none.gpkg'}", given[2], "CHECK=true")
    assert wrong.returncode and "no file or folder" in wrong.stdout + wrong.stderr


def test_weights_of_ones_own_reach_the_command(qgis, tmp_path):
    both = f"BEFORE={EXAMPLES / 'before.tif'}", f"AFTER={EXAMPLES / 'after.tif'}"
    for name, given in (
        ("describechange", (*both, f"OUTPUT={tmp_path / 'out'}")),
        ("askquestion", (*both, "QUESTION=Has anything changed?")),
        ("timeline", (f"IMAGES={EXAMPLES / 'before.tif'}", f"IMAGES={EXAMPLES / 'after.tif'}", f"OUTPUT={tmp_path / 'out'}")),
    ):
        done = qgis("run", f"chronosight:{name}", "--", *given, f"WEIGHTS={tmp_path}")
        assert done.returncode and f"weights folder {tmp_path} has no config.json" in done.stdout + done.stderr, name
