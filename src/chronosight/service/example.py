"""The example pair, in the wheel and in a checkout."""

from __future__ import annotations

from pathlib import Path

HERE = Path(__file__).parent
FOLDERS = (HERE / "example", HERE.parents[2] / "examples")  # in the wheel (pyproject.toml), in a checkout


def example_pair() -> tuple[Path, Path]:
    """Two GeoTIFFs of one rendered place, the earlier date first."""
    folder = next(folder for folder in FOLDERS if (folder / "before.tif").is_file())
    return folder / "before.tif", folder / "after.tif"
