"""Land-cover change in sentences, each with its facts: what became what, how much of it, where, and under which objects."""

from __future__ import annotations

from collections.abc import Sequence

from chronosight.results.change_summary import ChangeSummary
from chronosight.results.changed_object import DIRECTIONS, Tally
from chronosight.results.land_cover_change import (
    CLASS_OF_OBJECT,
    KNOWN_ENOUGH,
    UNKNOWN,
    CoverObject,
    Flows,
    LandCoverChange,
    Pair,
    add_flows,
    known_first,
    object_flows,
)
from chronosight.results.sentences import Sentence, Shown, compose
from chronosight.results.wording import about, ground_words, percent
from chronosight.tasks.cells import CELLS, listed, whereabouts

MOST = 4  # kinds of change that get a sentence each
MANY = 0.25  # share of the scene: trees on less are "some"
REAL_SHARE = 0.15  # of the area of a kind: a place that holds less is not named
PLAIN_FROM = 0.8  # confidence from which on a change is said without "probably"
EVEN = 0.5  # probability that a building or road changed
MOSTLY_UNKNOWN = 0.5  # share of the ground under objects: with more, what is known of it stands for little
LITTLE_UNKNOWN = 0.02  # share of the ground: less is not mentioned
NOUNS = {
    "built-up": "built-up ground",
    "road and paved": "paved ground",
    "bare ground": "bare ground",
    "low vegetation and crops": "low vegetation or crops",
    "trees": "trees",
    "water": "water",
    UNKNOWN: "ground of unknown kind",
}


def cover_sentences(summary: ChangeSummary) -> list[Sentence]:
    """Describes the land-cover change of a pair.

    Args:
        summary: The change summary.

    Returns:
        The sentences; none where the land cover is not mapped.
    """
    change = summary.land_cover
    if change is None:
        return []
    north_up = bool(summary.north_up)
    kinds = {found[0].key: found for found in by_kind(change.objects)}
    known, unknown = ([kinds[pair] for pair in pairs] for pairs in known_first(kinds))
    sentences = [kind_sentence(found, change.metric, north_up) for found in known[:MOST]]
    rest = known[MOST:]
    if rest:
        area = sum(item.area for found in rest for item in found)
        sentences.append(compose("Land cover changed in other ways on {area}.", area=ground(area, change.metric)))
    if summary.changed >= EVEN:  # else what is outlined is a possible change, and all else says that there is none
        sentences += [sentence for direction in DIRECTIONS for sentence in _under_objects(change, direction)]
    if not change.objects and change.left_out:
        n = Shown(change.left_out, f"{change.left_out:,}")
        sentences.append(compose("All other land-cover changes are below the limits: {n} of {n}.", n=n))
    elif not change.objects and change.known >= KNOWN_ENOUGH:
        sentences.append(compose("No other land cover was seen to change."))
    elif not change.objects:
        share = Shown(round(change.known, 4), percent(change.known))
        pattern = "No other land cover was seen to change on the {share} of the ground where it is known."
        sentences.append(compose(pattern, share=share))
    return sentences + _unknown_kinds(unknown, change, north_up) + unknown_ground(change)


def _unknown_kinds(kinds: Sequence[list[CoverObject]], change: LandCoverChange, north_up: bool) -> list[Sentence]:
    """Changes of which the class before, after or both are not known, in one sentence."""
    if len(kinds) < 2:
        return [kind_sentence(found, change.metric, north_up) for found in kinds]
    flows = object_flows(change.objects)
    gone = {pair: value for pair, value in flows.items() if pair[1] == UNKNOWN != pair[0]}
    new = {pair: value for pair, value in flows.items() if pair[0] == UNKNOWN != pair[1]}
    objects = [item for found in kinds for item in found]
    area = sum(item.area for item in objects)
    perhaps = "" if sum(item.confidence * item.area for item in objects) >= PLAIN_FROM * area else "probably "
    parts = [f"{shares_words(gone, change.metric)} {perhaps}gave way to {NOUNS[UNKNOWN]}"] if gone else []
    if new:
        parts.append(f"{shares_words(new, change.metric, after=True)} {perhaps}replaced {NOUNS[UNKNOWN]}")
    if both := sum(item.area for item in objects if item.key == (UNKNOWN, UNKNOWN)):
        parts.append(f"{ground(both, change.metric).text} of {NOUNS[UNKNOWN]} {perhaps}changed")
    areas = {f"{a} to {b}": round(value.area, 1) for (a, b), value in flows.items() if UNKNOWN in (a, b)}
    return [compose("{kinds}.", kinds=Shown(areas, "; ".join(parts)))]


