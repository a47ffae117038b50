"""Whether what captions of pairs claim is true: of each checkable claim, the reference captions and the reference mask decide.

A clause claims that things of some kind changed, in a direction, and may name places and surroundings
(`tasks.caption_claims`).

- A thing is right where a reference caption says the same of it, or does not say which way; what something else replaces has
  vanished. Buildings are also right where the reference mask holds one that changed so, or whose direction is not known.
- A place is right where a reference puts the same thing into one of its cells, or the mask has a building there; without
  either it cannot be checked.
- Surroundings are right where a reference names them, by this name or another one (`SAME_GROUND`).
- A caption that says that nothing changed is one claim too.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from chronosight.datasets.places import DIRECTIONS
from chronosight.datasets.sample import Sample
from chronosight.evaluation.metric import Metric, mean_metric
from chronosight.evaluation.predictions import Prediction
from chronosight.evaluation.score_captions import references_of
from chronosight.tasks.caption import says_no_change
from chronosight.tasks.caption_claims import Clause, clauses
from chronosight.tasks.nouns import change_subject, singular
from chronosight.tasks.objects import count_and_cells

SAME_GROUND = (("forest", "wood", "jungle", "trees"), ("bareland", "wasteland"))
SAME_THING = {"forests": "trees"}  # people call the same ground by either name
ClaimKind = Literal["no change", "thing", "place", "surroundings"]


@dataclass(frozen=True)
class Claim:
    """One claim of a caption and whether it is true.

    Attributes:
        kind: What is claimed.
        what: In words.
        right: Whether the references support it.
    """

    kind: ClaimKind
    what: str
    right: bool


def claim_metrics(samples: Sequence[Sample], predictions: Sequence[Prediction]) -> list[Metric]:
    """Share of claims that are right, of all and by kind.

    Args:
        samples: Captions of pairs, with reference captions, a reference mask of changed buildings, or both.
        predictions: One a sample.

    Returns:
        The metrics; none where no caption claims anything that can be checked.
    """
    found: list[tuple[str, Claim]] = []
    for sample, prediction in zip(samples, predictions, strict=True):
        mask = None if sample.mask is None else np.asarray(sample.mask())
        references = references_of(sample)
        found += [(sample.resampled, claim) for claim in check_claims(prediction.text, references, mask)]
    metrics = []
    for kind in (None, "no change", "thing", "place", "surroundings"):
        chosen = [(group, claim.right) for group, claim in found if kind in (None, claim.kind)]
        if chosen:
            name = "claims of captions right" + (f": {kind}" if kind else "")
            groups, right = zip(*chosen, strict=True)
            metrics.append(mean_metric(name, groups, right, "claims"))
    changes = [(group, claim.right) for group, claim in found if claim.kind != "no change"]
    if changes and len(changes) < len(found):
        groups, right = zip(*changes, strict=True)
        metrics.append(mean_metric("claims of captions right, of change alone", groups, right, "claims"))
    return metrics


def check_claims(caption: str, references: Sequence[str], mask: np.ndarray | None) -> list[Claim]:
    """The checkable claims of a caption.

    Args:
        caption: Of a pair.
        references: Sentences that people wrote of it; () where there are none.
        mask: (H, W) uint8, buildings that changed: `datasets.places.DIRECTIONS`; None where it is not known.

    Returns:
        The claims in their order.
    """
    if says_no_change(caption):
        if references:
            return [Claim("no change", caption, any(map(says_no_change, references)))]
        return [] if mask is None else [Claim("no change", caption, not mask.any())]
    known = [clause for reference in references if not says_no_change(reference) for clause in clauses(reference)]
    claims: list[Claim] = []
    for clause in clauses(caption):
        for thing, direction in _things(clause):
            alike = [other for other in known if any(_agree(thing, direction, *one) for one in _things(other))]
            cells = _cells(mask, direction) if thing == "buildings" and mask is not None else ()
            if references or (thing == "buildings" and mask is not None):
                way = f" {direction}" if direction else ""
                claims.append(Claim("thing", f"{thing}{way}", bool(alike) or bool(cells)))
            placed = {cell for other in alike for cell in other.cells} | set(cells)
            if clause.cells and placed:
                claims.append(Claim("place", f"{thing}: {', '.join(clause.cells)}", bool(placed & set(clause.cells))))
        if references:
            claims += _surroundings(clause, references)
    return claims


def _cells(mask: np.ndarray, direction: str | None) -> tuple[str, ...]:
    """Cells with buildings of the reference mask that changed so."""
    other_way = {"appeared": DIRECTIONS.index("gone"), "vanished": DIRECTIONS.index("new")}.get(direction or "", -1)
    return count_and_cells((mask > 0) & (mask != other_way))[1]


def _surroundings(clause: Clause, references: Sequence[str]) -> Iterator[Claim]:
    named = " ".join(references).lower().replace(" ", "")
    for setting in clause.settings:
        name = setting.replace(" ", "")
        names = next((group for group in SAME_GROUND if name in group), (name,))
        yield Claim("surroundings", setting, any(one in named for one in names))


def _things(clause: Clause) -> list[tuple[str, str | None]]:
    """What a clause says changed, and which way: classes of the change map, and other things by their plural names."""
    others = (*clause.beside, *clause.replaced)
    changed = [noun for noun in clause.nouns if noun not in others and singular(noun) not in clause.settings]
    ways = [*((noun, clause.direction) for noun in changed), *((noun, "vanished") for noun in clause.replaced)]
    return list(dict.fromkeys((change_subject(noun) or SAME_THING.get(noun, noun), way) for noun, way in ways))


def _agree(thing: str, direction: str | None, other: str, its_direction: str | None) -> bool:
    return thing == other and (None in (direction, its_direction) or direction == its_direction)
