"""Saved workflows over REST: the library, validation by brick, forms, presets."""

import json
from typing import Any

from core.errors import ModelMissing
from core.models.families import FAMILIES
from tests.in_process import InProcess

WALL: dict[str, Any] = {
    "bricks": [
        {"id": "paint", "type": "painting", "props": {"count": 2}, "exposed": ["count"]},
        {"id": "seen", "type": "image_output", "column": 1},
    ],
    "wires": [{"from": "paint.image", "to": "seen.image"}],
}


async def save(desk: InProcess, name: str, wall: Any) -> None:
    response = await desk.http.put(f"/api/workflows/{name}", json=wall)
    assert response.is_success, response.text


async def validate(desk: InProcess, wall: Any, **more: Any) -> dict[str, Any]:
    body: dict[str, Any] = await desk.post("/api/workflows/validate", {"workflow": wall, **more})
    return body


async def test_a_workflow_is_renamed_copied_tagged_deleted_and_restored(desk: InProcess) -> None:
    await save(desk, "house", WALL)
    changed = await desk.http.patch("/api/workflows/house", json={"name": "home", "tags": ["a"]})
    assert (changed.json()["name"], changed.json()["tags"]) == ("home", ["a"])
    copy = await desk.post("/api/workflows/home/duplicate")
    assert (copy["name"], copy["exposed"]) == ("home 2", 1)
    taken = await desk.http.patch("/api/workflows/home", json={"name": "home 2"})
    assert (taken.status_code, taken.json()["field"]) == (409, "name")
    body = {"name": "home 2", "tags": ["b"]}
    assert (await desk.http.patch("/api/workflows/home", json=body)).status_code == 409
    matches = await desk.get("/api/workflows", params={"tag": "b"})
    assert matches["items"] == [], "a refused change changes nothing"
    assert (await desk.http.delete("/api/workflows/home")).status_code == 204
    assert [item["name"] for item in (await desk.get("/api/trash/workflows"))["items"]] == ["home"]
    assert (await desk.post("/api/workflows/home/restore"))["name"] == "home"
    matches = await desk.get("/api/workflows", params={"q": "HOME", "tag": "a"})
    assert {item["name"] for item in matches["items"]} == {"home", "home 2"}


async def test_a_version_is_restored(desk: InProcess) -> None:
    for count in (1, 2):
        wall = {"bricks": [{"id": "paint", "type": "painting", "props": {"count": count}}]}
        await save(desk, "house", wall)
    [version] = (await desk.get("/api/workflows/house/versions"))["items"]
    address = f"/api/workflows/house/versions/{version['id']}"
    assert (await desk.get(address))["bricks"][0]["props"] == {"count": 1}
    await desk.post(f"{address}/restore")
    assert (await desk.get("/api/workflows/house"))["bricks"][0]["props"] == {"count": 1}


async def test_the_last_result_is_the_thumbnail(desk: InProcess) -> None:
    await save(desk, "house", WALL)
    run = await desk.post("/api/workflows/house/run", headers={"Prefer": "wait=20"})
    image = run["results"]["paint"]["outputs"][0]
    assert run["results"]["paint"]["labels"] == {"workflow": "house"}
    await desk.services.workflows.folder.stop()  # it ends what it began
    [entry] = (await desk.get("/api/workflows"))["items"]
    assert entry["thumbnail_url"] == image["thumbnail_url"]


async def test_a_form_lists_the_exposed_fields_and_their_inputs_run(desk: InProcess) -> None:
    await save(desk, "house", WALL)
    form = await desk.get("/api/workflows/house/form")
    [field] = form["fields"]
    assert (field["input"], field["value"], field["schema"]["type"]) == (
        "paint.count",
        2,
        "integer",
    )
    assert form["results"] == ["seen"]
    body = {"inputs": {field["input"]: 1}}
    headers = {"Prefer": "wait=20"}
    run = await desk.post("/api/workflows/house/run", body, headers=headers)
    assert len(run["results"]["paint"]["outputs"]) == 1


