"""History over REST: notes, filters, comparing, restoring, days, pages, and quick actions."""

from typing import Any

import pytest

from core.history.zones import zone_of
from tests.in_process import InProcess, png

HOSTILE = "</style><script>alert(1)</script>"
TODAY = zone_of("UTC").today


async def patch(desk: InProcess, task_id: str, note: str) -> Any:
    answer = await desk.http.patch(f"/api/tasks/{task_id}", json={"note": note})
    assert answer.status_code == 200, answer.text
    return answer.json()


async def restored(desk: InProcess, task_id: str, **body: Any) -> Any:
    return await desk.post(f"/api/tasks/{task_id}/restore", body)


# Notes and filters


@pytest.mark.parametrize("operation", ["empty", "crash", "counting"])
async def test_a_task_in_any_state_takes_a_note(desk: InProcess, operation: str) -> None:
    task_id = await desk.submit(operation)
    assert (await patch(desk, task_id, "  the best\nof all  "))["note"] == "the best\nof all"
    assert (await desk.get(f"/api/tasks/{task_id}"))["note"] == "the best\nof all"
    assert (await patch(desk, task_id, ""))["note"] is None


async def test_a_note_and_a_change_of_an_ended_task_are_refused_together(desk: InProcess) -> None:
    task_id = (await desk.run("empty"))["id"]
    answer = await desk.http.patch(f"/api/tasks/{task_id}", json={"note": "x", "priority": 20})
    assert answer.status_code == 409
    assert (await desk.get(f"/api/tasks/{task_id}"))["note"] is None


@pytest.mark.parametrize("note", ['"' + "x" * 10_001 + '"', r'"a\u0000b"', r'"\ud800"', "7"])
async def test_a_note_that_cannot_be_stored_is_refused(desk: InProcess, note: str) -> None:
    task_id = await desk.submit("empty")
    headers = {"Content-Type": "application/json"}
    body = f'{{"note": {note}}}'
    answer = await desk.http.patch(f"/api/tasks/{task_id}", content=body, headers=headers)
    assert answer.status_code == 422
    assert answer.json()["field"] in ("note", None)


@pytest.mark.parametrize("text", ["käfer", "Glowing", "käfer glowing", "50%", "a_b"])
async def test_notes_and_parameters_are_found_by_their_words(desk: InProcess, text: str) -> None:
    drawn = await desk.submit("generate", prompt="a glowing käfer, 50% a_b", hold=True)
    noted = await desk.submit("generate", prompt="another", hold=True)
    await patch(desk, noted, "glowing käfer 50% a_b")
    await desk.submit("generate", prompt="nothing of it: axb 501", hold=True)
    items = (await desk.get("/api/tasks", params={"text": text}))["items"]
    assert {task["id"] for task in items} == {drawn, noted}


async def test_tasks_are_found_by_day_and_model(desk: InProcess) -> None:
    task_id = (await desk.run("empty"))["id"]
    day = TODAY().isoformat()
    today = await desk.get("/api/tasks", params={"date": day, "tz": "UTC"})
    assert [task["id"] for task in today["items"]] == [task_id]
    other = await desk.get("/api/tasks", params={"date": "2001-01-01", "tz": "UTC"})
    assert other["total"] == 0
    assert (await desk.get("/api/tasks", params={"model": "nano"}))["total"] == 0


@pytest.mark.parametrize("query", ["date=yesterday", "date=2026-01-31&tz=Mars/Olympus"])
async def test_a_day_or_zone_that_does_not_exist_is_refused(desk: InProcess, query: str) -> None:
    assert (await desk.http.get(f"/api/tasks?{query}")).status_code == 422


# Restoring and comparing


@pytest.mark.parametrize(
    ("operation", "hold"), [("empty", False), ("crash", False), ("empty", True)]
)
async def test_every_task_restores_whatever_became_of_it(
    desk: InProcess, operation: str, hold: bool
) -> None:
    task_id = await desk.submit(operation, **({"hold": True} if hold else {}))
    if hold:
        await desk.post(f"/api/tasks/{task_id}/cancel")
    answer = await restored(desk, task_id)
    assert answer["workflow"]["bricks"][0]["type"] == operation
    assert answer["missing"] == []


