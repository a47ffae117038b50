"""Prompt augmentation at full size: the one place for its strings, kept as `prompt.json` beside the weights.

UniRS puts what the base model says of the scene, the clue, before the question (arXiv 2412.20742, section 3): clue,
markers, task tag, instruction. The strings were not released; those below are ours, and a weights folder may hold others:

    SYSTEM USER: <image>*n <clue>clue</clue> [tag] instruction ASSISTANT: reply </s>

The conversation around it is Vicuna's, version 1, which VILA-1.5 was trained with: weights trained on it expect it letter
by letter.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from chronosight.errors import InputError
from chronosight.files import read_json_object, write_json
from chronosight.tasks.question import Question

FILE = "prompt.json"
PLACEHOLDER = "<image>"
RESERVED = (PLACEHOLDER, "<s>", "</s>", "<unk>")  # in no text that a user or a data set gives


@dataclass(frozen=True)
class PromptStyle:
    """Every string of the prompt.

    Attributes:
        system: Opening of the conversation.
        user: Before what the user says.
        assistant: Before the reply.
        image: Of one placeholder (an image has one, a fused pair one, a video one a frame).
        clue_open: Before the clue; nothing is written where there is no clue.
        clue_close: After the clue.
        tags: By task, before the instruction; "" for none.
        clue_prompts: What the base model is asked for the clue, by kind of scene.
    """

    system: str = (
        "A chat between a curious user and an artificial intelligence assistant. "
        "The assistant gives helpful, detailed, and polite answers to the user's questions. "
    )
    user: str = "USER: "
    assistant: str = " ASSISTANT:"
    image: str = "<image>\n"
    clue_open: str = "<clue>"
    clue_close: str = "</clue>\n"
    tags: Mapping[str, str] = field(
        default_factory=lambda: {
            "caption": "[caption] ", "binary": "[change] ", "count": "[count] ", "location": "[location] ",
            "direction": "[direction] ", "scene_class": "[scene] ", "presence": "[vqa] ", "object_count": "[vqa] ",
            "comparison": "[vqa] ", "rural_urban": "[vqa] ", "event": "[event] ", "vqa": "[vqa] ",
        }
    )  # fmt: skip
    clue_prompts: Mapping[str, str] = field(
        default_factory=lambda: {
            "image": "Briefly describe this remote sensing image: the kind of place, and the main objects with their number.",
            "pair": "These two images show one place at two dates. Briefly describe what differs between them.",
            "video": "These are frames of an aerial video, in order. Briefly describe the place and what is happening.",
        }
    )

    def turn(self, placeholders: int, question: Question, clue: str = "", tagged: bool = True) -> str:
        """The first user turn: placeholders, clue, tag and instruction (UniRS, arXiv 2412.20742, prompt augmentation).

        Args:
            placeholders: Number of image placeholders: 1 for an image or a pair, one a frame for a video.
            question: The question.
            clue: The clue; "" for none.
            tagged: Whether to write the task's tag.

        Returns:
            The text of the turn.
        """
        marked_clue = f"{self.clue_open}{plain(clue)}{self.clue_close}" if clue.strip() else ""
        return f"{self.image * placeholders}{marked_clue}{self.again(question, tagged)}"

    def again(self, question: Question, tagged: bool = True) -> str:
        """A later user turn: tag and instruction. GeoChat's questions may bring a tag of their own.

        Args:
            question: The question.
            tagged: Whether to write the task's tag.

        Returns:
            The text of the turn.
        """
        text = plain(question.text)
        return text if text.startswith("[") or not tagged else self.tags.get(question.task, "") + text

    def to_dict(self) -> dict[str, Any]:
        """The style as JSON types."""
        fields = dataclasses.asdict(self)
        return {name: dict(value) if isinstance(value, Mapping) else value for name, value in fields.items()}


def plain(text: str) -> str:
    """Removes reserved tokens: what a user types must not pass for a placeholder or an end.

    Args:
        text: What the user typed.

    Returns:
        The text.
    """
    for token in RESERVED:
        text = text.replace(token, " ")
    return text.strip()


def load_style(folder: str | Path) -> PromptStyle:
    """Reads the prompt style of a weights folder.

    Args:
        folder: The weights folder.

    Returns:
        Its style; the default one where it holds none.

    Raises:
        InputError: The file is no such style.
    """
    path = Path(folder) / FILE
    if not path.is_file():
        return PromptStyle()
    values = read_json_object(path, "the prompt style of a weights folder; delete it for the default one", 1 << 20)
    known = {f.name for f in dataclasses.fields(PromptStyle)}
    if set(values) - known:
        raise InputError(f"{path} has {', '.join(sorted(set(values) - known))[:80]}, expected some of {', '.join(sorted(known))}")
    default = PromptStyle().to_dict()
    for name, value in values.items():
        texts = isinstance(value, dict) and all(isinstance(text, str) for text in value.values())
        if not isinstance(value, type(default[name])) or (isinstance(value, dict) and not texts):
            kind = "an object of texts" if isinstance(default[name], dict) else "a text"
            raise InputError(f"{path}: {name} is {str(value)[:40]!r}, expected {kind}")
    filled: dict[str, Any] = {
        name: {**default[name], **value} if isinstance(value, dict) else value for name, value in values.items()
    }
    if PLACEHOLDER not in filled.get("image", default["image"]):
        raise InputError(f"{path}: image is {filled['image']!r}, expected a text with {PLACEHOLDER} in it")
    return PromptStyle(**filled)


def save_style(style: PromptStyle, folder: str | Path) -> None:
    """Writes the prompt style into a weights folder.

    Args:
        style: The prompt style.
        folder: The weights folder.
    """
    write_json(Path(folder) / FILE, style.to_dict())
