"""The engine on a tiny random Qwen2.5-VL: what is asked, what is computed, what is checked."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch

from chronosight.engines import load
from chronosight.engines.changevg import engine as engine_module
from chronosight.engines.changevg.engine import OPEN_NOTE, UNMAPPED
from chronosight.engines.compact.guide import Guide
from chronosight.errors import InputError
from chronosight.models.changevg.generation import read, reply
from chronosight.models.changevg.prompt import user_turn
from chronosight.models.changevg.settings import Settings
from chronosight.scenes.scene import Scene
from chronosight.tasks import caption, count
from chronosight.tasks.clue import caption_clue
from chronosight.tasks.routing import Routed
from small_scenes import ground, pair
from tiny_bundle import CAPTION

TURNS = (
    "How many buildings have been changed?",
    "Where are the new buildings?",
    "And the roads?",
    "What colour are the roofs of the houses that were built here?",
    "Please describe the changes.",
)


@pytest.fixture(scope="module")
def engine(qwen_folder, bundle_folder):
    """With short replies: random weights seldom end one by themselves."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(engine_module, "TASK_TOKENS", 12)
        patch.setattr(engine_module, "OPEN_TOKENS", 16)
        yield load("changevg", qwen_folder, threads=1, guide=bundle_folder)


@pytest.fixture
def scene():
    frames = ground(84, 112)
    frames[1, 10:30, 15:45] = 220
    return pair(frames)


class Watch:
    """Counts what the language model and the vision tower compute, from the outside."""

    def __init__(self, engine):
        network = engine.model.network.model
        self.tokens, self.looks, self.visual, self.ids = 0, 0, 0, network.config.image_token_id
        self._hooks = [
            network.language_model.register_forward_pre_hook(self._read, with_kwargs=True),
            network.visual.register_forward_pre_hook(self._look, with_kwargs=True),
            network.register_forward_pre_hook(self._see, with_kwargs=True),
        ]

    def _read(self, module, positional, named):
        self.tokens += named["inputs_embeds"].shape[0] * named["inputs_embeds"].shape[1]

    def _look(self, module, positional, named):
        self.looks += 1

    def _see(self, module, positional, named):
        self.visual += int((named["input_ids"] == self.ids).sum())

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for hook in self._hooks:
            hook.remove()


def test_a_turn_of_a_dialogue_costs_its_own_text_and_no_image(engine, scene):
    """Five turns. The bar is 1.3 x the text of the turn, as the chat template writes it; a reply's tokens are computed
    once each, its last one not at all."""
    processor = engine.model.processor
    conversation = engine.chat(scene)
    first_cost = None
    for number, question in enumerate(TURNS):
        made = []
        with Watch(engine) as watch:
            original = engine.model.generate

            def counting(context, limit, original=original, watch=watch, made=made):
                made.append(watch.tokens)
                return original(context, limit)

            engine.model.generate = counting
            try:
                conversation.ask(question)
            finally:
                del engine.model.generate
        (read_before_reply,) = made
        own = len(processor.encode_text(f"<|im_end|>\n<|im_start|>user\n{question}<|im_end|>\n<|im_start|>assistant\n"))
        if number == 0:
            assert watch.looks == 1 and watch.visual == 2 * 3 * 4
            first_cost = read_before_reply
        else:
            assert watch.looks == 0 and watch.visual == 0
            assert read_before_reply <= 1.3 * own
            assert read_before_reply < first_cost / 2
    assert [asked for asked, _ in conversation.history] == list(TURNS)


def test_a_dialogue_says_what_its_whole_history_read_at_once_says(engine, scene):
    """The second turn from the kept context, and from the conversation written out and read from the start."""
    model, processor = engine.model, engine.model.processor
    dialogue = engine.see(scene).images.dialogue()
    first = user_turn("How many roads?", images=2)
    dialogue.ask(first, 5)
    start = processor.batch_texts(["".join(dialogue.images.split(first))], [list(scene.frames)])
    (said,), _, _ = reply(model.network, read(model.network, start), model.ends, 5)
    following = processor.encode_text(dialogue.following([{"type": "text", "text": "Why?"}]))
    ids = torch.cat([start["input_ids"], torch.tensor([[*said.tokens, *following]])], 1)
    marks = (ids == processor.image_token_id).long()
    whole = {**start, "input_ids": ids, "attention_mask": torch.ones_like(ids), "mm_token_type_ids": marks}
    (expected,), _, _ = reply(model.network, read(model.network, whole), model.ends, 8)
    assert dialogue.ask([{"type": "text", "text": "Why?"}], 8).text == processor.decode_reply(expected.tokens)


def test_questions_about_one_scene_share_its_images_and_its_guide(engine, scene, monkeypatch):
    looks = []
    monkeypatch.setattr(Guide, "predict", lambda self, *args, original=Guide.predict: looks.append(1) or original(self, *args))
    with Watch(engine) as watch:
        engine.ask(scene, "How many roads have changed?")
        engine.describe(scene)
        engine.ask(scene, "Is there anything new?")
        engine.chat(scene).ask("Where?")
    assert watch.looks == 1 and watch.visual == 2 * 3 * 4 and len(looks) == 1


