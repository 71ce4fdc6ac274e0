"""Runs that leave no trace: the newest wins, nothing is written, nothing hangs."""

import io
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import httpx
from PIL import Image

from tests.integration.api.pictures import png
from tests.integration.process import Server

LONG = {"until": 2000, "pause": 0.01}


def uploaded(studio: Server) -> str:
    """An image's asset id."""
    answer = studio.http.post("/api/assets", files={"file": ("p.png", png(), "image/png")})
    return str(answer.json()["id"])


def passing(studio: Server, operation: str, slot: str = "a", **params: Any) -> httpx.Response:
    """Ask for a transient run."""
    body = {**params, "transient": True, "slot": slot}
    return studio.http.post(f"/api/{operation}", json=body)


def picture(studio: Server, address: str) -> Image.Image:
    """The image at an address, decoded."""
    answer = studio.http.get(address)
    assert answer.status_code == 200, answer.text
    return Image.open(io.BytesIO(answer.content))


def test_a_look_equals_what_is_kept_and_leaves_no_trace(studio: Server) -> None:
    asset = uploaded(studio)
    settings = {"image": asset, "contrast": 1.5, "hue_angle": 40, "rotation_angle": 90}
    tasks, assets, files = (
        len(studio.all_tasks()),
        studio.get("/api/assets")["total"],
        len(studio.stored()),
    )
    answer = passing(studio, "filter", **settings)
    assert answer.status_code == 200, answer.text
    (output,) = answer.json()["outputs"]
    look = picture(studio, output["url"])
    assert (output["width"], output["height"]) == look.size == (16, 24)
    assert len(studio.all_tasks()) == tasks
    assert studio.get("/api/assets")["total"] == assets
    assert len(studio.stored()) == files
    kept = studio.done(studio.submit("filter", **settings))["outputs"][0]
    assert picture(studio, kept["url"]).tobytes() == look.tobytes()


def test_the_newest_result_of_a_slot_replaces_the_one_before(studio: Server) -> None:
    asset = uploaded(studio)
    first, other = (passing(studio, "filter", slot, image=asset).json() for slot in "xy")
    second = passing(studio, "filter", "x", image=asset, contrast=0).json()
    assert studio.http.get(first["outputs"][0]["url"]).json()["code"] == "not_found"
    for result in (second, other):
        assert picture(studio, result["outputs"][0]["url"]).size == (24, 16)


def overtaken(answer: Future[httpx.Response]) -> bool:
    """A newer request superseded this one."""
    response = answer.result(30)
    return (response.status_code, response.json().get("code")) == (409, "superseded")


def test_a_newer_request_stops_the_one_that_runs_in_its_slot_alone(studio: Server) -> None:
    with ThreadPoolExecutor(2) as pool:
        beside = pool.submit(passing, studio, "passing_count", slot="b", until=120, pause=0.01)
        running = pool.submit(passing, studio, "passing_count", **LONG)
        while not running.done():  # one may arrive before it, and is stopped by it then
            newer = passing(studio, "passing_count", until=3)
        assert newer.json()["outputs"][0]["value"] == {"from": 0, "to": 3}
        assert overtaken(running)
        assert beside.result(30).status_code == 200


def test_a_worker_that_dies_answers_with_an_error(studio: Server) -> None:
    answer = passing(studio, "passing_crash", how="kill")
    assert (answer.status_code, answer.json()["code"]) == (500, "worker_lost")
    assert passing(studio, "passing_crash", how="error").json()["code"] == "task_failed"
    assert passing(studio, "passing_count", until=1).status_code == 200


def test_what_cannot_be_done_without_a_trace_is_said_by_field(studio: Server) -> None:
    asset = uploaded(studio)
    uri = "data:image/png;base64,AAAA"
    for given in (uri, {"task": "01K"}):
        body = passing(studio, "filter", image=given).json()
        assert (body["code"], body["field"]) == ("invalid_input", "image")
    assert passing(studio, "filter", image=asset, contrast=9).json()["field"] == "contrast"
    assert passing(studio, "empty").json()["field"] in ("transient", "slot")
    assert studio.http.get("/api/transient/01K/0").json()["code"] == "not_found"
