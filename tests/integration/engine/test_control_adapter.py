"""Control adapters: nothing but their strength and their steps changes an image."""

import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch

from core.engine.control_adapter import ControlAdapter
from core.engine.controls import ControlNets
from core.engine.loaded import Loaded
from core.errors import InvalidInput, ModelBroken, TaskFailure
from core.models.library.library import Library
from core.operations.declaration.library_context import LibraryContext
from core.operations.generate import Generate
from core.operations.upscale import Upscale
from tests.integration.engine.reports import Steps
from tests.integration.engine.stand_in import CPU, loaded
from tests.integration.engine.test_modes import parameters, picture
from tests.integration.engine.tiny_models import tiny
from tools.nano.control_export import write

MODES = ("generate", "img2img", "inpaint")


def adapter(seed: int, **changes: int) -> ControlAdapter:
    """An adapter of the tiny klein with random weights, also where training starts from zeros."""
    torch.manual_seed(seed)
    config = tiny("klein").transformer.config
    width = config.num_attention_heads * config.attention_head_dim
    measures = {
        "width": width,
        "double": config.num_layers,
        "single": config.num_single_layers,
        "rank": 2,
        "mlp": int(width * config.mlp_ratio),
    }
    made = ControlAdapter(**{**measures, **changes})
    for parameter in made.parameters():
        if not parameter.any():
            torch.nn.init.normal_(parameter, std=0.3)
    return made


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Library:
    folder = tmp_path_factory.mktemp("models") / "controlnet"
    folder.mkdir()
    for seed, name in enumerate(("edges", "lines")):
        write(adapter(seed), folder / f"{name}.safetensors", {"takes": "canny,scribble"})
    write(adapter(2, double=3), folder / "deeper.safetensors", {})
    return Library([folder.parent])


@pytest.fixture
def klein(library: Library) -> Loaded:
    made = loaded("klein")
    made.controls = ControlNets(library.control, CPU)
    return made


def control(model: str = "edges", seed: int = 7, **more: Any) -> dict[str, Any]:
    return {"image": picture(seed), "model": model, **more}


def drawn(made: Loaded, mode: str, *controls: dict[str, Any], steps: Any = None) -> bytes:
    given = {**parameters("klein", mode), "num_inference_steps": 2, "control": controls}
    return made.draw(mode, given, seed=3, report=steps or Steps()).tobytes()


def hooks(made: Loaded) -> int:
    return sum(
        len(module._forward_hooks) + len(module._forward_pre_hooks)
        for module in made.pipeline.transformer.modules()
    )


@pytest.mark.parametrize("mode", MODES)
def test_a_control_acts_and_without_strength_the_image_is_the_plain_one(
    klein: Loaded, mode: str
) -> None:
    before = drawn(klein, mode)
    assert drawn(klein, mode, control()) != before
    assert drawn(klein, mode, control(strength=0.0)) == before
    assert drawn(klein, mode) == before, "nothing is left behind"
    assert hooks(klein) == 0


def test_two_controls_add_up_and_each_acts_in_its_share_of_the_steps(klein: Loaded) -> None:
    edges, lines = control(), control("lines", 9)
    both = drawn(klein, "generate", edges, lines)
    assert both == drawn(klein, "generate", edges, lines)
    assert both not in (drawn(klein, "generate", edges), drawn(klein, "generate", lines))
    late = drawn(klein, "generate", edges, {**lines, "start": 0.95})
    assert late == drawn(klein, "generate", edges), "no step lies between start and end"
    half = drawn(klein, "generate", {**edges, "end": 0.5})
    assert half not in (drawn(klein, "generate"), drawn(klein, "generate", edges))


def test_half_the_strength_twice_is_the_whole_of_one_control() -> None:
    transformer, made = tiny("klein").transformer, adapter(0)
    tokens = made.read(picture(7).resize((64, 80)))
    call = _call(transformer, tokens.shape[1])
    with torch.no_grad():
        with made.guiding(transformer, tokens, lambda _call: 1.0):
            whole = transformer(**call)[0]
        half = partial(made.guiding, transformer, tokens, lambda _call: 0.5)
        with half(), half():
            halves = transformer(**call)[0]
    torch.testing.assert_close(whole, halves, atol=1e-4, rtol=1e-4)


