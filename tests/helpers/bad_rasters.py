"""Pairs that cannot be processed as a whole scene: name -> (function(folder) -> two paths, a word of the reason)."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import rasterio
from affine import Affine
from rasterio.crs import CRS

from bad_inputs import BAD_INPUTS, cut, texture, write_tiff, written

Make = Callable[[Path], list]
SIDE = 96


def good(folder: Path, name: str = "good.tif") -> Path:
    return write_tiff(folder / name, texture(SIDE, SIDE))


def beside_good(kind: str, later: bool) -> Make:
    """One of the inputs that nothing can read, as one date, a good raster as the other."""

    def make(folder: Path) -> list:
        bad = BAD_INPUTS[kind](folder)[0]
        return [good(folder), bad] if later else [bad, good(folder)]

    return make


def date(later: bool = True, pixels: np.ndarray | None = None, after: Callable[[Path], object] | None = None, **options) -> Make:
    """A raster of the given kind as one date. after: what is done to the file once it is written."""

    def make(folder: Path) -> list:
        path = write_tiff(folder / "odd.tif", texture(SIDE, SIDE) if pixels is None else pixels, **options)
        if after is not None:
            after(path)
        return [good(folder), path] if later else [path, good(folder)]

    return make


def no_common_data(folder: Path) -> list:
    left, right = texture(SIDE, SIDE), texture(SIDE, SIDE)
    left[:, SIDE // 2 :], right[:, : SIDE // 2] = 0, 0
    return [write_tiff(folder / "left.tif", left, nodata=0), write_tiff(folder / "right.tif", right, nodata=0)]


def damaged_in_the_middle(path: Path) -> None:
    """Its header and the first blocks are whole."""
    content = bytearray(path.read_bytes())
    half = len(content) // 2
    content[half : half + 2000] = bytes(2000)
    path.write_bytes(content)


def linked_overviews(path: Path) -> None:
    with rasterio.open(path, "r+") as file:
        file.update_tags(ns="OVERVIEWS", OVERVIEW_FILE="/vsicurl/http://127.0.0.1:9/never.tif")


def text_beside(suffix: str, text: bytes) -> Callable[[Path], object]:
    return lambda path: written(path.with_name(path.name + suffix), text)


def zipped(folder: Path) -> list:
    inside = good(folder, "inside.tif")
    with zipfile.ZipFile(folder / "packed.tif", "w") as archive:
        archive.write(inside, "inside.tif")
    return [folder / "packed.tif", good(folder)]


def through_a_zip(folder: Path) -> list:
    return [f"/vsizip/{zipped(folder)[0]}/inside.tif", good(folder)]


def no_place_twice(folder: Path) -> list:
    return [write_tiff(folder / f"plain{i}.tif", texture(SIDE, SIDE), epsg=None) for i in range(2)]


LOCAL = CRS.from_wkt('LOCAL_CS["site",UNIT["metre",1],AXIS["x",EAST],AXIS["y",NORTH]]')
WIDE = np.full((SIDE, SIDE, 3), np.nan, np.float32)
VRT = b"<VRTDataset rasterXSize='48' rasterYSize='48'></VRTDataset>"

BAD_RASTERS: dict[str, tuple[Make, str]] = {
    "missing": (beside_good("missing", True), "does not exist"),
    "address": (beside_good("address", False), "address"),
    "network path": (beside_good("virtual_path", True), "address"),
    "path into an archive": (through_a_zip, "address"),
    "archive": (zipped, "ZIP"),
    "empty": (beside_good("empty_file", True), "is empty"),
    "text": (beside_good("text_file", False), "text file"),
    "PDF": (beside_good("pdf", True), "PDF"),
    "random bytes": (beside_good("random_bytes", False), "unknown type"),
    "VRT": (beside_good("vrt", True), "virtual raster"),
    "pipe": (beside_good("pipe", True), "pipe"),
    "cut short": (beside_good("truncated_tiff", True), "cut short"),
    "cut short, earlier": (beside_good("truncated_tiff", False), "cut short"),
    "header only": (date(after=lambda path: cut(path, 0.02)), "cut short"),
    "damaged in the middle": (date(compress="deflate", tiled=True, blockxsize=16, blockysize=16, after=damaged_in_the_middle),
                              "odd.tif"),
    "too many pixels": (beside_good("absurd_size", False), "megapixels"),
    "a few pixels": (date(pixels=texture(8, SIDE)), "at least 16"),
    "all nodata": (date(pixels=np.full((SIDE, SIDE, 3), 7, np.uint8), nodata=7), "no data"),
    "all NaN": (date(pixels=WIDE), "no data"),
    "all zeros of 16 bit": (date(pixels=np.zeros((SIDE, SIDE, 3), np.uint16)), "no data"),
    "transparent all over": (date(pixels=np.dstack([texture(SIDE, SIDE), np.zeros((SIDE, SIDE), np.uint8)]),
                                  photometric="RGB", alpha="YES"), "no data"),
    "no data in common": (no_common_data, "in common"),
    "complex numbers": (date(pixels=np.ones((SIDE, SIDE, 1), np.complex64)), "complex"),
    "64-bit complex": (date(pixels=np.ones((SIDE, SIDE, 1), np.complex128), later=False), "complex"),
    "forty bands": (date(pixels=np.zeros((SIDE, SIDE, 40), np.uint16)), "bands"),
    "elsewhere": (date(x=700_000), "do not overlap"),
    "wrong zone": (date(epsg=32633), "do not overlap"),
    "metres taken for degrees": (date(epsg=4326), "placed on the Earth"),
    "overlap of a few pixels": (date(x=600_000 + SIDE - 5), "at least 16"),
    "no georeference": (date(epsg=None), "georeference"),
    "no georeference, both": (no_place_twice, "georeference"),
    "a site's own grid": (date(crs=LOCAL), "placed on the Earth"),
    "pixels of no size": (date(transform=Affine(0, 0, 600_000, 0, 0, 3_300_000)), "georeference"),
    "10 m pixels": (date(size=10.0, x=599_500, y=3_300_500), "--force"),
    "10 m pixels, earlier": (date(later=False, size=10.0, x=599_500, y=3_300_500), "--force"),
    "overviews that are a VRT": (date(after=text_beside(".ovr", VRT)), "odd.tif.ovr"),
    "a mask that is a text": (date(after=text_beside(".msk", b"no mask\n")), "odd.tif.msk"),
    "overviews named beside": (
        date(after=text_beside(".aux.xml", b'<PAMDataset><Metadata domain="OVERVIEWS"><MDI key="OVERVIEW_FILE">x</MDI>'
                                           b"</Metadata></PAMDataset>")), "aux.xml"),
    "overviews named inside": (date(after=linked_overviews), "overviews"),
}  # fmt: skip
