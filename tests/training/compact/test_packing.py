"""Packed rows: the same losses as question by question, and no question sees another."""

import pytest
import torch

from chronosight.models.unirs.configuration import UniRSConfig
from chronosight.models.unirs.modeling import UniRSForConditionalGeneration
from chronosight.models.unirs.processing import UniRSProcessor
from chronosight.models.unirs.vocabulary import train_tokenizer
from chronosight.tasks import binary, caption, count
from chronosight.training.compact.language_model import losses_of, visual_of
from chronosight.training.compact.packing import IGNORED, pack, packed_mask

ASKED = [
    [(binary.ask(), "Yes"), (count.ask("buildings"), "12"), (caption.ask("pair"), "two houses appear at the top")],
    [(binary.ask(), "No")],
]
CLUES = ["change likely; buildings 12", ""]


@pytest.fixture(scope="module")
def parts():
    texts = [text for row in ASKED for question, reply in row for text in (question.text, reply)] + CLUES
    tokenizer = train_tokenizer(texts, 400)
    text = {"vocab_size": len(tokenizer), "hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2}
    text |= {"num_attention_heads": 2, "num_key_value_heads": 2, "tie_word_embeddings": True, "pad_token_id": 0}
    vision = {"hidden_size": 16, "widths": [8, 8, 16, 16], "depths": [1, 1, 1, 1], "stem_width": 8}
    torch.manual_seed(0)
    config = UniRSConfig(vision_config=vision, text_config=text, image_size=64, pair_size=64, video_size=32)
    model = UniRSForConditionalGeneration(config).eval()
    return model, tokenizer, torch.rand(2, 2, 16, 4, 4)


def test_packed_losses_equal_those_one_by_one(parts):
    model, tokenizer, features = parts
    packed = pack(tokenizer, [4, 4], CLUES, ASKED)
    with torch.no_grad():
        loss, weight = losses_of(model, {"pair": {"features": features, **packed}})["pair"]
        processor, single, weights = UniRSProcessor(tokenizer, model.config), 0.0, 0.0
        for i, row in enumerate(ASKED):
            visual = visual_of(model, "pair", features[i : i + 1])
            for question, reply in row:
                batch = processor(None, ["pair"], [question], [CLUES[i]], [reply])
                n = int((batch["labels"] != IGNORED).sum())
                single += float(model(**batch, visual=list(visual)).loss) * n * n**-0.5
                weights += n**0.5
    assert loss.item() == pytest.approx(single, rel=1e-4)
    assert weight.item() == pytest.approx(weights, rel=1e-5)


def test_a_question_sees_the_scene_and_itself_only():
    segments = torch.tensor([[0, 0, 1, 1, 2, 2, -1]])
    mask = packed_mask(segments)[0, 0]
    assert mask[4].tolist() == [True, True, False, False, True, False, False]
    assert mask[1].tolist() == [True, True, False, False, False, False, False]
    assert mask.any(-1).all()


def test_other_questions_do_not_move_a_loss(parts):
    model, tokenizer, features = parts
    with torch.no_grad():
        both = losses_of(model, {"pair": {"features": features, **pack(tokenizer, [4, 4], CLUES, ASKED)}})["pair"][0]
        turned = [ASKED[0][::-1], ASKED[1]]
        again = losses_of(model, {"pair": {"features": features, **pack(tokenizer, [4, 4], CLUES, turned)}})["pair"][0]
    assert both.item() == pytest.approx(again.item(), rel=1e-4)
