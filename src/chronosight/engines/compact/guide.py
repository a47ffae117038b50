"""The vision guide on a pair of any size: what changed, pixel by pixel (ChangeVG's module, arXiv 2509.23105).

A scene of up to TILE pixels a side is seen whole; a larger one in tiles of at most TILE pixels that overlap by OVERLAP and are
blended. Rows of tiles are finished from the top down, so beside the result only one row of tiles is held in memory.
Where the ground size of a pixel is known and more than RESAMPLE_FROM away from the one the guide was trained at, every
tile is resampled on the way in and its maps on the way out: the result is always on the scene's own grid.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image

from chronosight.engines.compact.beam_search import repeating
from chronosight.engines.compact.bundle import Bundle
from chronosight.engines.compact.cover_maps import cover_of
from chronosight.engines.compact.guide_outputs import STEP, padded_frames
from chronosight.engines.compact.guide_views import GuideViews
from chronosight.engines.compact.tiles import blend_weights, owned_parts, tile_side, tile_starts
from chronosight.engines.confidence import calibrate_map
from chronosight.engines.engine import Progress
from chronosight.errors import InputError
from chronosight.results.land_cover import NEVER, NO_COVER, LandCover, Thresholds
from chronosight.scenes.scene import Scene
from chronosight.tasks.land_cover import LAND_COVER_CLASSES
from chronosight.tasks.pixels import resize_frames
from chronosight.tasks.prompt import BOS, EOS
from chronosight.tasks.split import split_by_cores

TILE = 640  # pixels of the guide's own grid: the larger, the less is seen twice, and the more memory a run takes (768: 2.4 GB)
OVERLAP = 64  # 128 takes a sixth more time and finds no more (docs/experiments.md)
RESAMPLE_FROM = 1.5
FINEST_RESAMPLED_FROM = 1.1  # shown at 0.2 m in place of 0.25 m, pairs abroad had far more false changes
FINEST_TAKEN = 0.2  # metres a pixel of pairs that may be of the finest imagery: taken as 0.25 m, fewer wrong answers are doubted
FINEST, COARSEST = 1 / 8, 4.0  # resampling factors outside these would cost much and show nothing
MAX_CAPTION_TOKENS = 41
SMALLEST = 16


@dataclass(frozen=True)
class GuideMaps:
    """What the guide saw, on the scene's grid, calibrated, nothing outside the scene's valid area.

    mask: (H, W) uint8 index of class. probability, appeared: (H, W) float32 in [0, 1].
    changed: probability in [0, 1] that anything in the scene changed. memory: (1, M, d), None for a tiled scene.
    cover: land cover of both dates on the scene's grid; None where it was not asked for, or these weights do not map it.
    fine: what the guide of fine imagery gave of the whole pair at about 1 m, by name, for the captioner; None of a tiled or
        resampled scene, and where that guide did not see it at that size.
    blended: (C + 2, H, W) uint8 in 1/255, the network's own probabilities (classes, appeared, interiors); None where they were
        not asked for.
    """

    mask: np.ndarray
    probability: np.ndarray
    appeared: np.ndarray
    changed: float
    memory: np.ndarray | None
    cover: LandCover | None = None
    fine: dict[str, np.ndarray] | None = None
    blended: np.ndarray | None = None


class Guide(GuideViews):
    """A vision guide: a pair to maps and, for the one that the language model was trained with, a sentence."""

    def calibration(self, task: str) -> dict[str, float]:
        """Calibration of this guide, and of the answers that rest on it.

        Args:
            task: "mask", how its map is read; "guide", its probability that anything changed; "binary", "count_objects" or
                "location_objects".

        Returns:
            The settings by name.
        """
        return self.bundle.calibration(task, *(["finest"] if self.finest else []), *(["fine"] if self.fine else []))

    def change_settings(self, subject: str | None) -> dict[str, float]:
        """How the evidence on a yes / no question is weighed (`confidence.weigh_sources`).

        Args:
            subject: The class that is asked about; None for any change.

        Returns:
            The settings "any_change" for any change where this guide has them, else "binary".
        """
        own = None if subject or self.fine else self.bundle.calibration("any_change")
        return own or self.calibration("binary")

    def maps_cover(self, metres: float | None) -> bool:
        """Whether these weights map the land cover of pairs that this guide compares.

        Args:
            metres: Ground size of a pixel, of the coarser date; None where it is not known.

        Returns:
            True where they do.
        """
        settings = self.bundle.config.get("land_cover")
        if not settings or not self.bundle.config.get("fine_guide"):
            return False
        return self.fine or (self.mixed and bool(metres and metres <= settings.get("up_to", 0.0)))

    @property
    def cover_settings(self) -> dict[str, list[float]]:
        """How the scores of land cover are read in pairs that this guide compares: "scale" and "bias" by class, and thresholds.

        "least" and "agreeing" are the confidences of `Thresholds`; weights without the latter name nothing by agreement.
        """
        settings, size = self.bundle.config["land_cover"], "" if self.fine else "_coarse"
        found = {name: settings.get(f"{name}{size}") or settings[name] for name in ("scale", "bias", "least")}
        return found | {"agreeing": settings.get(f"agreeing{size}") or [NEVER] * len(LAND_COVER_CLASSES)}

    @property
    def cover_thresholds(self) -> Thresholds:
        """From which confidence on a class of land cover is named, in pairs that this guide compares."""
        settings = self.cover_settings
        return Thresholds(tuple(settings["least"]), tuple(settings["agreeing"]))

    @property
    def exact(self) -> dict[str, dict[str, float]]:
        """Calibration of counts and places read from its objects, by task (`confidence.of_exact_answer`)."""
        return {task: self.calibration(f"{task}_objects") for task in ("count", "location")}

    @property
    def facts(self) -> dict[str, Any]:
        """Of the weights, and how counts and places read from its objects are calibrated."""
        return {**self.bundle.facts, "exact_answers": self.exact}

    def min_area(self, metres: float | None) -> float:
        """The smallest object that counts.

        Args:
            metres: Ground size of a pixel of the scene; None where it is not known.

        Returns:
            Its area in pixels of the scene.
        """
        area = self.calibration("mask").get("min_area", 0.0)
        return area * (self.calibrated_at / metres) ** 2 if metres else area

    def resampling(self, scene: Scene) -> float:
        """How much a scene is resampled for the guide.

        Args:
            scene: The scene.

        Returns:
            Pixels of the guide's grid per pixel of the scene; 1.0 where the scene is used as it is.
        """
        if not scene.metres_per_pixel:
            return 1.0
        factor = scene.metres_per_pixel / self.metres_per_pixel
        as_it_is = FINEST_RESAMPLED_FROM if self.finest else RESAMPLE_FROM
        if 1 / as_it_is <= factor <= as_it_is:
            return 1.0
        return min(COARSEST, max(FINEST, factor))

    def predict(self, scene: Scene, progress: Progress | None = None, cover: bool = False, keep: bool = False) -> GuideMaps:
        """Predicts the maps of a pair by tiled inference, with overlapping tiles blended.

        Args:
            scene: A pair.
            progress: Called with (tiles done, tiles in all).
            cover: Whether to map the land cover too, where these weights can.
            keep: Whether to keep the network's own probabilities beside what is read of them.

        Returns:
            Maps of the scene's own size (H, W).

        Raises:
            InputError: A side of the scene is below 16 pixels.
        """
        height, width = scene.height, scene.width
        if min(height, width) < SMALLEST:
            raise InputError(f"the scene is {width} x {height} pixels, expected {SMALLEST} a side or more; give a larger one")
        factor = self.resampling(scene)
        most, overlap, step = round(TILE / factor), round(OVERLAP / factor), 1
        if factor == 1.0:  # the network's own grid then falls on the same pixels in every tile
            step = STEP
            height += -height % STEP
            width += -width % STEP
        high, wide = (tile_side(side, most, overlap, step) for side in (height, width))
        rows, columns = tile_starts(height, high, overlap), tile_starts(width, wide, overlap)
        row_weights, column_weights = blend_weights(height, high, overlap), blend_weights(width, wide, overlap)
        cover = cover and self.maps_cover(scene.metres_per_pixel)
        covered = np.full((2, scene.height, scene.width), NO_COVER, np.uint8) if cover else None
        owned_rows, owned_columns = owned_parts(rows, high, scene.height), owned_parts(columns, wide, scene.width)

        n_maps = len(self.classes) + 2  # class probabilities, then `appeared`, then cores
        mask = np.zeros((scene.height, scene.width), np.uint8)
        probability = np.zeros((scene.height, scene.width), np.float32)
        appeared = np.zeros((scene.height, scene.width), np.float32)
        cores = np.zeros((scene.height, scene.width), bool)
        blended = np.zeros((n_maps, scene.height, scene.width), np.uint8) if keep else None
        strip, top = np.zeros((n_maps, high, width), np.float32), 0
        changed, memory, fine, done = 0.0, None, None, 0
        for row, top_next, row_weight, owned in zip(rows, [*rows[1:], height], row_weights, owned_rows, strict=True):
            for column, column_weight, across in zip(columns, column_weights, owned_columns, strict=True):
                window = slice(row, row + high), slice(column, column + wide)
                maps, tile_changed, memory, fine, of_tile = self._tile(scene, window, factor, cover)
                if covered is not None and of_tile is not None:
                    part = of_tile[:, owned[0] - row : owned[1] - row, across[0] - column : across[1] - column]
                    covered[:, slice(*owned), slice(*across)] = part
                maps *= row_weight[:, None] * column_weight
                strip[:, :, column : column + wide] += maps
                changed = max(changed, tile_changed)
                done += 1
                if progress:
                    progress(done, len(rows) * len(columns))
            finished = top_next - top
            rows_done = slice(top, min(top_next, scene.height))
            inside = scene.valid[rows_done]
            change, classes, new, inner = self.read(strip[:, : inside.shape[0], : scene.width])
            mask[rows_done] = classes * inside
            probability[rows_done] = change * inside
            appeared[rows_done] = new * inside
            cores[rows_done] = inner
            if blended is not None:
                blended[:, rows_done] = np.rint(strip[:, : inside.shape[0], : scene.width] * 255)
            strip[:, : strip.shape[1] - finished] = strip[:, finished:].copy()
            strip[:, strip.shape[1] - finished :] = 0
            top = top_next
        building = self.classes.index("building")
        is_building = mask == building
        mask[is_building & ~split_by_cores(is_building, cores)] = 0
        whole = len(rows) * len(columns) == 1
        land_cover = None
        if covered is not None:
            covered[:, ~scene.valid] = NO_COVER
            land_cover = LandCover(covered, self.cover_thresholds)
        whole_fine = fine if whole and factor == 1.0 else None
        return GuideMaps(mask, probability, appeared, changed, memory if whole else None, land_cover, whole_fine, blended)

    def caption(self, scene: Scene, memory: np.ndarray | None) -> str:
        """Describes the change in a sentence: the summary branch of ChangeVG (arXiv 2509.23105).

        Args:
            scene: A pair.
            memory: Features from `predict`; None computes them from the whole scene at the size of training.

        Returns:
            The sentence, without full stop.
        """
        if memory is None:
            size = int(self.bundle.config["pair_size"])
            memory = self.raw_maps(resize_frames(seen_frames(scene), size, size)[:, None], ["memory"])["memory"]
        session = self.bundle.session("guide_caption")
        end = self.bundle.token_id(EOS)
        tokens = [self.bundle.token_id(BOS)]
        while len(tokens) < MAX_CAPTION_TOKENS:
            logits = session.run(["logits"], {"memory": memory, "tokens": np.array([tokens], np.int64)})[0]
            logits[0, repeating(tokens[1:])] = -np.inf
            token = int(logits[0].argmax())
            if token == end:
                break
            tokens.append(token)
        return self.bundle.tokenizer.decode(tokens[1:], skip_special_tokens=True).strip()

    def _tile(
        self, scene: Scene, window: tuple[slice, slice], factor: float, cover: bool
    ) -> tuple[np.ndarray, float, np.ndarray | None, dict[str, np.ndarray] | None, np.ndarray | None]:
        """-> (C + 2, h, w) probabilities of the tile, padding included; of change; memory; outputs of the other guide; cover."""
        frames = seen_frames(scene, window)
        height, width = frames.shape[1:3]
        seen = frames
        if factor != 1.0:
            size = max(STEP, round(width * factor)), max(STEP, round(height * factor))
            seen = np.stack([np.asarray(Image.fromarray(f).resize(size, Image.Resampling.BILINEAR)) for f in frames])
        dates = padded_frames(seen).transpose(0, 3, 1, 2).astype(np.float32)[:, None] / 255
        (maps,), (changed,), memory, fine, covers = self.views_of(dates, cover)
        if factor != 1.0:
            maps = maps[:, : seen.shape[1], : seen.shape[2]].astype(np.float32)
            maps = np.stack([np.asarray(Image.fromarray(m).resize((width, height), Image.Resampling.BILINEAR)) for m in maps])
        of_tile = None
        if cover:
            of_tile = cover_of(covers[0], self.cover_settings, dates.shape[-1], seen.shape[1:3], (height, width))
        return maps, changed, memory, fine, of_tile

    def predict_tiles(self, tiles: np.ndarray, cover: bool = False) -> tuple[list[np.ndarray], list[float], list[np.ndarray]]:
        """Predicts tiles of one size in one batch.

        Args:
            tiles: (N, 2, h, w, 3) uint8, h and w multiples of 32.
            cover: Whether to map the land cover, which these weights must be able to.

        Returns:
            Of each tile, (C + 2, h, w) float32 probabilities (classes, appeared, interiors), the probability in [0, 1] that it
            changed, and with `cover` (2, h, w) uint8 as `LandCover.packed`.
        """
        dates = tiles.transpose(1, 0, 4, 2, 3).astype(np.float32) / 255
        maps, changed, _, _, covers = self.views_of(dates, cover)
        size = tiles.shape[2:4]
        return maps, changed, [cover_of(one, self.cover_settings, size[1], size, size) for one in covers]

    def read(self, maps: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Reads blended maps by the calibration of the mask.

        Args:
            maps: (C + 2, h, w) float32 probabilities (classes, appeared, interiors).

        Returns:
            (h, w) each: probability of change, class index uint8, probability that it appeared, interiors bool.
        """
        settings = self.calibration("mask")
        change = calibrate_map(np.clip(1 - maps[0], 0, 1), settings)
        classes = np.where(change >= settings.get("threshold", 0.5), 1 + maps[1:-2].argmax(axis=0), 0)
        return change, classes.astype(np.uint8), np.clip(maps[-2], 0, 1), maps[-1] > settings.get("core", 0.5)


