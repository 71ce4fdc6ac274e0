"""Every kind of LoRA in networks held by every plan that the fit may choose, and in GGUF files.

Computed in bfloat16 as on a GPU, with real casting. Each layer must compute the weight that is held
with the change that the file stands for, and a draw afterwards must not depend on those before.
"""

from collections.abc import Callable
from functools import cache, partial
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file

from core.engine.loaded import Loaded
from core.engine.loaders.part import load_part
from core.engine.loras import adapter_name
from core.engine.placing import has_hook, place
from core.models.families import FAMILIES
from core.models.fit.plans import MemoryPlan
from tests.integration.engine import layouts
from tests.integration.engine.lora_files import ALGORITHMS, LAYOUTS, Leaves, State, write
from tests.integration.engine.stand_in import CPU, OFFERED, ONE_PER_FAMILY, loaded, model
from tests.integration.engine.test_loras import drawn, lora, name_every_lora
from tests.integration.engine.test_parts import source
from tests.integration.engine.tiny_models import FAMILY, narrow, tiny
from tests.shares import share

pytest.importorskip("peft")

KINDS = (*ALGORITHMS, "DoRA")
GGUF = ("F16", "Q8_0", "Q4_0")
FAR = 0.015  # of the length of an output; rounding a LoRA to FP8 would be twice as far
ONE_PER_ARCHITECTURE = {
    FAMILIES[FAMILY[name]].architecture: name for name in reversed(ONE_PER_FAMILY)
}.values()


def held_plans(name: str) -> list[MemoryPlan]:
    """The plans that hold parts in a form of their own.

    Parts in turn are held as on the device between two draws; test_loras.py draws by those plans.
    """
    offered = (plan for owner, plan in OFFERED if owner == name)
    return [p for p in offered if p.id == "groups" or (p.placement == "device" and p.formats)]


# Every second plan of a family that has several; all of them in the thorough profile.
HELD = [
    (name, plan)
    for place, name in enumerate(ONE_PER_ARCHITECTURE)
    for plan in share(held_plans(name), place, min(2, len(held_plans(name))))
]


@pytest.fixture(autouse=True)
def known_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in test_loras.py: a tiny model's widths are those of no family."""
    name_every_lora(monkeypatch)


@cache
def plain(name: str) -> Any:
    """A model that no LoRA is applied to, made once for the files of all kinds."""
    return tiny(name)


class Written:
    """A LoRA file of the network and the text encoders, and what it stands for."""

    def __init__(self, name: str, kind: str, folder: Path) -> None:
        self.kind, family = kind, FAMILIES[FAMILY[name]]
        self.changes: dict[tuple[str, str], torch.Tensor] = {}
        self.magnitudes: dict[tuple[str, str], torch.Tensor] = {}
        tensors: State = {}
        for component in (family.core, *family.lora.prefixes):
            leaves = Leaves(f"{component}.", LAYOUTS["comfyui"].ends)
            weights = _weights(getattr(plain(name), component), family.lora.targets)
            make = ALGORITHMS["LoRA" if kind == "DoRA" else kind]
            state, changes = write(weights, component, leaves, make, alpha=True)
            tensors |= state
            for key, change in changes.items():
                module = key.removesuffix(".weight")
                self.changes[component, module] = change
                if kind == "DoRA" and len(self.changes) % 5:  # it may scale some modules only
                    length = (weights[key] + change).flatten(1).norm(dim=1, keepdim=True)
                    random = torch.Generator().manual_seed(len(tensors))
                    magnitude = length * (0.5 + torch.rand(length.shape, generator=random))
                    self.magnitudes[component, module] = magnitude
                    tensors[leaves.key(module, "dora_scale")] = magnitude
        self.path = folder / f"{name}-{kind}.safetensors"
        save_file(tensors, self.path)


def _weights(network: torch.nn.Module, targets: tuple[str, ...]) -> State:
    """The weights of some linear layers and, of a UNet, convolutions."""
    endings = (*targets, "q_proj", "fc1", "SelfAttention.v", "wi_0", "wo", "conv1")
    return {
        f"{name}.weight": layer.weight.detach()
        for name, layer in network.named_modules()
        if isinstance(layer, torch.nn.Linear | torch.nn.Conv2d) and name.endswith(endings)
    }


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, str], Written]:
    """The files by model and kind, each written once."""
    folder, known = tmp_path_factory.mktemp("loras"), {}

    def get(name: str, kind: str) -> Written:
        if (name, kind) not in known:
            known[name, kind] = Written(name, kind, folder)
        written: Written = known[name, kind]
        return written

    return get


