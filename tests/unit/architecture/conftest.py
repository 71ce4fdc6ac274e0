"""The trees of all files, parsed once for the tests of a file."""

import gc
from collections.abc import Iterator

import pytest

from tools.house.source import nodes, parse


@pytest.fixture(autouse=True, scope="module")
def trees() -> Iterator[None]:
    """Parse without collections of garbage, which look at every tree again; keep none of them."""
    gc.disable()
    yield
    nodes.cache_clear()
    parse.cache_clear()
    gc.enable()
