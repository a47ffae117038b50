"""A frame of a scene as a JPEG of bounded size. Made once for each size, then served from the disk."""

from __future__ import annotations

import io
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from chronosight.limits import MAX_PREVIEW_SIDE
from chronosight.pipeline import Opening
from chronosight.scenes.image import open_image
from chronosight.service.display import stretch_of
from chronosight.service.scenes import files_of, open_small
from chronosight.service.series import open_aligned
from chronosight.service.store import Store

SIDES = (256, 1024, MAX_PREVIEW_SIDE)  # pixels of the longer side; a wish is met by the next larger one


def frame_file(store: Store, facts: dict[str, Any], frame: int, side: int) -> Path:
    """A frame of a scene on disk.

    Args:
        store: Has the scene.
        facts: Of the scene.
        frame: From 0, in date order.
        side: Pixels of the longer side that are wanted.

    Returns:
        A JPEG. Frames of a pair and of a series lie on one grid, that of the earliest date; those of a whole scene each on its
        own.

    Raises:
        InputError: The files of the scene are gone.
    """
    size = next((known for known in SIDES if known >= side), SIDES[-1])
    folder = store.previews / facts["id"]
    path: Path = folder / f"{frame}-{size}.jpg"
    if not path.is_file():
        folder.mkdir(parents=True, exist_ok=True)
        for number, pixels in enumerate(_frames(store, facts)):
            for known in SIDES:
                _write(pixels, known, folder / f"{number}-{known}.jpg")
    return path


def _frames(store: Store, facts: dict[str, Any]) -> Sequence[np.ndarray]:
    if facts["whole_scene"]:
        return _whole(store, facts)
    if facts["kind"] == "series":
        return open_aligned(files_of(store, facts)).frames
    return list(open_small(files_of(store, facts), Opening(resize=True, video=True)).frames)


def _whole(store: Store, facts: dict[str, Any]) -> list[np.ndarray]:
    frames = []
    for path, shown in zip(files_of(store, facts), facts["stretch"], strict=True):
        image = open_image(path, shown["bands"], max_pixels=1 << 40)
        scale = min(1.0, SIDES[-1] / max(image.width, image.height))
        pixels = image.read(shape=(max(1, round(image.height * scale)), max(1, round(image.width * scale))))
        frames.append(stretch_of(shown).apply(pixels))
    return frames


def _write(pixels: np.ndarray, side: int, path: Path) -> None:
    image = Image.fromarray(pixels)
    image.thumbnail((side, side), Image.Resampling.LANCZOS)
    data = io.BytesIO()
    image.save(data, "JPEG", quality=88)
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    partial.write_bytes(data.getvalue())
    partial.replace(path)
