"""Files -> scenes on disk: under names of our own, known by their content, checked before anyone asks about them."""

from __future__ import annotations

import hashlib
import os
import shutil
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from chronosight import pipeline
from chronosight.errors import InputError
from chronosight.limits import MAX_SCENE_FILES, MAX_SERVICE_PIXELS
from chronosight.pipeline import Opening
from chronosight.reports.description_json import scene_dict
from chronosight.scenes.files import RASTER_DRIVERS, check_size, file_format, one_line
from chronosight.scenes.image import open_image
from chronosight.scenes.large.choose import large_pair
from chronosight.scenes.scene import Scene
from chronosight.service.display import fit_display
from chronosight.service.messages import with_shown_names
from chronosight.service.series import LEAST, in_date_order, series_facts
from chronosight.service.store import Store

if TYPE_CHECKING:
    from chronosight.scenes.image import ImageFile

Several = Literal["series", "video"]  # what three or more images are
EXTENSIONS = {"TIFF": "tif", "PNG": "png", "JPEG": "jpg", "JPEG 2000": "jp2", "WebP": "webp", "GIF": "gif", "MP4": "mp4",
              "AVI": "avi", "Matroska": "mkv"}  # fmt: skip


def add_files(
    store: Store, files: Sequence[tuple[Path, str]], several: Several | None = None, dates: Sequence[str] = ()
) -> tuple[dict[str, Any], bool]:
    """Makes a scene of uploaded files, which are moved into the data folder.

    Args:
        store: Gets the scene.
        files: In date order: where each lies now, and what its owner calls it. That name is shown, and never used for a file.
        several: What three or more images are: "series" (dates of one place, in any order) or "video" (frames of one).
        dates: Of a series, the date of each file, "" where its metadata or name says it; () for none.

    Returns:
        The facts of the scene, and whether it is new: equal files are the same scene.

    Raises:
        InputError: The files cannot be used; nothing of them is kept.
    """
    _check_number(len(files), several, dates)
    kinds = [_format_of(path, name) for path, name in files]
    digest = _scene_id([_digest(path) for path, _ in files], several, dates)
    known = store.known_scene(digest)
    if known is not None:
        return known, False
    folder = store.scenes / digest
    staged = store.incoming / f"scene-{digest}-{os.getpid()}-{time.monotonic_ns()}"
    staged.mkdir()
    try:
        names = stored_names(kinds)
        for (path, _), name in zip(files, names, strict=True):
            os.replace(path, staged / name)
        shown = [shown_name(name) for _, name in files]
        try:
            facts, order = _inspect(digest, [staged / name for name in names], shown, several, dates)
        except InputError as error:
            raise InputError(with_shown_names(str(error), names, shown)) from None
        facts["stored"] = [names[index] for index in order]
        for key in ("notes", "doubts"):
            facts[key] = [in_shown_names(facts, line) for line in facts[key]]
        shutil.rmtree(folder, ignore_errors=True)
        staged.replace(folder)
    finally:
        shutil.rmtree(staged, ignore_errors=True)
    store.add_scene(digest, facts)
    return facts, True


def add_paths(
    store: Store, paths: Sequence[str], roots: Sequence[Path], several: Several | None = None, dates: Sequence[str] = ()
) -> tuple[dict[str, Any], bool]:
    """Makes a scene of files that lie below a folder that the operator allowed. They are read where they are.

    Args:
        store: Gets the scene.
        paths: In date order; relative to one of the roots, or absolute.
        roots: The folders allowed.
        several: As in `add_files`.
        dates: As in `add_files`.

    Returns:
        As `add_files`.

    Raises:
        InputError: A path is outside the roots, or the files cannot be used.
    """
    _check_number(len(paths), several, dates)
    found = [below(roots, path) for path in paths]
    marks = [f"{path}\n{path.stat().st_size}\n{path.stat().st_mtime_ns}" for path in found]
    digest = _scene_id(marks, several, dates)
    known = store.known_scene(digest)
    if known is not None:
        return known, False
    facts, order = _inspect(digest, found, [shown_name(path.name) for path in found], several, dates)
    facts["outside"] = [str(found[index]) for index in order]
    store.add_scene(digest, facts)
    return facts, True


