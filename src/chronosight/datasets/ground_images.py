"""Ground of one kind in single images: the land cover that a scene class of AID or UC Merced implies, where it is clear.

A scene class says what most of an image shows: "forest" is trees. Where classes mix ground (a pond in a wood, a beach), a
rule on colour and texture picks the pixels that are surely of the kind; all others are UNLABELLED. The rules were written
with the images before the eyes; each errs towards UNLABELLED. Fields are low vegetation in every season, ploughed ones too.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from chronosight.datasets.aid_ucm import StillImage
from chronosight.datasets.buildings import BuildingChip
from chronosight.datasets.places import PlacePair
from chronosight.tasks.land_cover import LAND_COVER_CLASSES

UNLABELLED, DRY = -1, -2  # DRY: anything but water, such as a shadow
BUILT, PAVED, BARE, LOW, TREES, WATER = range(len(LAND_COVER_CLASSES))
METRES: dict[str, float] = {"aid": 3.0, "ucm": 0.3}  # a pixel as stored; AID's varies from 2 to 32
SHADOW, WIDEST_SHADOW = 80, 7.0  # mean grey level below which ground is dark; metres: wider dark ground may be water
SMALLEST_SHARE = 0.08  # of an image; with less labelled ground it is not used


@dataclass(frozen=True)
class GroundImage:
    """A single image and the ground that is known of it.

    Attributes:
        id: CLASS/NAME.
        metres_per_pixel: Of the stored image, roughly.
        pixels: (H, W, 3) uint8.
        labels: (H, W) int8, index into `LAND_COVER_CLASSES`, UNLABELLED or DRY.
        kind: The class that most of the labelled pixels have.
    """

    id: str
    metres_per_pixel: float
    pixels: np.ndarray
    labels: np.ndarray
    kind: int


@dataclass(frozen=True)
class _Look:
    """What the rules read: (H, W) float32 each, in grey levels of 0 to 255."""

    light: np.ndarray
    green: np.ndarray  # 2 g - r - b
    warm: np.ndarray  # r - b
    rough: np.ndarray  # standard deviation of `light` over 5 x 5 pixels


def ground_image(image: StillImage) -> GroundImage | None:
    """Labels an image by the rule of its scene class.

    Args:
        image: Of AID or UC Merced.

    Returns:
        The labelled image; None where its class has no rule or too little of it is clear.

    Raises:
        InputError: The file cannot be read.
    """
    rule = RULES.get(image.id.partition("/")[0])
    if rule is None:
        return None
    pixels = image.pixels()
    labels = rule(_look_of(pixels))
    known = labels[labels != UNLABELLED]
    if known.size < SMALLEST_SHARE * labels.size:
        return None
    kind = int(np.bincount(known, minlength=len(LAND_COVER_CLASSES)).argmax())
    return GroundImage(image.id, METRES[image.source], pixels, labels, kind)


def ground_images(images: list[StillImage]) -> list[GroundImage]:
    """The images that show clear ground, in the order given.

    Args:
        images: Of AID and UC Merced.

    Returns:
        The labelled images.
    """
    return [found for image in images if (found := ground_image(image)) is not None]


def roof_images(pairs: Sequence[PlacePair], chips: Sequence[BuildingChip]) -> list[GroundImage]:
    """Images of which the roofs are known: later dates of pairs, where they differ from the earlier ones, and labelled chips.

    Args:
        pairs: With their masks of changed buildings, nearly all of which are new.
        chips: Those without outlines are left out.

    Returns:
        The images with enough roof.
    """
    found = [(pair.id, pair.metres_per_pixel, pair.after, pair.building) for pair in pairs]
    found += [(chip.id, chip.metres_per_pixel, chip.pixels, chip.labels > 0) for chip in chips if chip.labels is not None]
    images = []
    for name, step, pixels, roofs in found:
        labels = np.where(ndimage.binary_erosion(roofs), np.int8(BUILT), dry_places(pixels, step))
        if (labels == BUILT).mean() >= SMALLEST_SHARE / 4:
            images.append(GroundImage(name, step, pixels, labels, BUILT))
    return images


def grounds_by_kind(images: Sequence[GroundImage]) -> dict[int, list[GroundImage]]:
    """Groups images by their kind of ground.

    Args:
        images: Of any kinds.

    Returns:
        By index into LAND_COVER_CLASSES; kinds without an image are left out.
    """
    kinds = range(len(LAND_COVER_CLASSES))
    return {kind: found for kind in kinds if (found := [image for image in images if image.kind == kind])}


def dry_places(pixels: np.ndarray, metres: float) -> np.ndarray:
    """Dark ground that is too narrow for a pond: the shadows of houses and trees, which water is most easily taken for.

    Args:
        pixels: (H, W, 3) uint8, of a place that is no shore.
        metres: Ground size of a pixel.

    Returns:
        (H, W) int8, DRY or UNLABELLED.
    """
    dark = ndimage.gaussian_filter(pixels.mean(-1), 0.8) < SHADOW
    wide = ndimage.uniform_filter(dark.astype(np.float32), max(3, round(WIDEST_SHADOW / metres))) > 0.95
    wide = ndimage.maximum_filter(wide, max(3, round(2 * WIDEST_SHADOW / metres)))
    return np.where(dark & ~wide, np.int8(DRY), np.int8(UNLABELLED))


def _look_of(pixels: np.ndarray) -> _Look:
    r, g, b = np.moveaxis(pixels.astype(np.float32), -1, 0)
    light = (r + g + b) / 3
    mean = ndimage.uniform_filter(light, 5)
    rough = np.sqrt(np.maximum(ndimage.uniform_filter(light**2, 5) - mean**2, 0))
    smooth = [ndimage.uniform_filter(part, 3) for part in (light, 2 * g - r - b, r - b)]
    return _Look(smooth[0], smooth[1], smooth[2], rough)


def _labelled(look: _Look, **kinds: np.ndarray) -> np.ndarray:
    labels = np.full(look.light.shape, UNLABELLED, np.int8)
    for name, where in kinds.items():
        labels[where] = {"paved": PAVED, "bare": BARE, "low": LOW, "trees": TREES, "water": WATER}[name]
    return labels


def _whole(kind: str, above: float = 255.0, below: float = 255.0) -> Callable[[_Look], np.ndarray]:
    """All of the image, without what is much lighter or darker than its median."""

    def rule(look: _Look) -> np.ndarray:
        middle = np.median(look.light)
        return _labelled(look, **{kind: (look.light < middle + above) & (look.light > middle - below)})

    return rule


def _bare_land(look: _Look) -> np.ndarray:
    middle = np.median(look.light)
    return _labelled(look, bare=(look.green < 14) & (np.abs(look.light - middle) < 45) & (look.rough < 22))


def _parking(look: _Look) -> np.ndarray:
    return _labelled(look, paved=(look.green < 12) & (look.light > 25))


def _beach(look: _Look) -> np.ndarray:
    even = look.rough < 9
    return _labelled(
        look, bare=even & (look.warm > 22) & (look.light > 110),
        water=_large(even & (look.warm < -12) & (look.light < 190)),
    )  # fmt: skip


def _harbor(look: _Look) -> np.ndarray:
    return _labelled(look, water=_large((look.rough < 7) & (look.light < 95) & (look.warm < 6)))


def _pond(look: _Look) -> np.ndarray:
    """The even region about the middle of the image, of one colour; AID's ponds lie there."""
    high, wide = look.light.shape
    centre = np.s_[high * 2 // 5 : high * 3 // 5, wide * 2 // 5 : wide * 3 // 5]
    even = look.rough < 7
    for part, reach in ((look.light, 16), (look.green, 14), (look.warm, 14)):
        even &= np.abs(part - np.median(part[centre])) < reach
    numbered, _ = ndimage.label(ndimage.binary_opening(even, iterations=2))
    middle = np.bincount(numbered[centre].ravel())
    middle[0] = 0
    if middle.max(initial=0) < 0.5 * numbered[centre].size:
        return _labelled(look)
    pond = ndimage.binary_erosion(numbered == middle.argmax(), iterations=1)
    return _labelled(look, water=pond) if pond.mean() < 0.75 else _labelled(look)


def _river(look: _Look) -> np.ndarray:
    """Dark, even, and no greener than the rest: shadows are small, rivers are not."""
    dark = (look.rough < 5) & (look.light < 75) & (look.green < 16)
    water = _large(ndimage.binary_opening(dark, iterations=3), 0.06)
    return _labelled(look, water=water)


def _lawn(look: _Look) -> np.ndarray:
    grass = (look.green > 14) & (look.rough < 8) & (look.light > 70) & (look.light < 180) & (look.warm < 45)
    return _labelled(look, low=ndimage.binary_opening(grass, iterations=2))


def _golf(look: _Look) -> np.ndarray:
    grass = (look.green > 4) & (look.rough < 8) & (look.light > 80)
    return _labelled(look, low=ndimage.binary_opening(grass, iterations=3))


def _chaparral(look: _Look) -> np.ndarray:
    return _labelled(look, bare=(look.light > np.median(look.light)) & (look.green < 8))


def _large(mask: np.ndarray, share: float = 0.02) -> np.ndarray:
    """The mask without its small pieces."""
    numbered, count = ndimage.label(ndimage.binary_opening(mask, iterations=2))
    sizes = np.bincount(numbered.ravel(), minlength=count + 1)
    sizes[0] = 0
    kept: np.ndarray = (sizes >= share * mask.size)[numbered]
    return kept


RULES: dict[str, Callable[[_Look], np.ndarray]] = {
    "Forest": _whole("trees", above=35), "forest": _whole("trees", above=60),
    "Meadow": _whole("low", above=25, below=18), "Farmland": _whole("low", above=70), "agricultural": _whole("low"),
    "BareLand": _bare_land, "Desert": _whole("bare"), "chaparral": _chaparral,
    "Beach": _beach, "beach": _beach, "Pond": _pond, "river": _river, "River": _river, "harbor": _harbor, "Port": _harbor,
    "Parking": _parking, "parkinglot": _parking, "BaseballField": _lawn, "baseballdiamond": _lawn, "golfcourse": _golf,
}  # fmt: skip
