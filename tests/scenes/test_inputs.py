"""Whatever holds the pixels - a file, an array, a Pillow image, a dataset, a DataArray, bytes - the scene is the same."""

from __future__ import annotations

import io
import tempfile
from datetime import date, datetime
from pathlib import Path

import numpy as np
import pytest
import rasterio
import xarray
from affine import Affine
from PIL import Image
from rasterio.io import MemoryFile
from rasterio.vrt import WarpedVRT

import chronosight
from chronosight.errors import InputError
from large_scenes import Drawn, draw

CRS, TRANSFORM = "EPSG:32633", Affine(1.0, 0.0, 500000.0, 0.0, -1.0, 5400000.0)
HEIGHT, WIDTH = 120, 150


def pixels(kind: str) -> tuple[np.ndarray, np.ndarray]:
    """Both dates: (H, W, 3) or, "grey", (H, W)."""
    drawn = draw(HEIGHT, WIDTH, [Drawn(20, 30, 14, 12), Drawn(90, 60, 10, 20, new=False)], seed=3)
    grain = np.random.default_rng(5).normal(0, 9, (2, HEIGHT, WIDTH, 3))  # a drawing without it
    before, after = (np.clip(image + noise, 0, 255).astype(np.uint8) for image, noise in zip(drawn, grain, strict=True))
    if kind == "uint8":
        return before, after
    if kind == "grey":
        return before[..., 0].copy(), after[..., 0].copy()
    rng = np.random.default_rng(1)
    wide = [image.astype(np.float32) * 40 + 300 + rng.uniform(0, 37, image.shape) for image in (before, after)]
    if kind == "uint16":
        for image in wide:
            image[:9] = 0  # padding of satellite products
        return tuple(image.astype(np.uint16) for image in wide)
    for image in wide:
        image[:9, 4:30] = np.nan
    return tuple(image.astype(np.float32) for image in wide)


def write(path: Path, image: np.ndarray) -> Path:
    bands = image[None] if image.ndim == 2 else np.moveaxis(image, -1, 0)
    with rasterio.open(path, "w", driver="GTiff", width=WIDTH, height=HEIGHT, count=len(bands), dtype=image.dtype.name,
                       crs=CRS, transform=TRANSFORM) as file:  # fmt: skip
        file.write(bands)
    return path


def data_array(image: np.ndarray, with_coordinates: bool = True) -> xarray.DataArray:
    """As rioxarray gives it: coordinates of pixel centres, and the georeference in spatial_ref."""
    bands = image[None] if image.ndim == 2 else np.moveaxis(image, -1, 0)
    wkt = rasterio.crs.CRS.from_user_input(CRS).to_wkt()
    place = {"crs_wkt": wkt, "GeoTransform": " ".join(map(str, TRANSFORM.to_gdal()))}
    coordinates = {"spatial_ref": xarray.Variable((), 0, place), "band": np.arange(1, len(bands) + 1)}
    if with_coordinates:
        coordinates |= {"x": TRANSFORM.c + 0.5 + np.arange(WIDTH), "y": TRANSFORM.f - 0.5 - np.arange(HEIGHT)}
    return xarray.DataArray(bands, dims=("band", "y", "x"), coords=coordinates)


def same(scene, other) -> None:
    assert len(scene.doubts) == len(other.doubts)  # they name the files
    np.testing.assert_array_equal(scene.frames, other.frames)
    np.testing.assert_array_equal(scene.valid, other.valid)
    assert (scene.kind, scene.georeference, scene.metres_per_pixel, scene.shift) == (
        other.kind, other.georeference, other.metres_per_pixel, other.shift
    )  # fmt: skip


