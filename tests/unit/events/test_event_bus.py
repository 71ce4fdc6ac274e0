"""The event bus: replay without gaps, reset where events are gone, bounded for slow clients."""

import asyncio
import weakref
from contextlib import suppress
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, rule

from core.events import KEPT, PROGRESS_KEPT, Event, EventBus, Subscription


def waiting(subscription: Subscription) -> list[Event]:
    """Every event that a client would receive now."""
    return subscription.take(limit=10 * KEPT)


def numbers(events: list[Event]) -> list[int]:
    return [event.data["n"] for event in events]


def published(count: int) -> EventBus:
    bus = EventBus()
    for number in range(1, count + 1):
        bus.publish("task", {"n": number})
    return bus


def replayed(bus: EventBus, after: str | None) -> list[Event]:
    with bus.subscribe(after) as subscription:
        return waiting(subscription)


@given(count=st.integers(0, 40), seen=st.integers(0, 40))
def test_a_client_that_returns_receives_exactly_what_it_missed(count: int, seen: int) -> None:
    bus = published(count)
    events = replayed(bus, f"{bus.epoch}-{seen}")
    if seen <= count:
        assert numbers(events) == list(range(seen + 1, count + 1))
    else:
        assert [event.type for event in events] == ["reset"]


@given(st.text(max_size=30))
def test_any_text_as_the_last_id_gives_a_reset_or_nothing(after: str) -> None:
    bus = published(3)
    types = [event.type for event in replayed(bus, after)]
    assert types == ([] if not after else ["reset"])


@pytest.mark.parametrize("number", ["", "-1", "1.0", "٣", "1e3", "9" * 16, " 1"])
def test_a_number_of_another_form_is_a_reset(number: str) -> None:
    bus = published(3)
    assert [event.type for event in replayed(bus, f"{bus.epoch}-{number}")] == ["reset"]


@pytest.mark.parametrize(("seen", "complete"), [(0, False), (9, False), (10, True), (11, True)])
def test_events_are_kept_for_a_while_only(seen: int, complete: bool) -> None:
    bus = published(KEPT + 10)
    events = replayed(bus, f"{bus.epoch}-{seen}")
    if complete:
        assert numbers(events) == list(range(seen + 1, KEPT + 11))
    else:
        assert [event.type for event in events] == ["reset"]


def test_a_reset_carries_the_id_to_go_on_from() -> None:
    bus = published(5)
    (reset,) = replayed(bus, "another-1")
    assert reset.id == bus.last_id
    bus.publish("task", {"n": 6})
    assert numbers(replayed(bus, reset.id)) == [6]


def test_a_client_that_does_not_read_receives_a_reset_and_then_goes_on() -> None:
    bus = EventBus()
    with bus.subscribe() as slow:
        for number in range(KEPT + 1):
            bus.publish("task", {"n": number})
        (reset,) = waiting(slow)
        assert (reset.id, reset.type, reset.data) == (bus.last_id, "reset", {})
        bus.publish("task", {"n": -1})
        assert numbers(waiting(slow)) == [-1]


def test_a_full_buffer_of_one_client_takes_nothing_from_another() -> None:
    bus = EventBus()
    with bus.subscribe() as slow, bus.subscribe() as quick:
        count = 0
        for number in range(KEPT + 5):
            bus.publish("task", {"n": number})
            count += len(waiting(quick)) if number % 500 == 0 else 0
        assert count + len(waiting(quick)) == KEPT + 5
        assert waiting(slow)[0].type == "reset"


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers()), max_size=30))
def test_of_progress_a_client_receives_the_newest_of_each_key(
    reports: list[tuple[str, int]],
) -> None:
    bus = EventBus()
    with bus.subscribe() as subscription:
        for key, value in reports:
            bus.publish_latest("progress", {"key": key, "value": value}, key)
        received = {event.data["key"]: event.data["value"] for event in waiting(subscription)}
    assert received == dict(reports)


