"""Another tower for a weights folder: tower and language model learn, the export puts them in place and leaves the rest."""

import json
import shutil

import numpy as np
import pytest
import torch

from chronosight.datasets.places import load_places
from chronosight.datasets.sample import array_scene
from chronosight.engines import load
from chronosight.engines.compact.bundle import Bundle
from chronosight.errors import InputError
from chronosight.models.unirs.efficient_tower import EfficientTower, EfficientTowerConfig
from chronosight.models.unirs.modeling import UniRSForConditionalGeneration
from chronosight.models.unirs.vocabulary import load_tokenizer
from chronosight.tasks import binary
from chronosight.training.compact import new_tower
from chronosight.training.compact.restore import restore_decoder, restore_model
from chronosight.training.compact.train import new_model
from chronosight.training.export.language_model import replace_language_model
from chronosight.training.export.onnx_storage import quantize_decoder
from chronosight.training.export.unirs import export_decoder
from chronosight.training.recipes.compact import CompactTowerRecipe, LanguageModelRecipe, RenderedRecipe, TowerRecipe
from tiny_data import write_data

SHAPE = {
    "image_size": 64, "video_size": 32,
    "text_config": {"hidden_size": 256, "intermediate_size": 64, "num_hidden_layers": 1, "num_attention_heads": 4,
                    "num_key_value_heads": 4},
}  # fmt: skip


def shipped_guide(folder):
    """The weights of the package: their guide makes the clues."""
    shutil.copytree(load("compact").bundle.folder, folder)
    return folder


@pytest.fixture(scope="module")
def tokenizer():
    return load_tokenizer(str(load("compact").bundle.folder / "tokenizer.json"))


@pytest.fixture(scope="module")
def tower_folder(tmp_path_factory):
    """An untrained tower with its change extraction, as a run leaves it."""
    from safetensors.torch import save_file

    from chronosight.models.unirs.change_extraction import ChangeExtraction

    folder = tmp_path_factory.mktemp("tower")
    torch.manual_seed(0)
    EfficientTower(EfficientTowerConfig(hidden_size=16)).save_pretrained(folder)
    save_file({k: v.contiguous() for k, v in ChangeExtraction(16, 16).state_dict().items()}, folder / "change.safetensors")
    return folder


@pytest.fixture
def model(tokenizer, tower_folder):
    return new_model(LanguageModelRecipe(model=SHAPE), tokenizer, tower_folder).eval()


@torch.no_grad()
def test_the_tower_gives_one_feature_every_16_pixels_and_comes_back_as_it_was_saved(tmp_path):
    tower = EfficientTower(EfficientTowerConfig(hidden_size=16))
    tower.train()(torch.rand(2, 3, 64, 64))  # moves the running statistics
    frames = torch.rand(2, 3, 64, 96)
    features = tower.eval()(frames)
    assert features.shape == (2, 16, 4, 6) and features.std() > 0
    tower.save_pretrained(tmp_path)
    assert torch.equal(EfficientTower.from_pretrained(tmp_path).eval()(frames), features)


@torch.no_grad()
@pytest.mark.parametrize("quantised", [False, True])
def test_a_decoder_comes_back_from_its_graph(model, tmp_path, quantised):
    wanted = model.language_model
    for parameter in wanted.parameters():
        parameter.add_(0.1 * torch.randn_like(parameter))
    export_decoder(model, tmp_path / "decoder.onnx")
    if quantised:
        quantize_decoder(tmp_path / "decoder.onnx", tmp_path / "decoder.onnx")
    np.save(tmp_path / "embedding.npy", wanted.get_input_embeddings().weight.numpy())
    tokens = torch.randint(5, 500, (1, 9))
    expected = wanted(tokens).logits
    found = type(wanted)(wanted.config).eval()
    restore_decoder(found, tmp_path)
    error = (found(tokens).logits - expected).abs().max() / expected.std()
    assert error < (0.2 if quantised else 1e-4), error


