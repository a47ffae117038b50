"""Several questions about one scene in one row: the scene and its clue are read once, as at inference.

    <s> <image>*n <clue> clue </clue> | [task] question <reply> answer </s> | [task] question <reply> answer </s> | ...

A question sees the scene and itself, never another question, and its positions count on from the scene: the row gives
the very losses that its questions would give one by one.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import torch
from torch import Tensor
from transformers import PreTrainedTokenizerFast

from chronosight.tasks.prompt import EOS, IMAGE, question_suffix, scene_prefix
from chronosight.tasks.question import Question

IGNORED = -100


def pack(
    tokenizer: PreTrainedTokenizerFast,
    n_visual: Sequence[int],
    clues: Sequence[str],
    asked: Sequence[Sequence[tuple[Question, str]]],
) -> dict[str, Tensor]:
    """Packs the questions of scenes into rows, padded on the right.

    The dict holds::

        input_ids, position_ids   (B, S) int64
        segments                  (B, S) int64: 0 the scene and clue, 1.. the questions, -1 padding
        labels                    (B, S) int64: token to predict AT this place (shifted already), IGNORED elsewhere
        weights                   (B, S) float32: of the losses; a long reply weighs as the root of its length

    Args:
        tokenizer: The model's tokenizer.
        n_visual: Visual tokens of each scene.
        clues: Clue of each scene; "" for none.
        asked: For each scene, its questions and their replies.

    Returns:
        Tensors by name, as above, on the CPU; B scenes, S tokens of the longest row.
    """  # fmt: skip
    rows = []
    image = int(tokenizer.convert_tokens_to_ids(IMAGE))  # type: ignore[arg-type]  # one token, one id
    for count, clue, questions in zip(n_visual, clues, asked, strict=True):
        start, *rest = _encode(tokenizer, scene_prefix(0, clue))
        prefix = [start, *[image] * count, *rest]  # what scene_prefix(count, clue) gives, faster
        ids, positions, segments = list(prefix), list(range(len(prefix))), [0] * len(prefix)
        labels, weights = [IGNORED] * len(prefix), [0.0] * len(prefix)
        for number, (question, reply) in enumerate(questions, 1):
            prompt, answer = _encode(tokenizer, question_suffix(question)), _encode(tokenizer, reply + EOS)
            seen = prompt + answer[:-1]
            ids += seen
            positions += range(len(prefix), len(prefix) + len(seen))
            segments += [number] * len(seen)
            labels += [*[IGNORED] * (len(prompt) - 1), *answer]
            weights += [0.0] * (len(prompt) - 1) + [len(answer) ** -0.5] * len(answer)
        rows.append((ids, positions, segments, labels, weights))
    length = max(len(row[0]) for row in rows)
    fills = (int(tokenizer.pad_token_id), 0, -1, IGNORED, 0.0)
    columns = [torch.tensor([row[k] + [fill] * (length - len(row[k])) for row in rows]) for k, fill in enumerate(fills)]
    return dict(zip(("input_ids", "position_ids", "segments", "labels", "weights"), columns, strict=True))


def packed_mask(segments: Tensor) -> Tensor:
    """Attention mask of packed rows: causal, within a token's own question and the scene.

    Padding sees itself alone, so that no row of the softmax is empty.

    Args:
        segments: (B, S) int64: 0 for the scene, from 1 for questions, -1 for padding.

    Returns:
        (B, 1, S, S) bool; True where the token of a row sees that of a column.
    """
    length = segments.shape[1]
    causal = torch.ones(length, length, dtype=torch.bool, device=segments.device).tril()
    own = segments[:, :, None] == segments[:, None, :]
    scene = (segments == 0)[:, None, :] & (segments >= 0)[:, :, None]
    mask = causal & (own | scene) & (segments >= 0)[:, None, :]
    return (mask | torch.eye(length, dtype=torch.bool, device=segments.device))[:, None]


@lru_cache(maxsize=100_000)  # questions and short replies come again and again
def _encode(tokenizer: PreTrainedTokenizerFast, text: str) -> tuple[int, ...]:
    return tuple(tokenizer.encode(text, add_special_tokens=False))
