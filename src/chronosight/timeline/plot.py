"""plot.png: counts and areas of followed objects by date and class (matplotlib)."""

from __future__ import annotations

from pathlib import Path

from chronosight.timeline.timeline import CLASSES, Timeline


def write_plot(timeline: Timeline, path: Path) -> None:
    """Writes two panels: how many of the followed objects are there at each date, and what area appeared and vanished.

    Args:
        timeline: The dates and their counts.
        path: Of the PNG.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 6), layout="constrained")
    FigureCanvasAgg(figure)
    counts, areas = figure.subplots(2, 1, sharex=True)
    times = [date.time for date in timeline.stack.dates]
    unit = "m²" if timeline.unit == "m2" else "pixels"
    for name, colour in zip(CLASSES, ("tab:orange", "tab:blue"), strict=True):
        rows = [row for row in timeline.rows if row.class_name == name]
        counts.plot(times, [row.present for row in rows], "o-", color=colour, label=f"{name}s")
        areas.plot(times, [row.appeared_area for row in rows], "o-", color=colour, label=f"{name}s, appeared")
        areas.plot(times, [-row.vanished_area for row in rows], "o--", color=colour, label=f"{name}s, vanished")
    counts.set_ylabel("followed objects present")
    areas.set_ylabel(f"changed since the date before, {unit}")
    areas.set_xticks(times, [date.text for date in timeline.stack.dates], rotation=30, ha="right")
    for axes in (counts, areas):
        axes.grid(alpha=0.3)
        axes.legend(fontsize="small")
    figure.savefig(path, dpi=110, metadata={"Software": "chronosight"})
