"""Frames of a video file (MP4, MOV, AVI, MKV, WebM) or of an animation (GIF, WebP, PNG). Only those used are converted."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, BinaryIO

import av
import numpy as np
from PIL import Image

from chronosight.errors import InputError
from chronosight.limits import MAX_ANIMATION_FRAMES, MAX_DECODE_SECONDS, MAX_PIXELS, MAX_VIDEO_PACKETS, MAX_VIDEO_SIDE
from chronosight.scenes.boundary import decoding
from chronosight.scenes.files import VIDEO_DEMUXERS, check_size, check_video_size
from chronosight.scenes.sampling import sample_indices
from chronosight.scenes.times import time_of

_SEEK_GAP = 300  # frames: further apart than this, jumping to the next key frame beats decoding all between
_FRAME_PIXELS = MAX_PIXELS // 2  # of a video: a decoder holds a dozen frames at once
_THREADED_PIXELS = 9_000_000  # up to here (4096 x 2160) frames are decoded in parallel, which takes memory for each thread


@dataclass(frozen=True)
class Clip:
    """The frames used of a video.

    Attributes:
        frames: (H, W, 3) uint8 each, all of one size, rising in time.
        times: of each, where the file says when it was taken, else empty.
        total: number of frames in the file.
        notes: what the user should know.
    """

    frames: list[np.ndarray]
    times: list[datetime | None]
    total: int
    notes: tuple[str, ...] = ()


def read_video(path: Path, kind: str, n: int) -> Clip:
    """Frames of a video at linspace(0, total - 2, n), all of them where there are fewer.

    Args:
        path: of the file.
        kind: a key of VIDEO_DEMUXERS; no other demuxer is tried, and nothing outside the file is opened.
        n: number of frames wanted.

    Raises:
        InputError: for damaged files, files without images, frames too large, and what takes too long.
    """
    with path.open("rb") as file, _opened(path, file, kind) as container:
        if not container.streams.video:
            raise InputError(f"{path.name} has no images in it, expected a video: is it a sound recording?")
        stream = container.streams.video[0]
        width, height = stream.codec_context.width, stream.codec_context.height
        if width * height == 0:
            raise InputError(f"{path.name} does not say how large its frames are, expected a video: export it again")
        check_size(path.name, width, height, _FRAME_PIXELS)
        check_video_size(path.name, *_shrunk(width, height), n)
        stream.thread_type = "AUTO" if width * height <= _THREADED_PIXELS else "NONE"
        # Frames may be larger than the header says: the decoder then stops before it takes memory for them.
        stream.codec_context.options = {"max_pixels": str(min(_FRAME_PIXELS, 4 * max(width * height, 1_000_000)))}
        deadline = _Deadline(path)
        stamps = _stamps(container, stream, deadline)
        total = max(stream.frames, len(stamps))
        if total == 0:
            raise InputError(f"{path.name} is a video of 0 frames: record or export it again")
        indices = sample_indices(total, n)
        wanted = dict.fromkeys(indices)
        found: dict[int, tuple[av.VideoFrame, float | None]] = {}
        pixels: dict[int, np.ndarray] = {}
        source = _by_seeking(container, stream, list(wanted), stamps, deadline) if total / n > _SEEK_GAP else None
        for index, frame in source or _in_order(container, stream, list(wanted), deadline):
            pixels[index] = _upright(frame)
            found[index] = frame, frame.time
        start = time_of([container.metadata.get("creation_time")], path.stem)
    missing = [index for index in wanted if index not in found]
    if missing:
        raise InputError(
            f"{path.name} is damaged or cut short: frame {missing[0]} of {total} is missing: copy or download it again"
        )
    frames, notes = _one_size(path.name, [pixels[index] for index in indices])
    return Clip(frames, _times(start, [found[i][1] for i in indices]), total, notes)


def read_animation(path: Path, kind: str, n: int) -> Clip:
    """The same for a GIF, WebP or PNG of one or more frames.

    Args:
        path: of the file.
        kind: "GIF", "WebP" or "PNG".
        n: number of frames wanted.

    Raises:
        InputError: for damaged files, frames too large or too many, and what takes too long.
    """
    with decoding(path), Image.open(path, formats=[kind.upper()]) as image:
        check_video_size(path.name, image.width, image.height, 1)
        deadline = _Deadline(path)
        total = getattr(image, "n_frames", 1)
        if total > MAX_ANIMATION_FRAMES:
            raise InputError(
                f"{path.name} has {total:,} frames, expected at most {MAX_ANIMATION_FRAMES:,} in a {kind}: save it as an MP4"
            )
        indices = sample_indices(total, n) if total > 1 else [0]
        check_video_size(path.name, *_shrunk(image.width, image.height), len(indices))
        found, offsets, elapsed = {}, {}, 0.0
        for index in range(max(indices) + 1):
            deadline.check()
            image.seek(index)  # frames of an animation build on those before them
            if index in indices:
                frame = image.convert("RGB")
                frame.thumbnail((MAX_VIDEO_SIDE, MAX_VIDEO_SIDE), Image.Resampling.BOX)
                found[index], offsets[index] = np.asarray(frame), elapsed
            elapsed += float(image.info.get("duration", 100) or 0) / 1000  # ms
    frames, notes = _one_size(path.name, [found[i] for i in indices])
    return Clip(frames, _times(time_of([], path.stem), [offsets[i] for i in indices]), total, notes)


def is_animated(path: Path, kind: str) -> bool:
    """Whether a GIF, WebP or PNG has more than one frame; False for what cannot be read (its reader will say why).

    Args:
        path: The file.
        kind: "GIF", "WebP" or "PNG".

    Returns:
        True where it has.
    """
    try:
        with decoding(path), Image.open(path, formats=[kind.upper()]) as image:
            return getattr(image, "n_frames", 1) > 1
    except InputError:
        return False


class _Deadline:
    """Raises InputError once decoding takes longer than a video may."""

    def __init__(self, path: Path) -> None:
        self.path, self.end = path, time.monotonic() + MAX_DECODE_SECONDS

    def check(self) -> None:
        if time.monotonic() > self.end:
            raise InputError(
                f"{self.path.name} takes longer than {MAX_DECODE_SECONDS:g} s to decode: cut it, or save it with smaller frames"
            )


# Titles that are no UTF-8 are no reason to refuse a video; PyAV 19 never refuses them.
_TITLES: dict[str, Any] = {} if int(av.__version__.partition(".")[0]) >= 19 else {"metadata_errors": "replace"}


@contextmanager
def _opened(path: Path, file: BinaryIO, kind: str) -> Iterator[av.container.InputContainer]:
    # An open file instead of a name: FFmpeg then has no way to other files or addresses.
    with decoding(path, "a video"), av.open(file, mode="r", format=VIDEO_DEMUXERS[kind], **_TITLES) as container:
        yield container


def _stamps(container: av.container.InputContainer, stream: av.video.stream.VideoStream, deadline: _Deadline) -> list[int | None]:
    """When each frame is shown, rising, in units of the stream: from its packets, which are not decoded.

    None for every frame where the file does not say so for each.
    """
    stamps: list[int | None] = []
    for packet in container.demux(stream):
        if packet.size and not packet.is_discard:
            stamps.append(packet.pts)
        if len(stamps) > MAX_VIDEO_PACKETS:
            raise InputError(f"{deadline.path.name} has more than {MAX_VIDEO_PACKETS:,} frames: cut it")
        if len(stamps) % 1000 == 0:
            deadline.check()
    container.seek(0)
    known = [stamp for stamp in stamps if stamp is not None]
    return [*sorted(known)] if len(known) == len(stamps) else [None] * len(stamps)


def _in_order(
    container: av.container.InputContainer, stream: av.video.stream.VideoStream, wanted: list[int], deadline: _Deadline
) -> Iterator[tuple[int, av.VideoFrame]]:
    """The wanted frames (rising), decoding everything up to the last of them."""
    rest = set(wanted)
    for index, frame in enumerate(container.decode(stream)):
        deadline.check()
        if index in rest:
            yield index, frame
            rest.discard(index)
        if not rest:
            return


def _by_seeking(
    container: av.container.InputContainer,
    stream: av.video.stream.VideoStream,
    wanted: list[int],
    stamps: list[int | None],
    deadline: _Deadline,
) -> Iterator[tuple[int, av.VideoFrame]] | None:
    """The wanted frames of a long video, each from the key frame before it; None where its packets have no times."""
    targets = [stamps[index] if index < len(stamps) else None for index in wanted]
    if any(target is None for target in targets):
        return None

    def frames() -> Iterator[tuple[int, av.VideoFrame]]:
        for index, target in zip(wanted, targets, strict=True):
            assert target is not None
            container.seek(target, stream=stream, backward=True)
            for frame in container.decode(stream):
                deadline.check()
                if frame.pts is not None and frame.pts >= target:
                    yield index, frame
                    break

    return frames()


def _shrunk(width: int, height: int) -> tuple[int, int]:
    """The size at which a frame is used: as it is, or with MAX_VIDEO_SIDE pixels along its longer side."""
    factor = min(1.0, MAX_VIDEO_SIDE / max(width, height))
    return max(1, round(width * factor)), max(1, round(height * factor))


def _upright(frame: av.VideoFrame) -> np.ndarray:
    """(H, W, 3) uint8, turned as the recorder's display matrix says."""
    width, height = _shrunk(frame.width, frame.height)
    if (width, height) == (frame.width, frame.height):
        pixels = frame.to_ndarray(format="rgb24")
    else:
        pixels = frame.to_ndarray(format="rgb24", width=width, height=height, interpolation="AREA")
    return np.ascontiguousarray(np.rot90(pixels, round(frame.rotation / 90)))


def _one_size(name: str, frames: list[np.ndarray]) -> tuple[list[np.ndarray], tuple[str, ...]]:
    """Frames of streams that change their size, at the size of the largest."""
    sizes = {frame.shape for frame in frames}
    if len(sizes) == 1:
        return frames, ()
    height, width, _ = max(sizes, key=lambda shape: shape[0] * shape[1])
    alike = [
        frame
        if frame.shape[:2] == (height, width)
        else np.asarray(Image.fromarray(frame).resize((width, height), Image.Resampling.BICUBIC))
        for frame in frames
    ]
    return alike, (f"the frames of {name} change their size: all were brought to {width} x {height} pixels",)


def _times(start: datetime | None, offsets: list[float | None]) -> list[datetime | None]:
    if start is None:
        return []
    return [start + timedelta(seconds=offset) if offset is not None else None for offset in offsets]
