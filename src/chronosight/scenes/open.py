"""From files to a scene: what the user gave decides whether it is an image, a pair or a video."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import numpy as np

from chronosight.errors import InputError
from chronosight.scenes.align import align
from chronosight.scenes.doubts import (
    doubt_of_padding,
    doubt_of_resolution,
    doubt_of_shape,
    doubt_of_size,
    doubt_of_video,
    doubts_of_frames,
)
from chronosight.scenes.files import RASTER_DRIVERS, VIDEO_DEMUXERS, file_format, local_path
from chronosight.scenes.frame_names import as_frames, check_folder, check_frames
from chronosight.scenes.image import ImageFile, open_image
from chronosight.scenes.names import display_names
from chronosight.scenes.pair import read_pair
from chronosight.scenes.resolution import check_stated, with_stated_size
from chronosight.scenes.sampling import check_frame_count, pad_left
from chronosight.scenes.scene import Scene
from chronosight.scenes.series import frames_in, read_series
from chronosight.scenes.video import Clip, is_animated, read_animation, read_video


def open_scene(
    *paths: str | os.PathLike[str],
    resize: bool = False,
    bands: Sequence[int] | None = None,
    frames: int = 8,
    register: bool = True,
    force: bool = False,
    metres_per_pixel: float | None = None,
    video: bool = False,
    names: Sequence[str] = (),
    times: Sequence[datetime | None] = (),
) -> Scene:
    """Open files as a scene.

    One file is an image, or a video when its content moves (MP4, MOV, AVI, MKV, WebM, GIF); one folder is a video of
    the images in it; two images are a pair, the earlier first; more images are a series, treated as a video.

    Args:
        paths: of the files, or of one folder.
        resize: images without a georeference may differ in size; the later are resized to the first.
        bands: numbers of the red, green and blue band, from 1; chosen from each file when None.
        frames: of a video, 1 to 64, sampled as in UniRS (arXiv 2412.20742), black ones in front where there are fewer.
        register: of a pair, estimate and undo a displacement of up to 8 pixels.
        force: take a pair whose pixels are too coarse for the model; answers about it are uncertain.
        metres_per_pixel: ground size of a pixel of the first image, where the files have no georeference.
        video: take a folder or several images as frames of a video, whatever their names say.
        names: what messages, and the scene's `sources`, call each file, "" for its own name; () for their own names.
        times: when each image was taken, None where the file itself says it; () where all do.

    Returns:
        The scene. What the user should know of it is in its `notes`; why answers about it are uncertain, in its `doubts`.

    Raises:
        InputError: one line, for whatever cannot be used.
    """
    check_frame_count(frames)
    check_stated(metres_per_pixel)
    if not paths:
        raise InputError("no file was given, expected one image or video, two dates, or more")
    chosen = _three(bands)
    files = [local_path(path) for path in paths]
    headers = _Headers(chosen, dict(zip(files, names, strict=False)), dict(zip(files, times, strict=False)))
    scene = _open(files, resize, headers, frames, register, force, video)
    if any(names):
        scene = replace(scene, sources=tuple(headers.labels.get(Path(source)) or source for source in scene.sources))
    return with_stated_size(scene, metres_per_pixel, force)


@dataclass(frozen=True)
class _Headers:
    """Opens the header of an image, with what the caller knows of it.

    Attributes:
        bands: numbers of red, green, blue from 1; chosen from each file when None.
        labels: name of each file, "" for its own.
        times: when each was taken, None where the file says it.
    """

    bands: tuple[int, int, int] | None
    labels: Mapping[Path, str]
    times: Mapping[Path, datetime | None]

    def __call__(self, path: Path) -> ImageFile:
        image = open_image(path, self.bands)
        return replace(image, label=self.labels.get(path, ""), time=self.times.get(path) or image.time)


def _open(
    files: list[Path], resize: bool, headers: _Headers, frames: int, register: bool, force: bool, video: bool
) -> Scene:
    if len(files) == 1:
        return _open_one(files[0], resize, headers, frames, video)
    for path in files:
        if path.is_dir():
            raise InputError(f"{path.name} is a folder among {len(files)} inputs, expected it alone, or images only")
    if len(files) == 2:
        earlier, later = (headers(path) for path in files)
        if not (earlier.label and later.label):
            earlier, later = (
                replace(image, label=image.label or name)
                for image, name in zip((earlier, later), display_names(files), strict=True)
            )
        return read_pair(earlier, later, resize, register, force)
    if not video:
        check_frames(files)
    return as_frames(read_series(files, frames, resize, headers), len(files), video)


def _open_one(path: Path, resize: bool, headers: _Headers, frames: int, video: bool) -> Scene:
    if path.is_dir():
        if not video:
            check_folder(path)
        inside = frames_in(path)
        if len(inside) == 1:
            return _open_image(headers(inside[0]))
        return as_frames(read_series(inside, frames, resize, headers), len(inside), video)
    kind = file_format(path)
    if kind in VIDEO_DEMUXERS:
        return _clip_scene(path, read_video(path, kind, frames), frames)
    if kind == "GIF" or (kind in ("PNG", "WebP") and is_animated(path, kind)):
        return _clip_scene(path, read_animation(path, kind, frames), frames)
    assert kind in RASTER_DRIVERS
    return _open_image(headers(path))


def _open_image(image: ImageFile) -> Scene:
    aligned = align([image])
    return Scene(
        kind="image",
        frames=aligned.frames[0][None],
        valid=aligned.valid,
        sources=(str(image.path),),
        georeference=aligned.georeference,
        metres_per_pixel=aligned.metres_per_pixel,
        times=(image.time,) if image.time else (),
        notes=list(aligned.notes),
        doubts=(
            *aligned.doubts,
            *doubt_of_shape(image.name, aligned.valid),
            *doubt_of_resolution("image", aligned.metres_per_pixel),
        ),
    )


def _clip_scene(path: Path, clip: Clip, n: int) -> Scene:
    """A video of n frames; a file that holds a single frame is an image."""
    single = clip.total == 1
    missing = 0 if single else n - len(clip.frames)
    height, width = clip.frames[0].shape[:2]
    valid = np.ones((height, width), bool)
    doubts = doubts_of_frames([path.name] * len(clip.frames), clip.frames, valid)
    size = doubt_of_shape(path.name, valid) if single else doubt_of_size("video", height, width)
    return Scene(
        kind="image" if single else "video",
        frames=clip.frames[0][None] if single else pad_left(clip.frames, n),
        valid=valid,
        sources=(str(path),),
        times=(None,) * missing + tuple(clip.times) if clip.times else (),
        notes=[
            *clip.notes,
            *([f"{path.name} has {clip.total} frames: {missing} black ones stand before them"] if missing else []),
        ],
        doubts=(*(doubts or doubt_of_video(path.name, clip.frames)), *size, *doubt_of_padding(missing, n)),
    )


def _three(bands: Sequence[int] | None) -> tuple[int, int, int] | None:
    if bands is None:
        return None
    if len(bands) != 3:
        raise InputError(f"{len(bands)} band numbers were given, expected three: red, green and blue, from 1")
    red, green, blue = bands
    return red, green, blue
