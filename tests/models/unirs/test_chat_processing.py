"""Prompts and tokens at full size: counts as published, tokens as sentencepiece gives them, markers in one place."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import SiglipVisionConfig

from chronosight.errors import InputError
from chronosight.models.unirs.chat_processing import ChatProcessor
from chronosight.models.unirs.configuration import UniRSConfig
from chronosight.models.unirs.modeling import UniRSForConditionalGeneration
from chronosight.models.unirs.published_tokenizer import read_sentencepiece
from chronosight.tasks import caption, event, vqa
from chronosight.tasks.augmentation import PromptStyle, load_style, save_style
from chronosight.tasks.pixels import resize_frames

MODEL = Path(__file__).parent / "tiny_tokenizer.model"

# What the sentencepiece library (0.2.3) gives for the same file.
SENTENCEPIECE = {
    "What is the event in the video?": [445, 90, 443, 335, 302, 445, 446, 297, 452, 453, 369, 302, 440, 468],
    "\nAre there houses  in this image? Yes": [445, 13, 472, 259, 430, 405, 445, 369, 346, 381, 468, 445, 92, 262],
    "USER: 12 roads, é 村 -> x": [
        445, 479, 471, 475, 478, 473, 445, 52, 53, 326, 449, 47, 445, 198, 172, 445, 233, 160, 148, 445, 48, 65, 445, 123
    ],
    "": [],
    "  two spaces": [445, 445, 264, 461, 450, 275, 462, 447, 464, 262],
    " ASSISTANT: a place": [445, 445, 472, 471, 471, 476, 471, 474, 472, 477, 474, 473, 260, 399],
}  # fmt: skip


def published_config(**fields) -> UniRSConfig:
    """The shapes of VILA-1.5-3B: SigLIP-so400m at 384 pixels, Sheared-LLaMA 2.7B."""
    vision = SiglipVisionConfig(
        hidden_size=1152, intermediate_size=4304, num_hidden_layers=27, num_attention_heads=16, image_size=384, patch_size=14,
        vision_use_head=False,
    )  # fmt: skip
    text = {
        "model_type": "llama", "vocab_size": 32000, "hidden_size": 2560, "intermediate_size": 6912, "num_hidden_layers": 32,
        "num_attention_heads": 20, "num_key_value_heads": 20, "max_position_embeddings": 4096, "tie_word_embeddings": False,
    }  # fmt: skip
    sizes = {"image_size": 384, "pair_size": 384, "video_size": 384, "image_token_id": 32000, "resample": "bicubic"}
    return UniRSConfig(vision_config=vision, text_config=text, **sizes, **fields)


@pytest.fixture(scope="module")
def tokenizer():
    return read_sentencepiece(MODEL)


def test_tokens_are_those_of_sentencepiece(tokenizer):
    for text, ids in SENTENCEPIECE.items():
        assert tokenizer.encode(text, add_special_tokens=False) == ids, text
        assert tokenizer.decode(ids) == text
    assert [tokenizer.bos_token_id, tokenizer.eos_token_id, tokenizer.pad_token_id] == [1, 2, 0]


def test_token_counts_are_as_published(tokenizer):
    config = published_config()
    assert [config.visual_tokens("image"), config.visual_tokens("pair"), config.visual_tokens("video")] == [196, 196, 8 * 196]
    assert [config.visual_tokens("video", n) for n in (1, 5, 16)] == [196, 5 * 196, 16 * 196]
    processor = ChatProcessor(tokenizer, config)
    frames = [np.zeros((n, 20, 30, 3), np.uint8) for n in (1, 2, 8)]
    questions = [vqa.ask("What is this?"), caption.ask("pair"), event.ask()]
    batch = processor(frames, ["image", "pair", "video"], questions, ["", "a clue", ""])
    assert (batch["input_ids"] == 32000).sum(1).tolist() == [196, 196, 1568]
    assert [tuple(scene.shape) for scene in batch["scenes"]] == [(n, 3, 384, 384) for n in (1, 2, 8)]
    assert "labels" not in batch
    with torch.device("meta"):
        model = UniRSForConditionalGeneration(config)
    visual = model.encode_scenes([torch.zeros(n, 3, 384, 384, device="meta") for n in (1, 2, 8)], batch["kinds"])
    assert [tuple(tokens.shape) for tokens in visual] == [(196, 2560), (196, 2560), (1568, 2560)]
    assert 3.0e9 < sum(p.numel() for p in model.parameters()) < 3.3e9
    two = ChatProcessor(tokenizer, published_config(fusion="two_images"))
    assert (two([frames[1]], ["pair"], [questions[1]])["input_ids"] == 32000).sum() == 392


def test_prompt_is_written_as_the_style_says(tokenizer):
    processor = ChatProcessor(tokenizer, published_config(), PromptStyle(system="S ", tags={"vqa": "[q] "}))
    batch = processor(
        [np.zeros((2, 8, 8, 3), np.uint8)], ["video"], [vqa.ask("Is it </s> a <image> road?", short=False)], ["two"]
    )
    pieces = "".join(tokenizer.decode([i]) if i < 480 else "#" for i in batch["input_ids"][0, 1:].tolist() if i != 445)
    assert pieces.count("#") == 2 * 196
    text = tokenizer.decode([i for i in batch["input_ids"][0].tolist() if i < 480], skip_special_tokens=False)
    assert text.replace("\n", "").replace("  ", " ").startswith("<s> S USER:")
    assert "<clue>two</clue>" in text and "[q] Is it a road? ASSISTANT:" in text.replace("  ", " ").replace("  ", " ")
    assert text.count("</s>") == 0


def test_style_is_kept_beside_the_weights_and_mistakes_are_reported(tmp_path):
    style = PromptStyle(clue_open="Seen: ", tags={"vqa": ""})
    save_style(style, tmp_path)
    loaded = load_style(tmp_path)
    assert loaded.clue_open == "Seen: " and loaded.tags["vqa"] == "" and loaded.tags["event"] == "[event] "
    assert load_style(tmp_path / "none") == PromptStyle()
    for wrong, message in (
        ("{", "is not JSON"), ('{"sytem": ""}', "sytem"), ('{"tags": 3}', "an object of texts"), ('{"image": "x"}', "<image>")
    ):  # fmt: skip
        (tmp_path / "prompt.json").write_text(wrong)
        with pytest.raises(InputError, match=message):
            load_style(tmp_path)


def test_bicubic_is_the_filter_of_siglip():
    frames = np.random.default_rng(0).integers(0, 256, (1, 50, 40, 3), dtype=np.uint8)
    assert not np.array_equal(resize_frames(frames, 30, 30, "bicubic"), resize_frames(frames, 30, 30))
    assert np.array_equal(resize_frames(frames, 50, 40, "bicubic"), resize_frames(frames, 50, 40))


def test_a_tokenizer_that_is_none_is_refused(tmp_path):
    (tmp_path / "t.model").write_bytes(b"\x08\x01\x99 not a model")
    with pytest.raises(InputError, match=r"t\.model"):
        read_sentencepiece(tmp_path / "t.model")
