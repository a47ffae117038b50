"""The weights folder of the compact engine: its facts, and its graphs opened when first needed.

Files: config.json, tokenizer.json, embedding.npy (V, d) float16, where there are any presence.npy (nouns, F + 1),
scene_classifier.npy (classes, F + 1) and familiar.npy (1 + F, F) float32, and the graphs guide, guide_caption, tower, change,
projector and decoder (.onnx); guide_fine, land_cover, captioner and captioner_words where config.json has "fine_guide",
"land_cover", "captioner"; guide_finest where "fine_guide" has "finest_guide".
Of config.json this engine reads

    format            1
    name, version     of the weights
    metres_per_pixel  ground size of a pixel the guide was trained at
    image_size, pair_size, video_size, video_frames    input of the language model, in pixels and frames
    classes           of the guide's mask, background first
    guide_views, image_views    in how many views the guide sees a pair (as it is, upside down) and the language model at an
                      image (as it is, mirrored); 1 where absent
    guide_form        form of the clue the language model was trained with (chronosight.tasks.clue)
    familiar          limit of the distance in familiar.npy (chronosight.engines.compact.familiar)
    presence          nouns, weights and thresholds of the classifier in presence.npy (chronosight.engines.compact.presence)
    scene_classifier  classes of the classifier in scene_classifier.npy, by row (chronosight.engines.compact.scene_classifier)
    checksums         file name -> {"bytes", "crc32"}; absent in folders of older releases
    from_objects      tasks ("count", "location") answered from the guide's objects (chosen by chronosight calibrate)
    calibration       task, or task_kind as in "caption_image" -> {"a", "b"} or {"temperature"}, "sure"
                      (see chronosight.engines.confidence). Besides tasks: "any_change", how the evidence on "has
                      anything changed" is weighed ("binary" that on one class); "mask" for pixels, with "threshold", "core" (from
                      which probability on a pixel is the inside of an object; 0.5 where absent), "min_area"
                      in pixels at metres_per_pixel, and "min_road" in square metres, the least area of a road that is
                      reported; "guide" for the guide's change_logit
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from threading import Lock
from typing import Any, TypeVar

import numpy as np
import onnxruntime
from tokenizers import Tokenizer

from chronosight.engines.compact.bundle_config import read_bundle_config, verify
from chronosight.engines.compact.sessions import open_session, physical_cores
from chronosight.errors import InputError

SHIPPED = Path(__file__).parents[2] / "weights" / "compact"
T = TypeVar("T")


class Bundle:
    """A weights folder. Graphs and arrays are read when first used, so an image question never reads the guide."""

    def __init__(self, folder: Path, threads: int | None = None) -> None:
        """threads: per graph; as many as there are physical cores when None. Raises InputError for a wrong folder."""
        self.folder = folder
        self.threads = threads or physical_cores()
        self._sessions: dict[str, onnxruntime.InferenceSession] = {}
        self._locks: dict[str, Lock] = {}
        self._lock = Lock()
        self.config = read_bundle_config(folder)

    def session(self, name: str) -> onnxruntime.InferenceSession:
        """Opens a graph, once.

        Args:
            name: Name of the file without ".onnx".

        Returns:
            The session.

        Raises:
            InputError: The file is missing, damaged or no ONNX graph.
        """
        with self._lock:
            lock = self._locks.setdefault(name, Lock())
        with lock:  # one lock a graph: different graphs open side by side
            if name not in self._sessions:
                path = self.folder / f"{name}.onnx"
                verify(path, self.config)
                self._sessions[name] = open_session(path, self.threads)
            return self._sessions[name]

    @cached_property
    def tokenizer(self) -> Tokenizer:
        """Of the language model; it pads and truncates nothing by itself."""
        tokenizer = self._read("tokenizer.json", lambda path: Tokenizer.from_file(str(path)))
        tokenizer.no_padding()
        tokenizer.no_truncation()
        return tokenizer

    def token_id(self, token: str) -> int:
        """Id of one of the prompt's own markers.

        Args:
            token: The marker.

        Returns:
            Its id in the vocabulary.

        Raises:
            InputError: The tokenizer does not have it.
        """
        found = self.tokenizer.token_to_id(token)
        if found is None:
            raise InputError(f"tokenizer.json of {self.folder} has no token {token}; give weights of this version")
        return found

    @cached_property
    def embedding(self) -> np.ndarray:
        """(V, d) float16, of every token."""
        array: np.ndarray = self.array("embedding")
        tokens = self.tokenizer.get_vocab_size()
        if array.dtype != np.float16 or array.ndim != 2 or len(array) < tokens:
            shape = " x ".join(map(str, array.shape))
            raise InputError(
                f"{self.folder / 'embedding.npy'} holds {shape} {array.dtype}, expected float16 of at least {tokens} tokens; "
                "copy the folder again"
            )
        return array

    def array(self, name: str) -> np.ndarray:
        """Maps an array into memory.

        Args:
            name: Name of the file without ".npy".

        Returns:
            The array, read-only.
        """
        return self._read(f"{name}.npy", lambda path: np.load(path, mmap_mode="r", allow_pickle=False))

    def _read(self, name: str, reader: Callable[[Path], T]) -> T:
        path = self.folder / name
        verify(path, self.config)
        try:
            return reader(path)
        except Exception as error:  # tokenizers raises a bare Exception
            reason = str(error).partition("\n")[0]
            raise InputError(f"weights file {path} cannot be read ({reason}); copy the folder again") from error

    def calibration(self, task: str, *kinds: str) -> dict[str, float]:
        """Calibration of a task: that for the kind of scene where there is one ("caption_image"), else the task's own.

        Args:
            task: The task.
            kinds: "image", "pair", "video", "fine", "finest"; the first that has a calibration counts.

        Returns:
            The settings by name; {} where nothing is calibrated.
        """
        settings = self.config.get("calibration", {})
        names = [*(f"{task}_{kind}" for kind in kinds), task]
        found: dict[str, float] = next((settings[name] for name in names if name in settings), {})
        return found

    @property
    def smallest_reported(self) -> dict[str, float]:
        """Square metres by class name (singular): what is smaller is not reported."""
        return {"road": self.calibration("mask").get("min_road", 0.0)}

    @property
    def from_objects(self) -> tuple[str, ...]:
        """Tasks whose answers are read off the guide's objects instead of the language model's reply."""
        return tuple(self.config.get("from_objects", ()))

    @cached_property
    def facts(self) -> dict[str, Any]:
        """Enough to find these weights again: engine, name, version and a hash over all files of the folder."""
        digest = hashlib.sha256()
        for path in sorted(self.folder.iterdir()):
            if path.suffix in {".onnx", ".npy", ".json"}:
                digest.update(path.name.encode())
                with path.open("rb") as file:
                    digest.update(hashlib.file_digest(file, "sha256").digest())
        return {
            "engine": "compact",
            "name": self.config.get("name", "compact"),
            "version": self.config.get("version", ""),
            "weights_sha256": digest.hexdigest(),
        }