def by_kind(objects: Sequence[CoverObject]) -> list[list[CoverObject]]:
    """Objects grouped by class before and class after, the largest area first.

    Args:
        objects: The objects.

    Returns:
        The groups.
    """
    return [[item for item in objects if item.key == pair] for pair in object_flows(objects)]


def kind_sentence(found: Sequence[CoverObject], metric: bool, north_up: bool) -> Sentence:
    """Describes the change of one kind.

    Args:
        found: The objects, all of one class before and one class after.
        metric: Whether areas are square metres.
        north_up: Whether places are named by the compass.

    Returns:
        Such as "About 1.2 ha of trees became bare ground in the north-east.".
    """
    area = sum(item.area for item in found)
    cells = _main_cells(found)
    where = Shown(cells, whereabouts(cells, north_up))
    pattern = kind_pattern(found[0].key, sum(item.confidence * item.area for item in found) / area)
    return compose(f"{pattern} {{where}}.", area=ground(area, metric), where=where)


def kind_caption(found: Sequence[CoverObject], pixels: int, north_up: bool) -> str:
    """Describes the change of one kind as people caption it: without areas, which the sentences give.

    Args:
        found: The objects, all of one class before and one class after.
        pixels: Of the scene.
        north_up: Whether places are named by the compass.

    Returns:
        Such as "some trees are removed on the right of the scene" or "bare ground is probably replaced by water in the center".
    """
    before, after = found[0].key
    area, pixel_area = sum(item.area for item in found), sum(item.area_px for item in found)
    perhaps = "" if sum(item.confidence * item.area for item in found) / area >= PLAIN_FROM else "probably "
    cells = _main_cells(found)
    where = whereabouts(cells, north_up)
    if len(cells) == 1 and not north_up and cells[0] != "center":
        where += " of the scene"
    many = "many" if pixel_area >= MANY * pixels else "some"
    if before == "trees":
        instead = f" and {NOUNS[after]} {_verb(after, 'appears', 'appear')}" if after not in ("trees", UNKNOWN) else ""
        return f"{many} trees are {perhaps}removed {where}{instead}"
    if after == "trees":
        return f"{many} trees have {perhaps}grown {where}"
    if before == after:
        return f"the ground {perhaps}changes {where}"
    if before == UNKNOWN:
        return f"{NOUNS[after]} {perhaps}{_verb(after, 'appears', 'appear')} {where}"
    instead = "other ground" if after == UNKNOWN else NOUNS[after]
    return f"{NOUNS[before]} {_verb(before, 'is', 'are')} {perhaps}replaced by {instead} {where}"


def _verb(name: str, of_one: str, of_several: str) -> str:
    """The verb that goes with the noun of a class: crops are several."""
    return of_several if NOUNS[name].endswith("s") else of_one


def _main_cells(found: Sequence[CoverObject]) -> list[str]:
    """Cells that hold enough of the area of some objects to be named."""
    area = sum(item.area for item in found)
    shares = {cell: sum(item.area for item in found if item.cell == cell) / area for cell in CELLS}
    most = max(shares.values())
    return [cell for cell, share in shares.items() if share and (share >= REAL_SHARE or share == most)]


def kind_pattern(pair: Pair, confidence: float) -> str:
    """The pattern of a sentence on one kind of change, with the area as its fact; its verb says how certain that is.

    Args:
        pair: Class before and class after.
        confidence: In [0, 1].

    Returns:
        Such as "{area} of trees probably became bare ground", "{area} of trees gave way to ground of unknown kind" or "{area} of
        ground of unknown kind changed".
    """
    before, after = pair
    perhaps = "" if confidence >= PLAIN_FROM else "probably "
    if before == after == UNKNOWN:
        return f"{{area}} of {NOUNS[UNKNOWN]} {perhaps}changed"
    if after == UNKNOWN:
        return f"{{area}} of {NOUNS[before]} {perhaps}gave way to {NOUNS[UNKNOWN]}"
    return f"{{area}} of {NOUNS[before]} {perhaps}became {NOUNS[after]}"


