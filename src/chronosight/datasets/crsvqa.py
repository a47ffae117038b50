"""CRSVQA (Zhang et al., IEEE TGRS 2023): questions about single images that need several steps of reasoning.

    DIR/data/image/NAME.png                        as it unpacks; the folders may also lie in DIR itself
    DIR/data/text/NAME.txt                         a question, then its answer, line by line
    DIR/{train,val,test}.txt or DIR/data/...       optional: names of the images of a split, one a line

It is published without a split. Where there are lists, they are the split, for training and evaluation alike: an image in
no list belongs to "train", one in two lists is refused. Without any, one fifth of the images is "test", by CRC-32 of the
name, and the rest is "train". So no image of the training split is ever a test image.
"""

from __future__ import annotations

import zlib
from pathlib import Path

from chronosight.datasets.sample import SPLITS, Sample, Turn
from chronosight.errors import InputError
from chronosight.tasks import vqa


def read_crsvqa(root: Path, split: str = "train") -> list[Sample]:
    """CRSVQA.

    Args:
        root: Folder of the dataset.
        split: "train" or "test"; "val" where there is a list of it.

    Returns:
        One sample a question, by image.

    Raises:
        InputError: The layout is another, a list names an image that is not there or is in another list, or a text file
            does not hold questions and answers in turn.
    """
    folder = next((place for place in (root / "data", root) if (place / "text").is_dir()), None)
    texts = sorted((folder / "text").glob("*.txt")) if folder else []
    if folder is None or not texts:
        raise InputError(f"{root} has no data/text/*.txt; expected CRSVQA as it unpacks, data/image/ and data/text/")
    splits = _splits(root, folder, [path.stem for path in texts])
    return [sample for path in texts if splits[path.stem] == split for sample in _of_image(path, root, folder, split)]


def question_type(question: str) -> str:
    """The type of a question, decided by words as the dataset's authors do.

    Args:
        question: In words.

    Returns:
        "scene", "object" or "relation".
    """
    words = set(question.lower().strip(" ?").split())
    if words & {"scene", "theme"}:
        return "scene"
    return "object" if words & {"many", "object", "shape"} else "relation"


def _splits(root: Path, folder: Path, names: list[str]) -> dict[str, str]:
    """The split of each image."""
    lists = {split: path for split in SPLITS for path in (folder / f"{split}.txt", root / f"{split}.txt") if path.is_file()}
    if not lists:
        return {name: "test" if zlib.crc32(name.encode()) % 5 == 0 else "train" for name in names}
    found: dict[str, str] = {}
    for split, path in lists.items():
        for line in path.read_text(encoding="utf-8-sig").split():
            name = Path(line).stem
            if found.setdefault(name, split) != split:
                raise InputError(f"{path} names {name}, which is in {found[name]}.txt too; expected every image in one split")
            if name not in names:
                raise InputError(f"{path} names {name}, but there is no {folder / 'text' / name}.txt; correct the list")
    return {name: found.get(name, "train") for name in names}


def _of_image(path: Path, root: Path, folder: Path, split: str) -> list[Sample]:
    lines = [line.strip() for line in path.read_text(encoding="utf-8-sig", errors="replace").splitlines() if line.strip()]
    if len(lines) % 2:
        raise InputError(f"{path} has {len(lines)} lines; expected a question and its answer in turn")
    image = (folder / "image" / f"{path.stem}.png").relative_to(root).as_posix()
    samples = []
    for number, (question, answer) in enumerate(zip(lines[::2], lines[1::2], strict=True)):
        text = question.replace("？", "?").rstrip("? ") + "?"
        samples.append(
            Sample(
                f"{path.stem}/{number}", "crsvqa", "image", (image,), (Turn(vqa.ask(text), (answer,)),), split=split,
                scene=path.stem, type=question_type(text), root=root,
            )
        )  # fmt: skip
    return samples
