"""A table of questions: what a model is asked, and what is read off the changed objects. Each row was read by a person."""

from dataclasses import fields

import pytest

from chronosight.tasks.parsing import parse_question
from chronosight.tasks.routing import HELP as TASKS_HELP
from chronosight.tasks.scene_reading import HELP

PARTS = {("top left corner", "top", "top right corner"): "north", ("lower left corner", "lower", "lower right corner"): "south"}
PARTS[tuple(cell for cells in PARTS for cell in cells)] = "north+south"


def asked_of_model(routed) -> str:
    """Task, subject, direction and place in one line; "" where it is refused."""
    question = routed.question
    if question is None:
        return ""
    words = [question.task, question.subject, question.other, routed.direction, PARTS.get(routed.cells, routed.cells)]
    return " ".join(str(word) for word in (*words, "negated" * routed.negated) if word)


def asked_of_objects(read) -> str:
    """All that differs from the default, in the order of the fields; the reason where it is refused."""
    question = read.question
    if question is None:
        return "- " + read.note.replace(HELP, "").strip()
    found = [question.asks]
    for field in fields(question):
        value = getattr(question, field.name)
        if field.name == "asks" or value == field.default:
            continue
        if field.name in ("region", "regions"):
            regions = (value,) if field.name == "region" else value
            value = "+".join(PARTS.get(region.cells, region.words) for region in regions)
        found.append(f"{field.name}={'+'.join(value) if isinstance(value, tuple) else value}")
    return " ".join(found)