async def test_a_missing_model_is_said_and_kept(desk: InProcess) -> None:
    params = {
        "prompt": "a house",
        "loras": [{"name": "gone", "weight": 0.5}],
        "lora_policy": "skip",
    }
    task_id = await desk.submit("generate", **params, hold=True)
    answer = await restored(desk, task_id)
    assert answer["missing"] == []  # skipped ones never were in the parameters
    image = await desk.services.assets.upload(png())
    snapshot = {"operation": "generate", "params": {"prompt": "x", "model": "gone"}}
    await desk.services.assets.add(
        image.__class__(**{**_fields(image), "id": "0" * 26, "metadata": {"qpyt": snapshot}})
    )
    answer = await desk.post(f"/api/assets/{'0' * 26}/restore")
    assert [missing["name"] for missing in answer["missing"]] == ["gone"]
    assert "gone" in str(answer["workflow"])


def _fields(asset: Any) -> dict[str, Any]:
    return {name: getattr(asset, name) for name in type(asset).__slots__}


async def test_a_random_seed_is_restored_as_it_fell_or_as_it_was_chosen(desk: InProcess) -> None:
    task_id = await desk.submit("generate", prompt="a house", hold=True)
    same, policy = await restored(desk, task_id), await restored(desk, task_id, seeds="policy")
    assert same["seed_policy"] == policy["seed_policy"] == "random"
    assert same["seed"] == policy["seed"] is not None
    seeds = [
        [
            brick["props"].get("seed")
            for brick in answer["workflow"]["bricks"]
            if "seed" in brick["props"]
        ]
        for answer in (same, policy)
    ]
    assert seeds == [[same["seed"]], [None]]
    fixed = await desk.submit("generate", prompt="a house", seed=7, hold=True)
    assert "7" in str((await restored(desk, fixed, seeds="policy"))["workflow"])


async def test_the_last_success_is_the_newest_completed_task_with_a_brick(desk: InProcess) -> None:
    assert (await desk.http.get("/api/history/last-success")).status_code == 404
    good = (await desk.run("empty", value=5))["id"]
    await desk.run("crash")
    answer = await desk.get("/api/history/last-success")
    assert (answer["task_id"], answer["restored"]["operation"]) == (good, "empty")


async def test_two_tasks_are_compared_with_their_pixels(desk: InProcess) -> None:
    first, second = await desk.run("painting"), await desk.run("painting", count=2)
    answer = await desk.get(f"/api/tasks/compare?a={first['id']}&b={second['id']}")
    count = next(field for field in answer["fields"] if field["name"] == "count")
    assert (count["a"], count["b"], count["differs"]) == (1, 2, True)
    assert answer["pixels"] == {"max": 0, "mean": 0.0, "changed": 0, "pixels": 256}


async def test_the_pixels_of_images_of_two_sizes_are_not_compared(desk: InProcess) -> None:
    ids = [(await desk.services.assets.upload(png("red", side))).id for side in (16, 8)]
    same = [(await desk.services.assets.upload(png(colour))).id for colour in ("red", "black")]
    assert (await desk.get(f"/api/assets/compare?a={ids[0]}&b={ids[1]}"))["pixels"] is None
    pixels = (await desk.get(f"/api/assets/compare?a={same[0]}&b={same[1]}"))["pixels"]
    assert (pixels["max"], pixels["changed"], pixels["pixels"]) == (255, 256, 256)


async def test_an_image_without_a_snapshot_does_not_run_again(desk: InProcess) -> None:
    image = await desk.services.assets.upload(png())
    answer = await desk.http.post(f"/api/assets/{image.id}/replay")
    assert (answer.status_code, answer.json()["field"]) == (422, "asset_id")


# Days and pages


