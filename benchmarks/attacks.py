"""Requests of other clients beside hostile ones: large bodies, slow images, prompts, half requests.

One client reads the queue again and again, first with nothing else going on, then during each
attack. The ratio of both gives the reach of an attack, and holds on busy machines too. Client and
server share the processor, so sending the attack is a part of it.
"""

from __future__ import annotations

import io
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager, suppress
from statistics import median

from PIL import Image

from benchmarks.client import Client
from benchmarks.measure import Figure, Measure, percentile, ratio
from benchmarks.server import Studio, studio

IDLE_SECONDS, QUICK_IDLE_SECONDS = 5.0, 0.5
BODY_BYTES, QUICK_BODY_BYTES = 32_000_000, 1_000_000
ROUTES = ("/api/session", "/api/generate", "/api/workflows/import")
SIDE, QUICK_SIDE = 5_000, 500
SCANS = 50  # of the 64 that are accepted: the slowest image that is decoded
IMAGES, QUICK_IMAGES = 6, 1
PROMPTS, QUICK_PROMPTS = 20, 2
PROMPT = "{999$$" + "|".join("abcde" * 1_900) + "}"
HALVES, QUICK_HALVES = 900, 20
SETTLING = 2.0  # seconds in which the server refuses those over its limit
HALF_SECONDS, QUICK_HALF_SECONDS = 12.0, 0.5
REACH = 20.0  # threads of one process take turns of 5 ms, and a request needs several
PAUSE = 0.002
PATIENCE = 120.0


def measure(quick: bool) -> Figure:
    """The slowest twentieth of other requests in each attack, as a multiple of that without."""
    waits: dict[str, list[float]] = {}
    with studio(warm="false") as server:
        server.await_lane()
        server.client().post("/api/queue/pause")

        def during(attack: str, act: Callable[[Studio, bool], list[Measure]]) -> list[Measure]:
            with probe(server) as waits[attack]:
                outcome = act(server, quick)
            if attack == "nothing":
                return []
            worst, alone = (percentile(waits[name], 0.95) for name in (attack, "nothing"))
            longest = Measure(f"beside {attack}: the longest", 1000 * max(waits[attack]), "ms")
            reach = Measure(f"beside {attack}, 95th percentile", worst / alone, "×", REACH)
            return [reach, longest, *outcome]

        measures = [
            *during("nothing", _nothing),
            *during("large bodies", _bodies),
            *during("slow images", _images),
            *during("long prompts", _prompts),
            *during("half requests", _halves),
        ]
    return Figure("attacks", measures, {"seconds": waits})


@contextmanager
def probe(server: Studio) -> Iterator[list[float]]:
    """Seconds of each of many requests of another client, while the block runs."""
    client, ended = server.client(), threading.Event()
    request, seconds = client.request("GET", "/api/queue"), list[float]()

    def repeat() -> None:
        while not ended.wait(PAUSE):
            seconds.append(client.timed(request)[0])

    thread = threading.Thread(target=repeat)
    thread.start()
    try:
        yield seconds
    finally:
        ended.set()
        thread.join()
        client.close()


def _nothing(_: Studio, quick: bool) -> list[Measure]:
    time.sleep(QUICK_IDLE_SECONDS if quick else IDLE_SECONDS)
    return []


