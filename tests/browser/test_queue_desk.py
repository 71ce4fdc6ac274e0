"""The desk of the queue: order, edits, repetitions, and a connection that is cut again."""

import socket
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress

import httpx
from playwright.sync_api import Page, expect

from tests.browser.server import PATIENCE, StudioServer
from tests.browser.wall import MS, tasks, visit


def submit(studio: StudioServer, *prompts: str) -> list[str]:
    """Queue an image for each prompt; the ids of the tasks."""
    answers = [
        httpx.post(f"{studio.url}/api/generate", json={"prompt": text}, timeout=PATIENCE)
        for text in prompts
    ]
    return [answer.raise_for_status().json()["task_id"] for answer in answers]


def pause(studio: StudioServer) -> None:
    httpx.post(f"{studio.url}/api/queue/pause", timeout=PATIENCE).raise_for_status()


def order(page: Page) -> list[str]:
    return page.locator("qp-queue-monitor .tasks.waiting .task-title").all_inner_texts()


def test_waiting_tasks_are_reordered_edited_repeated_and_cancelled(
    page: Page, studio: StudioServer
) -> None:
    pause(studio)
    submit(studio, "desk one", "desk two", "desk three")
    visit(page, studio)
    rows = tasks(page, "pending")
    expect(rows).to_have_count(3)
    # with the pointer, by its thumbnail
    rows.nth(2).locator(".task-thumb").hover()
    page.mouse.down()
    box = rows.nth(0).bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 20, box["y"] + 20, steps=4)
    page.mouse.move(box["x"] + 20, box["y"] + 4, steps=4)
    page.mouse.up()
    expect(rows.nth(0)).to_contain_text("desk three")
    # with the keyboard; the focus stays on the row, and the place is announced
    rows.nth(0).locator(".task-thumb").focus()
    page.keyboard.press("Alt+ArrowDown")
    expect(rows.nth(1)).to_contain_text("desk three")
    expect(rows.nth(1).locator(".task-thumb")).to_be_focused()
    expect(page.locator("qp-notices .announcer")).to_have_text("Moved to place 2 of 3.")
    assert order(page) == ["desk one", "desk three", "desk two"]
    # edited in the form of its operation
    rows.nth(0).hover()
    rows.nth(0).get_by_role("button", name="Edit the parameters").click()
    editor = page.locator("qp-queue-monitor qp-task-editor")
    editor.get_by_label("Prompt", exact=True).fill("desk edited")
    editor.get_by_role("button", name="Save").click()
    expect(rows.nth(0)).to_contain_text("desk edited")
    expect(editor).to_be_hidden()
    # repeated, then all of it cancelled
    rows.nth(0).hover()
    rows.nth(0).get_by_role("button", name="More actions").click()
    page.get_by_role("menuitem", name="Repeat 2 times, new seeds", exact=True).click()
    expect(rows).to_have_count(5)
    queue = page.get_by_role("complementary", name="Queue")
    queue.get_by_role("button", name="Cancel all").click()
    expect(rows).to_have_count(0)


def test_the_status_bar_resumes_a_paused_queue(page: Page, studio: StudioServer) -> None:
    pause(studio)
    submit(studio, "waits for the status bar")
    visit(page, studio)
    bar = page.get_by_role("contentinfo")
    bar.get_by_role("button", name="Resume").click()
    expect(tasks(page, "completed").filter(has_text="waits for the status bar")).to_be_visible(
        timeout=MS
    )


@contextmanager
def cutting_proxy(port: int) -> Iterator[tuple[str, list[socket.socket]]]:
    """A proxy of the server: its address, and its open connections, to be cut."""
    connections: list[socket.socket] = []
    listener = socket.create_server(("127.0.0.1", 0))

    def copy(source: socket.socket, target: socket.socket) -> None:
        with source:  # each of the two threads of a connection closes its source
            with suppress(OSError):
                while data := source.recv(65536):
                    target.sendall(data)
            for end in (source, target):
                with suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)

    def serve() -> None:
        with suppress(OSError):
            while True:
                client, _ = listener.accept()
                server = socket.create_connection(("127.0.0.1", port))
                connections.extend((client, server))
                for ends in ((client, server), (server, client)):
                    threading.Thread(target=copy, args=ends, daemon=True).start()

    threading.Thread(target=serve, daemon=True).start()
    with closing(listener):
        yield f"http://127.0.0.1:{listener.getsockname()[1]}", connections
        listener.shutdown(socket.SHUT_RDWR)  # ends the waiting accept
    for connection in connections:
        with suppress(OSError):
            connection.shutdown(socket.SHUT_RDWR)


def test_a_page_whose_connections_are_cut_shows_the_servers_queue_at_the_end(
    page: Page, studio: StudioServer
) -> None:
    pause(studio)
    with cutting_proxy(studio.port) as (address, connections):
        page.goto(address)
        expect(page.locator("qp-queue-monitor .queue-summary")).to_contain_text("Paused")
        ids: list[str] = []
        for number in range(6):
            ids += submit(studio, f"cut {number}", f"cut {number} again")
            for connection in connections:
                with suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
            connections.clear()
            url = f"{studio.url}/api/tasks/{ids[-1]}"
            httpx.patch(url, json={"end": "top"}, timeout=PATIENCE).raise_for_status()
        listed = httpx.get(
            f"{studio.url}/api/tasks?status=pending&order=queue&limit=100", timeout=PATIENCE
        ).json()["items"]
        expected = [task["params"]["prompt"] for task in listed]
        titles = page.locator("qp-queue-monitor .tasks.waiting .task-title")
        expect(titles).to_have_text(expected, timeout=MS)
