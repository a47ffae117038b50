"""Guided instruction files: whose guide speaks of a pair, what a stop costs, which reference is kept."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from chronosight.datasets.changeimti.read import understand
from chronosight.errors import InputError
from chronosight.tasks.clue import ClassChange, GuideFacts
from chronosight.training.samples.guide_store import GuideStore
from chronosight.training.samples.guided import join, make_guides, read_pairs_of_records, read_rows
from chronosight.training.samples.levir import levir_fold

NAMES = ("train_000001", "train_000002", "train_000130", "train_000131")  # two in each of two folds
CAPTIONS = ("a house appears", "several houses are built beside the road")


class FakeGuide:
    """Says its name as the caption; stops after `limit` pairs."""

    def __init__(self, name, limit=99):
        self.name, self.limit, self.asked = name, limit, []

    def facts(self, before, after):
        if len(self.asked) == self.limit:
            raise KeyboardInterrupt
        self.asked.append(before.stem)
        return GuideFacts(0.91234567, self.name, {"buildings": ClassChange(2, 1, ("top", "left"))})


@pytest.fixture
def folder(tmp_path):
    """train.jsonl of four pairs: two captions, counts and places, a dialogue for each caption."""
    lines = []
    for number, name in enumerate(NAMES):
        images = []
        for date in "AB":
            images.append(f"{date}_{name}.png")
            Image.fromarray(np.full((8, 8, 3), number + 10 * (date == "B"), np.uint8)).save(tmp_path / images[-1])
        both = "in these two images:<image> and <image>"
        asked = [(f"caption/{text}", "Please describe the changes in <image> and <image>", text) for text in CAPTIONS]
        for subject, total in (("roads", 0), ("buildings", 2)):
            place = ",if no change please output: No change."
            asked.append((f"count_{subject}", f"How many {subject} have been changed {both}", str(total)))
            where = "top,left" if total else "No change"
            asked.append((f"location_{subject}", f"Please tell me where the {subject} have changed {both}{place}", where))
        for kind, question, reply in asked:
            lines.append(row(name, kind, images, (question, reply)))
        first = "Have there been any changes to the roads and buildings in these two images:<image> and <image>?"
        lines += [row(name, f"dialogue/{t}", images, (first, "Yes"), ("Please describe the changes.", t)) for t in CAPTIONS]
    (tmp_path / "train.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    return tmp_path


def row(name, kind, images, *turns):
    messages = [{"role": who, "content": said} for turn in turns for who, said in zip(("user", "assistant"), turn, strict=True)]
    return {"id": f"{name}/{kind}", "kind": kind.split("/")[0], "images": images, "messages": messages}


def guided(folder, *looks, form="caption", **options):
    rows = read_rows(folder / "train.jsonl")
    made = make_guides(read_pairs_of_records(rows), looks, GuideStore(folder / "guides.jsonl"), folder)
    return join(rows, made, form, **options)


def closeness(guide, reference):
    return len(set(guide.split()) & set(reference.split()))


def test_the_guide_of_another_fold_speaks(folder):
    looks = FakeGuide("zero"), FakeGuide("one")
    for line in guided(folder, *looks):
        fold = levir_fold(line["images"][0], 2)
        assert line["guide"] == f"guide {looks[fold].name}"
        assert line["messages"][0]["content"].startswith(
            f"Please refer to this description:{looks[fold].name}.Modify or correct it."
        )
    assert sorted(looks[0].asked + looks[1].asked) == sorted(f"A_{name}" for name in NAMES)
    assert not set(looks[0].asked) & set(looks[1].asked)


def test_questions_and_replies_stay_as_they_were(folder):
    before, after = read_rows(folder / "train.jsonl"), guided(folder, FakeGuide("all"), form="full")
    assert len(before) == len(after) == 4 * 8
    for old, new in zip(before, after, strict=True):
        assert [turn["role"] for turn in new["messages"]] == [turn["role"] for turn in old["messages"]]
        clue, _, question = new["messages"][0]["content"].partition("\n")
        assert question == old["messages"][0]["content"] and "<image>" not in clue and "buildings 3, new 2, gone 1" in clue
        assert new["messages"][1:] == old["messages"][1:] and new["images"] == old["images"]


def test_a_fold_without_a_guide_is_simulated_from_the_records(folder):
    lines = guided(folder, FakeGuide("zero"), None, form="detail")
    by_fold = {levir_fold(line["images"][0], 2): line["guide"] for line in lines}
    assert by_fold == {0: "guide zero", 1: "simulated"}
    clues = {line["messages"][0]["content"].partition("\n")[0] for line in lines if line["guide"] == "simulated"}
    assert all(clue.startswith("change ") and "; roads " in clue for clue in clues)


def test_simulated_guides_are_near_the_truth_and_not_always_it(folder):
    rows = read_rows(folder / "train.jsonl")
    records = read_pairs_of_records(rows)
    counts = []
    for seed in range(40):
        made = make_guides(records, [None], GuideStore(folder / f"{seed}.jsonl"), folder, seed)
        counts += [facts.classes["buildings"].count for _, facts in made.values()]
    right = sum(count == 2 for count in counts) / len(counts)
    assert 0.5 < right < 0.99 and 1.5 < sum(counts) / len(counts) < 2.5


def test_the_same_seed_gives_the_same_bytes(folder):
    guided(folder, FakeGuide("zero"), None)
    first = (folder / "guides.jsonl").read_bytes()
    (folder / "guides.jsonl").unlink()
    guided(folder, FakeGuide("zero"), None)
    assert (folder / "guides.jsonl").read_bytes() == first


@pytest.mark.parametrize("torn", [b"", b'{"key": "half', b"\xff\xfe garbage\n"])
def test_a_killed_run_goes_on_with_the_next_pair(folder, torn):
    with pytest.raises(KeyboardInterrupt):
        guided(folder, FakeGuide("all", limit=2))
    store = folder / "guides.jsonl"
    assert len(store.read_text().splitlines()) == 2
    with store.open("ab") as file:
        file.write(torn)
    again = FakeGuide("all")
    lines = guided(folder, again)
    assert again.asked == [f"A_{name}" for name in NAMES[2:]]
    assert len(lines) == 32 and len(GuideStore(store)) == 4
    assert all(json.loads(line)["facts"]["probability"] == 0.9123 for line in store.read_text().splitlines())


def test_only_a_changed_image_or_guide_is_computed_again(folder):
    guided(folder, FakeGuide("all"))
    Image.fromarray(np.full((8, 8, 3), 99, np.uint8)).save(folder / f"B_{NAMES[1]}.png")
    changed, other = FakeGuide("all"), FakeGuide("other")
    guided(folder, changed)
    guided(folder, other)
    assert changed.asked == [f"A_{NAMES[1]}"] and len(other.asked) == 4


def test_every_form_is_kept(folder):
    guided(folder, FakeGuide("all"))
    forms = json.loads((folder / "guides.jsonl").read_text().splitlines()[0])["forms"]
    assert list(forms) == ["none", "caption", "detail", "full"]
    assert forms["none"] == "" and forms["detail"] in forms["full"] and forms["caption"] in forms["full"]


@pytest.mark.parametrize(("said", "kept"), [("a big house appears", CAPTIONS[0]), ("houses beside the road", CAPTIONS[1])])
def test_of_the_references_the_closest_to_the_guide_is_kept(folder, said, kept):
    lines = guided(folder, FakeGuide(said), closeness=closeness)
    assert len(lines) == 4 * (1 + 4 + 1)
    last = [line["messages"][-1]["content"] for line in lines if line["kind"] in ("caption", "dialogue")]
    assert last == [kept] * 8
    assert len(guided(folder, FakeGuide(said))) == 4 * 8, "all references otherwise"


def test_captions_alone_are_guided_as_published(folder):
    lines = guided(folder, FakeGuide("all"), captions_only=True)
    assert {line["kind"] for line in lines if "guide" in line} == {"caption"}


def test_what_cannot_be_guided_is_one_line(folder):
    rows = [line for line in read_rows(folder / "train.jsonl") if line["kind"] == "caption"]
    path = folder / "captions.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in rows))
    with pytest.raises(InputError, match="do not give counts and places"):
        make_guides(read_pairs_of_records(read_rows(path)), [None], GuideStore(folder / "s.jsonl"), folder)
    with pytest.raises(InputError, match="give their folder as --images"):
        make_guides(read_pairs_of_records(rows), [FakeGuide("a")], GuideStore(folder / "s.jsonl"), Path("elsewhere"))
    path.write_text(json.dumps({**rows[0], "guide": "guide x"}))
    with pytest.raises(InputError, match="guided already"):
        read_rows(path)
    path.write_text('{"messages": "?"}')
    with pytest.raises(InputError, match="line 1 is no record"):
        read_rows(path)


@pytest.mark.parametrize("form", ["caption", "detail", "full"])
def test_guided_questions_are_still_understood(folder, form):
    before, after = read_rows(folder / "train.jsonl"), guided(folder, FakeGuide("all"), form=form)
    for old, new in zip(before, after, strict=True):
        asked = understand(new["messages"][0]["content"])
        assert asked is not None and asked == understand(old["messages"][0]["content"])
