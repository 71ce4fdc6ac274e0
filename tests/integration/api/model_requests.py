"""Requests for the routes of models, prompts and the queue as a whole."""

from tests.in_process import InProcess
from tests.integration.api.set_requests import Route, route


def model_routes(model: str) -> list[Route]:
    return [
        route("get", "/models"),
        route("get", "/models/{model_id}/fit", model_id=model),
        route("post", "/models/{model_id}/unload", model_id=model),
        route("get", "/loras"),
        route("get", "/controls"),
        route("get", "/references"),
    ]


async def prompt_routes(desk: InProcess) -> list[Route]:
    category = (await desk.get("/api/vocabulary"))["items"][0]["id"]
    word = {"category": category, "word": "velvety"}
    return [
        route("get", "/styles"),
        route("get", "/wildcards"),
        route("get", "/vocabulary"),
        route("post", "/vocabulary", {"json": word}),
        route("delete", "/vocabulary/{category}/{word}", **word),
    ]


def queue_routes(done: str) -> list[Route]:
    """Requests of the queue as a whole, and of several tasks."""
    return [
        route("post", "/tasks/{task_id}/repeat", {"json": {"times": 2}}, task_id=done),
        route("post", "/tasks/cancel", {"json": {}}),
        route("post", "/tasks/retry", {"json": {}}),
        route("post", "/tasks/release", {"json": {}}),
        route("get", "/queue"),
        route("get", "/queue/snapshot"),
        route("patch", "/queue", {"json": {"auto_run": True}}),
        route("post", "/queue/clear"),
        route("post", "/queue/pause"),
        route("post", "/queue/resume"),
        route("post", "/system/workers/{lane}/restart", lane="cpu"),
        route("post", "/system/clean"),
        route("post", "/models/unload"),
    ]
