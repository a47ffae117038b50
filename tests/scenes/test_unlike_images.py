"""Images unlike the training imagery are doubted, collars are cut off, and bands are chosen by wavelength."""

import io

import numpy as np
import pytest
import rasterio
from PIL import Image, ImageFilter

from bad_inputs import write_png, write_tiff
from chronosight.errors import InputError
from chronosight.scenes.bands import check_colour_space, choose_bands
from chronosight.scenes.open import open_scene
from scene_grounds import ground

RNG = np.random.default_rng(0)
UNLIKE = {
    "noise": (RNG.integers(0, 255, (128, 128, 3)).astype(np.uint8), "noise"),
    "a gradient": (np.stack(np.broadcast_arrays(*np.mgrid[0:256, 0:256], 90), axis=2).astype(np.uint8), "no detail"),
    "blurred": (np.asarray(Image.fromarray(ground(size=256)).filter(ImageFilter.GaussianBlur(20))), "nothing|no detail"),
    "overexposed": ((ground(size=128).astype(int) + 140).clip(0, 255).astype(np.uint8), "overexposed"),
    "grey": (ground(size=128)[..., :1].repeat(3, axis=2), "grey"),
    "tiny": (ground(size=48), "too few"),
    "a strip": (np.concatenate([ground(seed, 96) for seed in range(9)], axis=1), "strip"),
}


@pytest.mark.parametrize("name", UNLIKE)
def test_an_image_unlike_the_training_imagery_is_doubted(name, tmp_path):
    pixels, reason = UNLIKE[name]
    doubts = open_scene(write_png(tmp_path / "a.png", pixels)).doubts
    assert len(doubts) == 1 and any(word in doubts[0] for word in reason.split("|")), doubts


def test_a_grey_date_of_a_pair_is_doubted(tmp_path):
    colour, grey = write_png(tmp_path / "a.png", ground(size=128)), write_png(tmp_path / "b.png", UNLIKE["grey"][0])
    assert open_scene(colour, grey, register=False).doubts[0].startswith("b.png is grey")
    assert not open_scene(colour, colour).doubts


@pytest.mark.parametrize(("height", "width", "doubted"), [(16, 16, True), (31, 200, True), (200, 63, True), (64, 64, False)])
def test_a_very_small_pair_is_doubted(height, width, doubted, tmp_path):
    paths = [write_png(tmp_path / f"{name}.png", ground(size=256)[:height, :width]) for name in "ab"]
    doubts = [doubt for doubt in open_scene(*paths, register=False).doubts if "too few" in doubt]
    assert len(doubts) == doubted and all(f"{width} x {height} pixels" in doubt and "64 x 64" in doubt for doubt in doubts)


def test_of_a_pair_the_ground_that_both_dates_show_counts(tmp_path):
    pixels = ground(size=256)
    first, second = pixels.copy(), pixels.copy()
    first[:, 150:], second[:, :100] = 0, 0
    doubts = open_scene(write_png(tmp_path / "a.png", first), write_png(tmp_path / "b.png", second), register=False).doubts
    assert any("too few" in doubt for doubt in doubts), doubts


def test_a_very_small_video_is_doubted(tmp_path):
    frames = [Image.fromarray(ground(seed, 256)[:40, :200]) for seed in range(4)]
    frames[0].save(tmp_path / "a.gif", save_all=True, append_images=frames[1:])
    images = [write_png(tmp_path / f"frame{index}.png", np.asarray(frame)) for index, frame in enumerate(frames)]
    for scene in (open_scene(tmp_path / "a.gif", frames=4), open_scene(*images, frames=4, video=True)):
        assert any("200 x 40 pixels: too few to recognise an event" in doubt for doubt in scene.doubts), scene.doubts


@pytest.mark.parametrize("value", [0, 255])
def test_the_collar_of_one_image_is_cut_off(value, tmp_path):
    inside = ground(size=128)
    whole = np.full((208, 208, 3), value, np.uint8)
    whole[40:168, 40:168] = inside
    scene = open_scene(write_png(tmp_path / "a.png", whole))
    assert (scene.height, scene.width) == (128, 128) and np.array_equal(scene.frames[0], inside)
    placed = open_scene(write_tiff(tmp_path / "b.tif", whole))
    bare = open_scene(write_tiff(tmp_path / "c.tif", whole[:160]))
    assert placed.georeference.transform.c == bare.georeference.transform.c != open_scene(
        write_tiff(tmp_path / "d.tif", inside)
    ).georeference.transform.c


def test_a_collar_of_nearly_white_is_no_ground(tmp_path):
    """Lossy compression leaves 252 to 255 of a white collar: it is no data, not a new roof."""
    pixels = ground(size=128)
    pixels[:40] = (254 + RNG.integers(-2, 2, (40, 128, 3))).clip(0, 255)
    scene = open_scene(write_png(tmp_path / "a.png", ground(size=128)), write_png(tmp_path / "b.png", pixels), register=False)
    assert not scene.valid[:30].any() and scene.valid[50:].all()


def test_an_image_that_is_mostly_empty_is_doubted(tmp_path):
    whole = np.zeros((256, 256, 3), np.uint8)
    whole[:80, :80], whole[-80:, -80:] = ground(size=80), ground(1, size=80)
    assert any("no data in" in doubt for doubt in open_scene(write_png(tmp_path / "a.png", whole)).doubts)


@pytest.mark.parametrize(("names", "bands"), [
    (("443 nm", "560 nm", "665 nm", "842 nm"), (3, 2, 1)),
    (("Band 4 - 665nm", "Band 3 - 560nm", "Band 2 - 490nm"), (1, 2, 3)),
    (("0.490 um", "0.560 um", "0.665 um"), (3, 2, 1)),
])  # fmt: skip
def test_bands_are_chosen_by_their_wavelengths(names, bands):
    assert choose_bands("a.tif", ["undefined"] * len(names), names).bands == bands


def test_numbers_that_are_no_colours_are_refused():
    for space, kinds in (("CIELAB", ["red", "green", "blue"]), ("", ["cyan", "magenta", "yellow", "black"])):
        with pytest.raises(InputError, match="expected red, green and blue"):
            check_colour_space("a.tif", space, kinds)
    check_colour_space("a.jpg", "YCbCr", ["red", "green", "blue"])
    check_colour_space("a.jpg", "CMYK", ["red", "green", "blue"])  # GDAL has converted it


def test_a_cielab_file_is_refused(tmp_path):
    path = tmp_path / "lab.tif"
    with rasterio.open(path, "w", driver="GTiff", width=96, height=96, count=3, dtype="uint8", photometric="cielab") as file:
        file.write(ground().transpose(2, 0, 1))
    with pytest.raises(InputError, match="CIELAB"):
        open_scene(path)


def test_coordinates_that_cannot_be_used_are_reported(tmp_path):
    path = write_tiff(tmp_path / "a.tif", ground())
    with rasterio.open(path, "r+") as file:
        file.transform = rasterio.Affine(float("nan"), 0, 0, 0, -1, 0)
    assert any("cannot be used" in note for note in open_scene(path).notes)


def test_a_jpeg_of_an_ordinary_image_is_not_doubted(tmp_path):
    stream = io.BytesIO()
    Image.fromarray(ground(size=128)).save(stream, "JPEG", quality=80)
    (tmp_path / "a.jpg").write_bytes(stream.getvalue())
    assert not open_scene(tmp_path / "a.jpg").doubts
