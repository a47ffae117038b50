"""CDVQA (Yuan et al., 2022): questions about change in the pairs of SECOND.

    DIR/{Train,Val,Test,Test2}_{images,questions,answers}.json     images DIR/im1/NAME.png and DIR/im2/NAME.png

The layout is that of RSVQA. The images file gives the file name, and lists a pair once for each template of questions.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from chronosight.datasets.rsvqa import question_samples, read_question_files
from chronosight.datasets.sample import Sample


def read_cdvqa(root: Path, split: str = "train") -> list[Sample]:
    """CDVQA; all questions in free wording.

    Args:
        root: Folder of the dataset.
        split: "train", "val", "test" or "test2".

    Returns:
        One sample a question, those about one pair together.

    Raises:
        InputError: A file is missing or laid out otherwise.
    """
    prefix = split.capitalize()
    rows, images = read_question_files(root, prefix, "cdvqa")

    def scene_of(row: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        file = str(images[row["img_id"]]["file_name"]) if row["img_id"] in images else f"{row['img_id']}.png"
        return Path(file).stem, {"kind": "pair", "files": (f"im1/{file}", f"im2/{file}"), "root": root}

    return question_samples(rows, "cdvqa", prefix, split, scene_of, {})
