"""What is on the ground in each scene class of AID and UC Merced: which nouns an image of a class shows, and which it cannot.

The captions of RSICD name what caught somebody's eye, so what they leave out may still be there. The scene class is the
better witness of absence: no ship lies in a desert. The table was written by hand and held against the captions of the
training images: a noun counts as absent from a class only where at most 2 in 100 images have a caption that names it.
What stands in neither list may or may not be there, and no question is made of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet

from chronosight.datasets.caption_nouns import mentions

RESIDENTIAL = frozenset({"dense residential", "medium residential", "sparse residential", "mobile home park"})
CITY = RESIDENTIAL | {
    "buildings", "center", "church", "commercial", "industrial", "railway station", "resort", "school", "square"
}  # fmt: skip
SPORTS = frozenset({"baseball diamond", "baseball field", "golf course", "park", "playground", "stadium", "tennis court"})
TRAFFIC = frozenset({"freeway", "intersection", "overpass", "parking", "parking lot", "viaduct"})
AVIATION = frozenset({"airplane", "airport", "runway"})
WILD = frozenset({"chaparral", "desert", "forest", "meadow", "mountain"})
FIELDS = frozenset({"agricultural", "farmland"})
WATER = frozenset({"beach", "bridge", "harbor", "pond", "port", "river"})
CLASSES = CITY | SPORTS | TRAFFIC | AVIATION | WILD | FIELDS | WATER | {"bare land", "storage tanks"}
"""All scene classes of both sets, as `datasets.aid_ucm.readable_class` writes them."""

_OPEN = WILD | FIELDS  # no people, no vehicles


def _all_but(*possible: str | Iterable[str]) -> frozenset[str]:
    """Every class but these, in which the noun is or may be."""
    named = [{item} if isinstance(item, str) else set(item) for item in possible]
    return CLASSES - set().union(*named)


PRESENT: dict[str, frozenset[str]] = {
    "airports": frozenset({"airport"}),
    "baseball fields": frozenset({"baseball diamond", "baseball field"}),
    "beaches": frozenset({"beach"}),
    "boats": frozenset({"harbor", "port"}),
    "bridges": frozenset({"bridge"}),
    "buildings": RESIDENTIAL | {"buildings", "center", "commercial", "industrial", "resort", "school"},
    "cars": frozenset({"freeway", "intersection", "parking", "parking lot"}),
    "churches": frozenset({"church"}),
    "commercial areas": frozenset({"commercial"}),
    "crossroads": frozenset({"intersection"}),
    "deserts": frozenset({"desert"}),
    "factories": frozenset({"industrial"}),
    "farmlands": FIELDS,
    "forests": frozenset({"forest"}),
    "golf courses": frozenset({"golf course"}),
    "houses": RESIDENTIAL,
    "industrial areas": frozenset({"industrial"}),
    "meadows": frozenset({"meadow"}),
    "mountains": frozenset({"mountain"}),
    "parking lots": frozenset({"parking", "parking lot"}),
    "parks": frozenset({"park"}),
    "planes": frozenset({"airplane", "airport"}),
    "ponds": frozenset({"pond"}),
    "ports": frozenset({"harbor", "port"}),
    "railway stations": frozenset({"railway station"}),
    "railways": frozenset({"railway station"}),
    "residential areas": RESIDENTIAL,
    "rivers": frozenset({"river"}),
    "roads": frozenset({"dense residential", "freeway", "intersection", "medium residential", "overpass", "viaduct"}),
    "runways": frozenset({"runway"}),
    "schools": frozenset({"school"}),
    "squares": frozenset({"square"}),
    "stadiums": frozenset({"stadium"}),
    "storage tanks": frozenset({"storage tanks"}),
    "tennis courts": frozenset({"tennis court"}),
    "trees": frozenset({"forest", "medium residential", "sparse residential"}),
    "viaducts": frozenset({"overpass", "viaduct"}),
    "water areas": WATER - {"bridge"},
}
"""Plural noun -> classes whose images show it."""

ABSENT: dict[str, AbstractSet[str]] = {
    "airports": _all_but(AVIATION),
    "baseball fields": _all_but(SPORTS, "school", "square", RESIDENTIAL, "resort"),
    "basketball courts": _OPEN | AVIATION | TRAFFIC | WATER | {"bare land", "storage tanks"},
    "beaches": _all_but(WATER, "resort", "park", "desert", "golf course", "bare land"),
    "boats": _OPEN | AVIATION | TRAFFIC | (SPORTS - {"park"}) | (CITY - {"resort", "industrial", "center"}) | {"bare land"},
    "bridges": _OPEN | AVIATION | {"bare land", "beach", "church", "parking", "parking lot", "tennis court", "baseball diamond",
                                   "baseball field", "mobile home park", "buildings", "playground", "school", "storage tanks"},
    "buildings": _OPEN - {"farmland"} | {"runway"},
    "cars": _OPEN | {"runway"},
    "churches": _OPEN | AVIATION | TRAFFIC | WATER | SPORTS | {"bare land", "storage tanks", "industrial", "mobile home park"},
    "commercial areas": _OPEN | AVIATION | WATER | {"bare land", "sparse residential", "mobile home park", "golf course"},
    "crossroads": _OPEN | {"airplane", "bare land", "beach", "harbor", "pond", "river", "runway", "tennis court"},
    "deserts": _all_but("desert", "bare land", "mountain", "chaparral", "beach"),
    "factories": _OPEN | AVIATION | RESIDENTIAL | SPORTS | {"bare land", "beach", "church", "harbor", "intersection", "pond"},
    "farmlands": {"beach", "desert", "parking", "parking lot", "port", "harbor", "dense residential", "medium residential",
                  "commercial", "center", "church", "stadium", "intersection", "buildings", "mobile home park", "airplane"},
    "football fields": _OPEN | AVIATION | TRAFFIC | WATER | {"bare land", "storage tanks", "church", "tennis court"},
    "forests": {"desert", "parking", "parking lot", "harbor", "port", "runway", "airplane", "intersection", "buildings",
                "dense residential", "commercial", "center", "agricultural", "storage tanks", "beach", "airport"},
    "golf courses": _all_but("golf course", "park", "resort", "sparse residential", "meadow", "playground", "stadium"),
    "houses": WILD | {"agricultural", "airplane", "harbor", "parking lot", "runway"},
    "industrial areas": _OPEN | RESIDENTIAL | SPORTS | {"airplane", "bare land", "beach", "church", "intersection", "pond"},
    "meadows": {"desert", "harbor", "parking lot", "intersection", "buildings", "mobile home park"},
    "mountains": AVIATION | TRAFFIC | SPORTS | FIELDS | RESIDENTIAL | {"buildings", "center", "church", "commercial", "harbor",
                                                                      "industrial", "meadow", "school", "square"},
    "parking lots": _OPEN | {"bare land", "runway", "beach", "river", "dense residential"},
    "parks": _OPEN | AVIATION | {"bare land", "beach", "harbor", "parking", "parking lot", "freeway", "intersection"},
    "planes": _all_but(AVIATION),
    "playgrounds": _OPEN | AVIATION | TRAFFIC | WATER | {"bare land", "storage tanks", "industrial", "church"},
    "ponds": {"airplane", "airport", "beach", "buildings", "chaparral", "church", "dense residential", "harbor", "intersection",
              "meadow", "mobile home park", "overpass", "parking", "parking lot", "runway", "tennis court"},
    "pools": _OPEN | AVIATION | TRAFFIC | {"bare land", "bridge", "harbor", "railway station", "river", "storage tanks", "beach"},
    "ports": _OPEN | AVIATION | TRAFFIC | (SPORTS - {"park"}) | (CITY - {"resort", "industrial", "center"}) | {"bare land"},
    "railway stations": _all_but("railway station", "center", "commercial", "viaduct", "industrial", "stadium"),
    "railways": WILD | RESIDENTIAL | {"agricultural", "airplane", "airport", "bare land", "baseball diamond", "beach", "church",
                                      "golf course", "harbor", "park", "parking", "parking lot", "playground", "pond", "resort",
                                      "runway", "school", "square", "tennis court"},
    "residential areas": _OPEN - {"farmland"} | AVIATION | {"bare land", "beach", "harbor", "parking lot", "storage tanks"},
    "rivers": {"airplane", "airport", "baseball diamond", "baseball field", "beach", "buildings", "chaparral",
               "dense residential", "freeway", "harbor", "intersection", "meadow", "medium residential", "mobile home park",
               "overpass", "parking", "parking lot", "playground", "runway", "tennis court"},
    "roads": {"chaparral", "harbor"},
    "runways": _all_but(AVIATION, "playground", "school", "stadium"),
    "schools": _OPEN | AVIATION | WATER | TRAFFIC | {"bare land", "storage tanks", "golf course"},
    "squares": _OPEN | AVIATION | WATER | RESIDENTIAL | {"bare land", "storage tanks", "freeway", "golf course"},
    "stadiums": _all_but(SPORTS, "center", "school"),
    "storage tanks": _all_but("storage tanks", "industrial", "port", "airport", "railway station"),
    "tennis courts": _OPEN | AVIATION | TRAFFIC | WATER | {"bare land", "church", "industrial", "railway station",
                                                          "storage tanks", "mobile home park", "buildings"},
    "trees": {"desert", "harbor", "runway"},
    "viaducts": _all_but("viaduct", "overpass", "bridge", "freeway", "intersection", "railway station", "center", "commercial",
                         "industrial", "park"),
    "water areas": {"airplane", "agricultural", "baseball diamond", "chaparral", "church", "desert", "freeway", "intersection",
                    "meadow", "mobile home park", "overpass", "parking", "parking lot", "runway", "buildings"},
}  # fmt: skip
"""Plural noun -> classes whose images never show it."""


def truth_of_class(noun: str, scene_class: str) -> bool | None:
    """Whether an image of a scene class shows a noun.

    Args:
        noun: Plural noun, as in `chronosight.tasks.nouns.OBJECTS`.
        scene_class: Readable name of the class, such as "dense residential".

    Returns:
        True or False where the class decides, None where it does not.
    """
    if scene_class in PRESENT.get(noun, ()):
        return True
    return False if scene_class in ABSENT.get(noun, ()) else None


def truth_of_image(noun: str, scene_class: str, captions: Sequence[str] = ()) -> bool | None:
    """Whether an image shows a noun, by its scene class and what people wrote about it.

    Two captions that name the noun outweigh a class that should not show it; one such caption leaves it undecided.

    Args:
        noun: Plural noun, as in `chronosight.tasks.nouns.OBJECTS`.
        scene_class: Readable name of the class.
        captions: Cleaned captions of the image; empty where there are none.

    Returns:
        True, False, or None where neither the class nor the captions decide.
    """
    named = mentions(captions).get(noun, 0)
    if named >= 2:
        return True
    truth = truth_of_class(noun, scene_class)
    return None if truth is False and named else truth
