"""The log of long runs: one value per name and step, however often it is sent."""

import math
from typing import Any

import pytest
from sqlalchemy import create_engine

from core.store.blobs import make_blob_store
from core.store.schema import metadata
from core.tasks import run_log as rows
from core.worker.protocol import Logged, decode_reply, encode
from core.worker.run_log import RunLog


class Sent:
    """A channel that keeps what is sent, as it arrives."""

    def __init__(self) -> None:
        self.messages: list[Any] = []

    def send(self, message: Any) -> None:
        self.messages.append(decode_reply(encode(message)))


@pytest.fixture
def connection() -> Any:
    engine = create_engine("sqlite://")
    metadata.create_all(engine)
    with engine.begin() as opened:
        yield opened


@pytest.fixture
def sent() -> Sent:
    return Sent()


@pytest.fixture
def log(sent: Sent, tmp_path: Any) -> RunLog:
    return RunLog(sent, make_blob_store(tmp_path), ("T", 1))  # type: ignore[arg-type]


def stored(connection: Any, sent: Sent) -> None:
    for message in sent.messages:
        assert isinstance(message, Logged)
        rows.store(connection, message)


def test_values_travel_in_groups_and_come_back_by_name(
    connection: Any, sent: Sent, log: RunLog
) -> None:
    for step in range(1, 301):
        log.values(step, {"loss": 1 / step, "rate": 0.5})
    log.flush()
    assert 2 <= len(sent.messages) <= 5
    stored(connection, sent)
    series = rows.values(connection, "T", ["loss"], after=298)
    assert series == {"loss": [(299, 1 / 299), (300, 1 / 300)]}
    assert rows.newest(connection, ["T", "U"]) == {"T": {"loss": 1 / 300, "rate": 0.5}}


def test_a_resumed_run_replaces_the_values_of_the_same_steps(
    connection: Any, sent: Sent, log: RunLog
) -> None:
    for value in (1.0, 2.0):
        log.values(7, {"loss": value})
        log.flush()
    log.values(8, {"loss": math.nan})
    log.flush()
    stored(connection, sent)
    assert rows.values(connection, "T") == {"loss": [(7, 2.0), (8, None)]}


def test_files_are_replaced_and_dropped_by_kind_and_step(
    connection: Any, sent: Sent, log: RunLog
) -> None:
    for step, data in ((40, b"a"), (80, b"b"), (80, b"c")):
        log.file("checkpoint", step, data, media_type="x/y", facts={"loss": step})
    log.file("sample", 40, b"d", media_type="image/png", index=1)
    log.drop("checkpoint", 40)
    stored(connection, sent)
    files = rows.files(connection, "T")
    assert [(file.kind, file.step, file.index) for file in files] == [
        ("checkpoint", 80, 0),
        ("sample", 40, 1),
    ]
    assert files[0].facts == {"loss": 80}
    assert rows.files(connection, "T", "sample") == files[1:]
