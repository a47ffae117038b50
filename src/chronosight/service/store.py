"""Scenes and jobs in one SQLite file, beside the folders with their files.

    DATA/service.db        the tables
    DATA/scenes/ID/        before.tif, after.tif, ...
    DATA/jobs/ID/files/    what a job wrote

Every process of a server opens the same file; a job is claimed in one statement, so that two workers never run the same one.
"""

from __future__ import annotations

import json
import shutil
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal
from uuid import uuid4

State = Literal["queued", "running", "done", "failed", "cancelled"]
ENDED: tuple[State, ...] = ("done", "failed", "cancelled")
MAX_CRASHES = 3  # of a worker on one job, until the job is given up
SCHEMA = """
CREATE TABLE IF NOT EXISTS scenes (id TEXT PRIMARY KEY, created REAL, facts TEXT);
CREATE TABLE IF NOT EXISTS jobs (
    id TEXT PRIMARY KEY, scene TEXT, type TEXT, request TEXT, state TEXT, done INTEGER DEFAULT 0, total INTEGER DEFAULT 0,
    created REAL, started REAL, finished REAL, error TEXT, notes TEXT DEFAULT '[]', files TEXT DEFAULT '[]', worker INTEGER,
    crashes INTEGER DEFAULT 0
);
CREATE INDEX IF NOT EXISTS jobs_by_state ON jobs (state, created);
"""


@dataclass(frozen=True)
class Job:
    """One row of the table of jobs.

    Attributes:
        id: 32 hexadecimal digits.
        scene: id of the scene.
        type: "describe", "timeline" or "ask".
        request: the options as they were sent.
        state: "queued", "running", "done", "failed" or "cancelled".
        done: tiles done; of a timeline, comparisons of two dates.
        total: as many in all; 0 where that is not known yet.
        created: seconds since 1970.
        started: seconds since 1970; None before it began.
        finished: seconds since 1970; None before it ended.
        error: one line, of a failed job.
        notes: remarks about the work.
        files: names of the files written.
    """

    id: str
    scene: str
    type: str
    request: dict[str, Any]
    state: State
    done: int
    total: int
    created: float
    started: float | None
    finished: float | None
    error: str | None
    notes: list[str]
    files: list[str]

    @property
    def ended(self) -> bool:
        """Whether nothing more will happen to it."""
        return self.state in ENDED


