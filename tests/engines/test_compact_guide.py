"""The guide on scenes of any size: tiles, borders, resampling, missing data."""

import json
import shutil
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import onnx
import pytest
from PIL import Image

from chronosight.engines.compact import guide as guide_module
from chronosight.engines.compact import guide_views
from chronosight.engines.compact.bundle import Bundle
from chronosight.engines.compact.guide import Guide, suited_guide
from chronosight.engines.compact.guide_outputs import mix_buildings, mix_buildings_and_roads, padded_frames, resized_maps
from chronosight.engines.compact.objects import read_evidence
from chronosight.errors import InputError
from small_scenes import ground, pair
from tiny_bundle import guide_graph
from tiny_cover import write_covering_bundle


@pytest.fixture
def guide(bundle_folder):
    return Guide(Bundle(bundle_folder, threads=1))


def speckled(height, width, seed=0):
    """A pair with 30 changed boxes at random places, half of them new."""
    rng = np.random.default_rng(seed)
    frames = ground(height, width)
    for i in range(30):
        y, x = rng.integers(0, height - 12), rng.integers(0, width - 12)
        frames[i % 2, y : y + rng.integers(4, 12), x : x + rng.integers(4, 12)] = rng.integers(180, 250)
    return pair(frames)


@pytest.mark.parametrize(("height", "width"), [(16, 16), (17, 40), (100, 75), (128, 160)])
def test_maps_have_the_size_of_the_scene(guide, height, width):
    maps = guide.predict(speckled(height, width))
    assert maps.mask.shape == maps.probability.shape == maps.appeared.shape == (height, width)
    assert maps.mask.dtype == np.uint8
    assert maps.probability.min() >= 0
    assert maps.probability.max() <= 1


@pytest.mark.parametrize(("height", "width"), [(200, 330), (128, 300), (250, 90)])
def test_tiled_equals_whole(guide, monkeypatch, height, width):
    scene = speckled(height, width)
    whole = guide.predict(scene)
    monkeypatch.setattr(guide_module, "TILE", 96)
    monkeypatch.setattr(guide_module, "OVERLAP", 32)
    seen = []
    tiled = guide.predict(scene, lambda done, total: seen.append((done, total)))
    assert len(seen) > 3
    assert seen[-1] == (len(seen), len(seen))
    np.testing.assert_array_equal(tiled.mask, whole.mask)
    np.testing.assert_allclose(tiled.probability, whole.probability, atol=1e-5)
    np.testing.assert_allclose(tiled.appeared, whole.appeared, atol=1e-5)
    assert tiled.changed == pytest.approx(whole.changed)


@pytest.mark.parametrize("views", [2, 4])
def test_views_are_turned_back_before_they_are_averaged(guide, views):
    """The tiny guide sees pixel by pixel, so every view says the same once it lies as the scene does."""
    scene = speckled(96, 128)
    one = guide.predict(scene)
    guide.views = views
    several = guide.predict(scene)
    assert one.mask.any()
    np.testing.assert_allclose(several.probability, one.probability, atol=1e-5)
    np.testing.assert_allclose(several.appeared, one.appeared, atol=1e-5)
    assert several.changed == pytest.approx(one.changed, abs=1e-5)


def test_equal_images_have_an_empty_mask(guide):
    frames = np.random.default_rng(0).integers(0, 255, (1, 90, 120, 3), np.uint8)
    maps = guide.predict(pair(np.concatenate([frames, frames])))
    assert not maps.mask.any()
    assert maps.changed < 0.05


def test_swapped_dates_swap_appeared_and_vanished(guide):
    scene = speckled(100, 120)
    there = read_evidence(guide.predict(scene), guide.classes).objects
    back = read_evidence(guide.predict(pair(scene.frames[::-1].copy())), guide.classes).objects
    assert {item.direction for item in there} == {"appeared", "vanished"}
    swap = {"appeared": "vanished", "vanished": "appeared"}
    assert [swap[item.direction] for item in there] == [item.direction for item in back]
    for one, other in zip(there, back, strict=True):
        np.testing.assert_array_equal(one.outline, other.outline)


def test_nothing_is_said_where_a_date_has_no_data(guide):
    scene = speckled(100, 120)
    scene.frames[1, :, 60:] = 255
    scene.valid[:, 60:] = False
    maps = guide.predict(scene)
    assert not maps.mask[:, 60:].any()
    assert not maps.probability[:, 60:].any()
    assert maps.mask[:, :60].any()


