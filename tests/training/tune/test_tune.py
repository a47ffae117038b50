"""Tuning on a user's pairs: two steps on tiny data, killed and resumed, and what comes out."""

from __future__ import annotations

import copy
import json
import shutil
import sys
from types import SimpleNamespace

import numpy as np
import pytest

torch = pytest.importorskip("torch")

import onnx  # noqa: E402
from safetensors.numpy import load_file  # noqa: E402
from safetensors.torch import save_file  # noqa: E402

from chronosight.cli import main as cli  # noqa: E402
from chronosight.engines.compact.bundle import Bundle  # noqa: E402
from chronosight.engines.compact.bundle_config import checksums  # noqa: E402
from chronosight.engines.compact.guide import suited_guide  # noqa: E402
from chronosight.errors import InputError  # noqa: E402
from chronosight.scenes.open import open_scene  # noqa: E402
from chronosight.training import disk  # noqa: E402
from chronosight.training.export.fine_guide import GRAPH, NOT_USED, TRAINABLE, load_fine_guide  # noqa: E402
from chronosight.training.guide.fine import new_fine_guide  # noqa: E402
from chronosight.training.recipes.guide import FineGuideRecipe  # noqa: E402
from chronosight.training.trainer import stack  # noqa: E402
from chronosight.training.tune import choose_step, result, run, timing, train  # noqa: E402
from chronosight.training.tune.labels import read_labels  # noqa: E402
from chronosight.training.tune.samples import TuneSamples, rendered_pairs  # noqa: E402
from own_labels import GONE, NEW, outline, write_layer, write_sites  # noqa: E402
from tiny_bundle import guide_graph  # noqa: E402

SITES = 6


def silent(items, name):
    return items


@pytest.fixture(scope="module")
def weights(bundle_folder, tmp_path_factory):
    """Weights with a small random guide of fine imagery; its graph is another one, so that nothing need be exported here."""
    folder = tmp_path_factory.mktemp("start") / "weights"
    shutil.copytree(bundle_folder, folder)
    state = new_fine_guide(FineGuideRecipe(start="nothing", neck=(4, 4, 4, 4))).state_dict()
    save_file({n: v.half().contiguous() for n, v in state.items() if not n.startswith(NOT_USED)}, folder / TRAINABLE)
    onnx.save(guide_graph(), folder / GRAPH)
    config = json.loads((folder / "config.json").read_text())
    config["fine_guide"] = {"metres_per_pixel": 0.5, "up_to": 0.75, "neck": [4, 4, 4, 4]}
    config["calibration"] = {**config.get("calibration", {}), "mask_finest": {"threshold": 0.9}}
    config["checksums"] = checksums(folder)
    (folder / "config.json").write_text(json.dumps(config))
    return folder


@pytest.fixture(scope="module")
def own(tmp_path_factory):
    """Six sites at 1 m with polygons."""
    root = tmp_path_factory.mktemp("own")
    write_sites(root / "pairs", SITES, 1, metres=1.0)
    write_layer(root / "labels.gpkg", "new", [outline(i, NEW, 1.0) for i in range(SITES - 1)])
    write_layer(root / "labels.gpkg", "gone", [outline(i, GONE, 1.0) for i in range(SITES - 1)], append=True)
    return root


def material_of(own, labels="labels.gpkg"):
    names = [f"site{i}" for i in range(SITES)]
    rows = [(name, str(own / "pairs" / f"{name}_before.tif"), str(own / "pairs" / f"{name}_after.tif")) for name in names]
    return run.read_material(rows, read_labels(own / labels), lambda first, second: open_scene(first, second), silent)


def tuned(material, weights, out, steps=2):
    return run.tune(material, weights, out, 1, steps, None, lambda text: None, silent, size=32, rendered=1)


def stored(guide, weights, metres, up_to):
    """`add_fine_guide` without the export, which takes long and has its own test (test_fine.py): the graph stays."""
    config = json.loads((weights / "config.json").read_text())
    config["fine_guide"] |= {"metres_per_pixel": metres, "up_to": up_to}
    (weights / "config.json").write_text(json.dumps(config))
    save_file({name: torch.from_numpy(v) for name, v in load_file(guide / "model.safetensors").items()}, weights / TRAINABLE)


@pytest.fixture(scope="module")
def done(own, weights, tmp_path_factory):
    out = tmp_path_factory.mktemp("done") / "weights"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(result, "add_fine_guide", stored)
        return out, tuned(material_of(own), weights, out)


def test_samples_are_the_same_again_and_know_the_direction(own):
    pairs = material_of(own).seen("train")
    first, again = (TuneSamples(pairs, rendered_pairs(1), 40, 3, 64) for _ in range(2))
    directions = set()
    for index in range(40):
        sample, same = first[index], again[index]
        for name, value in sample.items():
            np.testing.assert_array_equal(value, same[name], err_msg=name)
        assert sample["before"].shape == (3, 64, 64) and np.isfinite(sample["before"]).all()
        directions |= set(np.unique(sample["appeared"]).tolist())
    assert directions == {-1.0, 0.0, 1.0}


