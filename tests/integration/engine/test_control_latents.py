"""Control images as latents: FLUX.1 Canny and Depth, and control LoRAs of FLUX.1."""

from pathlib import Path
from typing import Any

import diffusers
import pytest
import torch
from safetensors.torch import save_file

from core.engine.controls import ControlNets
from core.engine.loaded import Loaded
from core.errors import InvalidInput
from core.models.controls.kinds import CONTROLS, FLUX1_LORA
from core.models.families import FAMILIES
from core.models.library.control_file import ControlFile
from core.models.library.item import Item
from core.models.library.model import Model
from core.models.library.record import Record
from core.models.recognition.finding import Finding
from core.models.weights.file import read_weights
from tests.integration.engine.reports import Steps
from tests.integration.engine.stand_in import CPU, loaded
from tests.integration.engine.test_loras import lora, lora_state, name_every_lora, written
from tests.integration.engine.test_modes import parameters, picture
from tests.integration.engine.tiny_models import tiny

pytest.importorskip("peft")

MODES = ("generate", "img2img", "inpaint")
SHORT = {"max_sequence_length": 32}


def call(mode: str) -> dict[str, Any]:
    """Parameters that a control pipeline takes: no negative prompt."""
    known = parameters("flux1", mode)
    return {name: known[name] for name in known.keys() - {"negative_prompt", "true_cfg_scale"}}


def direct(pipeline: Any, mode: str) -> bytes:
    """The image by a direct call of diffusers' pipeline."""
    pipeline.set_progress_bar_config(disable=True)
    wanted = {**call(mode), **SHORT, "control_image": picture(7)}
    if "mask" in wanted:
        wanted["mask_image"] = wanted.pop("mask")
    generator = torch.Generator().manual_seed(3)
    result: bytes = pipeline(**wanted, generator=generator).images[0].tobytes()
    return result


def drawn(model: Loaded, mode: str, *controls: dict[str, Any], **more: Any) -> bytes:
    wanted = {**call(mode), **more, "control": controls}
    return model.draw(mode, wanted, seed=3, report=Steps()).tobytes()


@pytest.fixture(scope="module")
def own() -> Loaded:
    """A tiny FLUX.1 whose network takes a control image."""
    model = Model("own", Path("own"), FAMILIES["flux1-control"], Record(call=SHORT), False, {})
    return Loaded(model, tiny("control"), CPU)


@pytest.mark.parametrize("mode", MODES)
def test_a_control_model_draws_what_diffusers_draws(own: Loaded, mode: str) -> None:
    ours = drawn(own, mode, {"image": picture(7)})
    kind = getattr(diffusers, own.model.modes[mode].pipeline)
    assert ours == direct(kind(**own.pipeline.components), mode)
    assert drawn(own, mode, {"image": picture(8)}) != ours


def test_a_control_model_needs_its_image(own: Loaded) -> None:
    with pytest.raises(InvalidInput) as refusal:
        drawn(own, "generate")
    assert refusal.value.field == "control"
    own.warm()  # draws nothing


def control_lora_state() -> dict[str, torch.Tensor]:
    """A control LoRA as diffusers saves one: wide inputs, norms, matrices with a bias."""
    pipeline = tiny("flux1")
    state = lora_state(pipeline, "flux1", seed=5)
    random = torch.Generator().manual_seed(6)
    stem = "transformer.x_embedder"
    state[f"{stem}.lora_A.weight"] = torch.randn(4, 128, generator=random)
    state[f"{stem}.lora_B.weight"] = torch.randn(64, 4, generator=random)
    for name, tensor in pipeline.transformer.named_parameters():
        if ".norm_q." in name or ".norm_added_k." in name:
            state[f"transformer.{name}"] = tensor.detach() * 1.5
    return state


@pytest.fixture(scope="module")
def nets(tmp_path_factory: pytest.TempPathFactory) -> ControlNets:
    path = tmp_path_factory.mktemp("controlnet") / "canny.safetensors"
    save_file(control_lora_state(), path)
    finding = Finding("control", control=FLUX1_LORA.id)
    file = ControlFile("canny", Item(path, path.parent, finding, (read_weights(path),)))
    return ControlNets(lambda _name: file, CPU)


@pytest.fixture
def plain(nets: ControlNets) -> Loaded:
    model = loaded("flux1")
    model.controls = nets
    return model


def control(strength: float = 1.0) -> dict[str, Any]:
    return {"image": picture(7), "model": "canny", "strength": strength}


@pytest.mark.parametrize("mode", MODES)
def test_a_control_lora_draws_what_diffusers_draws_and_leaves_nothing_behind(
    plain: Loaded, mode: str
) -> None:
    before = drawn(plain, mode)
    core = plain.pipeline.transformer
    held, weights = core.x_embedder, {name: t.clone() for name, t in core.state_dict().items()}
    ours = drawn(plain, mode, control(0.8))
    pipeline = getattr(diffusers, FLUX1_LORA.pipelines[mode].name)(
        **{
            name: part
            for name, part in tiny("flux1").components.items()
            if "image" not in name and name != "feature_extractor"
        }
    )
    pipeline.load_lora_weights(control_lora_state(), adapter_name="canny")
    pipeline.set_adapters(["canny"], [0.8])
    assert ours == direct(pipeline, mode)
    assert drawn(plain, mode) == before
    assert core.x_embedder is held
    assert core.config.in_channels == 64
    assert not any("lora" in name for name, _ in core.named_parameters())
    after = {name.replace("base_layer.", ""): t for name, t in core.state_dict().items()}
    assert after.keys() == weights.keys()
    assert all(torch.equal(after[name], weights[name]) for name in weights)


def test_a_control_lora_acts_beside_a_lora(
    plain: Loaded, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name_every_lora(monkeypatch)
    style = lora(written(lora_state(plain.pipeline, "flux1"), tmp_path / "style.safetensors"))
    styled = drawn(plain, "generate", loras=[style])
    both = drawn(plain, "generate", control(), loras=[style])
    assert both not in (styled, drawn(plain, "generate", control()))
    assert drawn(plain, "generate", loras=[style]) == styled


def test_a_call_that_fails_takes_the_control_lora_out_again(plain: Loaded) -> None:
    before = drawn(plain, "generate")
    wanted = {**call("generate"), "control": [control()]}
    with pytest.raises(KeyboardInterrupt):
        plain.draw("generate", wanted, seed=3, report=Steps(("denoising", 1)))
    assert drawn(plain, "generate") == before


def test_a_control_lora_acts_alone(plain: Loaded) -> None:
    with pytest.raises(InvalidInput, match="acts alone") as refusal:
        drawn(plain, "generate", control(), control())
    assert refusal.value.field == "control.1"
    assert all(kind.alone for kind in CONTROLS.values() if kind.widens)
