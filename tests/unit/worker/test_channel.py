"""The worker's end of the pipes."""

import os
import threading
from collections.abc import Iterator
from io import BytesIO

import pytest

from core.worker.channel import Channel
from core.worker.protocol import Ping, Pong, decode_reply


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    read, write = os.pipe()
    yield read, write
    for descriptor in (read, write):
        os.close(descriptor)


def test_lines_over_the_limit_are_dropped_and_the_next_is_read() -> None:
    source = BytesIO(b"short\n" + b"x" * 1000 + b"\nafter\n" + b"y" * 10 + b"\nlast\n")
    assert list(Channel(source, -1).lines(limit=10)) == [b"short\n", b"after\n", b"last\n"]


def test_a_line_cut_off_by_the_end_is_dropped() -> None:
    assert list(Channel(BytesIO(b"whole\ncut"), -1).lines()) == [b"whole\n"]


def test_messages_of_many_threads_do_not_mix(pipe: tuple[int, int]) -> None:
    read, write = pipe
    channel = Channel(BytesIO(), write)
    threads = [threading.Thread(target=channel.send, args=(Pong(n=n),)) for n in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    channel.send(Ping(n=0))
    with os.fdopen(os.dup(read), "rb") as source:
        lines = [source.readline() for _ in range(51)]
    assert sorted(decode_reply(line).n for line in lines[:50]) == list(range(50))  # type: ignore[union-attr]
