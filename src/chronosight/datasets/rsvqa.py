"""RSVQA (Lobry et al., arXiv 2003.07333), low and high resolution: questions about single images.

    LR: DIR/LR_split_{train,val,test}_{images,questions,answers}.json              images DIR/Images_LR/ID.tif
    HR: DIR/USGS_split_{train,val,test,test_phili}_{images,questions,answers}.json  images DIR/Data/ID.tif or ID.png

test_phili is the second test set, of a city that is not in training. Each file has a list under its own name. An entry is
left out where it says that it is not active; one that says nothing counts, since CDVQA shares the layout without the flag.
Answers about counts and areas are kept as they are; UniRS leaves these types out of its averages (arXiv 2412.20742).
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from chronosight.datasets.sample import Sample, Turn, read_rows
from chronosight.errors import InputError
from chronosight.tasks import vqa
from chronosight.tasks.question import Question, Task

# Type of question -> task; what is not here is asked in free wording.
TASKS: dict[str, Task] = {
    "presence": "presence", "comp": "comparison", "comparison": "comparison", "rural_urban": "rural_urban",
    "count": "object_count",
}  # fmt: skip


def read_rsvqa_lr(root: Path, split: str = "train") -> list[Sample]:
    """RSVQA-LR.

    Args:
        root: Folder of the dataset.
        split: "train", "val" or "test".

    Returns:
        One sample a question, those about one image together.

    Raises:
        InputError: A file is missing or laid out otherwise.
    """
    return _read(root, f"LR_split_{split}", split, "rsvqa-lr", "Images_LR")


def read_rsvqa_hr(root: Path, split: str = "train") -> list[Sample]:
    """RSVQA-HR.

    Args:
        root: Folder of the dataset.
        split: "train", "val", "test" or "test_phili".

    Returns:
        One sample a question, those about one image together.

    Raises:
        InputError: A file is missing or laid out otherwise.
    """
    return _read(root, f"USGS_split_{split}", split, "rsvqa-hr", "Data")


def read_question_files(
    root: Path, prefix: str, dataset: str
) -> tuple[list[tuple[dict[str, Any], str]], dict[Any, dict[str, Any]]]:
    """Reads the three files of a split: PREFIX_questions.json, PREFIX_answers.json, PREFIX_images.json.

    Args:
        root: Folder of the dataset.
        prefix: Of the file names: "LR_split_test".
        dataset: Name of the dataset, for messages.

    Returns:
        (question, answer) in order, and the images by id.

    Raises:
        InputError: A file is missing or laid out otherwise, or a question has no answer.
    """
    questions, answers, images = (
        [row for row in read_rows(root / f"{prefix}_{part}.json", part, dataset) if row.get("active", True)]
        for part in ("questions", "answers", "images")
    )
    try:
        text = {row["id"]: str(row["answer"]) for row in answers}
        by_question = {row["question_id"]: str(row["answer"]) for row in answers if "question_id" in row}
        found = []
        for row in questions:
            named = next((text[number] for number in row.get("answers_ids", ()) if number in text), None)
            answer = by_question.get(row["id"], named)
            if answer is None:
                raise InputError(
                    f"{root / prefix}_answers.json has no answer to question {row['id']}; expected the three files of one split"
                )
            found.append((row, answer))
        return found, {row["id"]: row for row in images}
    except (KeyError, TypeError) as error:
        raise InputError(f"{root}: an entry of {dataset} lacks {error}; expected the dataset as it is published") from None


def question_samples(
    rows: list[tuple[dict[str, Any], str]],
    dataset: str,
    prefix: str,
    split: str,
    scene_of: Callable[[dict[str, Any]], tuple[str, dict[str, Any]]],
    tasks: dict[str, Task],
) -> list[Sample]:
    """Makes samples of questions and answers.

    Args:
        rows: What `read_question_files` gives.
        dataset: Name of the dataset.
        prefix: What ids begin with.
        split: Name of the split.
        scene_of: A question -> name of its scene, and the fields kind, files and root of the sample.
        tasks: Type of question -> task; free wording for other types.

    Returns:
        The samples, those about one scene together, in the order in which scenes first appear.

    Raises:
        InputError: A question lacks a field.
    """
    scenes: dict[str, list[Sample]] = {}
    try:
        for row, answer in rows:
            scene, fields = scene_of(row)
            text = vqa.ask(str(row["question"]))
            question = Question(tasks.get(row["type"], "vqa"), text.text)
            kind = "comparison" if row["type"] == "comp" else str(row["type"])
            sample = Sample(
                f"{prefix}/{row['id']}", dataset, turns=(Turn(question, (answer.strip(),)),), split=split, scene=scene,
                type=kind, **fields,
            )  # fmt: skip
            scenes.setdefault(scene, []).append(sample)
    except (KeyError, TypeError) as error:
        raise InputError(f"a question of {dataset} lacks {error}; expected the dataset as it is published") from None
    return [sample for of_scene in scenes.values() for sample in of_scene]


def _read(root: Path, prefix: str, split: str, dataset: str, folder: str) -> list[Sample]:
    def scene_of(row: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        name = str(row["img_id"])
        suffix = next((ending for ending in (".tif", ".png") if (root / folder / f"{name}{ending}").is_file()), ".tif")
        return name, {"kind": "image", "files": (f"{folder}/{name}{suffix}",), "root": root}

    rows, _ = read_question_files(root, prefix, dataset)
    return question_samples(rows, dataset, prefix, split, scene_of, TASKS)
