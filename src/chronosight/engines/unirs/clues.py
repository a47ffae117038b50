"""Clue providers: who says what of a scene before the question is asked (UniRS, arXiv 2412.20742; ChangeVG, 2509.23105).

One interface: `clues(scenes)` gives a text a scene, "" for none. `identity` says what the text depends on beside the scene, so
that it can be kept (`clue_cache`).

    base    the base model before fine-tuning, asked the fixed prompt of the kind of scene (UniRS)
    guide   the vision guide's findings on a pair, "" for other kinds (ChangeVG)
    file    texts from a JSON file, by the name of the scene's first source file
    none    ""
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np

from chronosight.errors import InputError
from chronosight.scenes.scene import Scene
from chronosight.tasks.clue import GuideForm, write_clue
from chronosight.tasks.question import Question

if TYPE_CHECKING:
    from chronosight.engines.compact.engine import CompactEngine
    from chronosight.engines.unirs.model import UniRSModel

PROVIDERS = ("none", "base", "guide", "file")
CLUE_TOKENS = 96


class ClueProvider(Protocol):
    """Gives the clue that stands before the question. identity: what its clues are cached under."""

    identity: str

    def clues(self, scenes: Sequence[Scene]) -> list[str]:
        """Makes one clue a scene (UniRS, arXiv 2412.20742, prompt augmentation); "" for none.

        Args:
            scenes: The scenes.

        Returns:
            The clues, in the order of the scenes.
        """
        ...


class NoClues:
    """No clues."""

    identity = "none"

    def clues(self, scenes: Sequence[Scene]) -> list[str]:
        """One clue a scene, "" for none.

        Args:
            scenes: The scenes.

        Returns:
            The clues, in the order of the scenes.
        """
        return [""] * len(scenes)


class FileClues:
    """path: a JSON mapping from file name (of a scene's first file, without folders) to clue."""

    def __init__(self, path: str | Path) -> None:
        """Raises InputError for a file that is not such a mapping."""
        path = Path(path)
        try:
            self.texts = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
            raise InputError(f"{path} cannot be read as clues ({error}); expected JSON: file name -> clue") from None
        if not isinstance(self.texts, dict) or not all(isinstance(text, str) for text in self.texts.values()):
            raise InputError(f"{path} is no JSON mapping of texts; expected file name -> clue")
        self.identity = "file:" + _digest(json.dumps(self.texts, sort_keys=True))

    def clues(self, scenes: Sequence[Scene]) -> list[str]:
        """One clue a scene, "" for none.

        Args:
            scenes: The scenes.

        Returns:
            The clues, in the order of the scenes.
        """
        return [self.texts.get(Path(scene.sources[0]).name, "") if scene.sources else "" for scene in scenes]


class GuideClues:
    """What the vision guide of the compact engine finds in a pair, in one of its forms."""

    def __init__(self, engine: CompactEngine, form: GuideForm = "full") -> None:
        self.engine, self.form = engine, form
        self.identity = f"guide:{form}:{_digest(json.dumps(engine.bundle.facts, sort_keys=True, default=str))}"

    def clues(self, scenes: Sequence[Scene]) -> list[str]:
        """One clue a scene, "" for none.

        Args:
            scenes: The scenes.

        Returns:
            The clues, in the order of the scenes.
        """
        return [write_clue(self.engine.guide_facts(s)[1], self.form) if s.kind == "pair" else "" for s in scenes]


class BaseModelClues:
    """The model before fine-tuning: its adapter is switched off while it is asked, so one copy in memory serves both.

    It never learned change extraction, so the two dates of a pair are shown to it as two images, one after the other.
    """

    def __init__(self, model: UniRSModel, batch: int = 8) -> None:
        self.model, self.batch = model, batch
        prompts = json.dumps(model.processor.style.to_dict(), sort_keys=True)
        self.identity = f"base:{model.identity}:{_digest(prompts)}"

    def clues(self, scenes: Sequence[Scene]) -> list[str]:
        """One clue a scene, "" for none.

        Args:
            scenes: The scenes.

        Returns:
            The clues, in the order of the scenes.
        """
        from chronosight.engines.unirs.model import Asked

        prompts = self.model.processor.style.clue_prompts
        asked = [
            Asked(seen_frames(scene), "video" if scene.kind == "pair" else scene.kind, Question("vqa", prompts[scene.kind]))
            for scene in scenes
        ]
        with self.model.base_weights():
            replies = self.model.ask(asked, self.batch, CLUE_TOKENS, tagged=False)
        return [reply.text for reply in replies]


def seen_frames(scene: Scene) -> np.ndarray:
    """Frames as the model gets them: where a date has no data every date is black.

    Args:
        scene: The scene.

    Returns:
        (T, H, W, 3) uint8.
    """
    if scene.valid.all():
        return scene.frames
    return np.where(scene.valid[None, :, :, None], scene.frames, np.uint8(0))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]
