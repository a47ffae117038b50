"""A process that runs jobs, one at a time: `python -m chronosight.service.worker`.

It ends itself when its server ends, when its job is cancelled and when the job takes too long: a decoder or a network that is
stuck cannot be stopped otherwise. The server starts another one. What is written so far stays, and the journal of a whole
scene lets the next run go on from there.
"""

from __future__ import annotations

import logging
import os
import shutil
import threading
import time
from pathlib import Path

from chronosight.engines.engine import Engine
from chronosight.errors import InputError
from chronosight.service.jobs import run_job
from chronosight.service.messages import public_message
from chronosight.service.settings import PARENT_VARIABLE, Settings
from chronosight.service.store import Job, Store

POLL = 0.2  # seconds between checks for a job, and for its cancellation
CANCELLED = 75  # exit code: the job was cancelled or took too long, nothing crashed
log = logging.getLogger("chronosight.worker")


def main() -> None:
    """Runs jobs until the server ends."""
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s: %(message)s")
    settings = Settings.from_environment()
    end_with_parent()
    store = Store(settings.data)
    engine: Engine | None = None
    while True:
        job = store.claim(os.getpid())
        if job is None:
            time.sleep(POLL)
            continue
        over = threading.Event()
        threading.Thread(target=_watch, args=(store, settings, job, over), daemon=True).start()
        try:
            engine = engine or settings.load_engine()
            notes, files = run_job(store, job, engine, _Progress(store, job.id))
            ended = store.finish(job.id, "done", None, notes, files)
        except InputError as error:
            ended = store.finish(job.id, "failed", public_message(error), [], [])
        except MemoryError:
            ended = store.finish(job.id, "failed", "not enough memory for this scene; give a part of it", [], [])
        except Exception:
            ended = store.finish(job.id, "failed", "this job failed inside the server; its log says why", [], [])
            if ended:  # else it was cancelled, and its files were removed while it was at work
                log.exception("job %s failed", job.id)
        over.set()
        if not ended:
            remove_files(store, job.id)


def end_with_parent() -> None:
    """Ends this process within a moment of the server that started it, however that ends."""
    parent = int(os.environ[PARENT_VARIABLE])

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(POLL)
        os._exit(0)

    threading.Thread(target=watch, daemon=True).start()


def remove_files(store: Store, number: str) -> None:
    """Removes what a job that was cancelled wrote.

    Args:
        store: The store.
        number: Id of the job.
    """
    shutil.rmtree(Path(store.jobs / number), ignore_errors=True)


class _Progress:
    """Writes progress to the store, a few times a second at most."""

    def __init__(self, store: Store, number: str) -> None:
        self.store, self.number, self.last = store, number, 0.0

    def __call__(self, done: int, total: int) -> None:
        now = time.monotonic()
        if now - self.last > POLL or done == total:
            self.last = now
            self.store.progress(self.number, done, total)


def _watch(store: Store, settings: Settings, job: Job, over: threading.Event) -> None:
    """Ends this process where its job is cancelled or takes too long."""
    end = time.monotonic() + settings.job_seconds
    while not over.wait(POLL):
        now = store.job(job.id)
        if now is None or now.state == "cancelled":
            if over.is_set():
                return
            remove_files(store, job.id)
            os._exit(CANCELLED)
        if time.monotonic() > end:
            store.finish(job.id, "failed", f"the job took more than {settings.job_seconds:g} seconds", [], [])
            os._exit(CANCELLED)


if __name__ == "__main__":
    main()
