"""The cache, the batch and the padding change nothing in what the decoder says."""

import numpy as np
import onnxruntime
import pytest

from chronosight.engines.compact.beam_search import beam_search
from chronosight.engines.compact.decoder import LENGTH_EXPONENT, Decoder
from tiny_bundle import attention_decoder

END = 39
SUFFIXES = [[3, 5, 7, 9], [4], [6, 2]]


@pytest.fixture(scope="module")
def session(tmp_path_factory):
    return onnxruntime.InferenceSession(attention_decoder(tmp_path_factory.mktemp("decoder") / "decoder.onnx"))


@pytest.fixture(scope="module")
def embedding():
    return np.random.default_rng(1).normal(size=(40, 16)).astype(np.float16)


@pytest.fixture(scope="module")
def decoder(session, embedding):
    return Decoder(session, embedding, END)


@pytest.fixture(scope="module")
def prefix(decoder, embedding):
    return decoder.start(embedding[None, [1, 8, 8, 8, 2]].astype(np.float32))


def next_scores(session, embedding, tokens):
    """(V,) float64 logits after a whole prompt."""
    n, empty = len(tokens), np.zeros((1, 2, 0, 8), np.float32)
    feeds = {f"past_{part}_{i}": empty for part in ("key", "value") for i in range(2)}
    feeds |= {
        "inputs_embeds": embedding[tokens].astype(np.float32)[None],
        "attention_mask": np.ones((1, n), np.int64),
        "position_ids": np.arange(n)[None],
    }
    return session.run(["logits"], feeds)[0][0, -1].astype(np.float64)


def reply_without_cache(session, embedding, suffix, max_tokens):
    """Greedy decoding that runs the whole prompt again for every token."""
    tokens, logprobs = [1, 8, 8, 8, 2, *suffix], []
    start = len(tokens)
    for _ in range(max_tokens):
        logits = next_scores(session, embedding, tokens)
        scores = logits - np.log(np.exp(logits - logits.max()).sum()) - logits.max()
        best = int(scores.argmax())
        logprobs.append(scores[best])
        if best == END:
            return tokens[start:], logprobs, True
        tokens.append(best)
    return tokens[start:], logprobs, False


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_cached_reply_equals_the_uncached_one(session, decoder, embedding, prefix, suffix):
    tokens, logprobs, complete = reply_without_cache(session, embedding, suffix, 12)
    reply = decoder.reply(prefix, [suffix], 12)[0]
    assert list(reply.tokens) == tokens
    assert reply.complete == complete
    np.testing.assert_allclose(reply.logprobs, logprobs, atol=1e-4)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_sentence_equals_the_one_found_without_cache(session, embedding, prefix, decoder, suffix):
    prompts = [[1, 8, 8, 8, 2, *suffix]]

    def scores():
        logits = np.stack([next_scores(session, embedding, prompt) for prompt in prompts])
        return logits - np.logaddexp.reduce(logits, axis=1, keepdims=True)

    def follow(rows, tokens):
        prompts[:] = [[*prompts[row], token] for row, token in zip(rows, tokens, strict=True)]
        return scores()

    for end in (END, decoder.reply(prefix, [suffix], 12)[0].tokens[2]):  # the second ends within the limit
        prompts[:] = [[1, 8, 8, 8, 2, *suffix]]
        expected = beam_search(scores()[0], follow, end, 12, LENGTH_EXPONENT)[0]
        found = Decoder(session, embedding, end).sentence(prefix, suffix, 12)
        assert found.tokens == expected.tokens
        assert found.complete == expected.complete == (end != END)
        np.testing.assert_allclose(found.logprobs, expected.logprobs, atol=1e-4)


def test_a_batch_equals_its_questions_asked_one_by_one(decoder, prefix):
    together = decoder.reply(prefix, SUFFIXES, 12)
    for suffix, reply in zip(SUFFIXES, together, strict=True):
        alone = decoder.reply(prefix, [suffix], 12)[0]
        assert reply.tokens == alone.tokens
        np.testing.assert_allclose(reply.logprobs, alone.logprobs, atol=1e-4)
        np.testing.assert_allclose(reply.first, alone.first, atol=1e-4)


def test_rows_that_end_early_leave_the_others_as_they_were(session, embedding, prefix, decoder):
    """With each row's own third token as the end token, rows end at different steps and the batch shrinks."""
    for row, reply in enumerate(decoder.reply(prefix, SUFFIXES, 12)):
        other = Decoder(session, embedding, reply.tokens[2])
        again = other.reply(prefix, SUFFIXES, 12)
        assert again[row].complete
        for suffix, batched in zip(SUFFIXES, again, strict=True):
            assert batched.tokens == other.reply(prefix, [suffix], 12)[0].tokens


def test_a_reply_that_does_not_end_is_cut_and_says_so(decoder, prefix):
    reply = decoder.reply(prefix, [SUFFIXES[0]], 2)[0]
    assert len(reply.tokens) == 2
    assert len(reply.logprobs) == 2
    assert not reply.complete


def test_the_prefix_can_be_used_again(decoder, prefix):
    first = decoder.reply(prefix, SUFFIXES, 8)
    assert [reply.tokens for reply in decoder.reply(prefix, SUFFIXES, 8)] == [reply.tokens for reply in first]


def test_the_same_view_twice_changes_nothing(decoder, embedding, prefix):
    twice = decoder.start(embedding[[[1, 8, 8, 8, 2]] * 2].astype(np.float32))
    for one, two in zip(decoder.reply(prefix, SUFFIXES, 12), decoder.reply(twice, SUFFIXES, 12), strict=True):
        assert one.tokens == two.tokens
        np.testing.assert_allclose(one.logprobs, two.logprobs, atol=1e-4)
    for suffix in SUFFIXES:
        one, two = decoder.sentence(prefix, suffix, 8), decoder.sentence(twice, suffix, 8)
        assert one.tokens == two.tokens
        np.testing.assert_allclose(one.logprobs, two.logprobs, atol=1e-4)


def test_two_views_reply_by_the_mean_of_their_probabilities(decoder, embedding):
    prompts = [[1, 8, 8, 8, 2], [1, 9, 4, 7, 2]]
    single = [decoder.start(embedding[None, prompt].astype(np.float32)) for prompt in prompts]
    both = decoder.start(embedding[prompts].astype(np.float32))
    replies = decoder.reply(both, SUFFIXES, 12)
    for suffix, reply in zip(SUFFIXES, replies, strict=True):
        said: list[int] = []
        for logprob in reply.logprobs:  # each token again, from what both views say after the tokens so far
            views = [np.exp(decoder.reply(prefix, [[*suffix, *said]], 1)[0].first) for prefix in single]
            mean = np.mean(views, axis=0)
            assert np.isclose(np.log(mean.max()), logprob, atol=1e-4)
            said.append(int(mean.argmax()))
        assert tuple(token for token in said if token != END) == reply.tokens
    assert any(decoder.reply(one, SUFFIXES, 12)[0].tokens != replies[0].tokens for one in single)  # views do differ


def test_words_that_only_begin_a_reply_never_stand_inside_a_caption():
    from chronosight.engines.compact.bundle import SHIPPED, Bundle
    from chronosight.engines.compact.language import Language

    language = Language(Bundle(SHIPPED))
    first = {language.tokenizer.id_to_token(number) for number in language._first_words}
    assert {"harbor", "agricultural", "many"} <= first and not {"as", "ing", "Ġharbor", "s"} & first
    for caption in ("many white boats are in a harbor", "some planes are parked near a terminal in an airport"):
        assert not set(language._encode(caption)[1:]) & set(language._first_words), "words of captions stay possible"
