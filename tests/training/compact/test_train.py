"""The whole way on a tiny recipe and places drawn here: every stage learns for two steps, the models are exported,
and the engine says with onnxruntime what torch says."""

import json

import numpy as np
import pytest
import torch

from chronosight.datasets.sample import array_scene
from chronosight.engines import load
from chronosight.errors import InputError
from chronosight.models.guide.modeling import GuideModel
from chronosight.models.unirs.modeling import UniRSForConditionalGeneration
from chronosight.models.unirs.processing import UniRSProcessor
from chronosight.tasks import binary, caption
from chronosight.training.compact.train import train_compact
from chronosight.training.export.bundle import export_bundle
from chronosight.training.recipes.read import read_recipe
from tiny_data import write_data

RECIPE = """
vocabulary: 600
rendered: {stills: 1, pairs: 1, videos: 1, held_out: 1}
tower:
  {steps: 2, images: 2, pairs: 1, rendered: 1, sides: [64], evaluate_every: 99, threads: 1,
   model: {hidden_size: 16, stem_width: 8, widths: [8, 8, 8, 16], depths: [1, 1, 1, 1]}}
fold_guide: &guide
  {folds: 2, fold_steps: 2, steps: 2, batch: 2, size: 128, images: 4, threads: 1,
   model: {widths: [8, 8, 8, 8, 16], depths: [1, 1, 1, 1], neck: [8, 8, 8, 8, 8], summary_width: 16}}
fold_caption: &caption {steps: 2, batch: 2, rendered: 0.5, threads: 1}
guide: *guide
guide_caption: *caption
unirs:
  {steps: 2, images: 1, pairs: 1, videos: 1, views: {images: 1, places: 1}, extra_windows: 1, evaluate_every: 99,
   threads: 1, model: {image_size: 64, video_size: 32, text_config: {hidden_size: 32, intermediate_size: 48,
   num_hidden_layers: 2, num_attention_heads: 2, num_key_value_heads: 2}}}
"""


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """(recipe, data folder, folder of the run, stages that were begun)."""
    folder, stages = tmp_path_factory.mktemp("run"), []
    (folder / "recipe.yaml").write_text(RECIPE)
    recipe, data, out = read_recipe(folder / "recipe.yaml"), write_data(folder / "data"), folder / "out"
    train_compact(recipe, data, out, stages.append)
    return recipe, data, out, stages


@pytest.fixture(scope="module")
def bundle(run):
    out = run[2]
    return export_bundle(out / "guide", out / "unirs", out.parent / "bundle", recipe={"seed": 0})


@pytest.fixture(scope="module")
def scene():
    rng = np.random.default_rng(5)
    before = rng.integers(60, 120, (256, 256, 3), np.uint8)
    after = before.copy()
    after[20:80, 30:90] = 220
    return array_scene("pair", np.stack([before, after]), ("before", "after"), 1.0)


def test_every_stage_ran_and_left_its_losses(run):
    out = run[2]
    assert run[3] == ["rendered scenes", "vision tower", "guide without fold 0 of 2", "guide", "joint training"]
    for folder in ("tower", "folds/0/recognition", "folds/0", "guide/recognition", "guide", "unirs"):
        lines = (out / folder / "log.jsonl").read_text().splitlines()
        assert json.loads(lines[-1])["step"] == 2, folder
        assert (out / folder / "final" / "model.safetensors").is_file()


def test_facts_are_of_places_that_the_guide_never_saw(run):
    from chronosight.training.guide.folds import fold_of

    written = [json.loads(line)["id"] for line in (run[2] / "facts" / "train_fold0.jsonl").read_text().splitlines()]
    assert set(written) == {name for name in "abc" if fold_of(name, 2) == 0} != set("abc")
    assert (run[2] / "facts" / "val.jsonl").read_text()


def test_what_is_there_is_not_made_again(run):
    recipe, data, out, _ = run
    before = {path: path.stat().st_mtime_ns for path in out.rglob("*") if path.is_file()}
    stages = []
    train_compact(recipe, data, out, stages.append)
    assert stages == ["rendered scenes"]
    assert {path: path.stat().st_mtime_ns for path in out.rglob("*") if path.is_file()} == before


def test_another_recipe_in_the_same_folder_is_refused(run, tmp_path):
    (tmp_path / "other.yaml").write_text(RECIPE.replace("vocabulary: 600", "vocabulary: 700"))
    with pytest.raises(InputError, match="another recipe"):
        train_compact(read_recipe(tmp_path / "other.yaml"), run[1], run[2])


def test_the_bundle_is_complete_and_describes_itself(bundle):
    names = {"guide", "guide_caption", "tower", "change", "projector", "decoder"}
    assert {f"{name}.onnx" for name in names} | {"embedding.npy", "tokenizer.json", "config.json"} == set(bundle.sizes)
    assert set(bundle.differences) == names and max(bundle.differences.values()) < 5e-3
    config = json.loads((bundle.folder / "config.json").read_text())
    assert config["classes"][0] == "background" and config["image_size"] == 64 and config["recipe"] == {"seed": 0}
    assert not list(bundle.folder.parent.glob(".bundle*"))