def test_another_ground_size_is_resampled_and_comes_back_on_the_scenes_grid(guide):
    """A building of 20 x 30 pixels at 0.25 m is seen at 1 m, and found where it was, within a pixel of 1 m."""
    frames = ground(240, 320)
    frames[1, 80:140, 120:220] = 220
    maps = guide.predict(pair(frames, metres_per_pixel=0.25))
    assert guide.resampling(pair(frames, metres_per_pixel=0.25)) == 0.25
    rows, columns = np.nonzero(maps.mask)
    assert maps.mask.shape == (240, 320)
    for found, true in ((rows.min(), 80), (rows.max(), 139), (columns.min(), 120), (columns.max(), 219)):
        assert abs(found - true) <= 4


def test_resampled_tiles_meet_without_seams(guide, monkeypatch):
    frames = ground(400, 520)
    frames[1, 90:310, 100:420] = 220
    scene = pair(frames, metres_per_pixel=0.5)
    whole = guide.predict(scene)
    monkeypatch.setattr(guide_module, "TILE", 96)
    monkeypatch.setattr(guide_module, "OVERLAP", 32)
    tiled = guide.predict(scene)
    assert (tiled.mask != whole.mask).mean() < 0.01


@pytest.mark.parametrize("metres_per_pixel", [None, 1.0, 0.7, 1.4])
def test_a_ground_size_near_the_trained_one_is_left_alone(guide, metres_per_pixel):
    assert guide.resampling(pair(ground(32, 32), metres_per_pixel=metres_per_pixel)) == 1.0


def test_a_tiny_scene_is_refused_in_one_line(guide):
    with pytest.raises(InputError, match="9 x 40 pixels, expected 16") as error:
        guide.predict(pair(ground(40, 9)))
    assert "\n" not in str(error.value)


def test_min_area_takes_small_objects_off_list_and_mask(guide):
    frames = ground(64, 64)
    frames[1, 5:8, 5:8] = 220
    frames[1, 30:50, 30:50] = 220
    maps = guide.predict(pair(frames))
    assert len(read_evidence(maps, guide.classes).objects) == 2
    evidence = read_evidence(maps, guide.classes, min_area=50)
    assert len(evidence.objects) == 1
    assert not evidence.mask[:20].any()
    assert evidence.objects[0].area_px == 400
    np.testing.assert_array_equal(evidence.objects[0].outline.min(axis=0), [30, 30])
    np.testing.assert_array_equal(evidence.objects[0].outline.max(axis=0), [50, 50])


def test_roads_and_buildings_are_distinguished(guide):
    frames = ground(96, 96)
    frames[1, 10:30, 10:30] = 220
    frames[1, 60:70, :, [0, 2]] = 250
    evidence = read_evidence(guide.predict(pair(frames)), guide.classes)
    assert sorted(item.class_name for item in evidence.objects) == ["building", "road"]


@pytest.fixture
def mixing(bundle_folder, tmp_path):
    """Weights whose guide of fine imagery sees new buildings alone, where the other one sees them too."""
    return write_covering_bundle(bundle_folder, tmp_path / "weights")


def test_two_guides_are_mixed_for_buildings_and_roads_stay():
    rng = np.random.default_rng(0)
    maps, others = (rng.random((5, 6, 7)).astype(np.float32) for _ in range(2))
    maps[:3] /= maps[:3].sum(axis=0)
    others[:3] /= others[:3].sum(axis=0)
    mixed = maps.copy()
    mix_buildings(mixed, others, 0.4)
    np.testing.assert_allclose(mixed[2], 0.6 * maps[2] + 0.4 * others[2], atol=1e-6)
    np.testing.assert_allclose(mixed[3:], 0.6 * maps[3:] + 0.4 * others[3:], atol=1e-6)
    np.testing.assert_allclose(mixed[:3].sum(axis=0), 1, atol=1e-6)
    np.testing.assert_allclose(mixed[1] / mixed[0], maps[1] / maps[0], rtol=1e-4)


def test_no_road_is_likelier_than_the_mean_of_both_guides():
    rng = np.random.default_rng(0)
    maps, others = (rng.random((5, 6, 7)).astype(np.float32) for _ in range(2))
    for one in (maps, others):
        one[:3] /= one[:3].sum(axis=0)
    plain, held = maps.copy(), maps.copy()
    mix_buildings(plain, others, 0.5)
    mix_buildings_and_roads(held, others, 0.5)
    mean = (maps[1] + others[1]) / 2
    np.testing.assert_allclose(held[1], np.minimum(plain[1], mean), atol=1e-6)
    np.testing.assert_array_equal(held[2:], plain[2:])
    np.testing.assert_allclose(held[:3].sum(axis=0), 1, atol=1e-6)
    assert (held[1] < plain[1]).any()


