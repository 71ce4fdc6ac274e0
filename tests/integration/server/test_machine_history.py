"""The machine over time over REST: measured soon, with the tasks that ran."""

from typing import Any

from tests.integration.conftest import MakeServer
from tests.integration.process import until


def test_the_history_holds_measurements_and_tasks(make_server: MakeServer) -> None:
    server = make_server(QPYT_SAMPLE_SECONDS="1").start()
    task_id = server.done(server.submit("empty"))["id"]

    def measured() -> dict[str, Any] | None:
        history = server.get("/api/system/history", params={"hours": 0.1, "points": 60})
        return history if history["series"] else None

    history = until("the machine is measured", measured)
    assert {"cpu", "memory", "disk"} <= {series["id"] for series in history["series"]}
    assert all(len(series["values"]) == 60 for series in history["series"])
    assert len(history["times"]) == 60
    assert [task["id"] for task in history["tasks"]] == [task_id]
    assert history["tasks"][0]["started_at"] <= history["tasks"][0]["finished_at"]
    for query in ({"hours": "nan"}, {"hours": 0}, {"points": 1}, {"points": 10**6}):
        assert server.http.get("/api/system/history", params=query).status_code == 422
