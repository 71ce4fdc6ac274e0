"""Carrying out memory plans: the arguments that diffusers gets, and what can be run here."""

from typing import Any

import pytest
import torch

from core.engine.loaders.quantization import quantizer
from core.engine.placing import groups, place
from core.models.fit.plans import MemoryPlan, plans
from tests.integration.engine.reports import Steps
from tests.integration.engine.stand_in import ONE_PER_FAMILY, loaded
from tests.integration.engine.test_modes import parameters
from tests.integration.engine.tiny_models import tiny

NF4 = {"transformer": "nf4", "text_encoder_2": "nf4"}


class Recorder:
    """Stands in for a pipeline on a GPU: remembers what it was told."""

    def __init__(self) -> None:
        self.told: list[tuple[str, tuple[Any, ...], dict[str, Any]]] = []
        self.vae = self

    def __getattr__(self, name: str) -> Any:
        def tell(*args: Any, **named: Any) -> "Recorder":
            self.told.append((name, args, named))
            return self

        return tell


@pytest.mark.parametrize(
    ("plan", "told"),
    [
        ("device", [("to", ("cuda",), {})]),
        ("device-tiled", [("enable_tiling", (), {}), ("to", ("cuda",), {})]),
        (
            "offload",
            [("enable_tiling", (), {}), ("enable_model_cpu_offload", (), {"device": "cuda"})],
        ),
        (
            "groups",
            [("enable_tiling", (), {}), ("enable_group_offload", (), groups("cuda"))],
        ),
        (
            "sequential",
            [("enable_tiling", (), {}), ("enable_sequential_cpu_offload", (), {"device": "cuda"})],
        ),
    ],
)
def test_each_plan_tells_diffusers_what_it_means(plan: str, told: list[Any]) -> None:
    chosen = {one.id: one for one in plans("cuda", NF4)}[plan]
    recorder = Recorder()
    place(recorder, chosen, "cuda")
    assert recorder.told == told


def test_groups_are_streamed_on_a_gpu_only() -> None:
    assert groups("cuda")["use_stream"]
    assert not groups("cpu")["use_stream"]


@pytest.mark.parametrize("name", ONE_PER_FAMILY)
def test_group_offload_draws_the_same_pixels(name: str) -> None:
    wanted = parameters(name, "generate")
    plain = loaded(name).draw("generate", wanted, seed=3, report=Steps())
    held = place(tiny(name), MemoryPlan("groups", "", "group_offload"), "cpu")
    again = loaded(name, held).draw("generate", wanted, seed=3, report=Steps())
    assert again.tobytes() == plain.tobytes()


def test_fp8_storage_halves_the_weights_and_still_draws() -> None:
    formats = {"transformer": "fp8", "text_encoder": "fp8"}
    held = place(tiny("klein"), MemoryPlan("small", "", "device", formats), "cpu")
    stored = {one.dtype for one in held.transformer.transformer_blocks.parameters()}
    assert torch.float8_e4m3fn in stored
    wanted = parameters("klein", "generate")
    assert loaded("klein", held).draw("generate", wanted, seed=3, report=Steps()).size == (64, 80)


def test_four_bits_are_asked_of_each_part_by_its_own_library() -> None:
    pytest.importorskip("bitsandbytes")
    found = quantizer(NF4 | {"vae": "fp8"}, torch.bfloat16)
    assert set(found) == {"transformer", "text_encoder_2"}
    assert type(found["transformer"]).__module__.startswith("diffusers")
    assert type(found["text_encoder_2"]).__module__.startswith("transformers")
    assert all(one.bnb_4bit_quant_type == "nf4" for one in found.values())
