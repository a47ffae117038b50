"""A UniRS model small enough to learn three scenes by heart in seconds, and those scenes."""

import numpy as np
import torch

from chronosight.models.unirs.configuration import UniRSConfig
from chronosight.models.unirs.conv_tower import ConvTowerConfig
from chronosight.models.unirs.modeling import UniRSForConditionalGeneration
from chronosight.models.unirs.processing import UniRSProcessor
from chronosight.models.unirs.vocabulary import train_tokenizer
from chronosight.tasks.question import Question

TEXTS = ["yes", "no", "a river beside fields", "three buildings appeared at the top", "boating", "describe the scene"]
KINDS = ["image", "pair", "video"]
QUESTIONS = [
    Question("caption", "describe the scene"),
    Question("count", "how many buildings changed"),
    Question("event", "what is the event"),
]
CLUES = ["", "change likely; buildings 3", ""]
REPLIES = ["a river beside fields", "3", "boating"]


def tiny_processor(**fields) -> UniRSProcessor:
    tokenizer = train_tokenizer(TEXTS, 400)
    text = {
        "model_type": "llama", "vocab_size": len(tokenizer), "hidden_size": 32, "intermediate_size": 64,
        "num_hidden_layers": 2, "num_attention_heads": 2, "num_key_value_heads": 1, "max_position_embeddings": 256,
        "tie_word_embeddings": True, "pad_token_id": 0, "bos_token_id": 1, "eos_token_id": 2,
    }  # fmt: skip
    vision = ConvTowerConfig(hidden_size=16, stem_width=8, widths=[8, 8, 16, 16], depths=[1, 1, 1, 1])
    sizes = {"image_size": 64, "pair_size": 96, "video_size": 32, "video_frames": 3}
    return UniRSProcessor(tokenizer, UniRSConfig(vision_config=vision, text_config=text, **(sizes | fields)))


def tiny_model(processor: UniRSProcessor, seed: int = 0) -> UniRSForConditionalGeneration:
    """In eval mode, every weight drawn at random: no block that starts as nothing hides a fault."""
    torch.manual_seed(seed)
    model = UniRSForConditionalGeneration(processor.config).eval()
    for parameter in model.parameters():
        parameter.data.add_(0.05 * torch.randn_like(parameter))
    return model


def scenes(seed: int = 0) -> list[np.ndarray]:
    """An image, a pair and a video, of sizes that all need resizing."""
    rng = np.random.default_rng(seed)
    shapes = [(1, 70, 90), (2, 100, 100), (3, 40, 50)]
    return [rng.integers(0, 256, (*shape, 3), dtype=np.uint8) for shape in shapes]
