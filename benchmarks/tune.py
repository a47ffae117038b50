"""Pairs of another look than the training's, for `chronosight tune`: rendered roofs and ground in other colours.

    python benchmarks/tune.py OUT [--pairs 40] [--size 512]

writes OUT/pairs (GeoTIFFs at 0.5 m) and OUT/labels.gpkg (outlines of changed buildings, layers new and gone). Blue and green
sheet roofs and dark thatch stand on red earth, and red and blue are swapped in the whole image, as in a composite of other bands.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import rasterio
import shapely
from affine import Affine
from pyogrio import raw
from rasterio.features import shapes

from chronosight.synthetic import materials
from chronosight.synthetic.pair import render_pair
from chronosight.synthetic.truth import LAND_COVER

SEED, METRES = 980_000_000, 0.5
CRS = "EPSG:32645"
SHEETS = (((0.20, 0.36, 0.52), 0.3), ((0.22, 0.42, 0.34), 0.2), ((0.34, 0.26, 0.20), 0.3), ((0.62, 0.44, 0.34), 0.2))


def other_look() -> None:
    """Other roofs on other ground; the modules that draw read these tables."""
    red = ((0.50, 0.33, 0.24), (0.64, 0.46, 0.35), (0.46, 0.33, 0.24), (0.60, 0.44, 0.33), 0.05, 0.35)
    for name, values in materials.GROUNDS.items():
        if values[6] in ("grass", "bare land", "field"):
            materials.GROUNDS[name] = (*red, values[6])
    for module in _users("ROOFS"):
        module.ROOFS = SHEETS
    for module in _users("HALL_ROOFS"):
        module.HALL_ROOFS = SHEETS


def _users(name: str):
    import sys

    return [m for key, m in sys.modules.items() if key.startswith("chronosight.synthetic") and hasattr(m, name)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--pairs", type=int, default=40)
    parser.add_argument("--size", type=int, default=512)
    options = parser.parse_args()
    other_look()
    folder = options.out / "pairs"
    folder.mkdir(parents=True, exist_ok=True)
    drawn: dict[str, list[object]] = {"new": [], "gone": []}
    building = LAND_COVER.index("building")
    for index in range(options.pairs):
        unchanged = index % 8 == 7
        pair = render_pair(SEED + 2 * index + unchanged, options.size, METRES)
        place = Affine.translation(330_000 + 2000 * (index % 8), 3_060_000 - 2000 * (index // 8)) * Affine.scale(METRES, -METRES)
        for name, image in (("before", pair.before), ("after", pair.after)):
            profile = {"driver": "GTiff", "width": options.size, "height": options.size, "count": 3, "dtype": "uint8"}
            with rasterio.open(folder / f"site_{index:02}_{name}.tif", "w", **profile, crs=CRS, transform=place) as file:
                file.write(image[..., ::-1].transpose(2, 0, 1))
        stood, stands = pair.before_map == building, pair.after_map == building
        mask = pair.change_mask == 2
        for kind, part in (("new", mask & stands & ~stood), ("gone", mask & stood & ~stands)):
            drawn[kind] += [shapely.geometry.shape(s) for s, v in shapes(part.astype(np.uint8), part, transform=place) if v]
    (options.out / "labels.gpkg").unlink(missing_ok=True)  # of an earlier call: layers would be added to it
    for kind, outlines in drawn.items():
        raw.write(
            options.out / "labels.gpkg", layer=kind, geometry=shapely.to_wkb(np.array(outlines, dtype=object)), field_data=[],
            fields=[], geometry_type="Polygon", crs=CRS, driver="GPKG", append=kind != "new",
        )  # fmt: skip
    print(f"{options.pairs} pairs and {sum(map(len, drawn.values()))} outlines written to {options.out}")


if __name__ == "__main__":
    main()
