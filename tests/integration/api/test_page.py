"""The page as the server delivers it."""

import re
from pathlib import Path

from tests.integration.process import Server

WEB = Path(__file__).parents[3] / "web"
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
