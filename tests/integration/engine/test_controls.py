"""ControlNets: images are those of a direct call of diffusers, and a weak control is none."""

import inspect
import json
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import diffusers
import numpy as np
import pytest
import torch
from PIL import Image

from core.engine.controls import ControlNets
from core.engine.loaded import Loaded
from core.engine.pool import ModelPool
from core.errors import InvalidInput, ModelBroken, ModelMissing
from core.models.controls.kinds import CONTROLS
from core.models.library.library import Library
from core.operations.generate import Generate
from core.operations.img2img import Img2Img
from core.operations.inpaint import Inpaint
from core.operations.refine import Refine
from core.operations.upscale import Upscale
from tests.integration.engine.reports import Steps
from tests.integration.engine.running import Running
from tests.integration.engine.stand_in import CALL, CPU, loaded
from tests.integration.engine.test_modes import COUNTS_FROM_ZERO, half, parameters, picture
from tests.integration.engine.tiny_controls import NETS, control_net, save
from tests.integration.engine.tiny_models import tiny

MODES = ("balanced", "prompt", "control")
TYPED = {"sdxl-union": "canny", "flux1-union": "depth"}
KINDS = {
    name: CONTROLS["controlnet-" + {"flux1-union": "flux1"}.get(name, name)]
    for name in NETS
    if not name.endswith("second")
}
# Every mode that a kind of ControlNet can be used in.
ALL = [
    (net, mode)
    for net, kind in KINDS.items()
    for mode in ("generate", "img2img", "inpaint")
    if mode in kind.pipelines
]


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Library:
    folder = tmp_path_factory.mktemp("models") / "controlnet"
    for name in NETS:
        save(folder, name)
    return Library([folder.parent])


@pytest.fixture(scope="module")
def nets(library: Library) -> ControlNets:
    return ControlNets(library.control, CPU)


def with_controls(name: str, nets: ControlNets) -> Loaded:
    """A tiny model that may use the ControlNets."""
    model = loaded(name)
    model.controls = nets
    return model


def control(net: str, seed: int = 7, **more: Any) -> dict[str, Any]:
    """A control of an image of random colours."""
    return {"image": picture(seed), "model": net, "type": TYPED.get(net), **more}


def drawn(made: Loaded, mode: str, *controls: dict[str, Any]) -> bytes:
    wanted = {**parameters(made.model.id, mode), "control": controls}
    if mode != "generate" and made.model.family.id == "flux1":  # no pipeline takes it there
        wanted["true_cfg_scale"] = 1.0
    return made.draw(mode, wanted, seed=3, report=Steps()).tobytes()


def direct(
    net: str,
    mode: str,
    *controls: dict[str, Any],
    change: Callable[[Any], Any] = lambda net: net,
    **more: Any,
) -> bytes:
    """The same image by a direct call of diffusers' pipeline."""
    name, kind = NETS[net], KINDS[net]
    several = len(controls) > 1
    networks = [change(control_net(str(entry["model"]))) for entry in controls]
    as_list = several or kind.listed
    together: Any = networks
    if kind.several:
        together = getattr(diffusers, kind.several)(networks[:1])
    pipeline = getattr(diffusers, kind.pipelines[mode].name)(
        **_taken(tiny(name).components, kind.pipelines[mode].name),
        controlnet=together if several and (kind.together or kind.several) else networks[0],
    )
    pipeline.set_progress_bar_config(disable=True)
    wanted: dict[str, Any] = {**parameters(name, mode), **CALL[name]}
    if "mask" in wanted:
        wanted["mask_image"] = wanted.pop("mask")

    def one_or_all(values: list[Any]) -> Any:
        return values if as_list else values[0]

    if name in COUNTS_FROM_ZERO:
        wanted["guidance_scale"] -= 1
    wanted = kind.pipelines[mode].without_ignored(wanted)
    if kind.pipelines[mode].image:
        wanted[kind.pipelines[mode].image] = one_or_all([entry["image"] for entry in controls])
    wanted["controlnet_conditioning_scale"] = one_or_all(
        [entry.get("strength", 1.0) for entry in controls]
    )
    if kind.timed:
        wanted["control_guidance_end"] = one_or_all([entry.get("end", 1.0) for entry in controls])
        wanted["control_guidance_start"] = one_or_all([0.0 for _ in controls])
    if any(entry["type"] for entry in controls):
        wanted["control_mode"] = one_or_all([kind.types[entry["type"]] for entry in controls])
    generator, noise = (torch.Generator().manual_seed(3) for _ in range(2))
    if kind.own_generator and mode == "generate":  # or the control takes the first numbers
        latents = pipeline.prepare_latents(1, 16, 96, 64, torch.float32, "cpu", noise, None)
        wanted["latents"] = latents[0] if isinstance(latents, tuple) else latents
    torch.manual_seed(3)  # of SD3, which samples the control from torch's own generator
    image: Image.Image = pipeline(**wanted, **more, generator=generator).images[0]
    return image.tobytes()


