"""Rendered scenes kept for training: drawing one takes longer than learning from it.

A store is a folder of arrays and one `truth.jsonl`, a line a scene:
    stills  pixels (n, S, S, 3), classes (n, S, S) index into LAND_COVER, all uint8;
            objects [[class, x, y], ...], rural_urban, captions, questions [[task, subject, other, reply], ...]
    pairs   pixels (n, 2, S, S, 3), mask (n, S, S) index into CHANGE_CLASSES, appeared (n, S, S) 0 or 1, all uint8;
    captions videos  pixels (n, T, S, S, 3) uint8; event, captions
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np

from chronosight.synthetic.truth import LAND_COVER, OBJECT_CLASSES
from chronosight.tasks.pixels import pick_frames, resize_frames
from chronosight.training.progress import progress

Store = dict[str, np.ndarray]
Drawn = tuple[Store, dict[str, Any]]  # arrays of one scene, and its line of truth


class RenderedStills:
    """Images read from a store, for the tower."""

    def __init__(self, folder: str | Path) -> None:
        arrays, self.rows = read_store(folder)
        self.pixels, self.classes = arrays["pixels"], arrays["classes"]

    def window(self, rng: np.random.Generator, side: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """A random window of 1 to 1.4 times `side`.

        Args:
            rng: Draws the image and the window.
            side: Smallest side of the window in pixels.

        Returns:
            Pixels (w, w, 3) uint8, land cover one-hot (C, w, w) float32, and the number of objects by class (K,) float32.
        """
        i = int(rng.integers(len(self.rows)))
        size = self.pixels.shape[1]
        side = min(size, int(side * rng.uniform(1.0, 1.4)))
        x, y = int(rng.integers(size - side + 1)), int(rng.integers(size - side + 1))
        here = (slice(y, y + side), slice(x, x + side))
        classes = self.classes[i][here]
        cover = (classes[None] == np.arange(len(LAND_COVER), dtype=np.uint8)[:, None, None]).astype(np.float32)
        counts = np.zeros(len(OBJECT_CLASSES), np.float32)
        for name, cx, cy in self.rows[i]["objects"]:
            if x <= cx < x + side and y <= cy < y + side:
                counts[OBJECT_CLASSES.index(name)] += 1
        return self.pixels[i][here], cover, counts


def draw_still(seed: int) -> Drawn:
    """Renders an image for a store.

    Args:
        seed: Seed of the scene.

    Returns:
        Arrays by name, and a row of truth.
    """
    from chronosight.synthetic.image import render_image

    image = render_image(seed)
    objects = [[o.class_name, round(o.centre[0], 1), round(o.centre[1], 1)] for o in image.objects]
    questions = [[q.task, q.subject, q.other, reply] for q, reply in image.questions]
    row = {"objects": objects, "rural_urban": image.rural_urban, "captions": image.captions, "questions": questions}
    return {"pixels": image.pixels, "classes": image.class_map}, row


def draw_pair(seed: int) -> Drawn:
    """Renders a pair for a store.

    Args:
        seed: Seed of the scene.

    Returns:
        Arrays by name, and a row of truth.
    """
    from chronosight.synthetic.pair import render_pair

    pair = render_pair(seed)
    pixels = np.stack([pair.before, pair.after])
    return {"pixels": pixels, "mask": pair.change_mask, "appeared": pair.appeared.astype(np.uint8)}, {"captions": pair.captions}


def draw_video(seed: int, frames: int = 8, side: int = 128) -> Drawn:
    """Renders a video for a store; frames are sampled and resized as the model's processor does.

    Args:
        seed: Seed of the scene.
        frames: Number of frames.
        side: Side of a frame in pixels.

    Returns:
        Arrays by name, with (frames, side, side, 3) uint8 "pixels"; and a row of truth.
    """
    from chronosight.synthetic.video import render_video

    video = render_video(seed)
    small = resize_frames(pick_frames(video.frames, frames), side, side)  # (T, 3, side, side) in [0, 1]
    pixels = np.rint(np.asarray(small).transpose(0, 2, 3, 1) * 255).astype(np.uint8)
    return {"pixels": pixels}, {"event": video.event, "captions": video.captions}


def write_store(folder: str | Path, draw: Callable[[int], Drawn], seeds: Iterable[int]) -> None:
    """Renders one scene a seed into a folder; `truth.jsonl` is written last, so a folder that has it is whole.

    Args:
        folder: Folder to write; it is made where it is missing.
        draw: Renders the scene of a seed.
        seeds: Seeds of the scenes.
    """
    folder, seeds = Path(folder), list(seeds)
    folder.mkdir(parents=True, exist_ok=True)
    arrays: Store = {}
    lines = []
    for i, seed in enumerate(progress(seeds, f"rendering {folder.name}")):
        scene, row = draw(seed)
        for name, value in scene.items():
            if name not in arrays:
                path, shape = folder / f"{name}.npy", (len(seeds), *value.shape)
                arrays[name] = np.lib.format.open_memmap(path, mode="w+", dtype=value.dtype, shape=shape)
            arrays[name][i] = value
        lines.append(json.dumps({"seed": seed} | row))
    for array in arrays.values():
        array.flush()  # type: ignore[attr-defined]  # a memory map
    temporary = folder / "truth.tmp"
    temporary.write_text("\n".join(lines) + "\n")
    temporary.replace(folder / "truth.jsonl")


def read_store(folder: str | Path) -> tuple[Store, list[dict[str, Any]]]:
    """Reads a folder of rendered scenes.

    Args:
        folder: Folder written by `write_store`.

    Returns:
        Arrays by name, mapped into memory, with the scenes first; and the rows of truth.
    """
    folder = Path(folder)
    rows = [json.loads(line) for line in (folder / "truth.jsonl").read_text().splitlines()]
    return {path.stem: np.load(path, mmap_mode="r") for path in folder.glob("*.npy")}, rows
