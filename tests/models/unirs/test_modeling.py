"""Image, pair and video through one path: mixed batches, cache, saving, learning, and that the dates' order counts."""

import pytest
import torch
from transformers import SiglipVisionConfig

from chronosight.models.unirs.configuration import UniRSConfig
from chronosight.models.unirs.modeling import UniRSForConditionalGeneration
from chronosight.models.unirs.processing import UniRSProcessor
from tiny_unirs import CLUES, KINDS, QUESTIONS, REPLIES, scenes, tiny_model, tiny_processor


@pytest.fixture(scope="module")
def processor():
    return tiny_processor()


@pytest.fixture(scope="module")
def model(processor):
    return tiny_model(processor)


def batch_of(processor, rows=(0, 1, 2), **kwargs):
    pick = lambda items: [items[i] for i in rows]  # noqa: E731
    return processor(pick(scenes()), pick(KINDS), pick(QUESTIONS), pick(CLUES), **kwargs)


@torch.no_grad()
def test_mixed_batch_equals_singles(model, processor):
    batch = batch_of(processor)
    together = model(**batch).logits
    for row in range(3):
        alone = model(**batch_of(processor, [row])).logits[0]
        torch.testing.assert_close(together[row, -len(alone) :], alone, atol=1e-4, rtol=1e-4)


@torch.no_grad()
def test_loss_is_that_of_the_reply_alone(model, processor):
    batch = batch_of(processor, replies=REPLIES)
    loss = model(**batch).loss
    labels = batch.pop("labels")
    assert (labels != -100).sum(1).tolist() == [len(processor.encode_text(reply)) + 1 for reply in REPLIES]
    logits = model(**batch).logits
    expected = torch.nn.functional.cross_entropy(logits[:, :-1].flatten(0, 1), labels[:, 1:].flatten())
    torch.testing.assert_close(loss, expected)
    half = model(**batch, labels=labels, num_items_in_batch=2 * int((labels != -100).sum())).loss
    torch.testing.assert_close(half, expected / 2)


@torch.no_grad()
def test_cache_equals_no_cache(model, processor):
    batch = batch_of(processor)
    options = {"max_new_tokens": 12, "do_sample": False, "eos_token_id": None}
    with_cache = model.generate(**batch, **options)
    assert with_cache.shape == (3, 12)
    assert torch.equal(with_cache, model.generate(**batch, **options, use_cache=False))
    for row in range(3):
        assert torch.equal(model.generate(**batch_of(processor, [row]), **options)[0], with_cache[row])


@torch.no_grad()
def test_a_scene_encoded_once_serves_many_questions(model, processor):
    frames = processor.pixels(scenes()[1], "pair")
    visual = model.encode_visual(frames, "pair")
    assert visual.shape == (processor.config.visual_tokens("pair"), 32)
    prompts = processor(None, ["pair"] * 2, QUESTIONS[:2])
    expected = model(**processor([scenes()[1]] * 2, ["pair"] * 2, QUESTIONS[:2])).logits
    torch.testing.assert_close(model(**prompts, visual=[visual, visual]).logits, expected, atol=1e-5, rtol=1e-5)


@torch.no_grad()
def test_saved_and_loaded_gives_equal_logits(model, processor, tmp_path):
    model.save_pretrained(tmp_path)
    processor.save_pretrained(tmp_path)
    loaded = UniRSForConditionalGeneration.from_pretrained(tmp_path).eval()
    again = UniRSProcessor.from_pretrained(tmp_path)
    assert torch.equal(model(**batch_of(processor)).logits, loaded(**batch_of(again)).logits)
    assert loaded.get_output_embeddings().weight is loaded.get_input_embeddings().weight
    assert [path.name for path in tmp_path.glob("*.safetensors")] == ["model.safetensors"]
    assert not list(tmp_path.glob("*.bin"))


@pytest.mark.parametrize("fusion", ["change_extraction", "concat", "two_images"])
@torch.no_grad()
def test_swapping_the_dates_changes_the_tokens(fusion):
    processor = tiny_processor(fusion=fusion)
    model = tiny_model(processor)
    frames = processor.pixels(scenes()[1], "pair")
    forth, back = model.encode_visual(frames, "pair"), model.encode_visual(frames.flip(0), "pair")
    assert len(forth) == processor.config.visual_tokens("pair") == {"two_images": 18}.get(fusion, 9)
    assert (forth - back).abs().mean() > 0.01 * forth.abs().mean()


@torch.no_grad()
def test_siglip_tower_at_an_odd_grid(processor):
    vision = SiglipVisionConfig(
        hidden_size=16, intermediate_size=32, num_hidden_layers=3, num_attention_heads=2, image_size=42, patch_size=14
    )
    sizes = {"image_size": 42, "pair_size": 42, "video_size": 42, "video_frames": 3}
    config = UniRSConfig(vision_config=vision, text_config=processor.config.text_config, **sizes)
    model = UniRSForConditionalGeneration(config).eval()
    frames = torch.rand(1, 3, 42, 42)
    features = model.features(frames)
    assert features.shape == (1, 16, 3, 3)
    states = model.vision_tower(frames * 2 - 1, output_hidden_states=True).hidden_states
    assert torch.equal(features[0, :, 1, 2], states[2][0, 5])  # the last layer but one; row 1, column 2
    assert [config.visual_tokens(kind) for kind in KINDS] == [4, 4, 12]
    assert model(**batch_of(UniRSProcessor(processor.tokenizer, config))).logits.isfinite().all()


def test_learns_a_mixed_batch_by_heart(processor):
    model = tiny_model(processor).train()
    batch = batch_of(processor, replies=REPLIES)
    optimizer = torch.optim.AdamW(model.parameters(), lr=5e-3)
    for _ in range(80):
        optimizer.zero_grad()
        loss = model(**batch).loss
        loss.backward()
        optimizer.step()
    assert loss.item() < 0.05
    assert all(p.grad is not None for p in model.parameters() if p.requires_grad)
    model.eval()
    tokens = model.generate(**batch_of(processor), max_new_tokens=20, do_sample=False)
    assert processor.decode(tokens) == REPLIES


def test_placeholders_that_do_not_fit_are_refused(model, processor):
    batch = batch_of(processor)
    batch["kinds"] = ["image", "pair", "image"]
    batch["scenes"][2] = batch["scenes"][2][:1]
    with pytest.raises(ValueError, match="<image> tokens"):
        model(**batch)


def test_compact_form_is_as_published_small():
    config = UniRSConfig()
    assert [config.visual_tokens(kind) for kind in KINDS] == [36, 64, 128]
    with torch.device("meta"):
        model = UniRSForConditionalGeneration(config)
    assert sum(p.numel() for p in model.parameters()) < 11e6
