"""Losses of the recognition branch: they fall when the output agrees with what is known, and only with that."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch")

from chronosight.models.guide.losses import BUILDING, ROAD, UNKNOWN_ROAD, recognition_loss  # noqa: E402
from chronosight.models.guide.modeling import GuideOutput  # noqa: E402

SIZE = 16


def output(classes: torch.Tensor, appeared: float = 0.0, change: float = 0.0) -> GuideOutput:
    """classes: (H, W) int, the class the output is sure of."""
    logits = torch.nn.functional.one_hot(classes, 3).permute(2, 0, 1)[None] * 12.0
    return GuideOutput(
        class_logits=logits,
        appeared_logit=torch.full((1, 1, SIZE, SIZE), appeared),
        core_logit=torch.zeros(1, 1, SIZE, SIZE),
        change_logit=torch.tensor([change]),
        memory=None,
    )


def parts(out: GuideOutput, target: torch.Tensor, appeared: float = -1.0, captioned: int = -1) -> dict[str, float]:
    box = torch.tensor([[0, 0, SIZE, SIZE]])
    arguments = (
        target[None],
        torch.full((1, SIZE, SIZE), appeared),
        torch.ones(1, SIZE, SIZE),
        box,
        torch.tensor([captioned]),
        (target[None] == BUILDING).float(),
    )
    return {name: float(value) for name, value in recognition_loss(out, *arguments).items()}


def half(value: int, other: int) -> torch.Tensor:
    classes = torch.full((SIZE, SIZE), other)
    classes[:, : SIZE // 2] = value
    return classes


def test_right_mask_costs_nothing_and_wrong_mask_much():
    truth = half(BUILDING, 0)
    right, wrong = parts(output(truth), truth), parts(output(BUILDING - truth), truth)
    assert right["pixel"] < 1e-3 < wrong["pixel"]
    assert right["building"] < 0.01 < wrong["building"]


def test_where_roads_are_unknown_a_road_is_no_mistake():
    target = half(BUILDING, UNKNOWN_ROAD)
    assert parts(output(half(BUILDING, ROAD)), target)["pixel"] < 1e-3
    assert parts(output(half(BUILDING, 0)), target)["pixel"] < 1e-3
    assert parts(output(half(BUILDING, BUILDING)), target)["pixel"] > 1


def test_direction_is_learned_where_something_changed_only():
    target = half(BUILDING, 0)
    assert "direction" not in parts(output(target), target, appeared=-1.0)
    good, bad = parts(output(target, appeared=9.0), target, 1.0), parts(output(target, appeared=-9.0), target, 1.0)
    assert good["direction"] < bad["direction"]


def test_captions_teach_roads():
    target = torch.full((SIZE, SIZE), UNKNOWN_ROAD)
    with_road, without = output(half(ROAD, 0)), output(torch.zeros(SIZE, SIZE, dtype=torch.long))
    assert parts(with_road, target, captioned=1)["captioned_road"] < parts(without, target, captioned=1)["captioned_road"]
    assert parts(with_road, target, captioned=0)["captioned_road"] > parts(without, target, captioned=0)["captioned_road"]
    assert "captioned_road" not in parts(with_road, target, captioned=-1)
