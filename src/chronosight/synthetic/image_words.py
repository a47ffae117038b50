"""Sentences and questions for a single image, from what shows in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from chronosight.synthetic.pair_words import GROUND_WORDS, WORDS
from chronosight.tasks import comparison, object_count, presence, rural_urban
from chronosight.tasks.question import Question
from chronosight.tasks.wording import vary

if TYPE_CHECKING:
    from chronosight.synthetic.image import Sight

MOST_COUNTED = 9
CLEAR_RURAL, CLEAR_URBAN = 0.10, 0.18  # shares of built ground between which the question is not asked
SCENE_WORDS = {
    "airport": ("an airport", "an airport apron"), "harbour": ("a harbor", "a port", "a marina"),
    "lake": ("a lake", "open water"), "parking": ("a parking lot", "a large parking lot"),
    "crossing": ("a road crossing", "an intersection of two roads"), "suburb": ("a residential area", "a suburb"),
    "works": ("an industrial area", "a commercial area"), "flats": ("a residential area", "a block of flats"),
    "country": ("open country", "the countryside"), "ponds": ("open land with ponds", "the countryside"),
    "river": ("a river", "a winding river"),
}  # fmt: skip
# How much sooner a class is asked about where it is, and where it is not: rare things are asked about when they are
# there, common ones when they are missing, so that a class's name alone does not give the reply away.
OFTEN_THERE = {
    "pools": 8.0,
    "planes": 6.0,
    "boats": 4.0,
    "ponds": 3.0,
    "cars": 1.5,
    "buildings": 1.0,
    "roads": 1.0,
    "trees": 1.0,
}
OFTEN_ABSENT = {
    "pools": 0.5,
    "planes": 0.4,
    "boats": 0.7,
    "ponds": 1.0,
    "cars": 2.5,
    "buildings": 5.0,
    "roads": 5.0,
    "trees": 9.0,
}
NOUNS = {
    "buildings": ("building", "house"), "cars": ("car", "vehicle"), "boats": ("boat", "ship"),
    "planes": ("plane", "airplane"), "pools": ("swimming pool",), "ponds": ("pond",),
}  # fmt: skip
WHERE = {
    "cars": ("on the road", "in the scene"), "boats": ("on the water", "in the water"), "pools": ("next to houses",),
    "planes": ("on the apron", "at the airport", "on the ground"), "buildings": ("in the scene", "in this area"),
    "ponds": ("on the {ground}", "in the scene"),
}  # fmt: skip
MAIN = {
    "airport": "planes", "harbour": "boats", "lake": "boats", "parking": "cars", "crossing": "cars",
    "suburb": "buildings", "works": "buildings", "flats": "buildings", "ponds": "ponds", "river": "boats",
    "country": "buildings",
}  # fmt: skip


def ask_about(rng: np.random.Generator, sight: Sight, place: str) -> tuple[tuple[Question, str], ...]:
    """Questions with replies: as many "Yes" as "No" in presence and comparison, taken over many images.

    Args:
        rng: Draws the questions and their wording.
        sight: What can be seen.
        place: "rural" or "urban".

    Returns:
        Questions with their replies.
    """
    asked: list[tuple[Question, str]] = []
    there = [name for name, count in sight.visible.items() if count > 0]
    absent = [name for name in sight.visible if not sight.visible[name] and not sight.doubtful[name]]
    for names, often, reply in ((there, OFTEN_THERE, True), (absent, OFTEN_ABSENT, False)):
        weights = np.array([often[name] for name in names])
        most = min(2, len(there), len(absent))
        for i in rng.choice(len(names), most, replace=False, p=weights / weights.sum()) if most else ():
            asked.append((vary(presence.ask(names[int(i)]), rng), presence.write_reply(reply)))

    countable = [
        name for name in sorted(sight.known) if sight.visible[name] <= MOST_COUNTED and not sight.doubtful[name]
    ]  # fmt: skip
    some = [name for name in countable if sight.visible[name]]
    none = [name for name in countable if not sight.visible[name]]
    for names, most in ((some, 2), (none, 1 if rng.random() < 0.35 else 0)):
        for i in rng.permutation(len(names))[:most]:
            name = names[int(i)]
            asked.append((vary(object_count.ask(name), rng), object_count.write_reply(sight.visible[name])))

    pairs = []
    for a in sorted(sight.known):
        for b in sorted(sight.known):
            low, high = sight.visible[a] + sight.doubtful[a], sight.visible[b]
            if a != b and high - low >= max(1, 0.25 * high):  # b is clearly more
                pairs.append((a, b))
    rng.shuffle(pairs)
    for a, b in pairs[:2]:
        yes = bool(rng.random() < 0.5)
        question = comparison.ask(b, a) if yes else comparison.ask(a, b)
        asked.append((vary(question, rng), comparison.write_reply(yes)))
    if not CLEAR_RURAL < sight.built < CLEAR_URBAN and rng.random() < 0.6:
        asked.append((vary(rural_urban.ask(), rng), rural_urban.write_reply(place)))
    return tuple(asked)


def describe_image(rng: np.random.Generator, kind: str, base: str, sight: Sight) -> tuple[str, ...]:
    """Five sentences, lower case, without full stops.

    Args:
        rng: Draws the words.
        kind: Kind of the place.
        base: Kind of its ground.
        sight: What can be seen.

    Returns:
        The sentences.
    """
    sentences: list[str] = []
    for _ in range(5):
        for _ in range(4):
            sentence = _sentence(rng, kind, base, sight)
            if sentence not in sentences:
                break
        sentences.append(sentence)
    return tuple(sentences)


def _sentence(rng: np.random.Generator, kind: str, base: str, sight: Sight) -> str:
    ground = _one(rng, GROUND_WORDS.get(base, ("open land",)))
    scene = _one(rng, SCENE_WORDS[kind])
    beside = _beside(rng, kind, ground, sight)
    main = MAIN[kind]
    if sight.visible[main]:
        many, plural = _many(rng, main, sight)
        verb = "are" if plural else "is"
        where = _one(rng, WHERE[main]).format(ground=ground)
        return _one(rng, (
            f"{many} {verb} {where}{beside}", f"{scene} with {many}{beside}", f"there {verb} {many} {where}{beside}",
            f"this is {scene} with {many}{beside}", f"{many} {verb} in {scene}" if kind not in ("lake", "country") else
            f"{many} {verb} {where}",
        ))  # fmt: skip
    return _one(rng, (
        f"{scene}{beside}", f"this is {scene}{beside}", f"{scene} without any {main}", f"a piece of {ground}{beside}"
        if kind in ("country", "ponds", "river") else f"a view of {scene}{beside}",
    ))  # fmt: skip


def _beside(rng: np.random.Generator, kind: str, ground: str, sight: Sight) -> str:
    options = []
    if sight.visible["trees"]:
        options += [" surrounded by trees", " near some trees", " with trees around"]
    if sight.visible["roads"] and kind != "crossing":
        options += [" next to a road", " with a road"]
    for name in ("pools", "cars", "buildings"):
        if name != MAIN[kind] and sight.visible[name]:
            options.append(f" and {_many(rng, name, sight)[0]}")
    if kind not in ("harbour", "lake", "airport", "parking"):
        options += [f" on the {ground}", ""]
    return _one(rng, tuple(options)) if options and rng.random() < 0.75 else ""


def _many(rng: np.random.Generator, name: str, sight: Sight) -> tuple[str, bool]:
    count, noun = sight.visible[name], _one(rng, NOUNS[name])
    exact = not sight.doubtful[name]
    if count == 1 and exact:
        return (f"a {noun}" if noun[0] not in "aeiou" else f"an {noun}"), False
    if exact and count <= MOST_COUNTED and rng.random() < 0.65:
        return f"{WORDS[count]} {noun}s", True
    if count <= MOST_COUNTED:
        return f"{_one(rng, ('some', 'several') if count > 2 else ('some', 'a few'))} {noun}s", True
    return f"{_one(rng, ('many', 'lots of', 'a large number of'))} {noun}s", True


def _one(rng: np.random.Generator, choices: tuple[str, ...]) -> str:
    return choices[int(rng.integers(len(choices)))]
