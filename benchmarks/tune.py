"""Pairs of another look than the training's, for `chronosight tune`: rendered roofs and ground in other colours.

    python benchmarks/tune.py OUT [--pairs 40] [--size 512]
    chronosight tune --pairs OUT/pairs --labels OUT/labels.gpkg --out TUNED
    python benchmarks/tune.py --measure WEIGHTS [WEIGHTS ...] --data DATA

The first writes OUT/pairs (GeoTIFFs at 0.5 m) and OUT/labels.gpkg (outlines of changed buildings, layers new and gone). Blue
and green sheet roofs and dark thatch stand on red earth, and red and blue are swapped in the whole image, as in a composite of
other bands. The last measures the guide of fine imagery of each weights folder on 40 more pairs of that look, which no tuning
saw; on the held-out half-metre pairs of DATA; and on its val places at 1 m, although with weights tuned at 0.5 m such imagery
goes to the other guide.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
import rasterio
import shapely
from affine import Affine
from pyogrio import raw
from rasterio.features import shapes

from chronosight.datasets.places import PlacePair
from chronosight.synthetic import materials
from chronosight.synthetic.pair import render_pair
from chronosight.synthetic.truth import LAND_COVER
from chronosight.training.tune.measure import measure, ours

SEED, METRES = 980_000_000, 0.5
FRESH = 10_000  # from here on the seeds of pairs to measure on
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


def render(index: int, size: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """-> both dates (size, size, 3) uint8, and (size, size) uint8: 0 unchanged, 1 new, 2 gone; one in eight is unchanged."""
    unchanged = index % 8 == 7
    pair = render_pair(SEED + 2 * index + unchanged, size, METRES)
    building = LAND_COVER.index("building")
    stood, stands = pair.before_map == building, pair.after_map == building
    mask = pair.change_mask == 2
    directions = np.where(mask & stands & ~stood, 1, np.where(mask & stood & ~stands, 2, 0)).astype(np.uint8)
    return pair.before[..., ::-1].copy(), pair.after[..., ::-1].copy(), directions


def write(out: Path, pairs: int, size: int) -> None:
    folder = out / "pairs"
    folder.mkdir(parents=True, exist_ok=True)
    drawn: dict[str, list[object]] = {"new": [], "gone": []}
    for index in range(pairs):
        before, after, directions = render(index, size)
        place = Affine.translation(330_000 + 2000 * (index % 8), 3_060_000 - 2000 * (index // 8)) * Affine.scale(METRES, -METRES)
        for name, image in (("before", before), ("after", after)):
            profile = {"driver": "GTiff", "width": size, "height": size, "count": 3, "dtype": "uint8"}
            with rasterio.open(folder / f"site_{index:02}_{name}.tif", "w", **profile, crs=CRS, transform=place) as file:
                file.write(image.transpose(2, 0, 1))
        for kind, value in (("new", 1), ("gone", 2)):
            part = directions == value
            drawn[kind] += [shapely.geometry.shape(s) for s, v in shapes(part.astype(np.uint8), part, transform=place) if v]
    (out / "labels.gpkg").unlink(missing_ok=True)  # of an earlier call: layers would be added to it
    for kind, outlines in drawn.items():
        raw.write(
            out / "labels.gpkg", layer=kind, geometry=shapely.to_wkb(np.array(outlines, dtype=object)), field_data=[],
            fields=[], geometry_type="Polygon", crs=CRS, driver="GPKG", append=kind != "new",
        )  # fmt: skip
    print(f"{pairs} pairs and {sum(map(len, drawn.values()))} outlines written to {out}")


def report(weights: list[Path], pairs: int, size: int, data: Path | None) -> None:
    fresh = []
    for index in range(FRESH, FRESH + pairs):
        before, after, directions = render(index, size)
        pair = PlacePair(f"{index}", f"{index}", METRES, before, after, directions > 0, ())
        fresh.append((pair.crop((0, 0, size, size)), pair.building))
    for name, items in {"fresh pairs of the look": fresh, **(ours(data) if data else {})}.items():
        for folder in weights:
            found = measure(folder, items, lambda items, _: items, name, fine=True)
            print(json.dumps({"set": name, "weights": str(folder), **found.as_dict()}), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path, nargs="?")
    parser.add_argument("--pairs", type=int, default=40)
    parser.add_argument("--size", type=int, default=512)
    parser.add_argument("--measure", type=Path, nargs="+")
    parser.add_argument("--data", type=Path)
    options = parser.parse_args()
    if options.out is None and not options.measure:
        parser.error("give a folder to write pairs to, or --measure WEIGHTS")
    other_look()
    if options.out:
        write(options.out, options.pairs, options.size)
    if options.measure:
        report(options.measure, options.pairs, options.size, options.data)


if __name__ == "__main__":
    main()
