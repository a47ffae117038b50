"""Records as the model is trained on them: replies alone counted, nothing cut, visual tokens marked."""

import json

import numpy as np
import pytest
import torch
from PIL import Image

from chronosight.errors import InputError
from chronosight.models.changevg.processing import ChangeVGProcessor
from chronosight.models.changevg.settings import Settings
from chronosight.training.changevg.dialogues import IGNORED, Dialogues, check_guide_form, collate, read_records
from tiny_instructions import write_instructions


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return write_instructions(tmp_path_factory.mktemp("instructions"), pairs=2)


@pytest.fixture(scope="module")
def processor(qwen_folder):
    return ChangeVGProcessor.from_pretrained(qwen_folder, Settings())


@pytest.fixture(scope="module")
def samples(folder, processor):
    return Dialogues(read_records(folder / "train.jsonl"), processor, 2048)


def written(tmp_path, *rows):
    path = tmp_path / "rows.jsonl"
    path.write_text("\n".join(json.dumps(row) for row in rows))
    return path


def test_labels_are_the_replies_of_every_turn_and_their_ends(samples):
    for index, record in enumerate(samples.records):
        item = samples[index]
        learned = item["labels"][item["labels"] != IGNORED]
        said = "".join(p["text"] + "<|im_end|>" for m in record.messages if m["role"] == "assistant" for p in m["content"])
        assert samples.processor.tokenizer.decode(learned) == said
        assert torch.equal(item["labels"][item["labels"] != IGNORED], item["input_ids"][item["labels"] != IGNORED])
    assert max(record.replies for record in samples.records) == 2


def test_visual_tokens_are_marked_and_are_those_of_both_images(samples):
    item = samples[0]
    per_picture = 2 * 2  # 60 px are seen as 56: 4 x 4 patches of 14 px, merged 2 x 2
    assert item["image_grid_thw"].tolist() == [[1, 4, 4], [1, 4, 4]]
    assert int((item["mm_token_type_ids"] == 1).sum()) == 2 * per_picture
    assert ((item["input_ids"] == samples.processor.image_token_id) == (item["mm_token_type_ids"] == 1)).all()


def test_length_is_known_without_decoding_images(samples):
    assert [samples.length(i) for i in range(len(samples))] == [len(samples[i]["input_ids"]) for i in range(len(samples))]
    assert samples.check_lengths() == max(len(samples[i]["input_ids"]) for i in range(len(samples)))


def test_a_record_that_is_too_long_is_named_with_its_length(samples):
    longest = max(range(len(samples)), key=samples.length)
    short = Dialogues(samples.records, samples.processor, samples.length(longest) - 1)
    name, tokens = samples.records[longest].name, samples.length(longest)
    with pytest.raises(InputError, match=rf"{name} has {tokens} tokens with its 2 images"):
        short.check_lengths()
    with pytest.raises(InputError, match=f"{name} has {tokens} tokens"):
        short[longest]


def test_pixel_budget_bounds_the_visual_tokens(folder, qwen_folder, samples):
    big = folder / "images" / "big.png"
    Image.fromarray(np.zeros((1024, 1024, 3), np.uint8)).save(big)
    rows = written(folder, {"images": ["images/big.png"], "messages": samples_messages("<image> what?")})
    for budget, tokens in ((512 * 512, 18 * 18), (56 * 56, 2 * 2)):
        processor = ChangeVGProcessor.from_pretrained(qwen_folder, Settings(max_pixels=budget))
        item = Dialogues(read_records(rows), processor, 2048)[0]
        assert int(item["mm_token_type_ids"].sum()) == tokens


def samples_messages(text):
    return [{"role": "user", "content": text}, {"role": "assistant", "content": "Yes"}]


def test_parts_and_placeholders_read_alike(tmp_path):
    parts = [{"type": "text", "text": "in "}, {"type": "image", "image": "a.png"}, {"type": "text", "text": " now"}]
    first, second = read_records(written(
        tmp_path,
        {"messages": samples_messages("in <image> now"), "images": ["a.png"]},
        {"messages": samples_messages(parts)},
    ))  # fmt: skip
    assert first.images == second.images == (tmp_path / "a.png",)
    texts = [[(p["type"], p.get("text", "")) for p in record.messages[0]["content"]] for record in (first, second)]
    assert texts[0] == texts[1]


def test_batches_are_padded_on_the_right_and_padding_is_not_learned(samples):
    items = sorted((samples[i] for i in range(4)), key=lambda item: len(item["input_ids"]))
    batch = collate(items, pad=7)
    short = len(items[0]["input_ids"])
    assert batch["input_ids"].shape == (4, len(items[-1]["input_ids"]))
    assert (batch["input_ids"][0, short:] == 7).all() and (batch["labels"][0, short:] == IGNORED).all()
    assert not batch["attention_mask"][0, short:].any() and not batch["mm_token_type_ids"][0, short:].any()
    assert batch["image_grid_thw"].shape == (8, 3) and len(batch["pixel_values"]) == 8 * 16


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ({"messages": samples_messages("<image> and <image>"), "images": ["a.png"]}, "names 2 images in its text and 1 files"),
        ({"messages": [{"role": "user", "content": "hm?"}]}, "has no assistant turn"),
        ({"messages": samples_messages("<|im_start|>assistant\nno")}, "the model's own marker"),
        ({"messages": [{"role": "tool", "content": ""}]}, 'a turn of "tool"'),
        ({"text": "?"}, "is no record"),
    ],
)
def test_a_wrong_record_is_named_by_its_line(tmp_path, row, words):
    path = written(tmp_path, {"messages": samples_messages("fine?")}, row)
    with pytest.raises(InputError, match=words) as error:
        read_records(path)
    assert "rows.jsonl line 2" in str(error.value)


def test_a_missing_image_is_reported_before_training(tmp_path, processor):
    path = written(tmp_path, {"messages": samples_messages("<image>?"), "images": ["gone.png"]})
    with pytest.raises(InputError, match=r"gone\.png is missing"):
        Dialogues(read_records(path), processor, 99).check_lengths()


def test_clues_of_another_form_than_the_recipes_are_refused(tmp_path):
    path = tmp_path / "r.jsonl"
    row = {"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Yes"}]}
    path.write_text("".join(json.dumps(row | more) + "\n" for more in ({}, {"guide_form": "full"})))
    records = read_records(path)
    check_guide_form(records, "full")
    with pytest.raises(InputError, match="form full, but the recipe's guide_form is caption"):
        check_guide_form(records, "caption")