@torch.no_grad()
def test_the_shipped_model_comes_back_whole_and_keeps_its_tower(tokenizer, tmp_path):
    weights = shipped_guide(tmp_path / "weights")
    tower = (weights / "tower.onnx").read_bytes()
    restored = new_model(LanguageModelRecipe(), tokenizer, None)
    rng = np.random.default_rng(0)
    images = torch.from_numpy(rng.random((4, 3, 64, 64), dtype=np.float32))
    restore_model(restored, weights, images)
    restored.eval()
    frames = rng.random((2, 3, 256, 256), dtype=np.float32)
    bundle = Bundle(weights)
    (features,) = bundle.session("tower").run(["features"], {"frames": frames})
    np.testing.assert_allclose(restored.vision_tower(torch.from_numpy(frames)).numpy(), features, atol=1e-3)
    feeds = {"before": features[:1], "after": features[1:]}
    found = restored.projector(restored.change(*map(torch.from_numpy, feeds.values()))).numpy()
    np.testing.assert_allclose(found, bundle.session("change").run(["visual"], feeds)[0], atol=1e-3)
    found = restored.projector(torch.from_numpy(features)).numpy()
    np.testing.assert_allclose(found, bundle.session("projector").run(["visual"], {"features": features})[0], atol=1e-3)

    restored.save_pretrained(tmp_path / "model")
    shutil.copy(weights / "tokenizer.json", tmp_path / "model")
    replace_language_model(tmp_path / "model", weights, "detail")
    config = json.loads((weights / "config.json").read_text())
    assert (weights / "tower.onnx").read_bytes() == tower
    assert {"presence", "familiar", "ground_size"} <= config.keys() and (weights / "presence.npy").is_file()


def test_a_decoder_of_another_shape_is_refused_in_one_line(model):
    folder = load("compact").bundle.folder
    with pytest.raises(InputError, match="holds no language model of this shape") as refused:
        restore_decoder(model.language_model, folder)
    assert "\n" not in str(refused.value)


def test_the_language_model_takes_its_place_and_what_was_fitted_to_the_old_tower_goes(model, tmp_path):
    weights = shipped_guide(tmp_path / "weights")
    guide = (weights / "guide.onnx").read_bytes()
    folder = tmp_path / "model"
    model.save_pretrained(folder)
    shutil.copy(weights / "tokenizer.json", folder)
    replace_language_model(folder, weights, "detail")
    config = json.loads((weights / "config.json").read_text())
    assert config["model"]["tower"] == "chronosight_efficient_tower"  # the model card names its first weights by that
    assert config["guide_form"] == "detail" and config["model"]["unirs_parameters"] == model.num_parameters()
    assert not {"presence", "familiar", "ground_size"} & config.keys()
    assert (weights / "guide.onnx").read_bytes() == guide
    assert not (weights / "guide_caption.onnx").exists() and not list(weights.glob(".*"))
    scene = array_scene("pair", np.zeros((2, 64, 64, 3), np.uint8), ("a", "b"), 1.0)
    assert load("compact", weights).answer(scene, binary.ask()).text  # checksums hold, graphs fit each other


def test_another_vocabulary_is_refused_and_the_weights_stay(model, tmp_path):
    weights = shipped_guide(tmp_path / "weights")
    before = {path.name: path.read_bytes() for path in weights.iterdir()}
    folder = tmp_path / "model"
    model.save_pretrained(folder)
    (folder / "tokenizer.json").write_text("{}")
    with pytest.raises(InputError, match=r"another tokenizer\.json"):
        replace_language_model(folder, weights, "detail")
    assert {path.name: path.read_bytes() for path in weights.iterdir()} == before


def test_a_run_trains_both_and_a_second_call_has_nothing_to_do(tmp_path, monkeypatch):
    monkeypatch.setattr(new_tower, "restore_decoder", lambda model, weights: None)  # the tiny model has another shape
    data, stages = write_data(tmp_path / "data"), []
    tower = TowerRecipe(
        encoder="efficientnet_lite0", pretrained=False, bf16=False, steps=2, images=2, pairs=1, rendered=1, sides=(64,),
        evaluate_every=99, threads=1, model={"hidden_size": 16},
    )  # fmt: skip
    unirs = LanguageModelRecipe(
        guide_form="detail", steps=2, images=1, pairs=1, videos=1, evaluate_every=99, threads=1, model=SHAPE,
        views={"images": 1, "places": 1}, extra_windows=0,
    )  # fmt: skip
    rendered = RenderedRecipe(stills=1, pairs=1, videos=1, held_out=1)
    recipe = CompactTowerRecipe(rendered=rendered, tower=tower, unirs=unirs)
    final = new_tower.train_new_tower(recipe, data, tmp_path / "out", stages.append)
    assert stages[-1] == "joint training"
    model = UniRSForConditionalGeneration.from_pretrained(final)
    assert isinstance(model.vision_tower, EfficientTower)
    lines = (tmp_path / "out" / "facts" / "train.jsonl").read_text().splitlines()
    assert len(lines) == 2 * len(load_places(data, "train"))  # of one window each, in both orders of the dates
    again = []
    assert new_tower.train_new_tower(recipe, data, tmp_path / "out", again.append) == final
    assert again == ["rendered scenes"]
