"""The benchmarks by name."""

from __future__ import annotations

from chronosight.evaluation.benchmarks.benchmark import Benchmark

OWN = ("places", "season", "images", "rendered")
CHOOSING = ("native", "abroad", "chips")  # settings were chosen on them; no part of `eval all`
PUBLISHED = (
    "levir-cc", "levir-mci", "levir-cd", "changeimti", "rsvqa-lr", "rsvqa-hr", "crsvqa", "era", "cdvqa", "test-places",
    "synthetic",
)  # fmt: skip


def find_benchmark(name: str) -> Benchmark:
    """The benchmark of a name.

    Args:
        name: One of `OWN`, `CHOOSING` or `PUBLISHED`.

    Returns:
        The benchmark.

    Raises:
        InputError: No benchmark has this name.
    """
    from chronosight.errors import InputError
    from chronosight.evaluation.benchmarks import own, published

    for benchmark in (*own.BENCHMARKS, *published.BENCHMARKS):
        if benchmark.name == name:
            return benchmark
    raise InputError(f'there is no benchmark "{name}"; give one of {", ".join((*OWN, *CHOOSING, *PUBLISHED))}')
