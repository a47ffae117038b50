"""The boundary to the libraries that decode files: whatever they raise becomes an `InputError`, whatever they print is caught.

GDAL (through rasterio), Pillow and FFmpeg (through PyAV) meet files that anyone may have made. They raise errors of dozens of
types, and print warnings. Each call to them stands inside `decoding`.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image
from rasterio.errors import RasterioIOError

from chronosight.errors import InputError
from chronosight.scenes.files import one_line

# Without a handler of their own, warnings of these loggers go to the screen.
for _name in ("rasterio", "PIL", "libav"):
    logging.getLogger(_name).addHandler(logging.NullHandler())


@contextmanager
def decoding(path: Path, what: str = "an image") -> Iterator[None]:
    """Turn every error of a decoder into one line.

    Args:
        path: of the file that is decoded.
        what: what it is read as, for the message.

    Raises:
        InputError: for whatever was raised inside.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except InputError:
        raise
    except MemoryError as error:
        raise InputError(f"{path.name} does not fit in memory: cut or shrink it") from error
    except Image.DecompressionBombError as error:
        raise InputError(f"{path.name} is too large ({one_line(error)}): shrink it") from error
    except Exception as error:  # decoders raise nearly anything: struct.error, KeyError, OverflowError, UnicodeDecodeError, ...
        raise damaged(path, error, what) from error


def damaged(path: Path, error: Exception, what: str = "an image") -> InputError:
    """The one-line error for a file that a decoder cannot read.

    Args:
        path: The file.
        error: What the decoder raised.
        what: What the file should be.

    Returns:
        The error, to be raised.
    """
    cause = error.__cause__ if isinstance(error, RasterioIOError) and error.__cause__ else error
    reason = one_line(getattr(cause, "strerror", None) or cause or type(cause).__name__)
    reason = reason.replace(str(path), path.name)[:160]
    return InputError(f"{path.name} cannot be read as {what}, it is damaged or cut short ({reason}): copy or download it again")


class _Messages(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage())


@contextmanager
def gdal_warnings() -> Iterator[list[str]]:
    """The warnings that GDAL gives inside, as text."""
    logger, handler = logging.getLogger("rasterio"), _Messages()
    logger.addHandler(handler)
    try:
        yield handler.lines
    finally:
        logger.removeHandler(handler)
