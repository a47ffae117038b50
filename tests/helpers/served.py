"""A real server process on loopback: `python -m chronosight.cli serve`."""

import os
import signal
import socket
import subprocess
import sys
import time
from base64 import b64encode
from pathlib import Path

import httpx

START_SECONDS = 120.0  # on a machine that is busy with other tests
LARGE_PIXELS = 400_000  # of a whole scene, for a server with `Rows`


class Rows:
    """Makes small pairs whole scenes to a server, and holds its jobs after chosen rows of tiles."""

    def __init__(self, folder: Path):
        self.folder = folder
        folder.mkdir()
        self.hold()

    @property
    def environment(self) -> dict[str, str]:
        folders = [str(Path(__file__).parent / "small_is_large"), *filter(None, [os.environ.get("PYTHONPATH")])]
        facts = {"TEST_LARGE_PIXELS": str(LARGE_PIXELS), "TEST_ROWS": str(self.folder)}
        return {"PYTHONPATH": os.pathsep.join(folders), **facts}

    def hold(self, *rows: int) -> None:
        """Jobs wait after these rows of tiles, counted from 1, and no longer after others."""
        partial = self.folder / "partial"
        partial.write_text(" ".join(map(str, rows)))
        partial.replace(self.folder / "hold")

    def finished(self) -> list[int]:
        """Numbers of the rows finished so far, by all processes."""
        path = self.folder / "finished"
        return [int(line) for line in path.read_text().split()] if path.exists() else []

    def wait_for(self, row: int) -> None:
        end = time.monotonic() + START_SECONDS
        while row not in self.finished():
            assert time.monotonic() < end, self.finished()
            time.sleep(0.05)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Served:
    """A server with a data folder; it can be killed and started again."""

    def __init__(self, data: Path, *options: str, weights: Path | None = None, command: str = "serve", **environment: str):
        self.data, self.port, self.log = data, free_port(), data.parent / f"{data.name}.log"
        given = ["--data", str(data), "--port", str(self.port), *(["--weights", str(weights)] if weights else []), *options]
        self.arguments = [sys.executable, "-m", "chronosight.cli", command, *given]
        self.environment = {**os.environ, "OMP_NUM_THREADS": "1", **environment}
        self.url = f"http://127.0.0.1:{self.port}"
        self.client = httpx.Client(base_url=self.url, timeout=120, trust_env=False)
        self.process: subprocess.Popen | None = None

    def start(self, path: str = "/ready") -> "Served":
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(self.arguments, stdout=log, stderr=log, env=self.environment, start_new_session=True)
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end:
            try:
                if self.client.get(path).status_code in (200, 401):
                    return self
            except httpx.TransportError:
                assert self.process.poll() is None, self.log.read_text()
            time.sleep(0.05)
        raise AssertionError(f"the server did not start: {self.log.read_text()}")

    def kill(self) -> None:
        """As a crash or the system would: kill -9 of the server alone; its workers notice by themselves."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        end = time.monotonic() + 30
        while time.monotonic() < end:  # with several workers they answer until they notice
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)):
                    return
            time.sleep(0.05)
        raise AssertionError("the workers of a server that was killed go on")

    def stop(self) -> None:
        self.client.close()
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(15)
            except subprocess.TimeoutExpired:
                self.kill()

    def add(self, *files: Path, names: tuple[str, ...] = (), **query: str) -> dict:
        parts = [("files", (name, path.read_bytes())) for path, name in zip(files, names or [p.name for p in files], strict=True)]
        reply = self.client.post("/api/scenes", files=parts, params=query)
        assert reply.status_code in (200, 201), reply.text
        return reply.json()

    def begin(self, scene: dict, **request) -> dict:
        reply = self.client.post("/api/jobs", json={"scene": scene["id"], **request})
        assert reply.status_code == 202, reply.text
        return reply.json()

    def wait(self, job: dict, seconds: float = 120.0) -> dict:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            now = self.client.get(job["links"]["self"]).json()
            if now["state"] in ("done", "failed", "cancelled"):
                return now
            time.sleep(0.05)
        raise AssertionError(f"{now}\n{self.log.read_text()[-3000:]}")


def data_url(path: Path, kind: str = "image/png") -> str:
    return f"data:{kind};base64,{b64encode(path.read_bytes()).decode()}"


def shown(*paths: Path) -> list[dict]:
    """Parts of a chat message that show files."""
    return [{"type": "image_url", "image_url": {"url": data_url(path)}} for path in paths]