@pytest.mark.parametrize(("metres", "mixed"), [(None, True), (0.5, False), (1.0, True), (1.3, True), (1.4, False), (3.0, False)])
def test_which_ground_sizes_both_guides_compare(mixing, metres, mixed):
    guide = suited_guide(Bundle(mixing, 1), metres)
    assert guide.mixed == mixed and guide.fine == (metres == 0.5)


def test_tiles_and_batches_are_mixed_like_a_whole_scene(mixing, monkeypatch):
    scene, guide = speckled(200, 330), suited_guide(Bundle(mixing, 1), None)
    whole = guide.predict(scene)
    assert whole.fine is not None and guide.predict(speckled(128, 160)).fine["level_8"].shape[2:] == (16, 20)
    tiles = np.stack([scene.frames[:, :128, :160], scene.frames[:, 64:192, 96:256]])
    maps, _, _ = guide.predict_tiles(tiles)
    np.testing.assert_allclose(1 - maps[0][0], guide.predict(pair(tiles[0]), keep=True).blended[1:3].sum(0) / 255, atol=0.01)
    monkeypatch.setattr(guide_module, "TILE", 96)
    monkeypatch.setattr(guide_module, "OVERLAP", 32)
    tiled = guide.predict(scene)
    assert tiled.fine is None
    np.testing.assert_allclose(tiled.probability, whole.probability, atol=1e-5)


def bicubic(frames, times):
    rows, columns = (round(side * times) for side in frames.shape[1:3])
    return np.stack([np.asarray(Image.fromarray(frame).resize((columns, rows), Image.Resampling.BICUBIC)) for frame in frames])


@pytest.mark.parametrize("size", [(128, 192), (96, 160)], ids=["fits", "is padded"])
def test_pairs_that_both_guides_compare_may_be_shown_enlarged(mixing, size):
    bundle, scene = Bundle(mixing, 1), replace(speckled(*size), metres_per_pixel=1.0)
    as_it_is = suited_guide(bundle, 1.0).predict_tiles(scene.frames[None])[0][0]
    bundle.config["fine_guide"] |= {"mixed_at": [1.25, 1.5], "mixed_share": 0.6}
    guide, expected = suited_guide(bundle, 1.0), []
    (maps,), (changed,), (cover,) = guide.predict_tiles(scene.frames[None], cover=True)
    for one, times in ((Guide(bundle), 1.25), (Guide(bundle, fine=True), 1.5)):
        large = bicubic(scene.frames, times)
        (seen,), (own_changed,), _ = one.predict_tiles(padded_frames(large)[None])
        expected.append((resized_maps(seen[:, : large.shape[1], : large.shape[2]], *size), own_changed))
    mix_buildings_and_roads(expected[0][0], expected[1][0], 0.6)
    np.testing.assert_allclose(maps, expected[0][0], atol=1e-5)
    assert changed == pytest.approx(expected[0][1]) and np.abs(maps - as_it_is).max() > 0.3
    assert cover.shape == (2, *size)
    assert suited_guide(bundle, 0.5).mixed_at == suited_guide(bundle, 2.0).mixed_at == (1.0, 1.0)


def test_land_cover_of_enlarged_pairs_lies_where_it_lies(mixing):
    """Halves of two greys, which the tiny head takes for two classes."""
    bundle = Bundle(mixing, 1)
    bundle.config["fine_guide"]["mixed_at"] = [1.25, 1.5]
    frames = np.full((2, 96, 160, 3), 50, np.uint8)
    frames[:, :, 60:] = 150
    cover = suited_guide(bundle, 1.0).predict(replace(pair(frames), metres_per_pixel=1.0), cover=True).cover
    for classes in cover.classes:
        np.testing.assert_array_equal(classes[:, :56], 1)
        np.testing.assert_array_equal(classes[:, 64:], 3)


@pytest.mark.parametrize(("metres", "finest"), [(None, False), (0.1, True), (0.3, True), (0.31, False), (1.0, False)])
def test_which_ground_sizes_are_compared_at_two_sizes(mixing, metres, finest):
    guide = suited_guide(Bundle(mixing, 1), metres)
    assert guide.finest == finest and guide.metres_per_pixel == (0.25 if finest else 0.5 if guide.fine else 1.0)


