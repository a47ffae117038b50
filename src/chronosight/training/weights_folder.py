"""What calibration writes into a weights folder, each file under a temporary name first."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

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


def write_config(folder: Path, config: dict[str, Any]) -> None:
    """Writes config.json under a temporary name, then renames it.

    Args:
        folder: Weights folder.
        config: All of the configuration, as JSON types.
    """
    part = folder / ".config.json.partial"
    part.write_text(json.dumps(config, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    part.replace(folder / "config.json")
