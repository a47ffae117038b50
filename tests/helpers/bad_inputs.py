"""Inputs that cannot be used: name -> function(folder) -> paths to give. Each must end in one line of error."""

from __future__ import annotations

import os
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import rasterio
from PIL import Image
from rasterio.crs import CRS
from rasterio.transform import from_origin


def texture(height: int = 64, width: int = 64, seed: int = 0) -> np.ndarray:
    """(H, W, 3) uint8 with detail at every scale that matters here."""
    rng = np.random.default_rng(seed)
    coarse = rng.uniform(0, 255, (height // 8 + 2, width // 8 + 2, 3))
    return (0.8 * np.kron(coarse, np.ones((8, 8, 1)))[:height, :width] + rng.uniform(0, 50, (height, width, 3))).astype(np.uint8)


def write_png(path: Path, pixels: np.ndarray | None = None) -> Path:
    Image.fromarray(texture() if pixels is None else pixels).save(path)
    return path


def write_tiff(path: Path, pixels: np.ndarray, epsg: int | None = 32614, x: float = 600_000, y: float = 3_300_000,
               size: float = 1.0, **options) -> Path:  # fmt: skip
    """pixels: (H, W, C). The upper left corner lies at (x, y); size: of a pixel in units of the CRS."""
    height, width, count = pixels.shape
    place = {} if epsg is None else {"crs": CRS.from_epsg(epsg), "transform": from_origin(x, y, size, size)}
    place |= {key: options.pop(key) for key in ("crs", "transform") if key in options}
    with rasterio.open(
        path, "w", driver="GTiff", width=width, height=height, count=count, dtype=pixels.dtype, **place, **options
    ) as dataset:
        dataset.write(pixels.transpose(2, 0, 1))
    return path


def write_video(path: Path, frames: int, width: int = 64, height: int = 64) -> Path:
    """Frame i is grey of brightness 10 i."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=10)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        for i in range(frames):
            pixels = np.full((height, width, 3), 10 * i, np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
        container.mux(stream.encode())
    return path


def cut(path: Path, share: float = 0.5) -> Path:
    content = path.read_bytes()
    path.write_bytes(content[: int(share * len(content))])
    return path


def written(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


def missing(folder: Path) -> list[Path]:
    return [folder / "absent.tif"]


def address(folder: Path) -> list[Path | str]:
    return ["https://example.com/before.tif"]


def virtual_path(folder: Path) -> list[Path | str]:
    return ["/vsicurl/https://example.com/before.tif"]


def empty_file(folder: Path) -> list[Path]:
    return [written(folder / "empty.png", b"")]


def text_file(folder: Path) -> list[Path]:
    return [written(folder / "notes.tif", b"this is no picture\n")]


def pdf(folder: Path) -> list[Path]:
    return [written(folder / "map.pdf", b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")]


def random_bytes(folder: Path) -> list[Path]:
    return [written(folder / "noise.jpg", np.random.default_rng(0).bytes(1000))]


def vrt(folder: Path) -> list[Path]:
    source = write_tiff(folder / "source.tif", texture())
    text = (
        '<VRTDataset rasterXSize="64" rasterYSize="64"><VRTRasterBand dataType="Byte" band="1"><SimpleSource>'
        f"<SourceFilename>{source}</SourceFilename></SimpleSource></VRTRasterBand></VRTDataset>"
    )
    return [written(folder / "virtual.tif", text.encode())]


def pipe(folder: Path) -> list[Path]:
    os.mkfifo(folder / "pipe.png")
    return [folder / "pipe.png"]


def truncated_tiff(folder: Path) -> list[Path]:
    return [cut(write_tiff(folder / "cut.tif", texture(), compress="deflate"))]


def truncated_png(folder: Path) -> list[Path]:
    return [cut(write_png(folder / "cut.png"))]


def truncated_jpeg(folder: Path) -> list[Path]:
    return [cut(write_png(folder / "cut.jpg"))]


def truncated_webp(folder: Path) -> list[Path]:
    return [cut(write_png(folder / "cut.webp"))]


def truncated_gif(folder: Path) -> list[Path]:
    return [cut(write_png(folder / "cut.gif"), 0.2)]


def truncated_mp4(folder: Path) -> list[Path]:
    return [cut(write_video(folder / "cut.mp4", 20))]


def truncated_avi(folder: Path) -> list[Path]:
    """Its header still promises twenty frames."""
    return [cut(write_video(folder / "cut.avi", 20))]


def video_without_frames(folder: Path) -> list[Path]:
    return [write_video(folder / "none.avi", 0)]


def folder_without_frames(folder: Path) -> list[Path]:
    (folder / "frames").mkdir()
    written(folder / "frames" / "readme.txt", b"nothing here")
    return [folder / "frames"]


def absurd_size(folder: Path) -> list[Path]:
    """A sparse file of some kilobytes that would be 25 gigapixels."""
    with rasterio.open(
        folder / "huge.tif", "w", driver="GTiff", width=160_000, height=160_000, count=1, dtype="uint8",
        sparse_ok=True, tiled=True, blockxsize=4096, blockysize=4096, compress="deflate",
    ):  # fmt: skip
        pass
    return [folder / "huge.tif"]


def bomb(folder: Path) -> list[Path]:
    """A PNG of a few bytes whose header promises 400 megapixels."""
    chunks = {
        b"IHDR": struct.pack(">IIBBBBB", 20_000, 20_000, 8, 2, 0, 0, 0),
        b"IDAT": zlib.compress(bytes(60_001)),
        b"IEND": b"",
    }
    content = b"\x89PNG\r\n\x1a\n"
    for name, data in chunks.items():
        content += struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
    return [written(folder / "bomb.png", content)]


def tiny(folder: Path) -> list[Path]:
    return [write_png(folder / "tiny.png", texture(8, 64))]


def all_nodata(folder: Path) -> list[Path]:
    return [write_tiff(folder / "nodata.tif", np.full((64, 64, 3), 7, np.uint8), nodata=7)]


def complex_numbers(folder: Path) -> list[Path]:
    return [write_tiff(folder / "radar.tif", np.ones((64, 64, 1), np.complex64))]


def many_unnamed_bands(folder: Path) -> list[Path]:
    return [write_tiff(folder / "spectrum.tif", np.zeros((32, 32, 40), np.uint16))]


def different_sizes(folder: Path) -> list[Path]:
    return [write_png(folder / "a.png"), write_png(folder / "b.png", texture(64, 80))]


def one_without_place(folder: Path) -> list[Path]:
    return [write_tiff(folder / "placed.tif", texture()), write_png(folder / "plain.png", texture(80, 80))]


def no_overlap(folder: Path) -> list[Path]:
    return [write_tiff(folder / "here.tif", texture()), write_tiff(folder / "there.tif", texture(), x=700_000)]


def overlap_too_small(folder: Path) -> list[Path]:
    return [write_tiff(folder / "here.tif", texture()), write_tiff(folder / "beside.tif", texture(), x=600_060)]


def no_common_data(folder: Path) -> list[Path]:
    left, right = texture(), texture()
    left[:, 32:], right[:, :32] = 0, 0
    return [write_tiff(folder / "left.tif", left, nodata=0), write_tiff(folder / "right.tif", right, nodata=0)]


def series_of_sizes(folder: Path) -> list[Path]:
    return [write_png(folder / f"{i}.png", texture(64 + i, 64)) for i in range(4)]


def video_in_a_pair(folder: Path) -> list[Path]:
    return [write_video(folder / "clip.mp4", 10), write_png(folder / "after.png")]


def folder_in_a_pair(folder: Path) -> list[Path]:
    return [*folder_without_frames(folder), write_png(folder / "after.png")]


BAD_INPUTS: dict[str, Callable[[Path], list]] = {
    make.__name__: make
    for make in (
        missing, address, virtual_path, empty_file, text_file, pdf, random_bytes, vrt, pipe, truncated_tiff,
        truncated_png, truncated_jpeg, truncated_webp, truncated_gif, truncated_mp4, truncated_avi,
        video_without_frames, folder_without_frames, absurd_size, bomb, tiny, all_nodata, complex_numbers,
        many_unnamed_bands, different_sizes, one_without_place, no_overlap, overlap_too_small, no_common_data,
        series_of_sizes, video_in_a_pair, folder_in_a_pair,
    )
}  # fmt: skip
