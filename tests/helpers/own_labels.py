"""A user's pairs and labels, made in a moment: buildings of known place on textured ground, labelled in each way that is read."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import rasterio
import shapely
from PIL import Image
from pyogrio import raw

from bad_inputs import write_tiff

SIDE, METRES, EPSG = 64, 0.5, 32614
X, Y = 600_000.0, 3_300_000.0
NEW, GONE, STANDS = (8, 8, 24, 24), (40, 10, 52, 26), (10, 40, 26, 54)  # x0, y0, x1, y1 in pixels


def write_sites(
    folder: Path, number: int = 10, unchanged: int = 2, metres: float = METRES, georeferenced: bool = True, side=SIDE
):
    """NAME_before.tif and NAME_after.tif; the last `unchanged` sites have no change. Sites lie 500 m apart."""
    folder.mkdir(parents=True)
    for index in range(number):
        rng = np.random.default_rng(index)
        before = rng.integers(60, 130, (side, side, 3)).astype(np.uint8)
        after = before.copy()
        _paint(before, STANDS, 200), _paint(after, STANDS, 200)
        if index < number - unchanged:
            _paint(after, NEW, 230), _paint(before, GONE, 220)
        for name, image in (("before", before), ("after", after)):
            path = folder / f"site{index}_{name}"
            if georeferenced:
                write_tiff(path.with_suffix(".tif"), image, EPSG, X + 500 * index, Y, metres)
            else:
                Image.fromarray(image).save(path.with_suffix(".png"))
    return folder


def outline(index: int, box: tuple[int, int, int, int], metres: float = METRES) -> shapely.Polygon:
    x0, y0, x1, y1 = (metres * value for value in box)
    return shapely.box(X + 500 * index + x0, Y - y1, X + 500 * index + x1, Y - y0)


def write_layer(
    path: Path, layer: str, outlines, fields: dict | None = None, epsg: int | None = EPSG, append: bool = False
) -> Path:
    fields = fields or {}
    raw.write(
        path, layer=layer, geometry=shapely.to_wkb(np.array(outlines, dtype=object)), fields=list(fields),
        field_data=[np.array(values, dtype=object) for values in fields.values()], geometry_type="Unknown",
        crs=None if epsg is None else f"EPSG:{epsg}", driver="GPKG", append=append,
    )  # fmt: skip
    return path


def write_mask(path: Path, new: int = 1, gone: int = 2, changed: bool = True) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    mask = np.zeros((SIDE, SIDE), np.uint8)
    if changed:
        mask[NEW[1] : NEW[3], NEW[0] : NEW[2]], mask[GONE[1] : GONE[3], GONE[0] : GONE[2]] = new, gone
    Image.fromarray(mask).save(path)
    return path


def moved(outlines, epsg: int):
    """The outlines in another CRS."""
    from rasterio.warp import transform

    def there(corners):
        return np.stack(transform(f"EPSG:{EPSG}", f"EPSG:{epsg}", corners[:, 0], corners[:, 1])[:2], axis=1)

    with rasterio.Env():
        return [shapely.transform(one, there) for one in outlines]


def _paint(image: np.ndarray, box: tuple[int, int, int, int], value: int) -> None:
    image[box[1] : box[3], box[0] : box[2]] = value
