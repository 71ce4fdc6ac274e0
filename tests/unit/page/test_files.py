"""The files of the page over HTTP: conditions, compression, themes, and what is no file of it."""

from __future__ import annotations

import gzip
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette

from api.files import FOR_EVER
from api.page.bundles import Bundles
from api.page.files import THEME_COOKIE, THEMES, PageFiles, accepts_gzip, page_paths
from api.page.names import NAMES, SCRIPT

FILES = {
    "index.html": '<html lang="en">\n    <link rel="stylesheet" href="/a.css" />\n'
    '    <script type="module" src="/app.js"></script>\n</html>\n',
    "app.js": "globalThis.started = true;\n",
    "a.css": ".a { color: red }\n",
    "fonts/plain-1.woff2": "font",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A page of four files, beside a file that is none of it."""
    for name, text in FILES.items():
        path = tmp_path / "web" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    (tmp_path / "secret.txt").write_text("secret", encoding="utf-8")
    return tmp_path / "web"


@pytest.fixture
async def http(folder: Path) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the page's files alone."""
    transport = httpx.ASGITransport(Starlette(routes=[PageFiles(folder)]))
    async with httpx.AsyncClient(transport=transport, base_url="http://studio.test") as client:
        yield client


def test_the_paths_of_the_page_are_its_files_and_bundles(folder: Path) -> None:
    names = {*FILES, *NAMES}
    assert page_paths(folder) == {"/", *(f"/{name}" for name in names)}


async def test_every_path_of_the_page_answers_get_and_head(
    http: httpx.AsyncClient, folder: Path
) -> None:
    for path in page_paths(folder):
        assert (await http.get(path)).status_code == 200, path
    for name in FILES:
        response = await http.head(f"/{name}")
        assert (response.status_code, response.content) == (200, b""), name


async def test_an_answer_that_is_known_is_not_sent_again(
    http: httpx.AsyncClient, folder: Path
) -> None:
    for path in page_paths(folder):
        tag = (await http.get(path)).headers["etag"]
        again = await http.get(path, headers={"If-None-Match": tag})
        assert (again.status_code, again.content) == (304, b""), path
        assert again.headers["etag"] == tag
        other = await http.get(path, headers={"If-None-Match": '"other"'})
        assert other.status_code == 200, path


@pytest.mark.parametrize("name", NAMES)
async def test_a_bundle_is_kept_for_ever_at_the_address_of_its_version_only(
    http: httpx.AsyncClient, folder: Path, name: str
) -> None:
    tag = Bundles(folder).current().bundles[name].tag
    assert (await http.get(f"/{name}?v={tag}")).headers["cache-control"] == FOR_EVER
    for query in ("", "?v=", f"?v={tag}x", f"?w={tag}", f"?v={tag}&v=1", "?v=%ff"):
        response = await http.get(f"/{name}{query}")
        assert response.headers.get("cache-control") != FOR_EVER, query


@pytest.mark.parametrize("name", NAMES)
async def test_a_bundle_has_another_tag_where_it_is_compressed(
    http: httpx.AsyncClient, folder: Path, name: str
) -> None:
    plain = await http.get(f"/{name}", headers={"Accept-Encoding": "identity"})
    packed = await http.get(f"/{name}", headers={"Accept-Encoding": "gzip"})
    assert "content-encoding" not in plain.headers
    assert packed.headers["content-encoding"] == "gzip"
    assert plain.headers["etag"] != packed.headers["etag"]
    assert plain.content == packed.content == Bundles(folder).current().bundles[name].body
    assert int(packed.headers["content-length"]) == len(gzip.compress(plain.content, 9, mtime=0))


@pytest.mark.parametrize("theme", sorted(THEMES))
async def test_the_document_has_the_theme_of_the_cookie(
    http: httpx.AsyncClient, theme: str
) -> None:
    headers = {"Cookie": f"other=1; {THEME_COOKIE}={theme}"}
    response = await http.get("/", headers=headers)
    assert f'<html data-theme="{theme}" lang="en">' in response.text
    assert response.headers["vary"] == "Cookie"
    assert response.headers["etag"] != (await http.get("/")).headers["etag"]


@pytest.mark.parametrize("value", ['dark" onload="alert(1)', "<script>", "", "DARK", "dark light"])
async def test_a_cookie_of_another_value_is_left_out(http: httpx.AsyncClient, value: str) -> None:
    response = await http.get("/", headers={"Cookie": f"{THEME_COOKIE}={value}"})
    assert response.text == (await http.get("/")).text


@pytest.mark.parametrize(
    "path",
    ["/../secret.txt", "/%2e%2e/secret.txt", "/fonts/..%2f..%2fsecret.txt", "/..%5csecret.txt",
     "//secret.txt", "/fonts", "/fonts/", "/%00", "/app.js%00.css", "/" + "x" * 300],
)  # fmt: skip
async def test_what_is_no_file_of_the_page_is_not_found(http: httpx.AsyncClient, path: str) -> None:
    response = await http.get(httpx.URL("http://studio.test", raw_path=path.encode()))
    assert response.status_code in (307, 404), response.text
    assert "secret" not in response.text


@pytest.mark.parametrize("path", ["/api", "/api/", "/api/app.js"])
async def test_the_paths_of_the_api_are_left_to_it(
    http: httpx.AsyncClient, folder: Path, path: str
) -> None:
    (folder / "api").mkdir()
    (folder / "api" / "app.js").write_text("", encoding="utf-8")
    response = await http.get(path, follow_redirects=False)
    assert response.status_code == 404


async def test_fonts_are_kept_for_ever(http: httpx.AsyncClient) -> None:
    response = await http.get("/fonts/plain-1.woff2")
    assert response.headers["cache-control"] == FOR_EVER
    assert response.headers["content-type"] == "font/woff2"


async def test_a_page_without_bundles_answers_with_its_files(
    http: httpx.AsyncClient, folder: Path
) -> None:
    (folder / "app.js").write_text("export default 1;\n", encoding="utf-8")
    assert 'src="/app.js"' in (await http.get("/")).text
    assert (await http.get(f"/{SCRIPT}")).status_code == 404
    (folder / "app.js").write_text(FILES["app.js"], encoding="utf-8")
    assert f"/{SCRIPT}?v=" in (await http.get("/")).text


@pytest.mark.parametrize(
    ("header", "accepted"),
    [
        ("gzip", True),
        ("GZIP", True),
        ("br, gzip;q=0.5", True),
        ("x-gzip", True),
        ("gzip;q=0", False),
        ("gzip; q=0.000", False),
        ("gzip ;q=0", False),
        ("br", False),
        ("gzipped", False),
        ("identity;q=1, *;q=0", False),
        ("", False),
    ],
)
def test_gzip_is_used_where_the_header_accepts_it(header: str, accepted: bool) -> None:
    assert accepts_gzip(header) == accepted
