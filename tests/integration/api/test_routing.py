"""Routes are analysed when they are needed."""

import subprocess
import sys
import threading
from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.testclient import TestClient

from api.app import MODULES, PAGES
from api.module_routes import RouteGroup
from api.routing import DocumentedRoute, below

# Parts whose services and declarations a start neither imports nor builds.
LATER = (
    "core.gallery.gallery",
    "core.history.replay",
    "core.models.library",
    "core.operations.generate",
    "core.prompts.",
    "core.sets.",
    "core.training.configuration",
    "core.workflows.",
)


def application(count: int = 3) -> tuple[FastAPI, list[DocumentedRoute]]:
    """An application with routes `/things/0/{name}`, `/things/1/{name}`, … and the routes."""
    router, app = APIRouter(prefix="/things", route_class=DocumentedRoute), FastAPI()
    for index in range(count):

        @router.get(f"/{index}/{{name}}")
        def read(name: str, size: int = index) -> Any:
            return {"name": name, "size": size}

    app.router.routes += below(router, "/api")
    return app, [route for route in app.routes if isinstance(route, DocumentedRoute)]


def analysed(routes: list[DocumentedRoute]) -> list[str]:
    return [route.path for route in routes if "dependant" in vars(route)]


def test_a_request_analyses_its_own_route_only() -> None:
    app, routes = application()
    client = TestClient(app)
    assert client.get("/api/things/1/cup").json() == {"name": "cup", "size": 1}
    assert client.post("/api/things/2/cup").status_code == 405
    assert client.get("/api/things/3/cup").status_code == 404
    assert analysed(routes) == ["/api/things/1/{name}"]


def test_threads_that_need_the_same_route_first_find_it_complete() -> None:
    _, (route,) = application(1)
    start, paths = threading.Barrier(8), []

    def read() -> None:
        start.wait()
        paths.append([field.name for field in route.dependant.path_params])
        assert callable(route.app)

    threads = [threading.Thread(target=read) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert paths == [["name"]] * 8


def test_the_document_analyses_all() -> None:
    app, routes = application()
    assert len(app.openapi()["paths"]) == len(analysed(routes)) == len(routes)


def test_a_group_of_routes_recognises_the_paths_of_all(app: FastAPI) -> None:
    groups = [route for route in app.router.routes if isinstance(route, RouteGroup)]
    paths = [(group, route.path) for group in groups for route in group.routes]  # type: ignore[attr-defined]
    assert len(paths) > len(groups) > 1
    assert [path for group, path in paths if not group.has(path)] == []


def test_an_application_starts_without_its_routes() -> None:
    program = "import sys, api.app; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, encoding="utf-8", check=True
    )
    loaded = set(done.stdout.split())
    assert "api.module_routes" in loaded
    assert not loaded & {f"api.{module.partition(':')[0]}" for module, *_ in (*MODULES, *PAGES)}
    assert "core.studio.services" in loaded
    assert not {name for name in loaded if name.startswith(LATER)}