def below(roots: Sequence[Path], path: str) -> Path:
    """Finds a file or folder below one of the roots, links resolved.

    Args:
        roots: Folders that may be read.
        path: Path relative to one of them.

    Returns:
        The resolved path.

    Raises:
        InputError: The path is anywhere else, whether it exists or not.
    """
    if not roots:
        raise InputError("no folder of this server may be read by path; upload the files, or start the server with --root DIR")
    for root in roots:
        base = root.resolve()
        try:
            found = (base / path).resolve(strict=True)
        except (OSError, ValueError, RuntimeError):
            continue
        if found.is_relative_to(base):
            return found
    raise InputError(f"{shown_name(path)} is not below a folder that this server may read; check the path")


def files_of(store: Store, facts: dict[str, Any]) -> list[Path]:
    """The files of a scene.

    Args:
        store: The store.
        facts: Facts of the scene.

    Returns:
        Their paths, in date order.

    Raises:
        InputError: They are not there any more.
    """
    files = [Path(path) for path in facts["outside"]] if "outside" in facts else [
        store.scenes / facts["id"] / name for name in facts["stored"]
    ]  # fmt: skip
    if not all(path.is_file() for path in files):
        raise InputError("the files of this scene are gone; add them again")
    return files


def in_shown_names(facts: dict[str, Any], text: str) -> str:
    """Names the files of a scene in a text as their owner does.

    Args:
        facts: Facts of the scene.
        text: A remark or an error that may name files as they are stored.

    Returns:
        The text with the owner's names.
    """
    return with_shown_names(text, facts.get("stored", []), [file["name"] for file in facts["files"]] if "stored" in facts else [])


def public(facts: dict[str, Any]) -> dict[str, Any]:
    """What of a scene's facts is shown: everything but where its files lie.

    Args:
        facts: Facts of the scene.

    Returns:
        The facts to show.
    """
    return {key: value for key, value in facts.items() if key not in ("stored", "outside", "stretch")}


def open_small(paths: Sequence[Path], opening: Opening | None = None) -> Scene:
    """Opens files that are read at once, after a check of their size.

    Args:
        paths: The files, in date order.
        opening: How they are opened; None for the default.

    Returns:
        The scene.

    Raises:
        InputError: They cannot be used.
    """
    for path in paths:
        if path.is_file() and file_format(path) in RASTER_DRIVERS:
            header = open_image(path)
            check_size(header.name, header.width, header.height, MAX_SERVICE_PIXELS)
    return pipeline.open_scene(paths, opening or Opening(video=True))


def stored_names(kinds: Sequence[str]) -> list[str]:
    """Names of our own for the files of a scene, by their formats.

    Args:
        kinds: Format of each file.

    Returns:
        Such as "before.tif" and "after.tif".
    """
    stems = [f"image{index:02d}" for index in range(1, len(kinds) + 1)]
    if len(kinds) == 1:
        stems = ["image" if kinds[0] in RASTER_DRIVERS else "video"]
    if len(kinds) == 2:
        stems = ["before", "after"]
    return [f"{stem}.{EXTENSIONS[kind]}" for stem, kind in zip(stems, kinds, strict=True)]


def shown_name(name: str) -> str:
    """A file's name without its folder, printable and short.

    Args:
        name: A name as the client gave it.

    Returns:
        At most 80 characters.
    """
    return one_line(name.replace("\\", "/").rstrip("/").rpartition("/")[2])[:80] or "image"