def _taken(components: dict[str, Any], class_name: str) -> dict[str, Any]:
    names = inspect.signature(getattr(diffusers, class_name).__init__).parameters
    taken = {name: part for name, part in components.items() if name in names}
    return taken | ({"requires_safety_checker": False} if "safety_checker" in names else {})


@pytest.mark.parametrize(("net", "mode"), ALL)
def test_a_controlled_image_is_that_of_diffusers_and_without_strength_the_plain_one(
    net: str, mode: str, nets: ControlNets
) -> None:
    made = with_controls(NETS[net], nets)
    ours = drawn(made, mode, control(net, strength=0.8, end=0.7))
    if "strength" not in KINDS[net].pipelines[mode].ignored:  # else the plain one has a strength
        plain = drawn(made, mode)
        assert drawn(made, mode, control(net, strength=0.0)) == plain
    assert ours != drawn(made, mode, control(net, strength=0.0)), "the control has an effect"
    if NETS[net] != "flux1" or mode == "generate":  # else diffusers draws the control's noise first
        assert ours == direct(net, mode, control(net, strength=0.8, end=0.7))


@pytest.mark.parametrize("net", ["sd15", "sdxl", "sd3", "flux1", "qwen-image"])
def test_two_controls_are_those_of_a_multi_controlnet(net: str, nets: ControlNets) -> None:
    made = with_controls(NETS[net], nets)
    other = "sd15-second" if net == "sd15" else net
    two = (control(net, strength=0.8), control(other, 9, strength=0.3))
    assert drawn(made, "generate", *two) == direct(net, "generate", *two)
    assert drawn(made, "generate", two[0], {**two[1], "strength": 0.0}) == drawn(
        made, "generate", two[0]
    )


def scaled(net: Any) -> Any:
    """A copy of a net whose zero convolutions are as much weaker as in the mode `prompt`."""
    from core.engine.controlled import SOFT

    copied = deepcopy(net)
    depth = len(copied.controlnet_down_blocks)
    for index, block in enumerate(copied.controlnet_down_blocks):
        for parameter in block.parameters():
            parameter.data.mul_(SOFT ** (depth - index))
    return copied


@pytest.mark.parametrize("net", ["sd15", "sdxl"])
def test_the_mode_control_is_guess_mode_and_prompt_weakens_deeper_layers(
    net: str, nets: ControlNets
) -> None:
    made = with_controls(NETS[net], nets)
    balanced = drawn(made, "generate", control(net))
    first = drawn(made, "generate", control(net, mode="control"))
    assert first == direct(net, "generate", control(net), guess_mode=True)
    soft = drawn(made, "generate", control(net, mode="prompt"))
    weaker = direct(net, "generate", control(net), change=scaled)
    difference = np.frombuffer(soft, np.uint8).astype(int) - np.frombuffer(weaker, np.uint8)
    assert abs(difference).max() <= 2
    assert len({balanced, first, soft}) == 3
    assert drawn(made, "generate", control(net)) == balanced, "nothing is left behind"
    strengths = [drawn(made, "generate", control(net, mode=m, strength=0.0)) for m in MODES]
    assert set(strengths) == {drawn(made, "generate")}


def test_several_images_go_through_one_union_net(nets: ControlNets) -> None:
    made = with_controls("sdxl", nets)
    two = (control("sdxl-union"), {**control("sdxl-union", 9), "type": "depth"})
    assert drawn(made, "generate", *two) == direct("sdxl-union", "generate", *two)
    assert drawn(made, "generate", *two) != drawn(made, "generate", two[0])


@pytest.mark.parametrize("mode", ["generate", "img2img", "inpaint"])
def test_a_union_net_and_a_plain_one_act_together_on_flux(mode: str, nets: ControlNets) -> None:
    made = with_controls("flux1", nets)
    union, plain = control("flux1-union"), control("flux1", 9)
    both = drawn(made, mode, union, plain)
    assert both not in (drawn(made, mode, union), drawn(made, mode, plain))


def test_nets_of_two_kinds_are_refused_together(nets: ControlNets) -> None:
    made = with_controls("sdxl", nets)
    with pytest.raises(InvalidInput) as refusal:
        drawn(made, "generate", control("sdxl"), control("sdxl-union"))
    assert refusal.value.field == "control.1.model"