async def test_the_page_of_a_day_has_all_tasks_escaped_and_its_images(desk: InProcess) -> None:
    painted, failed = await desk.run("painting"), await desk.run("crash")
    hostile = await desk.submit("generate", prompt=HOSTILE, hold=True)
    await patch(desk, hostile, HOSTILE)
    answer = await desk.http.get(f"/history/{TODAY().isoformat()}?tz=UTC")
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    policy = answer.headers["content-security-policy"]
    assert "sandbox" in policy
    assert "default-src 'none'" in policy
    assert "script" not in policy.replace("sandbox", "")
    assert HOSTILE not in answer.text
    assert "<script" not in answer.text
    for task_id in (painted["id"], failed["id"], hostile):
        assert task_id in answer.text
    assert "data:image/webp;base64," in answer.text
    assert failed["error"]["detail"] in answer.text


async def test_days_have_their_tasks_by_state_and_a_page_each(desk: InProcess) -> None:
    await desk.run("empty")
    await desk.run("crash")
    (day,) = (await desk.get("/api/history", params={"tz": "UTC"}))["items"]
    assert day == {"date": TODAY().isoformat(), "total": 2, "counts": {"completed": 1, "failed": 1}}
    index = await desk.http.get("/history?tz=UTC")
    assert f'href="/history/{day["date"]}?tz=UTC"' in index.text
    log = await desk.get(f"/api/history/{day['date']}", params={"tz": "UTC"})
    assert [entry["status"] for entry in log["items"]] == ["failed", "completed"]


async def test_a_day_of_more_tasks_than_a_page_is_whole(desk: InProcess) -> None:
    ids = [await desk.submit("empty", hold=True) for _ in range(205)]
    log = await desk.get(f"/api/history/{TODAY().isoformat()}", params={"tz": "UTC"})
    assert [entry["id"] for entry in log["items"]] == ids[::-1]


# Quick actions


async def test_an_undo_brings_deleted_images_back(desk: InProcess) -> None:
    images = [(await desk.services.assets.upload(png(c))).id for c in ("red", "blue")]
    for image in images:
        await desk.http.delete(f"/api/assets/{image}")
    action = (await desk.get("/api/history/undo"))["action"]
    assert (action["kind"], sorted(action["ids"])) == ("images", sorted(images))
    assert (await desk.post("/api/history/undo"))["label"] == "Delete 2 images"
    for image in images:
        assert (await desk.get(f"/api/assets/{image}"))["id"] == image


async def test_an_undo_queues_cancelled_tasks_again(desk: InProcess) -> None:
    task_id = await desk.submit("empty", hold=True)
    await desk.post(f"/api/tasks/{task_id}/cancel")
    assert (await desk.post("/api/history/undo"))["kind"] == "tasks"
    assert (await desk.get(f"/api/tasks/{task_id}"))["status"] != "cancelled"


async def test_an_undo_restores_the_workflow_that_was_deleted_last(desk: InProcess) -> None:
    await desk.http.put("/api/workflows/wall", json={"bricks": []})
    await desk.http.delete("/api/workflows/wall")
    assert (await desk.post("/api/history/undo"))["name"] == "wall"
    assert (await desk.get("/api/workflows/wall"))["name"] == "wall"
    answer = await desk.http.post("/api/history/undo")
    assert answer.status_code == 404


async def test_clearing_keeps_images_workflows_notes_and_what_still_runs(desk: InProcess) -> None:
    painted = await desk.run("painting")
    noted, waiting = (await desk.run("empty"))["id"], await desk.submit("empty", hold=True)
    await patch(desk, noted, "keep me")
    await desk.http.put("/api/workflows/wall", json={"bricks": []})
    assert await desk.post("/api/history/clear") == {"tasks": 1, "kept": 1, "previews": 0}
    left = {task["id"] for task in (await desk.get("/api/tasks"))["items"]}
    assert left == {noted, waiting}
    image = painted["outputs"][0]["asset_id"]
    assert (await desk.get(f"/api/assets/{image}"))["id"] == image
    assert (await desk.get("/api/workflows/wall"))["name"] == "wall"
