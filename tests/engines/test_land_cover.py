"""The land-cover map that the guide of fine imagery gives beside its own maps."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from scipy import ndimage

from bad_inputs import write_tiff
from chronosight.batch.bands import pack_rows, unpack_rows
from chronosight.engines.compact.bundle import SHIPPED, Bundle
from chronosight.engines.compact.cover_maps import calibrated_cover, cover_of, likeliest
from chronosight.engines.compact.guide import Guide, suited_guide
from chronosight.engines.compact.large.predict import Tiling, predict, predict_band
from chronosight.engines.compact.large.store import Store
from chronosight.engines.compact.large.whole_scene import open_store
from chronosight.engines.compact.tiles import owned_parts, tile_starts
from chronosight.errors import InputError
from chronosight.results.land_cover import NEVER, NO_COVER, Thresholds
from chronosight.scenes.large.opened import open_header
from chronosight.scenes.large.pair import open_pair
from chronosight.scenes.open import open_scene
from chronosight.tasks.land_cover import COARSEST
from small_scenes import pair
from tiny_cover import STEP, write_covering_bundle


@pytest.fixture(scope="module")
def folder(bundle_folder, tmp_path_factory):
    return write_covering_bundle(bundle_folder, tmp_path_factory.mktemp("cover") / "weights")


@pytest.fixture(scope="module")
def guide(folder):
    return Guide(Bundle(folder, 1), fine=True)


def blocks(height: int, width: int, side: int, seed: int) -> np.ndarray:
    """(H, W) class of square blocks, none darker than the next by a step alone."""
    drawn = np.random.default_rng(seed).integers(0, 6, (-(-height // side), -(-width // side)))
    return drawn.repeat(side, 0).repeat(side, 1)[:height, :width]


def painted(*dates: np.ndarray) -> np.ndarray:
    return np.stack([np.repeat((date * STEP)[..., None], 3, -1) for date in dates]).astype(np.uint8)


def inner(classes: np.ndarray, side: int, margin: int) -> np.ndarray:
    """Pixels that lie away from the borders of blocks."""
    axes = [(np.arange(length) % side >= margin) & (np.arange(length) % side < side - margin) for length in classes.shape]
    return axes[0][:, None] & axes[1]


@pytest.mark.parametrize(("height", "width"), [(96, 160), (700, 1000), (97, 131)])
def test_each_date_has_its_own_classes_on_the_grid_of_the_scene(guide, height, width):
    before, after = blocks(height, width, 32, 1), blocks(height, width, 32, 2)
    cover = guide.predict(replace(pair(painted(before, after)), metres_per_pixel=0.5), cover=True).cover
    assert cover.packed.shape == (2, height, width)
    away = inner(before, 32, 6)
    assert (cover.classes[0] == before)[away].all() and (cover.classes[1] == after)[away].all()
    assert cover.known[:, away].all()


def test_a_resampled_scene_gets_its_map_on_its_own_grid(guide):
    before, after = blocks(320, 448, 64, 1), blocks(320, 448, 64, 2)
    cover = guide.predict(replace(pair(painted(before, after)), metres_per_pixel=0.25), cover=True).cover
    away = inner(before, 64, 14)
    assert cover.packed.shape == (2, 320, 448)
    assert (cover.classes == np.stack([before, after]))[:, away].all()


def test_nothing_is_known_where_a_date_has_no_data(guide):
    frames, valid = painted(blocks(96, 96, 32, 1), blocks(96, 96, 32, 2)), np.ones((96, 96), bool)
    valid[10:40, 50:] = False
    cover = guide.predict(replace(pair(frames, valid=valid), metres_per_pixel=0.5), cover=True).cover
    assert (cover.packed[:, ~valid] == NO_COVER).all() and not (cover.packed[:, valid] == NO_COVER).any()
    assert not cover.known[:, ~valid].any()


def test_it_is_left_out_where_not_asked_for_and_changes_nothing_else(guide, folder, bundle_folder):
    scene = replace(pair(painted(blocks(96, 96, 32, 1), blocks(96, 96, 32, 2))), metres_per_pixel=0.5)
    plain, covered = guide.predict(scene), guide.predict(scene, cover=True)
    assert plain.cover is None
    np.testing.assert_array_equal(plain.probability, covered.probability)
    for metres in (None, 1.3, 2.0):  # unknown, and coarser than the weights allow
        assert Guide(Bundle(folder, 1)).predict(replace(scene, metres_per_pixel=metres), cover=True).cover is None
    assert suited_guide(Bundle(bundle_folder, 1), 0.5).predict(scene, cover=True).cover is None


@pytest.mark.parametrize(("height", "width"), [(96, 160), (700, 1000), (97, 131)])
def test_a_pair_that_both_guides_compare_is_mapped_from_the_same_run(folder, height, width, monkeypatch):
    before, after = blocks(height, width, 32, 1), blocks(height, width, 32, 2)
    scene = replace(pair(painted(before, after)), metres_per_pixel=1.0)
    guide, runs = suited_guide(Bundle(folder, 1), 1.0), []
    run = Guide._run
    monkeypatch.setattr(Guide, "_run", lambda self, *given: runs.append(given[-1]) or run(self, *given))
    plain, tiles = guide.predict(scene), runs.count("guide_fine")
    covered = guide.predict(scene, cover=True)
    away = inner(before, 32, 6)
    assert not guide.fine and covered.cover.packed.shape == (2, height, width)
    assert (covered.cover.classes == np.stack([before, after]))[:, away].all()
    np.testing.assert_array_equal(plain.probability, covered.probability)
    assert tiles and runs.count("guide_fine") == 2 * tiles


def test_the_shipped_weights_map_what_answers_say():
    assert Bundle(SHIPPED).config["land_cover"]["up_to"] == COARSEST


def test_a_class_is_named_from_its_own_confidence_on(folder, tmp_path):
    copy = tmp_path / "weights"
    shutil.copytree(folder, copy)
    config = json.loads((copy / "config.json").read_text())
    config["land_cover"] |= {"scale": [0.05] * 6, "bias": [0.0] * 6, "least": [0.9, 0.0, 0.9, 0.9, 0.9, 0.9]}
    (copy / "config.json").write_text(json.dumps(config))
    scene = replace(pair(painted(np.full((64, 64), 1), np.full((64, 64), 2))), metres_per_pixel=0.5)
    cover = Guide(Bundle(copy, 1), fine=True).predict(scene, cover=True).cover
    assert (cover.classes[0] == 1).all() and (cover.classes[1] == 2).all()
    assert cover.known[0].all() and not cover.known[1].any()
    assert (cover.confidence < 0.9).all()


def test_coarser_pairs_have_least_confidences_of_their_own(folder, tmp_path):
    copy = tmp_path / "weights"
    shutil.copytree(folder, copy)
    config = json.loads((copy / "config.json").read_text())
    config["land_cover"] |= {"least": [0.5] * 6, "agreeing": [0.4] * 6, "least_coarse": [0.9] * 6}
    (copy / "config.json").write_text(json.dumps(config))
    nothing = (NEVER,) * 6
    assert suited_guide(Bundle(copy, 1), 0.5).cover_thresholds == Thresholds((0.5,) * 6, (0.4,) * 6)
    assert suited_guide(Bundle(copy, 1), 1.0).cover_thresholds == Thresholds((0.9,) * 6, nothing)
    old = {metres: suited_guide(Bundle(folder, 1), metres).cover_thresholds for metres in (0.5, 1.0)}
    assert old[0.5] == old[1.0] and old[0.5].agreeing == nothing


def test_scores_of_coarser_pairs_are_read_by_factors_and_offsets_of_their_own(folder, tmp_path):
    copy = tmp_path / "weights"
    shutil.copytree(folder, copy)
    config = json.loads((copy / "config.json").read_text())
    config["land_cover"] |= {"scale_coarse": [0.5] * 6, "bias_coarse": [0.0, 0.0, 0.0, 0.0, 99.0, 0.0]}
    (copy / "config.json").write_text(json.dumps(config))
    scene = pair(painted(np.full((64, 64), 1), np.full((64, 64), 2)))
    fine, coarse = (suited_guide(Bundle(copy, 1), step).predict(replace(scene, metres_per_pixel=step), cover=True).cover.classes
                    for step in (0.5, 1.0))  # fmt: skip
    assert (fine[0] == 1).all() and (fine[1] == 2).all() and (coarse == 4).all()


def test_a_damaged_setting_is_one_line(folder, tmp_path):
    copy = tmp_path / "weights"
    shutil.copytree(folder, copy)
    config = json.loads((copy / "config.json").read_text())
    config["land_cover"]["least"] = [0.5] * 5
    (copy / "config.json").write_text(json.dumps(config))
    with pytest.raises(InputError, match="land_cover") as caught:
        Bundle(copy, 1)
    assert "\n" not in str(caught.value)


@pytest.fixture(scope="module")
def large_frames():
    shape = 1300, 1100
    return painted(blocks(*shape, 48, 1), blocks(*shape, 48, 2))


@pytest.mark.parametrize("metres", [0.5, 1.0])
def test_a_whole_scene_has_the_cover_of_the_same_pair_in_memory(folder, large_frames, tmp_path, metres):
    large = [write_tiff(tmp_path / f"{i}.tif", frame, size=metres) for i, frame in enumerate(large_frames)]
    bundle = Bundle(folder, 1)
    guide = suited_guide(bundle, metres)
    whole = guide.predict(open_scene(*large, register=False), cover=True).cover
    with open_pair(*(open_header(path) for path in large), metres) as opened:
        store = open_store(tmp_path / "maps", opened, bundle, cover=True)
        predict(opened, guide, store)
        rows = range(len(Tiling(1100, 1300).rows))
        bands = [row for first in rows for row in predict_band(opened, guide, range(first, first + 1), True)]
    np.testing.assert_array_equal(store.read_cover(0, 1300), whole.packed)
    np.testing.assert_array_equal(store.read_cover(300, 700, 100, 900), whole.packed[:, 300:700, 100:900])
    carried = list(unpack_rows(pack_rows(bands), 1100, Tiling(1100, 1300).padded[0]))
    for row, part in zip(bands, carried, strict=True):
        assert part["cover_top"] == row.cover_top
        np.testing.assert_array_equal(part["cover"], row.cover)
        np.testing.assert_array_equal(row.cover, whole.packed[:, row.cover_top : row.cover_top + row.cover.shape[1]])


def test_a_store_without_cover_starts_afresh_when_it_is_asked_for(tmp_path):
    Store(tmp_path / "maps", 60, 40, "key").write(0, *(np.zeros((40, 60), kind) for kind in (np.uint16, np.uint8, np.uint8)))
    store = Store(tmp_path / "maps", 60, 40, "key", cover=True)
    assert store.rows_done == 0 and (tmp_path / "maps" / "cover_after.u8").is_file()


@pytest.mark.parametrize(("length", "tile", "overlap"), [(100, 512, 128), (512, 512, 128), (1300, 512, 128), (2000, 301, 75)])
def test_every_pixel_has_one_owner_and_lies_in_its_tile(length, tile, overlap):
    starts = tile_starts(length, tile, overlap)
    parts = owned_parts(starts, tile, length)
    assert parts[0][0] == 0 and parts[-1][1] == length
    assert all(stop == start for (_, stop), (start, _) in pairwise(parts))
    for start, (first, last) in zip(starts, parts, strict=True):
        assert start + (overlap // 2 if start else 0) <= first < last <= min(length, start + tile)


def test_the_likeliest_class_has_the_probability_of_all_open_ground():
    """Bare ground and low vegetation together outweigh trees that each alone would not; a scale and an offset of each class."""
    scores = np.log(np.array([[0.02, 0.02, 0.3, 0.2, 0.4, 0.06], [0.02, 0.02, 0.1, 0.2, 0.6, 0.06]], np.float32).T)
    as_they_are = {"scale": [1.0] * 6, "bias": [0.0] * 6}
    classes, confidence = likeliest(calibrated_cover(scores, as_they_are))
    assert classes.tolist() == [2, 4] and classes.dtype == np.uint8
    np.testing.assert_allclose(confidence, [0.5, 0.6], rtol=1e-5)
    classes, _ = likeliest(calibrated_cover(scores, as_they_are | {"bias": [0, 0, 0, 1.0, 0, 0]}))
    assert classes.tolist() == [3, 3]
    classes, confidence = likeliest(calibrated_cover(scores, as_they_are | {"scale": [2.0] * 6}))
    assert classes.tolist() == [4, 4]
    np.testing.assert_allclose(confidence[1], 0.36 / (0.36 + 0.04 + 0.01 + 0.0036 + 0.0008), rtol=1e-4)


@pytest.mark.parametrize("size", [(72, 90), (71, 89), (144, 180)])
def test_a_score_of_the_head_is_drawn_as_a_square_of_pixels(size):
    """72 x 90 pixels of 96 x 96; the last squares of an odd one are cut, those of a finer one are larger."""
    drawn = np.random.default_rng(0).integers(0, 6, (2, 48, 48))
    scores = 9 * np.eye(6, dtype=np.float32)[drawn].transpose(0, 3, 1, 2)
    seen = (72, 90) if size[0] > 72 else size
    packed = cover_of(scores, {"scale": [1.0] * 6, "bias": [0.0] * 6}, 96, seen, size)
    expected = drawn.repeat(2 * size[0] // seen[0], 1).repeat(2 * size[0] // seen[0], 2)[:, : size[0], : size[1]]
    assert packed.shape == (2, *size) and ((packed >> 5) == expected).mean() > (0.7 if size[0] > 72 else 1 - 1e-9)


def test_along_borders_pixels_are_interpolated_between_squares():
    drawn = np.random.default_rng(0).normal(size=(12, 150, 40))
    scores = 60 * ndimage.gaussian_filter(drawn, (0, 4, 4)).reshape(2, 6, 150, 40).astype(np.float32)
    settings = {"scale": [1.0] * 6, "bias": [0.0] * 6}
    found = cover_of(scores, settings, 80, (300, 80), (300, 80)) >> 5
    between = np.mgrid[:300, :80] / 2 - 0.25  # middles of pixels, counted in squares from the middle of the first
    for date, of_date in zip(found, scores, strict=True):
        chance = calibrated_cover(of_date, settings)
        exact = np.stack([ndimage.map_coordinates(one, between, order=1, mode="nearest") for one in chance])
        nearest = likeliest(chance)[0].repeat(2, 0).repeat(2, 1)
        assert (date == likeliest(exact)[0]).mean() > 0.999 and 0.01 < (date != nearest).mean() < 0.1
