"""Keeps the worker processes of a server running, and removes what is older than `--keep-days`."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time

from chronosight.service.settings import Settings
from chronosight.service.store import Store
from chronosight.service.worker import CANCELLED

CHECK = 0.1  # seconds between checks of the workers
CLEAN = 600.0  # seconds between checks for expired jobs and scenes
DAY = 86_400.0  # seconds
WAIT = 1.0  # seconds before a worker that crashed is started again: one that cannot start must not spin


class Supervisor:
    """Starts workers, and starts another one for each that ends."""

    def __init__(self, settings: Settings) -> None:
        """Starts nothing yet."""
        self.settings, self.store = settings, Store(settings.data)
        self._workers: list[subprocess.Popen[bytes]] = []
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def start(self) -> None:
        """Takes up what an earlier server left, then starts the workers."""
        self.store.take_back()
        self.store.clear_incoming()
        self._workers = [self._spawn() for _ in range(self.settings.workers)]
        self._thread.start()

    def stop(self) -> None:
        """Ends the workers. Their jobs wait for the next server."""
        self._stopping.set()
        self._thread.join()
        for worker in self._workers:
            worker.kill()
        for worker in self._workers:
            worker.wait()
        self.store.take_back()

    def _spawn(self) -> subprocess.Popen[bytes]:
        environment = {**os.environ, **self.settings.to_environment()}
        return subprocess.Popen([sys.executable, "-m", "chronosight.service.worker"], env=environment, stdin=subprocess.DEVNULL)

    def _watch(self) -> None:
        cleaned = -CLEAN
        while not self._stopping.wait(CHECK):
            if self.settings.keep_days is not None and time.monotonic() - cleaned > CLEAN:
                self.store.expire(time.time() - self.settings.keep_days * DAY)
                cleaned = time.monotonic()
            for at, worker in enumerate(self._workers):
                code = worker.poll()
                if code is None:
                    continue
                self.store.take_back(worker.pid, crashed=code != CANCELLED)
                if code != CANCELLED:
                    time.sleep(WAIT)
                self._workers[at] = self._spawn()
