"""The whole way on a tiny recipe and places drawn here: every stage learns for two steps, the models are exported,
and the engine says with onnxruntime what torch says, token for token, for image, pair and video.

One file for training and graphs, as writing the graphs takes longest.
"""

import json
import shutil

import numpy as np
import onnx
import onnxruntime
import pytest
import torch

from chronosight.datasets.sample import array_scene
from chronosight.engines import load
from chronosight.engines.compact.sessions import open_session
from chronosight.errors import InputError
from chronosight.models.guide.modeling import GuideModel
from chronosight.models.unirs.modeling import UniRSForConditionalGeneration, positions_from
from chronosight.models.unirs.processing import UniRSProcessor
from chronosight.tasks import binary, caption
from chronosight.training.compact.train import train_compact
from chronosight.training.export import bundle as bundle_module
from chronosight.training.export.bundle import export_bundle
from chronosight.training.export.onnx_storage import quantize_decoder, store_as_float16
from chronosight.training.export.unirs import decode_step, export_unirs
from chronosight.training.recipes.read import read_recipe
from tiny_data import write_data
from tiny_unirs import CLUES, KINDS, QUESTIONS, REPLIES, scenes, tiny_model, tiny_processor

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
def language_model(run):
    """As trained, but with weights wide enough to choose many tokens, rounded to 16 bits, so storing them so loses nothing."""
    torch.manual_seed(0)
    folder = run[2] / "unirs" / "final"
    model = UniRSForConditionalGeneration.from_pretrained(folder).eval()
    for parameter in model.language_model.parameters():
        parameter.data.add_(0.3 * torch.randn_like(parameter))
    model.half().float().save_pretrained(folder)
    return UniRSForConditionalGeneration.from_pretrained(folder).eval()


@pytest.fixture(scope="module")
def processor(run):
    return UniRSProcessor.from_pretrained(run[2] / "unirs" / "final")


@pytest.fixture(scope="module")
def graphs(tmp_path_factory):
    """Folder of the language model's graphs in 32 bits, and their differences from torch, once the bundle is written."""
    return tmp_path_factory.mktemp("graphs"), {}


@pytest.fixture(scope="module")
def bundle(run, graphs, language_model):
    """The graphs are written once: in 32 bits, as `export_unirs` does, then stored in 16 as it does."""
    out = run[2]

    def export_once(model, folder, int8):
        graphs[1].update(export_unirs(model, graphs[0], float16=False))
        for path in graphs[0].iterdir():
            shutil.copy(path, folder)
        for name in ("tower", "change", "projector", "decoder"):
            store_as_float16(folder / f"{name}.onnx")
        return graphs[1]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bundle_module, "export_unirs", export_once)
        return export_bundle(out / "guide", out / "unirs", out.parent / "bundle", recipe={"seed": 0})


@pytest.fixture(scope="module")
def exported(bundle, graphs):
    return graphs


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


def test_the_engine_says_what_torch_says(run, bundle, scene, language_model, processor):
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

    questions = [binary.ask(), caption.ask("pair")]
    batch = processor([scene.frames] * 2, ["pair"] * 2, questions, [encoded.clue] * 2)
    with torch.no_grad():
        first = language_model(**batch).logits[:, -1].float().log_softmax(-1).numpy()
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


def onnx_output(folder, name, **inputs):
    session = onnxruntime.InferenceSession(str(folder / f"{name}.onnx"))
    return session.run(None, inputs)[0]


def reply_with_onnx(folder, processor, row: int, length: int) -> list[int]:
    """Greedy decoding with numpy and onnxruntime alone."""
    frames = processor.pixels(scenes()[row], KINDS[row]).numpy()
    features = onnx_output(folder, "tower", frames=frames)
    if KINDS[row] == "pair":
        visual = onnx_output(folder, "change", before=features[:1], after=features[1:])
    else:
        visual = onnx_output(folder, "projector", features=features)
    ids = processor(None, [KINDS[row]], [QUESTIONS[row]], [CLUES[row]])["input_ids"][0].numpy()
    table = np.load(folder / "embedding.npy").astype(np.float32)
    embeds = table[ids]
    embeds[ids == processor.config.image_token_id] = visual.reshape(-1, visual.shape[-1])
    session = onnxruntime.InferenceSession(str(folder / "decoder.onnx"))
    tokens, past, embeds = [], None, torch.from_numpy(embeds)[None]
    seen = 0
    for _ in range(length):
        positions = torch.arange(seen, seen + embeds.shape[1])[None]
        seen += embeds.shape[1]
        logits, past = decode_step(session, embeds, torch.ones(1, seen, dtype=torch.long), positions, past)
        tokens.append(int(logits[0, -1].argmax()))
        embeds = torch.from_numpy(table[tokens[-1:]])[None]
    return tokens


