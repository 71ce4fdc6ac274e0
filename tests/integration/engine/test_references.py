"""References by IP-Adapters: images are those of a direct call of diffusers, and nothing stays."""

from pathlib import Path
from typing import Any

import diffusers
import pytest
import torch
from PIL import Image, ImageOps

from core.engine.auxiliary.image_encoding import ImageEncoder
from core.engine.loaded import Loaded
from core.engine.pool import ModelPool
from core.engine.references import ReferenceAdapters
from core.errors import InvalidInput, ModelBroken
from core.models.library.library import Library
from core.operations.generate import Generate
from tests.integration.engine.reports import Steps
from tests.integration.engine.running import Running
from tests.integration.engine.stand_in import CALL, CPU, loaded, model
from tests.integration.engine.test_modes import parameters, picture
from tests.integration.engine.tiny_models import tiny
from tests.integration.engine.tiny_references import (
    ADAPTERS,
    PRESETS,
    adapter,
    image_encoder,
    save_adapter,
    save_encoders,
)

# Every mode that references can be used in, once; the other adapters in one mode.
ALL = [
    (name, mode)
    for name, base in ADAPTERS.items()
    for mode in ("generate", "img2img", "inpaint")
    if model(base).supports(mode, "reference")
    and (name.startswith(("base", "flux")) or mode == "generate")
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A models folder with a tiny SD1.5, all adapters and their encoders."""
    folder = tmp_path_factory.mktemp("models")
    tiny("sd15").save_pretrained(folder / "small")
    save_encoders(folder)
    for name in ADAPTERS:
        save_adapter(folder / "ipadapter", name)
    return folder


@pytest.fixture(scope="module")
def library(folder: Path) -> Library:
    return Library([folder], presets_dir=PRESETS)


@pytest.fixture(scope="module")
def adapters(library: Library) -> ReferenceAdapters:
    return ReferenceAdapters(library.reference, CPU)


def with_references(name: str, adapters: ReferenceAdapters) -> Loaded:
    """A tiny model that may use the adapters."""
    made = loaded(name)
    made.references = adapters
    return made


def reference(adapters: ReferenceAdapters, name: str, seed: int = 7, **more: Any) -> dict[str, Any]:
    """A reference of a picture of random colours."""
    file = adapters.get(name, torch.float32).file
    vectors = ImageEncoder(image_encoder()).encode(picture(seed), file.kind)
    return {"model": name, "vectors": vectors, **more}


def drawn(made: Loaded, mode: str, *references: dict[str, Any], **more: Any) -> bytes:
    wanted = {**parameters(made.model.id, mode), **more, "reference": references}
    return made.draw(mode, wanted, seed=3, report=Steps()).tobytes()


def direct(mode: str, names: list[str], pictures: list[Image.Image], scales: Any) -> bytes:
    """The same image by diffusers' own loading of the adapters."""
    name = ADAPTERS[names[0]]
    kind = getattr(diffusers, model(name).modes[mode].pipeline)
    pipeline = tiny(name)
    if type(pipeline) is not kind:
        pipeline = kind.from_pipe(pipeline, torch_dtype=torch.float32)
    pipeline.set_progress_bar_config(disable=True)
    from transformers import CLIPImageProcessor

    processor = CLIPImageProcessor(size=32, crop_size=32)
    pipeline.register_modules(image_encoder=image_encoder(), feature_extractor=processor)
    states = [adapter(name) for name in names]
    (pipeline.transformer if name == "flux1" else pipeline.unet)._load_ip_adapter_weights(states)
    pipeline.set_ip_adapter_scale(scales)
    wanted: dict[str, Any] = {**parameters(name, mode), **CALL[name]}
    if "mask" in wanted:
        wanted["mask_image"] = wanted.pop("mask")
    if mode == "img2img" and name != "flux1":
        del wanted["width"], wanted["height"]
    image: Image.Image = pipeline(
        **wanted, ip_adapter_image=pictures, generator=torch.Generator().manual_seed(3)
    ).images[0]
    return image.tobytes()


@pytest.mark.parametrize(("name", "mode"), ALL)
def test_an_image_with_a_reference_is_that_of_diffusers_and_without_weight_the_plain_one(
    name: str, mode: str, adapters: ReferenceAdapters
) -> None:
    made = with_references(ADAPTERS[name], adapters)
    plain = drawn(made, mode)
    ours = drawn(made, mode, reference(adapters, name, weight=0.7))
    assert ours != plain, "the reference has an effect"
    assert ours == direct(mode, [name], [picture(7)], 0.7)
    assert drawn(made, mode, reference(adapters, name, weight=0.0)) == plain
    assert drawn(made, mode) == plain, "nothing stays in the network"


def test_two_references_are_blended_by_weight(adapters: ReferenceAdapters) -> None:
    made = with_references("sd15", adapters)
    names = ["base-sd15", "plus-sd15"]
    two = [
        reference(adapters, name, seed, weight=weight)
        for name, seed, weight in zip(names, (7, 9), (0.3, 0.7), strict=True)
    ]
    assert drawn(made, "generate", *two) == direct(
        "generate", names, [picture(7), picture(9)], [0.3, 0.7]
    )
    same = [reference(adapters, names[0], seed, weight=0.5) for seed in (7, 9)]
    assert drawn(made, "generate", *same) not in (
        drawn(made, "generate", same[0]),
        drawn(made, "generate", same[1]),
    )


def test_style_acts_in_the_layers_of_style_only(adapters: ReferenceAdapters) -> None:
    made = with_references("sdxl", adapters)
    style = drawn(made, "generate", reference(adapters, "base-sdxl", role="style", weight=0.6))
    layers = {"up": {"block_0": [0.0, 0.6, 0.0]}}
    deep = tiny("sdxl").unet.up_blocks[0].attentions
    layers["up"]["block_0"] = [0.6 if index == 1 else 0.0 for index in range(len(deep))]
    assert style == direct("generate", ["base-sdxl"], [picture(7)], layers)
    with pytest.raises(InvalidInput, match="no layers for the role 'composition'") as refusal:
        drawn(made, "generate", reference(adapters, "base-sdxl", role="composition"))
    assert refusal.value.field == "reference.0.role"


def test_an_adapter_of_another_family_is_refused_and_the_network_unharmed(
    adapters: ReferenceAdapters,
) -> None:
    made = with_references("sd15", adapters)
    plain = drawn(made, "generate")
    with pytest.raises(InvalidInput, match="texts of width 64") as refusal:
        drawn(made, "generate", reference(adapters, "base-sdxl"))
    assert refusal.value.field == "reference.0.model"
    assert drawn(made, "generate") == plain


def test_a_file_without_a_layer_is_broken_and_the_network_unharmed(
    tmp_path: Path, adapters: ReferenceAdapters
) -> None:
    from safetensors.torch import load_file, save_file

    path = save_adapter(tmp_path / "ipadapter", "base-sd15")
    state = load_file(path)
    del state["ip_adapter.3.to_v_ip.weight"]
    save_file(state, path)
    own = ReferenceAdapters(Library([tmp_path]).reference, CPU)
    made = with_references("sd15", own)
    plain = drawn(made, "generate")
    with pytest.raises(ModelBroken, match="to_v_ip"):
        drawn(made, "generate", reference(own, "base-sd15"))
    assert drawn(made, "generate") == plain


def test_an_adapter_is_read_once_and_dropped_on_request(library: Library) -> None:
    own = ReferenceAdapters(library.reference, CPU)
    for _ in range(2):
        drawn(with_references("sd15", own), "generate", reference(own, "base-sd15"))
    assert own.loads == 1
    assert sum(own.sizes.values()) == 4 * library.reference("base-sd15").parameter_count
    assert own.release()
    assert not own.release()
    assert own.sizes == {}


def test_operations_draw_with_references_from_the_pool(library: Library) -> None:
    pool = ModelPool(library, CPU)
    joined = Image.new("RGB", (128, 64), "red")
    joined.paste(picture(7, (64, 64)), (64, 0))
    pictures = {"A": picture(7, (64, 64)), "J": joined}
    pictures["H"] = Image.new("L", (128, 64))
    pictures["H"].paste(255, (64, 0, 128, 64))
    shared = {"prompt": "a red house", "num_inference_steps": 2, "seed": 3, "model": "small"}
    whole = {"image": "A", "model": "base-sd15", "weight": 0.8}
    cases = {
        "whole": [whole],
        "cropped": [{**whole, "image": "J", "crop": [0.5, 0, 1, 1]}],
        "masked": [{**whole, "image": "J", "mask": "H"}],
        "weightless": [{**whole, "weight": 0}],
        "plain": [],
    }
    made = {
        name: Running(library, pool, pictures)
        .run(Generate(**shared, width=64, height=80, reference=given))["image"]
        .tobytes()
        for name, given in cases.items()
    }
    assert made["whole"] == made["cropped"] == made["masked"] != made["plain"]
    assert made["weightless"] == made["plain"]
    assert pool._references.loads == 1
    pool.free_caches()
    assert pool._references.sizes == {}


def test_a_mask_that_leaves_nothing_is_refused(library: Library) -> None:
    pictures = {"A": picture(7), "M": ImageOps.invert(Image.new("L", (64, 80), "white"))}
    running = Running(library, ModelPool(library, CPU), pictures)
    reference = [{"image": "A", "mask": "M", "model": "base-sd15"}]
    with pytest.raises(InvalidInput, match="black") as refusal:
        running.run(Generate(prompt="a", model="small", width=64, height=64, reference=reference))
    assert refusal.value.field == "reference.0.mask"