def test_a_client_takes_as_many_events_as_it_sends_at_once() -> None:
    bus = EventBus()
    with bus.subscribe() as subscription:
        for number in range(5):
            bus.publish("task", {"n": number})
        assert numbers(subscription.take(2)) == [0, 1]
        assert numbers(subscription.take(4)) == [2, 3, 4]
        assert subscription.take() == []


def test_a_client_that_does_not_read_holds_no_events() -> None:
    bus = EventBus()
    with bus.subscribe():
        first = weakref.ref(publish_progress(bus, "0"))
        for number in range(PROGRESS_KEPT):
            publish_progress(bus, str(number))
        bus.publish("task", {"n": 0})
        kept = weakref.ref(bus._kept[0])
        for number in range(KEPT):
            bus.publish("task", {"n": number})
        assert (first(), kept()) == (None, None)


def publish_progress(bus: EventBus, key: str) -> Event:
    """The event that was published."""
    bus.publish_latest("progress", {"key": key}, key)
    return bus._progress[key][1]


def test_progress_is_never_replayed_and_takes_no_number() -> None:
    bus = published(1)
    before = bus.last_id
    bus.publish_latest("progress", {}, "a task")
    assert bus.last_id == before
    assert replayed(bus, f"{bus.epoch}-0")[-1].type == "task"


def test_numbered_events_come_before_progress() -> None:
    bus = EventBus()
    with bus.subscribe() as subscription:
        bus.publish_latest("progress", {"step": 1}, "a task")
        bus.publish("task", {"n": 1})
        assert [event.type for event in waiting(subscription)] == ["task", "progress"]


def test_a_client_is_counted_while_it_is_connected_even_if_it_fails() -> None:
    bus = EventBus()
    with bus.subscribe():
        with suppress(RuntimeError), bus.subscribe():
            assert bus.subscribers == 2
            raise RuntimeError
        assert bus.subscribers == 1
    assert bus.subscribers == 0


def test_two_runs_of_a_server_have_different_epochs() -> None:
    assert EventBus().epoch != EventBus().epoch
    bus = EventBus()
    assert bus.last_id == f"{bus.epoch}-0"


async def test_a_waiting_client_receives_an_event_as_soon_as_it_is_published() -> None:
    bus = EventBus()
    with bus.subscribe() as subscription:
        upcoming = asyncio.ensure_future(subscription.wait())
        await asyncio.sleep(0)
        assert not upcoming.done()
        bus.publish("task", {"n": 1})
        await asyncio.wait_for(upcoming, 5)
        assert numbers(subscription.take()) == [1]


@dataclass
class Client:
    """A client that remembers what it received and reconnects where it stopped."""

    after: str
    received: list[int] = field(default_factory=list)


class Reconnecting(RuleBasedStateMachine):
    """Clients come and go; what each received has no gap and no repetition."""

    clients = Bundle("clients")

    def __init__(self) -> None:
        super().__init__()
        self.bus = EventBus()
        self.count = 0
        self.known: list[tuple[Client, int]] = []

    @rule(times=st.integers(1, 5))
    def publish(self, times: int) -> None:
        for _ in range(times):
            self.count += 1
            self.bus.publish("task", {"n": self.count})

    @rule(target=clients)
    def join(self) -> Client:
        client = Client(self.bus.last_id)
        self.known.append((client, self.count))
        return client

    @rule(client=clients)
    def reconnect(self, client: Client) -> None:
        for event in replayed(self.bus, client.after):
            client.received.append(event.data["n"])
            client.after = event.id

    @invariant()
    def no_gap_and_no_repetition(self) -> None:
        for client, joined in self.known:
            assert client.received == list(range(joined + 1, joined + 1 + len(client.received)))


Reconnecting.TestCase.settings = settings(max_examples=15, stateful_step_count=15, deadline=None)
TestReconnecting = Reconnecting.TestCase