def _inspect(
    digest: str, paths: list[Path], names: list[str], several: Several | None, dates: Sequence[str]
) -> tuple[dict[str, Any], Sequence[int]]:
    """The facts of a scene, and the order of its files: of a series by date, of any other as they were given."""
    if several != "series":
        return _facts(digest, paths, names), range(len(paths))
    ordered = in_date_order(paths, names, dates)
    return _facts(digest, [paths[at] for at in ordered.order], [names[at] for at in ordered.order], ordered.dates), ordered.order


def _facts(digest: str, paths: list[Path], names: list[str], dates: Sequence[str] = ()) -> dict[str, Any]:
    """The facts of a scene, from its headers where it is a whole scene, else from its pixels; of a series with its dates."""
    headers = large_pair(str(paths[0]), str(paths[1])) if len(paths) == 2 else None
    images: list[ImageFile] = []
    if all(file_format(path) in RASTER_DRIVERS for path in paths):
        images = [open_image(path, max_pixels=1 << 40) for path in paths] if headers is None else list(headers)
    if dates:
        facts, notes = series_facts(paths, dates)
        shown = {"frames": len(paths), "notes": notes}
    elif headers is not None:
        first = headers[0]
        scene = Scene(
            "pair", np.broadcast_to(np.uint8(0), (2, first.height, first.width, 3)),
            np.broadcast_to(np.True_, (first.height, first.width)), tuple(map(str, paths)), first.georeference,
            _metres(first), tuple(header.time for header in headers),
        )  # fmt: skip
        facts = scene_dict(scene, 1.0)
        shown = {"frames": 2, "notes": [note for header in headers for note in header.notes]}
    else:
        scene = open_small(paths, Opening(resize=True, video=len(paths) > 2))
        facts = scene_dict(scene, float(scene.valid.mean()))
        shown = {"frames": len(scene.frames), "notes": list(scene.notes)}
    del facts["sources"]
    placed = facts["corners_lonlat"] is not None and all(image.driver == "GTiff" for image in images) and bool(images)
    return {
        "id": digest,
        "created": time.time(),
        **facts,
        "frames": shown["frames"],
        "whole_scene": headers is not None,
        "files": [
            {"name": name, "bytes": path.stat().st_size, "format": file_format(path)}
            for path, name in zip(paths, names, strict=True)
        ],
        "notes": shown["notes"],
        "has_tiles": placed,
        **(_on_map(paths[0]) if placed else {}),
        "stretch": fit_display(images) if placed and images else [],
    }


def _on_map(path: Path) -> dict[str, Any]:
    from chronosight.service.tiles import zooms

    return zooms(path)


def _metres(image: ImageFile) -> float | None:
    from chronosight.scenes.ground import metres_per_pixel

    return None if image.georeference is None else metres_per_pixel(image.georeference, image.width, image.height)


def _scene_id(marks: Sequence[str], several: Several | None, dates: Sequence[str]) -> str:
    """The same files are another scene where they are taken otherwise."""
    more = [] if several is None else [several, *dates]
    return hashlib.sha256("\n".join([*marks, *more]).encode()).hexdigest()[:32]


def _check_number(number: int, several: Several | None, dates: Sequence[str]) -> None:
    if not 1 <= number <= MAX_SCENE_FILES:
        raise InputError(f"{number} files were given, expected one image or video, two dates, or up to {MAX_SCENE_FILES} images")
    if dates and several != "series":
        raise InputError('dates go with a series: add "kind": "series", or leave them out')
    if several is not None and number < LEAST:
        given = "1 file was" if number == 1 else f"{number} files were"
        raise InputError(f'{given} given, and "kind" goes with {LEAST} or more images: leave it out')
    if several is None and number >= LEAST:
        raise InputError(
            f'{number} files were given; say whether they are dates of one place ("kind": "series") or frames of one video '
            '("kind": "video")'
        )


def _format_of(path: Path, name: str) -> str:
    try:
        return file_format(path)
    except InputError as error:
        raise InputError(str(error).replace(path.name, shown_name(name))) from None


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
