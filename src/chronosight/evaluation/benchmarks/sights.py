"""Sights made of files: one picture, a pair of dates on one grid, a video."""

from __future__ import annotations

from pathlib import Path

from chronosight.evaluation.item import Sight
from chronosight.scenes.scene import Scene


def image_sight(name: str, path: Path) -> Sight:
    def open_it() -> Scene:
        from chronosight.scenes.open import open_scene

        return open_scene(path)

    return Sight(name, "image", open_it, (path,))


def pair_sight(name: str, before: Path, after: Path, metres_per_pixel: float | None = None) -> Sight:
    """Two dates that lie on one grid already, as benchmarks have them: nothing is shifted or stretched."""

    def open_it() -> Scene:
        from chronosight.scenes.open import open_scene

        scene = open_scene(before, after, register=False)
        if scene.metres_per_pixel is None:
            scene.metres_per_pixel = metres_per_pixel
        return scene

    return Sight(name, "pair", open_it, (before, after))


def video_sight(name: str, path: Path) -> Sight:
    def open_it() -> Scene:
        from chronosight.scenes.open import open_scene

        return open_scene(path)

    return Sight(name, "video", open_it, (path,))
