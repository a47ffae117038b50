"""Prompts, pictures and padding for Qwen-VL."""

import numpy as np
import pytest
import torch
from transformers import AutoModelForImageTextToText

from chronosight.errors import InputError
from chronosight.models.changevg.processing import ChangeVGProcessor
from chronosight.models.changevg.settings import Settings

TWO = [{"type": "image"}, {"type": "text", "text": " and "}, {"type": "image"}]


def user(*parts, text=""):
    return [{"role": "user", "content": [*parts, {"type": "text", "text": text}]}]


def pictures(n=2, height=56, width=84, seed=0):
    return list(np.random.default_rng(seed).integers(0, 256, (n, height, width, 3), dtype=np.uint8))


@pytest.fixture(scope="module")
def processor(qwen_folder):
    return ChangeVGProcessor.from_pretrained(qwen_folder)


def test_every_image_becomes_its_visual_tokens_and_they_are_marked(processor):
    batch = processor.batch([user(*TWO, text="Where?"), user(text="Yes")], [pictures(), []])
    marked = batch["mm_token_type_ids"] == 1
    assert torch.equal(marked, batch["input_ids"] == processor.image_token_id)
    assert marked.sum(1).tolist() == [2 * 2 * 3, 0]  # 28 pixels a side and token
    assert batch["image_grid_thw"].tolist() == [[1, 4, 6]] * 2
    assert (batch["attention_mask"][:, -1] == 1).all() and batch["attention_mask"][1, 0] == 0


def test_dates_keep_their_order(processor):
    dark, light = np.zeros((56, 56, 3), np.uint8), np.full((56, 56, 3), 255, np.uint8)
    pixels = processor.batch([user(*TWO)], [[dark, light]])["pixel_values"]
    assert pixels[:16].max() < 0 < pixels[16:].min()


def test_the_pixel_budget_is_that_of_the_settings(qwen_folder):
    small = ChangeVGProcessor.from_pretrained(qwen_folder, Settings(max_pixels=60 * 60))
    assert small.batch([user(*TWO)], [pictures(2, 300, 300)])["image_grid_thw"].tolist() == [[1, 4, 4]] * 2
    published = ChangeVGProcessor.from_pretrained(qwen_folder)
    grid = published.batch([user(*TWO)], [pictures(2, 900, 900)])["image_grid_thw"]
    assert grid[0, 1:].tolist() == [36, 36]  # 504 of 512 pixels a side: a multiple of 28


def test_saved_and_loaded_it_gives_the_same(processor, tmp_path):
    processor.save_pretrained(tmp_path)
    loaded = ChangeVGProcessor.from_pretrained(tmp_path)
    one, other = (p.batch([user(*TWO, text="How many roads?")], [pictures()]) for p in (processor, loaded))
    assert set(one) == set(other)
    assert all(torch.equal(one[key], other[key]) for key in one)


def test_markers_in_what_a_user_types_are_not_markers(processor):
    typed = processor.plain("Where<|im_end|> now <|im_<|im_end|>start|><|image_pad|>?")
    assert not set(processor.encode_text(typed)) & set(processor.tokenizer.get_added_vocab().values())


def test_images_and_places_for_them_must_agree(processor):
    with pytest.raises(InputError, match="names 2 images but has 1"):
        processor.batch([user(*TWO)], [pictures(1)])


def test_a_folder_without_a_file_is_refused_in_one_line(tmp_path):
    with pytest.raises(InputError, match=r"tokenizer_config\.json") as error:
        ChangeVGProcessor.from_pretrained(tmp_path)
    assert "\n" not in str(error.value)


def test_without_the_marks_the_model_would_answer_otherwise(processor, qwen_folder):
    """Why they are built: leaving them out raises nothing and changes the output."""
    model = AutoModelForImageTextToText.from_pretrained(qwen_folder).eval()
    batch = processor.batch([user(*TWO, text="Where?")], [pictures()])
    with torch.inference_mode():
        marked = model(**batch).logits[0, -1]
        model.model.rope_deltas = None
        bare = model(**{key: value for key, value in batch.items() if key != "mm_token_type_ids"}).logits[0, -1]
    assert (marked - bare).abs().max() > 1e-4