def test_of_rendered_samples_the_answers_of_the_start_are_learned_not_the_labels(own, weights):
    samples = TuneSamples(material_of(own).seen("train"), rendered_pairs(1), 40, 0, 32)
    made = [samples[index] for index in range(40)]
    kept = [sample for sample in made if sample["kept"] > 0]
    labelled = [sample for sample in made if sample["kept"] == 0]
    assert 10 < len(kept) < 30
    start = train.frozen_copy(load_fine_guide(weights))
    other = copy.deepcopy(start)
    with torch.no_grad():
        next(other.recognition.head.parameters()).mul_(10)

    def losses(guide, chosen):
        return {name: part.item() for name, part in train.tuning_losses(guide, start, stack(chosen)).items()}

    same, moved = losses(start, kept), losses(other, kept)
    assert set(same) == {"kept_classes", "kept_cores", "kept_footprints"} and all(abs(part) < 1e-5 for part in same.values())
    assert moved["kept_classes"] > 1e-4 and abs(moved["kept_footprints"]) < 1e-5  # the head has no part in footprints
    assert {"pixel", "building"} <= set(losses(start, labelled)) and not set(same) & set(losses(start, labelled))
    both = losses(other, [*kept[:2], *labelled[:2]])
    assert both["pixel"] == pytest.approx(losses(other, labelled[:2])["pixel"], rel=1e-4)
    assert both["kept_classes"] == pytest.approx(losses(other, kept[:2])["kept_classes"], rel=1e-4)


def test_the_weights_that_come_out_are_whole(done, weights):
    out, facts = done
    config = json.loads((out / "config.json").read_text())
    assert config["fine_guide"]["up_to"] == 1.05 and facts["up_to"] == config["fine_guide"]["up_to"]
    assert "mask_finest" not in config["calibration"], "it was chosen for the guide before"
    assert set(config["calibration"]["mask_fine"]) == {"a", "b", "threshold", "min_area"}
    assert config["tuned"]["results"]["your held-out places"]["after"]["pairs"] >= 2
    assert config["checksums"] == checksums(out) and config["checksums"][TRAINABLE] != checksums(weights)[TRAINABLE]
    assert suited_guide(Bundle(out, 1), 1.0).fine and not suited_guide(Bundle(weights, 1), 1.0).fine
    card = (out / "TUNING.md").read_text()
    assert "also chose the step" in card and "| your held-out places | " in card
    assert {path.name for path in weights.iterdir()} | {"TUNING.md"} == {path.name for path in out.iterdir()}
    assert [path.name for path in out.parent.iterdir()] == [out.name]  # nothing of the run is left


def test_a_killed_run_ends_with_the_same_weights(own, weights, tmp_path, monkeypatch):
    """Killed as the second checkpoint is about to be written, and again while the weights folder is being written."""
    material, guide = material_of(own), load_fine_guide(weights)
    plan = train.Plan(4, 1, 1, 32, 0)
    for module in (train, choose_step):
        monkeypatch.setattr(module, "best_of", lambda history: history[-1])  # a random guide gains nothing in four steps

    def go(folder):
        torch.manual_seed(0)
        samples = TuneSamples(material.seen("train"), rendered_pairs(1), 4 * train.BATCH, 0, 32)
        final, history = train.tune_guide(load_fine_guide(weights), samples, material.seen("val"), plan, folder)
        return load_file(final / "model.safetensors"), history

    whole, history = go(tmp_path / "whole")
    shutil.copytree(tmp_path / "whole", tmp_path / "killed")
    for name in ("final", "checkpoint-4", "checkpoint-3"):
        shutil.rmtree(tmp_path / "killed" / name, ignore_errors=True)
    shutil.copytree(tmp_path / "whole" / "checkpoint-3", tmp_path / "killed" / "checkpoint-3")
    (tmp_path / "killed" / "checkpoint-3" / "ema.safetensors").unlink()  # not written to its end
    again, same = go(tmp_path / "killed")
    assert history == same and [step for step, _ in history] == [0, 1, 2, 3, 4]
    for name, value in whole.items():
        if not name.startswith(("summary.", "decoder.")):
            np.testing.assert_array_equal(value, again[name], err_msg=name)
    start = guide.state_dict()
    moved = [name for name, value in whole.items() if not np.array_equal(value, start[name].numpy())]
    assert any(name.startswith("encoder.") for name in moved) and any(name.startswith("recognition.") for name in moved)
    assert not any("running" in name for name in moved)


