"""LEVIR-CC: pairs of 256 x 256 pixels with five captions each.

    DIR/LevirCCcaptions.json           {"images": [{"filename": "train_000001.png", "filepath": "train", "split": "train",
                                        "changeflag": 1, "sentences": [{"raw": " a road is built ."}, ...]}]}
    DIR/images/{train,val,test}/{A,B}/train_000001.png
The five captions of a pair are the replies of one example: repeated five times, each is learned once.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from chronosight.datasets.sample import Example, Turn, read_list
from chronosight.tasks import caption
from chronosight.tasks.question import Question


def read_levir_cc(root: Path, split: str = "train") -> Iterator[Example]:
    """split: "train", "val" or "test"."""
    for row in read_list(root / "LevirCCcaptions.json", "images"):
        if row.get("split") != split:
            continue
        name, folder = row["filename"], f"images/{row.get('filepath', split)}"
        replies = tuple(dict.fromkeys(filter(None, (tidy(s.get("raw", "")) for s in row.get("sentences", ())))))
        if replies:
            turn = Turn(Question("caption", caption.UNIRS_PAIR), replies)
            yield Example(f"levir_cc/{name}", "levir_cc", "pair", (f"{folder}/A/{name}", f"{folder}/B/{name}"), (turn,))


def tidy(text: str) -> str:
    """Single spaces, none before the full stop: " a road is built ." -> "a road is built." """
    return " ".join(text.split()).replace(" .", ".").replace(" ,", ",")