def _bodies(server: Studio, quick: bool) -> list[Measure]:
    """Bodies of small values, each refused: they would take gigabytes as objects."""
    size = QUICK_BODY_BYTES if quick else BODY_BYTES
    body = b"{" + b",".join(b'"%08d":1' % index for index in range(size // 13)) + b"}"
    measures = []
    for path in ROUTES:
        seconds, status = _send(server, path, body, "application/json")
        if status not in (400, 413, 0):
            raise RuntimeError(f"{path} answered {status}")
        measures.append(Measure(f"refusal by {path}", seconds, "s"))
    return measures


def _images(server: Studio, quick: bool) -> list[Measure]:
    """Two clients upload progressive JPEGs of many scans; a third uploads small images."""
    side, count = (QUICK_SIDE, QUICK_IMAGES) if quick else (SIDE, IMAGES)
    slow, small = _jpeg(side, SCANS), _jpeg(64, 0)
    _upload(server, small)  # starts the decoder
    alone = [_upload(server, small) for _ in range(count)]
    with ThreadPoolExecutor(2) as attackers:
        attacks = [attackers.submit(_upload, server, slow) for _ in range(2)]
        beside = [_upload(server, small) for _ in range(count)]
    return [
        Measure("slow image", median(attack.result() for attack in attacks), "s"),
        Measure("small upload beside slow images", median(beside), "s"),
        Measure("the same, to one alone", ratio(beside, alone), "×"),
    ]


def _prompts(server: Studio, quick: bool) -> list[Measure]:
    """Submits of a prompt that chooses 999 times, for 16 images, and of an ordinary one."""
    client, count = server.client(), QUICK_PROMPTS if quick else PROMPTS
    costly, plain = (
        [_submit(client, {"prompt": prompt, "num_images": 16}) for _ in range(count)]
        for prompt in (PROMPT, "a red house at night")
    )
    client.close()
    return [
        Measure("submit of a long prompt, 16 images", 1000 * median(costly), "ms"),
        Measure("the same, to an ordinary prompt", ratio(costly, plain), "×"),
    ]


def _halves(server: Studio, quick: bool) -> list[Measure]:
    """Connections that send half a request and wait."""
    count = QUICK_HALVES if quick else HALVES
    with ExitStack() as stack:
        connections = []
        for _ in range(count):
            connection = stack.enter_context(closing(socket.socket()))
            connection.connect(("127.0.0.1", server.port))
            connection.sendall(b"GET /api/queue HTTP/1.1\r\nHost: 127.0.0.1\r\n")
            connections.append(connection)
        time.sleep(SETTLING)
        accepted = sum(map(_is_open, connections))
        time.sleep(QUICK_HALF_SECONDS if quick else HALF_SECONDS)
        left = sum(map(_is_open, connections))
    return [
        Measure(f"of {count} half requests: open at once", accepted, "", 256.0),
        Measure("open after their time", left, "", None if quick else 0.0),
    ]


def _is_open(connection: socket.socket) -> bool:
    connection.setblocking(False)
    with suppress(BlockingIOError):
        try:
            while connection.recv(1 << 16):
                pass
        except ConnectionError:
            pass
        return False
    return True


def _send(server: Studio, path: str, body: bytes, form: str) -> tuple[float, int]:
    """Seconds until the answer, and its status; 0 where the server closed before it was read."""
    head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\nContent-Type: {form}\r\n"
    began = time.perf_counter()
    with closing(socket.create_connection(("127.0.0.1", server.port), PATIENCE)) as connection:
        with suppress(ConnectionError):
            connection.sendall(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
        answer = b""
        with suppress(ConnectionError):
            answer = connection.recv(1 << 16)
    status = int(answer.split(b" ", 2)[1]) if answer else 0
    return time.perf_counter() - began, status


def _upload(server: Studio, data: bytes) -> float:
    """Seconds until an image is stored."""
    head = '--part\r\nContent-Disposition: form-data; name="file"; filename="a.jpg"\r\n\r\n'
    body = head.encode() + data + b"\r\n--part--\r\n"
    seconds, status = _send(server, "/api/assets", body, "multipart/form-data; boundary=part")
    if status != 201:
        raise RuntimeError(f"an upload was answered with {status}")
    return seconds


def _submit(client: Client, body: dict[str, object]) -> float:
    return client.timed(client.request("POST", "/api/generate", body))[0]


def _jpeg(side: int, scans: int) -> bytes:
    """A progressive JPEG whose last scan is repeated."""
    buffer = io.BytesIO()
    image = Image.linear_gradient("L").resize((side, side)).convert("RGB")
    image.save(buffer, "JPEG", progressive=True, quality=10)
    whole = buffer.getvalue()
    last = whole.rindex(b"\xff\xda")
    return whole[:last] + whole[last:-2] * (scans + 1) + b"\xff\xd9"
