"""Benchmarks, one small file each (or a family of one layout): where the data must lie, splits, questions and truths."""

from __future__ import annotations

from chronosight.evaluation.benchmarks.benchmark import Benchmark

NAMES = (
    "levir-cc", "levir-mci", "levir-cd", "changeimti", "rsvqa-lr", "rsvqa-hr", "crsvqa", "era", "cdvqa", "test-places",
    "synthetic",
)  # fmt: skip


def find_benchmark(name: str) -> Benchmark:
    """The benchmark of a name. Raises InputError for a name of none."""
    from chronosight.errors import InputError
    from chronosight.evaluation.benchmarks import changeimti, crsvqa, era, levir, places, questions

    known = (
        levir.LEVIR_CC, levir.LEVIR_MCI, levir.LEVIR_CD, changeimti.CHANGEIMTI, questions.RSVQA_LR, questions.RSVQA_HR,
        crsvqa.CRSVQA, era.ERA, questions.CDVQA, places.TEST_PLACES, places.SYNTHETIC,
    )  # fmt: skip
    for benchmark in known:
        if benchmark.name == name:
            return benchmark
    raise InputError(f'there is no benchmark "{name}"; give one of {", ".join(NAMES)}')
