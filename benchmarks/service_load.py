"""Load on `chronosight serve`: many clients, a tenth of the requests bad, on loopback.

    python benchmarks/service_load.py [--requests 1000] [--clients 32] [--workers 1]

It starts a server with the shipped weights, warms it up, sends the requests, and prints throughput, latencies, the memory
before and after, and how many good requests were answered wrongly (expected: none). Bad requests are oversize, malformed, slow
(one byte a second), cut off, or name a private address; each must be refused with a 4xx, or its client hangs up.
"""

from __future__ import annotations

import argparse
import base64
import json
import random
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import numpy as np
from PIL import Image

EXAMPLES = Path(__file__).parents[1] / "examples"
SCENES = 8  # known scenes that the clients ask about
SIDE = 256  # pixels
QUESTIONS = (
    "Has anything changed?", "How many buildings changed?", "How many new roads are there?", "Where are the new buildings?",
)  # fmt: skip
BAD = ("oversize", "malformed", "slow", "cut off", "private address")
SLOW_SECONDS = 5  # a slow client gives up after so many bytes; the server's own limit is a minute


def main() -> None:
    """Runs the benchmark and prints its figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--requests", type=int, default=1000)
    parser.add_argument("--clients", type=int, default=32)
    parser.add_argument("--workers", type=int, default=1)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, Server(Path(folder), given.workers) as server:
        bodies = make_bodies()
        first, second = times_on_a_new_scene(server)
        expected = {key: server.ask(body).json()["chronosight"]["answer"]["text"] for key, body in bodies.items()}
        run(server, bodies, expected, 200, given.clients)  # warm: caches and pools have their size before memory is read
        settle(server)
        before = server.memory()
        counted, seconds, latencies = run(server, bodies, expected, given.requests, given.clients)
        settle(server)
        after = server.memory()
        print(f"first question on a new scene {first:.2f} s, second {second:.3f} s: {first / second:.1f} times faster")
        rate = given.requests / seconds
        print(f"{given.requests} requests from {given.clients} clients in {seconds:.1f} s: {rate:.1f} a second")
        ranked = statistics.quantiles(latencies, n=100)
        print(f"good ones: p50 {1000 * ranked[49]:.0f} ms, p95 {1000 * ranked[94]:.0f} ms, max {1000 * max(latencies):.0f} ms")
        for name, number in sorted(counted.items()):
            print(f"  {name}: {number}")
        print(f"memory {before / 2**20:.1f} MB before, {after / 2**20:.1f} MB after: {100 * (after - before) / before:+.1f} %")
        print("alive" if server.process.poll() is None and server.get("/ready").status_code == 200 else "NOT ALIVE")


class Server:
    """A server process on a free port."""

    def __init__(self, folder: Path, workers: int) -> None:
        """Starts it."""
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = (folder / "log").open("w")
        arguments = ["serve", "--data", str(folder / "data"), "--port", str(self.port), "--workers", str(workers)]
        began = time.perf_counter()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "chronosight.cli", *arguments], stdout=self.log, stderr=subprocess.STDOUT
        )
        while True:
            try:
                if self.get("/ready").status_code == 200:
                    break
            except httpx.TransportError:
                assert self.process.poll() is None, (folder / "log").read_text()
            time.sleep(0.02)
        print(f"ready after {time.perf_counter() - began:.2f} s")

    def __enter__(self) -> Server:
        """The server."""
        return self

    def __exit__(self, *_: object) -> None:
        """Stops it."""
        self.process.terminate()
        self.process.wait()
        self.log.close()

    def get(self, path: str) -> httpx.Response:
        """A GET."""
        return httpx.get(self.url + path, trust_env=False, timeout=30)

    def ask(self, body: bytes, client: httpx.Client | None = None) -> httpx.Response:
        """A chat completion, tried again where the queue is full."""
        post = client.post if client else httpx.post
        options = {} if client else {"trust_env": False}
        while True:
            headers = {"Content-Type": "application/json"}
            reply = post(f"{self.url}/v1/chat/completions", content=body, headers=headers, timeout=300, **options)
            if reply.status_code != 429:
                return reply
            time.sleep(float(reply.headers["Retry-After"]) * random.uniform(0.2, 1.0))

    def memory(self) -> int:
        """Bytes of resident memory, of the server and the processes it started."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        status = [Path(f"/proc/{pid}/status").read_text() for pid in (self.process.pid, *children)]
        return sum(int(next(line for line in text.splitlines() if line.startswith("VmRSS")).split()[1]) << 10 for text in status)


def data_url(image: Image.Image) -> str:
    """A PNG as a data URL."""
    import io

    data = io.BytesIO()
    image.save(data, "PNG")
    return f"data:image/png;base64,{base64.b64encode(data.getvalue()).decode()}"


