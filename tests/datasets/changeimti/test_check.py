"""Every kind of fault is found in a file that has it, at its record, and none in a file that has none."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PIL import Image

from chronosight.datasets.changeimti.build import all_records, kinds_of, label_pairs, write_set
from chronosight.datasets.changeimti.check import check_files, count_by_kind
from chronosight.datasets.changeimti.check_record import Fault
from chronosight.datasets.changeimti.read import understand
from chronosight.datasets.changeimti.records import Settings
from chronosight.datasets.levir import read_pairs
from chronosight.errors import InputError
from levir_captions import BUILDING, PAIRS, ROAD, write_levir_captions

AGREEING = {name: files for name, files in PAIRS.items() if name not in ("test_000002", "test_000003")}
EVERYTHING = Settings(vary=True, by_cell=True, regions=True, unanswerable=True)
PAPER = Settings()


def make(folder: Path, settings: Settings = PAPER, pairs=AGREEING) -> Path:
    items = label_pairs(read_pairs(write_levir_captions(folder / "source", pairs)), settings)
    write_set(items, folder / "set", settings)
    return folder / "set"


def faults_of(path: Path, kind: str, **against) -> list[Fault]:
    found = check_files([path], **against)[1]
    return [fault for fault in found if fault.kind == kind]


@pytest.fixture
def made(tmp_path):
    return make(tmp_path)


def change(file: Path, number: int, edit) -> Path:
    """Edits record `number` (from 1) of a JSON list in place."""
    rows = json.loads(file.read_text())
    rows[number - 1] = edit(rows[number - 1]) or rows[number - 1]
    file.write_text(json.dumps(rows))
    return file


def reply(text: str, round: int = 1):
    def edit(row):
        row["conversations"][2 * round - 1]["value"] = text

    return edit


def question(old: str, new: str, round: int = 1):
    def edit(row):
        said = row["conversations"][2 * round - 2]
        assert old in said["value"]
        said["value"] = said["value"].replace(old, new)

    return edit


@pytest.mark.parametrize("settings", [Settings(), EVERYTHING], ids=["paper", "beyond"])
@pytest.mark.parametrize("part", ["", "train.jsonl", "train/dialogue.json"])
def test_a_corrected_set_has_no_faults(tmp_path, settings, part):
    made = make(tmp_path, settings)
    read, faults = check_files([made / part], source=tmp_path / "source")
    assert faults == [] and read > 10


def test_every_wording_of_every_kind_is_known(tmp_path):
    items = label_pairs(read_pairs(write_levir_captions(tmp_path, AGREEING)), Settings())
    for seed in range(25):
        settings = Settings(seed=seed, vary=True, by_cell=True, regions=True, unanswerable=True)
        for kind in kinds_of(settings):
            for record in all_records(items, kind, settings):
                for asked in (understand(text) for text, _ in record.turns):
                    assert asked is not None
                if kind.startswith(("count", "location", "region", "by_cell")):
                    asked = understand(record.turns[0][0])
                    assert asked and (asked.task.split("_")[0], *asked.subjects) == (kind.split("_")[0], kind.split("_")[-1])


def test_the_three_published_faults_are_found_at_their_records(tmp_path):
    settings = Settings(as_published=True, leak=True)
    made = make(tmp_path, settings, PAIRS)
    again = {(Path(f.file).name, f.record) for f in faults_of(made / "train_task_data", "asks-again")}
    # One dialogue of the unchanged pair 2, five of val 1 (a road alone) and one of the unchanged val 2.
    assert again == {("mul.json", n) for n in (6, *range(12, 18))}
    leaks = faults_of(made / "train_task_data", "answer-in-question")
    assert {(Path(f.file).name, f.record) for f in leaks} == {
        ("loc_build.json", 1), ("loc_build.json", 3), ("loc_road.json", 3), ("loc_road.json", 4),
    }  # fmt: skip
    yes_no = faults_of(made / "test_task_data", "yes-no")
    assert {(Path(f.file).name, f.record) for f in yes_no} == {
        ("binary_class.json", 2), ("binary_class.json", 3), *(("mul.json", n) for n in range(6, 12)),
    }  # fmt: skip
    assert dict(count_by_kind(check_files([made])[1])).keys() == {"asks-again", "answer-in-question", "yes-no", "caption"}


def test_without_the_leak_the_published_question_gives_nothing_away(tmp_path):
    made = make(tmp_path, Settings(as_published=True))
    assert faults_of(made, "answer-in-question") == []
    assert len(faults_of(made, "asks-again")) == 7


@pytest.mark.parametrize(
    ("text", "words"),
    [("maybe", "does not answer"), ("yes", 'should be written "Yes"'), ("Yes.", 'should be written "Yes"')],
)
def test_replies_that_are_none_or_are_written_otherwise(made, text, words):
    (fault,) = faults_of(change(made / "train" / "binary.json", 2, reply(text)), "reply")
    assert fault.record == 2 and words in fault.message and fault.id == "train_000002/binary/0"


@pytest.mark.parametrize(
    ("kind", "text"),
    [("location_buildings", "center, top"), ("location_buildings", "top,top"), ("location_buildings", "middle"),
     ("count_roads", "three"), ("count_roads", "1.5"), ("caption", "a house is new."), ("location_roads", "No change.")],
)  # fmt: skip
def test_every_kind_of_reply_has_its_form(made, kind, text):
    assert [fault.record for fault in faults_of(change(made / "train" / f"{kind}.json", 1, reply(text)), "reply")] == [1]


def test_unknown_wordings_are_named(made):
    file = change(made / "train" / "count_roads.json", 3, question("have been", "were"))
    (fault,) = faults_of(file, "wording")
    assert fault.record == 3 and "How many roads were changed" in fault.message


@pytest.mark.parametrize(
    ("edit", "words"),
    [(lambda row: row["images"].__delitem__(1), "has 1 images"),
     (lambda row: row["images"].reverse(), "later date first"),
     (lambda row: row.update(images=[row["images"][0]] * 2), "one image twice"),
     (lambda row: row["images"].__setitem__(1, "images/train/B/train_000002.png"), "not of one pair"),
     (question("<image> and <image>", "<image>"), "1 <image> for 2"),
     (reply("Yes <image>"), "3 <image> for 2")],
)  # fmt: skip
def test_images_are_two_of_one_pair_in_order(made, edit, words):
    found = faults_of(change(made / "train" / "binary.json", 1, edit), "images")
    assert [fault.record for fault in found] == [1] and words in found[0].message


@pytest.mark.parametrize(
    "row", [{}, 3, {"conversations": "no", "images": []}, {"conversations": [{"from": "human", "value": "?"}], "images": []},
            {"messages": [{"role": "assistant", "content": "a"}, {"role": "user", "content": "b"}], "images": []},
            {"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": " "}], "images": []}],
)  # fmt: skip
def test_what_is_no_record_is_said_so(made, row):
    file = change(made / "train" / "binary.json", 2, lambda _: row if row != {} else {"images": []})
    assert [fault.record for fault in faults_of(file, "layout")] == [2]


def test_counts_places_and_dialogues_of_a_pair_must_agree(made):
    change(made / "train" / "count_buildings.json", 1, reply("1"))
    assert [(Path(f.file).stem, f.record) for f in faults_of(made, "count-places")][-1] == ("location_buildings", 1)
    change(made / "train" / "count_roads.json", 3, reply("0"))
    assert ("location_roads", 3) in [(Path(f.file).stem, f.record) for f in faults_of(made, "count-places")]


def test_two_answers_to_one_question_contradict(tmp_path):
    made = make(tmp_path, Settings(seed=1))
    change(made / "train" / "count_buildings.json", 1, reply("9"))
    change(made / "train" / "location_buildings.json", 1, reply("left"))
    found = faults_of(made, "contradiction")
    assert {Path(f.file).stem for f in found} == {"dialogue"} and {f.record for f in found} == {1, 2, 3, 4, 5}


def test_a_caption_of_no_change_beside_counted_objects(tmp_path):
    made = make(tmp_path, pairs=PAIRS)
    assert [(Path(f.file).stem, f.record) for f in faults_of(made, "caption")] == [("caption", 11), ("dialogue", 11)]


def test_parts_must_fit_the_whole(tmp_path):
    made = make(tmp_path, Settings(by_cell=True, regions=True))
    assert faults_of(made, "parts") == []
    change(made / "train" / "by_cell_buildings.json", 1, reply("center: 1,top left corner: 1"))
    found = faults_of(made, "parts")
    assert [(Path(f.file).stem, f.record) for f in found] == [("by_cell_buildings", 1)] and "2 buildings in all cells" in found[
        0
    ].message


def test_records_that_are_twice_or_left_out(made):
    file = made / "train" / "binary.json"
    rows = json.loads(file.read_text())
    file.write_text(json.dumps([rows[0], rows[0], rows[1]]))
    assert [fault.record for fault in faults_of(made / "train", "twice")] == [2]
    left = faults_of(made / "train", "left-out")
    assert len(left) == 1 and "train_000003" in left[0].id and "binary of roads and buildings" in left[0].message


def test_a_pair_in_training_and_test_files(made):
    rows = json.loads((made / "train" / "binary.json").read_text())[:1]
    file = made / "test" / "binary.json"
    file.write_text(json.dumps(json.loads(file.read_text()) + rows))
    assert [(Path(f.file).parent.name, f.record) for f in faults_of(made, "split")] == [("test", 2)]


def test_against_the_source(tmp_path):
    made, source = make(tmp_path), tmp_path / "source"
    change(made / "train" / "caption.json", 1, reply("a stadium is built"))
    change(made / "train" / "count_roads.json", 2, reply("2"))
    found = faults_of(made, "source", source=source)
    assert [(Path(f.file).stem, f.record) for f in found] == [("caption", 1), ("count_roads", 2)]
    assert '"2", while the source gives "0"' in found[1].message
    with pytest.raises(InputError, match="no captions file"):
        check_files([made], source=tmp_path / "none")


def test_a_difference_of_the_label_rules_is_explained(tmp_path):
    pairs = {"train_000001": (True, [(BUILDING, "top"), (ROAD, "left")])}
    made = make(tmp_path, pairs=pairs)
    label = tmp_path / "source" / "images" / "train" / "label" / "train_000001.png"
    mask = Image.open(label).copy()
    mask.paste(ROAD, (0, 80, 90, 86))  # a straight road, which the released code's simplification drops
    mask.save(label)
    (first, *_) = faults_of(made / "train" / "count_roads.json", "source", source=tmp_path / "source")
    assert '"1", while the source gives "2"; the released code' in first.message


def test_missing_images(made, tmp_path):
    assert len(faults_of(made / "test" / "binary.json", "missing-image", images=tmp_path)) == 2
    for date in "AB":
        path = tmp_path / "images" / "test" / date / "test_000001.png"
        path.parent.mkdir(parents=True)
        Image.new("L", (2, 2)).save(path)
    assert faults_of(made / "test" / "binary.json", "missing-image", images=tmp_path) == []


def test_the_guide_before_a_caption_question_is_passed_over():
    asked = understand(
        "Please refer to this description:a villa appears.Modify or correct it.Please describe the changes in <image> and <image>"
    )
    assert asked and asked.task == "caption"


@pytest.mark.parametrize(("name", "text"), [("a.json", "{"), ("a.json", '{"a": 1}'), ("a.jsonl", "[1]\nx"), ("b.txt", None)])
def test_files_that_cannot_be_read(tmp_path, name, text):
    if text is not None:
        (tmp_path / name).write_text(text)
    with pytest.raises(InputError) as error:
        check_files([tmp_path / name])
    assert "\n" not in str(error.value)
    with pytest.raises(InputError, match="no file of records"):
        (tmp_path / "empty").mkdir()
        check_files([tmp_path / "empty"])
