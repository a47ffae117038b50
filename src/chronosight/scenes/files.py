"""What a path may be, what kind of file it holds (by its first bytes), and how large its image may be.

Only files on a disk are opened: no GDAL virtual paths, no formats that point at other files (playlists). Addresses and VRTs are
opened only where they were allowed (`remote`).
"""

from __future__ import annotations

import os
import stat
from functools import cache
from pathlib import Path

from chronosight.errors import InputError
from chronosight.limits import MAX_PIXELS, MAX_VIDEO_PIXELS, MIN_SIDE
from chronosight.scenes.remote import head_of, is_remote, remote_path, vrt_allowed

# Format name -> GDAL's driver for it. These are the only drivers ever tried.
JPEG_2000 = "JP2OpenJPEG"  # not part of every build of GDAL
RASTER_DRIVERS = {"TIFF": "GTiff", "PNG": "PNG", "JPEG": "JPEG", "WebP": "WEBP", "JPEG 2000": JPEG_2000, "VRT": "VRT"}
# Drivers that read windows of any image without decoding all of it.
WINDOWED_DRIVERS = ("GTiff", JPEG_2000)
# Format name -> FFmpeg's demuxer for it.
VIDEO_DEMUXERS = {"MP4": "mov", "AVI": "avi", "Matroska": "matroska"}

KNOWN = "PNG, JPEG, JPEG 2000, WebP or GeoTIFF (image), MP4, MOV, AVI, MKV, WebM or GIF (video)"

# Formats people have and we do not read: named in the error, so that they know what to convert.
_FOREIGN = (
    (b"%PDF", "a PDF document"),
    (b"PK\x03\x04", "a ZIP archive"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"\x89HDF", "an HDF5 or NetCDF file"),
    (b"CDF", "a NetCDF file"),
    (b"BM", "a BMP image"),
    (b"<VRTDataset", "a GDAL virtual raster (VRT; --allow-remote vrt reads it)"),
    (b"#EXTM3U", "a playlist"),
)
JPEG_2000_HEADS = (b"\x00\x00\x00\x0cjP  \r\n\x87\n", b"\xff\x4f\xff\x51")
_HEIF_BRANDS = (b"heic", b"heix", b"mif1", b"avif", b"avis")


def local_path(text: str | os.PathLike[str]) -> Path:
    """The path as absolute, when it names a file or folder that is there; GDAL's name for an address that is allowed.

    Args:
        text: the path as the user gave it.

    Raises:
        InputError: for an address, a path that is not there or whose name is no UTF-8, a pipe, a device or a socket.
    """
    name = os.fspath(text)
    if "://" in name or name.startswith("/vsi"):
        return remote_path(name)
    if not name or "\x00" in name:
        raise InputError("found an empty file name, expected the path of an image or a video")
    try:
        name.encode("utf-8")
    except UnicodeEncodeError:
        raise InputError(f"{one_line(name)} has a name that is not UTF-8, which no reader here can open: rename it") from None
    path = Path(name).absolute()
    try:
        mode = path.stat().st_mode
    except (OSError, ValueError):
        raise InputError(f"{one_line(name)} does not exist: check the path") from None
    if str(path).startswith("/vsi"):  # GDAL would take it for one of its virtual file systems
        raise InputError(f"{one_line(name)} begins with /vsi, which names no ordinary file: move it elsewhere")
    if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
        raise InputError(f"{one_line(name)} is a device or a pipe, expected an ordinary file: save it to one first")
    return path


def locate(name: str, folder: Path) -> str:
    """A path as a manifest means it: relative to the manifest's folder; an address as it is.

    Args:
        name: A path or an address.
        folder: Folder of the manifest.

    Returns:
        An absolute path, or the address.
    """
    return name if "://" in name else str((folder / name).absolute())


