"""What a server was started with. Other processes of the same server get it as JSON, without the key."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chronosight import limits
from chronosight.errors import InputError

if TYPE_CHECKING:
    from chronosight.engines.engine import Engine

VARIABLE = "CHRONOSIGHT_SERVICE_SETTINGS"  # environment of the processes that a server starts
PARENT_VARIABLE = "CHRONOSIGHT_SERVICE_PARENT"  # process id of the server that they belong to
KEY_VARIABLE = "CHRONOSIGHT_SERVICE_KEY"
MIN_KEY = 16  # characters
LOOPBACK = ("127.0.0.1", "::1", "localhost")


@dataclass(frozen=True)
class Settings:
    """Options of `chronosight serve`.

    Attributes:
        data: folder of scenes, jobs and their database.
        host: address to listen on.
        port: port to listen on.
        engine: name of the engine.
        weights: of the engine; the ones that ship when None.
        options: of `chronosight.engines.load`.
        workers: processes that answer requests, and as many that run jobs.
        roots: folders below which files may be named by path.
        allow_hosts: hosts from which images may be fetched; none by default.
        queue: jobs that may wait, and questions that may wait, before more are refused.
        job_seconds: longest time of one job.
        keep_days: days after which jobs that have ended are removed, and scenes that no job is about; None keeps all.
        key: API key that every request must show; None asks for none.
    """

    data: Path
    host: str = "127.0.0.1"
    port: int = 8080
    engine: str = "compact"
    weights: str | None = None
    options: dict[str, Any] = field(default_factory=dict)
    workers: int = 1
    roots: tuple[Path, ...] = ()
    allow_hosts: tuple[str, ...] = ()
    queue: int = limits.MAX_QUEUE
    job_seconds: float = limits.MAX_JOB_SECONDS
    keep_days: float | None = None
    key: str | None = None

    @property
    def on_loopback(self) -> bool:
        """Whether only this machine can connect."""
        return self.host in LOOPBACK

    def load_engine(self) -> Engine:
        """The engine. Raises InputError where it cannot be loaded."""
        from chronosight.engines import load

        return load(self.engine, self.weights, **self.options)

    def to_environment(self) -> dict[str, str]:
        """The variables that hand the settings to a process of this server; the key has one of its own."""
        facts = {key: value for key, value in asdict(self).items() if key != "key"}
        key = {KEY_VARIABLE: self.key} if self.key else {}
        return {VARIABLE: json.dumps(facts, default=str), PARENT_VARIABLE: str(os.getpid()), **key}

    @staticmethod
    def from_environment() -> Settings:
        """The settings that `to_environment` handed on."""
        facts = json.loads(os.environ[VARIABLE])
        facts |= {
            "data": Path(facts["data"]),
            "roots": tuple(map(Path, facts["roots"])),
            "allow_hosts": tuple(facts["allow_hosts"]),
        }
        return Settings(**facts, key=os.environ.get(KEY_VARIABLE) or None)


def check_settings(settings: Settings) -> None:
    """Checks that options go together.

    Args:
        settings: The settings.

    Raises:
        InputError: They do not, or the API key is too short.
    """
    if not settings.on_loopback and settings.key is None:
        raise InputError(
            f"{settings.host} can be reached from other machines, and no API key is set; set {KEY_VARIABLE} or --api-key-file"
        )
    if settings.key is not None and len(settings.key) < MIN_KEY:
        raise InputError(f"the API key has {len(settings.key)} characters, expected at least {MIN_KEY}")
    for root in settings.roots:
        if not root.is_dir():
            raise InputError(f"--root {root} is no folder; give one that exists")
