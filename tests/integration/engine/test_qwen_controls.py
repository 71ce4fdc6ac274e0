"""ControlNets of Qwen-Image and Z-Image: their files at real widths, and what nets share."""

from pathlib import Path
from typing import Any

import diffusers
import pytest
import torch
from accelerate import init_empty_weights
from safetensors.torch import load_file, save_file

from core.engine.controls import ControlNets, load_control
from core.errors import ModelBroken
from core.models.controls.kinds import CONTROLS
from core.models.library.library import Library
from core.models.recognition import control
from core.models.weights.header import Tensor
from tests.integration.engine.stand_in import CPU
from tests.integration.engine.test_controls import control as asked
from tests.integration.engine.test_controls import drawn, with_controls
from tests.integration.engine.tiny_controls import control_net, save

WEIGHTS = "diffusion_pytorch_model.safetensors"
# The configurations of the published nets: InstantX, and VideoX-Fun's config/z_image.
REFINED: dict[str, Any] = {
    "control_in_dim": 33,
    "control_refiner_layers_places": [0, 1],
    "add_control_noise_refiner": "control_noise_refiner",
}
PUBLISHED: list[tuple[str, dict[str, Any]]] = [
    ("controlnet-qwen-image", {"num_layers": 5}),
    ("controlnet-qwen-image-inpaint", {"num_layers": 6, "extra_condition_channels": 4}),
    (
        "controlnet-z-image",
        {"control_layers_places": [0, 5, 10, 15, 20, 25], "control_in_dim": 16},
    ),
    ("controlnet-z-image-2", {**REFINED, "control_layers_places": list(range(0, 30, 2))}),
    ("controlnet-z-image-2", {**REFINED, "control_layers_places": [0, 10, 20]}),
]


@pytest.mark.parametrize(("kind", "config"), PUBLISHED)
def test_a_published_net_is_recognised_and_configured_from_its_header(
    kind: str, config: dict[str, Any]
) -> None:
    network = getattr(diffusers, CONTROLS[kind].network)
    with init_empty_weights():
        real = network(**config)
    header = {name: Tensor("BF16", tuple(t.shape), 0, 0) for name, t in real.state_dict().items()}
    finding = control.recognise(header)
    assert finding is not None
    assert finding.control == kind
    with init_empty_weights():
        made = network(**CONTROLS[kind].config(finding.measures))
    assert {name: tensor.shape for name, tensor in made.state_dict().items()} == {
        name: tensor.shape for name, tensor in real.state_dict().items()
    }
    assert {name: made.config[name] for name in config} == config


def alone(folder: Path, name: str) -> Path:
    """The weights of a tiny net as one file, without its configuration."""
    file = folder / "controlnet" / f"{name}.safetensors"
    file.parent.mkdir()
    save_file(control_net(name).state_dict(), file)
    return file


@pytest.mark.parametrize("name", ["qwen-image", "qwen-image-inpaint", "z-image-2"])
def test_a_file_alone_is_read_and_one_of_another_layout_is_broken(
    name: str, tmp_path: Path
) -> None:
    file = alone(tmp_path, name)
    net = load_control(Library([tmp_path]).control(name), torch.float32)
    state = load_file(file)
    assert set(net.state_dict()) == set(state)
    dropped = next(key for key in state if key.endswith("after_proj.bias") or "blocks.0" in key)
    del state[dropped]
    save_file({**state, "surplus.weight": torch.zeros(2)}, file)
    with pytest.raises(ModelBroken, match=r"missing: .*unexpected: surplus\.weight"):
        load_control(Library([tmp_path]).control(name), torch.float32)


def test_a_refiner_that_was_never_trained_is_left_out(tmp_path: Path) -> None:
    file = alone(tmp_path, "z-image-2")
    state = load_file(file)
    state["control_noise_refiner.0.before_proj.weight"].zero_()
    save_file(state, file)
    net = load_control(Library([tmp_path]).control("z-image-2"), torch.float32)
    assert net.config.add_control_noise_refiner == "control_layers"
    assert net.control_noise_refiner is None


def test_a_net_of_z_image_keeps_nothing_of_a_model(tmp_path: Path) -> None:
    save(tmp_path / "controlnet", "z-image")
    library = Library([tmp_path])
    nets = ControlNets(library.control, CPU)
    own = sum(tensor.numel() for tensor in control_net("z-image").parameters())
    first, second = (with_controls("z-image", nets) for _ in range(2))
    image = drawn(first, "generate", asked("z-image"))
    assert drawn(second, "generate", asked("z-image")) == image
    assert sum(nets.sizes.values()) == 4 * own
    network = nets.get("z-image", torch.float32).network
    assert network.t_embedder is None
    assert network.x_pad_token is None


def test_the_layers_that_a_net_shares_are_fetched_before_it_runs(tmp_path: Path) -> None:
    from accelerate.hooks import ModelHook, add_hook_to_module

    class Offload(ModelHook):
        calls = 0

        def pre_forward(self, _module: Any, *args: Any, **more: Any) -> Any:
            self.calls += 1
            return args, more

    save(tmp_path / "controlnet", "z-image")
    made = with_controls("z-image", ControlNets(Library([tmp_path]).control, CPU))
    hook = Offload()
    add_hook_to_module(made.pipeline.transformer, hook)
    drawn(made, "generate", asked("z-image"))
    assert hook.calls == 2 * 4, "once for the net and once for the network, at each of four steps"