def test_the_finest_pairs_are_compared_at_both_sizes(mixing):
    """A share of 1 leaves the larger size, of 0 the smaller one; between them lies the mean."""
    guide, scene = suited_guide(Bundle(mixing, 1), 0.25), speckled(96, 160)
    seen = {}
    for share in (0.0, 0.4, 1.0):
        guide.halved = 1 - share
        seen[share] = guide.predict_tiles(scene.frames[None])[0][0]
    plain = Guide(guide.bundle, fine=True)
    np.testing.assert_allclose(seen[1.0], plain.predict_tiles(scene.frames[None])[0][0], atol=1e-5)
    smaller = np.stack([np.asarray(Image.fromarray(f).resize((80, 48), Image.Resampling.BILINEAR)) for f in scene.frames])
    smaller = np.pad(smaller, ((0, 0), (0, 16), (0, 16), (0, 0)), mode="reflect")
    expected = plain.predict_tiles(smaller[None])[0][0][:, :48, :80]
    enlarged = [np.asarray(Image.fromarray(one).resize((160, 96), Image.Resampling.BILINEAR)) for one in expected]
    np.testing.assert_allclose(seen[0.0], enlarged, atol=0.03)  # images are rounded to whole grey levels here
    np.testing.assert_allclose(seen[0.4], 0.6 * seen[0.0] + 0.4 * seen[1.0], atol=1e-5)
    assert np.abs(seen[0.0] - seen[1.0]).max() > 0.3


def test_fine_pairs_are_shown_upside_down_and_may_be_compared_at_half_their_size_too(mixing):
    bundle, scene = Bundle(mixing, 1), replace(speckled(128, 192), metres_per_pixel=0.5)
    plain, tiles = suited_guide(bundle, 0.5), scene.frames[None]
    (own,), (own_changed,), (own_cover,) = plain.predict_tiles(tiles[:, :, ::-1], cover=True)
    own, own_cover = own[:, ::-1], own_cover[:, ::-1]
    bundle.config["fine_guide"]["halved"] = 0.25
    guide = suited_guide(bundle, 0.5)
    (maps,), (changed,), (cover,) = guide.predict_tiles(tiles, cover=True)
    small = resized_maps(scene.frames.transpose(0, 3, 1, 2).reshape(6, 128, 192).astype(np.float32) / 255, 64, 96)
    (half,), (half_changed,), *_ = plain.views_of(small.reshape(2, 1, 3, 64, 96), False)
    np.testing.assert_allclose(maps, 0.75 * own + 0.25 * resized_maps(half, 128, 192), atol=1e-5)
    assert changed == pytest.approx(0.75 * own_changed + 0.25 * half_changed) and np.abs(maps - own).max() > 0.1
    np.testing.assert_array_equal(cover, own_cover)
    shown = guide.predict(scene).fine
    assert shown["class_logits"].shape[2:] == (64, 96), "for the captioner, which is shown pairs at about 1 m"
    assert suited_guide(bundle, 0.25).halved == 1 - guide_views.FINEST_SHARE and suited_guide(bundle, 1.0).halved == 0


def test_a_guide_of_the_finest_pairs_is_asked_at_the_larger_size_alone(mixing, tmp_path, monkeypatch):
    weights = shutil.copytree(mixing, tmp_path / "finest")
    onnx.save(guide_graph(bound=0.5), weights / "guide_finest.onnx")  # sees less
    config = json.loads((weights / "config.json").read_text())
    config["fine_guide"]["finest_guide"] = True
    (weights / "config.json").write_text(json.dumps(config))
    scene, seen = speckled(96, 160), {}
    for name, folder in (("before", mixing), ("now", weights)):
        for share in (0.0, 0.6, 1.0):
            monkeypatch.setattr(guide_views, "FINEST_SHARE", share)
            monkeypatch.setattr(guide_views, "FINEST_GUIDE_SHARE", share)
            seen[name, share] = suited_guide(Bundle(folder, 1), 0.25).predict_tiles(scene.frames[None])[0][0]
    np.testing.assert_array_equal(seen["before", 0.0][:-1], seen["now", 0.0][:-1])
    assert seen["now", 1.0][0].mean() > seen["before", 1.0][0].mean() + 0.1
    np.testing.assert_allclose(seen["now", 0.6][:-1], 0.4 * seen["now", 0.0][:-1] + 0.6 * seen["now", 1.0][:-1], atol=1e-5)
    np.testing.assert_array_equal(seen["now", 0.6][-1], seen["now", 1.0][-1])  # interiors are those of the larger size
    assert suited_guide(Bundle(weights, 1), 0.5).larger_graph == "guide_fine"


