"""Word lists from which questions in free wording are read: phrases parted by commas, in no order."""

from __future__ import annotations


def _phrases(text: str) -> tuple[str, ...]:
    return tuple(" ".join(part.split()) for part in text.split(",") if part.strip())


# Directions and kinds of change.
APPEARED = _phrases("""
    new, newly, appear, appears, appeared, appearing, built, build, constructed, construct, construction, added,
    add, erected, emerged, created, arrived, arisen, sprung up, put up, gone up, went up, come up, came up,
    developed, finished, completed, gained, paved, come into being, established, opened, grown, growth, additional,
    extra, grow, grew, expanded, expand, expansion
""")
VANISHED = _phrases("""
    demolished, demolish, demolition, removed, remove, removal, gone, disappear, disappears, disappeared,
    disappearing, vanish, vanished, vanishing, destroyed, razed, torn down, taken down, knocked down, pulled down,
    tore down, lost, missing, no longer there, no longer exist, no longer, cleared, cleared away, bulldozed,
    eliminated, wiped out, deleted, ceased to exist, lose
""")
CHANGED = _phrases("""
    happen, change, changes, changed, changing, different, difference, differences, differ, differs, altered, alter,
    modified, alteration, alterations, modification, modifications, evolved, evolve, transformed, development,
    developments, compare, compared, comparison
""")
GROWN = _phrases("increased, increase, decreased, decrease, grown, grow, grew")
SAME = _phrases("""
    unchanged, same, identical, nothing, unaltered, alike, remained, remain, remains, still, survived, stayed
""")
SAME_PLACE = _phrases("same place, same area, same location, same site, same region, same city")
NEGATED = _phrases("not, no, none, without")

# What is asked for.
COUNT = _phrases("how many, number of, count, amount of, total of, the number, quantity of")
WHERE = _phrases("""
    where, location, locations, locate, which part, which parts, which place, which places, which cell, which cells,
    which area, which areas, which corner, which side, which region, which regions, what part, what parts, what
    area, find, point out, point to, highlight, mark, show me, position, positions, whereabouts, in which, places,
    list, show the, show all
""")
WHICH = _phrases("which, what")
DESCRIBE = _phrases("""
    describe, description, caption, summarise, summarize, summary, sum up, explain, tell me about, report, overview,
    what do you see, what can you see, what can be seen, what is visible, what is shown, what is in, what is on,
    what does the image show, what does it show, what does this show, what does this image show, what is there, what
    are we looking at, what am i looking at, what do we see, what can we see, what is it, what is this, depicted,
    what does the picture show, what does this picture show, what does the photo show, contents, content, compare,
    compare the, spot the difference, spot the differences, what objects, what things, main object, main objects,
    what you see, what you can see
""")
HAPPENED = _phrases("""
    what happened, what has happened, what is happening, what happens, happening, going on, what went on, event,
    activity, action, what took place, taking place, what are they doing, doing, what goes on, happened, occurred,
    occurs, happen
""")
COMPARED = _phrases("more, fewer, less, outnumber, exceed, exceeds, more numerous")
# These compare sizes, unless it is a number that is called greater.
SIZED = _phrases("greater, larger, higher, bigger, smaller, lower")
FEWER = _phrases("fewer, less, smaller, lower")
BEFORE = _phrases("before, now, earlier, after, later, than before, than now, in the past, previously")
KIND_OF = _phrases("kind, type, sort, class, category, classify, categorise, categorize, land use, land cover")
WHICH_PLACE = _phrases("""
    what place, which place, what scene, which scene, what is this place, what is the place, what site, what landscape,
    what terrain, what environment
""")
RURAL_URBAN = _phrases("rural, urban, countryside, city, town, built up, urbanised, urbanized, village, suburban")
YES_NO = _phrases("""
    is, are, was, were, did, does, do, has, have, had, any, please check, check if, can you see, do you see, tell me if
""")
PRESENT = _phrases("""
    is there, are there, any, present, presence, presence of, contain, contains, have, has, include, includes, can
    you see, do you see, can i see, show, shows, visible, seen, exist, exists, can we see, spot, is this, see, is
    it, there is, there are, look like, looks like
""")

# Words for another image, date or thing, which one image alone cannot show.
ANOTHER = _phrases("""
    second, first, last, other, another, both, each, previous, before, earlier, later, after, previously, past, last
    year
""")

# The two images of a pair; other numbers are not understood.
DATES = _phrases("""
    two images, two dates, two pictures, two photos, two scenes, two times, two moments, two remote, two different,
    two satellite, two aerial, two shots, two views
""")

# Where a question ends and the form of its reply begins.
REPLY_FORM = _phrases("""
    if no change, if there is no change, please answer, answer yes, answer appeared, answer the question, answer
    with, yes or no, please output, in one word, in a word, in one sentence, in a sentence
""")

# Words that carry no meaning of their own here: forms of to be, politeness, names of the images themselves.
FILLERS = frozenset(
    _phrases("""
    a, about, above, across, actually, aerial, after, all, already, also, am, an, and, another, answer, any,
    anything, anywhere, approximately, are, area, areas, around, as, at, be, been, before, being, belong, belongs,
    between, both, brief, briefly, by, came, can, check, clip, come, could, count, currently, data, date, dates,
    detect, detected, did, do, docked, does, down, during, each, earlier, either, entire, environment, estimate,
    ever, every, exactly, find, first, footage, for, frame, from, general, get, give, go, goes, got, ground, had,
    has, have, hello, here, hi, how, i, identify, if, image, images, in, into, is, it, item, items, its, just, kind,
    kindly, know, land, landscape, last, later, lay, let, lie, lies, like, list, located, look, looking, looks, lot, made, main,
    major, map, may, me, might, moment, moments, movie, my, name, near, network, notice, noticed, now, number, object,
    objects, observe, observed, occur, occurred, of, ok, okay, on, one, ones, or, other, our, out, output, over,
    overall, pair, parked, part, parts, past, period, photo, photograph, photographs, photos, phrase, picture,
    pictures, place, please, present, previous, previously, question, really, region, relative, remote, report,
    roughly, satellite, say, scene, scenes, second, see, seen, sensing, sentence, setting, shall, short, shot,
    shots, should, show, showing, shown, shows, since, single, site, snapshot, so, some, something, somewhere, sort,
    spot, spotted, standing, surroundings, taken, tell, terrain, than, thank, thanks, that, the, their, them, then,
    there, these, they, thing, things, this, those, time, times, to, today, too, took, total, type, up, us, versus,
    video, view, visible, vs, want, was, we, well, went, were, what, where, whether, which, whole, will, with,
    within, word, words, would, write, yes, yet, you, your
""")
)

# Words with one meaning and several spellings, and short forms.
SPELLINGS = {
    "what's": "what is", "where's": "where is", "there's": "there is", "it's": "it is", "that's": "that is",
    "how's": "how is", "i'm": "i am", "can't": "can not", "cannot": "can not", "won't": "will not", "i'd": "i would",
}  # fmt: skip