def file_format(path: Path) -> str:
    """What a file holds, by its first bytes.

    Args:
        path: of a regular file.

    Returns:
        One of "TIFF", "PNG", "JPEG", "JPEG 2000", "WebP", "GIF", "MP4" (also MOV), "AVI" or "Matroska" (or WebM).

    Raises:
        InputError: for a file that is empty, no regular file, unreadable or of another kind.
    """
    try:
        if is_remote(path):
            head = head_of(path)
        elif not stat.S_ISREG(path.stat().st_mode):
            raise InputError(f"{path.name} is no regular file, expected {KNOWN}: save it to one first")
        else:
            with path.open("rb") as file:
                head = file.read(512)
    except OSError as error:
        raise InputError(f"{path.name} cannot be read ({error.strerror}): check its permissions") from None
    if not head:
        raise InputError(f"{path.name} is empty (0 bytes): copy or download it again")
    match head[:4], head[4:8], head[8:12]:
        case (b"II*\x00" | b"MM\x00*" | b"II+\x00" | b"MM\x00+", _, _):
            return "TIFF"
        case (b"\x89PNG", b"\r\n\x1a\n", _):
            return "PNG"
        case (b"GIF8", _, _):
            return "GIF"
        case (b"RIFF", _, b"WEBP"):
            return "WebP"
        case (b"RIFF", _, b"AVI "):
            return "AVI"
        case (b"\x1aE\xdf\xa3", _, _):
            return "Matroska"
        case (_, b"ftyp", brand) if brand in _HEIF_BRANDS:
            raise InputError(f"{path.name} is a HEIF or AVIF image, expected {KNOWN}: convert it")
        case (_, b"ftyp" | b"moov" | b"mdat" | b"wide" | b"free" | b"skip", _):
            return "MP4"
    if vrt_allowed() and head.lstrip().startswith(b"<VRTDataset") and not is_remote(path):
        return "VRT"
    if head[:3] == b"\xff\xd8\xff":
        return "JPEG"
    if head.startswith(JPEG_2000_HEADS):
        if not has_jpeg_2000():
            raise InputError(f"{path.name} is a JPEG 2000 image, which this build of GDAL cannot read: convert it to GeoTIFF")
        return "JPEG 2000"
    found = next((name for magic, name in _FOREIGN if head.lstrip().startswith(magic)), None)
    if found is None:
        found = "a text file" if _is_text(head) else "of an unknown type"
    raise InputError(f"{path.name} is {found}, expected {KNOWN}")


@cache
def has_jpeg_2000() -> bool:
    """Whether this build of GDAL reads JPEG 2000.

    Returns:
        True where it has the driver JP2OpenJPEG.
    """
    import rasterio

    with rasterio.Env() as environment:
        return JPEG_2000 in environment.drivers()


def check_size(name: str, width: int, height: int, max_pixels: int = MAX_PIXELS) -> None:
    """Check the size of an image; call it before decoding.

    Args:
        name: of the file, for the message.
        width: in pixels.
        height: in pixels.
        max_pixels: the largest width x height allowed.

    Raises:
        InputError: where it is too large to hold, or too small to show anything.
    """
    if width * height > max_pixels:
        raise InputError(
            f"{name} is {width} x {height} pixels, expected at most {max_pixels // 10**6} megapixels: cut or shrink it"
        )
    if min(width, height) < MIN_SIDE:
        raise InputError(f"{name} is {width} x {height} pixels, expected at least {MIN_SIDE} on each side")


def check_video_size(name: str, width: int, height: int, frames: int) -> None:
    """Checks the size of the frames of a video or series, as `check_size` does, and that memory can hold them together.

    Args:
        name: Name for the message.
        width: Width of a frame in pixels.
        height: Height of a frame in pixels.
        frames: Number of frames.

    Raises:
        InputError: A frame, or all of them together, are too large or too small.
    """
    check_size(name, width, height)
    if width * height * frames > MAX_VIDEO_PIXELS:
        raise InputError(
            f"{frames} frames of {width} x {height} pixels are too many for {name}, expected at most "
            f"{MAX_VIDEO_PIXELS // 1_000_000} megapixels together: ask for fewer frames or shrink them"
        )


def one_line(text: object) -> str:
    """Text as one printable line, for error messages.

    Args:
        text: Anything that can be printed.

    Returns:
        One line without control characters.
    """
    line = " ".join(str(text).split())
    return "".join(c if c.isprintable() else "?" for c in line)


def _is_text(head: bytes) -> bool:
    try:
        text = head.decode("utf-8")
    except UnicodeDecodeError as error:
        text = head[: error.start].decode("utf-8")
        if error.start < len(head) - 3:  # more than a character cut in two at the end
            return False
    return all(c.isprintable() or c.isspace() for c in text)
