"""Training and export of the guide of fine imagery, in two steps on tiny data; a stopped run goes on where it was."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pytest
from PIL import Image

torch = pytest.importorskip("torch")
onnx = pytest.importorskip("onnx")

from chronosight import load  # noqa: E402
from chronosight.datasets.held_out import NATIVE_HELD_OUT  # noqa: E402
from chronosight.datasets.places import load_abroad  # noqa: E402
from chronosight.engines.compact.bundle import SHIPPED, Bundle  # noqa: E402
from chronosight.engines.compact.guide import Guide, suited_guide  # noqa: E402
from chronosight.errors import InputError  # noqa: E402
from chronosight.models.guide.modeling import GuideModel  # noqa: E402
from chronosight.tasks.land_cover import GUIDE_MAPS  # noqa: E402
from chronosight.training.calibration.fits import apply_platt  # noqa: E402
from chronosight.training.calibration.mask import fit_mask  # noqa: E402
from chronosight.training.calibration.parts import FINEST_THRESHOLD, calibrate_fine  # noqa: E402
from chronosight.training.export.fine_guide import add_fine_guide, add_finest_guide, load_fine_guide, without_finest_guide  # noqa: E402
from chronosight.training.guide import fine  # noqa: E402
from chronosight.training.recipes.guide import FineGuideRecipe  # noqa: E402
from chronosight.training.samples.fine_samples import FINEST  # noqa: E402
from small_scenes import pair  # noqa: E402

RECIPE = FineGuideRecipe(
    steps=2, batch=2, size=32, start="nothing", images=2, rendered=1, neck=(4, 4, 4, 4), save_every=1, workers=0,
    threads=1,
)


def write_pairs(folder, name, ids, side, metres, value=1):
    (folder / name).mkdir(parents=True)
    rng = np.random.default_rng(0)
    for key in ids:
        image = rng.integers(60, 120, (side, side, 3)).astype(np.uint8)
        Image.fromarray(image).save(folder / name / f"{key}_before.webp", lossless=True)
        image[8:28, 8:28] = 220
        Image.fromarray(image).save(folder / name / f"{key}_after.webp", lossless=True)
        mask = np.zeros((side, side), np.uint8)
        mask[8:28, 8:28] = value
        Image.fromarray(mask).save(folder / name / f"{key}_building.png")
    rows = [{"id": key, "place": None, "metres_per_pixel": metres, "cells": []} for key in ids]
    (folder / f"{name}.jsonl").write_text("\n".join(map(json.dumps, rows)))


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    root = tmp_path_factory.mktemp("data")
    held = sorted(NATIVE_HELD_OUT)[0]
    write_pairs(root / "pairs", "train", ["place_a", "train_tile_123"], 64, 1.0, 255)
    write_pairs(root / "pairs", "native_train", ["trfree", held], 64, 0.5, 255)
    (root / "buildings" / "chips").mkdir(parents=True)
    Image.new("RGB", (64, 64), (90, 90, 90)).save(root / "buildings" / "chips" / "town_1_2_19.webp")
    ring = [[8, 8], [30, 8], [30, 30], [8, 30]]
    row = {"id": "town_1_2_19", "metres_per_pixel": 0.2, "labelled": True, "buildings": [ring]}
    (root / "buildings" / "chips.jsonl").write_text(json.dumps(row))
    return root


@pytest.fixture(scope="module")
def trained(data, tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fine, "learning_split", lambda data, source: ([], []))
        return fine.train_fine_guide(RECIPE, data, tmp_path_factory.mktemp("run") / "fine", lambda text: None)


def test_what_is_held_out_is_not_among_the_sources(data, monkeypatch):
    monkeypatch.setattr(fine, "learning_split", lambda data, source: ([], []))
    sources = fine.fine_sources(RECIPE, data)
    assert [place.id for place in sources.places] == ["place_a"] and [one.id for one in sources.natives] == ["trfree"]
    assert len(sources.rendered) == 1 and len(sources.chips) == 1


def test_the_guide_at_one_metre_says_where_roads_changed_at_any_ground_size(data, monkeypatch):
    monkeypatch.setattr(fine, "learning_split", lambda data, source: ([], []))
    sources = fine.fine_sources(RECIPE.model_copy(update={"roads": True}), data)
    guide = Guide(Bundle(SHIPPED, 1))
    for pairs, roads in ((sources.places, sources.place_roads), (sources.natives, sources.native_roads)):
        assert [one.shape for one in roads] == [pair.building.shape for pair in pairs] and roads[0].dtype == np.uint8
    place = sources.places[0]
    (maps,), *_ = guide.predict_tiles(np.stack([place.before, place.after])[None])
    np.testing.assert_allclose(sources.place_roads[0] / 255, maps[1], atol=0.01)
    mixed = fine.fine_samples(sources, RECIPE.model_copy(update={"finest": 0.5}))
    assert mixed.kinds[1].shown_at == FINEST and not mixed.kinds[1].shares[0] and mixed.kinds[0].shares[0]
    assert fine.fine_samples(sources, RECIPE.model_copy(update={"finest": 1.0})).shown_at == FINEST


def test_a_run_that_was_stopped_ends_with_the_same_weights(data, trained, tmp_path, monkeypatch):
    from safetensors.numpy import load_file

    monkeypatch.setattr(fine, "learning_split", lambda data, source: ([], []))
    run = tmp_path / "fine"
    shutil.copytree(trained.parent, run)
    shutil.rmtree(run / "final")
    shutil.rmtree(run / "checkpoint-2")
    again = fine.train_fine_guide(RECIPE, data, run, lambda text: None)
    first, second = load_file(trained / "model.safetensors"), load_file(again / "model.safetensors")
    assert first.keys() == second.keys()
    for name, value in first.items():
        np.testing.assert_array_equal(value, second[name], err_msg=name)


def test_the_encoder_starts_from_the_shipped_tower_and_its_first_blocks_stay(data, tmp_path, monkeypatch):
    monkeypatch.setattr(fine, "learning_split", lambda data, source: ([], []))
    recipe = RECIPE.model_copy(update={"start": "tower", "trained": "late", "steps": 1, "warmup": 0.0})
    final = fine.train_fine_guide(recipe, data, tmp_path / "fine", lambda text: None)
    state = GuideModel.from_pretrained(final).encoder.state_dict()
    graph = onnx.load(str(SHIPPED / "tower.onnx")).graph
    shipped = {item.name.removesuffix("_float16"): onnx.numpy_helper.to_array(item) for item in graph.initializer}
    same = {
        name: bool(np.array_equal(state[f"{name}.weight"].numpy(), shipped[f"encoder.{name}.weight"].astype(np.float32)))
        for name in ("stem.0", "blocks.2.layers.3", "blocks.3.layers.3")
    }
    assert same == {"stem.0": True, "blocks.2.layers.3": True, "blocks.3.layers.3": False}


def test_the_shipped_guide_is_trained_further_and_its_maps_of_each_date_stay(data, tmp_path, monkeypatch):
    monkeypatch.setattr(fine, "learning_split", lambda data, source: ([], []))
    recipe = RECIPE.model_copy(update={"start": "guide", "trained": "comparison", "warmup": 0.0})
    final = fine.train_fine_guide(recipe, data, tmp_path / "fine", lambda text: None)
    old, new = load_fine_guide(SHIPPED).eval(), GuideModel.from_pretrained(final).eval()
    before, after = torch.rand(2, 1, 3, 64, 64)
    with torch.no_grad():
        first, second = old(before, after), new(before, after)
    for name in GUIDE_MAPS:
        torch.testing.assert_close(first[name], second[name], atol=0, rtol=0)
    assert (first.class_logits - second.class_logits).abs().max() > 1e-4


@pytest.fixture(scope="module")
def exported(trained, bundle_folder, tmp_path_factory):
    """Weights with the trained guide; not to be changed."""
    weights = shutil.copytree(bundle_folder, tmp_path_factory.mktemp("exported") / "weights")
    assert max(add_fine_guide(trained, weights, 0.5, 0.75).values()) < 5e-3
    return weights


def test_the_exported_guide_compares_fine_pairs(trained, exported):
    weights = exported
    guide = suited_guide(Bundle(weights, 1), 0.5)
    assert guide.fine
    again, original = load_fine_guide(weights).eval(), GuideModel.from_pretrained(trained).eval()
    before, after = torch.rand(2, 1, 3, 64, 64)
    with torch.no_grad():
        first, second = again(before, after), original(before, after)
    torch.testing.assert_close(first.class_logits, second.class_logits, atol=2e-2, rtol=1e-2)  # stored as float16
    frames = np.random.default_rng(0).integers(0, 255, (2, 64, 96, 3), np.uint8)
    there, back = guide.predict(pair(frames)), guide.predict(pair(frames[::-1].copy()))
    assert there.mask.shape == (64, 96) and there.memory is None
    np.testing.assert_allclose(there.probability, back.probability, atol=1e-5)
    np.testing.assert_allclose(there.appeared, 1 - back.appeared, atol=1e-5)


def test_a_guide_of_the_finest_imagery_stands_beside_the_other(trained, exported, bundle_folder, tmp_path):
    with pytest.raises(InputError, match="no guide of fine imagery"):
        add_finest_guide(trained, bundle_folder)
    weights = shutil.copytree(exported, tmp_path / "weights")
    fine = (weights / "guide_fine.onnx").read_bytes()
    assert max(add_finest_guide(trained, weights).values()) < 5e-3
    assert (weights / "guide_fine.onnx").read_bytes() == fine
    assert suited_guide(Bundle(weights, 1), 0.2).larger_graph == "guide_finest"
    without_finest_guide(weights)
    assert suited_guide(Bundle(weights, 1), 0.2).larger_graph == "guide_fine"
    assert not list(weights.glob("guide_finest*"))


def test_a_variance_that_float16_cannot_hold_is_kept(trained, bundle_folder, tmp_path):
    weights, folder = tmp_path / "weights", tmp_path / "guide"
    shutil.copytree(bundle_folder, weights)
    original = GuideModel.from_pretrained(trained).eval()
    norm = original.recognition.smooth[3][1]
    norm.running_var.fill_(90_000.0)
    norm.weight.data.mul_(300.0)  # so that its channels count in the result
    original.save_pretrained(folder)
    assert max(add_fine_guide(folder, weights, 0.5, 0.75).values()) < 5e-3
    again = load_fine_guide(weights).eval()
    assert (again.recognition.smooth[3][1].running_var == 90_000.0).all()
    before, after = torch.rand(2, 1, 3, 64, 64)
    with torch.no_grad():
        first, second = again(before, after), original(before, after)
    torch.testing.assert_close(first.class_logits, second.class_logits, atol=2e-2, rtol=1e-2)
    expected = Bundle(weights, 1).session("guide_fine").run(["class_logits"], {"before": before.numpy(), "after": after.numpy()})
    np.testing.assert_allclose(expected[0], second.class_logits.numpy(), atol=2e-2, rtol=1e-2)


def test_a_channel_lost_to_float16_stays_constant_and_can_be_trained(exported, tmp_path):
    from safetensors.torch import load_file, save_file

    weights = shutil.copytree(exported, tmp_path / "weights")
    state, name = load_file(weights / "guide_fine.safetensors"), "recognition.smooth.3.1"
    state[f"{name}.running_var"][1] = float("inf")
    save_file(state, weights / "guide_fine.safetensors")
    guide = load_fine_guide(weights)
    assert all(value.isfinite().all() for value in guide.state_dict().values())
    given = torch.rand(1, 4, 8, 8)
    found = guide.eval().recognition.smooth[3][1](given)[0, 1]
    torch.testing.assert_close(found, state[f"{name}.bias"][1].float().expand(8, 8))


def test_weights_without_a_fine_guide_are_explained(bundle_folder):
    with pytest.raises(InputError, match="no guide_fine"):
        load_fine_guide(bundle_folder)


def test_a_guide_of_other_classes_is_refused(trained, bundle_folder, tmp_path):
    weights = tmp_path / "weights"
    shutil.copytree(bundle_folder, weights)
    config = json.loads((weights / "config.json").read_text())
    (weights / "config.json").write_text(json.dumps(config | {"classes": ["background", "building"]}))
    with pytest.raises(InputError, match="classes"):
        add_fine_guide(trained, weights, 0.5, 0.75)
    assert not (weights / "guide_fine.onnx").exists()


def test_pairs_abroad_have_a_value_for_new_and_one_for_gone(tmp_path):
    write_pairs(tmp_path / "abroad", "pairs", ["fr_1"], 64, 0.2, 2)
    (only,) = load_abroad(tmp_path)
    assert only.building.sum() == 400 and only.metres_per_pixel == 0.2
    with pytest.raises(InputError, match="--data DIR"):
        load_abroad(tmp_path / "nothing")


def test_confidences_of_fine_imagery_are_fitted_on_held_out_pairs_and_abroad(bundle_folder, tmp_path):
    weights, data = shutil.copytree(bundle_folder, tmp_path / "weights"), tmp_path / "data"
    shutil.copy(weights / "guide.onnx", weights / "guide_fine.onnx")
    config = json.loads((weights / "config.json").read_text())
    fine_guide = {"metres_per_pixel": 0.5, "up_to": 0.75, "finest": 0.25, "finest_up_to": 0.3}
    config |= {"fine_guide": fine_guide, "calibration": {"mask": {"min_area": 4.0}, "mask_finest": {"threshold": 0.9}}}
    (weights / "config.json").write_text(json.dumps(config))
    write_pairs(data / "pairs", "native_train", [*sorted(NATIVE_HELD_OUT)[:18], "trfree"], 64, 0.5, 255)
    write_pairs(data / "abroad", "pairs", ["fr_1", "fr_2"], 64, 0.2, 2)
    engine = load(weights=weights, threads=1)
    calibrate_fine(engine, data)
    written = json.loads((weights / "config.json").read_text())
    fitted = {"mask_fine", "mask_finest", "binary_fine", "count_objects_fine", "location_objects_fine"}
    fitted |= {"count_objects_finest", "location_objects_finest"}
    assert set(written["calibration"]) == {"mask"} | fitted and written["calibration"]["mask"] == {"min_area": 4.0}
    assert written["calibration_report"]["binary_fine"]["n"] == 18 + 2 * 9  # abroad weighs as much as the held-out pairs
    assert engine.bundle.calibration("binary", "fine") == written["calibration"]["binary_fine"]
    usual, finest = (written["calibration"][name] for name in ("mask_fine", "mask_finest"))
    assert finest == usual | {"threshold": pytest.approx(apply_platt([FINEST_THRESHOLD], usual["a"], usual["b"])[0], abs=1e-4)}
    of_finest, _ = fit_mask(engine, load_abroad(data), lambda items, _: items, keep_usual=True)
    assert of_finest["min_area"] == usual["min_area"], "in pixels of the same ground size, whatever the pairs are shown at"
