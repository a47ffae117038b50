"""Conversations with images -> inputs of Qwen2.5-VL and Qwen3-VL, padded on the left; tokens -> words.

Built by hand because `AutoProcessor` gives only a tokenizer where torchvision is not installed. The image processor is
the one on Pillow and numpy, the same arithmetic as the torchvision one. `mm_token_type_ids` is always built: without it
the model falls back to one-dimensional positions and answers differently, with no error.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from transformers import AutoTokenizer, BatchFeature, ProcessorMixin, Qwen2_5_VLProcessor
from transformers.models.qwen2_vl.image_processing_pil_qwen2_vl import Qwen2VLImageProcessorPil

from chronosight.errors import InputError
from chronosight.files import read_json_object
from chronosight.models.changevg.settings import MODEL_TYPES, Settings
from chronosight.models.weight_files import MAX_CONFIG_BYTES, check_tokenizer, library_errors, read_model_config

Message = dict[str, Any]  # {"role": ..., "content": [{"type": "image"} or {"type": "text", "text": ...}, ...]}


class ChangeVGProcessor(Qwen2_5_VLProcessor):
    """Tokenizer, image processor and chat template of one Qwen-VL folder, with this project's pixel budget."""

    def __init__(self, image_processor: Any = None, tokenizer: Any = None, chat_template: str | None = None, **_: Any) -> None:
        """Puts the parts together; `from_pretrained` reads them."""
        # The parent's __init__ is passed over: it would ask for a video processor, which needs torchvision.
        self.image_token, self.video_token = "<|image_pad|>", "<|video_pad|>"
        self.image_token_id = tokenizer.convert_tokens_to_ids(self.image_token)
        self.video_token_id = tokenizer.convert_tokens_to_ids(self.video_token)
        ProcessorMixin.__init__(self, image_processor, tokenizer, chat_template=chat_template or tokenizer.chat_template)
        self.end_id = int(tokenizer.convert_tokens_to_ids("<|im_end|>"))
        self._markers = sorted(map(str, tokenizer.get_added_vocab()), key=len, reverse=True)

    @classmethod
    def from_pretrained(cls, folder: str | Path, settings: Settings | None = None, **_: Any) -> ChangeVGProcessor:  # type: ignore[override]
        """Reads a downloaded Qwen-VL folder, or one written by `save_pretrained`.

        Args:
            folder: The folder.
            settings: The pixel budget; ChangeVG's own (512 x 512) when None.

        Returns:
            The processor.

        Raises:
            InputError: A file is missing or damaged, or it is a folder of another kind of model.
        """
        folder, settings = Path(folder), settings or Settings()
        for name in ("tokenizer_config.json", "preprocessor_config.json"):
            if not (folder / name).is_file() and not (folder / "processor_config.json").is_file():
                raise InputError(f"{folder} has no {name}, expected a complete Qwen-VL folder; download it again")
        if (folder / "config.json").is_file():  # a processor saved by itself has none
            read_model_config(folder, MODEL_TYPES)
        if (folder / "tokenizer.json").is_file():
            check_tokenizer(folder / "tokenizer.json")
        with library_errors(f"tokenizer of {folder}", "download it again"):
            tokenizer: Any = AutoTokenizer.from_pretrained(
                folder, padding_side="left", local_files_only=True, trust_remote_code=False
            )
        with library_errors(f"preprocessor_config.json of {folder}", "download it again"):
            images = Qwen2VLImageProcessorPil.from_pretrained(  # by `size` it would not do: the file's own numbers win
                folder, local_files_only=True, trust_remote_code=False,
                min_pixels=settings.min_pixels, max_pixels=settings.max_pixels,
            )  # fmt: skip
        template = tokenizer.chat_template or _chat_template(folder)
        if not template or not isinstance(template, str):
            raise InputError(f"{folder} has no chat template, expected chat_template.json; use an Instruct model")
        if tokenizer.pad_token is None:
            tokenizer.pad_token = "<|endoftext|>"
        with library_errors(f"tokenizer of {folder}", "download it again"):
            return cls(images, tokenizer, chat_template=template)

    def render(self, messages: Sequence[Message], reply_next: bool = True) -> str:
        """Writes a conversation as the chat template does.

        Args:
            messages: The conversation.
            reply_next: Whether the opening of the assistant's turn follows.

        Returns:
            The text.

        Raises:
            InputError: The template of the folder is none.
        """
        with library_errors("the chat template of the weights", "download them again"):
            return str(
                self.tokenizer.apply_chat_template(
                    list(messages), chat_template=self.chat_template, tokenize=False, add_generation_prompt=reply_next
                )
            )

    def batch(
        self,
        conversations: Sequence[Sequence[Message]],
        images: Sequence[Sequence[np.ndarray]],
        reply_next: bool = True,
    ) -> BatchFeature:
        """Makes the model's inputs, one row a conversation.

        Args:
            conversations: B conversations.
            images: (H, W, 3) uint8 images of each, in the order of its {"type": "image"} parts.
            reply_next: Whether the opening of the assistant's turn follows.

        Returns:
            Torch tensors: input_ids, attention_mask, mm_token_type_ids (B, S), 1 on visual tokens; pixel_values
            (patches of all images), image_grid_thw (n images, 3) in patches.

        Raises:
            InputError: A conversation and its images differ in number.
        """
        return self.batch_texts([self.render(messages, reply_next) for messages in conversations], images)

    def batch_texts(self, texts: Sequence[str], images: Sequence[Sequence[np.ndarray]]) -> BatchFeature:
        """`batch` for conversations that were rendered before, or for beginnings of them.

        Args:
            texts: Rendered conversations, or beginnings of them.
            images: Images (H, W, 3) uint8 of each conversation, in order.

        Returns:
            Inputs of the model, as PyTorch tensors.

        Raises:
            InputError: A text names another number of images than it has.
        """
        for row, (text, given) in enumerate(zip(texts, images, strict=True)):
            if text.count(self.image_token) != len(given):
                found = text.count(self.image_token)
                raise InputError(f"conversation {row} names {found} images but has {len(given)}; give one for each")
        flat = [image for given in images for image in given]
        batch: BatchFeature = self(
            text=list(texts),
            images=flat or None,
            return_tensors="pt",
            padding=True,
            input_data_format="channels_last" if flat else None,
        )
        return batch

    def encode_text(self, text: str) -> list[int]:
        """Tokens of a text; markers of the chat template in it become their special tokens.

        Args:
            text: The text.

        Returns:
            Token ids.
        """
        return list(self.tokenizer.encode(text, add_special_tokens=False))

    def plain(self, text: str) -> str:
        """Removes from a user's text what would pass for a marker of the chat template.

        Args:
            text: What the user typed.

        Returns:
            The text, with a space in place of each marker.
        """
        before = ""
        while before != text:  # taking one out may put another together
            before = text
            for marker in self._markers:
                text = text.replace(marker, " ")
        return text

    def decode_reply(self, tokens: Sequence[int]) -> str:
        """The words of a reply, without special tokens.

        Args:
            tokens: Token ids.

        Returns:
            The text.
        """
        return str(self.tokenizer.decode(list(tokens), skip_special_tokens=True)).strip()


def _chat_template(folder: Path) -> Any:
    path = folder / "chat_template.json"
    return read_json_object(path, "a chat template", MAX_CONFIG_BYTES).get("chat_template") if path.is_file() else None
