"""What a guide's networks say of pairs of one size: the mean over views, over two sizes, and over two guides.

`guide.py` makes tiles of a scene for it, and reads what it says.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from chronosight.engines.compact.bundle import Bundle
from chronosight.engines.compact.cover_maps import cover_scores, scores_at
from chronosight.engines.compact.guide_outputs import (
    FINE_SHARE,
    STEP,
    changes,
    enlarged,
    mix_buildings,
    mix_buildings_and_roads,
    mixed_at,
    probabilities,
    resized_maps,
)
from chronosight.errors import InputError
from chronosight.tasks.land_cover import GUIDE_MAPS

FINEST_SHARE = 0.4  # of the larger of both sizes at which the finest imagery is compared; docs/experiments.md
FINEST_GUIDE_SHARE = 0.6  # where a guide of its own compares it at that size, in as many views as the other
TURNS: tuple[Callable[[np.ndarray], np.ndarray], ...] = (  # each its own inverse, over the last two dimensions
    lambda x: x,
    lambda x: x[..., ::-1, ::-1],
    lambda x: x[..., ::-1],
    lambda x: x[..., ::-1, :],
)
UPSIDE_DOWN = TURNS[3]  # how pairs of half a metre are shown at their own size, in one view; docs/experiments.md


class GuideViews:
    """The networks of a guide.

    Weights may hold a second guide for fine imagery ("fine_guide" in config.json), which predicts maps alone. Up to the ground
    size "mixed_up_to" the buildings of coarser pairs are the mean of both, "mixed_share" of it the second one's: each misses
    others. Each is shown such pairs "mixed_at" times as large; where they are enlarged, roads are held against both too. Up to
    "finest_up_to" pairs are compared twice, at the ground size "finest", by a guide of their own where the weights have one
    ("finest_guide"), and at half that size: the larger size separates adjoining buildings, the smaller one makes fewer false
    changes. Other fine pairs are compared at their own and at half their size ("halved").
    """

    def __init__(self, bundle: Bundle, fine: bool = False, mixed: bool = False, finest: bool = False) -> None:
        """Makes the guide; its graph is opened when first needed.

        Args:
            bundle: The weights.
            fine: Whether it is the one of fine imagery.
            mixed: Whether the other one is asked too, and the map of buildings is the mean of both.
            finest: Whether pairs are compared at "finest" and at half that size; only of the guide of fine imagery.
        """
        settings = bundle.config["fine_guide"] if fine else bundle.config
        self.bundle, self.fine, self.finest = bundle, fine, finest
        self.classes = tuple(bundle.config["classes"])
        self.calibrated_at = float(settings["metres_per_pixel"])
        self.metres_per_pixel = float(settings["finest"]) if finest else self.calibrated_at
        self.views = int(settings.get("views" if fine else "guide_views", 1))
        self.graph = "guide_fine" if fine else "guide"
        self.larger_graph = "guide_finest" if finest and settings.get("finest_guide") else self.graph
        share = FINEST_SHARE if self.larger_graph == self.graph else FINEST_GUIDE_SHARE
        self.halved = 1 - share if finest else float(settings.get("halved", 0.0)) if fine else 0.0
        self.mixed = mixed
        self.mixed_share = float(bundle.config["fine_guide"].get("mixed_share", FINE_SHARE)) if mixed else 0.0
        self.mixed_at = mixed_at(bundle.config) if mixed else (1.0, 1.0)
        self.summarises = not fine and not bundle.config.get("captioner")  # else nothing reads the memory of its encoder

    def views_of(
        self, dates: np.ndarray, cover: bool
    ) -> tuple[list[np.ndarray], list[float], np.ndarray | None, dict[str, np.ndarray] | None, list[np.ndarray]]:
        """Compares pairs of one size.

        The mean over the pairs as they are and turned (`guide_views`): what the network misses one way up it often sees
        the other way.

        Args:
            dates: (2, N, 3, h, w) float32 in [0, 1], h and w multiples of 32.
            cover: Whether the land cover is wanted, which these weights must be able to map.

        Returns:
            Of each pair its maps, (C + 2, h, w) float32 probabilities (classes, appeared, interiors), and the probability in
            [0, 1] that it changed; memory (N, M, d) of the pairs as they are, None where nothing reads it; what the guide of fine
            imagery gave at about 1 m or enlarged from there, by name, or None; of each pair (2, 6, h / s, w / s) scores of land
            cover, without `cover` none.
        """
        if self.finest or self.halved:
            return self._two_sizes(dates, cover)
        if self.mixed and self.mixed_at != (1.0, 1.0):
            return self._enlarged(dates, cover)
        summary = ["memory"] if self.summarises else []
        maps, changed, first = self._averaged(dates, self.views, [*summary, *(GUIDE_MAPS if cover and self.fine else [])])
        fine = self._run(dates, GUIDE_MAPS, "guide_fine") if self.mixed else None
        covers = self._covers(fine or first, dates) if cover else []
        if fine is not None:
            for index, seen in enumerate(maps):
                mix_buildings(seen, probabilities(fine, index), self.mixed_share)
        return maps, changed, first.get("memory"), fine, covers

    def _enlarged(
        self, dates: np.ndarray, cover: bool
    ) -> tuple[list[np.ndarray], list[float], np.ndarray | None, dict[str, np.ndarray] | None, list[np.ndarray]]:
        """Like `views_of`: the mean of both guides, each shown the pairs once, `mixed_at` times as large."""
        rows, columns = dates.shape[-2:]
        (dates_of_own, (high, wide)), (dates_of_fine, (tall, broad)) = (enlarged(dates, times) for times in self.mixed_at)
        maps, changed, first = self._averaged(dates_of_own, 1, ["memory"] if self.summarises else [])
        fine = self._run(dates_of_fine, GUIDE_MAPS, "guide_fine")
        maps = [resized_maps(seen[:, :high, :wide], rows, columns) for seen in maps]
        for index, seen in enumerate(maps):
            other = resized_maps(probabilities(fine, index)[:, :tall, :broad], rows, columns)
            mix_buildings_and_roads(seen, other, self.mixed_share)
        covers = self._covers(fine, dates_of_fine) if cover else []
        covers = [scores_at(of_pair, (tall, broad), (rows, columns)) for of_pair in covers]
        return maps, changed, first.get("memory"), fine, covers

    def _two_sizes(
        self, dates: np.ndarray, cover: bool
    ) -> tuple[list[np.ndarray], list[float], np.ndarray | None, dict[str, np.ndarray] | None, list[np.ndarray]]:
        """Like `views_of`: the mean of a view of the pairs as they are and, with the share `halved`, of them at half their size.

        Of the finest imagery the latter are shown in all views, and the land cover is read from them, since it is mapped at that
        ground size. Else the captioner may read them: theirs is the size at which it is shown pairs of half a metre.
        """
        rows, columns = dates.shape[-2] // 2, dates.shape[-1] // 2
        halves = resized_maps(dates.reshape(-1, *dates.shape[-2:]), rows, columns).reshape(*dates.shape[:3], rows, columns)
        padding = [(0, 0)] * 3 + [(0, -side % STEP) for side in (rows, columns)]
        small = np.pad(halves, padding, mode="reflect")
        read = () if self.finest and not cover else GUIDE_MAPS
        smaller, changed, of_smaller = self._averaged(small, self.views if self.finest else 1, read)
        more = GUIDE_MAPS if cover and not self.finest else ()
        own = self.larger_graph != self.graph
        if self.finest:
            larger, also_changed, of_larger = self._averaged(dates, self.views if own else 1, more, self.larger_graph)
        else:
            larger, also_changed, of_larger = self._averaged(UPSIDE_DOWN(dates), 1, more)
            larger = [UPSIDE_DOWN(seen) for seen in larger]
            of_larger = {name: np.ascontiguousarray(UPSIDE_DOWN(of_larger[name])) for name in more}
        maps = [resized_maps(seen[:, :rows, :columns], *dates.shape[-2:]) for seen in smaller]
        for seen, other in zip(maps, larger, strict=True):
            seen *= self.halved
            seen += (1 - self.halved) * other
            if own:
                seen[-1] = other[-1]  # interiors at the smaller size tell fewer neighbours apart
        changed = [other + self.halved * (one - other) for one, other in zip(changed, also_changed, strict=True)]
        if not self.finest:
            return maps, changed, None, of_smaller, self._covers(of_larger, dates) if cover else []
        covers = self._covers(of_smaller, small) if cover else []
        stride = small.shape[-1] // covers[0].shape[-1] if cover else 1
        return maps, changed, None, None, [one[..., : rows // stride, : columns // stride] for one in covers]

    def _averaged(
        self, dates: np.ndarray, views: int, more: Sequence[str] = (), graph: str | None = None
    ) -> tuple[list[np.ndarray], list[float], dict[str, np.ndarray]]:
        """The mean over the pairs as they are and turned: maps, probabilities of change; the outputs, with `more`, unturned."""
        first = self._run(dates, more, graph)
        maps = [probabilities(first, index) for index in range(dates.shape[1])]
        changed = changes(first)
        for turn in TURNS[1:views]:
            out = self._run(turn(dates), (), graph)
            for index, seen in enumerate(maps):
                seen += turn(probabilities(out, index))
            changed += changes(out)
        if views > 1:
            for seen in maps:
                seen /= views
        return maps, (changed / views).tolist(), first

    def raw_maps(self, dates: np.ndarray, names: Sequence[str]) -> dict[str, np.ndarray]:
        """The network's own outputs.

        Args:
            dates: (2, N, 3, h, w) float32 in [0, 1], h and w multiples of 32.
            names: Of the outputs, such as those in `tasks.change_captions.LEVELS`.

        Returns:
            The outputs by name (`models.guide.modeling.GuideOutput`).
        """
        session = self.bundle.session(self.graph)
        return dict(zip(names, session.run(list(names), {"before": dates[0], "after": dates[1]}), strict=True))

    def _covers(self, fine: dict[str, np.ndarray], dates: np.ndarray) -> list[np.ndarray]:
        """Maps of the guide of fine imagery -> of each pair (2, 6, h / 2, w / 2) scores of the land cover."""
        found = cover_scores(self.bundle, dates, fine)
        of_dates = found.reshape(2, dates.shape[1], *found.shape[1:])
        return [of_dates[:, index] for index in range(dates.shape[1])]

    def _run(self, dates: np.ndarray, more: Sequence[str] = (), graph: str | None = None) -> dict[str, np.ndarray]:
        """(2, N, 3, h, w) float32 in [0, 1], h and w multiples of 32 -> the maps of change, and `more` outputs, by name."""
        names = ["class_logits", "appeared_logit", "core_logit", "change_logit", *more]
        feeds = {"before": np.ascontiguousarray(dates[0]), "after": np.ascontiguousarray(dates[1])}
        session = self.bundle.session(graph or self.graph)
        found = dict(zip(names, session.run(names, feeds), strict=True))
        classes = found.get("class_logits")
        if classes is not None and classes.shape[1] != len(self.classes):
            raise InputError(
                f"config.json of {self.bundle.folder} names {len(self.classes)} classes, its guide has {classes.shape[1]}; "
                "copy the weights folder again"
            )
        return found
