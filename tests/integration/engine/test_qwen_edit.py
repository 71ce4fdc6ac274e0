"""Qwen-Image-Edit: what the text encoder sees of the references, and the cache of its answers."""

from typing import Any

import pytest
import torch

from core.engine.modes.qwen_image_edit import image_positions
from tests.integration.engine.reports import Steps
from tests.integration.engine.stand_in import loaded
from tests.integration.engine.test_modes import parameters, picture
from tests.integration.engine.tiny_models import tiny

TEXT = "<|im_start|>user\n<|vision_start|><|image_pad|><|vision_end|>a house<|im_end|>\n"


def test_the_encoder_places_images_as_its_own_processor_says() -> None:
    pipeline = tiny("qwen-edit-plus")
    pictures = [picture(size=(112, 84))]
    inputs = pipeline.processor(text=[TEXT], images=pictures, padding=True, return_tensors="pt")
    whole: Any = {**inputs, "output_hidden_states": True}
    chosen = {name: value for name, value in whole.items() if name != "mm_token_type_ids"}
    with torch.no_grad():
        published = pipeline.text_encoder(**whole).hidden_states[-1]
        without = pipeline.text_encoder(**chosen).hidden_states[-1]
        with image_positions(pipeline.text_encoder):
            ours = pipeline.text_encoder(**chosen).hidden_states[-1]
        again = pipeline.text_encoder(**chosen).hidden_states[-1]
    assert torch.equal(ours, published)
    assert not torch.equal(without, published), "diffusers leaves out the kinds of the tokens"
    assert torch.equal(again, without), "the mend ends with its block"


@pytest.mark.parametrize("name", ["qwen-edit-plus", "qwen-image-21"])
def test_another_reference_is_encoded_again_and_the_same_one_is_not(name: str) -> None:
    made = loaded(name)
    wanted = {**parameters(name, "edit"), "num_inference_steps": 1}

    def encoded(**changes: Any) -> int:
        made.draw("edit", {**wanted, **changes}, seed=1, report=Steps())
        return made.embeddings.encoded

    assert encoded() == 2, "the prompt and the negative one"
    assert encoded(image=picture()) == 2
    assert encoded(image=picture(1)) == 4
    assert encoded(image=[picture(), picture(1)]) == 6
