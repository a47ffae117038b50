"""A disk that fills up during training, in one line: torch and safetensors report it with errors of their own."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from safetensors import SafetensorError

from chronosight.errors import InputError

LEAST = 64_000_000  # free bytes, below which a file that could not be written is put down to the full disk


@contextmanager
def full_disk_named(folder: Path) -> Iterator[None]:
    """Runs what writes checkpoints.

    Args:
        folder: Where they are written.

    Yields:
        Nothing.

    Raises:
        InputError: The disk is full.
    """
    try:
        yield
    except (OSError, RuntimeError, SafetensorError) as error:
        free = shutil.disk_usage(folder).free
        if free >= LEAST:
            raise
        raise InputError(
            f"the disk of {folder} is full ({free / 1e6:.0f} MB free); make room, then the same command goes on"
        ) from error
