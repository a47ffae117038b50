"""mask.png, mask.tif, probability.tif: the same pixels, the scene's own grid, the documented codes."""

from itertools import combinations

import numpy as np
import pytest
import rasterio
from PIL import Image

from chronosight.reports.codes import COLOURS, change_codes
from chronosight.reports.cover_codes import COVER_COLOURS
from chronosight.reports.rasters import write_mask_png, write_mask_tif, write_probability_tif
from chronosight.results.codes import NO_DATA

CODES = {("road", "appeared"): 1, ("road", "vanished"): 2, ("building", "appeared"): 3, ("building", "vanished"): 4}


def test_codes_follow_class_and_direction(make_pair):
    description = make_pair()
    codes = description.evidence.codes()
    for item in description.evidence.objects:
        x0, y0 = item.outline.min(axis=0).astype(int)
        x1, y1 = item.outline.max(axis=0).astype(int)
        assert set(np.unique(codes[y0:y1, x0:x1])) == {CODES[item.class_name, item.direction]}
    assert (codes[~description.scene.valid] == NO_DATA).all()
    changed = (description.evidence.mask > 0) & description.scene.valid
    assert (codes[description.scene.valid & ~changed] == 0).all()
    assert [code.value for code in change_codes(description.evidence.classes)] == [1, 2, 3, 4]


def test_an_object_has_one_direction_even_where_its_pixels_waver(make_pair):
    description = make_pair()
    description.evidence.appeared[5:15, 10:13] = 0.1  # part of a building that appeared
    codes = description.evidence.codes()
    assert set(np.unique(codes[5:15, 10:30])) == {3}


def test_pixels_outside_objects_follow_their_own_direction(make_pair):
    description = make_pair()
    description.evidence.mask[50:54, 5:9] = 2
    description.evidence.appeared[50:54, 5:7] = 0.3
    codes = description.evidence.codes()
    assert (codes[50:54, 5:7] == 4).all() and (codes[50:54, 7:9] == 3).all()


@pytest.mark.parametrize("grid", ["utm", "degrees", "turned", "local"])
def test_png_and_tif_hold_the_same_pixels_on_the_scenes_grid(make_pair, tmp_path, grid):
    description = make_pair(grid)
    scene, classes, codes = description.scene, description.evidence.classes, description.evidence.codes()
    write_mask_png(codes, classes, tmp_path / "mask.png")
    write_mask_tif(description, tmp_path / "mask.tif")
    with Image.open(tmp_path / "mask.png") as image:
        assert image.mode == "P"
        pixels = np.asarray(image)
        shown = np.asarray(image.convert("RGB"))
    with rasterio.open(tmp_path / "mask.tif") as file:
        assert file.crs == rasterio.crs.CRS.from_user_input(scene.georeference.crs)
        assert file.transform == scene.georeference.transform
        assert (file.nodata, file.dtypes, file.descriptions) == (NO_DATA, ("uint8",), ("change",))
        assert file.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
        assert file.tags(1)["VALUE_4"] == "building vanished"
        assert (file.read(1) == pixels).all() and (pixels == codes).all()
        assert (file.dataset_mask() > 0).tolist() == description.scene.valid.tolist()
        colours = file.colormap(1)
    for value in np.unique(codes):
        assert tuple(shown[codes == value][0]) == colours[int(value)][:3]
    assert [path.name for path in tmp_path.iterdir() if ".aux" in path.name] == []


def test_probability_is_percent(make_pair, tmp_path):
    description = make_pair()
    description.evidence.probability[0, :3] = (0.004, 0.5, 1.0)
    write_probability_tif(description, tmp_path / "p.tif")
    with rasterio.open(tmp_path / "p.tif") as file:
        percent = file.read(1)
    assert percent[0, :3].tolist() == [0, 50, 100]
    assert (percent[~description.scene.valid] == 255).all() and percent[description.scene.valid].max() <= 100


# Linear RGB as people see it who lack red, green or blue cones: Machado, Oliveira, Fernandes 2009, severity 1.
BLINDNESS = {
    "none": np.eye(3),
    "protan": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deutan": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "tritan": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
}


@pytest.mark.parametrize("kind", BLINDNESS)
def test_colours_stay_apart_for_the_colour_blind(kind):
    for colours in (COLOURS, COVER_COLOURS):
        seen = [_lab(np.array(BLINDNESS[kind]) @ _linear(np.array(colour))) for colour in colours.values()]
        assert min(np.linalg.norm(a - b) for a, b in combinations(seen, 2)) > 20  # 2.3 is just noticeable


def _linear(rgb: np.ndarray) -> np.ndarray:
    share = rgb / 255
    return np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)


def _lab(linear: np.ndarray) -> np.ndarray:
    to_xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
    x, y, z = np.cbrt(to_xyz @ np.clip(linear, 0, 1) / [0.9505, 1, 1.089])
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])
