"""A page of the worst and the best predictions of a run, with images; one file, nothing fetched."""

from __future__ import annotations

import base64
import html
import io
from collections.abc import Sequence
from typing import Any

import numpy as np
from PIL import Image

from chronosight.datasets.sample import Sample
from chronosight.errors import InputError
from chronosight.evaluation.predictions import Prediction, read_mask
from chronosight.evaluation.scoring import sample_scores
from chronosight.results.wording import percent

EACH = 6  # cases at either end, of each task
SIDE = 224  # pixels of an image's longer side
FRAMES = 4  # of a video
COLOURS = np.array([[0, 0, 0], [255, 196, 0], [230, 30, 90], [0, 160, 255]], dtype=np.uint8)

STYLE = """
body { font: 15px/1.45 system-ui, sans-serif; margin: 2rem auto; max-width: 1100px; padding: 0 1rem; color: #1b1f24; }
h2 { margin-top: 2.2rem; border-bottom: 1px solid #d0d7de; }
.cases { display: grid; grid-template-columns: repeat(auto-fill, minmax(320px, 1fr)); gap: 1rem; }
figure { margin: 0; border: 1px solid #d0d7de; border-radius: 8px; padding: .7rem; }
.images { display: flex; flex-wrap: wrap; gap: 4px; }
img { max-width: 48%; image-rendering: auto; border-radius: 4px; }
figcaption { font-size: 13px; overflow-wrap: anywhere; }
.reply { font-weight: 600; }
.id { color: #57606a; }
"""


def worst_cases_page(title: str, samples: Sequence[Sample], predictions: Sequence[Prediction], each: int = EACH) -> str:
    """The page.

    Args:
        title: Its title.
        samples: What was asked.
        predictions: One a sample, in order.
        each: Cases at either end of each task, at most one a scene.

    Returns:
        HTML: worst first, then best, task by task.
    """
    scores = sample_scores(samples, predictions)
    by_task: dict[str, list[int]] = {}
    for i, sample in enumerate(samples):
        if scores[i] is not None:
            name = f"{sample.scored_as} of {sample.type}" if sample.type and sample.scored_as != "class" else sample.scored_as
            by_task.setdefault(name, []).append(i)
    parts = [f"<!doctype html><html lang=en><meta charset=utf-8><title>{html.escape(title)}</title>"]
    parts.append(f"<meta name=viewport content='width=device-width, initial-scale=1'><style>{STYLE}</style>")
    parts.append(f"<h1>{html.escape(title)}</h1>")
    for task, at in by_task.items():
        order = sorted(at, key=lambda i: (scores[i], samples[i].id))
        worst, best = _spread(order, samples, each), _spread(order[::-1], samples, each)
        for heading, chosen in (("Worst", worst), ("Best", [i for i in best if i not in worst])):
            if chosen:
                parts.append(f"<h2>{heading}: {html.escape(task)}</h2><div class=cases>")
                parts += [_case(samples[i], predictions[i], float(scores[i] or 0)) for i in chosen]
                parts.append("</div>")
    return "\n".join(parts) + "\n"


def _spread(order: Sequence[int], samples: Sequence[Sample], each: int) -> list[int]:
    """The first `each` of an order, a scene once."""
    chosen: dict[str, int] = {}
    for i in order:
        if len(chosen) == each:
            break
        chosen.setdefault(samples[i].scene, i)
    return list(chosen.values())


def _case(sample: Sample, prediction: Prediction, score: float) -> str:
    confidence = "" if prediction.confidence is None else f", confidence {percent(prediction.confidence)}"
    lines = [f"<div class=id>{html.escape(sample.id)} &middot; score {score:.3g}{confidence}</div>"]
    if sample.scored_as == "mask":
        lines.append("<div>dates, predicted mask, true mask</div>")
    else:
        lines.append(
            f"<div>{html.escape(sample.text)}</div><div class=reply>reply: {html.escape(prediction.text or '(nothing)')}</div>"
        )
        lines.append(f"<div>truth: {html.escape(_truth(sample))}</div>")
    images = "".join(f"<img alt='' src='{address}'>" for address in _images(sample, prediction))
    return f"<figure><div class=images>{images}</div><figcaption>{''.join(lines)}</figcaption></figure>"


def _truth(sample: Sample) -> str:
    if isinstance(sample.truth, tuple):
        if sample.scored_as == "caption":
            return " / ".join(dict.fromkeys(sample.truth))
        return ", ".join(sample.truth) or "No change"
    return (
        {True: "yes", False: "no"}.get(sample.truth, str(sample.truth)) if isinstance(sample.truth, bool) else str(sample.truth)
    )


def _images(sample: Sample, prediction: Prediction) -> list[str]:
    """Data addresses of the frames, and of the masks; nothing where the imagery is not here."""
    try:
        frames: Any = sample.open().frames
    except (InputError, OSError):
        return []
    if len(frames) > FRAMES:
        frames = frames[np.linspace(0, len(frames) - 1, FRAMES).round().astype(int)]
    images = [_address(frame) for frame in frames]
    if sample.scored_as == "mask" and sample.mask is not None and prediction.mask is not None:
        images += [_address(COLOURS[np.minimum(mask, 3)]) for mask in (read_mask(prediction.mask), sample.mask())]
    return images


def _address(pixels: np.ndarray) -> str:
    image = Image.fromarray(np.ascontiguousarray(pixels))
    image.thumbnail((SIDE, SIDE))
    packed = io.BytesIO()
    image.save(packed, format="WEBP", quality=80)
    return f"data:image/webp;base64,{base64.b64encode(packed.getvalue()).decode()}"