def test_interiors_may_have_a_threshold_of_their_own(mixing):
    guide = Guide(Bundle(mixing, 1))
    maps = np.zeros((5, 1, 3), np.float32)
    maps[-1, 0] = 0.4, 0.6, 0.9
    assert guide.read(maps)[3].tolist() == [[False, True, True]]
    guide.bundle.config["calibration"] = {"mask": {"core": 0.8}}
    assert guide.read(maps)[3].tolist() == [[False, False, True]]


def test_the_finest_pairs_have_equal_maps_swapped_in_tiles_and_with_land_cover(mixing, monkeypatch):
    guide, scene = suited_guide(Bundle(mixing, 1), 0.25), speckled(200, 330)
    scene = replace(scene, metres_per_pixel=0.25)
    whole = guide.predict(scene, cover=True)
    back = guide.predict(replace(scene, frames=scene.frames[::-1].copy()))
    np.testing.assert_allclose(whole.probability, back.probability, atol=1e-5)
    np.testing.assert_allclose(whole.appeared, 1 - back.appeared, atol=1e-5)
    assert whole.cover.packed.shape == (2, 200, 330)
    plain = Guide(guide.bundle, fine=True).predict(replace(scene, metres_per_pixel=0.5), cover=True)
    assert (whole.cover.packed[:, 8:-8, 8:-8] >> 5 == plain.cover.packed[:, 8:-8, 8:-8] >> 5).mean() > 0.8
    monkeypatch.setattr(guide_module, "TILE", 128)
    monkeypatch.setattr(guide_module, "OVERLAP", 64)
    np.testing.assert_allclose(guide.predict(scene).probability, whole.probability, atol=0.02)


def test_the_finest_pairs_may_have_a_threshold_of_their_own(mixing):
    guide, scene = suited_guide(Bundle(mixing, 1), 0.25), speckled(96, 160)
    scene = replace(scene, metres_per_pixel=0.25)
    guide.bundle.config["calibration"] = {"mask_fine": {"threshold": 0.6}}
    few = (guide.predict(scene).mask > 0).sum()
    guide.bundle.config["calibration"]["mask_finest"] = {"threshold": 0.2}
    assert (guide.predict(scene).mask > 0).sum() > few > 0
    assert Guide(guide.bundle, fine=True).calibration("mask") == {"threshold": 0.6}


@pytest.mark.parametrize(("metres", "factor"), [(0.1, 0.4), (0.2, 0.8), (0.24, 1.0), (0.3, 1.2)])
def test_the_finest_pairs_are_shown_at_their_own_ground_size(mixing, metres, factor):
    guide = suited_guide(Bundle(mixing, 1), metres)
    assert guide.resampling(replace(speckled(64, 64), metres_per_pixel=metres)) == pytest.approx(factor)
    assert guide.min_area(metres) == Guide(guide.bundle, fine=True).min_area(metres)


@pytest.mark.parametrize(("captioner", "fine"), [(False, False), (True, False), (False, True)])
def test_the_memory_of_the_summary_branch_is_computed_only_where_it_is_read(bundle_folder, tmp_path, captioner, fine):
    """Weights with a captioner of their own, and the guide of fine imagery, never write a sentence from it."""
    bundle = Bundle(write_covering_bundle(bundle_folder, tmp_path / "weights"), threads=1)
    if captioner:
        bundle.config["captioner"] = {"words": []}
    guide, scene = Guide(bundle, fine), speckled(64, 64)
    asked = []

    class Session:
        def run(self, names, feeds):
            asked.append(list(names))
            return bundle.session(guide_graph).run(names, feeds)

    guide_graph = "guide_fine" if fine else "guide"
    guide.bundle = SimpleNamespace(config=bundle.config, session=lambda name: Session(), calibration=bundle.calibration)
    maps = guide.predict(scene)
    assert len(asked) == guide.views and ("memory" in asked[0]) is (maps.memory is not None) is not (captioner or fine)
    assert not any("memory" in names for names in asked[1:])  # of the scene as it is, not of a turned view