class Store:
    """The tables and folders of one data folder."""

    def __init__(self, data: Path) -> None:
        """Makes what is missing."""
        self.data = data
        for folder in (self.scenes, self.jobs, self.incoming):
            folder.mkdir(parents=True, exist_ok=True)
        with self._connection() as connection:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.executescript(SCHEMA)

    @property
    def scenes(self) -> Path:
        """Folder of the scenes."""
        return self.data / "scenes"

    @property
    def jobs(self) -> Path:
        """Folder of the jobs."""
        return self.data / "jobs"

    @property
    def previews(self) -> Path:
        """Folder of frames at small sizes."""
        return self.data / "previews"

    @property
    def incoming(self) -> Path:
        """Folder of uploads that are not complete."""
        return self.data / "incoming"

    def files_of(self, job: Job | str) -> Path:
        """Folder of what a job wrote.

        Args:
            job: The job, or its id.

        Returns:
            The folder.
        """
        return self.jobs / (job if isinstance(job, str) else job.id) / "files"

    # Scenes.

    def add_scene(self, scene: str, facts: dict[str, Any]) -> None:
        """Adds a scene, or replaces what is known of it.

        Args:
            scene: Id of the scene.
            facts: Its facts, as JSON types.
        """
        with self._connection() as connection:
            connection.execute("INSERT OR REPLACE INTO scenes VALUES (?, ?, ?)", (scene, time.time(), json.dumps(facts)))

    def scene(self, scene: str) -> dict[str, Any] | None:
        """What is known of a scene.

        Args:
            scene: Id of the scene.

        Returns:
            Its facts; None where no scene has that id.
        """
        with self._connection() as connection:
            row = connection.execute("SELECT facts FROM scenes WHERE id = ?", (scene,)).fetchone()
        return None if row is None else json.loads(row["facts"])

    def known_scene(self, scene: str) -> dict[str, Any] | None:
        """What is known of a scene that is being added again: it counts as new for `--keep-days`.

        Args:
            scene: Id of the scene.

        Returns:
            Its facts; None where no scene has that id.
        """
        with self._connection() as connection:
            connection.execute("UPDATE scenes SET created = ? WHERE id = ?", (time.time(), scene))
        return self.scene(scene)

    def all_scenes(self, most: int = 100) -> list[dict[str, Any]]:
        """The latest scenes, newest first.

        Args:
            most: Largest number of scenes.

        Returns:
            Their facts.
        """
        with self._connection() as connection:
            rows = connection.execute("SELECT facts FROM scenes ORDER BY created DESC LIMIT ?", (most,)).fetchall()
        return [json.loads(row["facts"]) for row in rows]

    def delete_scene(self, scene: str) -> None:
        """Removes a scene with its files. Jobs about it stay.

        Args:
            scene: Id of the scene.
        """
        with self._connection() as connection:
            connection.execute("DELETE FROM scenes WHERE id = ?", (scene,))
        for folder in (self.scenes, self.previews):
            shutil.rmtree(folder / scene, ignore_errors=True)

    # Jobs.

    def add_job(self, scene: str, kind: str, request: dict[str, Any], most_waiting: int) -> Job | None:
        """Puts a job at the end of the queue.

        Args:
            scene: Id of the scene.
            kind: "describe", "timeline" or "ask".
            request: The request, as JSON types.
            most_waiting: Largest number of jobs that wait.

        Returns:
            The job; None where the queue is full.
        """
        number = uuid4().hex
        values = (number, scene, kind, json.dumps(request), time.time(), most_waiting)
        with self._connection() as connection:
            added = connection.execute(
                "INSERT INTO jobs (id, scene, type, request, state, created) SELECT ?, ?, ?, ?, 'queued', ? "
                "WHERE (SELECT count(*) FROM jobs WHERE state = 'queued') < ?",
                values,
            ).rowcount
        return self.job(number) if added else None

    def begin_job(self, scene: str, kind: str, request: dict[str, Any], worker: int) -> Job:
        """Adds a job that the calling process runs itself. It has the id of its scene, so that one that was stopped goes on.

        Args:
            scene: Id of the scene.
            kind: "describe", "timeline" or "ask".
            request: The request, as JSON types.
            worker: Process id of the caller.

        Returns:
            The job, which runs.
        """
        number, now = scene, time.time()
        with self._connection() as connection:
            connection.execute(
                "INSERT OR REPLACE INTO jobs (id, scene, type, request, state, created, started, worker) "
                "VALUES (?, ?, ?, ?, 'running', ?, ?, ?)",
                (number, scene, kind, json.dumps(request), now, now, worker),
            )
        job = self.job(number)
        assert job is not None
        return job

    def job(self, number: str) -> Job | None:
        """A job by its id.

        Args:
            number: Id of the job.

        Returns:
            The job; None where no job has that id.
        """
        with self._connection() as connection:
            row = connection.execute("SELECT * FROM jobs WHERE id = ?", (number,)).fetchone()
        return None if row is None else _job(row)

    def all_jobs(self, most: int = 100) -> list[Job]:
        """The latest jobs, newest first.

        Args:
            most: Largest number of jobs.

        Returns:
            The jobs.
        """
        with self._connection() as connection:
            rows = connection.execute("SELECT * FROM jobs ORDER BY created DESC LIMIT ?", (most,)).fetchall()
        return [_job(row) for row in rows]

    def finished(self, scene: str, kind: str) -> Job | None:
        """The latest finished job about a scene.

        Args:
            scene: Id of the scene.
            kind: "describe" or "timeline".

        Returns:
            The job; None where there is none.
        """
        with self._connection() as connection:
            row = connection.execute(
                "SELECT * FROM jobs WHERE scene = ? AND type = ? AND state = 'done' ORDER BY finished DESC", (scene, kind)
            ).fetchone()
        return None if row is None else _job(row)

    def counts(self) -> dict[str, int]:
        """Number of jobs by state."""
        with self._connection() as connection:
            return dict(connection.execute("SELECT state, count(*) FROM jobs GROUP BY state").fetchall())

    def claim(self, worker: int) -> Job | None:
        """Gives the oldest job that waits to a worker.

        Args:
            worker: Process id of the worker.

        Returns:
            The job, which runs now; None where none waits.
        """
        with self._connection() as connection:
            row = connection.execute(
                "UPDATE jobs SET state = 'running', worker = ?, started = coalesce(started, ?) WHERE id = "
                "(SELECT id FROM jobs WHERE state = 'queued' ORDER BY created LIMIT 1) RETURNING *",
                (worker, time.time()),
            ).fetchone()
        return None if row is None else _job(row)

    def progress(self, number: str, done: int, total: int) -> None:
        """Notes how far a running job is.

        Args:
            number: Id of the job.
            done: Tiles done.
            total: Tiles in all.
        """
        with self._connection() as connection:
            connection.execute("UPDATE jobs SET done = ?, total = ? WHERE id = ?", (done, total, number))

    def finish(self, number: str, state: State, error: str | None, notes: list[str], files: list[str]) -> bool:
        """Ends a running job.

        Args:
            number: Id of the job.
            state: "done" or "failed".
            error: What went wrong, in one line; None for nothing.
            notes: Notes for the user.
            files: Names of the files that it wrote.

        Returns:
            False where it was cancelled meanwhile.
        """
        values = (state, time.time(), error, json.dumps(notes), json.dumps(files), number)
        with self._connection() as connection:
            return bool(connection.execute(
                "UPDATE jobs SET state = ?, finished = ?, error = ?, notes = ?, files = ?, worker = NULL "
                "WHERE id = ? AND state = 'running'", values,
            ).rowcount)  # fmt: skip

    def cancel(self, number: str) -> None:
        """Cancels a job that waits or runs; its worker stops within a second.

        Args:
            number: Id of the job.
        """
        with self._connection() as connection:
            connection.execute(
                "UPDATE jobs SET state = 'cancelled', finished = ? WHERE id = ? AND state IN ('queued', 'running')",
                (time.time(), number),
            )

    def expire(self, before: float) -> tuple[int, int]:
        """Removes jobs that ended before a time, and scenes added before it that no job is about.

        Args:
            before: Seconds since 1970.

        Returns:
            Numbers of the jobs and of the scenes removed.
        """
        with self._connection() as connection:
            jobs = connection.execute("SELECT id FROM jobs WHERE finished < ?", (before,)).fetchall()
        for row in jobs:
            self.delete_job(row["id"])
        with self._connection() as connection:
            scenes = connection.execute(
                "SELECT id FROM scenes WHERE created < ? AND id NOT IN (SELECT scene FROM jobs)", (before,)
            ).fetchall()
        for row in scenes:
            self.delete_scene(row["id"])
        return len(jobs), len(scenes)

    def clear_incoming(self) -> None:
        """Removes uploads that a server left incomplete when it was killed."""
        shutil.rmtree(self.incoming, ignore_errors=True)
        self.incoming.mkdir(parents=True, exist_ok=True)

    def delete_job(self, number: str) -> None:
        """Removes a job that has ended, with its files.

        Args:
            number: Id of the job.
        """
        with self._connection() as connection:
            connection.execute("DELETE FROM jobs WHERE id = ?", (number,))
        shutil.rmtree(self.jobs / number, ignore_errors=True)

    def take_back(self, worker: int | None = None, crashed: bool = False) -> None:
        """Puts the jobs of a worker that is gone back into the queue.

        Args:
            worker: its process id; None after the whole server was stopped, when no job is being worked on.
            crashed: whether this counts against the job, which is given up after `MAX_CRASHES`.
        """
        running = "state = 'running'" if worker is None else f"state = 'running' AND worker = {worker:d}"
        error = f"the worker crashed {MAX_CRASHES} times on this job; check the images"
        with self._connection() as connection:
            connection.execute(f"UPDATE jobs SET crashes = crashes + ? WHERE {running}", (int(crashed),))
            connection.execute(
                f"UPDATE jobs SET state = 'failed', finished = ?, worker = NULL, error = ? WHERE {running} AND crashes >= ?",
                (time.time(), error, MAX_CRASHES),
            )
            connection.execute(f"UPDATE jobs SET state = 'queued', worker = NULL, done = 0, total = 0 WHERE {running}")

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        connection = sqlite3.connect(self.data / "service.db", timeout=15, isolation_level=None)
        connection.row_factory = sqlite3.Row
        try:
            yield connection
        finally:
            connection.close()


def _job(row: sqlite3.Row) -> Job:
    return Job(
        row["id"], row["scene"], row["type"], json.loads(row["request"]), row["state"], row["done"], row["total"], row["created"],
        row["started"], row["finished"], row["error"], json.loads(row["notes"]), json.loads(row["files"]),
    )  # fmt: skip
