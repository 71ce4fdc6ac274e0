"""The bytes of parts stored as FP8 and NF4: the estimate compared with the stored tensors."""

from pathlib import Path
from typing import Any

import pytest
import torch

from core.engine.loading import load_pipeline
from core.models.families.family import BYTES
from core.models.fit.fit import parts_of
from core.models.fit.plans import MemoryPlan
from core.models.library.library import Library
from tests.integration.engine.stand_in import CPU, OFFERED
from tests.integration.engine.test_folders import saved
from tests.integration.engine.test_single_files import klein

pytest.importorskip("bitsandbytes")

STORED = [(name, plan) for name, plan in OFFERED if plan.formats and plan.placement == "device"]


def counts(network: torch.nn.Module) -> tuple[int, int]:
    """The parameters of a network that are stored small, and those that stayed wide."""
    small = wide = 0
    tensors = {id(tensor): tensor for tensor in network.state_dict(keep_vars=True).values()}
    for tensor in [*network.parameters(), *network.buffers()]:
        if id(tensor) not in tensors:
            continue
        del tensors[id(tensor)]
        state = getattr(tensor, "quant_state", None)
        if state is not None:
            small += state.shape.numel()
        elif tensor.dtype == torch.float8_e4m3fn:
            small += tensor.numel()
        else:
            wide += tensor.numel()
    return small, wide


def compare(model: Any, plan: MemoryPlan) -> None:
    """Compare estimate and tensors of every part that the plan stores small."""
    parts = parts_of(model, "cpu")
    pipeline = load_pipeline(model, CPU, plan)
    for name, form in plan.formats.items():
        small, wide = counts(getattr(pipeline, name))
        assert parts.wide[name][form] == wide, name
        assert parts.numbers[name] == small + wide, name
        assert parts.bytes(plan.formats)[name] == int(small * BYTES[form] + wide * 4), name


@pytest.mark.parametrize(
    ("name", "plan"), STORED, ids=[f"{name}-{plan.id}" for name, plan in STORED]
)
def test_the_estimate_of_a_folder_is_what_its_parts_take(
    tmp_path: Path, name: str, plan: MemoryPlan
) -> None:
    saved(name, tmp_path)
    compare(Library([tmp_path]).get(name), plan)


@pytest.mark.parametrize("form", ["fp8", "nf4"])
def test_the_estimate_of_an_original_file_is_that_of_the_network_built_from_it(
    tmp_path: Path, form: str
) -> None:
    formats = {"transformer": form, "text_encoder": form}
    compare(klein(tmp_path, "checkpoint"), MemoryPlan("small", "", "device", formats))
