"""Training on two processes of this machine, as `torchrun` starts them."""

import os
import subprocess
import sys
from pathlib import Path

SECONDS = 300.0  # some 30 on two free cores; processes that wait for each other would do so for hours


def run_on_two_processes(words: list[str], log: Path) -> None:
    """Runs a command of the CLI on two processes that talk over loopback alone, whatever this machine's name resolves to."""
    launcher = [sys.executable, "-m", "torch.distributed.run", "--nproc-per-node=2", "--rdzv-backend=c10d"]
    launcher += ["--rdzv-endpoint=127.0.0.1:0", "--local-addr=127.0.0.1", "-m", "chronosight.cli"]
    loopback = {"GLOO_SOCKET_IFNAME": "lo"} if sys.platform == "linux" else {}
    environment = {
        **os.environ, **loopback, "OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": "",
        "PYTHONPATH": str(Path(__file__).parents[2] / "src"),
    }  # fmt: skip
    with log.open("wb") as written:  # a file: a pipe would stay open in a process that does not end
        process = subprocess.Popen([*launcher, *words], env=environment, stdout=written, stderr=written)
        try:
            code = process.wait(SECONDS)
        except subprocess.TimeoutExpired:
            process.terminate()  # the launcher ends both
            process.wait(60)
            raise AssertionError(f"two processes did not end within {SECONDS:g} s:\n{log.read_text()[-3000:]}") from None
    assert code == 0, log.read_text()[-3000:]
