"""The land-cover map against what is known of the ground (`chronosight eval land-cover`).

mosaics           parts of real images, each of one kind of ground and never trained on, joined (`synthetic.mosaics`)
rendered          scenes with complete truth (seeds of `synthetic.held_out`)
season            the same ground in another season and light: mosaics and real windows made so, rendered scenes, and captioned
                  cells of real pairs of which people wrote that nothing changed; how much of it is called a change
captions          changed cells of real pairs: which kinds of ground people say were lost or gained, and which ones we find

What counts as a change is what the product's rule marks (`engines.compact.land_cover`, `change_map`); of cells without a change,
what of it is in objects that are reported is counted too. Confident pixels are those whose class is
named; the others are "unknown".
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from chronosight.datasets.aid_ucm import learning_split, load_images
from chronosight.datasets.ground_images import GroundImage, ground_images, grounds_by_kind, roof_images
from chronosight.datasets.held_out import building_chips, native_pairs
from chronosight.datasets.places import CaptionedCell, PlacePair, load_places, windows
from chronosight.datasets.sample import array_scene
from chronosight.engines.compact.bundle import SHIPPED, Bundle
from chronosight.engines.compact.guide import Guide, suited_guide
from chronosight.engines.compact.land_cover import change_map, reported_objects
from chronosight.errors import InputError
from chronosight.evaluation.metric import Metric, Result, Target, estimate
from chronosight.evaluation.scoring import Track
from chronosight.metrics.bootstrap import ratio
from chronosight.results.land_cover import LandCover
from chronosight.scenes.scene import Scene
from chronosight.synthetic.held_out import HELD_OUT
from chronosight.synthetic.land_cover import of_rendered
from chronosight.synthetic.light import difference_only
from chronosight.synthetic.mosaics import draw_mosaic
from chronosight.synthetic.pair import render_pair
from chronosight.tasks.cover_words import KINDS, kinds_lost_and_gained
from chronosight.tasks.land_cover import LAND_COVER_CLASSES

TITLE = "Land cover"
MOSAICS, RENDERED, SIDE = 200, 60, 256
FINE, COARSE, AT_COARSE = 0.5, 1.0, "1 m, "  # metres per pixel of the pairs, and how metrics of the coarser ones begin
COARSE_STEPS = (0.8, 1.1)  # metres per pixel that mosaics are drawn at for the coarser ones
CELL_SHARE = 0.02  # of a cell: a kind that more of it loses or gains is one that we find
ENOUGH_PEOPLE = 2  # of five, who name a kind; one alone leaves it open
TARGETS = {
    "mosaics: pixel accuracy": Target("least", 0.85),
    "rendered: mIoU": Target("least", 0.80),
    "season, mosaics: share called changed": Target("most", 0.05),
    "season, rendered: share called changed": Target("most", 0.05),
    "season, real windows: share called changed": Target("most", 0.05),
    "season, cells without change: share called changed": Target("most", 0.05),
    "season, cells without change: share in reported objects": Target("most", 0.05),
    "captions, trees: precision": Target("least", 0.60),
    "captions, trees: recall": Target("least", 0.60),
}


@dataclass
class Tally:
    """Sums of one part by group (an image, a place).

    Attributes:
        groups: Names.
        tables: (C, C) pixels by true and found class.
        known: Pixels named and right, named, all.
        called: Pixels called changed, all.
    """

    groups: list[str] = field(default_factory=list)
    tables: list[np.ndarray] = field(default_factory=list)
    known: list[np.ndarray] = field(default_factory=list)
    called: list[np.ndarray] = field(default_factory=list)

    def add_truth(self, group: str, cover: LandCover, truth: np.ndarray) -> None:
        """Compares a map with the truth.

        Args:
            group: Its name.
            cover: The map.
            truth: (2, H, W) index of class; below 0 where nothing is known.
        """
        count, labelled = len(LAND_COVER_CLASSES), truth >= 0
        true, found, known = truth[labelled].astype(int), cover.classes[labelled].astype(int), cover.named[labelled]
        self.groups.append(group)
        self.tables.append(np.bincount(true * 8 + found, minlength=8 * count).reshape(count, 8)[:, :count])
        self.known.append(np.array([(known & (true == found)).sum(), known.sum(), known.size], float))

    def accuracy(self, part: str) -> list[Metric]:
        """Accuracy, recall and overlap.

        Args:
            part: Begins the names of the metrics.

        Returns:
            The metrics.
        """
        tables = np.stack(self.tables).astype(float)
        count, flat = len(LAND_COVER_CLASSES), tables.reshape(len(tables), -1)

        def as_tables(sums: np.ndarray) -> np.ndarray:
            return sums.reshape(*sums.shape[:-1], count, count)

        def ious(sums: np.ndarray) -> np.ndarray:
            table = as_tables(sums)
            hits = np.diagonal(table, axis1=-2, axis2=-1)
            return np.asarray(hits / np.maximum(table.sum(-1) + table.sum(-2) - hits, 1))

        def of_class(index: int) -> Callable[[np.ndarray], np.ndarray]:
            return lambda sums: np.asarray(ious(sums)[..., index])

        def right(sums: np.ndarray) -> np.ndarray:
            table = as_tables(sums)
            return np.asarray(np.trace(table, axis1=-2, axis2=-1) / np.maximum(table.sum((-1, -2)), 1))

        def by_class(sums: np.ndarray) -> np.ndarray:
            table = as_tables(sums)
            return np.asarray((np.diagonal(table, axis1=-2, axis2=-1) / np.maximum(table.sum(-1), 1)).mean(-1))

        known, unit = np.stack(self.known), "scenes"
        return [
            Metric(f"{part}: pixel accuracy", self.groups, flat, right, unit),
            Metric(f"{part}: mean recall of the classes", self.groups, flat, by_class, unit),
            Metric(f"{part}: mIoU", self.groups, flat, lambda sums: np.asarray(ious(sums).mean(-1)), unit),
            *(Metric(f"{part}: {name} IoU", self.groups, flat, of_class(i), unit) for i, name in enumerate(LAND_COVER_CLASSES)),
            Metric(f"{part}: accuracy where the class is named", self.groups, known[:, :2], ratio, unit),
            Metric(f"{part}: share of pixels whose class is named", self.groups, known[:, 1:], ratio, unit),
        ]


def evaluate_land_cover(
    bundle: Bundle, data: Path, split: str, limit: int | None = None, seed: int = 0, track: Track = lambda items, _: items
) -> list[Result]:
    """Measures the land-cover map, at 0.5 m and, where the weights map it there, at 1 m as the product compares such pairs.

    Args:
        bundle: Weights that map it.
        data: Folder with images/, pairs/ and buildings/.
        split: "val", for choosing, or "test".
        limit: At most this many mosaics, renderings and places; None for all.
        seed: Of the bootstrap.
        track: Goes through items while showing progress under a name.

    Returns:
        One result a metric.

    Raises:
        InputError: The data folder has another layout.
    """
    grounds, places = held_out_grounds(data, split), load_places(data, split, limit)
    metrics: list[Metric] = []
    for metres in (FINE, COARSE):
        guide = suited_guide(bundle, metres)
        if guide.maps_cover(metres):
            of_size = [*_mosaics(guide, grounds, limit, track), *_rendered(guide, limit, track)]
            of_size += _places(guide, places, track)
            metrics += of_size if guide.fine else [replace(metric, name=f"{AT_COARSE}{metric.name}") for metric in of_size]
    results = estimate(metrics, seed)
    return [_with_target(result) for result in results]


def covering_bundle(weights: Path | None) -> Bundle:
    """Weights that map the land cover.

    Args:
        weights: Weights folder; the shipped one where None.

    Returns:
        The weights.

    Raises:
        InputError: They do not.
    """
    bundle = Bundle(weights or SHIPPED)
    if not (bundle.config.get("fine_guide") and bundle.config.get("land_cover")):
        raise InputError(f"{bundle.folder} maps no land cover, expected land_cover in config.json; give other weights")
    return bundle


def held_out_grounds(data: Path, split: str) -> dict[int, list[GroundImage]]:
    """Labelled images that no training saw, by kind.

    Args:
        data: Folder with images/, pairs/ and buildings/.
        split: "val": one in 16 of the images outside of AID's and UC Merced's test split, held-out half-metre pairs and chips.
            "test": the test split, and the test places.

    Returns:
        The images; kinds without any are left out.

    Raises:
        InputError: The data folder has another layout.
    """
    if split == "test":
        images = [image for source in ("aid", "ucm") for image in load_images(data, source, "test")]
        roofs = roof_images(load_places(data, "test"), [])
    else:
        images = [image for source in ("aid", "ucm") for image in learning_split(data, source)[1]]
        roofs = roof_images(native_pairs(data, held_out=True), building_chips(data, held_out=True))
    return grounds_by_kind([*ground_images(images), *roofs])


def _mosaics(
    guide: Guide, grounds: Mapping[int, Sequence[GroundImage]], limit: int | None, track: Track
) -> Iterator[Metric]:
    right, season = Tally(), Tally()
    step = FINE if guide.fine else COARSE
    for index in track(range(min(MOSAICS, limit or MOSAICS)), "mosaics"):
        rng = np.random.default_rng((HELD_OUT, index))
        mosaic = draw_mosaic(rng, grounds, SIDE) if guide.fine else draw_mosaic(rng, grounds, SIDE, COARSE_STEPS)
        cover = _cover(guide, np.stack([mosaic.pixels, difference_only(mosaic.pixels, index)]), step)
        right.add_truth(f"mosaic {index}", cover, np.stack([mosaic.labels] * 2))
        season.called.append(_called(cover, step, np.zeros(mosaic.labels.shape, bool)))
    yield from right.accuracy("mosaics")
    yield Metric("season, mosaics: share called changed", right.groups, np.stack(season.called), ratio, "scenes")


def _rendered(guide: Guide, limit: int | None, track: Track) -> Iterator[Metric]:
    right, called = Tally(), []
    step = FINE if guide.fine else COARSE
    for index in track(range(min(RENDERED, limit or RENDERED)), "rendered scenes"):
        pair = render_pair(HELD_OUT + index, SIDE, step)
        cover = _cover(guide, np.stack([pair.before, pair.after]), step)
        truth = np.stack([of_rendered(pair.before_map), of_rendered(pair.after_map)])
        right.add_truth(f"rendered {index}", cover, truth)
        called.append(_called(cover, step, pair.before_map != pair.after_map))
    yield from right.accuracy("rendered")
    yield Metric("season, rendered: share called changed", right.groups, np.stack(called), ratio, "scenes")


def _places(guide: Guide, places: Sequence[PlacePair], track: Track) -> Iterator[Metric]:
    """Real pairs at 1 m: in other light, unchanged by people's word, and kinds of ground by people's word.

    The guide of fine imagery is shown them enlarged to its own ground size.
    """
    lit: list[tuple[str, np.ndarray]] = []
    unchanged: list[tuple[str, np.ndarray]] = []
    reported: list[tuple[str, np.ndarray]] = []
    groups, cells = [], []
    for number, place in enumerate(track(places, "places")):
        step = place.metres_per_pixel
        scene = _scene(np.stack([place.before, place.after]), step)
        maps = guide.predict(scene, cover=True)
        assert maps.cover is not None
        box = windows(place.building.shape[0])[number % 4]
        for date, image in enumerate((place.before, place.after)):
            part = image[box[1] : box[3], box[0] : box[2]]
            again = _cover(guide, np.stack([part, difference_only(part, 2 * number + date)]), step)
            lit.append((place.place, _called(again, step, np.zeros(part.shape[:2], bool))))
        nothing = np.zeros(place.building.shape, bool)
        objects_apart, all_change = change_map(maps.cover, maps.mask > 0, step), change_map(maps.cover, nothing, step)
        in_objects = reported_pixels(objects_apart, maps.cover, scene, step)
        for cell in place.cells:
            x0, y0, x1, y1 = cell.box
            if not cell.changed:
                for found, parts in ((objects_apart > 0, unchanged), (in_objects, reported)):
                    part = found[y0:y1, x0:x1]
                    parts.append((place.place, np.array([part.sum(), part.size], float)))
            else:
                groups.append(place.place)
                cells.append(cell_kinds(maps.cover, all_change, cell))
    for name, shares in (
        ("real windows: share called changed", lit),
        ("cells without change: share called changed", unchanged),
        ("cells without change: share in reported objects", reported),
    ):
        if shares:
            names, sums = zip(*shares, strict=True)
            yield Metric(f"season, {name}", list(names), np.stack(sums), ratio, "windows")
    for index, kind in enumerate(KINDS):
        counts = np.array([of_cell[index] for of_cell in cells], float).reshape(-1, 3)  # (hit, found, said)
        yield Metric(f"captions, {kind}: precision", groups, counts[:, [0, 1]], ratio, "cells", int(counts[:, 1].sum()))
        yield Metric(f"captions, {kind}: recall", groups, counts[:, [0, 2]], ratio, "cells", int(counts[:, 2].sum()))


def reported_pixels(changed: np.ndarray, cover: LandCover, scene: Scene, metres: float) -> np.ndarray:
    """The pixels of the land-cover objects that are reported.

    Args:
        changed: Of `change_map`.
        cover: The land cover of both dates.
        scene: The pair.
        metres: Ground size of a pixel.

    Returns:
        (H, W) bool.
    """
    found = np.zeros(changed.shape, bool)
    for _, window, inside in reported_objects(changed, cover, metres, scene):
        found[window][inside] = True
    return found


def cell_kinds(cover: LandCover, codes: np.ndarray, cell: CaptionedCell) -> list[tuple[bool, bool, bool]]:
    """Of each kind of ground, in the order of `KINDS`, what is said of one cell.

    Args:
        cover: The land cover of both dates.
        codes: Of `change_map`.
        cell: The cell with what people wrote.

    Returns:
        Whether we and people say that it changed, whether we do, whether people do; all False where one person alone says so.
    """
    said = [kinds_lost_and_gained(sentence) for sentence in cell.captions]
    x0, y0, x1, y1 = cell.box
    window = np.s_[y0:y1, x0:x1]
    kinds = []
    for kind, classes in KINDS.items():
        people = sum(kind in of_sentence for of_sentence in said)
        if 0 < people < ENOUGH_PEOPLE:
            kinds.append((False, False, False))  # open
            continue
        ours = found_share(cover, codes, window, classes) > CELL_SHARE
        kinds.append((ours and people > 0, ours, people > 0))
    return kinds


def found_share(cover: LandCover, codes: np.ndarray, window: Any, classes: Sequence[int]) -> float:
    """How much of a window changed from or to some classes, changed buildings and roads included.

    Args:
        cover: The land cover of both dates.
        codes: Of `change_map`.
        window: Rows and columns.
        classes: Indices of `LAND_COVER_CLASSES`.

    Returns:
        Share in [0, 1].
    """
    found, known = np.isin(cover.classes[:, *window], classes), cover.known[:, *window]
    lost, gained = found[0] & known[0] & ~found[1], found[1] & known[1] & ~found[0]
    return float(((lost | gained) & (codes[window] > 0)).mean())


def _scene(frames: np.ndarray, metres: float) -> Scene:
    return array_scene("pair", frames, ("before", "after"), metres)


def _cover(guide: Guide, frames: np.ndarray, metres: float) -> LandCover:
    cover = guide.predict(_scene(frames, metres), cover=True).cover
    assert cover is not None
    return cover


def _called(cover: LandCover, metres: float, changed: np.ndarray) -> np.ndarray:
    """(pixels called changed, pixels) where nothing did."""
    called = change_map(cover, changed, metres) > 0
    return np.array([(called & ~changed).sum(), (~changed).sum()], float)


def _with_target(result: Result) -> Result:
    return replace(result, target=TARGETS.get(result.metric.removeprefix(AT_COARSE)))
