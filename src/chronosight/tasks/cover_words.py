"""Which kinds of ground a sentence says were lost or gained: "many trees are removed" is trees.

A kind counts where the sentence says that it went or came ("are removed", "disappear", "replaced by", "appears", "built"), or
that something was built in or on it ("in the forest", "on the bareland"); not where it only names a place ("beside the trees",
"near the pond", "surrounded by woods").
"""

from __future__ import annotations

import re

from chronosight.tasks.land_cover import LAND_COVER_CLASSES

# Kind -> its classes. People call the same field bare land and grass, so both are one kind here.
KINDS: dict[str, tuple[int, ...]] = {
    "trees": (LAND_COVER_CLASSES.index("trees"),),
    "open ground": (LAND_COVER_CLASSES.index("bare ground"), LAND_COVER_CLASSES.index("low vegetation and crops")),
    "water": (LAND_COVER_CLASSES.index("water"),),
    "paved": (LAND_COVER_CLASSES.index("road and paved"),),
}
_WORDS = {
    "trees": "trees?|forests?|woods?|woodlands?|jungle|bush(?:es)?",
    "open ground": (
        "bare ?lands?|barren(?: lands?)?|wastelands?|bare (?:ground|soil)|grass(?:land|lands)?|lawns?|meadows?|deserts?"
    ),
    "water": "ponds?|lakes?|rivers?|pools?|swimming pools?",
    "paved": "parking(?: lots?| areas?)?|car parks?|roads?|streets?|paths?|crossroads?|intersections?",
}
_PLACE = re.compile(
    r"\b(?:beside|near|next to|along|alongside|around|surrounded by|surrounding|at the edge of|on the edge of|close to|by|"
    r"between|opposite|on (?:both|either|one|the other) sides? of|at the end of|among|amongst)\s+(?:\w+\s+){0,3}?$"
)


def kinds_lost_and_gained(sentence: str) -> frozenset[str]:
    """Reads one sentence of a person about a pair.

    Args:
        sentence: The sentence.

    Returns:
        Keys of `KINDS`.
    """
    text = sentence.lower()
    found = set()
    for kind, words in _WORDS.items():
        for match in re.finditer(rf"\b(?:{words})\b", text):
            before = text[: match.start()]
            replaced = re.search(r"\breplaced by\s+(?:\w+\s+){0,4}$", before)
            if replaced or not _PLACE.search(before):
                found.add(kind)
    return frozenset(found)
