"""The page as the server delivers it."""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.integration.process import Server

WEB = Path(__file__).parents[3] / "web"
BOOT = Path(__file__).with_name("page_boot.js")
NODE = shutil.which("node")
IMPORT = re.compile(r'^import (?:.* from )?"([^"]+)";$', re.MULTILINE)


def test_every_address_in_the_document_answers(studio: Server) -> None:
    named = re.findall(r'(?:href|src)="(/[^"]*)"', studio.http.get("/").text)
    assert "/app.js" in named
    assert not [path for path in named if studio.http.get(path).status_code != 200]


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


@pytest.fixture(scope="module")
def opened(shared_server: Server) -> dict[str, Any]:
    """The page with every brick on its wall, opened by Node in a document without layout."""
    if NODE is None:
        assert not os.environ.get("CI"), "Node is missing"
        pytest.skip("Node is missing")
    done = subprocess.run(
        [NODE, str(BOOT), shared_server.url], capture_output=True, encoding="utf-8", check=False
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
