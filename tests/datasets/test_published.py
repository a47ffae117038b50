"""Published layouts read as published, and told in one line where they are not."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pytest

from chronosight.datasets.frames import read_frames
from chronosight.datasets.published import READERS, read_dataset
from chronosight.datasets.sample import read_examples, write_examples
from chronosight.errors import InputError
from published_data import write_all

FOLDERS = {
    "geochat": "GeoChat_Instruct", "levir_cc": "Levir-CC-dataset", "era": "ERA_Dataset", "rsvqa_lr": "RSVQA_LR",
    "rsvqa_hr": "RSVQA_HR", "crsvqa": "MQVQA_dataset",
}  # fmt: skip


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    return write_all(tmp_path_factory.mktemp("published"))


@pytest.mark.parametrize("name", list(READERS))
def test_every_file_named_is_there_and_examples_survive_writing(name, root, tmp_path):
    folder = root / FOLDERS[name]
    examples = read_dataset(name, folder)
    assert len({e.id for e in examples}) == len(examples)
    for example in examples:
        frames = read_frames(example, folder, video_frames=4)
        assert frames.dtype == np.uint8 and frames.shape[0] == {"image": 1, "pair": 2, "video": 4}[example.kind]
    assert write_examples(examples, tmp_path / "e.jsonl") == len(examples)
    assert read_examples(tmp_path / "e.jsonl") == examples


def test_geochat_talks(root):
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
    said = ["a road is built.", *(f"{n} houses appeared." for n in (2, 3, 4, 5))]
    assert [turn.reply(k) for k in range(6)] == [*said, said[0]]
    frames = read_frames(pairs[0], root / FOLDERS["levir_cc"])
    assert (frames[0] != frames[1]).any()


def test_era_folders_name_their_class_however_spelled(root):
    said = [e.turns[0].replies[0] for e in read_dataset("era", root / FOLDERS["era"])]
    assert said == ["This is a video about police chase.", "This is a video about post-earthquake."]
    assert read_dataset("era", root / FOLDERS["era"], "test")[0].turns[0].question.text == "What is the event in the video?"


def test_rsvqa_questions_have_their_task_and_wording(root):
    examples = read_dataset("rsvqa_lr", root / FOLDERS["rsvqa_lr"])
    said = [(e.turns[0].question.task, e.turns[0].replies[0]) for e in examples]
    assert said == [("presence", "yes"), ("comparison", "no"), ("object_count", "7"), ("vqa", "40m2"), ("rural_urban", "rural")]
    assert all(e.turns[0].question.text.endswith("using a single word or phrase.") for e in examples)
    assert len(read_dataset("rsvqa_hr", root / FOLDERS["rsvqa_hr"], "test")) == 4


def test_crsvqa_splits_share_no_image(root):
    train, test = (read_dataset("crsvqa", root / FOLDERS["crsvqa"], split) for split in ("train", "test"))
    assert {e.files for e in train} & {e.files for e in test} == set()
    assert len(train) + len(test) == 24
    assert train[0].turns[0].question.text.startswith("What is the theme of this scene? Answer")


def test_what_is_not_as_published_is_told_in_one_line(root, tmp_path):
    shutil.copytree(root, tmp_path / "p")
    p = tmp_path / "p"
    (p / "ERA_Dataset" / "Train" / "Tornado").mkdir()
    (p / "RSVQA_LR" / "Images_LR" / "1.tif").unlink()
    (p / "Levir-CC-dataset" / "LevirCCcaptions.json").write_text("[")
    shutil.rmtree(p / "GeoChat_Instruct" / "images")
    (p / "MQVQA_dataset" / "data" / "image" / "scene3.png").unlink()
    for name, message in (
        ("era", "none of ERA's 25 classes"), ("rsvqa_lr", "no picture 1"), ("levir_cc", "is not JSON"),
        ("geochat", "has no images/"), ("crsvqa", "has no data/image/scene3.png"),
    ):  # fmt: skip
        with pytest.raises(InputError, match=message) as refused:
            read_dataset(name, p / FOLDERS[name])
        assert "\n" not in str(refused.value)
    with pytest.raises(InputError, match='no data set "coco"'):
        read_dataset("coco", p)
    with pytest.raises(InputError, match="no folder"):
        read_dataset("era", tmp_path / "none")


def test_a_line_that_is_no_example_is_named(root, tmp_path):
    examples = read_dataset("levir_cc", root / FOLDERS["levir_cc"])
    write_examples(examples, tmp_path / "e.jsonl")
    good = (tmp_path / "e.jsonl").read_text().splitlines()
    for wrong, message in (("{", "line 2 is no example"), ('{"id": 1}', "line 2 is no example")):
        (tmp_path / "bad.jsonl").write_text("\n".join([good[0], wrong]))
        with pytest.raises(InputError, match=message):
            read_examples(tmp_path / "bad.jsonl")
    row = json.loads(good[0]) | {"files": ["one.png"]}
    (tmp_path / "bad.jsonl").write_text(json.dumps(row))
    with pytest.raises(InputError, match="1 files for a pair"):
        read_examples(tmp_path / "bad.jsonl")
