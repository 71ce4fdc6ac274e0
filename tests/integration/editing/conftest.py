"""One more server for the tests of editing: with operations that run without a trace."""

from collections.abc import Iterator

import pytest

from tests.integration.conftest import empty
from tests.integration.process import MODULES, Server


@pytest.fixture(scope="session")
def editing_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Started once."""
    modules = f"{MODULES},tests.operations.passing"
    server = Server(tmp_path_factory.mktemp("editing") / "data", QPYT_OPERATION_MODULES=modules)
    yield server.start()
    server.stop()


@pytest.fixture
def studio(editing_server: Server, request: pytest.FixtureRequest) -> Iterator[Server]:
    """The server, its queue running and empty before and after."""
    failed_before = request.session.testsfailed
    empty(editing_server)
    yield editing_server
    if request.session.testsfailed > failed_before:
        print(f"server log:\n{editing_server.tail()}")
    empty(editing_server)
