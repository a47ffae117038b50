"""Training, export and calibration of the land-cover head on tiny data; a stopped run goes on where it was."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from typer.testing import CliRunner  # noqa: E402

from chronosight.cli.main import app  # noqa: E402
from chronosight.datasets.ground_images import GroundImage  # noqa: E402
from chronosight.datasets.places import PlacePair  # noqa: E402
from chronosight.engines import load  # noqa: E402
from chronosight.engines.compact.bundle import Bundle  # noqa: E402
from chronosight.engines.compact.cover_maps import cover_scores  # noqa: E402
from chronosight.engines.compact.guide import suited_guide  # noqa: E402
from chronosight.errors import InputError  # noqa: E402
from chronosight.models.guide.configuration import fine_config  # noqa: E402
from chronosight.models.guide.land_cover import LandCoverConfig, LandCoverModel  # noqa: E402
from chronosight.models.guide.modeling import GuideModel  # noqa: E402
from chronosight.results.land_cover import NEVER  # noqa: E402
from chronosight.tasks.land_cover import GUIDE_MAPS, LAND_COVER_CLASSES  # noqa: E402
from chronosight.training.calibration import land_cover as calibration  # noqa: E402
from chronosight.training.export.fine_guide import add_fine_guide  # noqa: E402
from chronosight.training.export.land_cover import add_land_cover  # noqa: E402
from chronosight.training.guide import land_cover  # noqa: E402
from chronosight.training.recipes.guide import SHIPPED_HEAD, LandCoverRecipe, LandCoverShares  # noqa: E402
from chronosight.training.samples.land_cover_maps import LandCoverMaps  # noqa: E402
from chronosight.training.samples.land_cover_samples import LandCoverSamples, LandCoverSources  # noqa: E402
from small_scenes import pair  # noqa: E402
from tiny_cover import STEP, write_covering_bundle  # noqa: E402

NECK = (4, 6, 4, 4)


def grounds(step: int = 40) -> dict[int, list[GroundImage]]:
    return {
        kind: [GroundImage("g", 0.5, np.full((64, 64, 3), step * kind, np.uint8), np.full((64, 64), kind, np.int8), kind)]
        for kind in range(6)
    }


def sources(*_) -> LandCoverSources:
    image = np.full((64, 64, 3), 100, np.uint8)
    return LandCoverSources(grounds(), [PlacePair("p", "p", 0.5, image, image, np.zeros((64, 64), bool), ())], [])


@pytest.fixture(scope="module")
def guide(tmp_path_factory):
    torch.manual_seed(0)
    folder = tmp_path_factory.mktemp("guide")
    GuideModel(fine_config(NECK)).save_pretrained(folder)
    return folder


def recipe(guide, **fields) -> LandCoverRecipe:
    given = {"guide": str(guide), "steps": 2, "batch": 2, "size": 32, "neck": (4, 4, 4), "pixels": 4}
    given |= {"save_every": 1, "threads": 1, "samples": 3}
    return LandCoverRecipe(**given | fields)


@pytest.fixture(scope="module")
def trained(guide, tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(land_cover, "land_cover_sources", sources)
        return land_cover.train_land_cover(recipe(guide), "data", tmp_path_factory.mktemp("run") / "cover", lambda text: None)


def test_a_run_that_was_stopped_ends_with_the_same_weights(guide, trained, tmp_path, monkeypatch):
    from safetensors.numpy import load_file

    monkeypatch.setattr(land_cover, "land_cover_sources", sources)
    run = tmp_path / "cover"
    shutil.copytree(trained.parent, run)
    shutil.rmtree(run / "final")
    shutil.rmtree(run / "checkpoint-2")
    again = land_cover.train_land_cover(recipe(guide), "data", run, lambda text: None)
    first, second = load_file(trained / "model.safetensors"), load_file(again / "model.safetensors")
    assert first.keys() == second.keys()
    for name, value in first.items():
        np.testing.assert_array_equal(value, second[name], err_msg=name)


def test_maps_are_made_once_and_every_sample_is_drawn_as_often_as_the_others(guide):
    samples = LandCoverSamples(sources(), LandCoverShares(mosaic=1, rendered=0, real=0, two_dates=0), 10, 3, 32)
    model = land_cover.frozen_guide(str(guide))
    said = []
    maps = LandCoverMaps(samples, model.land_cover_features, 25, 3, said.append)
    assert len(maps) == 25 and said == ["maps of 0 of 10 samples"]
    drawn = [maps[index] for index in range(20)]
    seen = [sample["views"].tobytes() for sample in drawn]
    assert sorted(seen[:10]) == sorted(seen[10:]) and seen[:10] != seen[10:]
    for sample in drawn[:3]:
        of_index = next(samples[i] for i in range(10) if np.abs(samples[i]["views"] - sample["views"]).max() < 1e-6)
        np.testing.assert_array_equal(sample["labels"], of_index["labels"])
        np.testing.assert_array_equal(sample["same"], of_index["same"])
        with torch.no_grad():
            expected = model.land_cover_features(torch.from_numpy(of_index["views"]))
        for name, one in zip(GUIDE_MAPS, expected, strict=True):
            np.testing.assert_allclose(sample[name], one.numpy(), rtol=2e-3, atol=2e-3)


def test_a_trained_head_can_be_gone_on_from_if_it_has_the_shape(guide, trained):
    config = LandCoverConfig(inputs=(24, 40, 112, 6), neck=(4, 4, 4), pixels=4)
    assert isinstance(land_cover.started_head(str(trained), config), LandCoverModel)
    for neck, pixels in (((8, 4, 4), 4), ((4, 4, 4), 0)):
        with pytest.raises(InputError, match="another shape"):
            land_cover.started_head(str(trained), LandCoverConfig(inputs=(24, 40, 112, 6), neck=neck, pixels=pixels))


def test_the_head_of_a_weights_folder_can_be_gone_on_from(guide, trained, bundle_folder, tmp_path, monkeypatch):
    weights = shutil.copytree(bundle_folder, tmp_path / "weights")
    add_fine_guide(guide, weights, 0.5, 0.75)
    add_land_cover(trained, weights)
    monkeypatch.setattr(land_cover, "SHIPPED", weights)
    head, config = LandCoverModel.from_pretrained(trained), LandCoverConfig(inputs=(24, 40, 112, 6), neck=(4, 4, 4), pixels=4)
    again = land_cover.started_head(SHIPPED_HEAD, config)
    assert again.config.to_dict() == config.to_dict()
    for name, value in head.state_dict().items():
        torch.testing.assert_close(again.state_dict()[name], value, rtol=1e-3, atol=1e-5)
    with pytest.raises(InputError, match="another shape"):
        land_cover.started_head(SHIPPED_HEAD, LandCoverConfig(inputs=(24, 40, 112, 6), neck=(8, 4, 4), pixels=4))
    (weights / "land_cover.safetensors").unlink()
    with pytest.raises(InputError, match=r"land_cover\.safetensors"):
        land_cover.started_head(SHIPPED_HEAD, config)


def test_the_exported_head_gives_what_torch_gives(guide, trained, bundle_folder, tmp_path):
    weights = shutil.copytree(bundle_folder, tmp_path / "weights")
    with pytest.raises(InputError, match="no guide of fine imagery"):
        add_land_cover(trained, weights)
    add_fine_guide(guide, weights, 0.5, 0.75)
    assert max(add_land_cover(trained, weights).values()) < 5e-3
    fine = suited_guide(Bundle(weights, 1), 0.5)
    frames = np.random.default_rng(0).integers(0, 255, (2, 64, 96, 3), np.uint8)
    maps = fine.predict(replace(pair(frames), metres_per_pixel=0.5), cover=True)
    assert maps.cover.packed.shape == (2, 64, 96)
    dates = torch.from_numpy(frames).permute(0, 3, 1, 2).float() / 255
    model, head = GuideModel.from_pretrained(guide).eval(), LandCoverModel.from_pretrained(trained).eval()
    with torch.no_grad():
        expected = head(*model.land_cover_features(dates), dates).numpy()
    got = cover_scores(fine.bundle, dates[:, None].numpy())
    np.testing.assert_allclose(got, expected, atol=2e-2 * max(1, np.abs(expected).max()))


@pytest.fixture(scope="module")
def wider_guide(tmp_path_factory):
    """Its maps at stride 4 have 8 channels; the trained head reads 6."""
    torch.manual_seed(1)
    folder = tmp_path_factory.mktemp("wider")
    GuideModel(fine_config((4, 8, 4, 4))).save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def with_head(guide, trained, bundle_folder, tmp_path_factory):
    """Weights with guide and head, which have checksums; not to be changed."""
    weights = shutil.copytree(bundle_folder, tmp_path_factory.mktemp("with_head") / "weights")
    config = json.loads((weights / "config.json").read_text())
    reports = {"calibration_report": {"land_cover": {"accuracy": 1.0}, "mask": {"f1": 1.0}}}
    (weights / "config.json").write_text(json.dumps(config | reports | {"checksums": {}}))
    add_fine_guide(guide, weights, 0.5, 0.75)
    add_land_cover(trained, weights)
    return weights


def test_a_head_that_cannot_read_another_guide_is_removed(with_head, trained, wider_guide, tmp_path):
    weights = shutil.copytree(with_head, tmp_path / "weights")
    assert "land_cover.onnx" in json.loads((weights / "config.json").read_text())["checksums"]
    done = CliRunner().invoke(app, ["export", "--fine-guide", str(wider_guide), "--out", str(weights)])
    assert done.exit_code == 0, done.output
    (said,) = [line for line in done.stdout.splitlines() if "removed" in line]
    assert said.startswith("land_cover.onnx was removed: it reads 6 channels of") and "this guide gives 8; for another" in said
    assert f"recipes/land-cover.yaml --set guide={wider_guide} --set head=null" in said and "export --land-cover" in said
    config = json.loads((weights / "config.json").read_text())
    assert "land_cover" not in config and not list(weights.glob("land_cover*"))
    assert sorted(config["checksums"]) == sorted(name for name in config["checksums"] if (weights / name).is_file())
    assert not any(name.startswith("land_cover") for name in config["checksums"])
    assert config["calibration_report"] == {"mask": {"f1": 1.0}}
    frames = np.random.default_rng(0).integers(0, 255, (2, 64, 96, 3), np.uint8)
    described = load(weights=weights, threads=1).describe(replace(pair(frames), metres_per_pixel=0.5))
    assert described.land_cover is None
    with pytest.raises(InputError, match=r"reads 6 channels of decoded_4.*gives 8"):
        add_land_cover(trained, weights)
    assert not list(weights.glob("land_cover*"))


def test_a_head_that_can_read_another_guide_stays(with_head, guide, tmp_path):
    weights, said = shutil.copytree(with_head, tmp_path / "weights"), []
    before = (weights / "land_cover.onnx").read_bytes()
    add_fine_guide(guide, weights, 0.5, 0.75, said.append)
    assert not said and (weights / "land_cover.onnx").read_bytes() == before
    assert "land_cover" in json.loads((weights / "config.json").read_text())


def test_weights_whose_head_cannot_read_their_guide_are_explained(with_head, wider_guide, bundle_folder, tmp_path):
    """As an export of version 0.8.0 and before leaves them."""
    weights, other = (shutil.copytree(source, tmp_path / name) for source, name in ((with_head, "a"), (bundle_folder, "b")))
    add_fine_guide(wider_guide, other, 0.5, 0.75)
    shutil.copy(other / "guide_fine.onnx", weights)
    config = json.loads((weights / "config.json").read_text())
    del config["checksums"]
    (weights / "config.json").write_text(json.dumps(config))
    scene = replace(pair(np.full((2, 64, 64, 3), 90, np.uint8)), metres_per_pixel=0.5)
    with pytest.raises(InputError, match=r"land_cover\.onnx .* reads 6 channels of decoded_4, but guide_fine\.onnx gives 8"):
        load(weights=weights, threads=1).describe(scene)


def test_calibration_names_classes_from_the_confidence_at_which_they_are_right(bundle_folder, tmp_path, monkeypatch):
    """The tiny head takes grey levels for classes; "water" of the mosaics is as bright as its trees, so neither is ever right
    often enough, while all others are."""
    weights = write_covering_bundle(bundle_folder, tmp_path / "weights")
    drawn = grounds(STEP)
    drawn[5] = [replace(ground, pixels=np.full((64, 64, 3), 4 * STEP, np.uint8)) for ground in drawn[5]]
    monkeypatch.setattr(calibration, "held_out_grounds", lambda data, split: drawn)
    monkeypatch.setattr(calibration, "difference_only", lambda image, seed: image)
    monkeypatch.setattr("chronosight.synthetic.mosaics.SHADED", 0)
    monkeypatch.setattr(calibration, "RENDERED", 0)
    monkeypatch.setattr(calibration, "COARSE_MOSAICS", 0)
    monkeypatch.setattr(calibration, "COARSE_RENDERED", 0)
    result = calibration.calibrate_land_cover(weights, tmp_path, 20)
    written = json.loads((weights / "config.json").read_text())
    least = dict(zip(LAND_COVER_CLASSES, written["land_cover"]["least"], strict=True))
    assert result["land_cover"] == written["land_cover"] and written["calibration_report"]["land_cover"]["accuracy"] > 0.5
    assert least["trees"] == calibration.MOST and least["built-up"] == calibration.LEAST[0]
    fine = {name: written["land_cover"][name] for name in ("scale", "bias", "least", "agreeing")}
    assert all(written["land_cover"][f"{name}_coarse"] == values for name, values in fine.items())
    report = result["calibration_report"]["land_cover"]
    assert report["error_after"] <= report["error_before"] + 0.02


def test_coarser_pairs_are_read_by_what_is_right_in_coarser_scenes(bundle_folder, tmp_path, monkeypatch):
    """All classes are right in fine scenes; in coarse ones a third of what seems built-up is paved."""
    weights = write_covering_bundle(bundle_folder, tmp_path / "weights")
    labels = np.arange(6).repeat(600)
    fine = twice(20 * np.eye(6, dtype=np.float32)[labels], labels)
    coarse = twice(20 * np.eye(6, dtype=np.float32)[[0] * 30 + [3] * 30], np.array([0] * 20 + [1] * 10 + [3] * 30))
    monkeypatch.setattr(calibration, "_held_out", lambda *_: ([fine], [coarse]))
    monkeypatch.setattr(calibration, "_fit", lambda sources: (np.full(6, float(len(sources))), np.zeros(6)))
    monkeypatch.setattr(calibration, "LEAST", (0.93,) * 6)
    monkeypatch.setattr(calibration, "LEAST_COARSE", (0.94,) * 6)
    settings = calibration.calibrate_land_cover(weights, tmp_path)["land_cover"]
    assert settings["least"] == [0.93] * 6
    assert settings["scale"] == [1.0] * 6 and settings["scale_coarse"] == [2.0] * 6
    assert settings["least_coarse"][0] == calibration.MOST and settings["least_coarse"][3] == 0.94


def twice(scores: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Pixels that look the same at both dates."""
    return np.stack([scores] * 2, axis=1), np.stack([labels] * 2, axis=1)


