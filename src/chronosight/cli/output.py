"""What commands print: answers on stdout; progress and remarks on stderr."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chronosight.results.answer import Answer

REPORT_EVERY = 60.0  # seconds between lines of progress where stderr is no terminal; CHRONOSIGHT_PROGRESS_SECONDS sets another


def print_answer(question: str, answer: Answer, as_json: bool, quiet: bool) -> None:
    """Prints one answer.

    Args:
        question: As typed.
        answer: To it.
        as_json: One line of JSON.
        quiet: Its text alone; else also its confidence (but for open questions) and its notes.
    """
    if as_json:
        print(json.dumps({"question": question, **answer.to_dict()}, ensure_ascii=False), flush=True)
        return
    from chronosight.reports.plain_text import answer_line
    from chronosight.results.wording import confidence_words

    print(answer.text if quiet else answer_line(answer), flush=True)
    if quiet:
        return
    if answer.task != "open":
        known = answer.confidence if answer.confidence_known else None
        of = "" if answer.interval is None or answer.interval[0] == answer.interval[1] else " that the number is exact"
        print(f"  {confidence_words(known, answer.confident, of)}", flush=True)
    for note in answer.notes:
        print(f"  note: {note}", flush=True)


def print_error(message: str, as_json: bool = False) -> None:
    """One line: on stderr, or with --json as {"error": ...} on stdout, where a program reads the answers.

    Args:
        message: What is wrong.
        as_json: Whether to print JSON.
    """
    line = " ".join(message.split())
    if as_json:
        print(json.dumps({"error": line}, ensure_ascii=False), flush=True)
    else:
        print("error:", line, file=sys.stderr, flush=True)


def say(line: str) -> None:
    """A remark about the input or the work, on stderr so that it never mixes with answers.

    Args:
        line: The remark.
    """
    print(f"note: {line}", file=sys.stderr)


@contextmanager
def progress_display(quiet: bool) -> Iterator[Callable[[int, int], None] | None]:
    """A progress bar on a terminal; elsewhere a line a minute on stderr, so that a log shows how far it is.

    Args:
        quiet: Whether nothing is shown.

    Yields:
        A function that takes (tiles done, tiles in all); None where nothing is shown.
    """
    if quiet:
        yield None
        return
    if not sys.stderr.isatty():
        yield _lines()
        return
    from rich.console import Console
    from rich.progress import MofNCompleteColumn, Progress, TimeRemainingColumn

    columns = (*Progress.get_default_columns()[:2], MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("Comparing tiles", visible=False)

        def show(done: int, total: int) -> None:
            bar.update(task, completed=done, total=total, visible=total > 1)

        yield show


def _lines() -> Callable[[int, int], None]:
    every = _seconds(os.environ.get("CHRONOSIGHT_PROGRESS_SECONDS"))
    began: list[float] = []  # time and tiles done when this run began, time of the last line

    def show(done: int, total: int) -> None:
        now = time.monotonic()
        if not began:
            began.extend([now, done, now])
            if done > 1:
                print(f"going on after {done} of {total} tiles", file=sys.stderr, flush=True)
        elif now - began[2] >= every and done < total:
            left = (now - began[0]) / max(1, done - began[1]) * (total - done)
            print(f"{done} of {total} tiles, about {duration(left)} left", file=sys.stderr, flush=True)
            began[2] = now

    return show


def _seconds(text: str | None) -> float:
    """A number of seconds given as text; `REPORT_EVERY` where it is none."""
    try:
        return max(0.0, float(text)) if text else REPORT_EVERY
    except ValueError:
        return REPORT_EVERY


def duration(seconds: float) -> str:
    """A duration in words.

    Args:
        seconds: The duration.

    Returns:
        Such as "40 s", "12 min" or "3 h 05 min".
    """
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60:02d} min"
