"""Colours and names of land-cover classes, and of the codes of a land-cover change map (`results/land_cover_change.py`)."""

from __future__ import annotations

from chronosight.reports.codes import BACKGROUND, MISSING, Colour
from chronosight.results.codes import NO_DATA, UNCHANGED
from chronosight.results.land_cover_change import CLASSES, NOT_KNOWN, UNKNOWN, Pair, code_of
from chronosight.results.land_cover_sentences import NOUNS

# Different in lightness too, so that they stay apart with every common kind of colour blindness.
COVER_COLOURS: dict[str, Colour] = {
    "built-up": (219, 40, 175),
    "road and paved": (115, 104, 98),
    "bare ground": (192, 129, 78),
    "low vegetation and crops": (166, 250, 117),
    "trees": (0, 60, 28),
    "water": (0, 38, 210),
    UNKNOWN: (206, 208, 212),
}
DIM: Colour = (70, 74, 80)  # of the map: the land cover of a date is not known


PARTLY_KNOWN = "To or from ground of unknown kind"


def pair_label(pair: Pair) -> str:
    """What a change is called in legends and lists.

    Args:
        pair: Class before and class after.

    Returns:
        Such as "Trees to bare ground" or "Trees to ground of unknown kind".
    """
    if pair == (UNKNOWN, UNKNOWN):
        return "Changed ground, kind unknown"
    label = " to ".join(NOUNS[UNKNOWN] if name == UNKNOWN else name for name in pair)
    return label[0].upper() + label[1:]


def pair_colours(pair: Pair) -> tuple[Colour, Colour]:
    """Fill and outline of a change: the colours of the class after and of the class before.

    Args:
        pair: Class before and class after.

    Returns:
        Two colours; muted ones where one of the classes is unknown, so that the others stand out.
    """
    if UNKNOWN in pair:
        return COVER_COLOURS[UNKNOWN], DIM
    return COVER_COLOURS[pair[1]], COVER_COLOURS[pair[0]]


def change_palette() -> dict[int, Colour]:
    """Colour of every code of the change map: that with which `pair_colours` fills it.

    Returns:
        (red, green, blue) by code.
    """
    pairs = {code_of((a, b)): pair_colours((a, b))[0] for a in CLASSES for b in CLASSES}
    return {UNCHANGED: BACKGROUND, **pairs, NOT_KNOWN: DIM, NO_DATA: MISSING}

