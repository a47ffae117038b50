"""Runs a command: its messages go to the log, its progress to the bar, and Cancel ends it."""

import json
import queue
import re
import subprocess
import sys
import threading

from qgis.core import QgsProcessingException

from chronosight_qgis.environment import clean_environment, command

PROGRESS = re.compile(r"^(?:going on after )?(?:step )?([\d,]+) of ([\d,]+)(?: tiles|, )")
MISSING = 'Chronosight is not installed yet: run the algorithm "Install or update Chronosight" first'


def run(arguments, feedback):
    """Runs a command to its end.

    Args:
        arguments: The command.
        feedback: A QgsProcessingFeedback.

    Returns:
        The lines on standard output.

    Raises:
        QgsProcessingException: It could not start, was cancelled, or failed; with the last line it said.
    """
    feedback.pushCommandInfo(" ".join(f'"{part}"' if " " in part else part for part in arguments))
    hidden = {"creationflags": subprocess.CREATE_NO_WINDOW} if sys.platform == "win32" else {}
    try:
        process = subprocess.Popen(
            arguments, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, encoding="utf-8",
            errors="replace", env=clean_environment(), **hidden,
        )  # fmt: skip
    except OSError as error:
        raise QgsProcessingException(f"{arguments[0]} could not be started ({error.strerror})") from error
    lines = queue.Queue()

    def read(stream, name):
        with stream:
            for line in stream:
                lines.put((name, line.rstrip()))
        lines.put((name, None))

    for name in ("stdout", "stderr"):
        threading.Thread(target=read, args=(getattr(process, name), name), daemon=True).start()
    said, open_streams, last = [], 2, ""
    try:
        while open_streams:
            if feedback.isCanceled():
                raise QgsProcessingException("cancelled")
            try:
                name, line = lines.get(timeout=0.2)
            except queue.Empty:
                continue
            if line is None:
                open_streams -= 1
            elif name == "stdout":
                said.append(line)
            elif (found := PROGRESS.match(line)) is not None:
                feedback.setProgress(100 * number(found[1]) / max(1, number(found[2])))
                feedback.setProgressText(line)
            elif line:
                last = line
                feedback.pushInfo(line)
    finally:
        if process.poll() is None:
            process.terminate()
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    if process.returncode:
        raise QgsProcessingException(_error(said) or last.removeprefix("error: ") or f"it ended with code {process.returncode}")
    return said


def run_chronosight(arguments, feedback):
    """Runs `chronosight ARGUMENTS --json`.

    Returns:
        What it printed: the last line, as JSON.
    """
    program = command()
    if program is None:
        raise QgsProcessingException(MISSING)
    said = run([program, *arguments, "--json"], feedback)
    try:
        return json.loads(said[-1])
    except (IndexError, ValueError) as error:
        raise QgsProcessingException(f"{program} printed no JSON; update it with \"Install or update Chronosight\"") from error


def number(text):
    """1,500 -> 1500."""
    return int(text.replace(",", "") or 0)


def _error(lines):
    for line in reversed(lines):
        try:
            return str(json.loads(line)["error"])
        except (ValueError, KeyError, TypeError):
            continue
    return ""