def _call(transformer: Any, count: int) -> dict[str, Any]:
    config = transformer.config
    generator = torch.Generator().manual_seed(0)
    return {
        "hidden_states": torch.randn(1, count, config.in_channels, generator=generator),
        "encoder_hidden_states": torch.randn(1, 5, config.joint_attention_dim, generator=generator),
        "timestep": torch.tensor([0.5]),
        "img_ids": torch.zeros(count, 4),
        "txt_ids": torch.zeros(5, 4),
        "return_dict": False,
    }


@pytest.mark.parametrize("failure", [TaskFailure("cancelled"), KeyboardInterrupt()])
def test_nothing_is_left_behind_when_a_run_ends_early(
    klein: Loaded, failure: BaseException
) -> None:
    before = drawn(klein, "generate")

    def stop(phase: str, *, step: int = 0, **_more: Any) -> None:
        if step == 1:
            raise failure

    with pytest.raises(type(failure)):
        drawn(klein, "generate", control(), steps=stop)
    assert hooks(klein) == 0
    assert drawn(klein, "generate") == before


def test_an_untrained_adapter_changes_nothing() -> None:
    torch.manual_seed(0)
    transformer = tiny("klein").transformer
    config = transformer.config
    width = config.num_attention_heads * config.attention_head_dim
    made = ControlAdapter(
        width, config.num_layers, config.num_single_layers, 2, int(width * config.mlp_ratio)
    )
    tokens = made.read(picture(7).resize((64, 80)))
    call = _call(transformer, tokens.shape[1] + 3)  # three tokens of a reference after the image's
    with torch.no_grad():
        plain = transformer(**call)[0]
        with made.guiding(transformer, tokens, lambda _call: 1.0):
            assert torch.equal(transformer(**call)[0], plain)


def test_an_adapter_is_recognised_listed_and_counted(library: Library) -> None:
    file = library.control("edges")
    assert file.kind.id == "control-adapter-flux2"
    assert file.takes == ("canny", "scribble")
    assert file.families == ("flux2-klein",)
    assert file.parameter_count == sum(weight.numel() for weight in adapter(0).parameters())
    nets = ControlNets(library.control, CPU)
    net = nets.get("edges", torch.float32)
    assert sum(nets.sizes.values()) == 4 * file.parameter_count
    for name, weight in adapter(0).state_dict().items():
        assert torch.equal(net.network.state_dict()[name], weight.half().float())
    nets.get("edges", torch.float32)
    assert nets.loads == 1


@pytest.mark.parametrize(
    "fault", [lambda t: t.pop("stem.2.bias"), lambda t: t.update(more=t["stem.2.bias"].clone())]
)
def test_a_file_with_missing_or_unknown_tensors_is_broken(
    tmp_path: Path, library: Library, fault: Callable[[dict[str, torch.Tensor]], Any]
) -> None:
    from safetensors.torch import load_file, save_file

    tensors = load_file(library.control("edges").path)
    fault(tensors)
    save_file(tensors, tmp_path / "broken.safetensors")
    with pytest.raises(ModelBroken, match="cannot be loaded"):
        ControlNets(Library([tmp_path]).control, CPU).get("broken", torch.float32)


def test_an_adapter_of_another_depth_is_refused_by_field(klein: Loaded) -> None:
    with pytest.raises(InvalidInput, match="num_layers 3") as refusal:
        drawn(klein, "generate", control(), control("deeper"))
    assert refusal.value.field == "control.1.model"


def test_the_adapter_in_a_model_folder_is_its_own_and_needs_no_name(
    tmp_path: Path, library: Library
) -> None:
    folder = tmp_path / "small"
    tiny("klein").save_pretrained(folder)
    shutil.copy(library.control("edges").path, folder / "own.safetensors")
    (folder / "qpyt.json").write_text('{"control": "own.safetensors"}', encoding="utf-8")
    own = Library([tmp_path])
    assert [model.id for model in own.models()] == ["small"]
    ctx = LibraryContext(own)
    shared = {"prompt": "a", "width": 64, "height": 64, "model": "small"}
    resolved = Generate(**shared, control=[{"image": "A"}]).resolve(ctx)
    assert resolved.facts["controls"][0]["id"] == "own"
    assert resolved.fingerprints["control/own"] == own.control("own").fingerprint
    tiles = {"image": "I", "method": "diffusion", "model": "small", "prompt": "a"}
    with pytest.raises(InvalidInput, match="canny, scribble") as refusal:
        Upscale(**tiles, tile_control="own").resolve(ctx)
    assert refusal.value.field == "tile_control"
    (folder / "own.safetensors").write_bytes(b"no weights")
    again = Library([tmp_path])
    assert "own.safetensors" in again.refused()
    assert [model.id for model in again.models()] == ["small"]
