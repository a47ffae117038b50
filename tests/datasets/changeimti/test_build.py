"""The set that is built: counts of records, wording, answers that agree, the same bytes for the same seed."""

from __future__ import annotations

import json
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from chronosight.datasets.changeimti import extra_questions
from chronosight.datasets.changeimti.build import all_records, kinds_of, label_pairs, messages, sharegpt, write_set
from chronosight.datasets.changeimti.labels import ClassLabel, parse_classes
from chronosight.datasets.changeimti.records import Labelled, Settings
from chronosight.datasets.levir import LevirPair, read_pairs
from chronosight.errors import InputError
from chronosight.tasks.caption import says_no_change
from chronosight.tasks.cells import CELLS
from levir_captions import BUILDING, ROAD, write_levir_captions

REFERENCE = Path(__file__).parents[4] / "shared" / "reference"
TWO = "<image> and <image>"
EVERYTHING = Settings(vary=True, by_cell=True, regions=True, unanswerable=True)


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    return write_levir_captions(tmp_path_factory.mktemp("levir"))


@pytest.fixture(scope="module")
def items(source):
    return label_pairs(read_pairs(source), Settings())


def read(file: Path):
    return json.loads(file.read_text(encoding="utf-8"))


def files(folder: Path) -> dict[str, bytes]:
    return {file.relative_to(folder).as_posix(): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def turns_of(items, kind, settings, name):
    """Turns of the first record of a kind about a pair."""
    return next(r.turns for r in all_records(items, kind, settings) if r.id.startswith(f"{name}/"))


def test_records_are_worded_as_published(items):
    def only(kind):
        ((turn,),) = [turns_of(items, kind, Settings(), "train_000003")]
        return turn

    assert only("caption") == (f"Please describe the changes in {TWO}", "some houses are built")
    assert only("binary")[0] == (
        f"Please check if there have been any changes to the roads or buildings in these two images:{TWO}. "
        "Please answer yes or no."
    )
    assert only("count_roads") == (f"How many roads have been changed in these two images:{TWO}", "1")
    asked = f"Please tell me where the buildings have changed in these two images:{TWO},if no change please output: No change."
    assert only("location_buildings") == (asked, "lower right corner")
    assert turns_of(items, "location_roads", Settings(), "train_000001")[0][1] == "No change"


def test_a_dialogue_asks_of_both_classes_and_ends_with_the_caption(items):
    for record in all_records(items, "dialogue", Settings()):
        questions = [question for question, _ in record.turns]
        assert questions[0] == f"Have there been any changes to the roads and buildings in these two images:{TWO}?"
        assert "roads" in questions[1] and "buildings" in questions[2]
        assert questions[3] == "Please describe the changes."
        assert sum(question.count("<image>") for question in questions) == 2


def test_counts_of_records_are_those_of_the_paper(items, tmp_path):
    counts = write_set(items, tmp_path, Settings())
    for split, pairs, captions in (("train", 3, 11), ("val", 2, 6), ("test", 3, 11)):
        assert counts[split] == dict.fromkeys(kinds_of(Settings()), pairs) | {"caption": captions, "dialogue": captions}
        assert {kind: len(read(tmp_path / split / f"{kind}.json")) for kind in counts[split]} == counts[split]
        lines = (tmp_path / f"{split}.jsonl").read_text().splitlines()
        assert len(lines) == sum(counts[split].values())
        assert len({json.loads(line)["id"] for line in lines}) == len(lines)


def test_unchanged_pairs_give_the_one_sentence(items):
    said = [r.turns[0][1] for r in all_records(items, "caption", Settings()) if r.id.startswith("train_000002/")]
    assert said == ["the scene is the same as before"]


def test_yes_or_no_follows_the_mask_and_as_published_the_captions(items):
    def replies(settings):
        return {r.id.split("/")[0]: r.turns[0][1] for r in all_records(items, "binary", settings)}

    ours, published = replies(Settings()), replies(Settings(as_published=True))
    assert {name for name in ours if ours[name] != published[name]} == {"test_000002", "test_000003"}
    assert (ours["test_000002"], ours["test_000003"]) == ("No", "Yes")


def test_the_published_round_on_unchanged_buildings_asks_about_roads(items):
    for settings, asked in ((Settings(), "buildings"), (Settings(as_published=True), "roads")):
        question, reply = turns_of(items, "dialogue", settings, "val_000001")[2]
        assert asked in question and reply in ("0", "No change")
    assert "buildings" in turns_of(items, "dialogue", Settings(as_published=True), "train_000001")[2][0]


def test_the_leak_offers_no_change_only_where_it_is_the_answer(items):
    for item in all_records(items, "location_buildings", Settings(as_published=True, leak=True)):
        question, reply = item.turns[0]
        assert question.endswith("No change.") == (reply == "No change")


@pytest.mark.parametrize("settings", [Settings(), EVERYTHING, Settings(as_published=True)], ids=["paper", "beyond", "published"])
def test_the_same_seed_gives_the_same_bytes(source, tmp_path, settings):
    for name in ("one", "two"):
        write_set(label_pairs(read_pairs(source), settings), tmp_path / name, settings)
    assert files(tmp_path / "one") == files(tmp_path / "two")


def test_another_seed_gives_other_rounds_and_more_pairs_or_kinds_move_none(items):
    def dialogues(settings, of=items):
        return {r.id: r.turns for r in all_records(of, "dialogue", settings)}

    first = dialogues(Settings())
    assert first != dialogues(Settings(seed=1))
    assert dialogues(replace(Settings(), by_cell=True, regions=True)) == first
    assert dialogues(Settings(), items[3:]).items() <= first.items()


def test_published_files_have_the_published_names_and_keys(items, tmp_path):
    counts = write_set(items, tmp_path, Settings(as_published=True))
    assert counts["train_task_data"]["dialogue"] == 17  # train and val together
    names = {file.stem for file in (tmp_path / "test_task_data").iterdir()}
    assert names == {"caption", "binary_class", "count_road", "count_build", "loc_road", "loc_build", "mul"}
    row = read(tmp_path / "test_task_data" / "mul.json")[0]
    assert [*row] == ["conversations", "images"]
    assert [turn["from"] for turn in row["conversations"]] == ["human", "gpt"] * 4


def test_both_layouts_hold_the_same(items, tmp_path):
    write_set(items, tmp_path, Settings())
    info = read(tmp_path / "dataset_info.json")
    assert all((tmp_path / entry["file_name"]).is_file() for entry in info.values())
    by_id = {row["id"]: row for kind in kinds_of(Settings()) for row in read(tmp_path / "train" / f"{kind}.json")}
    for line in (tmp_path / "train.jsonl").read_text().splitlines():
        row = json.loads(line)
        assert [m["content"] for m in row["messages"]] == [t["value"] for t in by_id[row["id"]]["conversations"]]
        assert row["images"] == by_id[row["id"]]["images"]


def test_the_card_counts_and_names_what_disagrees(items, tmp_path):
    write_set(items, tmp_path, Settings(seed=7))
    card = (tmp_path / "README.md").read_text()
    assert "| all | 37 | 22 | 37 |" in card and "together, as the paper trains: 59." in card
    assert "test/test_000003.png, test/test_000002.png" in card and "Seed 7" in card


def test_counts_by_cell_and_regions_agree_with_the_mask(items):
    settings = Settings(by_cell=True, regions=True)
    (turn,) = turns_of(items, "by_cell_buildings", settings, "train_000001")
    assert turn[1] == "center: 2,top left corner: 1"
    asked = {r.turns for seed in range(40) for r in all_records(items[:1], "region_buildings", replace(settings, seed=seed))}
    inside = {"in the left third": "1", "in the middle column": "2", "in the top left corner": "1", "in the right third": "0"}
    found = {place: reply for ((q, reply),) in asked for place in inside if f"buildings have been changed {place} " in q}
    assert found.items() <= inside.items() and len(found) >= 3


def test_regions_are_read_as_the_engines_read_them():
    assert extra_questions.cells_of("in the left third") == (CELLS[0], CELLS[3], CELLS[6])
    assert all(extra_questions.cells_of(place) for place in extra_questions.REGIONS)
    assert len({extra_questions.cells_of(place) for place in extra_questions.REGIONS}) == len(extra_questions.REGIONS)


def test_what_images_cannot_show_is_refused(items):
    for record in all_records(items, "unanswerable", Settings(unanswerable=True)):
        assert record.turns[0][1] == extra_questions.CANNOT_TELL
        assert record.turns[0][0].count("<image>") == 2


def test_direction_needs_masks_that_hold_it(tmp_path):
    with pytest.raises(InputError, match=r"roads and buildings have one value"):
        kinds_of(Settings(direction=True))
    source = write_levir_captions(tmp_path, {"train_000001": (True, [(200, "top"), (100, "left")]), "train_000002": (False, [])})
    settings = Settings(classes=parse_classes("buildings=200+,buildings=100-"), direction=True)
    items = label_pairs(read_pairs(source), settings)
    assert [r.turns[0][1] for r in all_records(items, "direction_buildings", settings)] == ["both", "none"]


def test_any_class_list_is_asked_about(tmp_path):
    source = write_levir_captions(tmp_path, {"train_000001": (True, [(40, "top"), (ROAD, "left"), (BUILDING, "left")])})
    settings = Settings(classes=parse_classes("roads=128,buildings=255,storage tanks=40"))
    items = label_pairs(read_pairs(source), settings)
    (dialogue, *_) = all_records(items, "dialogue", settings)
    assert "the roads, buildings and storage tanks in" in dialogue.turns[0][0]
    assert len(dialogue.turns) == 5
    assert turns_of(items, "location_storage tanks", settings, "train_000001")[0][1] == "top"
    with pytest.raises(InputError, match="holds the value 40"):
        label_pairs(read_pairs(source), Settings())


def test_many_wordings_keep_the_answers(items):
    for kind in kinds_of(Settings()):
        plain = list(all_records(items, kind, Settings()))
        varied = list(all_records(items, kind, Settings(vary=True)))
        assert [[reply for _, reply in r.turns] for r in plain] == [[reply for _, reply in r.turns] for r in varied]
        assert all(sum(question.count("<image>") for question, _ in r.turns) == 2 for r in varied)
    seen = {r.turns[0][0] for s in range(30) for r in all_records(items[:1], "binary", Settings(vary=True, seed=s))}
    assert len(seen) > 4


@pytest.mark.shared
@pytest.mark.skipif(not REFERENCE.is_dir(), reason="needs the real captions beside the checkout")
def test_totals_over_all_captions_are_the_papers():
    """The captions of all 10,077 pairs; the masks are made up, as counts of records do not hang on them."""
    items = []
    with zipfile.ZipFile(REFERENCE / "levir_mci_caption_tokens.zip") as tokens:
        for split in ("train", "val", "test"):
            for name in (REFERENCE / f"levir_mci_{split}.txt").read_text().split():
                said = json.loads(tokens.read(f"tokens/{name.removesuffix('.png')}.txt"))
                captions = tuple(" ".join(sentence[1:-1]) for sentence in said)
                changed = not all(map(says_no_change, captions))
                pair = LevirPair(Path(), split, name, captions, changed, Path(name))
                made_up = {"roads": ClassLabel(()), "buildings": ClassLabel(CELLS[:3] * changed)}
                items.append(Labelled(pair, made_up))
    of_split = {split: [item for item in items if item.pair.split == split] for split in ("train", "val", "test")}
    assert {split: (sum(i.pair.changed for i in of), len(of)) for split, of in of_split.items()} == {
        "train": (3407, 6815), "val": (667, 1333), "test": (964, 1929),
    }  # fmt: skip
    settings = Settings()
    train = {
        kind: sum(1 for _ in all_records(of_split["train"] + of_split["val"], kind, settings)) for kind in kinds_of(settings)
    }
    test = {kind: sum(1 for _ in all_records(of_split["test"], kind, settings)) for kind in kinds_of(settings)}
    assert (train["caption"], train["dialogue"]) == (24444, 24444)
    assert (test["caption"], test["dialogue"]) == (5785, 5785)
    assert {train[kind] for kind in kinds_of(settings)[1:-1]} == {8148} and {test[kind] for kind in kinds_of(settings)[1:-1]} == {
        1929
    }
    assert (sum(train.values()), sum(test.values())) == (89628, 21215)


def test_a_record_is_the_same_in_both_layouts(items):
    record = next(all_records(items, "dialogue", Settings()))
    exported = [(t["from"], t["value"]) for t in sharegpt(record)["conversations"]]
    said = [(m["role"], m["content"]) for m in messages(record)["messages"]]
    assert [text for _, text in exported] == [text for _, text in said] == [text for turn in record.turns for text in turn]
