"""Summary of the training material: pairs, labels and split in one table, with warnings about likely mistakes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from chronosight.errors import InputError
from chronosight.tasks.objects import find_objects
from chronosight.training.tune.labels import Labels
from chronosight.training.tune.pairs import OwnPair
from chronosight.training.tune.split import PARTS, Split


@dataclass(frozen=True)
class Check:
    """The findings.

    Attributes:
        facts: Name and text of each, in order.
        parts: For each part: pairs, places, pairs with change, changed buildings.
        warnings: What the user should check, one line each.
    """

    facts: tuple[tuple[str, str], ...]
    parts: dict[str, dict[str, int]]
    warnings: tuple[str, ...]


def check_labels(pairs: Sequence[OwnPair], unlabelled: Sequence[str], labels: Labels, split: Split) -> Check:
    """Counts and checks.

    Args:
        pairs: The labelled pairs.
        unlabelled: Names of pairs without a mask.
        labels: Their labels.
        split: Their parts.

    Returns:
        The findings.
    """
    metres = sorted(pair.metres for pair in pairs)
    systems = sorted({_crs(pair) for pair in pairs})
    empty = [pair.name for pair in pairs if not pair.has_change]
    warnings = []
    facts = [
        ("pairs", f"{len(pairs)} with labels" + (f", {len(unlabelled)} without a mask: left out" if unlabelled else "")),
        ("ground size", f"{metres[0]:.3g} m" if metres[-1] < 1.05 * metres[0] else f"{metres[0]:.3g} to {metres[-1]:.3g} m"),
        ("CRS of the pairs", ", ".join(systems[:3]) + (f" and {len(systems) - 3} more" if len(systems) > 3 else "")),
    ]
    if (outlines := labels.outlines) is not None:
        inside = sum(pair.label.polygons for pair in pairs)
        kinds = ", ".join(f"{len(shapes)} {kind}" for kind, shapes in outlines.shapes.items())
        facts += [
            ("CRS of the labels", outlines.crs if len(outlines.crs) < 40 else "given as WKT"),
            ("polygons", f"{outlines.total:,} ({kinds}), {inside:,} on pairs"),
            (
                "classes",
                ", ".join(f"{name} {count}" for name, count in outlines.classes.items()) or "no class field: all buildings",
            ),
            ("invalid outlines", f"{outlines.repaired} repaired, {outlines.skipped} left out (no polygon, or no area)"),
        ]
        if outlines.unused:
            warnings.append(f"classes not used: {', '.join(outlines.unused[:8])}; name those that are buildings with --building")
        if inside < 0.5 * outlines.total:
            warnings.append(f"{outlines.total - inside:,} of {outlines.total:,} polygons lie on no pair")
    else:
        facts.append(("masks", f"{len(labels.masks)}" + ("" if len(labels.masks) == len(pairs) else f", {len(pairs)} used")))
        if len(labels.masks) > len(pairs):
            warnings.append(f"{len(labels.masks) - len(pairs)} masks belong to no pair")
    facts.append(("pairs without change", f"{len(empty)}: taken as unchanged" if empty else "none"))
    groups = len(set(split.places))
    if groups < len(pairs):
        facts.append(("overlap", f"{len(pairs)} pairs show {groups} places; pairs of one place stay in one part"))
    else:
        facts.append(("overlap", "no two pairs show the same ground"))
    if any(pair.scene.georeference is None for pair in pairs):
        warnings.append("pairs without a georeference count as the same place only where an image is equal: leakage is not seen")
    if len(empty) > 0.7 * len(pairs):
        warnings.append(f"{len(empty)} of {len(pairs)} pairs have no label: are they all unchanged?")
    unknown = sum(bool((pair.label.footprints[:, pair.label.changed] < 0).any()) for pair in pairs)
    if unknown:
        warnings.append(f"{unknown} pairs do not say whether buildings are new or gone: the direction is not learned from them")
    if split.shared:
        warnings.append("few places have a change: the places that choose the step also measure the result")
    parts = {part: _numbers(part, pairs, split) for part in PARTS if not (split.shared and part == "test")}
    return Check(tuple(facts), parts, tuple(warnings))


def check_overlap(pairs: Sequence[OwnPair], labels: Labels) -> None:
    """Checks that polygons lie on the pairs at all.

    Args:
        pairs: The pairs.
        labels: Their labels.

    Raises:
        InputError: No polygon touches a pair.
    """
    outlines = labels.outlines
    if outlines is None or any(pair.label.polygons for pair in pairs):
        return
    from chronosight.scenes.ground import to_lonlat
    from chronosight.scenes.lonlat import scene_corners

    first = next(shapes[0] for shapes in outlines.shapes.values() if shapes)
    x, y = first.centroid.coords[0]
    there = to_lonlat(outlines.crs, np.array([x]), np.array([y]))
    corners = scene_corners(pairs[0].scene)
    label = "an unknown place" if there is None else f"{there[0][0]:.4f}, {there[1][0]:.4f}"
    pair = "an unknown place" if corners is None else f"{corners[:, 0].mean():.4f}, {corners[:, 1].mean():.4f}"
    raise InputError(
        f"no polygon of {labels.source.name} lies on a pair: the first lies at {label} ({_name(outlines.crs)}), pair "
        f"{pairs[0].name} at {pair} ({_crs(pairs[0])}); check the CRS of both in QGIS"
    )


def _numbers(part: str, pairs: Sequence[OwnPair], split: Split) -> dict[str, int]:
    chosen = [(pair, place) for pair, place, of in zip(pairs, split.places, split.parts, strict=True) if of == part]
    return {
        "pairs": len(chosen),
        "places": len({place for _, place in chosen}),
        "with change": sum(pair.has_change for pair, _ in chosen),
        "changed buildings": sum(len(find_objects(pair.label.changed)) for pair, _ in chosen),
    }


def _crs(pair: OwnPair) -> str:
    return _name(pair.scene.georeference.crs) if pair.scene.georeference is not None else "none"


def _name(crs: str) -> str:
    return crs if len(crs) < 40 else "given as WKT"
