import importlib.util
import json
import shutil
import sys
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from chronosight.cli import eval as command
from chronosight.cli.main import app
from chronosight.errors import InputError
from chronosight.evaluation import published_results
from chronosight.evaluation.benchmarks import CHOOSING, OWN, PUBLISHED, find_benchmark
from chronosight.evaluation.benchmarks.benchmark import first_scenes, hash_samples
from chronosight.evaluation.run import RunSettings, score_file
from tiny_benchmarks import CHANGED, UNCHANGED, write_levir, write_levir_cd, write_questions

INTEGRATIONS = Path(__file__).parents[2] / "integrations"


@pytest.fixture
def levir(tmp_path):
    return write_levir(tmp_path / "levir")


def perfect(items, path, **other):
    """A predictions file that says the truth, or for a task named in `other` something else."""
    lines = []
    for item in items:
        row = {"id": item.id, "reply": "", "confidence": 0.9}
        if item.scored_as == "mask":
            Image.fromarray(item.mask()).save(path.parent / f"{item.id.replace('/', '_')}.png")
            row["mask"] = f"{item.id.replace('/', '_')}.png"
        elif item.scored_as == "caption":
            row["reply"] = item.truth[0]
        else:
            row["value"] = list(item.truth) if isinstance(item.truth, tuple) else item.truth
            row["reply"] = str(item.truth)
        lines.append(json.dumps(row | other.get(item.scored_as, {})))
    path.write_text("\n".join(lines) + "\n")
    return path


def found(outcome):
    return {row.metric: row.value for row in outcome.scored.results}


def test_the_command_knows_every_benchmark():
    assert (command.OWN, command.CHOOSING, command.PUBLISHED) == (OWN, CHOOSING, PUBLISHED)
    assert set(published_results.PUBLISHED) <= set(PUBLISHED)
    for name in PUBLISHED:
        heads = {column.head for column in find_benchmark(name).columns}
        assert all(set(row.scores) <= heads for row in published_results.PUBLISHED.get(name, ()))


@pytest.mark.parametrize("name", [name for name in (*OWN, *CHOOSING, *PUBLISHED) if name not in ("synthetic", "rendered")])
def test_a_missing_folder_is_explained_in_one_line(name, tmp_path):
    for data in (None, tmp_path / "nothing", tmp_path):
        with pytest.raises(InputError) as error:
            find_benchmark(name).open(data, "val" if name in CHOOSING else "test")
        said = str(error.value)
        assert "\n" not in said and ("--data" in said or "expected" in said)


def test_changeimti_asks_all_of_a_pair_and_the_truth_scores_full(levir, tmp_path):
    benchmark = find_benchmark("changeimti")
    items = benchmark.open(levir, "test")
    assert [item.id for item in items[:6]] == [
        "test_000001/caption",
        "test_000001/binary",
        "test_000001/count/roads",
        "test_000001/location/roads",
        "test_000001/count/buildings",
        "test_000001/location/buildings",
    ]
    by_id = {item.id: item for item in items}
    assert by_id["test_000001/count/buildings"].truth == 2 and by_id["test_000002/location/roads"].truth == ()
    assert by_id["test_000001/location/buildings"].truth == ("top right corner", "top left corner")
    assert sum(item.dialogue is not None for item in items) == 4 * 4
    outcome = score_file(benchmark, levir, RunSettings(java=False), perfect(items, tmp_path / "p.jsonl"))
    figures = found(outcome)
    for name in ("binary F1", "location of roads example accuracy", "dialogue, all turns right", "mask of building IoU"):
        assert figures[name] == 1, name
    assert figures["count of buildings MAE"] == 0 and figures["no-change accuracy"] == 1
    assert figures["consistency: count of buildings with the mask"] == 1
    assert figures["BLEU-4 [word]"] == pytest.approx(1, abs=1e-6)


def test_optional_tasks_may_be_left_out_whole_but_not_in_part(levir, tmp_path):
    benchmark = find_benchmark("changeimti")
    items = benchmark.open(levir, "test")
    words = [item for item in items if item.scored_as != "mask" and item.dialogue is None]
    outcome = score_file(benchmark, levir, RunSettings(java=False), perfect(words, tmp_path / "p.jsonl"))
    assert outcome.report["tasks"] == ["binary", "caption", "count", "location"]
    with pytest.raises(InputError, match="lacks 1 of"):
        score_file(benchmark, levir, RunSettings(java=False), perfect(words[:-1], tmp_path / "q.jsonl"))
    (tmp_path / "r.jsonl").write_text('{"id": "elsewhere", "reply": "yes"}\n')
    with pytest.raises(InputError, match="does not ask"):
        score_file(benchmark, levir, RunSettings(java=False), tmp_path / "r.jsonl")


def test_levir_masks(levir, tmp_path):
    items = find_benchmark("levir-mci").open(levir, "test")
    masks = [item.mask() for item in items if item.scored_as == "mask"]
    assert [sorted(np.unique(mask).tolist()) for mask in masks[:2]] == [[0, 1, 2], [0]]
    cd = write_levir_cd(tmp_path / "cd")
    outcome_items = find_benchmark("levir-cd").open(cd, "test")
    assert [int(item.mask().sum()) for item in outcome_items] == [22 * 22, 0]
    Image.fromarray(np.full((64, 64), 7, np.uint8)).save(levir / "images" / "test" / "label" / "test_000001.png")
    with pytest.raises(InputError, match="pixels of 7"):
        find_benchmark("changeimti").open(levir, "test")


