"""A published folder converted: the same numbers as its parts put together plainly, and broken folders refused."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import LlamaConfig, LlamaForCausalLM, SiglipVisionConfig, SiglipVisionModel

from chronosight.errors import InputError
from chronosight.models.unirs.chat_processing import ChatProcessor
from chronosight.models.unirs.convert import convert
from chronosight.models.unirs.modeling import UniRSForConditionalGeneration
from chronosight.tasks.question import Question
from vila_folder import LLM, VISION, write_folder

SIDE = VISION["image_size"]
FRAMES = {"image": 1, "pair": 2, "video": 3}


@pytest.fixture(scope="module")
def unirs(tmp_path_factory):
    root = tmp_path_factory.mktemp("checkpoints")
    folder = write_folder(root / "published", "unirs")
    convert(folder, root / "converted", "unirs")
    return folder, UniRSForConditionalGeneration.from_pretrained(root / "converted").eval(), root / "converted"


def frames_of(kind: str, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (FRAMES[kind], SIDE, SIDE, 3), dtype=np.uint8)


def plain_states(folder, kind, frames, ids, mask, image_id):
    """Hidden states by the published files alone: SigLIP and Llama of transformers, everything between written out."""
    vision = SiglipVisionModel(SiglipVisionConfig(**{k: v for k, v in VISION.items() if k != "model_type"})).eval()
    state = load_file(folder / "vision_tower" / "model.safetensors")
    vision.load_state_dict({name.removeprefix("vision_model."): value for name, value in state.items()})
    llm = LlamaForCausalLM(LlamaConfig(**{k: v for k, v in LLM.items() if k not in ("architectures", "torch_dtype")})).eval()
    state = {}
    for file in sorted((folder / "llm").glob("*.safetensors")):
        state |= load_file(file)
    state.pop("model.layers.0.self_attn.rotary_emb.inv_freq")
    llm.load_state_dict(state)
    p = load_file(folder / "mm_projector" / "model.safetensors")
    pixels = torch.from_numpy(frames).permute(0, 3, 1, 2).float() / 255 * 2 - 1
    x = vision.embeddings(pixels)
    for layer in vision.encoder.layers[:-1]:
        x = layer(x, None)
    grid = SIDE // VISION["patch_size"]
    x = x.reshape(len(x), grid, grid, -1)  # (T, rows, columns, D)
    if kind == "pair":
        x = plain_change({n.removeprefix("layers.change."): v for n, v in p.items() if "change" in n}, x)
    x = torch.nn.functional.pad(x, (0, 0, 0, grid % 2, 0, grid % 2))
    n, w, h, c = x.shape
    x = x.reshape(n, w, h // 2, 2 * c).permute(0, 2, 1, 3).reshape(n, h // 2, w // 2, 4 * c).flatten(1, 2)
    single = {name.removeprefix("layers.single."): value for name, value in p.items() if "single" in name}
    x = (x - x.mean(-1, keepdim=True)) / (x.var(-1, unbiased=False, keepdim=True) + 1e-5).sqrt()
    x = x * single["1.weight"] + single["1.bias"]
    x = torch.nn.functional.gelu(x @ single["2.weight"].T + single["2.bias"]) @ single["4.weight"].T + single["4.bias"]
    places = ids == image_id
    embeds = llm.get_input_embeddings()(ids.masked_fill(places, 0))
    embeds = embeds.masked_scatter(places[..., None], x.reshape(-1, x.shape[-1]))
    return llm.model(inputs_embeds=embeds, attention_mask=mask).last_hidden_state


def plain_change(p, x):
    """Change extraction by the published names; its column part is drawn from `h_embedding`, its row part from
    `w_embedding`."""
    grid, half = x.shape[1], x.shape[-1] // 2
    position = torch.empty(grid, grid, 2 * half)
    for row in range(grid):
        for column in range(grid):
            position[row, column, :half] = p["h_embedding.weight"][column]
            position[row, column, half:] = p["w_embedding.weight"][row]
    f1, f2 = x[0] + position, x[1] + position
    similarity = (f1 * f2).sum(-1) / (f1.norm(dim=-1) * f2.norm(dim=-1))
    both = (torch.cat([f1, f2], -1) + similarity[..., None]).permute(2, 0, 1)[None]
    start = torch.nn.functional.conv2d(both, p["Conv1.weight"], p["Conv1.bias"])
    y = start
    for step in (0, 3, 6):
        y = torch.nn.functional.conv2d(y, p[f"LN.left.{step}.weight"], p[f"LN.left.{step}.bias"], padding=int(step == 3))
        norm = {
            name: p[f"LN.left.{step + 1}.{name}"][:, None, None] for name in ("weight", "bias", "running_mean", "running_var")
        }
        y = (y - norm["running_mean"]) / (norm["running_var"] + 1e-5).sqrt() * norm["weight"] + norm["bias"]
        y = y.relu() if step < 6 else y
    return (start + y).relu().permute(0, 2, 3, 1)


@pytest.mark.parametrize("kind", ["image", "pair", "video"])
@torch.no_grad()
def test_converted_states_are_those_of_the_parts_put_together(unirs, kind):
    folder, model, out = unirs
    processor = ChatProcessor.from_pretrained(out)
    frames = frames_of(kind)
    batch = processor([frames], [kind], [Question("vqa", "What is this?")], ["a clue"])
    embeds = model.embed(batch["input_ids"], batch["scenes"], batch["kinds"])
    ours = model.language_model.model(inputs_embeds=embeds, attention_mask=batch["attention_mask"]).last_hidden_state
    plain = plain_states(folder, kind, frames, batch["input_ids"], batch["attention_mask"], model.config.image_token_id)
    difference = (ours - plain).abs().max().item()
    print(f"{kind}: largest difference {difference:.1e} of states up to {plain.abs().max():.1f}")
    assert difference < 1e-4
    assert plain.abs().max() > 0.5


def test_position_tables_are_distinguished(unirs):
    folder, model, _ = unirs
    published = load_file(folder / "mm_projector" / "model.safetensors")
    assert torch.equal(model.change.column.weight, published["layers.change.h_embedding.weight"])
    assert torch.equal(model.change.row.weight, published["layers.change.w_embedding.weight"])


def test_vila_gets_a_change_extraction_from_a_seed(tmp_path):
    folder = write_folder(tmp_path / "published", "vila")
    report = convert(folder, tmp_path / "a", "vila", seed=3)
    convert(folder, tmp_path / "b", "vila", seed=3)
    convert(folder, tmp_path / "c", "vila", seed=4)
    a, b, c = (load_file(tmp_path / name / "model.safetensors") for name in "abc")
    assert all(torch.equal(a[name], b[name]) for name in a)
    assert sorted(name for name in a if name.startswith("change.")) == sorted(report.new)
    assert not torch.equal(a["change.fuse.weight"], c["change.fuse.weight"])
    assert torch.equal(a["projector.first.weight"], load_file(folder / "mm_projector/model.safetensors")["layers.2.weight"])
    kept = {name for name, _ in report.left_out}
    assert "llm/model.layers.0.self_attn.rotary_emb.inv_freq" in kept
    assert "vision_tower/vision_model.head.probe" in kept
    total = sum(len(load_file(file)) for file in folder.rglob("*.safetensors"))
    assert report.taken + len(report.left_out) == total
    assert len(a) == report.taken + len(report.new)
    model = UniRSForConditionalGeneration.from_pretrained(tmp_path / "a")
    assert model.config.text_config.rope_parameters["rope_theta"] == 5000.0
    assert model.config.visual_tokens("image") == 4  # 48 // 14 = 3, padded to 4, merged to 2 x 2


def test_several_files_hold_the_same_as_one(tmp_path, monkeypatch):
    folder = write_folder(tmp_path / "published", "vila")
    convert(folder, tmp_path / "one", "vila")
    monkeypatch.setattr("chronosight.models.unirs.convert.SHARD", 40_000)
    convert(folder, tmp_path / "many", "vila")
    assert len(list((tmp_path / "many").glob("model-*-of-*.safetensors"))) > 3
    one, many = (UniRSForConditionalGeneration.from_pretrained(tmp_path / name).state_dict() for name in ("one", "many"))
    assert all(torch.equal(one[name], many[name]) for name in one)


def edit(path, change):
    values = json.loads(path.read_text())
    change(values)
    path.write_text(json.dumps(values))


def edit_tensors(path, change):
    values = dict(load_file(path))
    change(values)
    save_file(values, path)


def bomb():
    double = {"type": "Replace", "pattern": {"String": "a"}, "content": "aa"}
    return {"normalizer": {"type": "Sequence", "normalizers": [double] * 32}, "model": {"type": "BPE", "vocab": {}, "merges": []}}


PROJECTOR = "mm_projector/model.safetensors"
TOWER = "vision_tower/model.safetensors"
Q = "vision_model.encoder.layers.0.self_attn.q_proj.weight"
BROKEN = {
    "no part": (lambda f: (f / "llm").rename(f / "lm"), "has no llm/"),
    "no config": (lambda f: (f / "llm/config.json").unlink(), "config.json is missing"),
    "config cut short": (lambda f: (f / "llm/config.json").write_text('{"a": '), "is not JSON"),
    "pickle only": (lambda f: (f / PROJECTOR).rename(f / "mm_projector/pytorch_model.bin"), "a pickle can run any code"),
    "no weights": (lambda f: (f / PROJECTOR).unlink(), "holds no weights"),
    "a shard missing": (lambda f: (f / "llm/model-00002-of-00002.safetensors").unlink(), "lacks model-00002-of-00002"),
    "a shard elsewhere": (
        lambda f: edit(f / "llm/model.safetensors.index.json", lambda v: v["weight_map"].update(x="../../secret.safetensors")),
        "names files outside",
    ),
    "cut short": (lambda f: (f / TOWER).write_bytes((f / TOWER).read_bytes()[:-100]), "damaged or cut short"),
    "a tensor missing": (lambda f: edit_tensors(f / TOWER, lambda v: v.pop(Q)), r"1 tensor \(vision_tower\.encoder.*missing"),
    "a tensor too many": (
        lambda f: edit_tensors(f / PROJECTOR, lambda v: v.update({"layers.7.weight": torch.ones(2)})),
        r"mm_projector/layers\.7\.weight\) unexpected",
    ),
    "a layer too many": (
        lambda f: edit(f / "llm/config.json", lambda v: v.update(num_hidden_layers=1)), r"9 tensors .* and 1 more\) unexpected"
    ),
    "a shape that does not fit": (
        lambda f: edit_tensors(f / PROJECTOR, lambda v: v.update({"layers.2.weight": torch.ones(32, 16)})),
        r"projector\.first\.weight is \(32, 16\), expected \(32, 64\)",
    ),
    "quantised": (
        lambda f: edit_tensors(f / PROJECTOR, lambda v: v.update({"layers.2.weight": torch.ones(32, 64, dtype=torch.int8)})),
        "quantised checkpoints cannot be converted",
    ),
    "another projector": (
        lambda f: edit(f / "mm_projector/config.json", lambda v: v.update(mm_projector_type="mlp2x_gelu")), "'mlp2x_gelu'"
    ),
    "another tower": (lambda f: edit(f / "vision_tower/config.json", lambda v: v.update(model_type="clip")), "is 'clip'"),
    "another layer": (lambda f: edit(f / "config.json", lambda v: v.update(mm_vision_select_layer=-1)), "expected -2"),
    "another normalisation": (
        lambda f: edit(f / "vision_tower/preprocessor_config.json", lambda v: v.update(image_mean=[0.4, 0.4, 0.4])), "image_mean"
    ),
    "no tokenizer": (lambda f: (f / "llm/tokenizer.model").unlink(), "neither tokenizer.json nor tokenizer.model"),
    "a tokenizer cut short": (
        lambda f: (f / "llm/tokenizer.model").write_bytes((f / "llm/tokenizer.model").read_bytes()[:-9]), "damaged or no"
    ),
    "a list for a config": (lambda f: (f / "llm/config.json").write_text("[]"), "not an object"),
    "a config nested deep": (lambda f: (f / "llm/config.json").write_text("[" * 100_000), "nested more than 100 levels deep"),
    "a billion layers": (lambda f: edit(f / "llm/config.json", lambda v: v.update(num_hidden_layers=10**9)), "num_hidden_layers"),
    "more layers than tensors": (
        lambda f: edit(f / "vision_tower/config.json", lambda v: v.update(num_hidden_layers=500)), "has .* tensors"
    ),
    "a width of text": (lambda f: edit(f / "vision_tower/config.json", lambda v: v.update(hidden_size="16")), "hidden_size"),
    "a width of a list": (lambda f: edit(f / "llm/config.json", lambda v: v.update(hidden_size=[32])), "hidden_size"),
    "frames of text": (lambda f: edit(f / "config.json", lambda v: v.update(num_video_frames="eight")), "num_video_frames"),
    "a rope of text": (lambda f: edit(f / "llm/config.json", lambda v: v.update(rope_theta="many")), "cannot be read"),
    "a normalizer that multiplies": (
        lambda f: (f / "llm/tokenizer.json").write_text(json.dumps(bomb())), "its normalizer makes texts more than 64 times"
    ),
    "padding without end": (
        lambda f: (f / "llm/tokenizer.json").write_text(json.dumps({"padding": {"strategy": {"Fixed": 10**10}}})), "it pads"
    ),
    "a tokenizer of another": (lambda f: edit(f / "llm/config.json", lambda v: v.update(vocab_size=300)), "not of one"),
}  # fmt: skip


@pytest.mark.parametrize("name", list(BROKEN))
def test_a_broken_folder_is_refused_in_one_line(name, tmp_path):
    folder = write_folder(tmp_path / "published", "vila")
    breaking, message = BROKEN[name]
    breaking(folder)
    with pytest.raises(InputError, match=message) as refused:
        convert(folder, tmp_path / "out", "vila")
    assert "\n" not in str(refused.value)
    assert [path.name for path in tmp_path.iterdir()] == ["published"]


def test_families_and_targets_are_not_mixed_up(tmp_path):
    vila, unirs = write_folder(tmp_path / "v", "vila"), write_folder(tmp_path / "u", "unirs")
    with pytest.raises(InputError, match="chronosight convert vila"):
        convert(vila, tmp_path / "out", "unirs")
    with pytest.raises(InputError, match="chronosight convert unirs"):
        convert(unirs, tmp_path / "out", "vila")
    with pytest.raises(InputError, match="no folder"):
        convert(tmp_path / "none", tmp_path / "out", "vila")
    with pytest.raises(InputError, match="not empty"):
        convert(vila, unirs, "vila")
