"""Requests for the routes of datasets, in the order of a dataset's life."""

from io import BytesIO
from typing import Any

from tests.in_process import InProcess, form, png

Body = dict[str, Any]
RequestOfRoute = tuple[str, str, Body, dict[str, str]]


async def datasets(desk: InProcess) -> list[RequestOfRoute]:
    """Method, path, options and names of a request for every route; all succeed, in this order."""
    service = desk.services.images.datasets
    robots = await service.create("robots", "robot")
    await service.import_files(robots, [("a.png", BytesIO(png("red"))), ("b.png", BytesIO(png()))])
    image = (await desk.services.assets.upload(png("teal"))).id
    key = (await service.get("robots"))[1].images[0].key
    names = {"dataset": robots.id}
    record = "/api/datasets/{dataset}"

    def post(part: str, body: Body) -> RequestOfRoute:
        return "post", f"{record}/{part}", {"json": body}, names

    return [
        ("post", "/api/datasets", {"json": {"name": "castles"}}, {}),
        ("post", "/api/datasets/import", form(png("navy"), name="cars"), {}),
        ("get", "/api/datasets", {}, {}),
        ("get", record, {}, names),
        ("patch", record, {"json": {"trigger": None}}, names),
        ("get", f"{record}/images", {}, names),
        ("get", f"{record}/faults", {}, names),
        ("get", "/api/datasets/files/{key}/thumbnail", {}, {"key": key}),
        post("assets", {"ids": [image]}),
        post("captions", {"captions": {"a.png": "a red robot"}}),
        post("edit", {"prefix": "robot"}),
        post("remove", {"names": ["b.png"]}),
        ("get", f"{record}/report", {}, names),
        ("get", f"{record}/report.html", {}, names),
        post("fix", {"dry_run": True}),
        post("augment", {"samples": 2, "name": "robots, more"}),
        ("get", f"{record}/versions", {}, names),
        post("restore", {"version": 2}),
        ("delete", record, {}, {"dataset": "castles"}),
        ("delete", record, {}, names),
        post("recover", {}),
        ("delete", record, {}, names),
        post("purge", {}),
    ]
