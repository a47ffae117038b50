"""The full-size engine on tiny random weights: three kinds in one batch, clues, adapters, precisions, refusals."""

from __future__ import annotations

import json

import pytest

import chronosight
from chronosight.engines.confidence import geometric_mean
from chronosight.engines.unirs.clue_cache import CachedClues
from chronosight.engines.unirs.clues import BaseModelClues, FileClues
from chronosight.engines.unirs.load import load_unirs
from chronosight.engines.unirs.model import Asked
from chronosight.engines.unirs.placement import place
from chronosight.engines.unirs.weights import find_weights
from chronosight.engines.unirs.wording import question_of, read_value, trained_wording
from chronosight.errors import InputError
from chronosight.tasks import caption, event, presence, vqa
from chronosight.tasks.label_set import Outside
from chronosight.tasks.parsing import parse_question
from tiny_full_size import scene, write_adapter, write_weights

KINDS = ("image", "pair", "video")


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    return write_weights(tmp_path_factory.mktemp("full"))


@pytest.fixture(scope="module")
def adapter(weights, tmp_path_factory):
    return write_adapter(tmp_path_factory.mktemp("adapter") / "lora", weights)


@pytest.fixture(scope="module")
def engine(weights):
    return chronosight.load("unirs", weights=weights, device="cpu")


def asked(kinds=KINDS):
    return [(scene(kind, frames=5), vqa.ask("What is this?")) for kind in kinds]


def test_one_batch_answers_as_three_alone(engine):
    together = engine.answers(asked())
    alone = [engine.answers([one])[0] for one in asked()]
    assert [a.text for a in together] == [a.text for a in alone]
    assert [a.confidence for a in together] == pytest.approx([a.confidence for a in alone], rel=1e-4)
    assert all(0 < a.confidence < 1 and not a.confident for a in together)


def test_frames_keep_their_number_and_resolution_may_change(weights):
    processor = load_unirs(weights, device="cpu").model.processor
    image = processor.config.image_token_id
    for kind, frames, tokens in (("image", 1, 4), ("pair", 1, 4), ("video", 1, 4), ("video", 11, 44)):
        batch = processor([scene(kind, frames=frames).frames], [kind], [vqa.ask("What is this?")])
        assert (batch["input_ids"] == image).sum() == tokens
    larger = load_unirs(weights, device="cpu", resolution=70)
    assert larger.model.processor.config.visual_tokens("video", 8) == 8 * 9  # 70 // 14 = 5, padded to 6, merged to 3 x 3
    assert [bool(answer.text is not None) for answer in larger.answers(asked())] == [True] * 3


def test_adapter_off_is_the_base_model_in_one_copy(weights, adapter):
    tuned = load_unirs(weights, adapter=adapter, clues="base", device="cpu")
    plain = load_unirs(weights, device="cpu")
    rows = [Asked(s.frames, s.kind, q) for s, q in asked()]
    with tuned.model.base_weights():
        off = tuned.model.ask(rows)
    assert [r.text for r in off] == [r.text for r in plain.model.ask(rows)]
    assert [r.text for r in tuned.model.ask(rows)] != [r.text for r in off]
    clues = tuned.clues.clues([s for s, _ in asked()])
    assert clues == BaseModelClues(plain.model).clues([s for s, _ in asked()])
    assert any(clues)


def test_clues_reach_the_prompt_and_are_kept_by_content(weights, tmp_path):
    (tmp_path / "clues.json").write_text(json.dumps({"image_0_0.png": "a river <image> here"}))
    provider = FileClues(tmp_path / "clues.json")
    cache = CachedClues(provider, tmp_path / "kept.jsonl")
    assert cache.clues([scene("image"), scene("image", 1)]) == ["a river <image> here", ""]
    assert cache.clues([scene("image")]) == ["a river <image> here"] and cache.asked == 2
    with (tmp_path / "kept.jsonl").open("a") as file:
        file.write('{"key": "cut sh')
    again = CachedClues(provider, tmp_path / "kept.jsonl")
    assert again.clues([scene("image"), scene("image", 1), scene("image", 2)])[0] and again.asked == 1
    assert CachedClues(provider, tmp_path / "kept.jsonl").clues([scene("image", 2)]) == [""]
    processor = load_unirs(weights, device="cpu").model.processor
    batch = processor([scene("image").frames], ["image"], [vqa.ask("What?")], ["a river <image> here"])
    assert (batch["input_ids"] == processor.config.image_token_id).sum() == 4  # a clue cannot bring visual tokens
    shown = processor.tokenizer.decode([i for i in batch["input_ids"][0].tolist() if i < len(processor.tokenizer)])
    assert "<clue>a river" in shown and "[vqa] What?" in shown and shown.endswith("ASSISTANT:")


