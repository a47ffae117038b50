"""From files to a scene: what the user gave decides whether it is an image, a pair or a video."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from chronosight.errors import InputError
from chronosight.scenes.align import align
from chronosight.scenes.doubts import doubt_of_padding, doubt_of_resolution, doubt_of_shape, doubt_of_video, doubts_of_frames
from chronosight.scenes.files import RASTER_DRIVERS, VIDEO_DEMUXERS, file_format, local_path
from chronosight.scenes.frame_names import as_frames, check_folder, check_frames
from chronosight.scenes.image import open_image
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
        force: take a pair whose pixels are too coarse for the model; answers about it are unsure.
        metres_per_pixel: ground size of a pixel of the first image, where the files have no georeference.
        video: take a folder or several images as frames of a video, whatever their names say.

    Returns:
        The scene. What the user should know of it is in its `notes`; why answers about it are unsure, in its `doubts`.

    Raises:
        InputError: one line, for whatever cannot be used.
    """
    check_frame_count(frames)
    check_stated(metres_per_pixel)
    if not paths:
        raise InputError("no file was given, expected one image or video, two dates, or more")
    chosen = _three(bands)
    files = [local_path(path) for path in paths]
    return with_stated_size(_open(files, resize, chosen, frames, register, force, video), metres_per_pixel, force)


def _open(
    files: list[Path], resize: bool, chosen: tuple[int, int, int] | None, frames: int, register: bool, force: bool, video: bool
) -> Scene:
    if len(files) == 1:
        return _open_one(files[0], resize, chosen, frames, video)
    for path in files:
        if path.is_dir():
            raise InputError(f"{path.name} is a folder among {len(files)} inputs, expected it alone, or images only")
    if len(files) == 2:
        earlier, later = (
            replace(open_image(path, chosen), label=name) for path, name in zip(files, display_names(files), strict=True)
        )
        return read_pair(earlier, later, resize, register, force)
    if not video:
        check_frames(files)
    return as_frames(read_series(files, frames, resize, chosen), len(files), video)


def _open_one(path: Path, resize: bool, bands: tuple[int, int, int] | None, frames: int, video: bool) -> Scene:
    if path.is_dir():
        if not video:
            check_folder(path)
        inside = frames_in(path)
        if len(inside) == 1:
            return _open_image(inside[0], bands)
        return as_frames(read_series(inside, frames, resize, bands), len(inside), video)
    kind = file_format(path)
    if kind in VIDEO_DEMUXERS:
        return _clip_scene(path, read_video(path, kind, frames), frames)
    if kind == "GIF" or (kind in ("PNG", "WebP") and is_animated(path, kind)):
        return _clip_scene(path, read_animation(path, kind, frames), frames)
    assert kind in RASTER_DRIVERS
    return _open_image(path, bands)


def _open_image(path: Path, bands: tuple[int, int, int] | None) -> Scene:
    image = open_image(path, bands)
    aligned = align([image])
    return Scene(
        kind="image",
        frames=aligned.frames[0][None],
        valid=aligned.valid,
        sources=(str(path),),
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
        doubts=(*(doubts or doubt_of_video(path.name, clip.frames)), *doubt_of_padding(missing, n)),
    )


def _three(bands: Sequence[int] | None) -> tuple[int, int, int] | None:
    if bands is None:
        return None
    if len(bands) != 3:
        raise InputError(f"{len(bands)} band numbers were given, expected three: red, green and blue, from 1")
    red, green, blue = bands
    return red, green, blue
