"""Joint training on tiny weights: a mixed batch by heart, a stopped run goes on to the same losses, what is frozen stays."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch
import yaml
from typer.testing import CliRunner

from chronosight.cli.main import app
from chronosight.datasets.sample import Sample, Turn, write_samples
from chronosight.engines.unirs.load import load_unirs
from chronosight.engines.unirs.model import Asked
from chronosight.errors import InputError
from chronosight.models.unirs.chat_processing import ChatProcessor
from chronosight.models.unirs.modeling import UniRSForConditionalGeneration
from chronosight.tasks.question import Question
from chronosight.training.recipes.read import read_recipe_of
from chronosight.training.recipes.unirs import UniRSRecipe
from chronosight.training.unirs.stream import Collate, SampleStream
from chronosight.training.unirs.train import prepare, train_unirs
from launched import run_on_two_processes
from published_data import write_all
from tiny_full_size import write_weights

SOURCES = [
    {"name": "geochat", "folder": "GeoChat_Instruct", "repeat": 1},
    {"name": "levir_cc", "folder": "Levir-CC-dataset", "repeat": 5},
    {"name": "era", "folder": "ERA_Dataset", "repeat": 10},
]
FAST = {"batch": 2, "accumulation": 2, "learning_rate": 2e-3, "save_every": 2, "log_every": 1, "workers": 0, "bf16": False}


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    root = tmp_path_factory.mktemp("joint")
    write_all(root / "data")
    write_weights(root, "vila")
    return root


def recipe_of(root, **fields):
    path = root / "recipe.yaml"
    path.write_text(yaml.safe_dump({"kind": "unirs", "weights": str(root / "weights"), "sources": SOURCES, **FAST, **fields}))
    return read_recipe_of(UniRSRecipe, path)


def test_a_mixed_batch_of_image_pair_and_video_is_learned_by_heart(root):
    torch.manual_seed(0)
    model = UniRSForConditionalGeneration.from_pretrained(root / "weights")
    processor = ChatProcessor.from_pretrained(root / "weights")
    rng = np.random.default_rng(0)
    frames = [rng.integers(0, 256, (n, 48, 48, 3), dtype=np.uint8) for n in (1, 2, 8)]
    kinds = ["image", "pair", "video"]
    questions = [Question("vqa", "what is it"), Question("caption", "what changed"), Question("event", "what is the event")]
    replies = ["a river beside a field", "3 houses appeared", "This is a video about police chase."]
    model = prepare(model, recipe_of(root)).train()  # the tower and the projector frozen, as in the paper
    optimizer = torch.optim.AdamW([p for p in model.parameters() if p.requires_grad], lr=4e-3)
    batch = processor(frames, kinds, questions, ["", "a clue", ""], replies)
    for _ in range(60):
        optimizer.zero_grad()
        loss = model(**batch).loss
        loss.backward()
        optimizer.step()
    model.eval()
    asked = processor(frames, kinds, questions, ["", "a clue", ""])
    tokens = model.generate(**asked, max_new_tokens=40, do_sample=False, eos_token_id=2, pad_token_id=0)
    assert processor.decode(tokens) == replies
    assert loss.item() < 0.1


def test_a_stopped_run_goes_on_to_the_same_losses(root, tmp_path):
    recipe = recipe_of(root, steps=6)

    def losses(out):
        records = [json.loads(line) for line in (out / "log.jsonl").read_text().splitlines()]
        return {r["step"]: r["loss"] for r in records if "loss" in r}

    said = []
    train_unirs(recipe, root / "data", tmp_path / "whole", said.append)
    whole = losses(tmp_path / "whole")
    assert sorted(whole) == [1, 2, 3, 4, 5, 6]
    assert any("projector" in line and "frozen" in line for line in said)
    assert any("era" in line and "x 10 = 20" in line for line in said)
    again = tmp_path / "again"
    train_unirs(recipe, root / "data", again, said.append)
    (again / "log.jsonl").unlink()
    for leftover in (again / "checkpoint-6", again / "final"):
        for file in leftover.iterdir():
            file.unlink()
        leftover.rmdir()
    train_unirs(recipe, root / "data", again, said.append)
    resumed = losses(again)
    assert sorted(resumed) == [5, 6]
    assert [resumed[k] for k in (5, 6)] == pytest.approx([whole[k] for k in (5, 6)], abs=1e-5)
    before = UniRSForConditionalGeneration.from_pretrained(root / "weights").state_dict()
    after = UniRSForConditionalGeneration.from_pretrained(tmp_path / "whole" / "final").state_dict()
    moved = {name.split(".")[0] for name in before if not torch.equal(before[name], after[name])}
    assert moved == {"change", "language_model"}
    engine = load_unirs(tmp_path / "whole" / "final", device="cpu")
    frames = np.zeros((2, 30, 30, 3), np.uint8)
    assert engine.model.ask([Asked(frames, "pair", Question("caption", "what changed"))], max_tokens=3)
    with pytest.raises(InputError, match="begun with another recipe"):
        train_unirs(recipe_of(root, steps=6, learning_rate=1e-3), root / "data", again)


def test_lora_leaves_the_base_and_its_adapter_serves_the_engine(root, tmp_path):
    recipe = recipe_of(root, steps=2, lora={"rank": 2}, checkpointing=False)
    final = train_unirs(recipe, root / "data", tmp_path / "lora", lambda line: None)
    assert (final / "adapter_model.safetensors").is_file()
    engine = load_unirs(root / "weights", adapter=final, clues="base", device="cpu")
    rows = [Asked(np.zeros((1, 30, 30, 3), np.uint8), "image", Question("vqa", "what is it"))]
    with engine.model.base_weights():
        base = engine.model.ask(rows, max_tokens=4)
    plain = load_unirs(root / "weights", device="cpu").model.ask(rows, max_tokens=4)
    adapted = engine.model.ask(rows, max_tokens=4)
    assert base[0].logprobs == pytest.approx(plain[0].logprobs, rel=1e-4)
    assert adapted[0].logprobs[0] != pytest.approx(plain[0].logprobs[0], rel=1e-4)


def test_the_stream_is_the_same_for_any_split_into_processes(root):
    processor = ChatProcessor.from_pretrained(root / "weights")
    one = SampleStream(recipe_of(root, batch=4, accumulation=1), root / "data", processor, 4)
    two = SampleStream(recipe_of(root, batch=2, accumulation=1), root / "data", processor, 4)
    assert (one.order == two.order).all()
    assert len(one) == 4 * ((3 + 2 * 5 + 2 * 10) // 4)
    assert one.table()[1] == ("levir_cc", 2, 5, 10)


def test_conversations_of_several_turns_learn_every_reply(root):
    processor = ChatProcessor.from_pretrained(root / "weights")
    turns = tuple(Turn(Question("vqa", q), (r,)) for q, r in (("what is it", "a river"), ("where", "top")))
    example = Sample("x", "geochat", "image", ("a.png",), turns)
    batch = Collate(processor, 400)([(example, 0, np.zeros((1, 48, 48, 3), np.uint8))])
    learned = batch["labels"][0][batch["labels"][0] != -100].tolist()
    expected = [*processor.encode_text("a river"), 2, *processor.encode_text("top"), 2]
    assert learned == expected
    with pytest.raises(InputError, match="no reply within 20 tokens"):
        Collate(processor, 20)([(example, 0, np.zeros((1, 48, 48, 3), np.uint8))])


def test_baked_examples_are_learned_with_their_clues(root, tmp_path):
    example = Sample(
        "x", "era", "image", ("images/P0.png",), (Turn(Question("vqa", "what"), ("river",)),), clue="a clue of its own"
    )
    write_samples([example] * 4, root / "data" / "baked.jsonl")
    source = {"name": "geochat", "folder": "GeoChat_Instruct", "file": "baked.jsonl"}
    recipe = recipe_of(root, sources=[source])
    processor = ChatProcessor.from_pretrained(root / "weights")
    stream = SampleStream(recipe, root / "data", processor, 4)
    batch = Collate(processor, 400)([stream[0]])
    ids = [i for i in batch["input_ids"][0].tolist() if i < len(processor.tokenizer)]
    assert "<clue>a clue of its own</clue>" in processor.tokenizer.decode(ids)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"epoch": 1}, "unknown epoch; expected some of kind, weights"),
        ({"batch": 0}, "batch: Input should be greater"), ({"sources": []}, "sources"),
        ({"frozen": ["tower"]}, "frozen.0"),
        ({"frozen": ["vision_tower", "change", "projector", "language_model"]}, "nothing would"),
        ({"lora": {"rank": 4}, "frozen": ["language_model"]}, "leave one of them out"),
    ],
)  # fmt: skip
def test_a_recipe_that_cannot_be_is_refused(root, fields, message):
    with pytest.raises(InputError, match=message) as refused:
        recipe_of(root, **fields)
    assert "\n" not in str(refused.value)


def test_two_processes_give_the_losses_of_one(root, tmp_path):
    """torchrun with gloo: half of every batch on each of two processes, at times without any pair, is the same training."""
    found = []
    for processes in (1, 2):
        recipe_of(root, steps=6, batch=4 // processes, accumulation=1)
        out = tmp_path / f"out{processes}"
        words = [*map(str, ["train", root / "recipe.yaml", "--data", root / "data", "--out", out])]
        if processes == 1:  # here: importing the libraries again would take longer than the training
            done = CliRunner().invoke(app, words)
            assert done.exit_code == 0, done.output
        else:
            run_on_two_processes(words, tmp_path / "two.log")
        records = [json.loads(line) for line in (out / "log.jsonl").read_text().splitlines()]
        found.append([r["loss"] for r in records if "loss" in r])
    assert len(found[0]) == 6
    assert found[1] == pytest.approx(found[0], rel=1e-3)
