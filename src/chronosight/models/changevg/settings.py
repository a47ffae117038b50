"""What an adapter was trained with and must be used with: pixel budget, guide form, wording. Kept beside its weights."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Literal, get_args

from chronosight.errors import InputError
from chronosight.tasks.clue import GuideForm

FILE = "changevg.json"
Wording = Literal["changeimti", "plain"]


@dataclass(frozen=True)
class Settings:
    """max_pixels: of one picture as the model sees it; 512 x 512 as published (arXiv 2509.23105). min_pixels: smaller
    pictures are enlarged to it. guide_form: how the guide is told. wording: "changeimti", the questions of the
    instruction set with the pictures inside them, for weights tuned on it; "plain", pictures first, then the guide,
    then the question and the form of its reply, for weights that never saw the instruction set.
    """

    max_pixels: int = 512 * 512
    min_pixels: int = 56 * 56
    guide_form: GuideForm = "caption"
    wording: Wording = "changeimti"

    def save(self, folder: str | Path) -> None:
        path = Path(folder) / FILE
        part = path.with_name(path.name + ".part")
        part.write_text(json.dumps(asdict(self), indent=1) + "\n", encoding="utf-8")
        part.replace(path)

    @classmethod
    def load(cls, folder: str | Path) -> Settings:
        """The settings of an adapter folder; the published ones where it holds none. Raises InputError for bad ones."""
        path = Path(folder) / FILE
        if not path.is_file():
            return cls()
        try:
            found = json.loads(path.read_text(encoding="utf-8"))
        except ValueError as error:
            raise InputError(f"{path} is not JSON; write it again, or delete it for the published settings") from error
        known = {field.name for field in fields(cls)}
        if not isinstance(found, dict) or set(found) - known:
            extra = ", ".join(sorted(set(found) - known)) if isinstance(found, dict) else "no object"
            raise InputError(f"{path} holds {extra}, expected {', '.join(sorted(known))}; correct it")
        settings = cls(**found)
        if settings.guide_form not in get_args(GuideForm) or settings.wording not in get_args(Wording):
            raise InputError(
                f"{path} names guide form {settings.guide_form} and wording {settings.wording}; see docs/changevg.md"
            )
        whole = isinstance(settings.min_pixels, int) and isinstance(settings.max_pixels, int)
        if not whole or not 0 < settings.min_pixels <= settings.max_pixels:
            raise InputError(
                f"{path} has min_pixels {settings.min_pixels}, max_pixels {settings.max_pixels}; expected numbers, 0 < min <= max"
            )
        return settings
