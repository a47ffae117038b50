"""Arrays of a weights folder."""

from __future__ import annotations

from pathlib import Path

import numpy as np


def write_array(folder: Path, name: str, array: np.ndarray) -> None:
    """Writes an array under a temporary name, then renames it.

    Args:
        folder: Weights folder.
        name: Name of the file without ".npy".
        array: The array.
    """
    part = folder / f".{name}.partial.npy"
    np.save(part, array)
    part.replace(folder / f"{name}.npy")