def test_a_run_with_other_labels_is_not_gone_on_with(own, weights, tmp_path, monkeypatch):
    write_layer(tmp_path / "other.gpkg", "new", [outline(i, NEW, 1.0) for i in range(SITES - 1)])
    out = tmp_path / "out"

    def stopped(*arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr(train, "tune_guide", stopped)
    with pytest.raises(KeyboardInterrupt):
        tuned(material_of(own), weights, out)
    assert not out.exists() and (tmp_path / "out.run" / "state.json").is_file()
    shutil.copytree(own / "pairs", tmp_path / "pairs")
    with pytest.raises(InputError, match="begun with other pairs or labels; delete it"):
        tuned(material_of(tmp_path, "other.gpkg"), weights, out)
    with pytest.raises(InputError, match="begun with other steps"):
        tuned(material_of(own), weights, out, steps=3)


def test_a_start_that_is_not_improved_is_kept():
    assert choose_step.best_of([(0, 0.5), (10, 0.501), (20, 0.4)]) == (0, 0.5)
    assert choose_step.best_of([(0, 0.5), (10, 0.51), (20, 0.511)]) == (20, 0.511)
    assert not choose_step.no_more([(0, 0.5), *((step, 0.4) for step in range(1, choose_step.PATIENCE))])
    assert choose_step.no_more([(0, 0.5), *((step, 0.4) for step in range(1, choose_step.PATIENCE + 1))])


def test_the_result_lies_between_start_and_end(own, weights, tmp_path, monkeypatch):
    for module in (train, choose_step):
        monkeypatch.setattr(module, "best_of", lambda history: history[-1])
    found = []
    for strength in (1.0, 0.25):
        torch.manual_seed(0)
        material, start = material_of(own), load_fine_guide(weights)
        samples = TuneSamples(material.seen("train"), rendered_pairs(1), 2 * train.BATCH, 0, 32)
        before = {name: value.clone().numpy() for name, value in start.state_dict().items()}
        plan = train.Plan(2, 1, 1, 32, 0, strength)
        final, _ = train.tune_guide(start, samples, material.seen("val"), plan, tmp_path / f"{strength}")
        after = load_file(final / "model.safetensors")
        found.append({name: after[name] - before[name] for name in after if name.startswith("recognition.head.0.0")})
    for name, whole in found[0].items():
        assert np.abs(whole).max() > 0
        np.testing.assert_allclose(found[1][name], 0.25 * whole, atol=1e-6)


def test_steps_are_planned_by_time():
    assert timing.plan_steps(900, 3.6, 5) == int((900 - 5 * (timing.MEASURES + 1)) / 3.6)
    assert timing.plan_steps(10, 5, 5) == timing.FEWEST_STEPS and timing.plan_steps(1e6, 0.5, 1) == timing.MOST_STEPS


@pytest.fixture
def command(monkeypatch, capsys):
    def call(*arguments):
        monkeypatch.setattr(sys, "argv", ["chronosight", "tune", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        out, err = capsys.readouterr()
        return ended.value.code or 0, out, err

    return call


def test_the_dry_run_prints_one_table_and_writes_nothing(own, weights, command):
    before = sorted(own.rglob("*"))
    code, out, _ = command(
        "--pairs", own / "pairs", "--labels", own / "labels.gpkg", "--weights", weights, "--dry-run", "--quiet", "--json"
    )
    found = json.loads(out)
    assert code == 0 and found["facts"]["pairs"] == "6 with labels"
    assert sum(part["pairs"] for part in found["parts"].values()) == 6 and sorted(own.rglob("*")) == before
    code, out, _ = command("--pairs", own / "pairs", "--labels", own / "labels.gpkg", "--dry-run", "--quiet")
    assert code == 0 and "10 (5 new, 5 gone)" in out


def test_mistakes_are_one_line(own, weights, done, command, tmp_path, bundle_folder):
    pairs, labels = ("--pairs", own / "pairs"), ("--labels", own / "labels.gpkg")
    for arguments, words in (
        ((*pairs, *labels), "add --out DIR"),
        ((*pairs, *labels, "--out", done[0]), "is there already"),
        ((*pairs, *labels, "--out", tmp_path / "a", "--weights", bundle_folder), "no guide of fine imagery"),
        ((*pairs, *labels, "--out", tmp_path / "a", "--weights", weights, "--data", tmp_path), "no folder pairs/"),
        ((*pairs, "--labels", tmp_path / "no.gpkg", "--out", tmp_path / "a", "--weights", weights), "no file or folder"),
        (("--pairs", tmp_path / "no", *labels, "--out", tmp_path / "a", "--weights", weights), "no"),
    ):
        code, out, err = command(*arguments, "--quiet")
        assert code == 2 and out == "" and len(err.strip().splitlines()) == 1 and words in err
    assert not (tmp_path / "a").exists() and not (tmp_path / "a.run").exists()


def test_a_place_without_room_or_right_to_write_is_refused_before_any_work(weights, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot be written to"):
        run.check_out(tmp_path / "file" / "out", weights)
    monkeypatch.setattr(run.shutil, "disk_usage", lambda folder: SimpleNamespace(free=9_000_000))
    with pytest.raises(InputError, match="has 9 MB free, expected 250 MB"):
        run.check_out(tmp_path / "deep" / "out", weights)
    assert not (tmp_path / "deep").exists()


@pytest.mark.parametrize("error", [RuntimeError("unexpected pos 6093120"), OSError(28, "No space left on device")])
def test_a_disk_that_fills_up_is_named(error, tmp_path, monkeypatch):
    for free, expected in ((1_000_000, InputError), (1_000_000_000, type(error))):
        monkeypatch.setattr(disk.shutil, "disk_usage", lambda folder, free=free: SimpleNamespace(free=free))
        with pytest.raises(expected), disk.full_disk_named(tmp_path):
            raise error