@pytest.mark.parametrize("kind", ["uint8", "grey", "uint16", "float"])
def test_the_same_pixels_give_the_same_scene(kind, tmp_path):
    dates = pixels(kind)
    files = [write(tmp_path / name, image) for name, image in zip(("before.tif", "after.tif"), dates, strict=True)]
    scene = chronosight.open(*files)
    placed = {"crs": CRS, "transform": TRANSFORM}
    same(chronosight.open(*dates, **placed), scene)
    same(chronosight.open(np.stack(dates) if dates[0].ndim == 3 else np.stack(dates)[..., None], **placed), scene)
    same(chronosight.open(*(file.read_bytes() for file in files)), scene)
    same(chronosight.open(*map(data_array, dates)), scene)
    same(chronosight.open(*(data_array(image, False) for image in dates)), scene)
    same(chronosight.open(*(data_array(image).transpose("x", "y", "band") for image in dates)), scene)
    if kind in ("uint8", "grey"):
        same(chronosight.open(*map(Image.fromarray, dates), **placed), scene)
    with rasterio.open(files[0]) as first, rasterio.open(files[1]) as second:
        same(chronosight.open(first, second), scene)
        with WarpedVRT(first) as warped:
            same(chronosight.open(warped, second), scene)
    with MemoryFile(files[0].read_bytes()) as memory, memory.open() as first:
        same(chronosight.open(first, files[1]), scene)
        same(chronosight.open(memory, files[1]), scene)


def test_the_same_pixels_give_the_same_answers(tmp_path, bundle_folder):
    engine = chronosight.load(weights=bundle_folder, threads=1)
    dates = pixels("uint8")
    files = [write(tmp_path / name, image) for name, image in zip(("before.tif", "after.tif"), dates, strict=True)]
    question = "What area of buildings appeared?"
    described = chronosight.describe(*files, engine=engine).to_dict()
    answer = chronosight.ask(files, question, engine=engine).to_dict()
    assert described["objects"] and answer["value"]
    arrays = {"crs": CRS, "transform": TRANSFORM, "engine": engine}
    for given, options in ((dates, arrays), ([*map(data_array, dates)], {"engine": engine})):
        other = chronosight.describe(*given, **options).to_dict()
        assert other["scene"].pop("sources") == ["before", "after"]
        assert other == described | {"scene": {k: v for k, v in described["scene"].items() if k != "sources"}}
        assert chronosight.ask(given, question, **options).to_dict() == answer


def test_rioxarray_itself(tmp_path):
    rioxarray = pytest.importorskip("rioxarray")
    files = [write(tmp_path / name, image) for name, image in zip(("a.tif", "b.tif"), pixels("uint16"), strict=True)]
    scene = chronosight.open(*files)
    with rioxarray.open_rasterio(files[0]) as first, rioxarray.open_rasterio(files[1]) as second:
        same(chronosight.open(first, second), scene)
        part = chronosight.open(first.isel(y=slice(20, 100), x=slice(10, 90)), second.isel(y=slice(20, 100), x=slice(10, 90)))
    assert part.georeference.transform.almost_equals(TRANSFORM * Affine.translation(10, 20), 1e-6)