# Question, what a model is asked ("" where it is refused), what objects are asked ("- " and the reason where they cannot answer).
OF_PAIRS = [
    ("Were more buildings built than demolished?", "direction buildings", "grown subject=buildings"),
    (
        "Were fewer roads built than demolished in the north?",
        "direction roads north",
        "grown subject=roads region=north least=True",
    ),
    ("Has the number of buildings grown?", "direction buildings", "grown subject=buildings"),
    ("Are there fewer buildings now than before?", "direction buildings", "grown subject=buildings least=True"),
    ("Did the area of the roads shrink?", "", "- Not understood: shrink."),
    (
        "What percentage of the scene is covered by new buildings?",
        "",
        "share subject=buildings direction=appeared share_of=ground",
    ),
    ("What share of the changes are buildings?", "", "share subject=buildings by=count share_of=subject"),
    (
        "What share of the new buildings is larger than 200 m2?",
        "",
        "share subject=buildings direction=appeared by=count min_area=200.0 share_of=size",
    ),
    ("What share of the buildings vanished?", "", "share subject=buildings direction=vanished by=count share_of=direction"),
    ("What share of Riverside changed?", "", "share zone=Riverside share_of=ground"),
    ("What share changed?", "", "share share_of=ground"),
    ("Where did roads vanish?", "location roads vanished", "where subject=roads direction=vanished"),
    ("Where are the new buildings?", "location buildings appeared", "where subject=buildings direction=appeared"),
    ("Where were buildings built in Riverside?", "", "- Places are given for the whole scene, not within a zone."),
    (
        "Which has more new buildings, the north or the south?",
        "location buildings appeared north+south",
        "compare subject=buildings direction=appeared by=count regions=north+south",
    ),
    (
        "Are there more new buildings in the north than in the south?",
        "binary buildings appeared north+south",
        "compare subject=buildings direction=appeared by=count regions=north+south yes_no=True",
    ),
    (
        "How many more new buildings are in the north than in the south?",
        "count buildings appeared north+south",
        "compare subject=buildings direction=appeared by=count regions=north+south difference=True",
    ),
    ("How much more area was built in the north than in the south?", "", "- Not understood: much."),
    (
        "Is there more new road area in Riverside than in Old Mill?",
        "",
        "compare subject=roads direction=appeared zones=Riverside+Old Mill yes_no=True",
    ),
    ("Compare Riverside, the north and the south", "", "- Compare two parts of the scene, or two zones, at a time."),
    ("Compare the north with Riverside", "", "- Compare two parts of the scene, or two zones, at a time."),
    (
        "Compare the new buildings with the new roads",
        "caption appeared",
        "compare direction=appeared by=count subjects=buildings+roads",
    ),
    (
        "Were more buildings than roads built?",
        "binary appeared",
        "compare direction=appeared by=count yes_no=True subjects=buildings+roads",
    ),
    ("Are there more buildings than roads in the north?", "", "- Compare buildings and roads over the whole scene."),
    ("more or fewer buildings?", "", "- More or fewer of two things is a question for one image."),
    (
        "Which is the largest new building in Riverside?",
        "",
        "- The largest objects are given for the whole scene or a part of it, not for a zone.",
    ),
    (
        "Which are the three smallest roads that vanished in the north?",
        "",
        "largest subject=roads direction=vanished region=north least=True top=3",
    ),
    ("Is the largest new building in the north?", "", "largest_in subject=buildings direction=appeared region=north"),
    (
        "Is the second largest new building in the north?",
        "",
        "- Only the largest or the smallest is given, or several of them: ask for the three largest, for example.",
    ),
    ("What are the 200 largest buildings?", "", "- At most 100 objects are listed."),
    ("How many zones changed?", "", "- Zones are not counted; ask which zones changed."),
    ("Which zone changed most per hectare?", "", "- Zones and cells are compared over the whole scene."),
    ("Which cell changed least?", "", "rank least=True"),
    ("Which zone did not change most?", "", "- Ask for the zone that changed most or least."),
    ("Which quarter lost the most roads?", "", "rank subject=roads direction=vanished among=quarters by=count"),
    ("Which half has the largest area of new buildings?", "", "rank subject=buildings direction=appeared among=halves"),
    ("In which zone were most buildings built?", "", "rank subject=buildings direction=appeared among=zones by=count"),
    ("How many new buildings per hectare in Riverside?", "", "count subject=buildings direction=appeared zone=Riverside per=ha"),
    ("What length of new roads per hectare?", "", "- Numbers and areas are given per unit of ground, nothing else."),
    ("How many km of roads were built?", "", "length subject=roads direction=appeared"),
    (
        "How many square metres of buildings vanished in the south?",
        "",
        "area subject=buildings direction=vanished region=south unit=m2",
    ),
    (
        "Are all new buildings in the north?",
        "binary buildings appeared north",
        "lie_in subject=buildings direction=appeared region=north",
    ),
    (
        "Are most new roads in Riverside?",
        "",
        "- Only what changed is known, not what stayed: ask how many changed, or in which part of the scene.",
    ),
    (
        "Are all buildings new?",
        "",
        "- Only what changed is known, not what stayed: ask how many changed, or in which part of the scene.",
    ),
    ("Did at least five buildings appear?", "", "number_is subject=buildings direction=appeared at_least=5"),
    ("Did at most 3 roads vanish in Riverside?", "", "number_is subject=roads direction=vanished zone=Riverside at_most=3"),
    ("Are there more than ten new buildings?", "", "number_is subject=buildings direction=appeared at_least=11"),
    ("Is the new road area larger than 1000 m2?", "", "area_is subject=roads direction=appeared at_least=1000.0"),
    (
        "Do new buildings cover more than 1 ha in Riverside?",
        "",
        "area_is subject=buildings direction=appeared zone=Riverside at_least=10000.0",
    ),
    ("Has the area changed by 5 percent?", "", "- Sums and shares are computed; differences and averages are not."),
    ("What is the average size of new buildings?", "", "- Sums and shares are computed; differences and averages are not."),
    ("Did buildings appear or vanish?", "direction buildings", "direction subject=buildings"),
    ("Have buildings appeared and vanished?", "direction buildings", "direction subject=buildings"),
    ("What happened to the roads?", "direction roads", "direction subject=roads"),
    ("Roads changed", "binary roads", "whether subject=roads"),
    ("What changed in the north?", "binary north", "describe region=north"),
    ("How did it change?", "caption", "describe"),
    ("Describe the changes to the roads", "caption", "describe subject=roads"),
    ("Which roads are new?", "location roads appeared", "where subject=roads direction=appeared"),
    ("What buildings are gone?", "location buildings vanished", "where subject=buildings direction=vanished"),
    ("Which buildings were demolished and which built?", "", "- Ask one question at a time."),
    ("Did the number of houses change?", "direction buildings", "direction subject=buildings"),
    ("Are there more houses than before?", "direction buildings", "grown subject=buildings"),
    ("How many more houses are there than before?", "", "- Sums and shares are computed; differences and averages are not."),
    ("no longer there", "binary vanished", "whether direction=vanished"),
    ("Is there no new road in Riverside?", "", "whether subject=roads direction=appeared zone=Riverside negated=True"),
    ("Describe the changes in Riverside", "", "describe zone=Riverside"),
    ("Did anything change in Riverside?", "", "whether zone=Riverside"),
    (
        "Were more buildings built than roads?",
        "binary appeared",
        "compare direction=appeared by=count yes_no=True subjects=buildings+roads",
    ),
    (
        "Do more new buildings lie in the north than in the south?",
        "binary buildings appeared north+south",
        "compare subject=buildings direction=appeared by=count regions=north+south yes_no=True",
    ),
    ("Which zone has more new buildings, Riverside or Old Mill?", "", "- Not understood: zone."),
    (
        "Compare the area of new buildings in the north and the south",
        "binary buildings appeared north+south",
        "compare subject=buildings direction=appeared regions=north+south",
    ),
    (
        "Compare the new buildings in the north and in the south per hectare",
        "",
        "compare subject=buildings direction=appeared by=count per=ha regions=north+south",
    ),
    (
        "Compare the new buildings larger than 200 m2 in the north with the south",
        "",
        "compare subject=buildings direction=appeared by=count min_area=200.0 regions=north+south",
    ),
    (
        "Does the north or the south have fewer new roads?",
        "binary roads appeared north+south",
        "compare subject=roads direction=appeared by=count least=True regions=north+south",
    ),
    (
        "How many buildings in the north or the south changed?",
        "count buildings north+south",
        "count subject=buildings region=north+south",
    ),
    ("What is the difference between the north and the south?", "binary north+south", "compare regions=north+south"),
    ("Where did most buildings vanish?", "", "rank subject=buildings direction=vanished by=count"),
    ("Where is the largest new building?", "", "largest subject=buildings direction=appeared"),
    ("What area of roads is in the largest zone?", "", "- Zones are compared by what changed in them, not by their own size."),
    ("Which are the largest new buildings?", "", "largest subject=buildings direction=appeared"),
    (
        "What share of the new roads is in the north?",
        "",
        "share subject=roads direction=appeared region=north by=count share_of=region",
    ),
    ("What share of the objects is in Riverside?", "", "share zone=Riverside by=count share_of=region"),
    ("What share of the north changed?", "", "share region=north share_of=ground"),
    (
        "What percentage of Riverside is covered by new buildings?",
        "",
        "share subject=buildings direction=appeared zone=Riverside share_of=ground",
    ),
    ("What share of the planes vanished?", "", "- Changes are known of buildings and roads, not of planes."),
    ("What share of the changes?", "", "- Ask which share of the changes: of one kind, direction, place or size."),
    ("How many buildings have not changed?", "", "- Only what changed is known, not what stayed."),
    ("Which zones have no new buildings?", "", "list subject=buildings direction=appeared among=zones least=True"),
    ("List the zones without change", "", "list among=zones least=True"),
    ("Which zone has the least change?", "", "rank among=zones least=True"),
    ("Is the north where most buildings are new?", "", "- Zones and cells are compared over the whole scene."),
    ("Are most of the new roads in the north?", "", "lie_in subject=roads direction=appeared region=north quantifier=most"),
    (
        "Are all vanished buildings larger than 200 m2?",
        "",
        "- Only what changed is known, not what stayed: ask how many changed, or in which part of the scene.",
    ),
    (
        "Did more than 3 ha of buildings vanish in the north?",
        "",
        "area_is subject=buildings direction=vanished region=north at_least=30000.0",
    ),
    ("Are there fewer than 5 new roads in the south?", "", "number_is subject=roads direction=appeared region=south at_most=4"),
    ("Did the buildings become more?", "", "- Not understood: become."),
    ("Were fewer buildings built than before?", "direction buildings", "grown subject=buildings least=True"),
    ("Have the roads become fewer per hectare?", "", "- Not understood: become."),
    ("What is the total length of new roads in Riverside?", "", "length subject=roads direction=appeared zone=Riverside"),
    ("How long are the new roads?", "", "length subject=roads direction=appeared"),
    ("How large is the new road?", "", "area subject=roads direction=appeared"),
    (
        "Which new buildings are in the north?",
        "location buildings appeared north",
        "where subject=buildings direction=appeared region=north",
    ),
    ("What was built in the south?", "binary appeared south", "describe direction=appeared region=south"),
    ("Buildings?", "", "- "),
    ("New roads?", "binary roads appeared", "whether subject=roads direction=appeared"),
    ("Tell me about the buildings", "caption", "describe subject=buildings"),
    ("What can you see?", "caption", "describe"),
    ("What is new in Riverside and in Old Mill?", "", "- Ask about one zone at a time, not about Riverside and Old Mill."),
    (
        "How many new buildings are in Riverside in the north?",
        "",
        "- Ask about a zone or about a part of the scene, not about both.",
    ),
    (
        "How many new buildings in the northern half?",
        "",
        "count subject=buildings direction=appeared region=in the northern half",
    ),
    ("Has the scene changed?", "binary", "whether"),
    ("Did the road change?", "binary roads", "whether subject=roads"),
    ("The buildings in this image", "", "- "),
    ("What happened?", "caption", "describe"),
    ("Are any buildings bigger than before?", "", "- Sums and shares are computed; differences and averages are not."),
    ("How big are the buildings?", "", "- Only what changed between the dates is known, not all there is."),
    ("Is this a city or a village?", "", "- The kind of place is a question for one image."),
    ("Do both images show the same place?", "", "- Both images are taken to show the same place."),
    ("How many buildings are there?", "", "- Of two dates only changed objects are counted; for all of them give one image."),
    (
        "How many buildings were there before?",
        "",
        "- Of two dates only changed objects are counted; for all of them give one image.",
    ),
    ("Which of the roads changed?", "location roads", "where subject=roads"),
    ("Which way did the roads change?", "", "- Not understood: way."),
    ("What did not change?", "", "- Only what changed is known, not what stayed."),
    ("Is everything as before?", "", "- Not understood: everything."),
    ("Was a road built?", "binary roads appeared", "whether subject=roads direction=appeared"),
]
OF_OTHERS = [
    ("image", "Are there more trees than cars?", "comparison trees cars"),
    ("image", "Are there fewer trees than cars?", "comparison cars trees"),
    ("image", "Do the trees outnumber the cars?", "comparison trees cars"),
    ("image", "Are there more trees?", "- Name two kinds of things to compare."),
    ("image", "Are there more trees or cars?", "- Ask whether there are more of one thing than of another."),
    ("image", "Are there no more trees than cars?", "- Name two kinds of things to compare."),
    ("image", "Are the trees larger than the cars?", "- Numbers are compared, not sizes."),
    ("image", "Are there more trees, planes and roads than cars?", "- Name two kinds of things to compare."),
    ("image", "Is the number of trees larger than the number of cars?", "comparison trees cars"),
    ("image", "How many trees are there?", "object_count trees"),
    ("image", "How many are there?", "- Say what to count."),
    ("image", "How many trees and cars are there?", "- Ask about one kind of thing at a time."),
    ("image", "Is there a tree?", "presence trees"),
    ("image", "Is there no tree?", "presence trees negated"),
    ("image", "trees?", "presence trees"),
    ("image", "a tree in this image", "- "),
    ("image", "Where is the tree?", "- Places within one image are not known."),
    ("image", "Which tree is there?", "- "),
    ("image", "Describe the tree", "- A description covers the whole image."),
    ("image", "Describe the image", "caption"),
    ("image", "Is there a tree in the north?", "- Places within one image are not known."),
    ("image", "Is it rural or urban?", "rural_urban"),
    ("image", "Is it rural?", "rural_urban"),
    ("image", "Is this place urban or rural, with trees?", "- "),
    ("image", "How many rural areas are there?", "- "),
    ("image", "What kind of place is this?", "scene_class"),
    ("image", "Which place is this?", "scene_class"),
    ("image", "What happened here?", "caption"),
    ("image", "Where is this?", "- Where on Earth an image was taken is not known."),
    ("image", "Is it not here?", "- "),
    ("image", "What has changed?", "- One image cannot show a change: give the same place at two dates."),
    ("image", "Is everything the same?", "- Not understood: everything."),
    ("image", "Is there another house?", "- One image cannot show a change: give the same place at two dates."),
    ("video", "What happens in the video?", "event"),
    ("video", "Describe the video", "event"),
    ("video", "What is it about?", "event"),
    ("video", "How many cars are there?", "- "),
    ("video", "Is nothing happening?", "event"),
    ("video", "What happens to the houses?", "- "),
    ("video", "Where is it?", "- "),
]


@pytest.mark.parametrize(("text", "model", "objects"), OF_PAIRS, ids=[row[0] for row in OF_PAIRS])
def test_of_two_dates(text, model, objects):
    parsed = parse_question(text, "pair", ["Riverside", "Old Mill"])
    assert (asked_of_model(parsed.routed), asked_of_objects(parsed.of_objects)) == (model, objects)


@pytest.mark.parametrize(("kind", "text", "model"), OF_OTHERS, ids=[row[1] for row in OF_OTHERS])
def test_of_images_and_videos(kind, text, model):
    routed = parse_question(text, kind).routed
    assert (asked_of_model(routed) or f"- {routed.note.replace(TASKS_HELP[kind], '').strip()}") == model
