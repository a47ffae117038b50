"""The description that `chronosight.describe` gives: an engine's data, and how Python shows and saves it."""

from __future__ import annotations

import os
import shutil
import tempfile
import weakref
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from chronosight.display.answer import shown_answer
from chronosight.errors import InputError
from chronosight.results import description as plain
from chronosight.results.answer import shortened
from chronosight.results.wording import sentence

if TYPE_CHECKING:
    from chronosight.display.map import Backend


class ReportFolder:
    """Where the report of a whole scene lies: the user's folder, or a temporary one that goes when nothing refers to it."""

    def __init__(self, path: Path | None = None) -> None:
        self.path = path or Path(tempfile.mkdtemp(prefix="chronosight-"))
        if path is None:
            weakref.finalize(self, shutil.rmtree, self.path, ignore_errors=True)


@dataclass(frozen=True, repr=False)
class Description(plain.Description):
    """What changed between two dates, in words and on a map.

    Attributes:
        folder: of a whole scene, where its report lies; None for a pair in memory, which is written when it is saved.
    """

    folder: ReportFolder | None = None

    def to_dict(self) -> dict[str, Any]:
        """Everything but the maps, as JSON types: what `chronosight describe --json` prints.

        Returns:
            A dictionary.
        """
        from chronosight.reports.description_json import description_dict

        return description_dict(self, self.files)

    def save(self, folder: str | os.PathLike[str]) -> Path:
        """Writes the files that `chronosight describe --out` writes: maps, objects, styles, page and description.json.

        Args:
            folder: Made where it is missing.

        Returns:
            The folder.

        Raises:
            InputError: The folder cannot be written to, or holds a file of the same name that no report wrote.
        """
        from chronosight.reports.write import copy_report, output_folder, write_report

        target = Path(folder)
        with output_folder(target, self.scene.sources, self.is_whole_scene):
            if self.folder is None:
                write_report(self, target, (), self.scene.sources)
            else:
                copy_report(replace(self, folder=None), self.folder.path, target)
        return target

    def to_geodataframe(self, layer: Literal["objects", "land_cover"] = "objects") -> Any:
        """The changed objects, with the fields of objects.gpkg, or the land-cover objects with those of land_cover.gpkg.

        Args:
            layer: "objects" or "land_cover".

        Returns:
            A `geopandas.GeoDataFrame` in the scene's CRS; in pixels without a georeference.

        Raises:
            InputError: geopandas is not installed, the layer is another one, or no land cover is mapped.
        """
        from chronosight.display.frame import cover_frame, objects_frame

        if layer not in ("objects", "land_cover"):
            raise InputError(f'the layer is "{layer}", expected objects or land_cover')
        if layer == "land_cover":
            if self.land_cover is None:
                raise InputError("no land cover is mapped of this pair, expected one that weights and imagery allow it of")
            return cover_frame(self.land_cover.objects, self.scene)
        return objects_frame(self.objects, self.scene)

    def plot(self, ax: Any = None) -> Any:
        """Draws the later date and the changed objects, in map coordinates where the scene has some.

        Args:
            ax: Axes to draw on; new ones when None.

        Returns:
            The matplotlib axes.

        Raises:
            InputError: matplotlib is not installed.
        """
        from chronosight.display.plot import plot_objects

        frame = self.scene.frames[-1] if self.quicklook is None else self.quicklook.after
        of_ground = self.land_cover.objects if self.land_cover is not None else ()
        return plot_objects(frame, self.scene, self.objects, shortened(sentence(self.caption.text), 160), ax, of_ground)

    def map(self, backend: Backend | None = None) -> Any:
        """A map to look around in: both dates with a swipe, or the objects on the map of a package that is installed.

        Args:
            backend: "lonboard", "leafmap", or "html" for the page of our own, which needs no network; when None the first
                that is installed and suits the scene.

        Returns:
            A `lonboard.Map`, a `leafmap.Map`, or a `MapPage` with `save(path)`. Notebooks show each of them.

        Raises:
            InputError: The backend is unknown or not installed, or needs a place on the Earth that the scene has not.
        """
        from chronosight.display.map import make_map

        return make_map(self, backend)

    def _repr_html_(self) -> str:
        from chronosight.display.images import overlay_image
        from chronosight.display.markup import description_html

        return description_html(self, overlay_image(self, caption=False))

    def _repr_png_(self) -> bytes:
        from chronosight.display.images import description_image, png_bytes

        return png_bytes(description_image(self))


def shown_description(description: plain.Description, folder: ReportFolder | None = None) -> Description:
    """An engine's description as Python hands it out.

    Args:
        description: Of a pair of any size.
        folder: Of a whole scene, where its report lies.

    Returns:
        The same description.
    """
    values = {field.name: getattr(description, field.name) for field in fields(plain.Description)}
    scene = None if description.is_whole_scene else description.scene
    values["caption"], values["changed"] = shown_answer(description.caption, scene), shown_answer(description.changed, scene)
    values["answers"] = tuple((asked, shown_answer(answer, scene, asked)) for asked, answer in description.answers)
    return Description(**values, folder=folder)
