from dataclasses import replace

import numpy as np
import pytest
from scipy import ndimage

from chronosight.synthetic import difference_only, render_pair
from chronosight.synthetic.build import Builder
from chronosight.synthetic.light import draw_conditions
from chronosight.synthetic.paint import draw_texture, paint
from chronosight.synthetic.pair import find_changes
from chronosight.synthetic.pair_words import NO_CHANGE_SENTENCES
from chronosight.synthetic.truth import LAND_COVER
from chronosight.tasks.objects import count_and_cells

SIZE = 128


@pytest.fixture(scope="module")
def pairs():
    return [render_pair(seed, SIZE) for seed in range(24)]


def test_a_seed_fixes_every_pixel_and_seeds_differ():
    first, again, other = render_pair(6, SIZE), render_pair(6, SIZE), render_pair(8, SIZE)
    assert np.array_equal(first.before, again.before) and np.array_equal(first.after, again.after)
    assert first.captions == again.captions and first.objects == again.objects
    assert not np.array_equal(first.before, other.before)


def test_half_of_the_pairs_are_unchanged_and_say_so(pairs):
    assert [pair.changed for pair in pairs] == [seed % 2 == 0 for seed in range(24)]
    for pair in pairs[1::2]:
        assert not pair.change_mask.any() and not pair.appeared.any()
        assert pair.captions == NO_CHANGE_SENTENCES


def test_unchanged_pairs_differ_strongly_in_light_or_season(pairs):
    gaps = [np.abs(p.before.astype(int) - p.after).mean() for p in pairs[1::2]]
    assert np.median(gaps) > 15


def test_objects_follow_the_label_rule(pairs):
    for pair in pairs:
        for code, name in ((1, "roads"), (2, "buildings")):
            count, cells = count_and_cells(pair.change_mask == code)
            of_class = [thing for thing in pair.objects if thing.class_name == name]
            assert len(of_class) == count
            assert tuple(dict.fromkeys(thing.cell for thing in of_class)) == cells


def test_mask_agrees_with_the_land_cover_of_the_date_where_the_thing_stands(pairs):
    building, share = 7, []
    for pair in pairs[::2]:
        new, gone = (pair.change_mask == 2) & pair.appeared, (pair.change_mask == 2) & ~pair.appeared
        share += list(pair.after_map[new] == building) + list(pair.before_map[gone] == building)
    assert len(share) > 500 and np.mean(share) > 0.97


def test_new_buildings_can_be_seen(pairs):
    """A changed building differs from the old ground by more than its surroundings do."""
    seen = []
    for pair in pairs[::2]:
        here = pair.change_mask == 2
        if here.sum() > 50:
            relative = pair.after.astype(float) - pair.after.mean((0, 1)) - pair.before + pair.before.mean((0, 1))
            gap = np.abs(relative).mean(-1)
            seen.append(gap[here].mean() > gap[~here].mean())
    assert len(seen) >= 5 and np.mean(seen) > 0.7


def test_appeared_marks_what_is_new():
    first, second = np.zeros((2, 64, 64), np.uint8)
    second[10:20, 10:20] = 2
    first[40:50, 40:52] = 2
    mask, appeared, objects = find_changes(first, second)
    assert {(o.appeared, o.cell) for o in objects} == {(True, "top left corner"), (False, "lower right corner")}
    assert appeared[12, 12] and not appeared[45, 45] and mask[45, 45] == 2


def test_specks_are_left_out_of_mask_and_objects():
    second = np.zeros((64, 64), np.uint8)
    second[5:8, 5:8] = 2
    mask, appeared, objects = find_changes(np.zeros_like(second), second)
    assert not mask.any() and not appeared.any() and objects == ()


@pytest.mark.parametrize("size", [128, 144, 320])
def test_sizes(size):
    pair = render_pair(2, size)
    assert pair.before.shape == pair.after.shape == (size, size, 3)
    assert pair.change_mask.shape == pair.appeared.shape == pair.before_map.shape == (size, size)
    assert pair.before.dtype == pair.change_mask.dtype == np.uint8 and pair.appeared.dtype == bool


@pytest.mark.parametrize("size", [100, 112, 1040])
def test_other_sizes_are_refused(size):
    with pytest.raises(ValueError, match="multiple of 16"):
        render_pair(0, size)


def test_ground_resolution_can_be_set():
    assert render_pair(4, SIZE, metres_per_pixel=1.0).metres_per_pixel == 1.0


def test_difference_only_keeps_the_place_but_not_its_look(pairs):
    image = render_pair(3, 256).before
    kept, moved = [], []
    for seed in range(12):
        other = difference_only(image, seed)
        assert other.shape == image.shape and other.dtype == np.uint8
        assert np.array_equal(other, difference_only(image, seed))
        coarse = [a.astype(float).mean(-1).reshape(32, 8, 32, 8).mean((1, 3)).ravel() for a in (image, other)]
        kept.append(np.corrcoef(coarse)[0, 1])
        moved.append(np.abs(image.astype(int) - other).mean())
    assert np.median(kept) > 0.85
    assert np.median(moved) > 10


def test_in_the_dry_season_soil_is_redder_and_smoother_than_grass():
    """Within one picture, so under one light: grass is straw-coloured and tufted, soil is not."""
    plan_ground = (("grass", "soil"), ("scrub", "mud"), ("grass", "red soil"))
    for grass, soil in plan_ground:
        rng = np.random.default_rng(3)
        builder = Builder(rng, 128.0, (grass, grass))
        builder.cover([(0, 0), (64, 0), (64, 128), (0, 128)], (soil, soil), 0.0)
        date = replace(draw_conditions(rng), green=0.0, blur=0.5, noise=0.005, saturation=0.8, haze=0.0)
        painted = paint(rng, builder.plan, draw_texture(rng, 256, 0.5), date, 0, 256, 0.5)
        seen = painted.pixels.astype(float)
        bare, low = (painted.cover == LAND_COVER.index(name) for name in ("bare land", "grass"))
        assert min(bare.mean(), low.mean()) > 0.3
        redness = np.log(seen[..., 0] / seen[..., 1])
        assert redness[bare].mean() - redness[low].mean() > 0.05
        rough = np.abs(seen.mean(-1) - ndimage.gaussian_filter(seen.mean(-1), 4)) / seen.mean(-1)
        assert rough[low].mean() > 1.5 * rough[bare].mean()
