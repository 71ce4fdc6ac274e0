"""One more server for the tests of editing: with operations that run without a trace.

One of them crashes even while the queue is paused, which tests of every route must not meet.
"""

from collections.abc import Iterator

import pytest

from tests.integration.process import MODULES, Server


@pytest.fixture(scope="session")
def shared_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Started once; here it stands in for the one of all other tests."""
    modules = f"{MODULES},tests.operations.passing"
    server = Server(tmp_path_factory.mktemp("editing") / "data", QPYT_OPERATION_MODULES=modules)
    yield server.start()
    server.stop()
