"""The aliases for users of card-set studios answer as the calls that they stand for."""

from tests.in_process import InProcess


async def test_the_facts_of_a_set_have_their_usual_address(desk: InProcess) -> None:
    info = await desk.get("/api/sets/playing-cards/info")
    detail = await desk.get("/api/sets/playing-cards")
    assert info["item_count"] == detail["rows"] == 54
    assert info["prompt_template"] == detail["prompt_template"]
    assert (await desk.http.get("/api/sets/none/info")).status_code == 404


async def test_jobs_are_tasks(desk: InProcess) -> None:
    done = (await desk.run("empty", value=1))["id"]
    await desk.post("/api/queue/pause")
    waiting = await desk.submit("empty", value=2)
    jobs = await desk.get("/api/jobs")
    assert [job["id"] for job in jobs["queue"]] == [waiting]
    assert jobs["history"][0]["id"] == done
    assert jobs["current"] is None
    job = await desk.get(f"/api/jobs/{waiting}")
    assert (job["status"], job["operation"], job["params"]["value"]) == ("queued", "empty", 2)
    cancelled = await desk.http.delete(f"/api/jobs/{waiting}")
    assert cancelled.json()["status"] == "cancelled"
    for ended in (done, waiting):
        assert (await desk.http.delete(f"/api/jobs/{ended}")).status_code == 409
    assert (await desk.http.delete("/api/jobs/none")).status_code == 404


async def test_a_running_job_is_current_and_is_not_deleted(desk: InProcess) -> None:
    task_id = await desk.submit("counting")
    while (await desk.get(f"/api/tasks/{task_id}"))["status"] != "running":
        pass
    assert (await desk.get("/api/jobs"))["current"]["id"] == task_id
    assert (await desk.http.delete(f"/api/jobs/{task_id}")).status_code == 409
    await desk.post(f"/api/tasks/{task_id}/cancel")


async def test_a_configuration_is_merged_and_never_replaced(desk: InProcess) -> None:
    before = await desk.get("/api/config")
    seconds = before["stale_queue_seconds"] + 1
    changed = await desk.http.put("/api/config", json={"stale_queue_seconds": seconds})
    assert changed.json() == {**before, "stale_queue_seconds": seconds}
    whole = await desk.http.put("/api/config", json=before)
    assert whole.json() == before
    assert (await desk.http.put("/api/config", json={})).json() == before
    assert "data_dir" not in before
    for name, status in (("no_such_setting", 422), ("data_dir", 403)):
        refused = await desk.http.put("/api/config", json={name: "x"})
        assert (refused.status_code, refused.json()["field"]) == (status, name)