def test_rsvqa_and_cdvqa(tmp_path):
    rows = [(0, "presence", "Is there a road?", "yes"), (1, "rural_urban", "Rural?", "rural"), (0, "count", "How many?", "5")]
    root = write_questions(tmp_path / "lr", "LR_split_test", rows)
    items = find_benchmark("rsvqa-lr").open(root, "test")
    assert [item.scene for item in items] == ["0", "0", "1"]  # one picture's questions together
    assert items[0].question.task == "presence" and items[0].text.endswith("single word or phrase.")
    files = {0: "00001.png", 1: "00001.png", 2: "00002.png"}
    pairs = [
        (0, "change_or_not", "Changed?", "yes"),
        (2, "change_ratio", "How much?", "0_to_10"),
        (1, "change_or_not", "?", "no"),
    ]
    items = find_benchmark("cdvqa").open(write_questions(tmp_path / "cd", "Test", pairs, files), "test")
    assert [(item.scene, item.truth) for item in items] == [("00001", "yes"), ("00001", "no"), ("00002", "0 to 10")]
    assert items[0].paths[1] == tmp_path / "cd" / "im2" / "00001.png" and items[0].question.task == "vqa"


def test_the_hash_follows_the_truth(levir):
    benchmark = find_benchmark("levir-cc")
    before = hash_samples(benchmark.open(levir, "test"))
    assert hash_samples(benchmark.open(levir, "test")) == before
    path = levir / "LevirCCcaptions.json"
    path.write_text(path.read_text().replace(CHANGED[0].split()[0], "three"))
    assert hash_samples(benchmark.open(levir, "test")) != before


def test_a_limit_takes_whole_scenes(levir):
    items = find_benchmark("changeimti").open(levir, "test")
    assert {item.scene for item in first_scenes(items, 2)} == {"test_000001", "test_000002"}
    assert len(first_scenes(items, 2)) == len(items) // 2


def test_engine_to_table_to_plot(levir, tmp_path, bundle_folder):
    out = tmp_path / "out" / "r.json"
    line = ["eval", "changeimti", "--data", levir, "--limit", 2, "--weights", bundle_folder, "--no-meteor", "--out", out]
    done = CliRunner().invoke(app, [str(word) for word in line])
    assert done.exit_code == 0, (done.output, done.exception)
    document = json.loads(out.read_text())
    assert document["model"]["weights_sha256"] and document["reports"][0]["data_sha256"]
    assert document["reports"][0]["conventions"]["index"]["METEOR"].startswith("METEOR 1.5, exact")
    text = out.with_suffix(".md").read_text()
    assert "ChangeVG" in text and "measured here" in text
    assert r"\begin{tabular}" in out.with_suffix(".tex").read_text()
    assert out.with_suffix(".csv").read_text().count("\n") > 10
    page = out.with_suffix(".cases.html").read_text()
    assert "Worst: caption" in page and "data:image/webp" in page and "http" not in page
    again = tmp_path / "again.json"
    log = out.with_suffix("") / "predictions.jsonl"
    line = ["eval", "changeimti", "--data", levir, "--limit", 2, "--predictions", log, "--no-meteor", "--out", again]
    done = CliRunner().invoke(app, [str(word) for word in line])
    assert done.exit_code == 0, (done.output, done.exception)
    assert json.loads(again.read_text())["reports"] == document["reports"]
    picture = tmp_path / "p.svg"
    done = CliRunner().invoke(app, ["eval", "plot", str(out), "--metric", "F1", "--out", str(picture)])
    assert done.exit_code == 0, (done.output, done.exception)
    drawn = picture.read_text()
    ElementTree.fromstring(drawn)
    assert "ChangeVG" in drawn and "fill: none" in drawn
    done = CliRunner().invoke(app, ["eval", "levir-cc", "--data", str(levir), "--questions", str(tmp_path / "q.jsonl")])
    assert done.exit_code == 0 and len((tmp_path / "q.jsonl").read_text().splitlines()) == 4
    assert UNCHANGED[0] not in (tmp_path / "q.jsonl").read_text()


def test_tasks_for_lmms_eval_score_as_the_benchmark_does(levir, tmp_path):
    export = _module(INTEGRATIONS / "export_changeimti.py")
    utils = _module(INTEGRATIONS / "lmms_eval" / "changeimti" / "utils.py")
    export.write_lmms_eval(levir, tmp_path / "d.jsonl")
    export.write_vlmevalkit(levir, tmp_path / "tsv")
    docs = [json.loads(line) for line in (tmp_path / "d.jsonl").read_text().splitlines()]
    assert {doc["task"] for doc in docs} == set(utils.METRICS) and len(docs) == 4 * 6
    assert len(utils.doc_to_visual(docs[0])) == 2 and "<image>" not in utils.doc_to_text(docs[0])
    for task, metrics in utils.METRICS.items():
        records = [utils.process_results(doc, [doc["target"]]) for doc in docs if doc["task"] == task]
        for metric in metrics:
            value = getattr(utils, metric)([record[metric] for record in records])
            if "mae" in metric:
                assert value == 0
            elif task != "caption":
                assert value == 1, metric
        text = (INTEGRATIONS / "lmms_eval" / "changeimti" / f"changeimti_{task}.yaml").read_text()
        assert all(f"metric: {metric}\n" in text and f"utils.{metric}\n" in text for metric in metrics)
    assert (tmp_path / "tsv" / "ChangeIMTI_Count.tsv").read_text().count("\n") == 1 + 8


def _module(path):
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    spec.loader.exec_module(module)
    return module


def test_java_is_not_needed(monkeypatch, levir, tmp_path):
    monkeypatch.setattr(shutil, "which", lambda name: None)
    items = find_benchmark("levir-cc").open(levir, "test")
    outcome = score_file(find_benchmark("levir-cc"), levir, RunSettings(), perfect(items, tmp_path / "p.jsonl"))
    figures = found(outcome)
    assert figures["METEOR [index]"] == pytest.approx(1) and figures["METEOR [word]"] is None
