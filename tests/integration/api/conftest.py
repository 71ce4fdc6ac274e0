"""The studio of the API's tests that need no process of their own."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.in_process import InProcess, in_process


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[InProcess]:
    """A started studio in this process, with workers that answer at once."""
    async with in_process(tmp_path) as studio:
        yield studio
