"""The built-in model, loaded once for all tests of the engine."""

import os
from pathlib import Path
from typing import Any

import pytest

from core.settings import ROOT
from core.worker.process import OFFLINE

os.environ |= OFFLINE  # as in a worker; read when libraries are imported
pytest.importorskip("torch")

from core.engine.libraries.stand_in import after_import


def plain_kernels(layers: Any) -> None:
    """Keep NF4 weights as a GPU has them: bitsandbytes repacks them for AVX-512 otherwise."""
    layers.has_avx512bf16 = lambda: False


# Not a fixture, which would import bitsandbytes, and torch's compiler with it, for every test.
after_import("bitsandbytes.nn.modules", plain_kernels)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Ignore warnings of libraries about each other; those about this project stay errors."""
    for item in items:
        if item.path.parent == Path(__file__).parent:
            for library in ("diffusers", "transformers", "peft", "numpy"):
                for kind in ("DeprecationWarning", "FutureWarning"):
                    mark = pytest.mark.filterwarnings(f"ignore::{kind}:{library}")
                    item.add_marker(mark)
            # Several adapters on one model are what we want.
            several = "ignore:Already found a `peft_config`:UserWarning"
            item.add_marker(pytest.mark.filterwarnings(several))


@pytest.fixture(scope="session")
def pool() -> Any:
    """A pool that holds the built-in model, on the processor as it is on any machine."""
    import torch

    from core.engine.device import Device
    from core.engine.loading import quiet
    from core.engine.pool import ModelPool
    from core.models.library.library import Library

    quiet()
    device = Device("cpu", "CPU", torch.float32, 8 << 30)
    return ModelPool(Library([ROOT / "models"]), device)


@pytest.fixture
def nano(pool: Any) -> Any:
    """The built-in model."""
    return pool.get("nano")
