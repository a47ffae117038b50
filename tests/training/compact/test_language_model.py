"""Joint training end to end on rendered scenes: features are kept, a stopped run resumes to the same weights."""

import numpy as np
import pytest
import torch

from chronosight.models.unirs.configuration import UniRSConfig
from chronosight.models.unirs.modeling import UniRSForConditionalGeneration
from chronosight.models.unirs.processing import UniRSProcessor
from chronosight.models.unirs.vocabulary import train_tokenizer
from chronosight.training.compact.features import source_features
from chronosight.training.compact.language_model import LanguageModelBatches, train_language_model
from chronosight.training.compact.language_model_eval import evaluate_language_model
from chronosight.training.recipes.compact import LanguageModelRecipe
from chronosight.training.samples.pairs import RenderedPairs
from chronosight.training.samples.rendered import draw_pair, draw_still, write_store
from chronosight.training.samples.single_scenes import RenderedImages
from chronosight.training.samples.texts import own_texts

RECIPE = {"images": 2, "pairs": 2, "videos": 0, "save_every": 2, "learning_rate": 1e-3}


@pytest.fixture(scope="module")
def parts(tmp_path_factory):
    folder = tmp_path_factory.mktemp("scenes")
    write_store(folder / "stills", draw_still, range(2))
    write_store(folder / "pairs", draw_pair, range(2))
    sources = {"rendered_images": RenderedImages(folder / "stills"), "rendered_pairs": RenderedPairs(folder / "pairs")}
    tokenizer = train_tokenizer((text.lower() for text in own_texts()), 600)
    model = new_model(tokenizer)
    features = {
        name: source_features(model.vision_tower, model.config, source, folder / name, "a") for name, source in sources.items()
    }
    return sources, tokenizer, features, folder


def new_model(tokenizer):
    text = {"vocab_size": len(tokenizer), "hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2}
    text |= {"num_attention_heads": 2, "num_key_value_heads": 2, "tie_word_embeddings": True, "pad_token_id": 0}
    vision = {"hidden_size": 16, "widths": [8, 8, 16, 16], "depths": [1, 1, 1, 1], "stem_width": 8}
    torch.manual_seed(0)
    config = UniRSConfig(vision_config=vision, text_config=text, image_size=64, pair_size=64, video_size=32)
    return UniRSForConditionalGeneration(config)


def test_features_are_those_of_the_tower_and_are_kept(parts):
    sources, tokenizer, features, folder = parts
    model = new_model(tokenizer).eval()
    assert features["rendered_pairs"].shape == (2, 2, 16, 4, 4)
    pixels = UniRSProcessor(tokenizer, model.config).pixels(sources["rendered_pairs"].frames(1), "pair")
    with torch.no_grad():
        expected = model.features(pixels).numpy()
    np.testing.assert_allclose(features["rendered_pairs"][1].astype(np.float32), expected, atol=0.05)
    kept = (folder / "rendered_pairs.json").stat().st_mtime_ns
    source_features(model.vision_tower, model.config, sources["rendered_pairs"], folder / "rendered_pairs", "a")
    assert (folder / "rendered_pairs.json").stat().st_mtime_ns == kept


def test_swapped_dates_swap_directions(parts):
    source = parts[0]["rendered_pairs"]
    drawn = [source.ask(0, np.random.default_rng(seed)) for seed in range(40)]
    said = {e.swapped: r for e in drawn for q, r in e.asked if q.task == "direction" and q.subject == "buildings"}
    opposite = {"appeared": "vanished", "vanished": "appeared", "both": "both", "none": "none"}
    assert set(said) == {True, False}
    assert said[True] == opposite[said[False]]


def test_stopped_run_goes_on_to_the_same_weights(parts, tmp_path):
    sources, tokenizer, features, _ = parts

    def train(out):
        recipe = LanguageModelRecipe(steps=4, **RECIPE)
        return train_language_model(recipe, new_model(tokenizer), tokenizer, sources, features, out)

    whole, run = train(tmp_path / "a"), tmp_path / "b"
    train(run)
    for leftover in (run / "checkpoint-4").iterdir():
        leftover.unlink()
    (run / "checkpoint-4").rmdir()
    again = train(run)
    for name, value in whole.state_dict().items():
        assert torch.allclose(value.float(), again.state_dict()[name].float(), atol=1e-5), name


def test_losses_fall_and_figures_are_shares(parts, tmp_path):
    sources, tokenizer, features, _ = parts
    recipe = LanguageModelRecipe(steps=8, **{**RECIPE, "learning_rate": 5e-3, "save_every": 100})
    model = train_language_model(recipe, new_model(tokenizer), tokenizer, sources, features, tmp_path)
    lines = (tmp_path / "log.jsonl").read_text().splitlines()
    assert any('"pair"' in line for line in lines)
    figures = evaluate_language_model(model, UniRSProcessor(tokenizer, model.config), sources, features)
    assert figures["rendered_pairs/binary (guide)"] >= 0
    assert all(0 <= value <= 1 for name, value in figures.items() if "mae" not in name)


def test_batches_come_again(parts):
    sources, tokenizer, features, _ = parts
    config = new_model(tokenizer).config
    recipe = LanguageModelRecipe(steps=3, **RECIPE)
    first, second = (LanguageModelBatches(sources, features, tokenizer, config, recipe)[1] for _ in range(2))
    assert all(torch.equal(first[kind][name], second[kind][name]) for kind in first for name in first[kind])
