"""A map of the changed objects: lonboard or leafmap where one is installed, else a page of our own with a swipe."""

from __future__ import annotations

import os
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any, Literal

import numpy as np

from chronosight.display.frame import objects_frame
from chronosight.display.needed import installed, needed
from chronosight.errors import InputError
from chronosight.reports.codes import colour_of
from chronosight.reports.page.content import page_content
from chronosight.reports.page.make import css, map_page
from chronosight.results.change_summary import change_summary
from chronosight.results.description import Description
from chronosight.results.evidence import Evidence

Backend = Literal["html", "lonboard", "leafmap"]
BACKENDS: tuple[Backend, ...] = ("lonboard", "leafmap", "html")
NEEDS: dict[Backend, tuple[str, ...]] = {"lonboard": ("lonboard", "pyarrow"), "leafmap": ("leafmap",)}
LIST = 460  # pixels of height for the list of objects and the buttons
CLOSE = 15  # zoom at which a map opens: a few kilometres
WIDTH = 900  # pixels of a notebook's column


@dataclass(frozen=True, repr=False)
class MapPage:
    """Both dates with a swipe, outlines and the list of objects: one HTML document that needs no network.

    Attributes:
        html: the document.
        height: in pixels, of the frame that shows it in a notebook.
    """

    html: str
    height: int

    def __repr__(self) -> str:
        """Says how to show it."""
        return f'MapPage of {len(self.html) / 1e6:.1f} MB: shown by notebooks, or save("map.html") and open that file'

    def _repr_html_(self) -> str:
        """A frame that holds the document."""
        document = escape(self.html, quote=True)
        return (
            f'<iframe srcdoc="{document}" sandbox="allow-scripts" title="Map of the changes" '
            f'style="width:100%;height:{self.height}px;border:0"></iframe>'
        )

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Writes the document to a file.

        Args:
            path: Of the file.

        Returns:
            The path.

        Raises:
            InputError: It cannot be written.
        """
        target = Path(path)
        part = target.with_name(f"{target.name}.part")
        try:
            part.write_text(self.html, encoding="utf-8")
            part.replace(target)
        except OSError as error:
            raise InputError(f"{target} cannot be written ({error.strerror}); give another name") from error
        return target


def make_map(description: Description, backend: Backend | None = None) -> Any:
    """The map.

    Args:
        description: Of a pair of any size.
        backend: "lonboard", "leafmap" or "html"; when None the first that is installed and suits the scene.

    Returns:
        A `lonboard.Map`, a `leafmap.Map` or a `MapPage`.

    Raises:
        InputError: The backend is unknown or not installed, or the scene has no place on the Earth.
    """
    placed = change_summary(description).corners is not None
    if backend is None:
        ready = placed and installed("geopandas")
        backend = next((name for name, packages in NEEDS.items() if ready and all(map(installed, packages))), "html")
    if backend not in BACKENDS:
        raise InputError(f"the map backend is {backend!r}, expected one of {', '.join(BACKENDS)}")
    if backend == "html":
        codes = description.evidence.codes() if isinstance(description.evidence, Evidence) else None
        scene = description.scene
        page = map_page(page_content(description, change_summary(description), codes))
        high = round(min(WIDTH * scene.height / max(scene.width, 1), 700))
        return MapPage(page, high + (LIST if description.objects else 120))
    if not placed:
        raise InputError(f'the scene has no place on the Earth, which {backend} needs: use map("html")')
    frame = objects_frame(description.objects, description.scene)
    return _lonboard(frame) if backend == "lonboard" else _leafmap(frame)


def _lonboard(frame: Any) -> Any:
    lonboard = needed("lonboard", 'map("lonboard")', "lonboard pyarrow")
    needed("pyarrow", 'map("lonboard")', "pyarrow")
    colours = np.array([colour_of(*key) for key in zip(frame["class"], frame["direction"], strict=True)], np.uint8).reshape(-1, 3)
    opacity = np.full((len(frame), 1), 90, np.uint8)
    if not len(frame):
        return lonboard.Map([])
    layer = lonboard.PolygonLayer.from_geopandas(
        frame, get_fill_color=np.hstack([colours, opacity]), get_line_color=colours, line_width_min_pixels=2
    )
    return lonboard.Map([layer])


def _leafmap(frame: Any) -> Any:
    leafmap = needed("leafmap", 'map("leafmap")', "leafmap")
    if not len(frame):
        return leafmap.Map()
    styled = frame.to_crs(4326)
    west, south, east, north = styled.total_bounds.tolist()
    shown = leafmap.Map(center=[(south + north) / 2, (west + east) / 2], zoom=CLOSE)
    styled["colour"] = [css(colour_of(*key)) for key in zip(frame["class"], frame["direction"], strict=True)]
    shown.add_gdf(
        styled, layer_name="Changed objects", zoom_to_layer=True,
        style_callback=lambda feature: {"color": feature["properties"]["colour"], "fillOpacity": 0.3},
    )  # fmt: skip
    return shown
