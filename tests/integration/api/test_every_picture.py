"""Every operation that takes an image, at each of its fields, against kinds of bad images.

Which operations and fields there are comes from the registry: a new one is covered by being there.
"""

from __future__ import annotations

import base64
import io
import sqlite3
from collections.abc import Callable, Mapping
from contextlib import closing
from typing import Any

import numpy as np
import pytest
from PIL import Image

from core.operations.declaration import registry
from core.operations.declaration.base import Operation
from core.operations.declaration.fields import port_fields
from tests.integration.api.pictures import encoded, not_pictures, png_that_claims
from tests.integration.process import Server
from tests.shares import share

SIZE = (40, 24)
# What an operation needs beside its required fields before it reads an image.
MORE: dict[str, dict[str, Any]] = {
    "outpaint": {"right": 8},
    "rembg": {"background": "image"},
    "save": {"file_name": "never/{uuid}"},
}
Taking = tuple[type[Operation], str, bool]
TAKING: list[Taking] = [
    (operation, field, fed.many)
    for operation in registry.load().operations()
    for field, fed in port_fields(operation).items()
    if fed.type in ("image", "mask")
]


def each_of(taking: list[Taking]) -> pytest.MarkDecorator:
    ids = [f"{operation.name}.{name}" for operation, name, _ in taking]
    return pytest.mark.parametrize(("operation", "field", "many"), taking, ids=ids)


def share_of(cases: Mapping[str, Any], operation: type[Operation], field: str) -> dict[str, Any]:
    """A part of the cases: one function reads all fields, of which the next has another part."""
    names = [(taking.name, name) for taking, name, _ in TAKING]
    return dict(share(list(cases.items()), names.index((operation.name, field))))


def uri(data: bytes) -> str:
    return f"data:image/png;base64,{base64.b64encode(data).decode()}"


