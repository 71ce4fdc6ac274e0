"""Memory plans: the arguments that diffusers gets, and plans that run on a processor."""

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
    """A pipeline on a GPU that records its calls."""

    def __init__(self) -> None:
        self.reported: list[tuple[str, tuple[Any, ...], dict[str, Any]]] = []
        self.vae = self

    def __getattr__(self, name: str) -> Any:
        def tell(*args: Any, **named: Any) -> "Recorder":
            self.reported.append((name, args, named))
            return self

        return tell


@pytest.mark.parametrize(
    ("plan", "reported"),
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
def test_each_plan_calls_its_methods_of_diffusers(plan: str, reported: list[Any]) -> None:
    chosen = {item.id: item for item in plans("cuda", NF4)}[plan]
    recorder = Recorder()
    place(recorder, chosen, "cuda")
    assert recorder.reported == reported


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
    stored = {item.dtype for item in held.transformer.transformer_blocks.parameters()}
    assert torch.float8_e4m3fn in stored
    wanted = parameters("klein", "generate")
    assert loaded("klein", held).draw("generate", wanted, seed=3, report=Steps()).size == (64, 80)


def test_each_part_gets_the_four_bit_configuration_of_its_library() -> None:
    pytest.importorskip("bitsandbytes")
    result = quantizer(NF4 | {"vae": "fp8"}, torch.bfloat16)
    assert set(result) == {"transformer", "text_encoder_2"}
    assert type(result["transformer"]).__module__.startswith("diffusers")
    assert type(result["text_encoder_2"]).__module__.startswith("transformers")
    assert all(item.bnb_4bit_quant_type == "nf4" for item in result.values())
