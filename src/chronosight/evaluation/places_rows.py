"""The figures of real places: windows and captioned cells -> rows, with bootstrap over places."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from chronosight.evaluation.places import CellResult, ChangeAnswers, PlacesResult, WindowResult
from chronosight.evaluation.table import Bar, Row, at_least, at_most
from chronosight.metrics.bootstrap import bootstrap_interval, mean_interval
from chronosight.metrics.calibration import error_if_calibrated, expected_calibration_error
from chronosight.metrics.captions import bleu, score_captions
from chronosight.metrics.change import Counts, count_decisions, jaccard, score_locations

PIXEL_F1 = at_least(0.84)
BINARY_ACCURACY = at_least(0.92)
COUNT_MAE = at_most(2.0)
LOCATION_EXAMPLE_ACCURACY = at_least(0.75)
CALIBRATION_ERROR = at_most(0.07)
NOT_WORSE = at_least(0.0)


def places_rows(result: PlacesResult, seed: int = 0, with_meteor: bool = True) -> list[Row]:
    """All figures. seed: of the bootstrap."""
    windows = result.windows
    if not windows:
        return []
    rows = _pixel_rows(windows, seed)
    for source in ("model", "guide"):
        rows += _answer_rows(windows, source, seed)
    rows += _difference_rows(windows, seed)
    rows += _calibration_rows(windows, seed)
    rows.append(Row("replies that could not be read", float(sum(w.unreadable for w in windows)), 3 * len(windows), "answers"))
    if result.cells:
        rows += _cell_rows(result.cells, seed, with_meteor)
    return rows


def _pixel_rows(windows: Sequence[WindowResult], seed: int) -> list[Row]:
    counts = np.array([[w.pixels.tp, w.pixels.fp, w.pixels.fn, w.pixels.tn] for w in windows])

    def pooled(items: np.ndarray) -> Counts:
        return Counts(*(int(v) for v in counts[items].sum(axis=0)))

    def row(name: str, figure: Callable[[Counts], float], bar: Bar | None = None) -> Row:
        interval = bootstrap_interval(_places(windows), lambda items: figure(pooled(items)), seed=seed)
        value = figure(pooled(np.arange(len(windows))))
        return Row(f"building pixels {name}", value, len(windows), interval=interval, bar=bar)

    return [
        row("precision", lambda c: c.precision),
        row("recall", lambda c: c.recall),
        row("F1", lambda c: c.f1, PIXEL_F1),
        row("IoU", lambda c: c.iou),
    ]


def _answer_rows(windows: Sequence[WindowResult], source: str, seed: int) -> list[Row]:
    """Binary, count and location of one source, "model" or "guide". Bars are for the model."""
    answers: list[ChangeAnswers] = [getattr(w, source) for w in windows]
    truths = [w.truth for w in windows]
    bars = source == "model"

    def row(name: str, figure: Callable[[np.ndarray], float], bar: Bar | None = None) -> Row:
        value, interval = figure(np.arange(len(windows))), bootstrap_interval(_places(windows), figure, seed=seed)
        return Row(f"{source} {name}", value, len(windows), interval=interval, bar=bar if bars else None)

    said_yes, yes = np.array([a.changed for a in answers]), np.array([t.changed for t in truths])

    def binary(items: np.ndarray) -> Counts:
        return count_decisions(said_yes[items], yes[items])

    said, true = np.array([a.count for a in answers]), np.array([t.count for t in truths])
    overlap = np.array([jaccard(set(a.cells), set(t.cells)) for a, t in zip(answers, truths, strict=True)])
    places = score_locations([a.cells for a in answers], [t.cells for t in truths])
    n = len(windows)
    return [
        row("binary accuracy", lambda i: binary(i).accuracy, BINARY_ACCURACY),
        row("binary precision", lambda i: binary(i).precision),
        row("binary recall", lambda i: binary(i).recall),
        row("binary F1", lambda i: binary(i).f1),
        row("building count MAE", lambda i: float(np.abs(said[i] - true[i]).mean()), COUNT_MAE),
        row("building count RMSE", lambda i: float(np.sqrt(((said[i] - true[i]) ** 2).mean()))),
        row("building count exact", lambda i: float((said[i] == true[i]).mean())),
        row("location example accuracy", lambda i: float(overlap[i].mean()), LOCATION_EXAMPLE_ACCURACY),
        Row(f"{source} location subset accuracy", places.subset_accuracy, n),
        Row(f"{source} location micro precision", places.precision, n),
        Row(f"{source} location micro recall", places.recall, n),
        Row(f"{source} location micro F1", places.f1, n),
    ]


def _difference_rows(windows: Sequence[WindowResult], seed: int) -> list[Row]:
    """Model against guide alone on the same windows; positive means that the model is better."""

    def gains(figure: Callable[[ChangeAnswers, ChangeAnswers], float]) -> np.ndarray:
        return np.array([figure(w.model, w.truth) - figure(w.guide, w.truth) for w in windows])

    rows = []
    for name, figure in (
        ("binary accuracy", lambda a, t: float(a.changed == t.changed)),
        ("building count, MAE saved", lambda a, t: -float(abs(a.count - t.count))),
        ("location example accuracy", lambda a, t: jaccard(set(a.cells), set(t.cells))),
    ):
        gain = gains(figure)
        interval = mean_interval(_places(windows), gain, seed)
        rows.append(Row(f"model minus guide: {name}", float(gain.mean()), len(windows), interval=interval, bar=NOT_WORSE))
    return rows


def _calibration_rows(windows: Sequence[WindowResult], seed: int) -> list[Row]:
    sure = np.array([w.confidences for w in windows])  # (n, 3)
    right = np.array([w.correct for w in windows])

    def row(name: str, tasks: list[int], adaptive: bool, bar: Bar | None) -> Row:
        def figure(items: np.ndarray) -> float:
            return expected_calibration_error(sure[items][:, tasks].ravel(), right[items][:, tasks].ravel(), adaptive=adaptive)

        interval = bootstrap_interval(_places(windows), figure, seed=seed)
        n = len(windows) * len(tasks)
        return Row(f"calibration error, {name}", figure(np.arange(len(windows))), n, "answers", interval, bar)

    perfect, spread = error_if_calibrated(sure.ravel(), seed=seed)
    return [
        row("all answers", [0, 1, 2], False, CALIBRATION_ERROR),
        Row("calibration error, were every confidence true", perfect, sure.size, "answers", spread),
        row("all answers, equal-number bins", [0, 1, 2], True, None),
        row("binary", [0], False, None),
        row("count", [1], False, None),
        row("location", [2], False, None),
    ]


def _cell_rows(cells: Sequence[CellResult], seed: int, with_meteor: bool) -> list[Row]:
    rows = caption_rows([c.caption for c in cells], [c.references for c in cells], _places(cells), seed, with_meteor)
    right = [c.said_changed == c.changed for c in cells]
    still = [c.said_changed for c in cells if not c.changed]
    rows.append(
        Row(
            "roads or buildings changed, by the captions: accuracy",
            float(np.mean(right)),
            len(cells),
            "cells",
            mean_interval(_places(cells), right, seed),
        )
    )
    if still:
        places = [c.place for c in cells if not c.changed]
        interval = mean_interval(places, still, seed)
        rows.append(Row("called changed where captions tell of none", float(np.mean(still)), len(still), "cells", interval))
    return rows


def caption_rows(
    captions: Sequence[str],
    references: Sequence[Sequence[str]],
    places: Sequence[str],
    seed: int = 0,
    with_meteor: bool = True,
    unit: str = "captions",
) -> list[Row]:
    """BLEU-1..4, METEOR, ROUGE-L, CIDEr-D and S*m. METEOR has no interval: it does not add up over sentences."""
    scores = score_captions(captions, references, with_meteor)
    statistics, n = scores.per_sentence["bleu"], scores.n
    rows = []
    for k, value in enumerate(scores.bleu):

        def figure(items: np.ndarray, k: int = k) -> float:
            return float(bleu(statistics[items].sum(axis=0))[k])

        rows.append(Row(f"BLEU-{k + 1}", value, n, unit, bootstrap_interval(places, figure, seed=seed)))
    rows.append(Row("METEOR", scores.meteor, n, unit, note=scores.meteor_missing))
    rows.append(Row("ROUGE-L", scores.rouge_l, n, unit, mean_interval(places, scores.per_sentence["rouge_l"], seed)))
    rows.append(Row("CIDEr-D", scores.cider_d, n, unit, mean_interval(places, scores.per_sentence["cider_d"], seed)))
    rows.append(Row("S*m", scores.s_m, n, unit, note="" if scores.s_m is not None else "needs METEOR"))
    return rows


def _places(results: Sequence[WindowResult] | Sequence[CellResult]) -> list[str]:
    return [r.place for r in results]
