"""The page as the server delivers it."""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from api.compression import LARGE
from tests.integration.process import Server

WEB = Path(__file__).parents[3] / "web"
BOOT = Path(__file__).with_name("page_boot.js")
NODE = shutil.which("node")
IMPORT = re.compile(r'^import (?:.* from )?"([^"]+)";$', re.MULTILINE)


def named_in(document: str) -> list[str]:
    """The addresses that a document names."""
    return re.findall(r'(?:href|src)="(/[^"]*)"', document)


@pytest.mark.parametrize(("path", "script"), [("/", "/bundle.js"), ("/index.html", "/app.js")])
def test_every_address_in_the_document_answers(studio: Server, path: str, script: str) -> None:
    named = named_in(studio.http.get(path).text)
    assert script in [name.partition("?")[0] for name in named]
    assert not [name for name in named if studio.http.get(name).status_code != 200]


def test_a_bundle_is_compressed_where_the_client_accepts_it_and_kept_for_ever(
    studio: Server,
) -> None:
    bundles = [name for name in named_in(studio.http.get("/").text) if "/bundle." in name]
    assert len(bundles) == 2
    for address in bundles:
        packed = studio.http.get(address, headers={"Accept-Encoding": "br, gzip;q=0.5"})
        plain = studio.http.get(address, headers={"Accept-Encoding": "gzip;q=0, identity"})
        assert packed.headers["Content-Encoding"] == "gzip"
        assert "Content-Encoding" not in plain.headers
        assert packed.content == plain.content
        assert int(packed.headers["Content-Length"]) < len(plain.content) / 3
        assert packed.headers["Cache-Control"] == "private, max-age=31536000, immutable"
        tags = (packed.headers["ETag"], plain.headers["ETag"])
        assert tags[0] != tags[1]
        known = {"If-None-Match": tags[0], "Accept-Encoding": "gzip"}
        assert studio.http.get(address, headers=known).status_code == 304
        other = studio.http.get(f"{address.partition('?')[0]}?v=other")
        assert other.headers["Cache-Control"] == "no-cache"


def test_the_lists_that_the_page_waits_for_are_compressed(studio: Server) -> None:
    for path in sorted(LARGE):
        packed = studio.http.get(path, headers={"Accept-Encoding": "gzip"})
        plain = studio.http.get(path, headers={"Accept-Encoding": "identity"})
        assert packed.headers["Content-Encoding"] == "gzip"
        assert int(packed.headers["Content-Length"]) < len(packed.content) / 3
        assert packed.json().keys() == plain.json().keys()
        assert "Accept-Encoding" in plain.headers["Vary"]


def test_the_document_is_asked_for_again_and_names_the_theme_of_its_visitor(
    studio: Server,
) -> None:
    answers = {
        theme: studio.http.get("/", headers={"Cookie": f"qpyt_theme={theme}"})
        for theme in ("light", "dark", "system", '"><script>')
    }
    assert {theme for theme in answers if f'data-theme="{theme}"' in answers[theme].text} == {
        "light",
        "dark",
    }
    assert answers['"><script>'].text == answers["system"].text
    for theme, answer in answers.items():
        assert (answer.headers["Cache-Control"], answer.headers["Vary"]) == ("no-cache", "Cookie")
        headers = {"Cookie": f"qpyt_theme={theme}", "If-None-Match": answer.headers["ETag"]}
        assert studio.http.get("/", headers=headers).status_code == 304


def test_every_module_that_the_page_imports_is_served(studio: Server) -> None:
    missing = []
    pending = ["/app.js"]
    seen = set(pending)
    while pending:
        path = pending.pop()
        answer = studio.http.get(path)
        if answer.status_code != 200 or "javascript" not in answer.headers["content-type"]:
            missing.append(path)
            continue
        for target in IMPORT.findall(answer.text):
            module = studio.http.build_request("GET", path).url.join(target).path
            if module not in seen:
                seen.add(module)
                pending.append(module)
    assert not missing
    assert len(seen) > len(list((WEB / "views").glob("*.js")))


@pytest.fixture(scope="module", params=["modules", "bundle"])
def opened(
    shared_server: Server, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Any]:
    """The page with every brick on its wall, opened by Node in a document without layout."""
    if NODE is None:
        assert not os.environ.get("CI"), "Node is missing"
        pytest.skip("Node is missing")
    script = WEB / "app.js"
    if request.param == "bundle":
        script = tmp_path_factory.mktemp("page") / "bundle.mjs"
        script.write_text(shared_server.http.get("/bundle.js").text, encoding="utf-8")
    done = subprocess.run(
        [NODE, str(BOOT), shared_server.url, script.as_uri()],
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout))


def test_the_page_draws_the_first_preset_and_then_every_brick(opened: dict[str, Any]) -> None:
    assert opened["problems"] == []
    assert opened["first"]
    assert sorted(opened["drawn"]) == sorted(opened["offered"])


def test_the_tooltip_of_every_field_names_its_parameter(opened: dict[str, Any]) -> None:
    names = r"[a-z][a-z0-9_]*(?:, [a-z][a-z0-9_]*)*"
    parameter = re.compile(rf"{names}|.+ \({names}\)", re.DOTALL)
    assert len(opened["fields"]) > len(opened["drawn"])
    assert not [field for field in opened["fields"] if not parameter.fullmatch(field["tooltip"])]
