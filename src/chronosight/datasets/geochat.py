"""GeoChat-Instruct (arXiv 2311.15826): talks about single images.

    DIR/GeoChat_Instruct.json          [{"id": ..., "image": "NAME.png", "conversations": [{"from": "human", "value": ...}, ...]}]
    DIR/images/NAME.png                also DIR/final_images_llava/, or as it unpacks:
                                       DIR/share/softwares/kartik/GeoChat_finetuning/final_images_llava/
A human's first turn may hold "<image>"; it is taken out, the prompt has its own. Entries without image are text alone: left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from chronosight.datasets.sample import Example, Turn, read_list
from chronosight.errors import InputError
from chronosight.tasks.question import Question

FOLDERS = ("images", "final_images_llava", "share/softwares/kartik/GeoChat_finetuning/final_images_llava")


def read_geochat(root: Path, split: str = "train") -> Iterator[Example]:
    """split: there is only "train". Raises InputError for another layout."""
    if split != "train":
        raise InputError(f'GeoChat-Instruct has no split "{split}"; give train')
    folder = next((name for name in FOLDERS if (root / name).is_dir()), None)
    rows = read_list(root / "GeoChat_Instruct.json")
    if folder is None:
        raise InputError(f"{root} has no images/; expected the pictures of GeoChat-Instruct there")
    for number, row in enumerate(rows):
        if not row.get("image"):
            continue
        said = [str(turn.get("value", "")).replace("<image>", " ").strip() for turn in row.get("conversations", ())]
        turns = tuple(Turn(Question("vqa", q), (reply,)) for q, reply in zip(said[::2], said[1::2], strict=False) if q and reply)
        if turns:
            name = str(row.get("id", number))
            yield Example(f"geochat/{number}/{name}", "geochat", "image", (f"{folder}/{row['image']}",), turns)