def request(urls: list[str], text: str) -> bytes:
    """The body of a chat completion."""
    parts = [{"type": "image_url", "image_url": {"url": url}} for url in urls]
    message = {"role": "user", "content": [*parts, {"type": "text", "text": text}]}
    return json.dumps({"model": "chronosight", "messages": [message]}).encode()


def crops() -> tuple[np.ndarray, np.ndarray]:
    """Both example images."""
    import rasterio

    with rasterio.open(EXAMPLES / "before.tif") as before, rasterio.open(EXAMPLES / "after.tif") as after:
        return before.read().transpose(1, 2, 0), after.read().transpose(1, 2, 0)


def make_bodies() -> dict[tuple[int, str], bytes]:
    """Good requests: every question about every scene."""
    before, after = crops()
    rng = np.random.default_rng(0)
    bodies = {}
    for scene in range(SCENES):
        y, x = rng.integers(0, 512 - SIDE, 2)
        urls = [data_url(Image.fromarray(date[y : y + SIDE, x : x + SIDE])) for date in (before, after)]
        bodies |= {(scene, question): request(urls, question) for question in QUESTIONS}
    return bodies


def times_on_a_new_scene(server: Server) -> tuple[float, float]:
    """Seconds of the first and of the second question about scenes that the server has not seen: medians of five scenes."""
    before, after = crops()
    firsts, seconds = [], []
    for at in range(5):
        urls = [data_url(Image.fromarray(date[at : at + SIDE, 3 * at : 3 * at + SIDE])) for date in (before, after)]
        for text, times in (("How many buildings changed?", firsts), ("How many new roads are there?", seconds)):
            began = time.perf_counter()
            reply = server.ask(request(urls, text))
            assert reply.status_code == 200, reply.text
            times.append(time.perf_counter() - began)
    return statistics.median(firsts), statistics.median(seconds)


def run(
    server: Server, bodies: dict[tuple[int, str], bytes], expected: dict[tuple[int, str], str], number: int, clients: int
) -> tuple[Counter[str], float, list[float]]:
    """Sends the requests -> outcomes, seconds in all, and seconds of each good request."""
    rng = random.Random(number)
    keys = list(bodies)
    work = [BAD[n // 10 % len(BAD)] if n % 10 == 5 else rng.choice(keys) for n in range(number)]
    counted: Counter[str] = Counter()
    latencies: list[float] = []
    lock, local = threading.Lock(), threading.local()

    def one(item: str | tuple[int, str]) -> None:
        if isinstance(item, str):
            name = f"bad, {item}: {bad(server, item)}"
        else:
            if not hasattr(local, "client"):
                local.client = httpx.Client(trust_env=False)
            began = time.perf_counter()
            reply = server.ask(bodies[item], local.client)
            taken = time.perf_counter() - began
            right = reply.status_code == 200 and reply.json()["chronosight"]["answer"]["text"] == expected[item]
            name = "good, right" if right else f"good, WRONG ({reply.status_code})"
            with lock:
                latencies.append(taken)
        with lock:
            counted[name] += 1

    began = time.perf_counter()
    with ThreadPoolExecutor(clients) as pool:
        list(pool.map(one, work))
    return counted, time.perf_counter() - began, latencies


def bad(server: Server, kind: str) -> str:
    """Sends one bad request -> "refused", or what else happened."""
    if kind == "private address":
        return refused(server.ask(request(["http://169.254.169.254/latest/meta-data"], "What is it?")))
    if kind == "malformed":
        body = random.choice(
            [b"{", b'{"model": "chronosight", "messages": [1]}', request(["data:image/png;base64,iVBORw0KGgoAAAANSUhEUg=="], "?")]
        )
        return refused(server.ask(body))
    head = f"POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\nContent-Type: application/json\r\n"
    with socket.create_connection(("127.0.0.1", server.port), timeout=60) as wire:
        try:
            if kind == "oversize":
                wire.sendall(f"{head}Content-Length: {1 << 33}\r\n\r\n".encode() + b" " * 4096)
                return "refused" if b" 413 " in wire.recv(4096) else "NOT REFUSED"
            wire.sendall(f"{head}Content-Length: 100000\r\n\r\n".encode())
            if kind == "slow":
                for _ in range(SLOW_SECONDS):
                    wire.sendall(b"x")
                    time.sleep(1)
            else:
                wire.sendall(b"x" * 5000)
            return "hung up"
        except OSError:
            return "closed by the server"


def refused(reply: httpx.Response) -> str:
    """Whether a reply is a refusal in one line."""
    right = 400 <= reply.status_code < 500 and reply.json()["error"]["message"]
    return "refused" if right else f"NOT REFUSED ({reply.status_code})"


def settle(server: Server) -> None:
    """Waits until nothing is being answered."""
    time.sleep(3)
    assert server.get("/health").status_code == 200


if __name__ == "__main__":
    main()
