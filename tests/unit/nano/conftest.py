"""Tests of training fix the threads, the signals and the precision that they run with."""

import signal
from collections.abc import Iterator

import pytest
import torch

from tools.nano.parallel import Group, Precision


@pytest.fixture(scope="session", autouse=True)
def one_thread() -> Iterator[None]:
    """One thread for torch: the networks are tiny, and threads would wait for each other."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


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
