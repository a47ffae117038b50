"""Images unlike those trained on are distinguished by their features, and answers about them are never confident."""

import json
import shutil

import numpy as np
import pytest

from chronosight import load
from chronosight.engines.compact.familiar import UNLIKE, Familiarity
from chronosight.errors import InputError
from chronosight.scenes.scene import Scene
from chronosight.training.calibration.familiar import fit_familiar


@pytest.fixture
def drawn():
    """2,400 points of a stretched and turned cloud; and one direction in which it is thin."""
    rng = np.random.default_rng(3)
    turn = np.linalg.qr(rng.normal(size=(6, 6)))[0]
    return (rng.normal(size=(2400, 6)) * [9, 4, 2, 1, 1, 0.4] + 5) @ turn, turn


def test_distance_is_about_one_inside_and_follows_the_shape_of_the_cloud(drawn):
    cloud, turn = drawn
    table, settings = fit_familiar(cloud[:2000], cloud[2000:])
    found = Familiarity(table, settings)
    distances = np.array([found.distance(point) for point in cloud[2000:]])
    assert distances.mean() == pytest.approx(0.97, abs=0.06)
    assert (distances > settings["limit"]).mean() == pytest.approx(0.025, abs=0.003)
    centre, wide, thin = cloud.mean(axis=0), turn[0], turn[5]
    assert found.distance(centre + 9 * wide) < 0.6 < 3 < found.distance(centre + 9 * thin)
    assert found.doubts(centre) == () and found.doubts(centre + 9 * thin) == (UNLIKE,)


def image(bright: int) -> Scene:
    frames = np.random.default_rng(1).integers(0, bright, (1, 96, 96, 3), dtype=np.uint8)
    return Scene("image", frames, np.ones((96, 96), bool), ("a.png",))


def weights_with(bundle_folder, folder, table, limit):
    weights = shutil.copytree(bundle_folder, folder)
    np.save(weights / "familiar.npy", table.astype(np.float32))
    config = json.loads((weights / "config.json").read_text())
    config.pop("checksums", None)
    (weights / "config.json").write_text(json.dumps(config | {"familiar": {"limit": limit}}))
    return weights


def test_an_unlike_image_gets_no_confident_answer(bundle_folder, tmp_path):
    engine = load(weights=bundle_folder, threads=1)
    pooled = engine.encode(image(200)).pooled[0]
    table = np.concatenate([pooled[None], np.eye(len(pooled))])
    near = load(weights=weights_with(bundle_folder, tmp_path / "near", table, 0.5), threads=1)
    moved = np.concatenate([table[:1] + 3, table[1:]])
    far = load(weights=weights_with(bundle_folder, tmp_path / "far", moved, 0.5), threads=1)
    for question in ("Are there any buildings?", "What kind of place is this?", "Describe the image."):
        said = [one.ask(image(200), question) for one in (engine, near, far)]
        assert said[0].text == said[1].text == said[2].text and said[0].confidence == said[1].confidence
        assert UNLIKE not in said[1].notes
        assert UNLIKE in said[2].notes and not said[2].confident and said[2].confidence <= 0.5


def test_a_table_of_another_shape_is_refused(bundle_folder, tmp_path):
    engine = load(weights=weights_with(bundle_folder, tmp_path / "bad", np.zeros((4, 9)), 1.0), threads=1)
    with pytest.raises(InputError, match=r"familiar.npy holds 4 x 9 numbers"):
        engine.ask(image(200), "Are there any buildings?")
