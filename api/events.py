"""The event stream, by WebSocket for the canvas and by SSE for scripts."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import TYPE_CHECKING, Annotated
from weakref import WeakKeyDictionary

from fastapi import APIRouter, Header, Query, Request, WebSocket, WebSocketDisconnect
from pydantic_core import to_json
from starlette.responses import StreamingResponse

from api import present
from api.clients import StreamCounter, TooManyStreams
from api.deps import EventsDep
from api.problems import problem
from api.routing import DocumentedRoute
from core.events import Event, EventBus, Subscription
from core.version import VERSION

if TYPE_CHECKING:
    from api.document.studio import EventStream

router = APIRouter(tags=["events"], route_class=DocumentedRoute)
After = Annotated[
    str | None, Query(max_length=64, description="ID of the last event that was received.")
]
log = logging.getLogger(__name__)

QUIET_SECONDS = 15.0
HEARTBEAT_SECONDS = 5.0  # of a socket: shows that it lives, and the number of the last event
SEND_SECONDS = 30.0  # until a socket that nobody reads is closed


_texts: WeakKeyDictionary[Event, str] = WeakKeyDictionary()


def text_of(event: Event) -> str:
    """The event as JSON with links, made once for all clients; empty if it cannot be written."""
    if event not in _texts:
        try:
            _texts[event] = to_json(present.event(event)).decode()
        except ValueError:  # the stream goes on without the event
            log.exception("event %s (%s) is left out", event.id, event.type)
            _texts[event] = ""
    return _texts[event]


def hello(bus: EventBus) -> Event:
    """The first event of every connection."""
    return Event(bus.last_id, "hello", {"version": VERSION, "epoch": bus.epoch})


@router.websocket_route("/ws")  # plain: FastAPI's own is analysed at start
async def websocket(socket: WebSocket) -> None:
    """The event stream, `after` an event. Messages of the client are ignored."""
    bus: EventBus = socket.app.state.services.bus
    counter: StreamCounter = socket.app.state.sockets
    try:
        counter.check(socket)
    except TooManyStreams as error:
        await socket.send_denial_response(problem(error))
        return
    after = socket.query_params.get("after")
    with counter.open(socket), bus.subscribe(after) as subscription:
        await socket.accept()
        listening = asyncio.create_task(_drain(socket))
        sending = asyncio.create_task(_send_all(socket, bus, subscription))
        with suppress(WebSocketDisconnect):
            await asyncio.wait({listening, sending}, return_when=asyncio.FIRST_COMPLETED)
        for job in (listening, sending):
            job.cancel()
        await asyncio.gather(listening, sending, return_exceptions=True)


async def _send_all(socket: WebSocket, bus: EventBus, subscription: Subscription) -> None:
    await socket.send_text(text_of(hello(bus)))
    while True:
        async with asyncio.timeout(SEND_SECONDS):
            events = subscription.take()
            for text in filter(None, map(text_of, events)):
                await socket.send_text(text)
        if not events and not await _next_event(subscription):
            heartbeat = Event(bus.last_id, "heartbeat", {})
            async with asyncio.timeout(SEND_SECONDS):
                await socket.send_text(text_of(heartbeat))


async def _next_event(subscription: Subscription) -> bool:
    """Wait for the next event; false after `HEARTBEAT_SECONDS` without any."""
    try:
        await asyncio.wait_for(subscription.wait(), HEARTBEAT_SECONDS)
    except TimeoutError:
        return False
    return True


async def _drain(socket: WebSocket) -> None:
    while (await socket.receive())["type"] != "websocket.disconnect":
        pass


@router.get("/events")
async def server_sent_events(
    request: Request,
    bus: EventsDep,
    after: After = None,
    last_event_id: Annotated[
        str | None, Header(description="ID of the last event that was received.")
    ] = None,
) -> EventStream:
    """The event stream as `text/event-stream`; resumes after `Last-Event-ID`."""
    request.app.state.streams.check(request)
    stream = _stream(request, bus, last_event_id or after)
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(stream, media_type="text/event-stream", headers=headers)


async def _stream(request: Request, bus: EventBus, after: str | None) -> AsyncIterator[str]:
    counter: StreamCounter = request.app.state.streams
    with counter.open(request), bus.subscribe(after) as subscription:
        yield _sse(hello(bus))
        while True:
            if events := subscription.take():
                yield "".join(map(_sse, events))
                continue
            try:
                await asyncio.wait_for(subscription.wait(), QUIET_SECONDS)
            except TimeoutError:
                yield ": still here\n\n"


def _sse(event: Event) -> str:
    text = text_of(event)
    return f"id: {event.id}\nevent: {event.type}\ndata: {text}\n\n" if text else ""