def test_the_engine_says_what_torch_says(run, bundle, scene):
    engine = load(weights=bundle.folder, threads=1)
    description = engine.describe(scene)
    assert description.evidence.mask.shape == (256, 256) and description.changed.task == "binary"

    encoded = engine.encode(scene)
    frames = torch.from_numpy(scene.frames.transpose(0, 3, 1, 2).astype(np.float32) / 255)
    with torch.no_grad():
        rounded = GuideModel.from_pretrained(run[2] / "guide" / "final").eval().half().float()  # as it is shipped
        seen = [rounded(*turned.split(1)).class_logits for turned in (frames, frames.flip(2, 3))]
    views = [logits.softmax(1)[0, 0] for logits in (seen[0], seen[1].flip(2, 3))]  # as it is and upside down
    expected = 1 - torch.stack(views).mean(0).numpy()
    np.testing.assert_allclose(encoded.maps.probability, expected, atol=0.02)

    folder = run[2] / "unirs" / "final"
    model = UniRSForConditionalGeneration.from_pretrained(folder).eval()
    questions = [binary.ask(), caption.ask("pair")]
    batch = UniRSProcessor.from_pretrained(folder)([scene.frames] * 2, ["pair"] * 2, questions, [encoded.clue] * 2)
    with torch.no_grad():
        first = model(**batch).logits[:, -1].float().log_softmax(-1).numpy()
    for reply, wanted in zip(encoded.networks.language.decode(encoded.prefix, questions), first, strict=True):
        np.testing.assert_allclose(reply.first, wanted, atol=0.03)


def test_only_weights_are_replaced(run, bundle, tmp_path):
    (tmp_path / "letter.txt").write_text("mine")
    with pytest.raises(InputError, match="not empty"):
        export_bundle(run[2] / "guide", run[2] / "unirs", tmp_path)
    with pytest.raises(InputError, match="expected chronosight_guide"):
        export_bundle(run[2] / "unirs", run[2] / "unirs", tmp_path / "new")
    with pytest.raises(InputError, match="no model in"):
        export_bundle(run[1], run[2] / "unirs", tmp_path / "new")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["letter.txt"]


def test_weights_too_large_to_ship_are_refused(run, tmp_path, monkeypatch):
    from chronosight.training.export import bundle as bundle_module

    monkeypatch.setattr(bundle_module, "export_guide", lambda model, folder: {"guide": 0.0})
    monkeypatch.setattr(
        bundle_module,
        "export_unirs",
        lambda model, folder, int8: (folder / "decoder.onnx").write_bytes(bytes(41_000_000)) and {},
    )
    with pytest.raises(InputError, match=r"41\.\d MB, at most 40 MB"):
        export_bundle(run[2] / "guide", run[2] / "unirs", tmp_path / "bundle")
    assert list(tmp_path.iterdir()) == []


def test_ablations_build_on_the_run_and_are_not_done_twice(run, tmp_path):
    from chronosight.training.compact.ablations import settings_of, settings_of_all, table, train_ablations

    unirs = RECIPE[RECIPE.index("unirs:\n") + 7 :].strip().replace("\n", " ")
    (tmp_path / "a.yaml").write_text(f"kind: compact-ablations\nrun: {run[2]}\nruns: [joint, videos, two_images]\nunirs: {unirs}")
    recipe = read_recipe(tmp_path / "a.yaml")
    base = settings_of_all(recipe)
    begun = []
    figures = train_ablations(recipe, run[1], tmp_path / "out", begun.append)
    assert begun == ["joint", "videos", "two_images"]
    assert set(figures["videos"]) == {"rendered_videos/event"} < set(figures["joint"])
    head, *rows = table(figures)
    assert head == ["metric", "joint", "videos", "two_images"] and len(rows) == len(figures["joint"])
    assert train_ablations(recipe, run[1], tmp_path / "out", begun.append) == figures and len(begun) == 3
    (tmp_path / "plain.yaml").write_text(
        f"kind: compact-ablations\nrun: {run[2]}\nstart: {run[2]}/unirs/final\nruns: [plain_guide]\nunirs: {unirs}"
    )
    plain = train_ablations(read_recipe(tmp_path / "plain.yaml"), run[1], tmp_path / "plain")
    assert set(plain["plain_guide"]) == set(figures["joint"])
    assert (tmp_path / "plain" / "plain.jsonl").stat().st_size > 0
    assert UniRSForConditionalGeneration.from_pretrained(tmp_path / "plain" / "plain_guide" / "final")
    (tmp_path / "lost.yaml").write_text((tmp_path / "plain.yaml").read_text().replace("unirs/final", "nowhere"))
    with pytest.raises(InputError, match="nowhere holds no UniRS weights"):
        train_ablations(read_recipe(tmp_path / "lost.yaml"), run[1], tmp_path / "lost")
    assert not (tmp_path / "lost").exists()
    alone = settings_of("pairs", base)
    assert (alone.images, alone.pairs, alone.videos) == (0, base.pairs, 0)
    (tmp_path / "b.yaml").write_text((tmp_path / "a.yaml").read_text().replace("joint", "jont"))
    with pytest.raises(InputError, match=r"runs\.0: Input should be 'joint'"):
        read_recipe(tmp_path / "b.yaml")
