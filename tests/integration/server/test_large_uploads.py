"""Large and slow uploads: memory stays flat, and the server stops whatever is decoded."""

import signal
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import cache
from io import BytesIO

import httpx
import psutil
from PIL import Image

from tests.child_processes import alive
from tests.integration.conftest import MakeServer
from tests.integration.process import Server, until

SIDE = 7000  # 49 million pixels
MEBIBYTE = 1 << 20


def encoded(form: str, **options: object) -> bytes:
    buffer = BytesIO()
    Image.linear_gradient("L").resize((SIDE, SIDE)).convert("RGB").save(buffer, form, **options)
    return buffer.getvalue()


@cache
def slow_jpeg() -> bytes:
    """Progressive, with nearly as many scans as are accepted."""
    whole = encoded("JPEG", progressive=True, quality=10)
    last = whole.rindex(b"\xff\xda")
    return whole[:last] + whole[last:-2] * 50 + b"\xff\xd9"


def send(server: Server, data: bytes) -> int:
    files = {"file": ("large", data, "image/png")}
    return httpx.post(f"{server.url}/api/assets", files=files, timeout=120).status_code


def try_to_send(server: Server, data: bytes) -> None:
    with suppress(httpx.HTTPError):
        send(server, data)


def decoding(server: Server) -> psutil.Process | None:
    """The decoder process, once it is at work."""
    for process in server.process.children():
        with suppress(psutil.NoSuchProcess):
            if "core.store.decoding.child" in process.cmdline():
                busy = process.memory_info().rss > 150 * MEBIBYTE
                return process if busy else None
    return None


def memory(server: Server) -> int:
    total = 0
    for process in (server.process, *server.process.children(recursive=True)):
        with suppress(psutil.NoSuchProcess):
            total += process.memory_info().rss
    return total


def test_six_uploads_of_the_largest_size_take_little_memory(
    make_server: MakeServer,
) -> None:
    server = make_server().start()
    data = encoded("JPEG")
    before = peak = memory(server)
    with ThreadPoolExecutor(6) as clients:
        uploads = [clients.submit(send, server, data) for _ in range(6)]
        while not all(upload.done() for upload in uploads):
            peak = max(peak, memory(server))
            time.sleep(0.02)
    assert [upload.result() for upload in uploads] == [201] * 6
    assert peak - before < 300 * MEBIBYTE


def test_the_server_stops_whatever_is_decoded(make_server: MakeServer) -> None:
    server = make_server().start()
    with ThreadPoolExecutor(3) as clients:
        for _ in range(3):
            clients.submit(try_to_send, server, slow_jpeg())
        process = until("a decode is under way", lambda: decoding(server))
        assert server.stop(30) == 0
    assert not alive(process)


def test_a_second_signal_ends_the_server_at_once(make_server: MakeServer) -> None:
    server = make_server().start()
    server.reached(server.submit("counting", until=100_000, pause=0.01), "counting")
    process, workers = server.process, server.workers()
    process.send_signal(signal.SIGTERM)
    time.sleep(0.5)
    assert alive(process)
    process.send_signal(signal.SIGTERM)
    process.wait(2)
    until("the workers end", lambda: not any(map(alive, workers)), 10)
