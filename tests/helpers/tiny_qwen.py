"""A tiny random Qwen2.5-VL in a folder laid out like a downloaded one: same classes, small sizes, own tokenizer.

    python tests/helpers/tiny_qwen.py tiny-qwen [tiny-adapter]

Its words mean nothing; every command and every line of code runs on it as on the real one. 0.2 M parameters, 1 MB. With a
second name: a random LoRA adapter for it as well.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

MARKERS = (
    "<|endoftext|>", "<|im_start|>", "<|im_end|>", "<|object_ref_start|>", "<|object_ref_end|>", "<|box_start|>",
    "<|box_end|>", "<|quad_start|>", "<|quad_end|>", "<|vision_start|>", "<|vision_end|>", "<|vision_pad|>",
    "<|image_pad|>", "<|video_pad|>",
)  # fmt: skip
TEMPLATE = (
    "{% for message in messages %}"
    "{% if loop.first and message['role'] != 'system' %}"
    "<|im_start|>system\nYou are a helpful assistant.<|im_end|>\n"
    "{% endif %}"
    "<|im_start|>{{ message['role'] }}\n"
    "{% if message['content'] is string %}{{ message['content'] }}"
    "{% else %}{% for part in message['content'] %}"
    "{% if part['type'] == 'image' %}<|vision_start|><|image_pad|><|vision_end|>"
    "{% elif part['type'] == 'text' %}{{ part['text'] }}{% endif %}"
    "{% endfor %}{% endif %}<|im_end|>\n"
    "{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
# Numbers are read digit by digit, as Qwen's own tokenizer does.
SPLIT = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
TEXTS = (
    "Please describe the changes in these two images. How many buildings have been changed? How many roads?",
    "Please tell me where the roads have changed,if no change please output: No change.",
    "Please check if there have been any changes to the roads or buildings. Please answer yes or no.",
    "Please refer to this description:the scene is the same as before.Modify or correct it.",
    "top left corner,top,top right corner,left,center,right,lower left corner,lower,lower right corner",
    "several houses are built beside the road and some trees are removed Yes No system user assistant helpful",
)


def write_tiny_qwen(folder: Path, seed: int = 0) -> Path:
    """Writes the folder, which holds config, weights in shards, tokenizer, chat template and preprocessor settings."""
    import torch
    from transformers import Qwen2_5_VLConfig, Qwen2_5_VLForConditionalGeneration

    folder.mkdir(parents=True, exist_ok=True)
    size = _write_tokenizer(folder)
    ids = {name: size - len(MARKERS) + MARKERS.index(name) for name in MARKERS}
    hub = {
        "architectures": ["Qwen2_5_VLForConditionalGeneration"],
        "model_type": "qwen2_5_vl",
        "vocab_size": size, "hidden_size": 64, "intermediate_size": 128, "num_hidden_layers": 2,
        "num_attention_heads": 4, "num_key_value_heads": 2, "max_position_embeddings": 4096, "rms_norm_eps": 1e-6,
        "rope_theta": 1000000.0, "rope_scaling": {"type": "mrope", "mrope_section": [2, 3, 3]},
        "tie_word_embeddings": False, "use_sliding_window": False, "torch_dtype": "float32",
        "bos_token_id": ids["<|endoftext|>"], "eos_token_id": ids["<|im_end|>"],
        "image_token_id": ids["<|image_pad|>"], "video_token_id": ids["<|video_pad|>"],
        "vision_start_token_id": ids["<|vision_start|>"], "vision_end_token_id": ids["<|vision_end|>"],
        "vision_config": {
            "depth": 2, "hidden_size": 32, "intermediate_size": 64, "num_heads": 2, "out_hidden_size": 64,
            "patch_size": 14, "spatial_merge_size": 2, "temporal_patch_size": 2, "window_size": 112,
            "fullatt_block_indexes": [1], "tokens_per_second": 2,
        },
    }  # fmt: skip
    (folder / "config.json").write_text(json.dumps(hub, indent=2))
    torch.manual_seed(seed)
    model = Qwen2_5_VLForConditionalGeneration(Qwen2_5_VLConfig.from_pretrained(folder))
    for parameter in model.parameters():  # larger than at the start of training, so that inputs make a difference
        parameter.data.add_(0.1 * torch.randn_like(parameter))
    model.save_pretrained(folder, max_shard_size="500KB")
    (folder / "config.json").write_text(json.dumps(hub, indent=2))  # flat, as downloaded, in place of the nested form
    pixels = {
        "image_processor_type": "Qwen2VLImageProcessor", "processor_class": "Qwen2_5_VLProcessor",
        "min_pixels": 3136, "max_pixels": 12845056, "patch_size": 14, "temporal_patch_size": 2, "merge_size": 2,
        "image_mean": [0.48145466, 0.4578275, 0.40821073], "image_std": [0.26862954, 0.26130258, 0.27577711],
    }  # fmt: skip
    (folder / "preprocessor_config.json").write_text(json.dumps(pixels, indent=2))
    return folder


def write_tiny_qwen3(folder: Path, seed: int = 0) -> Path:
    """The same for Qwen3-VL: patches of 16 pixels, features of several depths of the vision tower, other positions."""
    import torch
    from transformers import Qwen3VLConfig, Qwen3VLForConditionalGeneration

    folder.mkdir(parents=True, exist_ok=True)
    size = _write_tokenizer(folder)
    ids = {name: size - len(MARKERS) + MARKERS.index(name) for name in MARKERS}
    text = {
        "vocab_size": size, "hidden_size": 64, "intermediate_size": 128, "num_hidden_layers": 3, "head_dim": 16,
        "num_attention_heads": 4, "num_key_value_heads": 2, "max_position_embeddings": 4096,
        "rope_parameters": {"rope_type": "default", "rope_theta": 5e6, "mrope_section": [4, 2, 2], "mrope_interleaved": True},
        "eos_token_id": ids["<|im_end|>"], "bos_token_id": ids["<|endoftext|>"],
    }  # fmt: skip
    vision = {
        "depth": 3, "hidden_size": 32, "intermediate_size": 64, "num_heads": 2, "out_hidden_size": 64, "patch_size": 16,
        "spatial_merge_size": 2, "temporal_patch_size": 2, "num_position_embeddings": 64, "deepstack_visual_indexes": [0, 1],
    }  # fmt: skip
    names = {"image_token_id": "image_pad", "video_token_id": "video_pad", "vision_start_token_id": "vision_start"}
    tokens = {key: ids[f"<|{name}|>"] for key, name in (names | {"vision_end_token_id": "vision_end"}).items()}
    torch.manual_seed(seed)
    model = Qwen3VLForConditionalGeneration(Qwen3VLConfig(text_config=text, vision_config=vision, **tokens))
    for parameter in model.parameters():
        parameter.data.add_(0.1 * torch.randn_like(parameter))
    model.save_pretrained(folder)
    pixels = {
        "image_processor_type": "Qwen2VLImageProcessorFast", "size": {"longest_edge": 16777216, "shortest_edge": 65536},
        "patch_size": 16, "temporal_patch_size": 2, "merge_size": 2, "image_mean": [0.5] * 3, "image_std": [0.5] * 3,
    }  # fmt: skip
    (folder / "preprocessor_config.json").write_text(json.dumps(pixels, indent=2))
    return folder


def _write_tokenizer(folder: Path) -> int:
    """Writes tokenizer files and chat template; -> size of the vocabulary, markers last, as in the real one."""
    from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, pre_tokenizers, trainers

    tokenizer = Tokenizer(models.BPE())
    split = pre_tokenizers.Split(Regex(SPLIT), behavior="isolated")
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([split, pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(vocab_size=600, initial_alphabet=alphabet, show_progress=False)
    tokenizer.train_from_iterator(TEXTS * 4, trainer)
    tokenizer.add_special_tokens([AddedToken(name, special=True, normalized=False) for name in MARKERS])
    tokenizer.save(str(folder / "tokenizer.json"))
    about = {
        "tokenizer_class": "PreTrainedTokenizerFast", "eos_token": "<|im_end|>", "pad_token": "<|endoftext|>",
        "model_max_length": 4096, "clean_up_tokenization_spaces": False, "chat_template": TEMPLATE,
    }  # fmt: skip
    (folder / "tokenizer_config.json").write_text(json.dumps(about, indent=2))
    return tokenizer.get_vocab_size()


def write_tiny_adapter(folder: Path, model: Path, seed: int = 1) -> Path:
    """A LoRA adapter of rank 4 on all linear layers of the language model, both of its matrices random."""
    import torch
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForImageTextToText

    base = AutoModelForImageTextToText.from_pretrained(model)
    tuned = get_peft_model(base, LoraConfig(r=4, lora_alpha=8, target_modules=r".*language_model\.layers\.\d+\..*_proj"))
    torch.manual_seed(seed)
    for name, parameter in tuned.named_parameters():
        if "lora_" in name:
            parameter.data = 0.1 * torch.randn_like(parameter)
    tuned.save_pretrained(folder)
    return folder


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        sys.exit("usage: python tests/helpers/tiny_qwen.py FOLDER [ADAPTER_FOLDER]")
    made = write_tiny_qwen(Path(sys.argv[1]))
    print(made, *([write_tiny_adapter(Path(sys.argv[2]), made)] if len(sys.argv) == 3 else []))
