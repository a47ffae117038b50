"""The four tasks of ChangeIMTI for lmms-eval: what a document shows and asks, and how replies become figures.

Documents come from `python integrations/export_changeimti.py lmms-eval`. Words are read and scored by chronosight itself,
so the figures are those of `chronosight eval changeimti`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from PIL import Image

from chronosight.evaluation.figures import Figure, figure_rows
from chronosight.evaluation.item import Item, Reply, Sight, value_of
from chronosight.evaluation.score_change import binary_figures, count_figures, location_figures
from chronosight.evaluation.score_sentences import sentence_figures
from chronosight.evaluation.table import Row

Result = dict[str, Any]


def doc_to_visual(doc: dict[str, Any]) -> list[Image.Image]:
    """Both dates, the earlier first."""
    return [Image.open(path).convert("RGB") for path in doc["images"]]


def doc_to_text(doc: dict[str, Any], lmms_eval_specific_kwargs: dict[str, Any] | None = None) -> str:
    """The published wording; its places for the images are taken out, since the images stand before the text."""
    given = lmms_eval_specific_kwargs or {}
    question = " ".join(doc["question"].replace("<image> and <image>", "").replace("  ", " ").split())
    return f"{given.get('pre_prompt', '')}{question}{given.get('post_prompt', '')}"


def process_results(doc: dict[str, Any], results: Sequence[str]) -> dict[str, Result]:
    """The same record under every metric of the task; the aggregations below make the figures."""
    record = {"doc": {key: doc[key] for key in ("id", "task", "kind", "truth")}, "reply": results[0]}
    return dict.fromkeys(METRICS[doc["task"]], record)


def _only(task: str) -> Callable[[Any], Any]:
    return lambda dataset: dataset.filter(lambda doc: doc["task"] == task)


only_caption, only_binary, only_count, only_location = (_only(t) for t in ("caption", "binary", "count", "location"))


def _items(records: Sequence[Result]) -> tuple[list[Item], list[Reply]]:
    items, replies = [], []
    for record in records:
        doc = record["doc"]
        truth = doc["truth"]
        if doc["task"] == "binary":
            value: Any = truth[0] == "yes"
        elif doc["task"] == "count":
            value = int(truth[0])
        else:
            value = tuple(truth)
        sight = Sight(doc["id"].partition("/")[0], "pair", _nothing)
        items.append(Item(doc["id"], sight, doc["task"], "", value, sight.name, kind=doc["kind"]))
        replies.append(Reply(doc["id"], record["reply"]))
    return items, replies


def _nothing() -> Any:
    raise RuntimeError("scoring opens no pictures")


def _value(entries: Sequence[Figure | Row], metric: str) -> float:
    found = next(row.value for row in figure_rows(entries, draws=0) if row.metric == metric)
    return float("nan") if found is None else found


def _change(score: Callable[..., list[Figure]], metric: str, kind: str = "") -> Callable[[Sequence[Result]], float]:
    def aggregate(records: Sequence[Result]) -> float:
        items, replies = _items([r for r in records if not kind or r["doc"]["kind"] == kind])
        return _value(score(items, [value_of(item, reply) for item, reply in zip(items, replies, strict=True)]), metric)

    return aggregate


def _caption(metric: str, convention: str) -> Callable[[Sequence[Result]], float]:
    def aggregate(records: Sequence[Result]) -> float:
        from chronosight.metrics.caption_tokens import build_vocabulary

        items, replies = _items(records)
        vocabulary = build_vocabulary(s for item in items for s in item.truth)  # type: ignore[union-attr]
        chosen: Any = (convention,)
        return _value(sentence_figures(items, replies, chosen, vocabulary, False), f"{metric} [{convention}]")

    return aggregate


bleu_4 = _caption("BLEU-4", "word")
rouge_l = _caption("ROUGE-L", "word")
cider_d = _caption("CIDEr-D", "word")
meteor_index = _caption("METEOR", "index")
binary_accuracy = _change(binary_figures, "binary accuracy")
binary_precision = _change(binary_figures, "binary precision")
binary_recall = _change(binary_figures, "binary recall")
binary_f1 = _change(binary_figures, "binary F1")
count_mae_roads = _change(count_figures, "count MAE", "roads")
count_mae_buildings = _change(count_figures, "count MAE", "buildings")
count_exact_roads = _change(count_figures, "count exact", "roads")
count_exact_buildings = _change(count_figures, "count exact", "buildings")
location_example_roads = _change(location_figures, "location example accuracy", "roads")
location_example_buildings = _change(location_figures, "location example accuracy", "buildings")
location_subset_roads = _change(location_figures, "location subset accuracy", "roads")
location_subset_buildings = _change(location_figures, "location subset accuracy", "buildings")
location_f1_roads = _change(location_figures, "location micro F1", "roads")
location_f1_buildings = _change(location_figures, "location micro F1", "buildings")

METRICS = {
    "caption": ("bleu_4", "meteor_index", "rouge_l", "cider_d"),
    "binary": ("binary_accuracy", "binary_precision", "binary_recall", "binary_f1"),
    "count": ("count_mae_roads", "count_mae_buildings", "count_exact_roads", "count_exact_buildings"),
    "location": tuple(f"location_{name}_{kind}" for kind in ("roads", "buildings") for name in ("example", "subset", "f1")),
}