def ground(area: float, metric: bool) -> Shown:
    """An area of ground as a fact.

    Args:
        area: Square metres, or pixels.
        metric: Whether it is in square metres.

    Returns:
        Such as "about 1.2 ha".
    """
    return Shown(round(float(area), 1), about(ground_words(area, metric)))


def shares_words(flows: Flows, metric: bool, after: bool = False) -> str:
    """Areas by class, the largest first.

    Args:
        flows: Sums by class before and class after.
        metric: Whether areas are square metres.
        after: Whether the class after is named; else the class before.

    Returns:
        Such as "low vegetation or crops (about 1,200 m²) and trees (about 300 m²)".
    """
    sums = add_flows({(pair[1 if after else 0],) * 2: value} for pair, value in flows.items())
    return listed([f"{NOUNS[name]} ({ground(value.area, metric).text})" for (name, _), value in sums.items()])


def unknown_ground(change: LandCoverChange) -> list[Sentence]:
    """Says how much of the ground is not known, where that is worth saying.

    Args:
        change: The land-cover change.

    Returns:
        One sentence, or none.
    """
    nothing = not change.objects and not change.left_out  # then what is known has been said
    if 1 - change.known < LITTLE_UNKNOWN or (nothing and change.known < KNOWN_ENOUGH):
        return []
    share = Shown(round(1 - change.known, 4), percent(1 - change.known))
    return [compose("The land cover of {share} of the ground is not known at one of the dates or both.", share=share)]


def _under_objects(change: LandCoverChange, direction: str) -> list[Sentence]:
    """What new buildings and roads replaced, or what came after those that are gone."""
    sentences = []
    for name in dict.fromkeys(ground.class_name for ground in change.grounds):
        found = [one for one in change.grounds if one.class_name == name and one.direction == direction]
        flows, whole = add_flows(one.flows for one in found), sum(sum(one.shares.values()) for one in found)
        unknown = sum(one.shares.get(UNKNOWN, 0.0) for one in found)
        if not flows and unknown <= MOSTLY_UNKNOWN * whole:
            continue
        gone = direction == "vanished"
        areas = {pair[1 if gone else 0]: round(value.area, 1) for pair, value in flows.items()}
        if unknown > LITTLE_UNKNOWN * whole:
            areas[UNKNOWN] = round(unknown, 1)
        if unknown > MOSTLY_UNKNOWN * whole:
            words = _mostly_unknown(name, flows, (unknown, whole), change.metric, gone)
            sentences.append(compose("{ground}.", ground=Shown(areas, words)))
            continue
        pattern = f"The {name}s that are gone gave way to {{ground}}." if gone else f"The new {name}s replaced {{ground}}."
        if unknown > LITTLE_UNKNOWN * whole:
            own = CLASS_OF_OBJECT.get(name, UNKNOWN)
            flows = add_flows([flows, {(own, UNKNOWN) if gone else (UNKNOWN, own): Tally(0, unknown)}])
        sentences.append(compose(pattern, ground=Shown(areas, shares_words(flows, change.metric, gone))))
    return sentences


def _mostly_unknown(name: str, flows: Flows, areas: tuple[float, float], metric: bool, gone: bool) -> str:
    """What can be said where most of the ground under objects, `areas` of it unknown and in all, is not known."""
    (unknown, whole), verb = areas, "came after the" if gone else "was there before the new"
    objects = f"{name}s{' that are gone' if gone else ''}"
    if unknown >= (1 - LITTLE_UNKNOWN) * whole:
        return f"What {verb} {objects} is not known"
    amount = f"{ground_words(unknown, metric)} of {ground_words(whole, metric)}"
    rest = f"; the rest includes {shares_words(flows, metric, gone)}" if flows else ""
    return f"What {verb} {objects} is mostly not known ({amount}){rest}"

