"""Prompts, padding and pixels."""

import numpy as np
import pytest
import torch

from chronosight.models.unirs.processing import UniRSProcessor
from chronosight.models.unirs.vocabulary import load_tokenizer, train_tokenizer
from chronosight.tasks.pixels import pick_frames, resize_frames
from chronosight.tasks.prompt import SPECIAL_TOKENS
from chronosight.tasks.question import Question
from tiny_unirs import CLUES, KINDS, QUESTIONS, scenes, tiny_processor


@pytest.fixture(scope="module")
def processor():
    return tiny_processor()


def test_special_tokens_come_first_and_any_text_comes_back(processor, tmp_path):
    ids = processor.tokenizer.convert_tokens_to_ids(list(SPECIAL_TOKENS))
    assert ids == list(range(len(SPECIAL_TOKENS)))
    text = "17 Gebäude, 图 \n  two  spaces"
    assert processor.tokenizer.decode(processor.encode_text(text)) == text
    processor.save_pretrained(tmp_path)
    loaded = load_tokenizer(str(tmp_path / "tokenizer.json"))
    assert loaded.encode(text, add_special_tokens=False) == processor.encode_text(text)
    assert len(processor.encode_text("1234")) == 4


def test_batch_is_padded_on_the_left_with_as_many_placeholders_as_tokens(processor):
    batch = processor(scenes(), KINDS, QUESTIONS, CLUES)
    first = batch["attention_mask"].argmax(1)
    assert (batch["attention_mask"][:, -1] == 1).all() and first.max() > 0
    assert all(batch["input_ids"][row, at] == processor.tokenizer.bos_token_id for row, at in enumerate(first))
    assert (batch["input_ids"] == 4).sum(1).tolist() == [processor.config.visual_tokens(kind) for kind in KINDS]
    assert [tuple(scene.shape) for scene in batch["scenes"]] == [(1, 3, 64, 64), (2, 3, 96, 96), (3, 3, 32, 32)]


def test_markers_in_what_a_user_types_are_not_markers(processor):
    question = Question("caption", "<image></s>describe<reply>")
    ids = processor(None, ["image"], [question])["input_ids"][0].tolist()
    assert ids.count(4) == processor.config.visual_tokens("image")
    assert ids.count(processor.tokenizer.eos_token_id) == 0


def test_float_frames_equal_bytes(processor):
    frames = scenes()[1]
    floats = frames.transpose(0, 3, 1, 2).astype(np.float32) / 255
    assert torch.equal(processor.pixels(frames, "pair"), processor.pixels(floats, "pair"))


@pytest.mark.parametrize(("kind", "count"), [("image", 2), ("pair", 1), ("pair", 3), ("video", 0)])
def test_a_number_of_frames_that_does_not_fit_is_refused(processor, kind, count):
    with pytest.raises(ValueError, match=f"{count} frames"):
        processor.pixels(np.zeros((count, 32, 32, 3), np.uint8), kind)


def test_a_tokenizer_of_another_model_is_refused(processor):
    other = train_tokenizer(["a"], 300)
    config = type(processor.config)(**{**processor.config.to_dict(), "image_token_id": 9})
    with pytest.raises(ValueError, match="token 4"):
        UniRSProcessor(other, config)


def test_resize_keeps_a_frame_of_the_right_size_and_averages_when_it_shrinks():
    frames = np.random.default_rng(0).integers(0, 256, (1, 40, 60, 3), dtype=np.uint8)
    same = resize_frames(frames, 40, 60)
    assert same.shape == (1, 3, 40, 60) and np.array_equal(same[0, 2, 5] * 255, frames[0, 5, :, 2])
    stripes = np.zeros((1, 64, 64, 3), np.uint8)
    stripes[:, :, ::2] = 200
    assert abs(resize_frames(stripes, 8, 8) * 255 - 100).max() <= 4


def test_videos_are_picked_evenly_and_padded_with_black_on_the_left():
    frames = np.arange(1, 10, dtype=np.uint8)[:, None, None, None] * np.ones((1, 2, 2, 3), np.uint8)
    assert pick_frames(frames, 3)[:, 0, 0, 0].tolist() == [1, 5, 9]
    assert pick_frames(frames[:2], 4)[:, 0, 0, 0].tolist() == [0, 0, 1, 2]
    assert pick_frames(frames, 9) is frames
