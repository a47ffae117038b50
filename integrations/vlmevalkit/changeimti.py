"""The four tasks of ChangeIMTI as datasets of VLMEvalKit.

Put this file into `vlmeval/dataset/`, import `ChangeIMTI` in its `__init__.py` and add it to the list of image datasets
there; put the TSV files of `python integrations/export_changeimti.py vlmevalkit` into LMUData. Replies are read and scored by
chronosight itself, so the values are those of `chronosight eval changeimti`.
"""

from __future__ import annotations

import json
from typing import Any

import pandas as pd
from vlmeval.dataset.image_base import ImageBaseDataset
from vlmeval.smp import LMUDataRoot, load

from chronosight.evaluation.benchmarks.changeimti import sample_of_words
from chronosight.evaluation.predictions import Prediction
from chronosight.evaluation.scoring import ScoringOptions, score

NAMES = {f"ChangeIMTI_{task.capitalize()}": task for task in ("caption", "binary", "count", "location")}


class ChangeIMTI(ImageBaseDataset):
    TYPE = "VQA"
    DATASET_URL = dict.fromkeys(NAMES, "")
    DATASET_MD5 = dict.fromkeys(NAMES)

    def load_data(self, dataset: str) -> pd.DataFrame:
        """The TSV that the export wrote; nothing is downloaded."""
        return load(f"{LMUDataRoot()}/{dataset}.tsv")

    def build_prompt(self, line: Any) -> list[dict[str, str]]:
        """Both dates, the earlier first, then the published wording without its places for images."""
        row = self.data.iloc[line] if isinstance(line, int) else line
        paths = row["image_path"] if isinstance(row["image_path"], list) else json.loads(row["image_path"])
        text = " ".join(row["question"].replace("<image> and <image>", "").split())
        return [*({"type": "image", "value": path} for path in paths), {"type": "text", "value": text}]

    def evaluate(self, eval_file: str, **judge_kwargs: Any) -> pd.DataFrame:
        """Metrics with 95 % intervals over pairs; no judge model is asked."""
        return score_table(load(eval_file), NAMES[self.dataset_name])


def score_table(table: pd.DataFrame, task: str) -> pd.DataFrame:
    samples, predictions = [], []
    for row in table.to_dict("records"):
        kind = row["category"] if isinstance(row["category"], str) else ""
        samples.append(sample_of_words(row["id"], task, kind, json.loads(row["truth"])))
        predictions.append(Prediction(row["id"], str(row["prediction"])))
    results = score(samples, predictions, ScoringOptions(with_java=False)).results
    return pd.DataFrame([{"metric": r.metric, "value": r.value, "interval": r.interval, "n": r.n} for r in results])