def test_nothing_is_left_behind(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    before, after = pixels("uint8")
    assert chronosight.open(before, after).sources == ("before", "after")
    with pytest.raises(InputError):
        chronosight.open(before, after[:40])
    assert list(tmp_path.iterdir()) == []


def test_a_png_a_jpeg_and_a_palette_by_pillow_as_by_path(tmp_path):
    image = Image.fromarray(pixels("uint8")[1])
    for name, made in (("a.png", image), ("b.png", image.quantize(60)), ("c.png", image.convert("L"))):
        made.save(tmp_path / name)
        with Image.open(tmp_path / name) as opened:
            same(chronosight.open(opened), chronosight.open(tmp_path / name))
    exif = Image.Exif()
    exif[0x0112], exif[0x0132] = 6, "2019:03:04 05:06:07"
    image.save(tmp_path / "turned.png", exif=exif)
    with Image.open(tmp_path / "turned.png") as opened:
        scene = chronosight.open(opened)
    same(scene, chronosight.open(tmp_path / "turned.png"))
    assert scene.times == (datetime(2019, 3, 4, 5, 6, 7),) and scene.width == HEIGHT


def test_what_has_no_data_is_not_compared():
    before, after = pixels("uint8")
    hidden = np.zeros(before.shape, bool)
    hidden[:, :50] = True
    assert chronosight.open(np.ma.MaskedArray(before, hidden), after).valid.sum() == HEIGHT * (WIDTH - 50)
    rgba = Image.fromarray(np.dstack([after, np.where(hidden[..., 0], 0, 255).astype(np.uint8)]))
    assert chronosight.open(before, rgba).valid.sum() == HEIGHT * (WIDTH - 50)
    array = data_array(before).where(np.arange(WIDTH) >= 50, 7).assign_attrs(_FillValue=7)
    assert chronosight.open(array.astype("uint8").assign_attrs(_FillValue=7), data_array(after)).valid.sum() == HEIGHT * (
        WIDTH - 50
    )


@pytest.mark.parametrize("dtype", ["int64", "uint64", "int16", "int8", "float16", "float64", ">u2"])
def test_number_types_that_hold_an_8_bit_image(dtype):
    image = (pixels("uint8")[0] // 2).astype(np.uint8)
    np.testing.assert_array_equal(chronosight.open(image.astype(dtype)).frames, chronosight.open(image).frames)


def test_dates_are_given_or_read(tmp_path):
    before, after = pixels("uint8")
    for dates in (("2018-07-04", "2021-05-06"), (date(2018, 7, 4), datetime(2021, 5, 6)),
                  np.array(["2018-07-04", "2021-05-06"], "datetime64[D]")):  # fmt: skip
        assert chronosight.open(before, after, dates=dates).times == (datetime(2018, 7, 4), datetime(2021, 5, 6))
    files = write(tmp_path / "2001-01-01.tif", before), write(tmp_path / "2002-01-01.tif", after)
    assert chronosight.open(*files, dates=["2018-07-04", None]).times == (datetime(2018, 7, 4), datetime(2002, 1, 1))
    stack = xarray.concat([data_array(before), data_array(after)], "time").assign_coords(
        time=np.array(["2018-07-04", "2021-05-06"], "M8[ns]")
    )
    assert chronosight.open(stack).times == (datetime(2018, 7, 4), datetime(2021, 5, 6))
    assert "given" in " ".join(chronosight.open(before, after, dates=("2021-01-01", "2018-01-01")).notes)


def test_a_png_is_placed_by_crs_and_transform(tmp_path):
    before, after = pixels("uint8")
    Image.fromarray(before).save(tmp_path / "before.png")
    same(chronosight.open(tmp_path / "before.png", after, crs=32633, transform=tuple(TRANSFORM)[:6]),
         chronosight.open(before, after, crs=CRS, transform=[TRANSFORM, TRANSFORM]))  # fmt: skip
    placed = write(tmp_path / "placed.tif", before)  # has its own; the other date gets the given one
    same(
        chronosight.open(placed, after, crs=CRS, transform=TRANSFORM),
        chronosight.open(before, after, crs=CRS, transform=TRANSFORM),
    )
    with pytest.raises(InputError, match="of its own"):
        chronosight.open(placed, crs=CRS, transform=TRANSFORM)


def test_arrays_of_two_grids_are_aligned():
    before, after = pixels("uint8")
    moved = TRANSFORM * Affine.translation(10, 5)
    scene = chronosight.open(before, after[5:, 10:], crs=CRS, transform=[TRANSFORM, moved], register=False)
    assert (scene.width, scene.height) == (WIDTH - 10, HEIGHT - 5)


def test_several_dates_are_a_series_of_frames():
    before, after = pixels("uint8")
    scene = chronosight.open(np.stack([before, after, before]), frames=3)
    assert scene.kind == "video" and len(scene.frames) == 3


class Odd:
    """A type of which nobody has heard."""


RGB = np.zeros((40, 40, 3), np.uint8)
BAD = {
    "none": ((None,), {}, "image is None, expected a path"),
    "number": ((7,), {}, "image is an int, expected a path"),
    "unknown": ((Odd(),), {}, "image is an Odd, expected a path"),
    "list": (([[1, 2], [3, 4]],), {}, "give numpy.asarray"),
    "second": ((RGB, 3.5), {}, "after is a float"),
    "file object": ((io.BytesIO(b"x"),), {}, "read()"),
    "channels first": ((np.zeros((3, 40, 40), np.uint8),), {}, "numpy.moveaxis(array, 0, -1)"),
    "dates of channels first": ((np.zeros((2, 3, 40, 40), np.uint8),), {}, "numpy.moveaxis(array, 1, -1)"),
    "one dimension": ((np.zeros(40, np.uint8),), {}, "shape (40,), expected (H, W)"),
    "five dimensions": ((np.zeros((1, 2, 40, 40, 3), np.uint8),), {}, "expected (H, W)"),
    "empty": ((np.zeros((0, 40, 3), np.uint8),), {}, "shape (0, 40, 3)"),
    "tiny": ((np.zeros((4, 4, 3), np.uint8),), {}, "at least 16"),
    "mask": ((np.zeros((40, 40), bool),), {}, "a mask of True and False"),
    "complex": ((np.zeros((40, 40), complex),), {}, "complex numbers"),
    "texts": ((np.full((40, 40), "a"),), {}, "<U1 values"),
    "objects": ((np.full((40, 40), None),), {}, "object values"),
    "huge numbers": ((np.full((40, 40), 2**40),), {}, "32-bit"),
    "all nan": ((np.full((40, 40), np.nan),), {}, "no data"),
    "many bands": ((np.zeros((40, 40, 30), np.uint8),), {}, "give their numbers as bands"),
    "sizes": ((RGB, np.zeros((50, 40, 3), np.uint8)), {}, "one size"),
    "no image": ((b"hello",), {}, "image is a text file"),
    "no bytes": ((b"",), {}, "empty"),
    "cmyk": ((Image.new("CMYK", (40, 40)),), {}, 'image.convert("RGB")'),
    "crs alone": ((RGB,), {"crs": CRS}, "give transform too"),
    "transform alone": ((RGB,), {"transform": TRANSFORM}, "give crs too"),
    "no crs": ((RGB,), {"crs": "nonsense", "transform": TRANSFORM}, "expected one such as EPSG:32617"),
    "no transform": ((RGB,), {"crs": CRS, "transform": "north"}, "expected an affine.Affine"),
    "short transform": ((RGB,), {"crs": CRS, "transform": (1, 2)}, "expected an affine.Affine"),
    "flat transform": ((RGB,), {"crs": CRS, "transform": Affine(0, 0, 0, 0, 0, 0)}, "no size on the ground"),
    "transforms": ((RGB,), {"crs": CRS, "transform": [TRANSFORM, TRANSFORM]}, "2 entries for 1 images"),
    "one date": ((RGB, RGB), {"dates": "2018-07-04"}, "1 date for 2 images"),
    "no date": ((RGB,), {"dates": ["soon"]}, "'soon', expected a datetime"),
    "year": ((RGB,), {"dates": [2018]}, "2018, expected a datetime"),
    "dimensions": ((xarray.DataArray(RGB, dims=("rows", "columns", "band")),), {}, "dimensions rows, columns, band"),
    "data set": ((xarray.Dataset({"a": (("y", "x"), RGB[..., 0])}),), {}, "give one DataArray"),
    "uneven": ((xarray.DataArray(RGB[..., 0], dims=("y", "x"), coords={"x": np.arange(40.0) ** 2, "y": np.arange(40.0)}),), {},
               "not evenly spaced"),
}  # fmt: skip


@pytest.mark.parametrize("kind", BAD)
def test_what_cannot_be_used_is_one_line_that_says_what_to_give(kind):
    given, options, said = BAD[kind]
    with pytest.raises(InputError) as caught:
        chronosight.open(*given, **options)
    assert said in str(caught.value) and "\n" not in str(caught.value) and len(str(caught.value)) < 300


def test_datasets_that_cannot_be_read(tmp_path):
    path = write(tmp_path / "a.tif", pixels("uint8")[0])
    with rasterio.open(path) as dataset:
        pass
    with pytest.raises(InputError, match="closed"):
        chronosight.open(dataset)
    with rasterio.open(path, "r+") as dataset, pytest.raises(InputError, match="open for writing"):
        chronosight.open(dataset)


def test_an_animation_is_asked_for_by_path(tmp_path):
    frames = [Image.fromarray(image) for image in pixels("uint8")]
    frames[0].save(tmp_path / "a.gif", save_all=True, append_images=frames[1:])
    with Image.open(tmp_path / "a.gif") as opened, pytest.raises(InputError, match="give the path"):
        chronosight.open(opened)
