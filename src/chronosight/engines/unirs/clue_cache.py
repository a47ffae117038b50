"""Clues kept by what they depend on: the pixels of the scene and the provider. Asking again costs a hash."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

from chronosight.engines.unirs.clues import ClueProvider, seen_frames
from chronosight.errors import InputError
from chronosight.scenes.scene import Scene


class CachedClues:
    """A provider whose clues are kept in a JSON-lines file, or in memory alone where no file is given."""

    def __init__(self, provider: ClueProvider, path: str | Path | None = None) -> None:
        """Raises InputError where the file is there and holds something else. A line cut short by a crash is passed over."""
        self.provider, self.identity = provider, provider.identity
        self.path = Path(path) if path is not None else None
        self.kept: dict[str, str] = {}
        self.asked = 0  # scenes that the provider itself was asked about
        if self.path is not None and self.path.is_file():
            for number, line in enumerate(self.path.read_text(encoding="utf-8").splitlines(), 1):
                try:
                    row = json.loads(line)
                    self.kept[row["key"]] = row["clue"]
                except json.JSONDecodeError:
                    continue
                except (KeyError, TypeError):
                    raise InputError(f"{self.path}, line {number} is no kept clue; give another file for the cache") from None

    def clues(self, scenes: Sequence[Scene]) -> list[str]:
        """Makes one clue a scene; only scenes that are not cached reach the provider.

        Args:
            scenes: The scenes.

        Returns:
            The clues, in the order of the scenes.
        """
        keys = [scene_key(scene, self.identity) for scene in scenes]
        new = {key: scene for key, scene in zip(keys, scenes, strict=True) if key not in self.kept}
        if new:
            made = self.provider.clues(list(new.values()))
            self.asked += len(new)
            self.kept |= dict(zip(new, made, strict=True))
            self._append({key: self.kept[key] for key in new})
        return [self.kept[key] for key in keys]

    def _append(self, rows: dict[str, str]) -> None:
        if self.path is None:
            return
        self.path.parent.mkdir(parents=True, exist_ok=True)
        whole = not self.path.is_file() or self.path.read_bytes()[-1:] in (b"\n", b"")
        with self.path.open("a", encoding="utf-8") as file:
            file.write("" if whole else "\n")
            for key, clue in rows.items():
                file.write(json.dumps({"key": key, "clue": clue}, ensure_ascii=False) + "\n")


def scene_key(scene: Scene, identity: str) -> str:
    """Hash of kind, size and pixels of a scene, and of the provider. A provider that reads file names gets those too.

    Args:
        scene: The scene.
        identity: Identity of the provider.

    Returns:
        64 hexadecimal digits (SHA-256).
    """
    digest = hashlib.sha256(f"{identity}|{scene.kind}|{scene.frames.shape}|".encode())
    if identity.startswith("file:"):
        digest.update("|".join(Path(source).name for source in scene.sources).encode())
    digest.update(seen_frames(scene).tobytes())
    return digest.hexdigest()
