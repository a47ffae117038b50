"""Writes the four tasks of ChangeIMTI as the data file that lmms-eval or VLMEvalKit reads.

    python integrations/export_changeimti.py lmms-eval LEVIR_MCI_DIR changeimti.jsonl
    python integrations/export_changeimti.py vlmevalkit LEVIR_MCI_DIR FOLDER

lmms-eval: JSON lines with id, task, kind, images, question, target, truth. VLMEvalKit: one TSV a task, `image_path` a list
of both dates. Image paths are absolute, since both tools run in folders of their own.
"""

from __future__ import annotations

import argparse
import csv
import json
from pathlib import Path
from typing import Any

from chronosight.datasets.sample import Sample
from chronosight.evaluation.benchmarks import find_benchmark
from chronosight.tasks.cells import join_cells

TASKS = ("caption", "binary", "count", "location")


def record(item: Sample) -> dict[str, Any]:
    """One row. target: the reply a model should give. truth: the value as a list of words, the references of a caption."""
    if item.scored_as == "caption":
        truth = list(item.truth) if isinstance(item.truth, tuple) else []
        target = truth[0]
    elif item.scored_as == "location":
        truth = list(item.truth) if isinstance(item.truth, tuple) else []
        target = join_cells(truth)
    else:
        target = {True: "Yes", False: "No"}[item.truth] if isinstance(item.truth, bool) else str(item.truth)
        truth = [target.lower()]
    images = [str(path.resolve()) for path in item.paths]
    return {
        "id": item.id, "task": item.scored_as, "kind": item.type, "images": images, "question": item.text, "target": target,
        "truth": truth,
    }  # fmt: skip


def records(data: Path, split: str = "test") -> list[dict[str, Any]]:
    items = find_benchmark("changeimti").open(data, split)
    return [record(item) for item in items if item.scored_as in TASKS and item.dialogue is None]


def write_lmms_eval(data: Path, out: Path) -> None:
    out.write_text("".join(json.dumps(row) + "\n" for row in records(data)), encoding="utf-8")


def write_vlmevalkit(data: Path, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    rows = records(data)
    for task in TASKS:
        with (folder / f"ChangeIMTI_{task.capitalize()}.tsv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, delimiter="\t", lineterminator="\n")
            writer.writerow(["index", "id", "image_path", "question", "answer", "category", "truth"])
            for at, row in enumerate(r for r in rows if r["task"] == task):
                paths, truth = json.dumps(row["images"]), json.dumps(row["truth"])
                writer.writerow([at, row["id"], paths, row["question"], row["target"], row["kind"], truth])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tool", choices=("lmms-eval", "vlmevalkit"))
    parser.add_argument("data", type=Path)
    parser.add_argument("out", type=Path)
    arguments = parser.parse_args()
    (write_lmms_eval if arguments.tool == "lmms-eval" else write_vlmevalkit)(arguments.data, arguments.out)
    print(f"Written to {arguments.out}")


if __name__ == "__main__":
    main()