def test_a_net_of_another_family_is_refused_before_the_first_step(nets: ControlNets) -> None:
    made = with_controls("sd15", nets)
    with pytest.raises(InvalidInput, match="cross_attention_dim 64") as refusal:
        drawn(made, "generate", control("sdxl"))
    assert refusal.value.field == "control.0.model"


def test_a_net_is_read_once_for_all_models_and_dropped_on_request(library: Library) -> None:
    nets = ControlNets(library.control, CPU)
    for _ in range(2):
        drawn(with_controls("sd15", nets), "generate", control("sd15"))
    drawn(with_controls("sd15", nets), "img2img", control("sd15"))
    assert nets.loads == 1
    file = library.control("sd15")
    assert sum(nets.sizes.values()) == 4 * file.parameter_count
    assert nets.release()
    assert not nets.release()
    assert nets.sizes == {}


def test_a_plain_image_after_a_controlled_one_is_what_it_was(nets: ControlNets) -> None:
    for net in ("sd15", "flux1"):
        made = with_controls(NETS[net], nets)
        before = drawn(made, "generate")
        drawn(made, "generate", control(net))
        assert drawn(made, "generate") == before


def test_a_folder_without_a_tensor_is_broken(tmp_path: Path) -> None:
    from safetensors.torch import load_file, save_file

    folder = save(tmp_path / "controlnet", "sd15")
    path = folder / "diffusion_pytorch_model.safetensors"
    state = load_file(path)
    del state["controlnet_mid_block.weight"]
    save_file(state, path)
    nets = ControlNets(Library([tmp_path]).control, CPU)
    with pytest.raises(ModelBroken, match=r"controlnet_mid_block\.weight"):
        nets.get("sd15", torch.float32)


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> tuple[Library, ModelPool]:
    """A tiny model and its ControlNet in one library, with a pool of their own.

    Its default size is small too: images far below it would be drawn near it and reduced.
    """
    folder = tmp_path_factory.mktemp("models")
    tiny("sd15").save_pretrained(folder / "small")
    sides = {"defaults": {"width": 64, "height": 64}}
    (folder / "small" / "qpyt.json").write_text(json.dumps(sides), encoding="utf-8")
    save(folder / "controlnet", "sd15")
    library = Library([folder])
    return library, ModelPool(library, CPU)


def test_operations_draw_with_controls_from_the_pool(studio: tuple[Library, ModelPool]) -> None:
    library, pool = studio
    pictures = {"C": picture(7), "I": picture(), "M": half()}
    shared = {"prompt": "a red house", "num_inference_steps": 2, "seed": 3, "model": "small"}
    control = {"image": "C", "model": "sd15"}
    for operation, more in (
        (Generate, {"width": 64, "height": 80}),
        (Refine, {"width": 64, "height": 80, "factor": 1.25}),
        (Img2Img, {"image": "I"}),
        (Inpaint, {"image": "I", "mask": "M", "strength": 1.0}),
    ):
        # Without strength the image is the plain one: each mode proves it above.
        controlled, weak = (
            Running(library, pool, pictures)
            .run(operation(**shared, **more, control=[{**control, "strength": strength}]))["image"]
            .tobytes()
            for strength in (0.8, 0)
        )
        assert weak != controlled
    assert pool._controls.loads == 1
    pool.free_caches()
    assert pool._controls.sizes == {}


def test_tiles_of_an_upscale_follow_a_net(studio: tuple[Library, ModelPool]) -> None:
    library, pool = studio
    asked = {"image": "I", "method": "diffusion", "model": "small", "tile": 64, "seed": 3}
    asked |= {"prompt": "a", "num_inference_steps": 2, "strength": 1.0, "factor": 1.5}
    results = [
        Running(library, pool, {"I": picture()}).run(Upscale(**asked, **more))["image"].tobytes()
        for more in (
            {},
            {"tile_control": "sd15"},
            {"tile_control": "sd15", "tile_control_strength": 0.2},
        )
    ]
    assert len(set(results)) == 3
    resolved = Upscale(**asked, tile_control="sd15").resolve(Running(library, pool, {}).resolver)
    assert "control/sd15" in resolved.fingerprints
    with pytest.raises(ModelMissing) as missing:
        Upscale(**asked, tile_control="nowhere").resolve(Running(library, pool, {}).resolver)
    assert missing.value.field == "tile_control"


def test_a_control_image_of_one_colour_is_refused(studio: tuple[Library, ModelPool]) -> None:
    library, pool = studio
    control = [{"image": "C", "model": "sd15"}]
    running = Running(library, pool, {"C": Image.new("RGB", (64, 64), "black")})
    with pytest.raises(InvalidInput, match="one colour") as refusal:
        running.run(Generate(prompt="a", model="small", width=64, height=64, control=control))
    assert refusal.value.field == "control.0.image"
