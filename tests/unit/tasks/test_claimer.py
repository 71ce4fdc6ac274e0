"""Claims that are under way while the studio stops."""

import asyncio
from typing import Any, cast

import pytest

from core.errors import StorageUnavailable
from core.tasks.claimer import Claimer
from core.tasks.estimate import Estimates
from core.tasks.queue import Queue
from core.worker.testing import ScriptedExecutor


class VanishingQueue:
    """A queue whose storage is gone as soon as `gone` is set."""

    def __init__(self) -> None:
        self.gone = asyncio.Event()

    async def claim(self, *_: Any) -> None:
        await self.gone.wait()
        raise StorageUnavailable("The folder is gone.")


async def test_a_claim_whose_storage_is_gone_ends_with_the_studio() -> None:
    queue, executor = VanishingQueue(), ScriptedExecutor()
    claimer = Claimer(cast(Queue, queue), executor, cast(Estimates, None), 30.0, None, None)
    claim = asyncio.create_task(claimer.claim("device", None))
    await asyncio.sleep(0)
    claim.cancel()
    await asyncio.sleep(0)
    queue.gone.set()
    with pytest.raises(asyncio.CancelledError):
        await claim
