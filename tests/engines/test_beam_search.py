"""Beam search finds what greedy decoding misses, and never a less likely sentence than one it has followed."""

from itertools import product

import numpy as np
import pytest

from chronosight.engines.compact.beam_search import Sentence, beam_search, repeating

END, WORDS, MOST = 0, 4, 5


def bigrams(seed):
    """(WORDS + 1, WORDS) log-probabilities of the next token after each token; the last row begins a sentence."""
    scores = np.random.default_rng(seed).normal(size=(WORDS + 1, WORDS)) * 1.5
    return scores - np.logaddexp.reduce(scores, axis=1, keepdims=True)


def search(table, exponent, width, most=MOST, forbidden=(), never_inside=()):
    said = [()]

    def follow(rows, tokens):
        said[:] = [(*said[row], token) for row, token in zip(rows, tokens, strict=True)]
        return np.stack([table[sentence[-1]] for sentence in said])

    return beam_search(table[-1], follow, END, most, exponent, forbidden, never_inside, width)[0]


def every_sentence(table):
    """All ended sentences of up to MOST tokens that say no three tokens twice."""
    for length in range(1, MOST + 1):
        for words in product(range(1, WORDS), repeat=length - 1):
            tokens = (*words, END)
            if all(tokens[i] not in repeating(tokens[:i]) for i in range(length)):
                logprobs = tuple(float(table[a, b]) for a, b in zip((-1, *words), tokens, strict=True))
                yield Sentence(words, logprobs, True)


@pytest.mark.parametrize("exponent", [0.0, 0.2, 1.0])
@pytest.mark.parametrize("seed", range(5))
def test_a_wide_search_finds_the_best_sentence_of_all(seed, exponent):
    table = bigrams(seed)
    best = max(every_sentence(table), key=lambda sentence: sentence.score(exponent))
    found = search(table, exponent, width=WORDS**MOST)
    assert found.tokens == best.tokens
    np.testing.assert_allclose(found.logprobs, best.logprobs)


@pytest.mark.parametrize("seed", range(5))
def test_one_sentence_at_once_is_greedy_decoding(seed):
    table = bigrams(seed)
    token, words = -1, []
    while token != END and len(words) < MOST:
        allowed = table[token].copy()
        allowed[repeating(words)] = -np.inf
        token = int(allowed.argmax())
        words += [] if token == END else [token]
    assert search(table, 0.0, width=1).tokens == tuple(words)


def test_a_likelier_sentence_behind_a_less_likely_word_is_found():
    # After "1" every word is a guess; after "2" comes "3", and then the end.
    rows = [[0.25] * 4, [0.25] * 4, [0.01, 0.01, 0.01, 0.97], [0.97, 0.01, 0.01, 0.01], [0.01, 0.5, 0.4, 0.09]]
    table = np.log(rows)
    assert search(table, 0.0, width=1).tokens[:1] == (1,)
    assert search(table, 0.0, width=3).tokens == (2, 3)


def test_length_counts_by_the_exponent():
    short, long = Sentence((1,), (-1.0, -1.0), True), Sentence((1, 2, 3), (-1.0, -1.0, -0.5, -0.5), True)
    assert short.score(0.0) > long.score(0.0)
    assert short.score(1.0) < long.score(1.0)


def test_what_never_ends_is_cut_and_says_so():
    table = np.log(np.tile([1e-9, 0.5, 0.3, 0.2], (WORDS + 1, 1)))
    found = search(table, 0.0, width=2, most=4)
    assert not found.complete
    assert len(found.tokens) == len(found.logprobs) == 4


def test_forbidden_words_do_not_come():
    table = bigrams(1)
    assert all(set(search(table, 1.0, 3, forbidden=(word,)).tokens).isdisjoint({word}) for word in range(1, WORDS))


@pytest.mark.parametrize("seed", range(5))
def test_what_may_only_begin_a_sentence_does_not_come_later(seed):
    table = bigrams(seed)
    best = max(
        (sentence for sentence in every_sentence(table) if 2 not in sentence.tokens[1:]), key=lambda sentence: sentence.score(1.0)
    )
    assert search(table, 1.0, WORDS**MOST, never_inside=(2,)).tokens == best.tokens


def test_three_tokens_in_a_row_are_not_said_twice():
    assert repeating([]) == repeating([5]) == repeating([5, 6, 7]) == []
    assert repeating([5, 6, 7, 5, 6]) == [7]
    assert repeating([5, 6, 7, 5, 6, 8, 5, 6]) == [7, 8]
    assert repeating([5, 5, 5]) == [5]