def test_what_both_dates_show_is_named_from_the_confidence_at_which_that_is_right():
    """Trees are right from 0.7 on at both dates, water never, bare ground by its group; one date alone counts nowhere."""
    bare, low, trees, water = 2, 3, 4, 5
    found = np.array([[trees] * 2] * 40 + [[water] * 2] * 20 + [[bare, low]] * 20 + [[trees, water]] * 100)
    confidence = np.array([[0.75, 0.9]] * 20 + [[0.65, 0.9]] * 20 + [[0.9] * 2] * 20 + [[0.55, 0.6]] * 20 + [[0.9] * 2] * 100)
    labels = np.array([[trees] * 2] * 20 + [[low] * 2] * 20 + [[trees] * 2] * 20 + [[low] * 2] * 20 + [[low] * 2] * 100)
    agreeing = calibration._agreeing(found, confidence, labels, [0.95] * 6)
    assert agreeing == [NEVER, NEVER, 0.5, 0.5, 0.7, NEVER]
    assert calibration._agreeing(found, confidence, labels, [0.6] * 6)[trees] == NEVER  # named without the other date


def test_overlap_is_lost_where_known_pixels_are_of_another_class():
    labels = torch.tensor([[[[0, 0, 1, -1]], [[0, 0, 1, -1]]]])
    same = torch.zeros(1, 1, 4, dtype=torch.int64)

    def lost(*found: int) -> float:
        scores = 50 * torch.nn.functional.one_hot(torch.tensor([found] * 2), 6).permute(0, 2, 1)[:, :, None].float()
        return land_cover.land_cover_loss(scores, labels, same)["overlap"].item()

    assert lost(0, 0, 1, 5) == pytest.approx(0, abs=1e-6) and lost(5, 5, 5, 0) == pytest.approx(1)
    assert lost(0, 1, 1, 3) == pytest.approx(0.5)  # of both classes, one of two pixels


def test_coarse_scenes_are_rendered_at_about_a_metre():
    low, high = land_cover.COARSE_STEPS
    assert all(low <= land_cover.rendered_ground(index, 1.0).metres_per_pixel <= high for index in range(3))


def test_training_scenes_are_rendered_at_mapped_ground_sizes():
    steps = [land_cover.rendered_ground(index).metres_per_pixel for index in range(6)]
    low, high = land_cover.RENDERED_STEPS
    assert all(low <= step <= high for step in steps) and len(set(steps)) == 6 and max(steps) > 0.8
