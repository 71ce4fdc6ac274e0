"""Qwen-Image-Layered: the layers of an image are those of diffusers bit for bit."""

from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image
from safetensors.torch import save_file

from core.engine import preview
from core.engine.loaded import Loaded
from core.models.families import FAMILIES
from core.models.library.model import Model
from core.models.library.record import Record
from core.models.progress import Drawing
from core.models.recognition.recognition import recognise
from core.models.weights.file import read_weights
from core.operations.layers import Layers
from tests.integration.engine.context import Alone
from tests.integration.engine.reports import Steps
from tests.integration.engine.stand_in import CPU
from tests.integration.engine.test_modes import picture
from tests.integration.engine.tiny_models import tiny

NAME = "qwen-image-layered"
CALL = {"max_sequence_length": 192}
WANTED: dict[str, Any] = {
    "prompt": "a red house",
    "negative_prompt": "rain",
    "true_cfg_scale": 3.0,
    "num_inference_steps": 4,
    "layers": 2,
}


def made() -> Loaded:
    pipeline = tiny("qwen-layered")
    model = Model(NAME, Path(NAME), FAMILIES[NAME], Record(call=CALL), False, {})
    return Loaded(model, pipeline, CPU, preview.fit(pipeline.vae, "cpu"))


def given() -> Image.Image:
    """A picture that is transparent in its left half."""
    image = picture(size=(64, 64)).convert("RGBA")
    alpha = Image.new("L", image.size, 255)
    alpha.paste(0, (0, 0, 32, 64))
    image.putalpha(alpha)
    return image


def direct(**changes: Any) -> list[Image.Image]:
    pipeline = tiny("qwen-layered")
    call = {**WANTED, **CALL, "cfg_normalize": True, "use_en_prompt": True, **changes}
    generator = torch.Generator().manual_seed(3)
    result: list[Image.Image] = pipeline(image=given(), generator=generator, **call).images[0]
    return result


def drawn(model: Loaded, report: Any, **changes: Any) -> list[Image.Image]:
    size = {"width": 64, "height": 64}
    parameters = {**WANTED, **changes, **size, "image": given()}
    return model.draw_layers("layers", Drawing(parameters, 3, report))


def test_layers_are_those_of_the_plain_pipeline_with_previews_of_the_whole() -> None:
    steps = Steps()
    model = made()
    layers = drawn(model, steps)
    assert [layer.mode for layer in layers] == ["RGBA", "RGBA"]
    assert [layer.tobytes() for layer in layers] == [layer.tobytes() for layer in direct()]
    assert len(steps.previews) == 2
    assert model.embeddings.encoded == 2
    with pytest.raises(KeyboardInterrupt):
        drawn(model, Steps(("denoising", 1)))
    assert drawn(model, Steps())[1].tobytes() == layers[1].tobytes()


def test_without_a_prompt_the_model_describes_the_image(monkeypatch: pytest.MonkeyPatch) -> None:
    model = made()
    asked: list[bool] = []

    def describe(_image: Any, use_en_prompt: bool, device: Any) -> str:
        asked.append(use_en_prompt)
        return "a red house"

    monkeypatch.setattr(model.pipeline, "get_image_caption", describe)
    layers = drawn(model, Steps(), prompt="")
    assert asked == [True], "in English"
    assert [layer.tobytes() for layer in layers] == [layer.tobytes() for layer in direct()]


def test_each_layer_is_an_image_of_the_size_of_the_whole() -> None:
    context = Alone(made(), picture=given().resize((100, 70)))
    wanted = {**WANTED, "num_inference_steps": 1}
    Layers(image="picture", model="tiny", seed=3, **wanted).run(context)
    assert [(layer.size, layer.mode) for layer in context.made] == [((100, 70), "RGBA")] * 2
    assert context.facts["drawn"] == [{"width": 96, "height": 64}]


def test_a_vae_of_transparent_images_is_told_from_that_of_opaque_ones(tmp_path: Path) -> None:
    for name, kind in (("qwen-image", "vae-qwen-image"), ("qwen-layered", f"vae-{NAME}")):
        path = tmp_path / f"{name}.safetensors"
        save_file(tiny(name).vae.state_dict(), path)
        finding = recognise(read_weights(path).header, path)
        assert (finding.part, finding.parts) == (kind, (kind,))
