"""The loss of the recognition branch: full masks of rendered pairs, building masks and captions of real ones."""

from __future__ import annotations

import torch
from torch.nn import functional as F

from chronosight.models.guide.modeling import GuideOutput

UNKNOWN_ROAD = 3  # target value where a pixel is known not to be a changed building, and nothing else is known
ROAD, BUILDING = 1, 2
LEAST_CHANGE = 20  # changed pixels from which on a scene counts as changed


def recognition_loss(
    output: GuideOutput,
    target: torch.Tensor,
    appeared: torch.Tensor,
    weight: torch.Tensor,
    road_box: torch.Tensor,
    road_captioned: torch.Tensor,
    core: torch.Tensor,
    footprints: torch.Tensor | None = None,
) -> dict[str, torch.Tensor]:
    """The loss, part by part.

    Args:
        output: Of the guide.
        target: (N, H, W) int: 0, 1, 2 or UNKNOWN_ROAD.
        appeared: (N, H, W), 1 new, 0 gone, -1 unknown.
        weight: (N, H, W) of each pixel.
        road_box: (N, 4), left, top, right and bottom in pixels of the part that a caption speaks of.
        road_captioned: (N,), 1 where captions say that a road changed, 0 where none did, -1 where they do not say.
        core: (N, H, W), 1 in the cores of changed buildings, else 0.
        footprints: (N, 2, H, W), 1 where a building stands at the date, 0 where none does, -1 unknown; for guides that
            predict footprints.

    Returns:
        Parts of the loss by name, each already weighted; the loss is their sum.
    """
    assert output.class_logits is not None and output.appeared_logit is not None and output.change_logit is not None
    log_p = F.log_softmax(output.class_logits.float(), dim=1)  # (N, 3, H, W)
    p = log_p.exp()
    log_not_building = torch.logsumexp(log_p[:, :BUILDING], dim=1)  # (N, H, W)
    known = target != UNKNOWN_ROAD
    picked = log_p.gather(1, torch.where(known, target, 0).unsqueeze(1)).squeeze(1)
    pixel = -(weight * torch.where(known, picked, log_not_building)).mean()

    parts = {"pixel": pixel, "building": _dice(p[:, BUILDING], target == BUILDING)}
    assert output.core_logit is not None
    inner = output.core_logit.float()[:, 0]
    parts["core"] = F.binary_cross_entropy_with_logits(inner, core) + 0.3 * _dice(inner.sigmoid(), core)
    complete = known.flatten(1).all(1)
    if bool(complete.any()):
        parts["road"] = 0.5 * _dice(p[complete][:, ROAD], target[complete] == ROAD)
    directed = appeared >= 0
    if bool(directed.any()):
        score = output.appeared_logit.float()[:, 0][directed]
        parts["direction"] = 0.2 * F.binary_cross_entropy_with_logits(score, appeared[directed])
    changed_pixels = ((target == BUILDING) | (target == ROAD)).flatten(1).sum(1)
    # A real window without a changed building may hold a changed road: then "anything changed" is unknown, unless labelled.
    known_change = (changed_pixels > LEAST_CHANGE) | complete | (road_captioned == 0)
    if bool(known_change.any()):
        truth = (changed_pixels > LEAST_CHANGE).float()
        parts["change"] = 0.1 * F.binary_cross_entropy_with_logits(output.change_logit.float()[known_change], truth[known_change])
    if footprints is not None and output.footprint_logit is not None and bool((footprints >= 0).any()):
        stands = footprints >= 0
        score = output.footprint_logit.float()[stands]
        parts["footprint"] = 0.5 * F.binary_cross_entropy_with_logits(score, footprints[stands])
        parts["footprint"] = parts["footprint"] + 0.3 * _dice(score.sigmoid(), footprints[stands])
    labelled = road_captioned >= 0
    if bool(labelled.any()):
        parts["captioned_road"] = 0.1 * _captioned_road(p[labelled][:, ROAD], road_box[labelled], road_captioned[labelled])
    return parts


def distillation_loss(output: GuideOutput, teacher: GuideOutput) -> dict[str, torch.Tensor]:
    """How far the guide's answers are from those of another guide (learning without forgetting, arXiv 1606.09282).

    Args:
        output: Of the guide.
        teacher: Of the other one, on the same images, without gradients.

    Returns:
        Parts of the loss by name, 0 for equal answers: Kullback-Leibler divergences of classes, cores and footprints, mean over
        pixels.
    """
    assert output.class_logits is not None and teacher.class_logits is not None
    log_p, log_q = (F.log_softmax(of.class_logits.float(), dim=1) for of in (output, teacher) if of.class_logits is not None)
    parts = {"kept_classes": (log_q.exp() * (log_q - log_p)).sum(1).mean()}
    for name, score, answer in (
        ("kept_cores", output.core_logit, teacher.core_logit),
        ("kept_footprints", output.footprint_logit, teacher.footprint_logit),
    ):
        if score is not None and answer is not None:
            p = answer.float().sigmoid()
            entropy = F.binary_cross_entropy_with_logits(answer.float(), p)
            parts[name] = 0.5 * (F.binary_cross_entropy_with_logits(score.float(), p) - entropy)
    return parts


def _dice(p: torch.Tensor, truth: torch.Tensor) -> torch.Tensor:
    """1 - soft Dice over the whole batch; batch-wise, so that empty samples neither help nor hurt."""
    overlap = (p * truth).sum()
    return 1 - (2 * overlap + 50.0) / (p.sum() + truth.sum() + 50.0)


def _captioned_road(p: torch.Tensor, boxes: torch.Tensor, labelled: torch.Tensor) -> torch.Tensor:
    """Captions say whether a road changed, not where: the most road-like 4 % of the part must agree with them."""
    losses = []
    for row in range(len(p)):
        x0, y0, x1, y1 = boxes[row].tolist()
        inside = p[row, y0:y1, x0:x1].flatten()
        top = inside.topk(max(1, inside.numel() // 25)).values.mean().clamp(1e-4, 1 - 1e-4)
        losses.append(-torch.log(top) if labelled[row] == 1 else -torch.log(1 - top))
    return torch.stack(losses).mean()