def held_by(name: str, plan: MemoryPlan) -> Loaded:
    if "nf4" in plan.formats.values():
        pytest.importorskip("bitsandbytes")
    return Loaded(model(name), place(narrow(name), plan, "cpu"), CPU, plan=plan)


def from_gguf(folder: Path, kind: str) -> Loaded:
    """A model whose network stays packed as in its file."""
    pytest.importorskip("gguf")
    pipeline = narrow("klein")
    state = layouts.flux2_original(tiny("klein").transformer.state_dict())
    path = layouts.write_gguf(state, folder / "klein.gguf", kind)
    transformer = load_part(source(path, "Flux2Transformer2DModel"), torch.bfloat16)
    pipeline.register_modules(transformer=transformer)
    return loaded("klein", pipeline)


def expected(layer: Any, given: torch.Tensor, change: torch.Tensor, magnitude: Any) -> torch.Tensor:
    """The output of a layer whose weight, as it is held, was changed by hand; in float32."""
    base = layer.get_base_layer()
    plain = base(given).float()
    if isinstance(base, torch.nn.Conv2d):
        if magnitude is None:
            return plain + torch.conv2d(given.float(), change, None, base.stride, base.padding)
        weight, bias = base.weight.float(), base.bias.float()
        changed = weight + change
        changed = magnitude[..., None, None] * changed / _length(changed)
        return torch.conv2d(given.float(), changed, bias, base.stride, base.padding)
    if magnitude is None:
        return plain + given.float() @ change.T
    nothing = base(torch.zeros_like(given[:1])).float()
    weight = (base(torch.eye(base.in_features).to(given)).float() - nothing).T
    changed = weight + change
    return nothing + given.float() @ (magnitude * changed / _length(changed)).T


def _length(weight: torch.Tensor) -> torch.Tensor:
    return weight.flatten(1).norm(dim=1).reshape(-1, *(1 for _ in weight.shape[1:]))


def compare(model: Loaded, written: Written) -> None:
    """Compare every layer of the LoRA, which is active, with the weights changed by hand."""
    random = torch.Generator().manual_seed(2)
    for (component, module), change in written.changes.items():
        layer = getattr(model.pipeline, component).get_submodule(module)
        assert adapter_name(written.path) in layer.active_adapters
        ends = (8, 8) if change.ndim > 2 else ()
        if model.plan.placement == "group_offload":
            parts = [layer.lora_A[adapter_name(written.path)], layer.get_base_layer()]
            assert all(has_hook(part, "group_offloading") for part in parts)
        # Some layers of T5 are held in float32, and get their input so.
        wide = layer.get_base_layer().weight.dtype == torch.float32
        given = torch.randn(3, change.shape[1], *ends, generator=random)
        given = given if wide else given.to(torch.bfloat16)
        with torch.no_grad():
            wanted = expected(layer, given, change, written.magnitudes.get((component, module)))
            far = (layer(given).float() - wanted).norm() / wanted.norm()
        assert far < FAR, f"{written.kind} {component} {module}"


def compare_each(model: Loaded, name: str, files: Callable[[str, str], Written]) -> None:
    draw = partial(drawn, model, name, steps=2)  # the second takes what the first has left
    before = draw()
    for kind in KINDS:
        written = files(name, kind)
        model._apply({written.path: 1.0}, None)
        compare(model, written)
    mixed = [lora(files(name, kind).path, 0.2) for kind in KINDS]
    assert draw(*mixed) == draw(*mixed) != before
    assert draw() == before


@pytest.mark.parametrize(("name", "plan"), HELD, ids=[f"{name}-{plan.id}" for name, plan in HELD])
def test_every_kind_acts_in_networks_held_by_every_plan(
    files: Callable[[str, str], Written], name: str, plan: MemoryPlan
) -> None:
    compare_each(held_by(name, plan), name, files)


@pytest.mark.parametrize("kind", GGUF)
def test_every_kind_acts_beside_weights_that_stay_as_in_a_gguf_file(
    tmp_path: Path, files: Callable[[str, str], Written], kind: str
) -> None:
    compare_each(from_gguf(tmp_path, kind), "klein", files)
