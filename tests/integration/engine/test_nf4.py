"""Models stored as NF4, from the files of every family, with the real kernels of bitsandbytes."""

import logging
from functools import cache
from pathlib import Path

import pytest
import torch

from core.engine.loaded import Loaded
from core.engine.loading import load_pipeline, quiet
from core.engine.nf4 import quantize
from core.models.fit.plans import MemoryPlan
from core.models.library.library import Library
from tests.integration.engine.formats import formats_of
from tests.integration.engine.reports import Steps
from tests.integration.engine.stand_in import CPU, OFFERED, loaded
from tests.integration.engine.test_folders import saved
from tests.integration.engine.test_modes import parameters
from tests.integration.engine.test_single_files import klein
from tests.integration.engine.tiny_models import tiny

pytest.importorskip("bitsandbytes")

PACKED = [(name, plan) for name, plan in OFFERED if "nf4" in plan.formats.values()]
BOTH = MemoryPlan("small", "", "device", {"transformer": "nf4", "text_encoder": "nf4"})


@pytest.mark.parametrize(
    ("name", "plan"), PACKED, ids=[f"{name}-{plan.id}" for name, plan in PACKED]
)
def test_a_folder_is_loaded_and_drawn_by_every_plan_with_nf4(
    tmp_path: Path, name: str, plan: MemoryPlan
) -> None:
    saved(name, tmp_path)
    model = Library([tmp_path]).get(name)
    pipeline = load_pipeline(model, CPU, plan)
    for part, form in plan.formats.items():
        assert formats_of(getattr(pipeline, part)) == {form}
    assert drawn(loaded(name, pipeline), name) != unpacked(name)


@cache
def unpacked(name: str) -> bytes:
    """The pixels of the model in its own format."""
    return drawn(loaded(name), name)


def drawn(model: Loaded, name: str) -> bytes:
    """The pixels of an image in two steps, as packed weights compute slowly on a processor."""
    wanted = {**parameters(name, "generate"), "num_inference_steps": 2}
    return model.draw("generate", wanted, seed=3, report=Steps()).tobytes()


@pytest.mark.parametrize("kind", ["transformer", "checkpoint"])
def test_a_single_file_is_stored_as_nf4_like_a_folder(tmp_path: Path, kind: str) -> None:
    pipeline = load_pipeline(klein(tmp_path, kind), CPU, BOTH)
    assert formats_of(pipeline.transformer) == formats_of(pipeline.text_encoder) == {"nf4"}
    whole = tiny("klein")
    whole.scheduler = pipeline.scheduler
    quantize(whole.transformer, "cpu")
    quantize(whole.text_encoder, "cpu")
    ours = drawn(loaded("klein", pipeline), "klein")
    assert ours == drawn(loaded("klein", whole), "klein")


def test_a_large_network_takes_the_bytes_that_the_plans_count() -> None:
    network = torch.nn.Sequential(torch.nn.Linear(2048, 2048), torch.nn.Linear(2048, 512))
    network.to(torch.bfloat16)
    count = sum(tensor.numel() for tensor in network.parameters())
    quantize(network, "cpu")
    size = sum(tensor.nbytes for tensor in network.state_dict().values())
    assert size == pytest.approx(count * 0.52, rel=0.02)
    packed = network[0].weight
    quantize(network, "cpu")
    assert network[0].weight is packed, "a second time changes nothing"


def test_bitsandbytes_recommends_no_package_in_the_log_of_a_worker(
    caplog: pytest.LogCaptureFixture,
) -> None:
    quiet()
    log = logging.getLogger("bitsandbytes.backends.cpu.ops")
    log.warning("No module named 'kernels'")
    assert not caplog.records
