"""Frames of a video file (MP4, MOV, AVI, MKV, WebM) or of an animation (GIF, WebP, PNG)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import av
import numpy as np
from PIL import Image

from chronosight.errors import InputError
from chronosight.scenes.files import VIDEO_DEMUXERS, check_video_size, one_line
from chronosight.scenes.sampling import sample_indices
from chronosight.scenes.times import time_of

_SEEK_GAP = 300  # frames: further apart than this, jumping to the next key frame beats decoding all between


@dataclass(frozen=True)
class Clip:
    """frames: (H, W, 3) uint8 each, rising in time. times: of each, where the file says when it was taken, else empty.

    total: number of frames in the file.
    """

    frames: list[np.ndarray]
    times: list[datetime | None]
    total: int


def read_video(path: Path, kind: str, n: int) -> Clip:
    """n frames of a video at linspace(0, total - 2, n), all of them where there are fewer.

    kind: a key of VIDEO_DEMUXERS; no other demuxer is tried, and nothing outside the file is opened.
    Raises InputError for damaged files, files without pictures, and frames too large.
    """
    with path.open("rb") as file, _opened(path, file, kind) as container:
        if not container.streams.video:
            raise InputError(f"{path.name} has no pictures in it, expected a video: is it a sound recording?")
        stream = container.streams.video[0]
        stream.thread_type = "AUTO"
        check_video_size(path.name, stream.codec_context.width, stream.codec_context.height, n)
        total = stream.frames or _count(container, stream)
        if total == 0:
            raise InputError(f"{path.name} is a video of 0 frames: record or export it again")
        indices = sample_indices(total, n)
        wanted = dict.fromkeys(indices)
        decode = _by_seeking if total / n > _SEEK_GAP and stream.average_rate else _in_order
        found: dict[int, tuple[np.ndarray, float | None]] = dict(decode(container, stream, list(wanted)))
        start = time_of([container.metadata.get("creation_time")], path.stem)
    missing = [index for index in wanted if index not in found]
    if missing:
        raise InputError(
            f"{path.name} is damaged or cut short: frame {missing[0]} of {total} is missing: copy or download it again"
        )
    return Clip([found[i][0] for i in indices], _times(start, [found[i][1] for i in indices]), total)


def read_animation(path: Path, kind: str, n: int) -> Clip:
    """The same for a GIF, WebP or PNG of one or more frames. Raises InputError for damaged files."""
    try:
        with Image.open(path, formats=[kind.upper()]) as picture:
            check_video_size(path.name, picture.width, picture.height, 1)
            total = getattr(picture, "n_frames", 1)
            indices = sample_indices(total, n) if total > 1 else [0]
            check_video_size(path.name, picture.width, picture.height, len(indices))
            found, offsets, elapsed = {}, {}, 0.0
            for index in range(max(indices) + 1):
                picture.seek(index)  # frames of an animation build on those before them
                if index in indices:
                    found[index], offsets[index] = np.asarray(picture.convert("RGB")), elapsed
                elapsed += picture.info.get("duration", 100) / 1000  # ms
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise InputError(f"{path.name} is too large ({one_line(error)}): shrink it") from error
    except (OSError, SyntaxError, ValueError, EOFError, IndexError) as error:
        raise InputError(f"{path.name} is damaged or cut short: copy or download it again") from error
    start = time_of([], path.stem)
    return Clip([found[i] for i in indices], _times(start, [offsets[i] for i in indices]), total)


def is_animated(path: Path, kind: str) -> bool:
    """Whether a GIF, WebP or PNG has more than one frame; False for what cannot be read (its reader will say why)."""
    try:
        with Image.open(path, formats=[kind.upper()]) as picture:
            return getattr(picture, "n_frames", 1) > 1
    except (Image.DecompressionBombError, OSError, SyntaxError, ValueError, EOFError):
        return False


@contextmanager
def _opened(path: Path, file: object, kind: str) -> Iterator[av.container.InputContainer]:
    try:
        # An open file instead of a name: FFmpeg then has no way to other files or addresses.
        with av.open(file, mode="r", format=VIDEO_DEMUXERS[kind]) as container:
            yield container
    except (av.FFmpegError, UnicodeDecodeError, MemoryError) as error:
        reason = one_line(getattr(error, "strerror", None) or error)
        raise InputError(
            f"{path.name} cannot be read as a video, it is damaged or cut short ({reason}): copy or download it again"
        ) from error


def _count(container: av.container.InputContainer, stream: av.video.stream.VideoStream) -> int:
    """Number of frames of a file whose header does not tell (MKV, WebM): its packets, not decoded."""
    total = sum(1 for packet in container.demux(stream) if packet.size)
    container.seek(0)
    return total


def _in_order(
    container: av.container.InputContainer, stream: av.video.stream.VideoStream, wanted: list[int]
) -> Iterator[tuple[int, tuple[np.ndarray, float | None]]]:
    """The wanted frames (rising), decoding everything up to the last of them."""
    rest = set(wanted)
    for index, frame in enumerate(container.decode(stream)):
        if index in rest:
            yield index, (_upright(frame), frame.time)
            rest.discard(index)
        if not rest:
            return


def _by_seeking(
    container: av.container.InputContainer, stream: av.video.stream.VideoStream, wanted: list[int]
) -> Iterator[tuple[int, tuple[np.ndarray, float | None]]]:
    """The wanted frames of a long video, each from the key frame before it; exact where the frame rate is constant."""
    assert stream.average_rate is not None and stream.time_base is not None
    first = stream.start_time or 0
    for index in wanted:
        target = first + round(index / stream.average_rate / stream.time_base)
        container.seek(target, stream=stream, backward=True)
        half = 0.5 / stream.average_rate / stream.time_base
        for frame in container.decode(stream):
            if frame.pts is not None and frame.pts >= target - half:
                yield index, (_upright(frame), frame.time)
                break


def _upright(frame: av.VideoFrame) -> np.ndarray:
    """(H, W, 3) uint8, turned as the recorder's display matrix says."""
    pixels = frame.to_ndarray(format="rgb24")
    return np.ascontiguousarray(np.rot90(pixels, round(frame.rotation / 90)))


def _times(start: datetime | None, offsets: list[float | None]) -> list[datetime | None]:
    if start is None:
        return []
    return [start + timedelta(seconds=offset) if offset is not None else None for offset in offsets]