def suited_guide(bundle: Bundle, metres: float | None) -> Guide:
    """The guide for imagery of a ground size.

    Args:
        bundle: The weights.
        metres: Metres per pixel, of the coarser date; None where it is not known.

    Returns:
        The guide of fine imagery where the weights hold one and the imagery is fine, else the other, mixed with it where the
        imagery is not much coarser.
    """
    settings = bundle.config.get("fine_guide") or {"up_to": 0.0}
    if metres and metres <= settings["up_to"]:
        return Guide(bundle, fine=True, finest=metres <= settings.get("finest_up_to", 0.0))
    return Guide(bundle, mixed=(metres or float(bundle.config["metres_per_pixel"])) <= settings.get("mixed_up_to", 0.0))


def finer_size(guide: Guide, finest: float) -> float | None:
    """A ground size of the next finer imagery, which another guide compares.

    Args:
        guide: The guide of some imagery.
        finest: Metres per pixel of the finest imagery that is asked about.

    Returns:
        Metres per pixel; None where there is no guide for imagery so fine.
    """
    settings = guide.bundle.config.get("fine_guide")
    if not settings or guide.finest:
        return None
    if not guide.fine:
        return Guide(guide.bundle, fine=True).metres_per_pixel if finest <= settings["up_to"] else None
    return FINEST_TAKEN if finest <= settings.get("finest_up_to", 0.0) else None


def seen_frames(scene: Scene, window: tuple[slice, slice] = (slice(None), slice(None))) -> np.ndarray:
    """Frames as the networks get them: pixels that some date has no data for are 0 at every date.

    Args:
        scene: The scene.
        window: Rows and columns; all by default.

    Returns:
        (T, h, w, 3) uint8.
    """
    frames, valid = scene.frames[:, *window], scene.valid[window]
    return frames if valid.all() else np.where(valid[..., None], frames, 0)
