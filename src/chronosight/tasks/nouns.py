"""Things that can be asked about: their plural names as subjects of questions, and the words people use for them."""

from __future__ import annotations

from collections.abc import Sequence

# Subjects of questions on one image: plural name -> words in the singular that mean it, beside its own singular.
OBJECTS: dict[str, tuple[str, ...]] = {
    "buildings": ("structure", "roof", "rooftop", "skyscraper", "apartment", "apartment building"),
    "houses": ("home", "villa", "residence", "dwelling", "cottage", "bungalow"),
    "roads": ("street", "path", "pathway", "highway", "lane", "freeway", "motorway", "avenue", "driveway", "route"),
    "cars": ("vehicle", "automobile"),
    "boats": ("ship", "vessel", "yacht"),
    "planes": ("airplane", "aeroplane", "aircraft", "jet", "airliner"),
    "pools": ("swimming pool",),
    "ponds": (),
    "lakes": (),
    "rivers": ("stream", "creek"),
    "trees": (),
    "bridges": (),
    "viaducts": ("overpass", "flyover"),
    "crossroads": ("intersection", "crossroad", "road junction"),
    "parking lots": ("car park", "parking area", "parking"),
    "storage tanks": ("tank", "oil tank"),
    "baseball fields": ("baseball diamond", "baseball court"),
    "football fields": ("soccer field", "football pitch", "soccer pitch"),
    "basketball courts": (),
    "tennis courts": (),
    "golf courses": (),
    "playgrounds": (),
    "stadiums": ("stadia",),
    "airports": (),
    "runways": ("airstrip",),
    "ports": ("harbour", "harbor"),
    "churches": (),
    "schools": (),
    "factories": ("plant", "industrial building"),
    "railways": ("railroad", "railway track", "train track", "railway line"),
    "railway stations": ("train station",),
    "trains": (),
    "containers": (),
    "parks": (),
    "squares": ("plaza",),
    "farmlands": ("farmland", "field", "crop", "farm"),
    "forests": ("wood",),
    "meadows": ("grassland", "pasture"),
    "lawns": (),
    "mountains": ("hill",),
    "islands": (),
    "beaches": (),
    "deserts": (),
    "water areas": ("water", "water body"),
    "residential areas": ("residential district", "neighborhood", "neighbourhood"),
    "commercial areas": ("commercial district",),
    "industrial areas": ("industrial district", "industrial zone"),
    "people": ("pedestrian", "human"),
}

# Of those words the ones that captions use of other things too ("plants", "a baseball field", "many tanks of a factory").
AMBIGUOUS = frozenset((
    "structure", "roof", "home", "path", "lane", "route", "driveway", "vehicle", "jet", "vessel", "parking", "tank", "plant",
    "field", "crop", "wood", "hill", "stream",
))  # fmt: skip

# What is there wherever a thing is: where there is a runway there is an airport. A harbour need show no ship.
IMPLIED: dict[str, tuple[str, ...]] = {
    "runways": ("airports",),
    "railway stations": ("railways",),
    "trains": ("railways",),
    "crossroads": ("roads",),
    "forests": ("trees",),
    **dict.fromkeys(("ponds", "lakes", "rivers", "ports", "beaches", "islands"), ("water areas",)),
    **dict.fromkeys(("houses", "churches", "schools", "factories"), ("buildings",)),
    **dict.fromkeys(("residential areas", "commercial areas", "industrial areas"), ("buildings",)),
}

# Subjects of questions on a pair: the two classes of change masks, and which of the objects above are one of them.
CHANGE_SUBJECTS = {"buildings": ("buildings", "houses"), "roads": ("roads",)}
# Words for them that mean all their kinds; "villa" or "highway" name a kind that the map does not distinguish from the others.
CHANGE_WORDS = frozenset((
    "building", "structure", "roof", "rooftop", "house", "home", "residence", "dwelling", "road", "street", "lane", "route",
))  # fmt: skip

_SINGULAR = {"people": "person", "buses": "bus", "aircraft": "aircraft", "crossroads": "crossroads"}
_PLURAL = {singular: plural for plural, singular in _SINGULAR.items()}
_UNCHANGED = ("tennis", "grass", "gas", "bus", "this", "is", "has", "was", "stadia", "across", "less", "as", "its")


def singular(noun: str) -> str:
    """Singular of an English plural, by its last word.

    Args:
        noun: A noun, such as "storage tanks".

    Returns:
        The singular, such as "storage tank"; a singular stays.
    """
    head, _, last = noun.rpartition(" ")
    if last in _SINGULAR:
        last = _SINGULAR[last]
    elif last in _UNCHANGED or last.endswith("ss"):
        pass
    elif last.endswith("ies"):
        last = last[:-3] + "y"
    elif last.endswith(("ches", "shes", "xes", "sses")):
        last = last[:-2]
    elif last.endswith("s"):
        last = last[:-1]
    return f"{head} {last}".strip()


def plural(noun: str) -> str:
    """Plural of an English singular, by its last word.

    Args:
        noun: A singular, such as "church".

    Returns:
        The plural, such as "churches".
    """
    head, _, last = noun.rpartition(" ")
    if last in _PLURAL:
        last = _PLURAL[last]
    elif last.endswith("y") and last[-2:-1] not in "aeiou":
        last = last[:-1] + "ies"
    elif last.endswith(("ch", "sh", "x", "s")):
        last += "es"
    else:
        last += "s"
    return f"{head} {last}".strip()


def with_article(noun: str) -> str:
    """A singular with its article.

    Args:
        noun: A singular, such as "airport".

    Returns:
        Such as "an airport".
    """
    return f"{'an' if noun[:1] in 'aeiou' else 'a'} {noun}"


SUBJECTS: dict[str, str] = {singular(name): name for name in OBJECTS}
"""Every singular word or phrase for an object -> its plural name."""
SUBJECTS.update((word, name) for name, words in OBJECTS.items() for word in words)


def change_subject(name: str) -> str | None:
    """The class of change masks that an object belongs to.

    Args:
        name: A plural, such as "houses".

    Returns:
        "buildings" or "roads"; None for anything else, such as "trees".
    """
    return next((subject for subject, names in CHANGE_SUBJECTS.items() if name in names), None)


def named_things(text: str, nouns: Sequence[str]) -> tuple[str, ...]:
    """Which things a text names, by their own names or by words that mean nothing else (`AMBIGUOUS`).

    Args:
        text: Such as "many planes are parked near a terminal".
        nouns: Plural names.

    Returns:
        Of `nouns`, in their order; "tennis courts" is not also "courts".
    """
    words = f" {' '.join(''.join(letter if letter.isalpha() else ' ' for letter in text.lower()).split())} "
    found = set()
    meant = {word: noun for noun in nouns for word in OBJECTS.get(noun, ()) if word not in AMBIGUOUS}
    meant.update({form: noun for noun in nouns for form in (noun, singular(noun))})
    meant.update({plural(word): noun for word, noun in tuple(meant.items()) if word not in nouns})
    for form in sorted(meant, key=len, reverse=True):  # "railway station" before "railway"
        if f" {form} " in words:
            found.add(meant[form])
            words = words.replace(f" {form} ", "  ")
    return tuple(noun for noun in nouns if noun in found)