@pytest.mark.parametrize("row", [0, 1, 2], ids=KINDS)
def test_onnx_equals_torch_token_for_token(exported, language_model, processor, row):
    batch = processor([scenes()[row]], [KINDS[row]], [QUESTIONS[row]], [CLUES[row]])
    expected = language_model.generate(**batch, max_new_tokens=15, do_sample=False, eos_token_id=None)[0].tolist()
    assert len(set(expected)) > 3
    assert reply_with_onnx(exported[0], processor, row, 15) == expected


def test_every_graph_was_compared(exported):
    folder, differences = exported
    assert sorted(differences) == ["change", "decoder", "projector", "tower"]
    assert max(differences.values()) < 1e-4
    assert not list(folder.glob("*.part*"))


def test_nothing_of_the_machine_is_in_the_files(exported):
    for path in exported[0].glob("*.onnx"):
        assert b"site-packages" not in path.read_bytes() and b".py" not in path.read_bytes()


def test_folded_batch_norms_leave_convolutions_alone(exported):
    graph = onnx.load(exported[0] / "tower.onnx").graph
    assert not [node for node in graph.node if node.op_type == "BatchNormalization"]


def test_float16_storage_halves_the_file_and_keeps_the_numbers(exported, processor, tmp_path):
    for name in ("tower", "decoder"):
        source, target = exported[0] / f"{name}.onnx", tmp_path / f"{name}.onnx"
        target.write_bytes(source.read_bytes())
        store_as_float16(target)
        large = [tensor for tensor in onnx.load(target).graph.initializer if np.prod(tensor.dims) >= 1024]
        assert {tensor.data_type for tensor in large} == {onnx.TensorProto.FLOAT16}
        weights = sum(2 * int(np.prod(tensor.dims)) for tensor in large)
        assert source.stat().st_size - target.stat().st_size > 0.8 * weights  # which took twice as much
    frames = np.random.default_rng(0).random((1, 3, 64, 64), np.float32)
    before, after = onnx_output(exported[0], "tower", frames=frames), onnx_output(tmp_path, "tower", frames=frames)
    assert 0 < np.abs(before - after).max() < 5e-3 * np.abs(before).max()


def test_int8_decoder_mostly_agrees(exported, language_model, processor, tmp_path):
    quantize_decoder(exported[0] / "decoder.onnx", tmp_path / "decoder.onnx")
    batch = processor(scenes(), KINDS, QUESTIONS, CLUES, REPLIES)
    with torch.no_grad():
        embeds = language_model.embed(batch["input_ids"], batch["scenes"], batch["kinds"])
    mask = batch["attention_mask"]
    assert greedy_agreement(language_model, exported[0] / "decoder.onnx", embeds, mask) == 1.0
    assert greedy_agreement(language_model, tmp_path / "decoder.onnx", embeds, mask) > 0.8
    operators = {node.op_type for node in onnx.load(tmp_path / "decoder.onnx").graph.node}
    assert "MatMulInteger" in operators


def greedy_agreement(model, path, embeds, mask):
    """Share of positions, padding left out, at which the decoder graph chooses the same next token as torch."""
    positions = positions_from(mask)
    with torch.no_grad():
        wanted = model.language_model(inputs_embeds=embeds, attention_mask=mask, position_ids=positions).logits
    session = open_session(path, 1)
    same = wanted.argmax(-1) == torch.from_numpy(decode_step(session, embeds, mask, positions, None)[0]).argmax(-1)
    return float(same[mask.bool()].float().mean())


def test_what_has_no_graph_is_refused(tmp_path):
    two_images = tiny_model(tiny_processor(fusion="two_images"))
    with pytest.raises(ValueError, match="fused pair"):
        export_unirs(two_images, tmp_path)
