"""Contexts that grow: whole, piecewise, batched and shared reading agree, and with transformers' own `generate`."""

import numpy as np
import pytest
import torch

from chronosight.models.changevg.generation import extend, image_features, read, reply
from chronosight.models.changevg.loading import load_model
from chronosight.models.changevg.processing import ChangeVGProcessor
from tiny_qwen import write_tiny_qwen3

CLOSE = {"atol": 1e-4, "rtol": 0}


@pytest.fixture(scope="module", params=["qwen2_5_vl", "qwen3_vl"])
def folder(request, qwen_folder, tmp_path_factory):
    return qwen_folder if request.param == "qwen2_5_vl" else write_tiny_qwen3(tmp_path_factory.mktemp("qwen3"))


@pytest.fixture(scope="module")
def processor(folder):
    return ChangeVGProcessor.from_pretrained(folder)


@pytest.fixture(scope="module")
def model(folder):
    return load_model(folder)


def user(text, pictures=2):
    return [{"role": "user", "content": [{"type": "image"}] * pictures + [{"type": "text", "text": text}]}]


def pictures(seed=0, size=(56, 84)):
    return list(np.random.default_rng(seed).integers(0, 256, (2, *size, 3), dtype=np.uint8))


def test_replies_are_those_of_generate(model, processor):
    batch = processor.batch([user("Where?")], [pictures()])
    tokens = model.generate(**batch, do_sample=False, max_new_tokens=12, repetition_penalty=1.0)[0, batch["input_ids"].shape[1] :]
    ours, _, _ = reply(model, read(model, batch), [processor.end_id], 12)
    assert list(ours[0].tokens) == [t for t in tokens.tolist() if t != processor.end_id]
    assert len(set(ours[0].tokens)) > 1, "a reply of one token over and over would prove little"


def test_rows_of_a_batch_are_answered_as_they_are_alone(model, processor):
    prompts = [user("How many roads?"), user("No change", 0), user("Where are the buildings in these two images?")]
    shown = [pictures(1), [], pictures(2, (84, 84))]
    groups = [range(100), range(100, 300)]
    together, _, _ = reply(model, read(model, processor.batch(prompts, shown)), [processor.end_id], 8, groups)
    for row, (prompt, pair) in enumerate(zip(prompts, shown, strict=True)):
        alone, _, _ = reply(model, read(model, processor.batch([prompt], [pair])), [processor.end_id], 8, groups)
        assert alone[0].tokens == together[row].tokens
        torch.testing.assert_close(alone[0].probabilities, together[row].probabilities, **CLOSE)


def test_a_text_read_in_pieces_is_the_text_read_whole(model, processor):
    whole = processor.render(user("How many roads have been changed?"))
    cut = whole.index("roads")
    batch = processor.batch([user("How many roads have been changed?")], [pictures()])
    per_picture = int(batch["mm_token_type_ids"].sum()) // 2
    head = len(processor.encode_text(whole[:cut])) + 2 * (per_picture - 1)  # each stands in the text as one
    first = {**batch, **{name: batch[name][:, :head] for name in ("input_ids", "attention_mask", "mm_token_type_ids")}}
    context = read(model, first)
    rest = batch["input_ids"][0, head:].tolist()
    for piece in (rest[:2], rest[2:]):
        context = extend(model, context, [piece])
    expected = read(model, batch)
    assert torch.equal(context.position, expected.position)
    torch.testing.assert_close(context.logits, expected.logits, **CLOSE)


def test_questions_that_share_a_context_do_not_disturb_it(model, processor):
    context = read(model, processor.batch([user("")], [pictures()]))
    before = [layer.keys.clone() for layer in context.cache.layers]
    tails = [processor.encode_text(text) for text in ("Where?", "How many buildings have changed?")]
    together = extend(model, context.rows([0, 0]), tails)
    for row, tail in enumerate(tails):
        torch.testing.assert_close(extend(model, context, [tail]).logits[0], together.logits[row], **CLOSE)
    assert all(torch.equal(layer.keys, kept) for layer, kept in zip(context.cache.layers, before, strict=True))


def test_features_computed_once_serve_every_row(model, processor):
    prompts = [user("How many roads?"), user("Where are the buildings?")]
    batch = processor.batch(prompts, [pictures()] * 2)
    one = processor.batch([user("")], [pictures()])
    features = image_features(model, one["pixel_values"], one["image_grid_thw"])
    torch.testing.assert_close(read(model, batch, features).logits, read(model, batch).logits, **CLOSE)


def test_a_reply_goes_on_where_it_was_cut(model, processor):
    start = read(model, processor.batch([user("Where?")], [pictures()]))
    whole, _, _ = reply(model, start, [processor.end_id], 9)
    first, context, pending = reply(model, start, [processor.end_id], 4)
    rest, _, _ = reply(model, extend(model, context, [pending]), [processor.end_id], 5)
    assert not first[0].complete and first[0].tokens + rest[0].tokens == whole[0].tokens


def test_dates_matter(model, processor):
    before, after = pictures()
    one, other = (read(model, processor.batch([user("Where?")], [pair])) for pair in ([before, after], [after, before]))
    assert (one.logits - other.logits).abs().max() > 1e-3
