"""Names that strangers choose: as paths, as settings, as markup. Nothing of it is ever followed."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.integration.process import Server

SECRET = "canary 7c1f"
IMG = "<img src=x onerror=alert(1)>"


@pytest.fixture
def canaries(studio: Server) -> Iterator[list[Path]]:
    """Files beside and inside the data directory that no request may read, change or remove."""
    folder = studio.data_dir.parent
    paths = [folder / "canary.json", folder / "canary.txt", studio.data_dir / "canary.json"]
    for path in paths:
        path.write_text(SECRET, encoding="utf-8")
    yield paths
    for path in paths:
        assert path.read_text(encoding="utf-8") == SECRET
    assert (studio.data_dir / "studio.db").exists()


def spellings(path: Path) -> list[str]:
    """Ways to say "the file over there", each as it stands in a URL."""
    up = [f"../{path.name}", f"../../{path.name}", f"../data/{path.name}", f"./../{path.name}"]
    stems = [f"../{path.stem}", f"../data/{path.stem}", f"..\\{path.stem}", f"....//{path.stem}"]
    plain = [*up, *stems, str(path), str(path.with_suffix("")), f"/{path}", f"file://{path}"]
    encoded = [quote(name, safe="") for name in plain]
    twice = [quote(name, safe="") for name in encoded[:6]]
    odd = [
        f"..%2f{path.name}",
        f"..%5c{path.name}",
        f"%2e%2e%2f{path.name}",
        f"%2e%2e/{path.name}",
        f"..%252f{path.name}",
        f"..%c0%af{path.name}",
        f"..%ef%bc%8f{path.name}",
        f"{path.stem}%00",
        f"%00{path.name}",
        f"{path.stem}.json%00.png",
        "..",
        "%2e%2e",
        ".",
        "%2e",
        "..%2f..%2f..%2f..%2f..%2f..%2fetc%2fpasswd",
        "%2fetc%2fpasswd",
        "C:%5cwindows%5cwin.ini",
        "%5c%5chost%5cshare%5cfile",
        "CON",
        "NUL.json",
        "~%2fcanary",
        "canary.json::$DATA",
        "http:%2f%2fevil.example%2fx",
        "%0d%0aSet-Cookie:%20a=b",
    ]
    return encoded + twice + odd


ROUTES = [
    ("GET", "/api/workflows/{}"),
    ("PUT", "/api/workflows/{}"),
    ("DELETE", "/api/workflows/{}"),
    ("POST", "/api/workflows/{}/run"),
    ("POST", "/api/workflows/{}/restore"),
    ("POST", "/api/workflows/{}/duplicate"),
    ("GET", "/api/workflows/{}/versions"),
    ("GET", "/api/workflows/{}/form"),
    ("GET", "/api/workflows/house/versions/{}"),
    ("GET", "/api/presets/workflows/{}"),
    ("GET", "/api/assets/{}"),
    ("GET", "/api/assets/{}/file"),
    ("GET", "/api/assets/{}/thumbnail"),
    ("DELETE", "/api/assets/{}"),
    ("GET", "/api/tasks/{}"),
    ("GET", "/api/tasks/{}/preview"),
    ("GET", "/api/tasks/{}/workflow"),
    ("POST", "/api/tasks/{}/cancel"),
    ("GET", "/{}"),
    ("GET", "/vendor/{}"),
]


@pytest.mark.parametrize(("method", "route"), ROUTES)
def test_no_spelling_of_a_path_reaches_a_file(
    studio: Server, canaries: list[Path], method: str, route: str
) -> None:
    names = [name for path in canaries for name in spellings(path)]
    assert len(set(names)) >= 40
    workflows = studio.data_dir.parent / "workflows"
    for name in dict.fromkeys(names):
        body = {"format": "qpyt.workflow/1", "name": "x", "bricks": [], "wires": []}
        answer = studio.http.request(
            method, route.format(name), json=body if method == "PUT" else None
        )
        assert answer.status_code < 500, (method, route.format(name), answer.text)
        assert SECRET not in answer.text
        assert "root:" not in answer.text
        assert "set-cookie" not in answer.headers
    if workflows.exists():
        hidden = {workflows / ".history", workflows / ".trash"}
        assert {path for path in workflows.iterdir() if path.is_dir()} <= hidden
        shutil.rmtree(workflows)
    # nothing new beside them
    beside = {path.name for path in studio.data_dir.parent.iterdir()}
    assert beside <= {"data", "data.log", "workflows", "canary.json", "canary.txt"}


def test_an_upload_is_never_stored_under_the_name_it_came_with(
    studio: Server, canaries: list[Path]
) -> None:
    from tests.integration.api.pictures import png

    for name in ("../canary.json", str(canaries[0]), "a\x00b.png", "CON", "x/../../y.png", IMG):
        answer = studio.http.post("/api/assets", files={"file": (name, png())})
        assert answer.status_code in (201, 400, 422), answer.text
        if answer.status_code == 201:
            shown = studio.http.get(answer.json()["url"])
            assert "canary" not in shown.headers["content-disposition"]
            assert shown.headers["content-type"] == "image/png"


def test_markup_in_names_and_texts_stays_text(studio: Server) -> None:
    """Answers are JSON that no browser renders; what the page does is tested in a browser."""
    studio.post("/api/queue/pause")
    body = {"prompt": IMG, "labels": {IMG: IMG}, "project_id": IMG[:64]}
    task = studio.task(studio.submit("generate", **body))
    assert task["params"]["prompt"] == IMG
    assert task["labels"] == {IMG: IMG}
    name = quote(IMG, safe="")
    workflow = {
        "format": "qpyt.workflow/1",
        "name": IMG,
        "description": IMG,
        "bricks": [{"id": "a", "type": IMG, "props": {IMG: IMG}}],
        "wires": [],
    }
    saved = studio.http.put(f"/api/workflows/{name}", json=workflow)
    assert saved.status_code in (200, 201), saved.text
    for path in (f"/api/workflows/{name}", "/api/workflows", "/api/tasks"):
        answer = studio.http.get(path)
        assert answer.headers["content-type"] == "application/json"
        assert IMG in answer.text
        assert answer.headers["x-content-type-options"] == "nosniff"
    missing = studio.http.get(f"/api/workflows/{name}x")
    assert missing.headers["content-type"] == "application/problem+json"
    assert studio.http.delete(f"/api/workflows/{name}").status_code == 204


def test_text_that_looks_like_code_is_never_run(studio: Server) -> None:
    canary = studio.data_dir.parent / "executed"
    code = f"__import__('os').system('touch {canary}')"
    texts = [code, f"{{{{{code}}}}}", f"${{{code}}}", f"$(touch {canary})", f"`touch {canary}`"]
    studio.post("/api/queue/pause")
    for text in texts:
        body = {"prompt": text, "negative_prompt": text, "labels": {"a": text}, "model": text}
        assert studio.http.post("/api/generate", json=body).status_code in (202, 409, 422)
        brick = {"id": text, "type": text, "props": {text: text}}
        graph = {"bricks": [brick], "wires": [{"from": text, "to": text}]}
        studio.http.post("/api/workflows/run", json={"workflow": graph, "inputs": {text: text}})
        studio.http.post("/api/workflows/import", json=graph)
    assert not canary.exists()


@pytest.mark.parametrize("value", ["a\r\nQPYT_PORT=1", "a\nb=1", "a\r\n[section]\r\nb=1"])
def test_line_breaks_in_texts_write_no_other_setting(studio: Server, value: str) -> None:
    studio.post("/api/queue/pause")
    before = studio.get("/api/queue")["paused"]
    task = studio.task(studio.submit("generate", prompt=value, labels={"a": value}))
    assert task["params"]["prompt"] == value
    assert studio.get("/api/queue")["paused"] == before
    for header in ("Idempotency-Key", "Prefer", "If-None-Match", "Last-Event-ID"):
        # a client library refuses to send line breaks in a header; in a URL they arrive
        answer = studio.http.get("/api/tasks", params={header: value, "cursor": value})
        assert answer.status_code == 422
        assert "QPYT_PORT" not in str(answer.headers)


def test_a_workflow_that_names_files_and_addresses_fetches_nothing(studio: Server) -> None:
    from tests.integration.process import until

    for place in ("file:///etc/passwd", "//host/share", "http://127.0.0.1:1/x", "../canary.json"):
        brick = {"id": "a", "type": "image_input", "props": {"image": place}}
        drawn = {"id": "b", "type": "img2img", "props": {"image": place, "prompt": "x"}}
        body = {"workflow": {"format": "qpyt.workflow/1", "bricks": [brick, drawn], "wires": []}}
        answer = studio.http.post("/api/workflows/run", json=body)
        assert answer.status_code in (404, 422), answer.text
        assert "root:" not in answer.text
        direct = studio.http.post("/api/measuring", json={"image": place})
        assert direct.status_code in (404, 422)
        assert direct.json()["field"] == "image"
    until("nothing was queued", lambda: studio.get("/api/tasks", params={"operation": "img2img"}))


def test_a_huge_workflow_is_refused_or_wired_within_bounds(studio: Server) -> None:
    bricks = [{"id": f"b{n}", "type": "prompt", "props": {}} for n in range(20_000)]
    body = {"workflow": {"format": "qpyt.workflow/1", "bricks": bricks, "wires": []}}
    answer = studio.http.post("/api/workflows/wire", json=body, timeout=60)
    assert answer.status_code in (413, 422), answer.status_code


def test_a_cycle_in_a_workflow_is_refused_with_its_place(studio: Server) -> None:
    bricks = [
        {"id": name, "type": "img2img", "props": {"prompt": "x", "model": "nano"}} for name in "ab"
    ]
    wires = [{"from": "a.image", "to": "b.image"}, {"from": "b.image", "to": "a.image"}]
    body = {"workflow": {"format": "qpyt.workflow/1", "bricks": bricks, "wires": wires}}
    answer = studio.http.post("/api/workflows/run", json=body)
    assert answer.status_code == 422
    assert answer.json()["code"] == "invalid_workflow"
