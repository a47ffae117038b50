"""A page of the worst and the best cases of a run, with pictures; one file, nothing fetched."""

from __future__ import annotations

import base64
import html
import io
from collections.abc import Sequence
from typing import Any

import numpy as np
from PIL import Image

from chronosight.errors import InputError
from chronosight.evaluation.item import Item, Reply
from chronosight.evaluation.score_masks import read_mask
from chronosight.evaluation.scoring import item_scores

EACH = 6  # cases at either end, of each task
SIDE = 224  # pixels of a picture's longer side
FRAMES = 4  # of a video
COLOURS = np.array([[0, 0, 0], [255, 196, 0], [230, 30, 90], [0, 160, 255]], dtype=np.uint8)

STYLE = """
body { font: 15px/1.45 system-ui, sans-serif; margin: 2rem auto; max-width: 1100px; padding: 0 1rem; color: #1b1f24; }
h2 { margin-top: 2.2rem; border-bottom: 1px solid #d0d7de; }
.cases { display: grid; grid-template-columns: repeat(auto-fill, minmax(320px, 1fr)); gap: 1rem; }
figure { margin: 0; border: 1px solid #d0d7de; border-radius: 8px; padding: .7rem; }
.pictures { display: flex; flex-wrap: wrap; gap: 4px; }
img { max-width: 48%; image-rendering: auto; border-radius: 4px; }
figcaption { font-size: 13px; overflow-wrap: anywhere; }
.said { font-weight: 600; }
.id { color: #57606a; }
"""


def cases_page(title: str, items: Sequence[Item], replies: Sequence[Reply], each: int = EACH) -> str:
    """HTML. Worst first, then best, task by task; at most one case a scene at either end."""
    scores = item_scores(items, replies)
    by_task: dict[str, list[int]] = {}
    for i, item in enumerate(items):
        if scores[i] is not None:
            name = f"{item.task} of {item.kind}" if item.kind and item.task != "class" else item.task
            by_task.setdefault(name, []).append(i)
    parts = [f"<!doctype html><html lang=en><meta charset=utf-8><title>{html.escape(title)}</title>"]
    parts.append(f"<meta name=viewport content='width=device-width, initial-scale=1'><style>{STYLE}</style>")
    parts.append(f"<h1>{html.escape(title)}</h1>")
    for task, at in by_task.items():
        order = sorted(at, key=lambda i: (scores[i], items[i].id))
        worst, best = _spread(order, items, each), _spread(order[::-1], items, each)
        for heading, chosen in (("Worst", worst), ("Best", [i for i in best if i not in worst])):
            if chosen:
                parts.append(f"<h2>{heading}: {html.escape(task)}</h2><div class=cases>")
                parts += [_case(items[i], replies[i], float(scores[i] or 0)) for i in chosen]
                parts.append("</div>")
    return "\n".join(parts) + "\n"


def _spread(order: Sequence[int], items: Sequence[Item], each: int) -> list[int]:
    """The first `each` of an order, a scene once."""
    chosen: dict[str, int] = {}
    for i in order:
        if len(chosen) == each:
            break
        chosen.setdefault(items[i].sight.name, i)
    return list(chosen.values())


def _case(item: Item, reply: Reply, score: float) -> str:
    sure = "" if reply.confidence is None else f", sure {reply.confidence:.0%}"
    lines = [f"<div class=id>{html.escape(item.id)} &middot; score {score:.3g}{sure}</div>"]
    if item.task == "mask":
        lines.append("<div>dates, mask drawn, true mask</div>")
    else:
        lines.append(f"<div>{html.escape(item.text)}</div><div class=said>said: {html.escape(reply.text or '(nothing)')}</div>")
        lines.append(f"<div>true: {html.escape(_truth(item))}</div>")
    pictures = "".join(f"<img alt='' src='{address}'>" for address in _pictures(item, reply))
    return f"<figure><div class=pictures>{pictures}</div><figcaption>{''.join(lines)}</figcaption></figure>"


def _truth(item: Item) -> str:
    if isinstance(item.truth, tuple):
        if item.task == "caption":
            return " / ".join(dict.fromkeys(item.truth))
        return ", ".join(item.truth) or "No change"
    return {True: "yes", False: "no"}.get(item.truth, str(item.truth)) if isinstance(item.truth, bool) else str(item.truth)


def _pictures(item: Item, reply: Reply) -> list[str]:
    """Data addresses of the frames, and of the masks; nothing where the imagery is not here."""
    try:
        frames: Any = item.sight.open().frames
    except (InputError, OSError):
        return []
    if len(frames) > FRAMES:
        frames = frames[np.linspace(0, len(frames) - 1, FRAMES).round().astype(int)]
    pictures = [_address(frame) for frame in frames]
    if item.task == "mask" and item.mask is not None and reply.mask is not None:
        pictures += [_address(COLOURS[np.minimum(mask, 3)]) for mask in (read_mask(reply.mask), item.mask())]
    return pictures


def _address(pixels: np.ndarray) -> str:
    picture = Image.fromarray(np.ascontiguousarray(pixels))
    picture.thumbnail((SIDE, SIDE))
    packed = io.BytesIO()
    picture.save(packed, format="WEBP", quality=80)
    return f"data:image/webp;base64,{base64.b64encode(packed.getvalue()).decode()}"
