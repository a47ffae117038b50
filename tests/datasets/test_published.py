"""Published layouts are read as published; another layout is refused in one line."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pytest

from chronosight.datasets.era import event_of
from chronosight.datasets.levir import read_levir_cc, read_pairs, tidy_caption
from chronosight.datasets.published import DATASETS, read_dataset
from chronosight.datasets.sample import read_samples, write_samples
from chronosight.errors import InputError
from chronosight.evaluation.benchmarks import find_benchmark
from levir_captions import write_levir_captions
from published_data import write_all

FOLDERS = {
    "geochat": "GeoChat_Instruct", "levir_cc": "Levir-CC-dataset", "era": "ERA_Dataset", "rsvqa_lr": "RSVQA_LR",
    "rsvqa_hr": "RSVQA_HR", "crsvqa": "MQVQA_dataset", "cdvqa": "CDVQA",
}  # fmt: skip


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    return write_all(tmp_path_factory.mktemp("published"))


@pytest.mark.parametrize("name", list(DATASETS))
def test_every_file_named_is_there_and_examples_survive_writing(name, root, tmp_path):
    folder = root / FOLDERS[name]
    examples = read_dataset(name, folder)
    assert len({e.id for e in examples}) == len(examples)
    for example in examples:
        frames = example.read_frames(4)
        assert frames.dtype == np.uint8 and frames.shape[0] == {"image": 1, "pair": 2, "video": 4}[example.kind]
    assert write_samples(examples, tmp_path / "e.jsonl") == len(examples)
    again = read_samples(tmp_path / "e.jsonl")
    assert [sample.to_json() for sample in again] == [sample.to_json() for sample in examples]
    assert [(s.id, s.dataset, s.kind, s.files, s.turns) for s in again] == [
        (s.id, s.dataset, s.kind, s.files, s.turns) for s in examples
    ]


def test_geochat_conversations(root):
    first, *rest = read_dataset("geochat", root / FOLDERS["geochat"])
    assert [(t.question.text[:14], t.replies) for t in first.turns] == [
        ("What is shown?", ("river",)), ("[refer] Where ", ("{<10><20><30><40>|<90>}",))
    ]  # fmt: skip
    assert len(rest) == 2  # the entry without image is left out


def test_levir_cc_pairs(root):
    pairs = read_dataset("levir_cc", root / FOLDERS["levir_cc"])
    assert len(pairs) == 2 and len(read_dataset("levir_cc", root / FOLDERS["levir_cc"], "test")) == 1
    turn = pairs[0].turns[0]
    assert turn.question.text == "Please briefly describe the main changes between the above two remote sensing images."
    said = ["a road is built", *(f"{n} houses appeared" for n in (2, 3, 4, 5))]
    assert [turn.reply(k) for k in range(6)] == [*said, said[0]]
    frames = pairs[0].read_frames()
    assert (frames[0] != frames[1]).any()


def test_era_folders_name_their_class_however_spelled(root):
    said = [e.turns[0].replies[0] for e in read_dataset("era", root / FOLDERS["era"])]
    assert said == ["This is a video about police chase.", "This is a video about post-earthquake."]
    assert read_dataset("era", root / FOLDERS["era"], "test")[0].turns[0].question.task == "event"


def test_rsvqa_questions_have_their_task_and_wording(root):
    examples = read_dataset("rsvqa_lr", root / FOLDERS["rsvqa_lr"])
    said = [(e.turns[0].question.task, e.turns[0].replies[0]) for e in examples]
    wanted = [("presence", "yes"), ("object_count", "7"), ("rural_urban", "rural"), ("comparison", "no"), ("vqa", "40m2")]
    assert said == wanted  # those about one image together
    assert all(e.turns[0].question.text.endswith("using a single word or phrase.") for e in examples)
    assert len(read_dataset("rsvqa_hr", root / FOLDERS["rsvqa_hr"], "test")) == 4


def test_crsvqa_splits_share_no_image(root):
    train, test = (read_dataset("crsvqa", root / FOLDERS["crsvqa"], split) for split in ("train", "test"))
    assert {e.files for e in train} & {e.files for e in test} == set()
    assert len(train) + len(test) == 24
    assert train[0].turns[0].question.text.startswith("What is the theme of this scene? Answer")


def test_what_is_not_as_published_is_refused_in_one_line(root, tmp_path):
    shutil.copytree(root, tmp_path / "p")
    p = tmp_path / "p"
    (p / "ERA_Dataset" / "Train" / "Tornado").mkdir()
    (p / "RSVQA_LR" / "Images_LR" / "1.tif").unlink()
    (p / "Levir-CC-dataset" / "LevirCCcaptions.json").write_text("[")
    shutil.rmtree(p / "GeoChat_Instruct" / "images")
    (p / "MQVQA_dataset" / "data" / "image" / "scene3.png").unlink()
    for name, message in (
        ("era", "not one of ERA's 25 events"), ("rsvqa_lr", r"no file .*1\.tif"), ("levir_cc", "is not JSON"),
        ("geochat", "has no images/"), ("crsvqa", r"no file .*scene3\.png"),
    ):  # fmt: skip
        with pytest.raises(InputError, match=message) as refused:
            read_dataset(name, p / FOLDERS[name])
        assert "\n" not in str(refused.value)
    with pytest.raises(InputError, match='no dataset "coco"'):
        read_dataset("coco", p)
    with pytest.raises(InputError, match="no folder"):
        read_dataset("era", tmp_path / "none")


def test_a_line_that_is_no_example_is_named(root, tmp_path):
    examples = read_dataset("levir_cc", root / FOLDERS["levir_cc"])
    write_samples(examples, tmp_path / "e.jsonl")
    good = (tmp_path / "e.jsonl").read_text().splitlines()
    for wrong, message in (("{", "line 2 is not JSON"), ('{"id": 1}', "line 2 is no sample")):
        (tmp_path / "bad.jsonl").write_text("\n".join([good[0], wrong]))
        with pytest.raises(InputError, match=message):
            read_samples(tmp_path / "bad.jsonl")
    row = json.loads(good[0]) | {"files": ["one.png"]}
    (tmp_path / "bad.jsonl").write_text(json.dumps(row))
    with pytest.raises(InputError, match="1 files for a pair"):
        read_samples(tmp_path / "bad.jsonl")


def edit_json(path, change):
    document = json.loads(path.read_text())
    change(document)
    path.write_text(json.dumps(document))


def test_training_and_benchmark_read_the_same_crsvqa_and_share_no_image(root, tmp_path):
    shutil.copytree(root / FOLDERS["crsvqa"], tmp_path / "q")
    crsvqa = find_benchmark("crsvqa")
    for lists in ("", "scene0\nscene1.png\n"):  # by the name, and by a list, as it unpacks and one level deeper
        if lists:
            (tmp_path / "q" / "test.txt").write_text(lists)
        train = {s.scene for s in read_dataset("crsvqa", tmp_path / "q", "train")}
        test = {s.scene for s in crsvqa.open(tmp_path / "q", "test")}
        assert train and test and not train & test and len(train | test) == 12
        assert test == {s.scene for s in read_dataset("crsvqa", tmp_path / "q", "test")}
    assert test == {"scene0", "scene1"}
    shutil.move(tmp_path / "q" / "test.txt", tmp_path / "q" / "data" / "test.txt")
    inside = tmp_path / "q" / "data"
    assert {s.scene for s in crsvqa.open(inside, "test")} == test == {s.scene for s in crsvqa.open(tmp_path / "q", "test")}
    assert all(path.is_file() for s in crsvqa.open(inside, "test") for path in s.paths)
    (inside / "train.txt").write_text("scene1\nscene2\n")
    with pytest.raises(InputError, match="names scene1, which is in"):
        crsvqa.open(inside, "test")
    (inside / "train.txt").write_text("elsewhere\n")
    with pytest.raises(InputError, match="names elsewhere"):
        crsvqa.open(inside, "test")


def test_questions_of_crsvqa_have_a_type_and_a_plain_truth(tmp_path):
    (tmp_path / "text").mkdir()
    (tmp_path / "text" / "a1.txt").write_text("What is the theme of the scene\r\nAirport.\r\nWhat is near the road?\r\nhouse\r\n")
    (tmp_path / "test.txt").write_text("a1\n")
    samples = find_benchmark("crsvqa").open(tmp_path, "test")
    assert [(s.type, s.truth) for s in samples] == [("scene", "airport"), ("relation", "house")]
    assert samples[0].text == "What is the theme of the scene?"
    (tmp_path / "text" / "a1.txt").write_text("One line")
    with pytest.raises(InputError, match="question and its answer in turn"):
        find_benchmark("crsvqa").open(tmp_path, "test")


def test_a_question_of_rsvqa_that_says_nothing_of_active_counts(root, tmp_path):
    folder = shutil.copytree(root / FOLDERS["rsvqa_lr"], tmp_path / "lr")
    for part in ("questions", "answers"):
        edit_json(folder / f"LR_split_test_{part}.json", lambda d, part=part: d[part][0].pop("active"))
    assert len(read_dataset("rsvqa_lr", folder, "test")) == len(find_benchmark("rsvqa-lr").open(folder, "test")) == 5
    edit_json(folder / "LR_split_test_questions.json", lambda d: d["questions"][0].update(active=False))
    assert len(read_dataset("rsvqa_lr", folder, "test")) == len(find_benchmark("rsvqa-lr").open(folder, "test")) == 4
    edit_json(folder / "LR_split_test_answers.json", lambda d: d["answers"].pop(1))
    with pytest.raises(InputError, match="no answer to question 1"):
        find_benchmark("rsvqa-lr").open(folder, "test")


@pytest.mark.parametrize("suffix", ["png", "tif"])
def test_images_of_rsvqa_hr_are_png_or_tif(root, tmp_path, suffix):
    folder = shutil.copytree(root / FOLDERS["rsvqa_hr"], tmp_path / "hr")
    for path in (folder / "Data").glob("*.png"):
        path.rename(path.with_suffix(f".{suffix}"))
    for samples in (read_dataset("rsvqa_hr", folder, "test"), find_benchmark("rsvqa-hr").open(folder, "test")):
        assert all(path.is_file() and path.suffix == f".{suffix}" for sample in samples for path in sample.paths)


def test_a_caption_of_levir_is_the_same_for_every_use(tmp_path):
    source = write_levir_captions(tmp_path)
    raw = " Two  houses , and a road , are built ."
    edit_json(source / "LevirCCcaptions.json", lambda d: d["images"][5]["sentences"][0].update(raw=raw, tokens=raw.split()))
    expected = "Two houses, and a road, are built"
    uses = [
        read_dataset_unchecked(source)[0].turns[0].replies[0],
        find_benchmark("levir-cc").open(source, "test")[0].truth[0],
        find_benchmark("changeimti").open(source, "test")[0].truth[0],
        read_pairs(source, "test")[0].captions[0],
    ]
    assert uses == [expected] * 4


def read_dataset_unchecked(source):
    return read_levir_cc(source, "test")  # the fixture has no images


def test_a_pair_listed_twice_counts_once_and_empty_captions_are_dropped(tmp_path):
    source = write_levir_captions(tmp_path)
    edit_json(source / "LevirCCcaptions.json", lambda d: d["images"].append(d["images"][5]))
    edit_json(source / "LevirCCcaptions.json", lambda d: d["images"][5]["sentences"][0].update(raw=" . ", tokens=[]))
    pairs = read_pairs(source)
    assert len({pair.key for pair in pairs}) == len(pairs) == 8
    assert [len(pair.captions) for pair in pairs if pair.key == "test/test_000001.png"] == [4]
    edit_json(source / "LevirCCcaptions.json", lambda d: d["images"][0].update(sentences=[{"raw": " ."}]))
    with pytest.raises(InputError, match="entry 0 of images"):
        read_pairs(source)


def test_videos_of_era_have_one_reader(root):
    test = find_benchmark("era").open(root / FOLDERS["era"], "test")
    assert [(s.truth, s.files) for s in test] == [("flood", ("Test/Flood/Flood_001.mp4",))]
    assert [s.files for s in read_dataset("era", root / FOLDERS["era"], "test")] == [s.files for s in test]
    assert [event_of(n) for n in ("Non-Event", "paradeprotest", "PostEarthquake")] == [
        "non-event",
        "parade/protest",
        "post-earthquake",
    ]


def test_a_caption_never_holds_the_marker_of_an_image():
    assert tidy_caption(" a road <image> is built .") == "a road is built"