async def test_every_fault_is_named_at_its_brick(desk: InProcess) -> None:
    bricks = [
        {"id": "odd", "type": "nothing"},
        {"id": "p", "type": "prompt", "props": {"prompt": "a cat", "mood": "sad"}},
        {"id": "g", "type": "generate", "props": {"prompt": "a cat", "model": "sdxl-base"}},
        {"id": "up", "type": "upscale"},
        {"id": "down", "type": "upscale"},
    ]
    wires = [
        {"from": "p.prompt", "to": "g.settings"},
        {"from": "up.image", "to": "down.image"},
        {"from": "down.image", "to": "up.image"},
    ]
    answer = await validate(desk, {"bricks": bricks, "wires": wires})
    faults = {(fault["brick"], fault["code"], fault["severity"]) for fault in answer["faults"]}
    assert not answer["valid"]
    assert faults == {
        ("odd", "invalid_workflow", "error"),
        ("p", "prop_ignored", "warning"),
        ("g", "invalid_workflow", "error"),
        ("g", "model_missing", "error"),
        ("up", "invalid_workflow", "error"),
        ("down", "invalid_workflow", "error"),
    }
    missing = next(fault for fault in answer["faults"] if fault["code"] == "model_missing")
    assert [pull["id"] for pull in missing["pull"]] == ["sdxl-base"]
    run = await desk.http.post(
        "/api/workflows/run", json={"workflow": {"bricks": bricks, "wires": wires}}
    )
    assert run.status_code == 422
    assert {error["field"].split(".")[1] for error in run.json()["errors"]} == {"odd", "g"}


async def test_a_run_names_all_bricks_that_cannot_run(desk: InProcess) -> None:
    props = {"prompt": "a cat"}
    bricks = [
        {"id": "a", "type": "generate", "props": {**props, "model": "sdxl-base"}},
        {"id": "b", "type": "generate", "props": {**props, "model": "flux1-dev"}},
        {"id": "c", "type": "painting", "props": {"count": 0}},
    ]
    response = await desk.http.post("/api/workflows/run", json={"workflow": {"bricks": bricks}})
    problem = response.json()
    assert (response.status_code, problem["code"]) == (409, ModelMissing.code)
    places = [error["field"] for error in problem["errors"]]
    assert places == ["bricks.a.model", "bricks.b.model", "bricks.c.count"]
    assert {"sdxl-base", "flux1-dev"} <= {pull["id"] for pull in problem["pull"]}
    assert (await desk.get("/api/tasks"))["total"] == 0


async def test_validation_takes_inputs_and_stores_nothing(desk: InProcess) -> None:
    bad = await validate(desk, WALL, inputs={"paint.count": 0})
    assert [(fault["brick"], fault["field"]) for fault in bad["faults"]] == [("paint", "count")]
    good = await validate(desk, WALL, inputs={"paint.count": 1})
    assert (good["valid"], good["runs"], good["waits"]) == (True, ["paint"], [])
    assert (await desk.get("/api/tasks"))["total"] == 0


async def test_a_file_changed_on_disk_is_an_event(desk: InProcess) -> None:
    folder = desk.services.settings.workflows_dir
    with desk.services.bus.subscribe() as events:
        await desk.services.workflows.saved.publish_changes()
        folder.mkdir(exist_ok=True)
        (folder / "dropped.json").write_text(json.dumps(WALL), encoding="utf-8")
        changes: list[Any] = []
        while not changes:
            await events.wait()
            changes += [event.data for event in events.take() if event.type == "workflow"]
        assert changes == [{"name": "dropped", "change": "saved"}]
    assert [item["name"] for item in (await desk.get("/api/workflows"))["items"]] == ["dropped"]


async def test_each_family_has_a_preset_that_names_what_is_missing(desk: InProcess) -> None:
    presets = {item["name"]: item for item in (await desk.get("/api/presets/workflows"))["items"]}
    for family in FAMILIES.values():
        if "generate" not in family.modes:
            continue
        preset = presets[f"text-to-image-{family.id}"]
        response = await desk.http.post(f"/api/workflows/{preset['name']}/run", json={})
        if not preset["missing"]:
            assert response.status_code == 202, (family.id, response.text)
            continue
        assert (response.status_code, response.json()["code"]) == (409, ModelMissing.code)
        [missing] = preset["missing"]
        assert response.json()["field"] == f"bricks.{missing['brick']}.{missing['field']}"
        assert response.json().get("pull", []) == missing["pull"]
    assert presets["first-picture"]["missing"] == []
