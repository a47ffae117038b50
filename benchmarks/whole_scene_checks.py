"""How far tiles and grids matter with the weights that ship: the same ground processed whole, in tiles, and on other grids.

    python benchmarks/whole_scene_checks.py [--weights DIR]

The scene: 1024 x 1024 pixels, the four of twelve rendered pairs of 512 that change most.
1. Tiled against whole: the guide's probability of change, in tiles of 512 pixels that overlap by 128 and in one piece;
   differences at pixels 64 and more from the edge of the scene.
2. The same ground otherwise: the later date on another offset, resolution or CRS, or both dates at 0.6 m. Pixels outlined
   as changed, drawn on the first grid, against those of the plain pair: IoU; and how many outlines are matched by half.
The tests hold both exactly with weights whose view is small (`tests/engines/large/test_survey.py`); trained weights see far.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
import shapely
from rasterio.crs import CRS
from rasterio.features import rasterize
from rasterio.transform import Affine, from_origin
from rasterio.warp import Resampling, calculate_default_transform, reproject

from chronosight.engines import load
from chronosight.engines.compact import guide
from chronosight.engines.compact.bundle import Bundle
from chronosight.engines.compact.large.whole_scene import make_survey, open_store
from chronosight.scenes.large.opened import open_header
from chronosight.scenes.large.pair import open_pair
from chronosight.scenes.open import open_scene
from chronosight.synthetic import render_pair

EDGE = 64
CORNER = (600_000.0, 3_300_000.0)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--weights", type=Path)
    options = parser.parse_args()
    bundle = load(weights=options.weights, threads=2).bundle
    pairs = sorted((render_pair(seed, 512, 1.0) for seed in range(0, 24, 2)), key=lambda pair: -(pair.change_mask > 0).sum())
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        before, after = (
            np.concatenate([np.concatenate([a, b], axis=1), np.concatenate([c, d], axis=1)])
            for a, b, c, d in ([p.before for p in pairs[:4]], [p.after for p in pairs[:4]])
        )
        paths = write(folder / "before.tif", before), write(folder / "after.tif", after)
        tiled_against_whole(bundle, paths)
        other_grids(bundle, paths, folder)


def write(path: Path, pixels: np.ndarray) -> Path:
    profile = {"driver": "GTiff", "width": pixels.shape[1], "height": pixels.shape[0], "count": 3, "dtype": "uint8",
               "crs": "EPSG:32614", "transform": from_origin(*CORNER, 1, 1), "photometric": "RGB"}  # fmt: skip
    with rasterio.open(path, "w", **profile) as file:
        file.write(pixels.transpose(2, 0, 1))
    return path


def tiled_against_whole(bundle: Bundle, paths: tuple[Path, Path]) -> None:
    scene = open_scene(*paths, register=False)
    tiled = guide.Guide(bundle).predict(scene)
    guide.TILE, kept = scene.height, guide.TILE
    whole = guide.Guide(bundle).predict(scene)
    guide.TILE = kept
    inside = np.s_[EDGE:-EDGE, EDGE:-EDGE]
    difference = np.abs(tiled.probability - whole.probability)[inside]
    both, any_of = (op(tiled.mask[inside] > 0, whole.mask[inside] > 0) for op in (np.logical_and, np.logical_or))
    shares = ", ".join(f"{100 * (difference <= most).mean():.2f} % within {most:g}" for most in (1e-4, 1e-2, 0.1))
    print(f"tiled against whole: mean difference {difference.mean():.2g}, largest {difference.max():.2g}; pixels: {shares}")
    print(f"  IoU of the masks {both.sum() / max(1, any_of.sum()):.3f}", flush=True)


def other_grids(bundle: Bundle, paths: tuple[Path, Path], folder: Path) -> None:
    with rasterio.open(paths[0]) as file:
        side, utm, transform = file.width, file.crs, file.transform
    fine = from_origin(*CORNER, 0.6, 0.6), (round(side / 0.6),) * 2
    shifted = from_origin(CORNER[0] - 3.5, CORNER[1] + 2.5, 1, 1), (side + 20, side + 20)
    before, after = paths
    others = {
        "half a pixel off": (before, warp(after, folder / "o.tif", utm, *shifted)),
        "0.7 m": (before, warp(after, folder / "r.tif", utm, resolution=0.7)),
        "Web Mercator": (before, warp(after, folder / "m.tif", CRS.from_epsg(3857))),
        "degrees": (before, warp(after, folder / "d.tif", CRS.from_epsg(4326))),
        "both 0.6 m": (warp(before, folder / "f0.tif", utm, *fine), warp(after, folder / "f1.tif", utm, *fine)),
    }
    plain = outlines(bundle, paths, folder / "plain")
    expected = draw(plain, transform, side)
    print(f"same ground, {len(plain)} outlines on the plain pair:")
    for number, (name, pair) in enumerate(others.items()):
        found = outlines(bundle, pair, folder / str(number))
        seen = draw(found, transform, side)
        matched = sum(any(one.intersection(other).area / one.union(other).area >= 0.5 for other in found) for one in plain)
        iou = (seen & expected).sum() / (seen | expected).sum()
        print(f"  {name}: IoU {iou:.3f}, {len(found)} outlines, {matched} of {len(plain)} matched", flush=True)


def outlines(bundle: Bundle, paths: tuple[Path, Path], folder: Path) -> list[Any]:
    """Polygons on the ground, in the CRS of the plain pair."""
    with open_pair(*(open_header(path) for path in paths), 1.0) as pair:
        survey = make_survey(pair, None, bundle, open_store(folder, pair, bundle), 500.0)
    georeference = survey.scene.georeference
    assert georeference is not None
    a, b, c, d, e, f = tuple(georeference.transform)[:6]
    turn = np.array([[a, d], [b, e]])
    return [shapely.make_valid(shapely.Polygon(item.shape.polygon @ turn + (c, f))) for item in survey.objects]


def draw(polygons: list[Any], transform: Affine, side: int) -> np.ndarray:
    if not polygons:
        return np.zeros((side, side), bool)
    drawn: np.ndarray = rasterize(polygons, (side, side), transform=transform, fill=0, default_value=1, dtype="uint8")
    return drawn > 0


def warp(
    path: Path, target: Path, crs: CRS, transform: Affine | None = None, size: tuple[int, int] = (0, 0),
    resolution: float | None = None,
) -> Path:  # fmt: skip
    with rasterio.open(path) as source:
        if transform is None:
            transform, *found = calculate_default_transform(
                source.crs, crs, source.width, source.height, *source.bounds, resolution=resolution
            )
            size = (found[0], found[1])
        profile = source.profile | {"crs": crs, "transform": transform, "width": size[0], "height": size[1], "nodata": 0}
        with rasterio.open(target, "w", **profile) as out:
            for band in (1, 2, 3):
                reproject(rasterio.band(source, band), rasterio.band(out, band), resampling=Resampling.cubic)
    return target


if __name__ == "__main__":
    main()
