"""The lane of a task: chosen by its operation, the settings and the device."""

from functools import partial
from pathlib import Path

import pytest

from core.models.library.library import Library
from core.operations.declaration.base import Context, Operation
from core.operations.declaration.library_context import LibraryContext
from core.operations.declaration.registry import Registry
from core.settings import Settings
from core.store.assets import Assets
from core.store.blobs import LocalBlobs
from core.store.database import Database
from core.store.limits import UploadLimits
from core.tasks.notifier import LocalNotifier
from core.tasks.queue import Queue
from core.tasks.submission import Options, Submission
from tests.decoding import shared_decoders


class Reading(Operation):
    """Stays on the processor unless somebody wants it elsewhere."""

    name = "reading"
    title = "Read"
    category = "output"
    lane = "cpu"

    def run(self, ctx: Context) -> None:
        """Nothing to do."""


class Cutting(Reading):
    """Runs where a GPU is; when asked for little, on the processor."""

    name = "cutting"
    on_gpu = True


class Choosing(Reading):
    """Its parameters decide."""

    name = "choosing"
    heavy: bool = False

    def runs_in(self) -> str:
        """The device for what is heavy."""
        return "device" if self.heavy else "cpu"


async def lane_of(folder: Path, name: str, *, gpu: bool, wished: str = "", **params: bool) -> str:
    registry = Registry()
    for operation in (Reading, Cutting, Choosing):
        registry.add(operation)
    settings = Settings(data_dir=folder, device_operations=tuple(wished.split()))
    database = Database(settings.database)
    assets = Assets(database, LocalBlobs(folder), folder, shared_decoders(), UploadLimits(1, 1))
    queue = Queue(database, lambda task: None, LocalNotifier())
    submission = Submission(
        settings, registry, partial(LibraryContext, Library([])), assets, queue, lambda: gpu
    )
    try:
        return (await submission.prepare(name, params, Options())).lane
    finally:
        database.close()


@pytest.mark.parametrize(
    ("name", "gpu", "wished", "lane"),
    [
        ("reading", False, "", "cpu"),
        ("reading", True, "", "cpu"),
        ("reading", False, "reading", "device"),
        ("cutting", False, "", "cpu"),
        ("cutting", True, "", "device"),
        ("cutting", True, "reading", "device"),
    ],
)
async def test_the_lane_follows_the_operation_the_device_and_the_settings(
    tmp_path: Path, name: str, gpu: bool, wished: str, lane: str
) -> None:
    assert await lane_of(tmp_path, name, gpu=gpu, wished=wished) == lane


async def test_parameters_can_choose_the_lane(tmp_path: Path) -> None:
    assert await lane_of(tmp_path, "choosing", gpu=False) == "cpu"
    assert await lane_of(tmp_path, "choosing", gpu=False, heavy=True) == "device"
