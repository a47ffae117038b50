"""onnxruntime sessions as every part of the engine wants them: few threads, quiet, on the CPU."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

import onnxruntime

from chronosight.errors import InputError


def physical_cores() -> int:
    """Physical cores this process may use: two hyperthreads of a core share its arithmetic, so they count once."""
    try:
        allowed = os.sched_getaffinity(0)
    except AttributeError:  # macOS, Windows
        return os.cpu_count() or 1
    cores = set()
    for cpu in allowed:
        siblings = Path(f"/sys/devices/system/cpu/cpu{cpu}/topology/thread_siblings_list")
        try:
            cores.add(siblings.read_text())
        except OSError:
            cores.add(str(cpu))
    return max(1, len(cores))


@cache
def has_vnni() -> bool:
    """Whether the CPU is known to add products of bytes without overflow: on Linux its flags say so, elsewhere nobody does."""
    try:
        text = Path("/proc/cpuinfo").read_text()
    except OSError:  # macOS, Windows
        return False
    return not {"avx512_vnni", "avx_vnni"}.isdisjoint(text.split())


def open_session(path: Path, threads: int) -> onnxruntime.InferenceSession:
    """Opens an ONNX graph on the CPU.

    Args:
        path: The file.
        threads: Threads within one operator.

    Returns:
        The session.

    Raises:
        InputError: The file is missing or is no ONNX graph.
    """
    if not path.is_file():
        raise InputError(f"weights folder {path.parent} has no {path.name}; give a complete one (--weights DIR)")
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4  # errors are raised, and need not be printed too
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    # Idle threads of one session would spin on the cores that the next session needs.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    # Without VNNI, sums of unsigned times signed bytes overflow on x86: 5 % error in each product. Then exact, and slower.
    if not has_vnni():
        options.add_session_config_entry("session.x64quantprecision", "1")
    try:
        return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"], enable_fallback=0)
    except Exception as error:  # onnxruntime's own exceptions share no public base class
        reason = str(error).splitlines()[0]
        raise InputError(f"weights file {path} is not a usable ONNX graph ({reason}); copy the folder again") from error
