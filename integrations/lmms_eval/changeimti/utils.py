"""The four tasks of ChangeIMTI for lmms-eval: what a document shows and asks, and how replies become metrics.

Documents come from `python integrations/export_changeimti.py lmms-eval`. Words are read and scored by chronosight itself,
so the values are those of `chronosight eval changeimti`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from PIL import Image

from chronosight.datasets.sample import Sample
from chronosight.evaluation.benchmarks.changeimti import sample_of_words
from chronosight.evaluation.metric import Metric, Result, estimate
from chronosight.evaluation.predictions import Prediction, value_of
from chronosight.evaluation.score_captions import caption_metrics
from chronosight.evaluation.scoring import binary_metrics, count_metrics, location_metrics

Record = dict[str, Any]


def doc_to_visual(doc: dict[str, Any]) -> list[Image.Image]:
    """Both dates, the earlier first."""
    return [Image.open(path).convert("RGB") for path in doc["images"]]


def doc_to_text(doc: dict[str, Any], lmms_eval_specific_kwargs: dict[str, Any] | None = None) -> str:
    """The published wording; its places for the images are taken out, since the images stand before the text."""
    given = lmms_eval_specific_kwargs or {}
    question = " ".join(doc["question"].replace("<image> and <image>", "").replace("  ", " ").split())
    return f"{given.get('pre_prompt', '')}{question}{given.get('post_prompt', '')}"


def process_results(doc: dict[str, Any], results: Sequence[str]) -> dict[str, Record]:
    """The same record under every metric of the task; the aggregations below compute the metrics."""
    record = {"doc": {key: doc[key] for key in ("id", "task", "kind", "truth")}, "reply": results[0]}
    return dict.fromkeys(METRICS[doc["task"]], record)


def _only(task: str) -> Callable[[Any], Any]:
    return lambda dataset: dataset.filter(lambda doc: doc["task"] == task)


only_caption, only_binary, only_count, only_location = (_only(t) for t in ("caption", "binary", "count", "location"))


def _samples(records: Sequence[Record]) -> tuple[list[Sample], list[Prediction]]:
    docs = [record["doc"] for record in records]
    samples = [sample_of_words(doc["id"], doc["task"], doc["kind"], doc["truth"]) for doc in docs]
    return samples, [Prediction(record["doc"]["id"], record["reply"]) for record in records]


def _value(entries: Sequence[Metric | Result], metric: str) -> float:
    found = next(result.value for result in estimate(entries, draws=0) if result.metric == metric)
    return float("nan") if found is None else found


def _change(score: Callable[..., list[Metric]], metric: str, kind: str = "") -> Callable[[Sequence[Record]], float]:
    def aggregate(records: Sequence[Record]) -> float:
        samples, predictions = _samples([r for r in records if not kind or r["doc"]["kind"] == kind])
        return _value(score(samples, [value_of(s, p) for s, p in zip(samples, predictions, strict=True)]), metric)

    return aggregate


def _caption(metric: str, convention: str) -> Callable[[Sequence[Record]], float]:
    def aggregate(records: Sequence[Record]) -> float:
        from chronosight.metrics.caption_tokens import build_vocabulary

        samples, predictions = _samples(records)
        vocabulary = build_vocabulary(s for sample in samples for s in sample.turns[0].replies)
        chosen: Any = (convention,)
        return _value(caption_metrics(samples, predictions, chosen, vocabulary, False), f"{metric} [{convention}]")

    return aggregate


bleu_4 = _caption("BLEU-4", "word")
rouge_l = _caption("ROUGE-L", "word")
cider_d = _caption("CIDEr-D", "word")
meteor_index = _caption("METEOR", "index")
binary_accuracy = _change(binary_metrics, "binary accuracy")
binary_precision = _change(binary_metrics, "binary precision")
binary_recall = _change(binary_metrics, "binary recall")
binary_f1 = _change(binary_metrics, "binary F1")
count_mae_roads = _change(count_metrics, "count MAE", "roads")
count_mae_buildings = _change(count_metrics, "count MAE", "buildings")
count_exact_roads = _change(count_metrics, "count exact", "roads")
count_exact_buildings = _change(count_metrics, "count exact", "buildings")
location_example_roads = _change(location_metrics, "location example accuracy", "roads")
location_example_buildings = _change(location_metrics, "location example accuracy", "buildings")
location_subset_roads = _change(location_metrics, "location subset accuracy", "roads")
location_subset_buildings = _change(location_metrics, "location subset accuracy", "buildings")
location_f1_roads = _change(location_metrics, "location micro F1", "roads")
location_f1_buildings = _change(location_metrics, "location micro F1", "buildings")

METRICS = {
    "caption": ("bleu_4", "meteor_index", "rouge_l", "cider_d"),
    "binary": ("binary_accuracy", "binary_precision", "binary_recall", "binary_f1"),
    "count": ("count_mae_roads", "count_mae_buildings", "count_exact_roads", "count_exact_buildings"),
    "location": tuple(f"location_{name}_{kind}" for kind in ("roads", "buildings") for name in ("example", "subset", "f1")),
}
