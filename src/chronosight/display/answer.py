"""The answer that `chronosight.ask` gives: the data of an engine's answer, and how Python shows and saves it."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from PIL import Image

from chronosight.errors import InputError
from chronosight.results import answer as plain
from chronosight.results.answer import shortened
from chronosight.scenes.scene import Scene


@dataclass(frozen=True, repr=False)
class Answer(plain.Answer):
    """The answer to one question.

    Attributes:
        question: as asked, "" where it is not known.
        scene: what was asked about; None for answers read from the objects of a whole scene or of a folder.
    """

    question: str = ""
    scene: Scene | None = None

    def to_dict(self) -> dict[str, Any]:
        """Everything but the maps, as JSON types: what `chronosight ask --json` prints.

        Returns:
            A dictionary.
        """
        return {"question": self.question, **super().to_dict()} if self.question else super().to_dict()

    def save(self, folder: str | os.PathLike[str]) -> Path:
        """Writes answer.json, and answer.png where the scene is known.

        Args:
            folder: Made where it is missing.

        Returns:
            The folder.

        Raises:
            InputError: The folder cannot be written to.
        """
        from chronosight.display.images import png_bytes

        target, image = Path(folder), self._image()
        content = {"answer.json": (json.dumps(self.to_dict(), ensure_ascii=False, indent=1) + "\n").encode()}
        if image is not None:
            content["answer.png"] = png_bytes(image)
        try:
            target.mkdir(parents=True, exist_ok=True)
            for name, data in content.items():
                part = target / f"{name}.part"
                part.write_bytes(data)
                part.replace(target / name)
        except OSError as error:
            raise InputError(f"{target} cannot be written to ({error.strerror}); give a folder you may write to") from error
        return target

    def to_geodataframe(self) -> Any:
        """The changed objects that the answer rests on, with the fields of objects.gpkg.

        Returns:
            A `geopandas.GeoDataFrame` in the scene's CRS; in pixels without a georeference.

        Raises:
            InputError: The answer rests on no objects, or geopandas is not installed.
        """
        from chronosight.display.frame import objects_frame

        if self.evidence is None or self.scene is None:
            raise InputError("this answer rests on no changed objects; chronosight.describe(...).to_geodataframe() has them")
        return objects_frame(self.evidence.objects, self.scene)

    def plot(self, ax: Any = None) -> Any:
        """Draws the scene, and the changed objects that the answer rests on.

        Args:
            ax: Axes to draw on; new ones when None.

        Returns:
            The matplotlib axes.

        Raises:
            InputError: The scene is not known, or matplotlib is not installed.
        """
        from chronosight.display.plot import plot_objects

        if self.scene is None:
            raise InputError(
                "this answer was read from objects alone, without a scene; chronosight.describe(...).plot() draws one"
            )
        objects = self.evidence.objects if self.evidence is not None else ()
        title = shortened(f"{self.question} {self.text}".strip(), 160)
        return plot_objects(self.scene.frames[-1], self.scene, objects, title, ax)

    def map(self, backend: Any = None) -> Any:
        """A map of the changed objects that the answer rests on.

        Args:
            backend: As in `Description.map`.

        Returns:
            As `Description.map` does.

        Raises:
            InputError: The answer rests on no objects.
        """
        from chronosight.display.map import make_map
        from chronosight.results.description import Description

        if self.evidence is None or self.scene is None or self.scene.kind != "pair":
            raise InputError("this answer rests on no changed objects; chronosight.describe(...).map() shows them")
        return make_map(Description(self, self, (), self.evidence, scene=self.scene), backend)

    def _image(self, words: bool = True) -> Image.Image | None:
        from chronosight.display.images import answer_image

        return None if self.scene is None else answer_image(self, self.scene, self.question, words)

    def _repr_html_(self) -> str:
        from chronosight.display.markup import answer_html

        return answer_html(self, self.question, self._image(words=False))

    def _repr_png_(self) -> bytes | None:
        from chronosight.display.images import png_bytes

        image = self._image()
        return None if image is None else png_bytes(image)


def shown_answer(answer: plain.Answer, scene: Scene | None = None, question: str = "") -> Answer:
    """An engine's answer as Python hands it out.

    Args:
        answer: The answer.
        scene: What was asked about, where it is in memory.
        question: As asked.

    Returns:
        The same answer.
    """
    values = {field.name: getattr(answer, field.name) for field in fields(plain.Answer)}
    return Answer(**values, question=question, scene=scene)
