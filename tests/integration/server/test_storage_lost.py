"""Work is refused with 503 and the reason where it could not survive the server."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.integration.conftest import MakeServer


def overwrite(data_dir: Path) -> None:
    with (data_dir / "studio.db").open("r+b") as stream:
        stream.write(b"not a database " * 40_000)


@pytest.mark.parametrize("damage", [shutil.rmtree, overwrite], ids=["removed", "overwritten"])
def test_no_task_is_accepted_without_sound_storage(
    make_server: MakeServer, damage: Callable[[Path], None]
) -> None:
    server = make_server().start()
    server.opened()
    workflow = server.get("/api/tasks/" + server.submit("empty", value=1) + "/workflow")
    damage(server.data_dir)
    submissions = {
        "/api/empty": {"value": 1},
        "/api/generate": {"prompt": "a house"},
        "/api/workflows/run": {"workflow": workflow},
    }
    for path, body in submissions.items():
        answer = server.http.post(path, json=body)
        assert answer.status_code == 503, answer.text
        assert answer.json()["code"] == "storage_unavailable"
        assert any(word in answer.json()["detail"] for word in ("gone", "damaged"))
        assert answer.json()["fix"]
    readiness = server.http.get("/api/health/ready")
    assert readiness.status_code == 503
    assert isinstance(readiness.json()["checks"]["storage"], str)
    assert server.get("/api/health")["status"] == "ok"
    if damage is shutil.rmtree:
        assert not server.data_dir.exists(), "nothing creates it anew"
    assert server.stop() == 0