def test_describe_has_all_its_parts(engine, scene):
    description = engine.describe(scene)
    assert [item.name for item in description.classes] == ["buildings", "roads"]
    assert len(description.evidence.objects) == 1 and description.caption.task == "caption"
    assert all(0 <= answer.confidence <= 1 for answer in (description.caption, description.changed))
    assert description.model["engine"] == "changevg" and json.dumps(description.model)
    assert len(description.notes) == len(set(description.notes))
    for one in description.classes:
        assert one.changed.value is bool(one.appeared + one.vanished) and not one.changed.confident, "counted, not asked"


@pytest.mark.parametrize("form", ["none", "caption", "detail", "full"])
def test_the_clue_in_its_four_forms(engine, scene, form, monkeypatch):
    monkeypatch.setattr(engine, "settings", replace(engine.settings, guide_form=form))
    parts, _ = engine.turn(engine.see(scene), Routed(count.ask("roads"), True), "x")
    text = parts[0].get("text", "")
    assert (caption_clue(CAPTION) in text) == (form in ("caption", "full"))
    assert ("buildings 1, new 1, gone 0, at top left corner" in text) == (form in ("detail", "full"))
    assert (parts[0]["type"] == "image") == (form == "none")


def test_the_published_prompt_word_for_word(engine, scene, monkeypatch):
    monkeypatch.setattr(engine, "settings", Settings())
    parts, _ = engine.turn(engine.see(scene), Routed(caption.ask("pair"), True), "x")
    assert [part.get("text", "<image>") for part in parts] == [
        f"Please refer to this description:{CAPTION}.Modify or correct it.\nPlease describe the changes in ",
        "<image>",
        " and ",
        "<image>",
    ]


def test_an_open_question_reaches_the_model_as_typed(engine, scene):
    parts, limit = engine.turn(engine.see(scene), Routed(None, False), "What colour<|im_end|> is the <image>car?")
    assert parts[-1] == {"type": "text", "text": "What colour  is the car?"} and limit == engine_module.OPEN_TOKENS
    answer = engine.ask(scene, "What colour is the car?")
    assert answer.task == "open" and not answer.confident and OPEN_NOTE in answer.notes


def test_a_question_about_land_cover_is_answered_with_a_warning(engine, scene):
    assert UNMAPPED in engine.ask(scene, "Did any forest disappear?").notes
    assert UNMAPPED not in engine.ask(scene, "What colour are the roofs?").notes


def test_images_and_videos_have_no_guide(engine):
    frames = np.random.default_rng(0).integers(0, 256, (3, 56, 56, 3), dtype=np.uint8)
    for kind, n, question in (("image", 1, "What kind of place is this?"), ("video", 3, "What is the event in the video?")):
        scene = Scene(kind, frames[:n], np.ones((56, 56), bool), ("a",) * n)
        answer = engine.ask(scene, question)
        assert answer.evidence is None and answer.task != "open"
        with pytest.raises(InputError, match="two images"):
            engine.describe(scene)


def test_a_large_scene_is_shrunk_and_that_is_said(engine):
    frames = ground(600, 600)
    answer = engine.ask(pair(frames), "How many roads have changed?")
    assert any("600 x 600 pixels were reduced to 262144" in note for note in answer.notes)


def test_an_empty_question_and_a_strip_are_refused(engine, scene):
    with pytest.raises(InputError, match="empty"):
        engine.ask(scene, "  ")
    with pytest.raises(InputError, match="200 times"):
        engine.ask(pair(ground(16, 3300)), "How many roads have changed?")


def test_replies_in_one_batch_are_those_given_alone(engine, scene):
    pictures = engine.see(scene).images
    turns = [engine.turn(engine.see(scene), Routed(q, True), q.text)[0] for q in (count.ask("roads"), caption.ask("pair"))]
    together = pictures.replies(turns, 8)
    for turn, one in zip(turns, together, strict=True):
        (alone,) = pictures.replies([turn], 8)
        assert alone.text == one.text
        np.testing.assert_allclose(np.exp(alone.logprobs), np.exp(one.logprobs), atol=1e-4)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"weights": "nowhere"}, "no weights folder"),
        ({}, "--endpoint URL"),
        ({"guide_form": "loud"}, "none, caption, detail, full"),
        ({"precision": "int3"}, "4bit"),
        ({"adapter": "nowhere"}, "no adapter folder"),
        ({"guide": "nowhere"}, "no weights folder"),
        ({"colour": "red"}, "no option colour; it has adapter, endpoint"),
    ],
)
def test_what_is_missing_is_named_in_one_line(options, said):
    with pytest.raises(InputError, match=said) as error:
        load("changevg", **options)
    assert "\n" not in str(error.value)


def test_the_compact_engine_takes_no_options_of_this_one(bundle_folder):
    with pytest.raises(InputError, match="adapter"):
        load("compact", bundle_folder, adapter="x")
