"""Tests of training fix the signals and the precision that they run with."""

import signal
from collections.abc import Iterator

import pytest

from tools.nano.parallel import Group, Precision


@pytest.fixture(autouse=True)
def default_signals() -> Iterator[None]:
    """Default handlers, even where the caller ignores signals to its children."""
    before = {
        signal.SIGINT: signal.signal(signal.SIGINT, signal.default_int_handler),
        signal.SIGTERM: signal.signal(signal.SIGTERM, signal.SIG_DFL),
    }
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.fixture(params=list(Precision))
def group(request: pytest.FixtureRequest) -> Group:
    """A group of one process, in every precision, whatever instructions the processor has."""
    return Group(precision=request.param)