def test_int8_and_bf16_say_nearly_the_same(weights):
    rows = [Asked(s.frames, s.kind, q) for s, q in asked()]
    full, half, eighth = (load_unirs(weights, device="cpu", precision=p).model for p in ("fp32", "bf16", "int8"))
    base = [geometric_mean(r.logprobs) for r in full.ask(rows, max_tokens=1)]
    assert [geometric_mean(r.logprobs) for r in half.ask(rows, max_tokens=1)] == pytest.approx(base, rel=0.15)
    assert [geometric_mean(r.logprobs) for r in eighth.ask(rows, max_tokens=1)] == pytest.approx(base, rel=0.2)


def test_place_takes_what_fits_best():
    gib = 2**30
    assert (place(3 * 10**9, [80 * gib], 0).precision, place(3 * 10**9, [8 * gib, 80 * gib], 0).device) == ("bf16", "cuda:1")
    assert place(3 * 10**9, [5 * gib], 9 * gib).precision == "int8"
    assert place(40 * 10**9, [60 * gib] * 2, 0).device == "auto"
    assert [place(3 * 10**9, [], ram * gib).precision for ram in (20, 10, 5)] == ["fp32", "bf16", "int8"]
    assert place(3 * 10**9, [80 * gib], 0, "fp32", bf16=False).precision == "fp32"
    with pytest.raises(InputError, match=r"GiB in int8; the machine has 2\.0 GiB free"):
        place(3 * 10**9, [], 2 * gib)
    with pytest.raises(InputError, match='no precision "fp8"'):
        place(1, [], 1, "fp8")  # type: ignore[arg-type]


def test_wordings_are_those_of_training():
    def asked(text, kind):
        return question_of(parse_question(text, kind), kind)

    assert asked("Are there any planes?", "image").text.startswith("Is there a plane?")
    assert asked("What is going on here?", "video") == event.ask()
    assert trained_wording(caption.ask("pair"), "pair").text == caption.UNIRS_PAIR
    assert asked("Why is the lake green?", "image") == vqa.ask("Why is the lake green?", short=False)
    assert trained_wording(presence.ask("houses"), "image").text.endswith("using a single word or phrase.")


def test_replies_outside_the_labels_are_counted():
    count = Outside()
    assert read_value("event", "This is a video about police chase.", count) == "police chase"
    assert (count.replies, count.outside) == (1, 0)
    assert read_value("event", "a big inundation flooding", count) == "flood"
    assert read_value("presence", "No, there is none", count) is False
    assert (count.replies, count.outside) == (3, 1)
    assert read_value("rural_urban", "It is urban.", count) == "urban"
    assert read_value("rural_urban", "", count) is None
    assert (count.replies, count.outside) == (5, 3)
    assert read_value("vqa", "A Red  Roof.") == "a red roof"


def test_weights_that_cannot_be_used_are_refused(weights, tmp_path, monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    for given, message in (
        (None, "ships no weights"), (tmp_path / "none", "no weights folder"), (weights.parent / "published", "convert it first"),
        ("nobody/nothing-here", "say fetch=True"), (tmp_path, "has no config.json"),
    ):  # fmt: skip
        with pytest.raises(InputError, match=message) as refused:
            find_weights(given)
        assert "\n" not in str(refused.value)
    for options, message in (
        ({"clues": "base"}, "needs the weights before fine-tuning"), ({"clues": "file"}, "give both or neither"),
        ({"clues": "oracle"}, 'no clue provider "oracle"'), ({"precisoin": "int8"}, "has no option precisoin"),
        ({"adapter": tmp_path}, "adapter_config.json"), ({"resolution": 20}, "resolution is 20"),
    ):  # fmt: skip
        with pytest.raises(InputError, match=message):
            chronosight.load("unirs", weights=weights, **options)
