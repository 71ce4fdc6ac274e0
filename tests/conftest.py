"""Shared by all tests: the level of a test is the folder it lies in."""

import gc
import os
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from sqlalchemy import create_engine

from core.engine.libraries.stand_in import after_import
from core.worker.process import CALM

LEVELS = ("unit", "integration", "browser")
THREADS = ("database-", "searches", "studio")
"""Beginnings of the names of the studio's threads."""
SECONDS_TO_END = 30
"""Seconds for a thread that ends, on a busy machine."""

# Read when a runtime is imported, which any file of tests may do first. As in a worker; and one
# thread, as files of tests run side by side: threads of several processes wait for each other.
os.environ |= {**CALM, "OMP_NUM_THREADS": "1", "ORT_DISABLE_TELEMETRY": "1"}


def import_less(_torch: Any) -> None:
    """Defer the same libraries as a worker, before transformers and diffusers are imported."""
    from core.engine.libraries import lean

    lean.prepare()


# Whichever file of tests imports it first: seconds for each process of the suite.
after_import("torch", import_less)

# No deadlines: a shared machine of two cores makes them fail by chance. No database: a
# checkout that cannot be written would warn. `make test-thorough` chooses the second profile.
settings.register_profile("studio", deadline=None, database=None, max_examples=15)
settings.register_profile("thorough", settings.get_profile("studio"), max_examples=200)
settings.load_profile("studio")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark each test with its folder, so that `-m unit` chooses a level."""
    root = Path(__file__).parent
    for item in items:
        level = item.path.relative_to(root).parts[0]
        if level in LEVELS:
            item.add_marker(level)


def pytest_collection_finish() -> None:
    """Leave modules and tests, millions of objects, out of every later collection of garbage."""
    gc.collect()
    gc.freeze()


@pytest.fixture
def no_collection() -> Iterator[None]:
    """No collection of garbage, which may take seconds of a thread whose time is measured."""
    gc.disable()
    yield
    gc.enable()


@pytest.fixture(autouse=True, scope="module")
def threads_end() -> Iterator[None]:
    """Fail where a file of tests leaves threads of the studio to the files after it."""
    before = set(threading.enumerate())
    yield
    left = [thread for thread in threading.enumerate() if thread.name.startswith(THREADS)]
    for thread in set(left) - before:
        thread.join(SECONDS_TO_END)
    assert not [thread.name for thread in left if thread.is_alive() and thread not in before]


class SharedStatements(dict[Any, Any]):
    """Compiled statements by their keys without the dialect, which each engine makes anew."""

    def get(self, key: Any, default: Any = None) -> Any:
        return super().get((key[0].name, *key[1:]), default)

    def __setitem__(self, key: Any, statement: Any) -> None:
        super().__setitem__((key[0].name, *key[1:]), statement)


@pytest.fixture(autouse=True, scope="session")
def compiled_statements() -> Iterator[None]:
    """Compile each statement once for all databases: half of a test's time in its database."""
    with pytest.MonkeyPatch.context() as patch:
        shared = partial(create_engine, execution_options={"compiled_cache": SharedStatements()})
        patch.setattr("core.store.connections.create_engine", shared)
        yield
