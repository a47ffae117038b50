"""Chronosight: ask questions of imagery from above. `open` makes a scene of files, `load` an engine that answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

    from chronosight.scenes.scene import Scene

__all__ = ["load", "open"]


def open(
    *paths: str | Path,
    resize: bool = False,
    bands: tuple[int, int, int] | None = None,
    frames: int = 8,
    register: bool = True,
    force: bool = False,
) -> Scene:
    """Open one image, two dates of a place, or a video; see `chronosight.scenes.open.open_scene` for the rules.

    Raises chronosight.errors.InputError, with one line that says what to do, for files that cannot be used.
    """
    from chronosight.scenes.open import open_scene

    return open_scene(*paths, resize=resize, bands=bands, frames=frames, register=register, force=force)


def load(*args: Any, **kwargs: Any) -> Any:
    """Make an engine, by default the compact one that ships with the package; see `chronosight.engines.load`."""
    from chronosight import engines

    return engines.load(*args, **kwargs)
