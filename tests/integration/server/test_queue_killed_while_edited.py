"""`kill -9` of the server during reorders and edits: every acknowledged change is kept."""

import random
import threading
import time
from typing import Any

import httpx

from tests.integration.conftest import MakeServer
from tests.integration.process import Server

TASKS = 12
KILLS = 2


class Editor:
    """Moves and edits waiting tasks one after the other, and keeps what was acknowledged.

    `order` and `values` follow each acknowledgement; `unknown` is the change whose answer is lost.
    """

    def __init__(self, order: list[str], seed: int) -> None:
        self.order = order
        self.values = dict.fromkeys(order, 0)
        self.unknown: tuple[str, dict[str, Any]] | None = None
        self.changes = 0
        self._random = random.Random(seed)

    def work(self, url: str) -> None:
        """Change tasks until the server is gone."""
        with httpx.Client(base_url=url, trust_env=False, timeout=30) as http:
            while True:
                self.unknown = task, change = self._draw()
                try:
                    http.patch(f"/api/tasks/{task}", json=change).raise_for_status()
                except httpx.TransportError:
                    return
                self.order, self.values = self.after(task, change)
                self.unknown = None
                self.changes += 1

    def _draw(self) -> tuple[str, dict[str, Any]]:
        task, other = self._random.sample(self.order, 2)
        changes: list[dict[str, Any]] = [
            {"before": other},
            {"after": other},
            {"end": "top"},
            {"end": "bottom"},
            {"params": {"value": self._random.randrange(1000)}},
        ]
        return task, self._random.choice(changes)

    def after(self, task: str, change: dict[str, Any]) -> tuple[list[str], dict[str, int]]:
        """The order and the values after a change."""
        if "params" in change:
            return self.order, {**self.values, task: change["params"]["value"]}
        others = [other for other in self.order if other != task]
        neighbour = change.get("before") or change.get("after")
        if neighbour:
            place = others.index(neighbour) + int("after" in change)
        else:
            place = 0 if change["end"] == "top" else len(others)
        return [*others[:place], task, *others[place:]], self.values


def stored(server: Server) -> tuple[list[str], dict[str, int]]:
    """The order and the values that the server has."""
    waiting = server.get("/api/queue/snapshot?limit=100")["waiting"]
    return (
        [task["id"] for task in waiting],
        {task["id"]: task["params"]["value"] for task in waiting},
    )


def test_acknowledged_reorders_and_edits_outlive_a_killed_server(make_server: MakeServer) -> None:
    server = make_server().start()
    server.post("/api/queue/pause")
    ids = [server.post("/api/empty", {"value": 0}, status=202)["task_id"] for _ in range(TASKS)]
    editor = Editor(ids, seed=7)
    for kill in range(KILLS):
        done = editor.changes
        thread = threading.Thread(target=editor.work, args=[server.url], daemon=True)
        thread.start()
        while editor.changes < done + 20 + 7 * kill:
            assert thread.is_alive(), "every change is accepted"
            time.sleep(0.002)
        server.kill()
        thread.join()
        server.start()
        possible = [(editor.order, editor.values)]
        if editor.unknown is not None:
            possible.append(editor.after(*editor.unknown))
        state = stored(server)
        assert state in possible
        editor.order, editor.values = state
