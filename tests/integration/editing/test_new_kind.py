"""A kind from a module outside the studio: wired, run item by item, served to clients."""

from collections.abc import Iterator

import pytest

from tests.integration.process import LAZY, Server

BRICKS = [
    {"id": "pick", "type": "pick_colours", "column": 0, "props": {"num_palettes": 2}},
    {"id": "count", "type": "count_colours", "column": 1},
]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    modules = {"QPYT_OPERATION_MODULES": "tests.operations.palette"}
    server = Server(tmp_path_factory.mktemp("palette") / "data", **modules, **LAZY).start()
    yield server
    server.stop()


def test_a_new_kind_is_wired_runs_once_per_item_and_is_served(server: Server) -> None:
    served = server.get("/api/operations")["kinds"]
    palette = next(kind for kind in served if kind["name"] == "palette")
    assert palette["storage"] == "json"
    assert palette["wire"]["light"]

    workflow = {"format": "qpyt.workflow/1", "bricks": BRICKS, "wires": []}
    wired = server.post("/api/workflows/wire", {"workflow": workflow})
    workflow = wired["workflow"]
    assert workflow["wires"] == [{"from": "pick.palette", "to": "count.palette"}]

    run = server.post("/api/workflows/run", {"workflow": workflow}, status=202)
    picked = server.done(run["tasks"]["pick"])
    assert [output["kind"] for output in picked["outputs"]] == ["palette", "palette"]
    counted = server.done(run["tasks"]["count"])
    assert [output["value"] for output in counted["outputs"]] == [2, 1]


def test_a_value_may_be_sent_as_such(server: Server) -> None:
    palette = {"task": "of the day", "colours": ["#000000"], "more": [1, 2]}
    done = server.done(server.submit("count_colours", palette=palette))
    assert [output["value"] for output in done["outputs"]] == [1]
