"""The processor of images and text of Qwen's vision models, without the part for videos.

The one of transformers 5.23 cannot be built without torchvision, which only videos need.
"""

from __future__ import annotations

from typing import Any

from transformers import Qwen2VLProcessor
from transformers.models.qwen2_vl.image_processing_pil_qwen2_vl import Qwen2VLImageProcessorPil
from transformers.processing_utils import ProcessorMixin

# The limits of the published `preprocessor_config.json`, in pixels.
_LIMITS = {"shortest_edge": 56 * 56, "longest_edge": 3584 * 3584}


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
        ProcessorMixin.__init__(self, image_processor, tokenizer)


def image_text_processor(tokenizer: Any) -> ImageTextProcessor:
    """The processor around a tokenizer."""
    return ImageTextProcessor(Qwen2VLImageProcessorPil(size=_LIMITS), tokenizer)
