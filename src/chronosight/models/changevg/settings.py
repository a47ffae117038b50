"""What an adapter was trained with and must be used with: pixel budget, guide form, wording. Kept beside its weights."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Literal

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass

from chronosight.errors import InputError
from chronosight.files import read_json_object, write_json
from chronosight.tasks.clue import GuideForm

FILE = "changevg.json"
MODEL_TYPES = ("qwen2_5_vl", "qwen3_vl")
Wording = Literal["changeimti", "plain"]
Pixels = Annotated[int, Field(strict=True, ge=1, le=1 << 26)]


@dataclass(frozen=True, config=ConfigDict(extra="forbid"))
class Settings:
    """How weights must be asked (arXiv 2509.23105).

    Attributes:
        max_pixels: Largest number of pixels of an image as the model sees it; 512 x 512 as published.
        min_pixels: Smaller images are enlarged to it.
        guide_form: How the guide's clue is written.
        wording: "changeimti", the questions of the instruction set with the images inside them, for weights tuned on it;
            "plain", images first, then the guide, then the question and the form of its reply, for other weights.
    """

    max_pixels: Pixels = 512 * 512
    min_pixels: Pixels = 56 * 56
    guide_form: GuideForm = "caption"
    wording: Wording = "changeimti"

    def __post_init__(self) -> None:
        if self.min_pixels > self.max_pixels:
            raise ValueError(f"min_pixels {self.min_pixels} is above max_pixels {self.max_pixels}")

    def save(self, folder: str | Path) -> None:
        """Writes the settings into an adapter's folder.

        Args:
            folder: The folder to write into.
        """
        write_json(Path(folder) / FILE, asdict(self))

    @classmethod
    def load(cls, folder: str | Path) -> Settings:
        """Reads the settings of an adapter's folder.

        Args:
            folder: The folder.

        Returns:
            Its settings; the published ones where it holds none.

        Raises:
            InputError: The file is no such mapping.
        """
        path = Path(folder) / FILE
        if not path.is_file():
            return cls()
        values = read_json_object(path, "the settings of an adapter, see docs/changevg.md", 1 << 16)
        try:
            return TypeAdapter(cls).validate_python(values)
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            key = ".".join(map(str, first["loc"]))
            raise InputError(f"{path}: {key + ': ' if key else ''}{first['msg']}; see docs/changevg.md") from None