def half() -> Image.Image:
    """Black at the left, white at the right."""
    image = Image.new("RGB", SIZE)
    image.paste("white", (SIZE[0] // 2, 0, *SIZE))
    return image


def seen_through() -> bytes:
    """A palette whose black is transparent."""
    picture = half().quantize(2)
    return encoded(picture, transparency=picture.getpixel((0, 0)))


def deep() -> bytes:
    """Grey of 16 bits."""
    return encoded(Image.fromarray(np.asarray(half().convert("L"), np.uint16) * 257))


def moving() -> bytes:
    return encoded(half(), "GIF", save_all=True, append_images=[Image.new("RGB", SIZE, "red")])


# All of them show the same: dark or transparent at the left, white at the right.
ODD: dict[str, Callable[[], bytes]] = {
    "CMYK": lambda: encoded(half().convert("CMYK"), "JPEG", quality=98),
    "16 bits": deep,
    "palette with alpha": seen_through,
    "grey with alpha": lambda: encoded(half().convert("LA")),
    "black and white": lambda: encoded(half().convert("1")),
    "animated": moving,
}
WRONG: dict[str, Any] = {
    "a number": 7,
    "a truth": True,
    "an object": {"asset": "x"},
    "an unfit reference": {"task": 5},
    "a list of lists": [[]],
    "nothing": "",
    "no such asset": "nothing",
    "no such task": {"task": "nobody"},
    "an address": "http://localhost/a.png",
    "a path": "/etc/passwd",
    "another media type": "data:text/html;base64,AAAA",
    "no base64": "data:image/png;base64,!!!",
    "without pixels": uri(png_that_claims(0, 5)),
    "huge": uri(png_that_claims(50_000, 50_000)),
    "over the limit": uri(png_that_claims(3000, 3000)),
    **{name: uri(data) for name, data in not_pictures().items()},
}


@pytest.fixture(scope="module")
def good(shared_server: Server) -> dict[str, str]:
    """An image, a mask and a drawing, stored before."""
    files = {"image": half(), "mask": half(), "tall": Image.new("L", (24, 40), "white")}
    assets = {
        name: str(shared_server.post("/api/assets", {"data": uri(encoded(picture))}, 201)["id"])
        for name, picture in files.items()
    }
    traced = shared_server.submit("vectorize", image=assets["image"])
    return {**assets, "svg": shared_server.done(traced)["outputs"][0]["asset_id"]}


# Images of the items of a list, which come with it: tested with tiny models of the engine.
WITH_ITEMS = frozenset({"control_image", "reference_image", "reference_mask", "region_mask"})


def asked(operation: type[Operation], good: dict[str, str]) -> dict[str, Any]:
    """A request that would be taken."""
    fed = port_fields(operation)
    filled = {
        name: good.get(fed[name].type, "x") if name in fed else "x"
        for name, field in operation.model_fields.items()
        if field.is_required()
        or (name in fed and fed[name].type in ("image", "mask") and name not in WITH_ITEMS)
    }
    return {**filled, **MORE.get(operation.name, {}), "hold": True}


def everything(studio: Server) -> tuple[Any, ...]:
    """All rows of all tables, and all files."""
    tables = ("assets", "tasks", "task_parents")
    database = f"file:{studio.data_dir / 'studio.db'}?mode=ro"
    with closing(sqlite3.connect(database, uri=True)) as connection:
        rows = {
            name: connection.execute(f"SELECT count(*) FROM {name}").fetchone() for name in tables
        }
    output = studio.data_dir / "output"
    return rows, sorted(studio.stored()), studio.partial(), sorted(output.rglob("*"))


@each_of(TAKING)
def test_what_is_no_picture_is_refused_by_its_field_and_leaves_nothing(
    studio: Server, good: dict[str, str], operation: type[Operation], field: str, many: bool
) -> None:
    before, unclear = everything(studio), []
    owner = field.rpartition("_")[0] if field in WITH_ITEMS else field
    wrong = {**WRONG, "a drawing": good["svg"]}
    if operation.model_fields[field].is_required():
        wrong["none"] = None
    if many:
        wrong |= {f"{name}, the second": [good["image"], value] for name, value in wrong.items()}
    for name, value in share_of(wrong, operation, field).items():
        answer = studio.http.post(
            f"/api/{operation.name}", json={**asked(operation, good), field: value}
        )
        problem = answer.json()
        refers = isinstance(value[-1] if isinstance(value, list) else value, dict)
        if problem.get("code") == "model_missing" and refers:
            continue  # said before anybody looks for a task
        named = str(problem.get("field")).partition(".")[0] in (field, owner)
        if answer.status_code not in (413, 422) or not named or not problem["detail"]:
            unclear.append((name, answer.status_code, problem))
    assert not unclear
    assert everything(studio) == before


@each_of([taking for taking in TAKING if taking[1] not in WITH_ITEMS])
def test_an_odd_picture_is_stored_as_what_it_shows_or_not_at_all(
    studio: Server, good: dict[str, str], operation: type[Operation], field: str, many: bool
) -> None:
    before = everything(studio)
    for name, make in share_of(ODD, operation, field).items():
        request = {**asked(operation, good), field: uri(make())}
        answer = studio.http.post(f"/api/{operation.name}", json=request)
        if answer.json().get("code") == "model_missing":
            assert everything(studio) == before
            continue
        assert answer.status_code == 202, (name, answer.text)
        task = studio.task(answer.json()["task_id"])
        studio.post(f"/api/tasks/{task['id']}/cancel")
        (stored_input,) = task["snapshot"]["inputs"][field]
        file = studio.http.get(f"/api/assets/{stored_input['id']}/file").content
        with Image.open(io.BytesIO(file)) as stored:
            assert (stored.mode in ("RGB", "RGBA"), stored.size) == (True, SIZE), name
            dark, light = (stored.convert("RGBA").getpixel((x, 12)) for x in (5, 35))
        assert isinstance(dark, tuple)
        assert isinstance(light, tuple)
        assert dark[3] == 0 or max(dark[:3]) < 60, (name, dark)
        assert min(light) > 240, (name, light)
        codes = [(warning["code"], warning["field"]) for warning in task["warnings"]]
        assert (("animation_dropped", field) in codes) == (name == "animated"), (name, codes)


@pytest.mark.parametrize(
    "operation",
    sorted({operation.name for operation, _, _ in TAKING if "mask" in operation.model_fields}),
)
def test_a_picture_that_came_with_a_refused_request_is_not_kept(
    studio: Server, good: dict[str, str], operation: str
) -> None:
    before = everything(studio)
    fresh = uri(encoded(Image.effect_noise(SIZE, 90).convert("RGB")))
    declared = registry.load().operation(operation)
    base = {**asked(declared, good), "image": fresh}
    for wrong in ({"mask": good["tall"]}, {"mask": uri(b"hello")}, {"model": "nobody"}):
        answer = studio.http.post(f"/api/{operation}", json={**base, **wrong})
        assert answer.status_code in (409, 422), answer.text
        assert answer.json()["field"] == next(iter(wrong))
    assert everything(studio) == before


def test_a_workflow_whose_second_step_is_refused_keeps_nothing_of_the_first(
    studio: Server, good: dict[str, str]
) -> None:
    before = everything(studio)
    fresh = uri(encoded(Image.effect_noise(SIZE, 90).convert("RGB")))
    bricks = [
        {"id": "a", "type": "filter", "props": {"image": fresh}},
        {"id": "b", "type": "filter", "props": {"image": "nothing"}},
    ]
    answer = studio.http.post("/api/workflows/run", json={"workflow": {"bricks": bricks}})
    assert (answer.status_code, answer.json()["field"]) == (422, "bricks.b.image")
    rows, files, *_ = everything(studio)
    assert rows == before[0]
    assert len(files) <= len(before[1]) + 1  # a file that no row names goes with the next sweep


def test_a_request_that_is_repeated_under_its_key_stores_its_picture_once(studio: Server) -> None:
    fresh = uri(encoded(Image.effect_noise(SIZE, 90).convert("RGB")))
    headers = {"Idempotency-Key": "one image"}
    before = everything(studio)[0]["assets"][0]
    request = {"image": fresh, "hold": True}
    first, again = (
        studio.http.post("/api/filter", json=request, headers=headers).json()["task_id"]
        for _ in range(2)
    )
    studio.post(f"/api/tasks/{first}/cancel")
    assert first == again
    assert everything(studio)[0]["assets"][0] == before + 1


def test_a_waiting_task_gets_another_picture_or_keeps_its_own(
    studio: Server, good: dict[str, str]
) -> None:
    task = studio.submit("filter", image=good["image"], hold=True)
    before = everything(studio)
    for wrong in (uri(b"hello"), "nothing"):
        answer = studio.http.patch(f"/api/tasks/{task}", json={"params": {"image": wrong}})
        assert (answer.status_code, answer.json()["field"]) == (422, "image")
    assert everything(studio) == before
    fresh = {"image": uri(moving())}
    answer = studio.http.patch(f"/api/tasks/{task}", json={"params": fresh})
    assert answer.status_code == 200, answer.text
    changed = studio.task(task)
    studio.post(f"/api/tasks/{task}/cancel")
    assert [warning["code"] for warning in changed["warnings"]] == ["animation_dropped"]
    assert studio.get(f"/api/assets/{changed['params']['image']}")["width"] == SIZE[0]
