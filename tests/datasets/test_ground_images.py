"""Land cover of single images by the rule of their scene class, and shadows that are no water."""

import numpy as np
import pytest
from PIL import Image

from chronosight.datasets.aid_ucm import StillImage
from chronosight.datasets.buildings import BuildingChip
from chronosight.datasets.ground_images import (
    BARE,
    BUILT,
    DRY,
    LOW,
    TREES,
    UNLABELLED,
    WATER,
    dry_places,
    ground_image,
    roof_images,
)
from chronosight.datasets.places import PlacePair

GREEN, BLUE, SAND = (70, 110, 60), (40, 60, 90), (200, 180, 140)


def still(folder, label: str, pixels: np.ndarray) -> StillImage:
    path = folder / f"{label}.png"
    Image.fromarray(pixels).save(path)
    return StillImage(f"{label}/1", "aid", label.lower(), (), path)


def plain(colour, side: int = 120) -> np.ndarray:
    return np.broadcast_to(np.array(colour, np.uint8), (side, side, 3)).copy()


@pytest.mark.parametrize(("label", "colour", "kind"), [("Forest", GREEN, TREES), ("Farmland", SAND, LOW), ("Desert", SAND, BARE)])
def test_an_image_of_one_kind_is_labelled_as_a_whole(tmp_path, label, colour, kind):
    found = ground_image(still(tmp_path, label, plain(colour)))
    assert found.kind == kind and (found.labels == kind).mean() > 0.99


def test_a_pond_is_the_even_region_in_the_middle(tmp_path):
    pixels = plain(GREEN)
    pixels[35:85, 30:90] = BLUE
    labels = ground_image(still(tmp_path, "Pond", pixels)).labels
    water = labels == WATER
    assert water[45:75, 40:80].all() and not water[:33].any() and not water[:, 92:].any()
    assert set(np.unique(labels)) == {UNLABELLED, WATER}


def test_a_beach_has_sand_and_water_and_surf_is_neither(tmp_path):
    pixels = plain(SAND)
    pixels[60:] = (60, 110, 150)
    pixels[52:60] = 245
    labels = ground_image(still(tmp_path, "Beach", pixels)).labels
    assert (labels[:45] == BARE).all() and (labels[70:-5] == WATER).all() and not (labels[53:58] >= 0).any()


def test_classes_without_a_rule_and_images_that_show_nothing_clear_are_left_out(tmp_path):
    assert ground_image(still(tmp_path, "Airport", plain(SAND))) is None
    noise = np.random.default_rng(0).integers(0, 255, (120, 120, 3), np.uint8)
    assert ground_image(still(tmp_path, "Pond", noise)) is None


def test_narrow_dark_ground_is_dry_and_a_dark_pond_is_open():
    pixels = plain((150, 140, 120), 200)
    pixels[20:26, 20:120] = 30  # 3 m wide
    pixels[60:160, 60:160] = 30  # 50 m
    labels = dry_places(pixels, 0.5)
    assert (labels[22:24, 30:110] == DRY).all()
    assert (labels[80:140, 80:140] == UNLABELLED).all() and (labels[180:] == UNLABELLED).all()


def test_roofs_are_those_of_masks_and_of_outlined_chips():
    mask = np.zeros((100, 100), bool)
    mask[20:60, 20:60] = True
    image = plain((150, 140, 120), 100)
    pair = PlacePair("a", "a", 0.5, image, image, mask, ())
    bare = PlacePair("b", "b", 0.5, image, image, np.zeros_like(mask), ())
    chips = [BuildingChip("c", 0.2, image, mask.astype(np.int32)), BuildingChip("d", 0.2, image, None)]
    found = roof_images([pair, bare], chips)
    assert [one.id for one in found] == ["a", "c"]
    assert all(one.kind == BUILT and (one.labels[mask] == BUILT).mean() > 0.85 for one in found)
    assert not (found[0].labels[~mask] == BUILT).any()
