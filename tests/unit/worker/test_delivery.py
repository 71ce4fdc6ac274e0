"""The results of a job that ends early."""

import os
import threading
from collections.abc import Iterator
from io import BytesIO

import pytest
from PIL import Image

from core.pictures.origin import Origin
from core.provenance.source_types import TRAINED
from core.provenance.watermark import source_type_in
from core.store.blobs import Blob
from core.worker.channel import Channel
from core.worker.delivery import Delivery
from core.worker.encoder import Encoder
from core.worker.inbox import Inbox
from core.worker.protocol import Cancelled, Finished, Message, Stored
from tests.unit.store.memory_blobs import MemoryBlobs


class SlowBlobs(MemoryBlobs):
    """A store whose `put` announces itself and then waits for `release`."""

    def __init__(self) -> None:
        super().__init__()
        self.entered = threading.Event()
        self.release = threading.Event()

    def put(self, data: bytes) -> Blob:
        self.entered.set()
        assert self.release.wait(30)
        return super().put(data)


@pytest.fixture
def channel() -> Iterator[Channel]:
    sink = os.open(os.devnull, os.O_WRONLY)
    yield Channel(BytesIO(), sink)
    os.close(sink)


def test_an_abandoned_delivery_writes_nothing_after_abandon_returned(channel: Channel) -> None:
    store = SlowBlobs()
    encoder = Encoder(channel, Inbox(channel), store)
    delivery = Delivery(encoder, ("task", 1), {}, {"image": "image"})
    for colour in ("red", "green", "blue"):
        delivery.image(Image.new("RGB", (8, 8), colour), "image", None, {}, Origin())
    assert store.entered.wait(30)
    abandoning = threading.Thread(target=delivery.abandon)
    abandoning.start()
    abandoning.join(0.2)
    assert abandoning.is_alive(), "the first image is being stored"
    store.release.set()
    abandoning.join(30)
    stored = set(store.keys())
    encoder.drain()
    assert set(store.keys()) == stored


@pytest.mark.parametrize("facts", [{"model": {"id": "nano"}}, {}])
def test_the_pixels_of_what_a_model_drew_are_marked_where_that_is_switched_on(
    channel: Channel, facts: dict[str, object]
) -> None:
    store = MemoryBlobs()
    encoder = Encoder(channel, Inbox(channel), store, watermark=True)
    delivery = Delivery(
        encoder, ("task", 1), {"operation": "generate", **facts}, {"image": "image"}
    )
    delivery.image(Image.new("RGB", (256, 256), "teal"), "image", None, {}, Origin())
    encoder.drain()
    (key,) = store.keys()
    with store.open(key) as file:
        stored = Image.open(file).convert("RGB")
    assert source_type_in(stored) == (TRAINED if facts else None)


@pytest.mark.parametrize("cancelled", [False, True])
def test_the_ending_reports_the_last_image_unless_it_is_a_cancel(
    channel: Channel, monkeypatch: pytest.MonkeyPatch, cancelled: bool
) -> None:
    sent: list[Message] = []
    monkeypatch.setattr(channel, "send", sent.append)
    store, inbox = SlowBlobs(), Inbox(channel)
    encoder = Encoder(channel, inbox, store)
    delivery = Delivery(encoder, ("task", 1), {}, {"image": "image"})
    for colour in ("red", "green"):
        delivery.image(Image.new("RGB", (8, 8), colour), "image", None, {}, Origin())
    if cancelled:  # as if the request came while the last image is stored
        monkeypatch.setattr(inbox, "cancelled", lambda _: len(list(store.keys())) == 2)
    encoder.reserve()
    delivery.close((), {})
    store.release.set()
    encoder.drain()
    types = [Stored, Stored, Cancelled] if cancelled else [Stored, Finished]
    assert [type(message) for message in sent] == types
