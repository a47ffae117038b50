"""More labelled change out of the same places: buildings cut out by their masks and pasted into other places.

A pasted building at the later date only is a change; the same building at both dates is none. Real texture, known truth.
"""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from chronosight.datasets.places import PlacePair

MARGIN = 3  # pixels around a building that come along: walls, eaves and the start of the shadow


class BuildingLibrary:
    """Cut-outs of changed buildings, single ones and blocks of neighbours. Each is ((h, w, 3) uint8, (h, w) bool)."""

    def __init__(self, places: list[PlacePair], smallest: int = 30, largest: int = 96) -> None:
        self.cutouts: list[tuple[np.ndarray, np.ndarray]] = []
        for place in places:
            grown = ndimage.binary_dilation(place.building, iterations=4)  # neighbours within 8 px stay together
            labels, _ = ndimage.label(grown)
            for box in ndimage.find_objects(labels):
                rows, columns = box
                mask = place.building[box]
                if mask.sum() < smallest or max(rows.stop - rows.start, columns.stop - columns.start) > largest:
                    continue
                self.cutouts.append((place.after[box], mask))

    def draw(self, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """Draws a random cut-out, flipped and turned by a multiple of 90 degrees.

        Args:
            rng: Draws the cut-out.

        Returns:
            Pixels (h, w, 3) uint8 and the building's mask (h, w) bool.
        """
        pixels, mask = self.cutouts[rng.integers(len(self.cutouts))]
        turns, flip = int(rng.integers(4)), bool(rng.integers(2))
        pixels, mask = np.rot90(pixels, turns), np.rot90(mask, turns)
        return (pixels[:, ::-1], mask[:, ::-1]) if flip else (pixels, mask)


def paste_buildings(
    before: np.ndarray,
    after: np.ndarray,
    occupied: np.ndarray,
    library: BuildingLibrary,
    rng: np.random.Generator,
    count: int,
    both_dates: bool,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Pastes cut-outs where the ground is free; a place that is taken is skipped.

    Args:
        before: (H, W, 3) uint8, the earlier date.
        after: (H, W, 3) uint8, the later date.
        occupied: (H, W) bool; nothing is pasted where it is True.
        library: Cut-outs of buildings.
        rng: Draws cut-outs and places.
        count: Largest number of cut-outs.
        both_dates: Whether to paste into both images, so that nothing changed there, or into the later one alone.

    Returns:
        Copies of both images, and the mask (H, W) bool of what was pasted.
    """
    before, after = before.copy(), after.copy()
    pasted = np.zeros(occupied.shape, bool)
    height, width = occupied.shape
    for _ in range(count):
        pixels, mask = library.draw(rng)
        h, w = mask.shape
        if h >= height or w >= width:
            continue
        y, x = int(rng.integers(height - h)), int(rng.integers(width - w))
        here = (slice(y, y + h), slice(x, x + w))
        if (occupied[here] | pasted[here]).any():
            continue
        # Soft edge, so that the cut itself is not what the network learns to see.
        core = ndimage.binary_dilation(mask, iterations=MARGIN - 1)
        alpha = ndimage.gaussian_filter(core.astype(np.float32), 1.0)[..., None]
        for image in (before, after) if both_dates else (after,):
            gain = _towards(pixels, image[here], rng)
            blend = alpha * np.clip(pixels * gain, 0, 255) + (1 - alpha) * image[here]
            image[here] = blend.astype(np.uint8)
        pasted[here] |= mask
    return before, after, pasted


def _towards(pixels: np.ndarray, target: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Gain per channel that moves the light of a cut-out part of the way to that of its new place."""
    ratio = (target.mean((0, 1)) + 20) / (pixels.mean((0, 1)) + 20)
    gain: np.ndarray = np.clip(ratio, 0.6, 1.7) ** float(rng.uniform(0.0, 0.6))
    return gain
