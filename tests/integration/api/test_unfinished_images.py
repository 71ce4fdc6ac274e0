"""The images of a batch, before and after the end of their task."""

from core.worker.protocol import Finished, Output, Stored
from tests.in_process import InProcess, png


async def test_an_image_of_a_running_task_is_served_and_keeps_its_address(desk: InProcess) -> None:
    answer = await desk.http.post("/api/counting", json={"until": 4})
    task_id = answer.json()["task_id"]
    start = await desk.executor.next_start()
    blob = desk.services.assets.blobs.put(png("navy"))
    output = Output(
        port="image", index=0, kind="image", key=blob.key, type="image/png", size=blob.size
    )
    about = desk.executor.about(start)
    desk.executor.report(Stored(**about, output=output))

    task = (await desk.http.get(f"/api/tasks/{task_id}")).json()
    (image,) = task["progress"]["outputs"]
    assert task["outputs"] == []
    assert (await desk.http.get(image["url"])).content == png("navy")
    assert (await desk.http.get(image["url"].replace("/0", "/1"))).status_code == 404

    desk.executor.report(Finished(**about, outputs=(output,)))
    assert (await desk.services.tasks.wait(task_id, 10)).ended
    after = await desk.http.get(image["url"])
    assert (after.status_code, after.content) == (200, png("navy"))
    assert after.headers["content-type"] == "image/png"
