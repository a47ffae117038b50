"""What the guide says of the training scenes, by guides that never saw their places (cross-fitting).

A guide looks better on scenes it was trained on than on new ones; a language model trained with such clues would trust
them too much. Each fold's facts come from the guide trained without it.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from tokenizers import Tokenizer

from chronosight.datasets.places import PlacePair, windows
from chronosight.models.guide.modeling import GuideModel
from chronosight.tasks.clue import ClassChange, GuideFacts
from chronosight.tasks.objects import find_objects
from chronosight.tasks.split import split_by_cores
from chronosight.training.guide.folds import fold_of
from chronosight.training.samples.guide_facts import FactsKey

SMALLEST_OBJECT = 12.0  # square pixels at 1 m; smaller specks are noise


@torch.no_grad()
def guide_facts(model: GuideModel, tokenizer: Tokenizer | None, before: np.ndarray, after: np.ndarray) -> GuideFacts:
    """Facts of one pair, as a guide finds them.

    Args:
        model: The guide, in evaluation mode.
        tokenizer: Tokenizer of the captions; None for facts without a caption.
        before: (H, W, 3) uint8, the earlier date; sides are multiples of 32.
        after: (H, W, 3) uint8, the later date.

    Returns:
        Probability of change, caption, and counts and cells by class.
    """
    pair = [torch.from_numpy(np.ascontiguousarray(x.transpose(2, 0, 1))).float()[None] / 255 for x in (before, after)]
    with torch.autocast("cpu", torch.bfloat16):  # twice as fast; the facts are rounded to objects anyway
        output = model(*pair)
    probability = output.class_logits.float().softmax(1)[0].numpy()  # (C, H, W)
    appeared = output.appeared_logit.float().sigmoid()[0, 0].numpy()
    mask = np.where(1 - probability[0] >= 0.5, 1 + probability[1:].argmax(0), 0)
    classes = {}
    cores = output.core_logit[0, 0].float().numpy() > 0
    for index, name in ((1, "roads"), (2, "buildings")):
        of_class = split_by_cores(mask == index, cores) if name == "buildings" else mask == index
        objects = find_objects(of_class, SMALLEST_OBJECT)
        new = sum(item.mean(appeared) >= 0.5 for item in objects)
        classes[name] = ClassChange(new, len(objects) - new, tuple(dict.fromkeys(item.cell for item in objects)))
    caption = None
    if tokenizer is not None:
        caption = tokenizer.decode(model.caption(output.memory.float())[0].tolist(), skip_special_tokens=True).strip()
    return GuideFacts(float(output.change_logit.float().sigmoid()[0]), caption, classes)


def crossfit_facts(
    guides: list[GuideModel | None], tokenizer: Tokenizer | None, places: list[PlacePair], extra: int, seed: int = 0
) -> Iterator[tuple[FactsKey, GuideFacts]]:
    """Facts of the windows, of further windows and of the captioned parts of every place.

    Windows are read in both orders of the dates, and are 256 px; captioned parts are read on the multiple of 32 within their
    box, 128 px.

    Args:
        guides: guides[k] was trained without fold k; None leaves that fold out. A single guide is used for all (held-out places).
        tokenizer: Tokenizer of the captions; None for facts without captions.
        places: Pairs of the places.
        extra: Further windows of each place, drawn at random.
        seed: Seed of the further windows.

    Yields:
        (id of the place, box, whether the dates are swapped), and the facts.
    """
    for number, place in enumerate(places):
        model = guides[fold_of(place.place, len(guides))]
        if model is None:
            continue
        model.train(False)
        rng = np.random.default_rng((seed, number))
        size = place.before.shape[0]
        starts = rng.integers(0, size - 256 + 1, (extra, 2))
        boxes = windows(size) + [(int(x), int(y), int(x) + 256, int(y) + 256) for x, y in starts]
        for box in boxes:
            for swapped in (False, True):
                yield (place.id, box, swapped), guide_facts(model, tokenizer, *_views(place, box, swapped))
        for cell in place.cells:
            yield (place.id, cell.box, False), guide_facts(model, tokenizer, *_views(place, cell.box, False))


def _views(place: PlacePair, box: tuple[int, int, int, int], swapped: bool) -> tuple[np.ndarray, np.ndarray]:
    x0, y0, x1, y1 = box
    height, width = (y1 - y0) // 32 * 32, (x1 - x0) // 32 * 32
    here = (slice(y0, y0 + height), slice(x0, x0 + width))
    before, after = place.before[here], place.after[here]
    return (after, before) if swapped else (before, after)
