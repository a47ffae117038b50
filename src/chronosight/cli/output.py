"""What commands print: answers on stdout; progress and remarks on stderr."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chronosight.results.answer import Answer


def print_answer(question: str, answer: Answer, as_json: bool, quiet: bool) -> None:
    """One answer. JSON: one line. Quiet: its text alone. Else its text, how sure it is (not of open questions), and notes."""
    if as_json:
        print(json.dumps({"question": question, **answer.to_dict()}, ensure_ascii=False), flush=True)
        return
    print(answer.text, flush=True)
    if quiet:
        return
    if answer.task != "open":
        doubt = "" if answer.confident else ", not sure"
        print(f"  confidence {answer.confidence:.0%}{doubt}", flush=True)
    for note in answer.notes:
        print(f"  note: {note}", flush=True)


def print_notes(notes: list[str]) -> None:
    """Remarks about the input, on stderr so that they never mix with answers."""
    for note in notes:
        print(f"note: {note}", file=sys.stderr)


@contextmanager
def tile_progress(quiet: bool) -> Iterator[Callable[[int, int], None] | None]:
    """A progress bar on stderr for scenes of many tiles; none where stderr is not a terminal."""
    if quiet or not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import MofNCompleteColumn, Progress, TimeRemainingColumn

    columns = (*Progress.get_default_columns()[:2], MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("Comparing tiles", visible=False)

        def show(done: int, total: int) -> None:
            bar.update(task, completed=done, total=total, visible=total > 1)

        yield show
