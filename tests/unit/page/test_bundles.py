"""The bundled page: the same modules in one script, made anew when a file changes."""

import gzip
import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from api.page.bundles import Bundles
from api.page.linking import LinkError, link
from api.page.names import NAMES, SCRIPT, SOURCE_MAP, STYLES
from tools.house.source import ROOT, page_files

WEB = ROOT / "web"
NODE = shutil.which("node")
DOCUMENT = """<html lang="en">
    <link rel="stylesheet" href="/first.css" />
    <link rel="stylesheet" href="/second.css" />
    <script type="module" src="/app.js"></script>
</html>
"""
MODULES = {
    "app.js": 'import { total as sum } from "./parts/sum.js";\n'
    'import * as words from "./parts/words.js";\nimport "./parts/last.js";\n\n'
    'globalThis.order.push("app");\nconst sign = "export const no = 1";\n'
    "console.log(JSON.stringify([sum(2, 3), words.greet(), Object.keys(words), order, sign]));\n",
    "parts/sum.js": "/** Adds. */\n/* a\n   b */ import {\n  greet,\n} from './words.js';\n"
    'globalThis.order.push("sum" + greet());\nexport const ZERO = 0;\n'
    "export function total(...numbers) {\n  return numbers.reduce((a, b) => a + b, ZERO);\n}\n",
    "parts/words.js": '(globalThis.order ??= []).push("words");\nconst hidden = "x";\n'
    "export async function later() {}\nexport class Word {}\n"
    'export function greet() {\n  return "hi" + hidden.length;\n}\n',
    "parts/last.js": 'import "./words.js";\nglobalThis.order.push("last");\n',
    "first.css": "@layer a, b;\n",
    "second.css": ".b { background: url(/b.png) }",
    "index.html": DOCUMENT,
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A small page of four modules and two style sheets."""
    for name, text in MODULES.items():
        path = tmp_path / "web" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    (tmp_path / "web" / "package.json").write_text('{"type": "module"}', encoding="utf-8")
    return tmp_path / "web"


def read(text: str) -> Callable[[str], str]:
    """A reader of a page whose entry point is `text`."""
    others = {"/b.js": 'import "./app.js";', "/c.js": "export const a = 1;"}
    return {"/app.js": text, **others}.__getitem__


def node(*arguments: str | Path) -> str:
    """The output of a script, run by Node."""
    if NODE is None:
        assert not os.environ.get("CI"), "Node is missing"
        pytest.skip("Node is missing")
    done = subprocess.run(
        [NODE, *map(str, arguments)], capture_output=True, encoding="utf-8", check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_one_script_does_what_its_modules_do(folder: Path) -> None:
    script = folder / "bundle.mjs"
    script.write_bytes(Bundles(folder).current().bundles[SCRIPT].body)
    assert node(script) == node(folder / "app.js")


def test_the_page_has_the_same_elements_and_exports_in_one_script(tmp_path: Path) -> None:
    script = link("/app.js", lambda path: (WEB / path[1:]).read_text(encoding="utf-8"))
    path = tmp_path / "bundle.mjs"
    path.write_text(f"{script.text}export {{ $modules }};\n", encoding="utf-8")
    result = json.loads(node(Path(__file__).with_name("bundle_exports.js"), path, WEB))
    assert result["bundled"] == result["single"]
    assert len(result["bundled"]["tags"]) > 20
    assert not [name for name, bundled, single in result["modules"] if bundled != single]
    loaded = {name for name, _, _ in result["modules"]}
    files = {f"/{file.relative_to(WEB).as_posix()}": file for file in page_files(".js")}
    unloaded = [file for name, file in files.items() if name not in loaded]
    assert all(file.read_text(encoding="utf-8").endswith("export {};\n") for file in unloaded)


def test_a_stack_trace_names_the_module_and_its_line(folder: Path) -> None:
    text = "/**\n * Fails.\n */\nexport function fail() {\n  throw new Error();\n}\n"
    (folder / "parts" / "fail.js").write_text(text, encoding="utf-8")
    text = 'import {\n  fail,\n} from "./parts/fail.js";\n\ntry {\n  fail();\n} '
    (folder / "app.js").write_text(
        text + "catch (error) {\n  console.log(error.stack);\n}\n", encoding="utf-8"
    )
    bundles = Bundles(folder).current().bundles
    script, comment, _ = bundles[SCRIPT].body.decode().partition("//# sourceMappingURL=")
    (folder / "bundle.mjs").write_text(f"{script}{comment}bundle.js.map\n", encoding="utf-8")
    (folder / SOURCE_MAP).write_bytes(bundles[SOURCE_MAP].body)
    trace = node("--enable-source-maps", folder / "bundle.mjs")
    assert "/parts/fail.js:5:" in trace
    assert "/app.js:6:" in trace


@pytest.mark.parametrize(
    "text",
    [
        "export default 1;",
        "export let count = 0;",
        "export const { a, b } = {};",
        'export * from "./b.js";',
        "const a = 1;\nexport { a };",
        'import a from "./b.js";',
        'import a, { b } from "./b.js";',
        'import { "a b" as c } from "./b.js";',
        'import { a } from "library";',
        'import { a } from "/b.js";',
        'const a = 1;\nimport { b } from "./b.js";',
        'import { absent } from "./c.js";',
        "const b = 1;\n/** Adds. */ export function add() {}",
        "const b = 1;\n  export const a = 1;",
        'const a = import("./b.js");',
        "const a = import.meta.url;",
        "await fetch('/');",
        "const a = await fetch('/');",
        'import "./b.js";',
        "const $modules = 1;",
    ],
)
def test_what_cannot_be_linked_is_refused_with_its_place(text: str) -> None:
    with pytest.raises(LinkError, match=r"^/(app|b)\.js:"):
        link("/app.js", read(text))


def test_a_change_of_any_file_is_in_the_next_build(folder: Path) -> None:
    bundles = Bundles(folder)
    first = bundles.current()
    assert bundles.current() is first
    assert set(first.bundles) == set(NAMES)
    (folder / "second.css").write_text(".c { color: red }\n", encoding="utf-8")
    second = bundles.current()
    assert second.bundles[STYLES].body == b"@layer a, b;\n.c { color: red }\n"
    assert second.bundles[STYLES].tag in second.document
    assert first.bundles[STYLES].tag not in second.document
    assert second.bundles[SCRIPT] == first.bundles[SCRIPT]


def test_the_document_names_one_script_and_one_style_sheet(folder: Path) -> None:
    build = Bundles(folder).current()
    assert build.document.count("<script") == build.document.count("<link") == 1
    for name in (SCRIPT, STYLES):
        assert f'"/{name}?v={build.bundles[name].tag}"' in build.document
        assert gzip.decompress(build.bundles[name].packed) == build.bundles[name].body


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("parts/last.js", "export default 1;\n"),
        ("parts/last.js", 'import "../../outside.js";\n'),
        ("parts/last.js", 'import "./absent.js";\n'),
        ("second.css", '@import "first.css";\n'),
        ("second.css", ".b { background: url(b.png) }\n"),
    ],
)
def test_a_page_that_cannot_be_bundled_is_served_as_it_is(
    folder: Path, name: str, text: str, caplog: pytest.LogCaptureFixture
) -> None:
    (folder / name).write_text(text, encoding="utf-8")
    build = Bundles(folder).current()
    assert build.document == DOCUMENT
    assert build.bundles == {}
    assert "without bundles" in caplog.text
