"""GeoChat-Instruct (arXiv 2311.15826): conversations about single images.

    DIR/GeoChat_Instruct.json          [{"id": ..., "image": "NAME.png", "conversations": [{"from": "human", "value": ...}, ...]}]
    DIR/images/NAME.png                also DIR/final_images_llava/, or as it unpacks:
                                       DIR/share/softwares/kartik/GeoChat_finetuning/final_images_llava/

A first question may hold "<image>"; it is taken out, since the prompt has its own. Entries without an image are text alone
and left out.
"""

from __future__ import annotations

from pathlib import Path

from chronosight.datasets.sample import Sample, Turn, read_rows
from chronosight.errors import InputError
from chronosight.tasks.question import Question

FOLDERS = ("images", "final_images_llava", "share/softwares/kartik/GeoChat_finetuning/final_images_llava")


def read_geochat(root: Path, split: str = "train") -> list[Sample]:
    """GeoChat-Instruct.

    Args:
        root: Folder of the dataset.
        split: There is only "train".

    Returns:
        One sample a conversation.

    Raises:
        InputError: The layout is another.
    """
    folder = next((name for name in FOLDERS if (root / name).is_dir()), None)
    rows = read_rows(root / "GeoChat_Instruct.json", None, "GeoChat-Instruct")
    if folder is None:
        raise InputError(f"{root} has no images/; expected the images of GeoChat-Instruct there")
    samples = []
    for number, row in enumerate(rows):
        if not row.get("image"):
            continue
        texts = [str(turn.get("value", "")).replace("<image>", " ").strip() for turn in row.get("conversations", ())]
        asked = zip(texts[::2], texts[1::2], strict=False)
        turns = tuple(Turn(Question("vqa", question), (reply,)) for question, reply in asked if question and reply)
        if turns:
            name = f"geochat/{number}/{row.get('id', number)}"
            samples.append(Sample(name, "geochat", "image", (f"{folder}/{row['image']}",), turns, split, name, root=root))
    return samples
