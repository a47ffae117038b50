"""Land-cover change of a whole scene: band by band on disk as in memory at once."""

import numpy as np
import pytest

from chronosight.engines.compact.land_cover import land_cover_change
from chronosight.engines.compact.large import codes, land_cover, objects
from chronosight.engines.compact.large.land_cover import whole_scene_land_cover
from chronosight.engines.compact.large.store import CORE, VALID, Store
from chronosight.engines.generalise import ObjectLimits
from chronosight.results.codes import NO_DATA
from exact_cover import SURE, cover_of, evidence_of, scene_of

SIDE = 300


@pytest.fixture
def blocks():
    """Random blocks of all classes at both dates, a changed building, and a strip without data."""
    rng = np.random.default_rng(5)
    before, after = (rng.integers(0, 6, (15, 15)).repeat(20, 0).repeat(20, 1) for _ in range(2))
    likely = rng.uniform(0.85, 1, (2, SIDE, SIDE))
    mask = np.zeros((SIDE, SIDE), np.uint8)
    mask[100:140, 60:90] = 2
    scene = scene_of(np.zeros((2, SIDE, SIDE, 3), np.uint8), 1.0)
    scene.valid[:, 290:] = False
    cover = cover_of(before, after, likely)
    cover.packed[:, ~scene.valid] = 255
    return cover, evidence_of(mask, mask > 0, scene), scene


def stored(folder, cover, evidence, scene):
    store = Store(folder, SIDE, SIDE, "key", cover=True)
    packed = (evidence.mask | np.uint8(CORE) | np.uint8(VALID)) * scene.valid
    zeros = np.zeros((SIDE, SIDE))
    store.write(0, zeros.astype(np.uint16), (evidence.appeared * 255).astype(np.uint8), packed.astype(np.uint8))
    store.write_cover(0, cover.packed)
    codes.write_codes(store, objects.find(store, 2, 0, split=False))
    return store


@pytest.mark.parametrize("band", [16, 64, 512])
def test_bands_on_disk_give_what_the_whole_gives_in_memory(tmp_path, blocks, monkeypatch, band):
    monkeypatch.setattr(land_cover, "BAND", band)
    cover, evidence, scene = blocks
    whole = land_cover_change(cover, evidence, scene, 1.0)
    large = whole_scene_land_cover(stored(tmp_path / "maps", *blocks), SURE, scene, evidence.objects)
    assert len(whole.objects) > 10 and len(whole.grounds) == 1

    def facts(change):
        return {
            (*item.key, item.cell, item.area_px, round(item.confidence, 4), *np.round(item.centroid, 2))
            for item in change.objects
        }

    assert facts(large) == facts(whole)
    assert (large.rows(0, SIDE) == whole.rows(0, SIDE)).all() and (large.rows(0, SIDE)[:, 290:] == NO_DATA).all()
    assert (large.dates(10, 50) == whole.dates(10, 50)).all()
    assert large.known == pytest.approx(whole.known) and (large.totals, large.perhaps) == (whole.totals, whole.perhaps)
    assert [ground.to_dict() for ground in large.grounds] == [ground.to_dict() for ground in whole.grounds]


def test_limits_leave_objects_off_list_and_map(tmp_path, blocks):
    store = stored(tmp_path / "maps", *blocks)
    every = whole_scene_land_cover(store, SURE, blocks[2], blocks[1].objects)
    few = whole_scene_land_cover(store, SURE, blocks[2], blocks[1].objects, ObjectLimits(1000))
    assert 0 < len(few.objects) < len(every.objects) and min(item.area for item in few.objects) >= 1000
    changed = few.rows(0, SIDE)
    assert ((changed > 0) & (changed < 254)).sum() == sum(item.area_px for item in few.objects)
