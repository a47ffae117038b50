"""How every pair of a run is described, and the fingerprint of everything that changes results."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chronosight.engines.engine_facts import engine_facts
from chronosight.errors import InputError
from chronosight.pipeline import Opening

if TYPE_CHECKING:
    from chronosight.engines.engine import Engine


@dataclass(frozen=True)
class Job:
    """The options of a run; it can be sent to other processes and machines.

    Attributes:
        engine: Name of the engine.
        weights: Its weights; the ones that ship when None.
        options: Further options of `chronosight.load`.
        opening: How files are opened.
        questions: Asked of every pair.
        min_area: Objects smaller than this, in square metres, are left out.
        min_confidence: Objects less probable than this are left out.
        rasters: Whether the maps of georeferenced pairs are written, as cloud-optimised GeoTIFFs.
        reports: Whether the whole report of every pair is written.
        cell_m: Of a whole scene, the side of a cell of its table in metres.
        retries: How often a failed pair is tried again.
        allow_remote: What may be read in addition to files on this machine.
        files: Whether the engine changevg is asked through files of `vllm run-batch` in place of a server.
        replies: The file of its replies; None while requests are written.
    """

    engine: str = "compact"
    weights: str | None = None
    options: dict[str, Any] = field(default_factory=dict)
    opening: Opening = field(default_factory=Opening)
    questions: tuple[str, ...] = ()
    min_area: float = 0.0
    min_confidence: float = 0.0
    rasters: bool = True
    reports: bool = False
    cell_m: float = 500.0
    retries: int = 0
    allow_remote: tuple[str, ...] = ()
    files: bool = False
    replies: str | None = None

    @property
    def remote_engine(self) -> bool:
        """Whether a server answers, so that requests at once cost no processor here."""
        return "endpoint" in self.options

    def load(self, threads: int | None = None) -> Engine:
        """Loads the engine, with addresses allowed in this process.

        Args:
            threads: Threads of each graph; None for the default.

        Returns:
            The engine.

        Raises:
            InputError: The engine or its weights cannot be used.
        """
        from chronosight.engines import load
        from chronosight.scenes.remote import allow_remote

        allow_remote(self.allow_remote)
        if not self.files:
            return load(self.engine, self.weights, threads, **self.options)
        from chronosight.engines.changevg.batch_files import NO_SERVER, ReplyFile
        from chronosight.engines.changevg.engine import ChangeVGEngine

        engine = load(self.engine, self.weights, threads, **self.options, endpoint=NO_SERVER)
        if self.replies is not None and self.weights is not None and isinstance(engine, ChangeVGEngine):
            engine.model = ReplyFile(self.weights, engine.settings.max_pixels, Path(self.replies))
        return engine

    def facts(self, engine: Engine) -> dict[str, Any]:
        """Everything that changes results, as JSON types: version, weights and options; not how often a pair is retried.

        Args:
            engine: The engine of the run.

        Returns:
            The facts.
        """
        from chronosight import __version__

        options = asdict(self)
        for name in ("retries", "weights", "allow_remote", "files", "replies"):
            del options[name]
        weights = engine_facts(engine)
        made: dict[str, Any] = json.loads(json.dumps({"version": __version__, "weights": weights, "options": options}))
        return made


def fingerprint(facts: dict[str, Any]) -> str:
    """A short hash of `Job.facts`.

    Args:
        facts: The facts of a run.

    Returns:
        16 hexadecimal digits.
    """
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:16]


def check_same(before: dict[str, Any], now: dict[str, Any], where: str) -> None:
    """Checks that the results of one folder come from one kind of run.

    Args:
        before: Facts of the run that began the folder.
        now: Facts of this run.
        where: The folder, for the message.

    Raises:
        InputError: They differ; the message names what differs.
    """
    if fingerprint(before) == fingerprint(now):
        return
    old, new = _flat(before), _flat(now)
    names = [name for name in sorted({*old, *new}) if old.get(name) != new.get(name)]
    differences = "; ".join(f"{name} was {old.get(name)!r}, now {new.get(name)!r}" for name in names[:3])
    raise InputError(f"{where} holds results of another kind of run ({differences}); give another folder, or the same options")


def _flat(facts: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for name, value in facts.items():
        flat |= _flat(value, f"{prefix}{name}.") if isinstance(value, dict) else {prefix + name: value}
    return flat
