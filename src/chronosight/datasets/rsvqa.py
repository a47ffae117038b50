"""RSVQA (Lobry et al., arXiv 2003.07333), low and high resolution: questions about single images.

    LR: DIR/LR_split_{train,val,test}_{images,questions,answers}.json      pictures DIR/Images_LR/ID.tif
    HR: DIR/USGS_split_{train,val,test,test_phili}_{...}.json              pictures DIR/Data/ID.png (or .tif)
Each file has a list under its own name; entries that are not active are left out. The answers of questions about counts and areas
are kept as they are; UniRS leaves these out of its averages (arXiv 2412.20742).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from chronosight.datasets.sample import Example, Turn, read_list
from chronosight.errors import InputError
from chronosight.tasks.question import Question, Task
from chronosight.tasks.replies import SHORT_ANSWER

TASKS: dict[str, Task] = {
    "presence": "presence", "comp": "comparison", "rural_urban": "rural_urban", "count": "object_count",
}  # fmt: skip
PREFIXES = {"rsvqa_lr": "LR", "rsvqa_hr": "USGS"}
FOLDERS = {"rsvqa_lr": "Images_LR", "rsvqa_hr": "Data"}


def read_rsvqa_lr(root: Path, split: str = "train") -> Iterator[Example]:
    return _read(root, split, "rsvqa_lr")


def read_rsvqa_hr(root: Path, split: str = "train") -> Iterator[Example]:
    """split: also "test_phili", the second test set, of a city never seen in training."""
    return _read(root, split, "rsvqa_hr")


def _read(root: Path, split: str, source: str) -> Iterator[Example]:
    start = f"{PREFIXES[source]}_split_{split}"
    answers = {row["id"]: row for row in read_list(root / f"{start}_answers.json", "answers") if row.get("active")}
    folder = root / FOLDERS[source]
    if not folder.is_dir():
        raise InputError(f"{root} has no {FOLDERS[source]}/; expected the pictures of RSVQA there")
    for row in read_list(root / f"{start}_questions.json", "questions"):
        if not row.get("active"):
            continue
        said = [answers[number] for number in row.get("answers_ids", ()) if number in answers]
        if not said:
            continue
        question = Question(TASKS.get(row["type"], "vqa"), f"{row['question'].strip()} {SHORT_ANSWER}")
        name = next((n for n in (f"{row['img_id']}.tif", f"{row['img_id']}.png") if (folder / n).is_file()), None)
        if name is None:
            raise InputError(f"{folder} has no picture {row['img_id']}, asked about in {start}_questions.json")
        turn = Turn(question, (str(said[0]["answer"]).strip(),))
        yield Example(f"{source}/{split}/{row['id']}", source, "image", (f"{FOLDERS[source]}/{name}",), (turn,))
