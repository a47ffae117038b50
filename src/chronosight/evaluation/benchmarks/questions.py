"""RSVQA-LR and RSVQA-HR (Lobry et al., 2020) and CDVQA (Yuan et al., 2022): three JSON files a split, and pictures.

All share one layout: `PREFIX_questions.json` (id, img_id, type, question), `PREFIX_answers.json` (question_id, answer),
`PREFIX_images.json`; entries that are not active are left out. Pictures of RSVQA are named by img_id; those of CDVQA, the
pairs of SECOND, by the file_name of the images file, which lists a pair once for each template of questions.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from chronosight.errors import InputError
from chronosight.evaluation.benchmarks.benchmark import Benchmark, Column, Loaded, need_file
from chronosight.evaluation.benchmarks.sights import image_sight, pair_sight
from chronosight.evaluation.item import Item, Sight, plain_answer
from chronosight.tasks.question import Question, Task
from chronosight.tasks.replies import SHORT_ANSWER

LR_LAYOUT = "LR_split_{test,val,train}_{questions,answers,images}.json and Images_LR/*.tif"
HR_LAYOUT = "USGS_split_{test,test_phili,val,train}_{questions,answers,images}.json and Data/*.tif"
CD_LAYOUT = "{Test,Test2,Val,Train}_{questions,answers,images}.json and SECOND's pictures in im1/*.png and im2/*.png"

# Types of question -> the task our engines are asked for; what is not here is asked in free wording.
TASKS: dict[str, Task] = {
    "presence": "presence",
    "comp": "comparison",
    "comparison": "comparison",
    "rural_urban": "rural_urban",
    "count": "object_count",
}


def _read(path: Path, key: str, benchmark: str, layout: str) -> list[dict[str, Any]]:
    need_file(path, benchmark, layout)
    try:
        rows = json.loads(path.read_text(encoding="utf-8"))[key]
    except (ValueError, KeyError, TypeError):
        raise InputError(f'{path} is no file of {benchmark}; expected JSON with a list "{key}"') from None
    return [row for row in rows if row.get("active", True)]


def _load(
    root: Path, prefix: str, benchmark: str, layout: str, sight_of: Callable[[Any, dict[Any, dict[str, Any]]], Sight], free: bool
) -> Loaded:
    """free: whether all questions are asked in their own words alone."""
    files = [root / f"{prefix}_{part}.json" for part in ("questions", "answers", "images")]
    questions, answers, images = (
        _read(path, key, benchmark, layout) for path, key in zip(files, ("questions", "answers", "images"), strict=True)
    )
    truth = {row["question_id"]: str(row["answer"]) for row in answers if "question_id" in row}
    by_id = {row["id"]: row for row in images}
    sights: dict[str, Sight] = {}
    items = []
    for row in questions:
        if row["id"] not in truth:
            raise InputError(f"{files[1]} has no answer to question {row['id']}; the files do not belong together")
        made = sight_of(row["img_id"], by_id)
        sight = sights.setdefault(made.name, made)
        kind = "comparison" if row["type"] == "comp" else row["type"]
        task = None if free else TASKS.get(row["type"])
        text = f"{row['question']} {SHORT_ANSWER}"
        question = None if task is None else Question(task, text)
        answer = plain_answer(truth[row["id"]]) or ""
        asked = row["question"] if question is None else text
        items.append(Item(f"{prefix}/{row['id']}", sight, "vqa", asked, answer, sight.name, question, kind))
    order = {name: at for at, name in enumerate(sights)}
    items.sort(key=lambda item: order[item.sight.name])  # questions about one scene together; the order within stays
    return Loaded(items, files, [path for sight in sights.values() for path in sight.paths])


def _load_lr(root: Path, split: str) -> Loaded:
    return _load(
        root, f"LR_split_{split}", "rsvqa-lr", LR_LAYOUT,
        lambda at, _: image_sight(str(at), root / "Images_LR" / f"{at}.tif"), False,
    )  # fmt: skip


def _load_hr(root: Path, split: str) -> Loaded:
    return _load(
        root, f"USGS_split_{split}", "rsvqa-hr", HR_LAYOUT,
        lambda at, _: image_sight(str(at), root / "Data" / f"{at}.tif"), False,
    )  # fmt: skip


def _load_cdvqa(root: Path, split: str) -> Loaded:
    def sight_of(at: Any, images: dict[Any, dict[str, Any]]) -> Sight:
        name = images[at]["file_name"] if at in images else f"{at}.png"
        return pair_sight(Path(name).stem, root / "im1" / name, root / "im2" / name)

    return _load(root, split.capitalize(), "cdvqa", CD_LAYOUT, sight_of, True)


AVERAGES = (
    Column("average, weighted by question", "average, weighted by question"),
    Column("average, plain mean of types", "average, plain mean of types"),
)
KINDS = tuple(Column(kind, f"{kind}: accuracy") for kind in ("presence", "comparison"))
RSVQA_LR = Benchmark(
    "rsvqa-lr", "RSVQA-LR", "doi 10.5281/zenodo.6344334", LR_LAYOUT, ("test", "val", "train"), _load_lr,
    (*KINDS, Column("rural_urban", "rural_urban: accuracy"), *AVERAGES), averaged=("presence", "comparison", "rural_urban"),
)  # fmt: skip
RSVQA_HR = Benchmark(
    "rsvqa-hr", "RSVQA-HR", "doi 10.5281/zenodo.6344367", HR_LAYOUT, ("test", "test_phili", "val", "train"), _load_hr,
    (*KINDS, *AVERAGES), averaged=("presence", "comparison"),
)  # fmt: skip
CDVQA = Benchmark("cdvqa", "CDVQA", "Yuan et al. 2022", CD_LAYOUT, ("test", "test2", "val", "train"), _load_cdvqa, AVERAGES)
