"""The processors of images and text of Qwen's vision models, without the part for videos.

Those of transformers 5.23 cannot be built without torchvision, which only videos need.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from transformers import Qwen2VLProcessor
from transformers.models.qwen2_vl.image_processing_pil_qwen2_vl import Qwen2VLImageProcessorPil
from transformers.processing_utils import ProcessorMixin

# The published `preprocessor_config.json` by the class of the processor; the limits in pixels.
_IMAGES: Mapping[str, Mapping[str, Any]] = {
    "Qwen2VLProcessor": {"size": {"shortest_edge": 56 * 56, "longest_edge": 3584 * 3584}},
    "Qwen3VLProcessor": {
        "size": {"shortest_edge": 256 * 256, "longest_edge": 4096 * 4096},
        "patch_size": 16,
        "image_mean": [0.5, 0.5, 0.5],
        "image_std": [0.5, 0.5, 0.5],
    },
}
_CHAT = (
    "{% for message in messages %}<|im_start|>{{ message['role'] }}\n"
    "{% for part in message['content'] %}{{ part['text'] }}{% endfor %}<|im_end|>\n{% endfor %}"
)


class ImageTextProcessor(Qwen2VLProcessor):  # type: ignore[misc]
    """Qwen's processor for images and text."""

    @classmethod
    def get_attributes(cls) -> list[str]:
        """The parts that it is built of."""
        return ["image_processor", "tokenizer"]

    def __init__(self, image_processor: Any, tokenizer: Any) -> None:
        self.image_token, self.video_token = "<|image_pad|>", "<|video_pad|>"
        self.image_token_id = tokenizer.convert_tokens_to_ids(self.image_token)
        self.video_token_id = tokenizer.convert_tokens_to_ids(self.video_token)
        ProcessorMixin.__init__(self, image_processor, tokenizer, chat_template=_CHAT)


def image_text_processor(class_name: str, tokenizer: Any) -> ImageTextProcessor:
    """The processor of transformers' `class_name` around a tokenizer."""
    return ImageTextProcessor(Qwen2VLImageProcessorPil(**_IMAGES[class_name]), tokenizer)
