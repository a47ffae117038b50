"""Writes the example files: `python -m chronosight.synthetic.example OUT`.

before.tif, after.tif: one rendered place at two dates, 512 x 512 pixels of 1 m in UTM 14N. image.png: a rendered
image. video.mp4: a rendered video.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

from chronosight.synthetic import render_image, render_pair, render_video

PAIR_SEED, IMAGE_SEED, VIDEO_SEED = 214, 73, 16
VIDEO_EVENT = "fire"
FRAMES_PER_SECOND = 12
ORIGIN = (621_000.0, 3_352_000.0)  # easting, northing of the upper left corner, metres
DATES = ("2011:03:12 17:05:00", "2017:09:30 17:10:00")


def write_examples(folder: Path) -> None:
    """Writes the four files into a folder, which is made where it is missing.

    Args:
        folder: The folder.
    """
    folder.mkdir(parents=True, exist_ok=True)
    pair = render_pair(PAIR_SEED, 512, metres_per_pixel=1.0)
    _write_tiff(folder / "before.tif", pair.before, DATES[0])
    _write_tiff(folder / "after.tif", pair.after, DATES[1])
    _finish(folder / "image.png", lambda part: Image.fromarray(render_image(IMAGE_SEED).pixels).save(part, "PNG"))
    video = render_video(VIDEO_SEED, VIDEO_EVENT, frames=5 * FRAMES_PER_SECOND, size=256)
    _finish(folder / "video.mp4", lambda part: _write_video(part, video.frames))


def _finish(path: Path, write: Callable[[Path], None]) -> None:
    part = path.with_name(path.name + ".part")
    write(part)
    part.replace(path)


def _write_tiff(path: Path, pixels: np.ndarray, taken: str) -> None:
    import rasterio
    from rasterio.transform import from_origin

    height, width = pixels.shape[:2]

    def write(part: Path) -> None:
        with rasterio.open(
            part, "w", driver="GTiff", width=width, height=height, count=3, dtype="uint8", crs="EPSG:32614",
            transform=from_origin(*ORIGIN, 1.0, 1.0), tiled=True, blockxsize=256, blockysize=256, compress="deflate",
            predictor=2, zlevel=9, photometric="RGB",
        ) as file:  # fmt: skip
            file.write(pixels.transpose(2, 0, 1))
            file.update_tags(TIFFTAG_DATETIME=taken)

    _finish(path, write)


def _write_video(path: Path, frames: np.ndarray) -> None:
    import av

    with av.open(str(path), "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=FRAMES_PER_SECOND, options={"crf": "26", "preset": "slow"})
        stream.height, stream.width = frames.shape[1:3]
        stream.pix_fmt = "yuv420p"
        for frame in frames:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="rgb24")))
        container.mux(stream.encode(None))


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python -m chronosight.synthetic.example OUT")
    write_examples(Path(sys.argv[1]))
