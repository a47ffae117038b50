"""The weights that ship, on the examples that ship: invariances of the whole way from files to answers."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pytest
import rasterio
from PIL import Image
from rasterio.warp import Resampling, calculate_default_transform, reproject

import chronosight
from chronosight.scenes.scene import Scene

EXAMPLES = Path(__file__).parents[1] / "examples"
BEFORE, AFTER = EXAMPLES / "before.tif", EXAMPLES / "after.tif"


@pytest.fixture(scope="module")
def model():
    return chronosight.load(threads=1)


@pytest.fixture(scope="module")
def described(model):
    return model.describe(chronosight.open(BEFORE, AFTER))


def overlap(first: np.ndarray, second: np.ndarray) -> float:
    return float((first & second).sum() / max(1, (first | second).sum()))


def test_the_new_estate_is_found(described):
    by_name = {item.name: item for item in described.classes}
    assert described.changed.value is True
    assert by_name["buildings"].appeared >= 15 and by_name["buildings"].vanished <= 2
    assert by_name["roads"].appeared >= 1


def test_equal_images_have_an_empty_mask(model):
    found = model.describe(chronosight.open(AFTER, AFTER))
    assert found.changed.value is False
    assert not found.evidence.mask.any() and not found.evidence.objects


def test_swapped_dates_swap_new_and_gone(model, described):
    swapped = model.describe(chronosight.open(AFTER, BEFORE))
    forward, backward = described.classes[0], swapped.classes[0]
    assert backward.vanished > backward.appeared
    assert abs(forward.appeared - backward.vanished) <= 0.5 * forward.appeared


def test_png_gives_the_answers_of_the_geotiff(model, described, tmp_path):
    for path in (BEFORE, AFTER):
        with rasterio.open(path) as file:
            Image.fromarray(file.read().transpose(1, 2, 0)).save(tmp_path / f"{path.stem}.png")
    found = model.describe(chronosight.open(tmp_path / "before.png", tmp_path / "after.png"))
    np.testing.assert_array_equal(found.evidence.mask, described.evidence.mask)
    compass = {"top left": "north-west", "top right": "north-east", "lower left": "south-west", "lower right": "south-east"}
    text = found.caption.text  # only a scene with a place on the Earth has a north
    for here, there in compass.items():
        text = text.replace(here, f"{there}ern")
    assert text == described.caption.text


def test_the_later_date_in_another_crs_gives_the_same_changes(model, described, tmp_path):
    moved = tmp_path / "after_3857.tif"
    with rasterio.open(AFTER) as file:
        transform, width, height = calculate_default_transform(
            file.crs, "EPSG:3857", file.width, file.height, *file.bounds, resolution=1.15
        )
        profile = file.profile | {"crs": "EPSG:3857", "transform": transform, "width": width, "height": height, "nodata": 0}
        with rasterio.open(moved, "w", **profile) as out:
            for band in (1, 2, 3):
                reproject(rasterio.band(file, band), rasterio.band(out, band), resampling=Resampling.bilinear)
    found = model.describe(chronosight.open(BEFORE, moved))
    assert overlap(found.evidence.mask[8:-8, 8:-8] > 0, described.evidence.mask[8:-8, 8:-8] > 0) > 0.6
    assert abs(found.classes[0].appeared - described.classes[0].appeared) <= 6


def test_a_window_of_the_whole_has_the_mask_of_the_whole(model, described):
    scene = chronosight.open(BEFORE, AFTER)
    part = Scene("pair", scene.frames[:, :, :448], scene.valid[:, :448], scene.sources)
    mask = model.describe(part).evidence.mask
    assert overlap(mask[:, :192] > 0, described.evidence.mask[:, :192] > 0) > 0.98


def test_python_and_the_command_line_agree(described, tmp_path, monkeypatch):
    from chronosight.cli.main import main

    words = ["chronosight", "describe", str(BEFORE), str(AFTER), "--out", str(tmp_path / "out"), "--quiet"]
    monkeypatch.setattr(sys, "argv", words)
    with pytest.raises(SystemExit) as stopped:
        main()
    assert stopped.value.code in (0, None)
    facts = json.loads((tmp_path / "out" / "description.json").read_text())
    assert facts["caption"]["text"] == described.caption.text
    assert len(facts["objects"]) == len(described.evidence.objects)


@pytest.mark.parametrize("question", ["What kind of place is this?", "Are there any buildings?", "How many buildings are there?"])
def test_a_mirrored_image_has_the_answers_of_the_image(model, question):
    with Image.open(EXAMPLES / "image.png") as file:
        pixels = np.asarray(file.convert("RGB"))[None]
    valid = np.ones(pixels.shape[1:3], bool)
    first, mirrored = (
        model.ask(Scene("image", np.ascontiguousarray(seen), valid, ("image",)), question)
        for seen in (pixels, pixels[:, :, ::-1])
    )
    assert first.text == mirrored.text
    assert abs(first.confidence - mirrored.confidence) < 1e-3


def test_weights_are_small_and_have_their_card():
    folder = Path(chronosight.__file__).parent / "weights" / "compact"
    assert sum(path.stat().st_size for path in folder.iterdir()) < 40e6
    card = (folder / "MODEL_CARD.md").read_text()
    assert "research use" in card and "LEVIR-CD" in card


@pytest.fixture(scope="module")
def fine_pair():
    """A rendered pair at half a metre, with its truth."""
    from chronosight.synthetic.pair import render_pair

    truth = render_pair(900_600_002, 256, 0.5)
    frames = np.stack([truth.before, truth.after])
    return Scene("pair", frames, np.ones(frames.shape[1:3], bool), ("before", "after"), metres_per_pixel=0.5), truth


def test_fine_imagery_is_compared_at_its_own_resolution(model, fine_pair):
    scene, truth = fine_pair
    found = model.describe(scene)
    changed = truth.change_mask == 2
    assert changed.sum() > 200 and overlap(found.evidence.mask == 2, changed) > 0.4


def test_swapped_dates_mirror_every_object_of_fine_imagery(model, fine_pair):
    scene, _ = fine_pair
    swapped = Scene("pair", scene.frames[::-1].copy(), scene.valid, ("after", "before"), metres_per_pixel=0.5)
    there, back = (model.guide_facts(one)[0].objects for one in (scene, swapped))
    opposite = {"appeared": "vanished", "vanished": "appeared"}
    assert len(there) > 0
    assert sorted((item.class_name, opposite[item.direction], round(item.area)) for item in there) == sorted(
        (item.class_name, item.direction, round(item.area)) for item in back
    )
