"""Decoding with a key / value cache, many questions about one scene at a time, without torch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from onnxruntime import InferenceSession, OrtValue

from chronosight.engines.compact.beam_search import beam_search

Past = list[OrtValue]  # key and value of every layer, each (N, H, P, dh)
LENGTH_EXPONENT = 0.5  # of sentences that are compared; with 0 short ones win, with 1 long ones (docs/experiments.md)


@dataclass(frozen=True)
class Decoded:
    """tokens: ids up to the end token, which is left out. logprobs: of every token chosen, the end token included.

    first: (V,) log-probabilities of the first token. complete: False when it was cut off at the length limit.
    """

    tokens: tuple[int, ...]
    logprobs: np.ndarray
    first: np.ndarray
    complete: bool


@dataclass(frozen=True)
class Prefix:
    """The part of the prompt that all questions of a scene share, already computed. past: (views, H, length, dh) each."""

    past: Past
    length: int
    views: int = 1


class Decoder:
    """A decoder graph: inputs_embeds (N, S, d), attention_mask (N, P + S), position_ids (N, S), cache -> logits."""

    def __init__(self, session: InferenceSession, embedding: np.ndarray, end: int) -> None:
        """embedding: (V, d). end: id of the token that ends a reply."""
        self.session, self.embedding, self.end = session, embedding, end
        past = [item for item in session.get_inputs() if item.name.startswith("past_")]
        self.layers = len(past) // 2
        self.cache_names = [f"{part}_{i}" for i in range(self.layers) for part in ("key", "value")]
        self.heads, self.head_size = past[0].shape[1], past[0].shape[3]
        self.outputs = ["logits", *(f"present_{name}" for name in self.cache_names)]

    def start(self, embeds: np.ndarray) -> Prefix:
        """Computes keys and values of the shared part of the prompt.

        Args:
            embeds: (views, P, d) float32, once for every view of the scene.

        Returns:
            The prefix, from which any number of questions branch off.
        """
        views, length = embeds.shape[:2]
        empty = np.zeros((views, self.heads, 0, self.head_size), np.float32)
        past = [OrtValue.ortvalue_from_numpy(empty) for _ in self.cache_names]
        mask, positions = np.ones((views, length), np.int64), np.tile(np.arange(length), (views, 1))
        _, past = self._step(embeds, mask, positions, past)
        return Prefix(past, length, views)

    def reply(self, prefix: Prefix, suffixes: list[list[int]], max_tokens: int) -> list[Decoded]:
        """Decodes greedily, all questions in one batch; shorter ones are padded on the left and masked.

        Of a scene in several views each token is the likeliest by the mean of the views' probabilities.

        Args:
            prefix: Of the scene.
            suffixes: Token ids of each question.
            max_tokens: The most tokens of a reply.

        Returns:
            The tokens of each reply, in the order of the questions.
        """
        n, length, views = len(suffixes), max(len(suffix) for suffix in suffixes), prefix.views
        tokens = np.zeros((n, length), np.int64)
        mask = np.ones((n, prefix.length + length), np.int64)
        positions = np.zeros((n, length), np.int64)
        for row, suffix in enumerate(suffixes):
            pad = length - len(suffix)
            tokens[row, pad:] = suffix
            mask[row, prefix.length : prefix.length + pad] = 0
            positions[row, pad:] = prefix.length + np.arange(len(suffix))
        # Rows of a batch: every question with the first view, then every question with the second, ...
        past = prefix.past if n == 1 else [_rows(item, np.repeat(np.arange(views), n)) for item in prefix.past]
        tokens, mask, positions = (np.tile(array, (views, 1)) for array in (tokens, mask, positions))
        logits, past = self._step(self._embed(tokens), mask, positions, past)

        rows = np.arange(n)  # which question each row of a view belongs to
        open_ = np.ones(n, bool)
        chosen: list[list[int]] = [[] for _ in range(n)]
        scores: list[list[float]] = [[] for _ in range(n)]
        first = _log_mean(logits, views)
        logprobs = first
        for step in range(max_tokens):
            best = logprobs.argmax(axis=1)
            for at, row in enumerate(rows.tolist()):
                if open_[row]:
                    scores[row].append(float(logprobs[at, best[at]]))
                    if best[at] == self.end:
                        open_[row] = False
                    else:
                        chosen[row].append(int(best[at]))
            keep = np.flatnonzero(open_[rows])
            if not keep.size or step == max_tokens - 1:
                break
            if 2 * keep.size <= rows.size:  # finished rows cost as much as open ones; copying the cache costs too
                of_views = (np.arange(views)[:, None] * rows.size + keep).ravel()
                rows, best, mask, positions = rows[keep], best[keep], mask[of_views], positions[of_views]
                past = [_rows(item, of_views) for item in past]
            mask = np.concatenate([mask, np.ones((len(mask), 1), np.int64)], axis=1)
            positions = positions[:, -1:] + 1
            logits, past = self._step(self._embed(np.tile(best, views)[:, None]), mask, positions, past)
            logprobs = _log_mean(logits, views)
        return [Decoded(tuple(chosen[i]), np.array(scores[i]), first[i], not open_[i]) for i in range(n)]

    def sentence(self, prefix: Prefix, suffix: list[int], max_tokens: int, never_inside: Sequence[int] = ()) -> Decoded:
        """Decodes a reply of one sentence by beam search.

        Args:
            prefix: Of the scene; of several views each token's probability is the mean of theirs.
            suffix: Token ids of the question.
            max_tokens: The most tokens of the reply.
            never_inside: Ids that may only begin it.

        Returns:
            The tokens of the reply.
        """
        views, length = prefix.views, prefix.length + len(suffix)
        mask, positions = np.ones((views, length), np.int64), np.tile(np.arange(prefix.length, length), (views, 1))
        logits, past = self._step(self._embed(np.tile(np.array(suffix), (views, 1))), mask, positions, prefix.past)
        first = _log_mean(logits, views)[0]
        followed = 1

        def follow(rows: np.ndarray, tokens: np.ndarray) -> np.ndarray:
            nonlocal past, length, followed
            of_views = (np.arange(views)[:, None] * followed + rows).ravel()
            past, length, followed = [_rows(item, of_views) for item in past], length + 1, len(rows)
            mask, positions = np.ones((len(of_views), length), np.int64), np.full((len(of_views), 1), length - 1)
            logits, past = self._step(self._embed(np.tile(tokens, views)[:, None]), mask, positions, past)
            return _log_mean(logits, views)

        found = beam_search(first, follow, self.end, max_tokens, LENGTH_EXPONENT, never_inside=never_inside)[0]
        return Decoded(found.tokens, np.array(found.logprobs), first, found.complete)

    def _embed(self, tokens: np.ndarray) -> np.ndarray:
        embedded: np.ndarray = self.embedding[tokens].astype(np.float32)
        return embedded

    def _step(self, embeds: np.ndarray, mask: np.ndarray, positions: np.ndarray, past: Past) -> tuple[np.ndarray, Past]:
        """-> (N, V) logits after the last position, and the cache grown by it."""
        feeds = {
            "inputs_embeds": OrtValue.ortvalue_from_numpy(np.ascontiguousarray(embeds, np.float32)),
            "attention_mask": OrtValue.ortvalue_from_numpy(np.ascontiguousarray(mask)),
            "position_ids": OrtValue.ortvalue_from_numpy(np.ascontiguousarray(positions)),
        }
        feeds |= {f"past_{name}": item for name, item in zip(self.cache_names, past, strict=True)}
        logits, *present = self.session.run_with_ort_values(self.outputs, feeds)  # keeps the cache out of numpy
        return logits.numpy()[:, -1], present


def _rows(item: OrtValue, rows: np.ndarray) -> OrtValue:
    return OrtValue.ortvalue_from_numpy(np.ascontiguousarray(item.numpy()[rows]))


def _log_mean(logits: np.ndarray, views: int) -> np.ndarray:
    """(views * N, V) -> (N, V) logarithm of the mean probability over the views."""
    shifted = logits - logits.max(axis=1, keepdims=True)
    logprobs: np.ndarray = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    if views == 1:
        return logprobs
    mean: np.ndarray = np.logaddexp.reduce(logprobs.reshape(views, -1, logprobs.shape[1]), axis=0) - np.log(views)
    return mean
