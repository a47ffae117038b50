"""One row a figure: value, how far it could have come out otherwise, what was hoped for, over how many."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal

from chronosight.metrics.answers import ClassificationScores

if TYPE_CHECKING:
    from rich.console import Console


@dataclass(frozen=True)
class Bar:
    """What a figure should reach. at: "least" for scores, "most" for errors."""

    at: Literal["least", "most"]
    value: float

    def met_by(self, figure: float) -> bool:
        return figure >= self.value if self.at == "least" else figure <= self.value

    def __str__(self) -> str:
        return f"{'≥' if self.at == 'least' else '≤'} {self.value:g}"


def at_least(value: float) -> Bar:
    return Bar("least", value)


def at_most(value: float) -> Bar:
    return Bar("most", value)


@dataclass(frozen=True)
class Row:
    """One figure of a benchmark.

    value: None where it cannot be had, then `note` says why. interval: 95 % bootstrap over places (of
    "were every confidence true": of its draws), None where there is none. n: number of answers (windows, captions,
    questions) it is made of. unit: what one of n is.
    """

    metric: str
    value: float | None
    n: int
    unit: str = "windows"
    interval: tuple[float, float] | None = None
    bar: Bar | None = None
    note: str = ""

    @property
    def met(self) -> bool | None:
        """Whether the bar is reached; None without a bar or a figure."""
        if self.bar is None or self.value is None or math.isnan(self.value):
            return None
        return self.bar.met_by(self.value)

    def to_dict(self) -> dict[str, Any]:
        """As JSON types; nan becomes None."""
        fields = asdict(self)
        fields["value"] = _number(self.value)
        fields["interval"] = None if self.interval is None else [_number(v) for v in self.interval]
        fields["bar"] = None if self.bar is None else str(self.bar)
        return {**fields, "met": self.met}


def _number(value: float | None) -> float | None:
    return None if value is None or math.isnan(value) else round(value, 6)


def print_table(title: str, rows: list[Row]) -> None:
    """Prints rows to standard output with rich."""
    from rich.markup import escape
    from rich.table import Table

    table = Table(title=title, title_justify="left")
    table.add_column("metric")
    for name in ("value", "95 % interval", "bar", "n"):
        table.add_column(name, justify="right")
    for row in rows:
        value = "-" if row.value is None or math.isnan(row.value) else f"{row.value:.3f}"
        interval = "" if row.interval is None or math.isnan(row.interval[0]) else "{:.3f} to {:.3f}".format(*row.interval)
        mark = {None: "", True: " met", False: " missed"}[row.met]
        colour = {None: "", True: "[green]", False: "[red]"}[row.met]
        table.add_row(escape(row.metric), f"{colour}{value}", interval, f"{row.bar or ''}{mark}", f"{row.n} {row.unit}")
    console = _console()
    console.print(table)
    for row in rows:
        if row.note:
            console.print(escape(f"{row.metric}: {row.note}"), style="dim", soft_wrap=True)


def _console() -> Console:
    """As wide as the terminal; wide enough for one line a row where the output goes into a file."""
    from rich.console import Console

    console = Console()
    return console if console.is_terminal else Console(width=120)


def print_confusion(title: str, scores: ClassificationScores) -> None:
    """Prints a confusion table: true classes down, answers across."""
    from rich.table import Table

    table = Table(title=f"{title}: true class by answer", title_justify="left")
    table.add_column("")
    for name in scores.columns:
        table.add_column(name, justify="right")
    for name, counts in zip(scores.classes, scores.confusion.tolist(), strict=True):
        table.add_row(name, *(str(n) if n else "·" for n in counts))
    _console().print(table)
