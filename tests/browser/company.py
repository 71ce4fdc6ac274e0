"""Ended tasks whose prompts contain the name of every control that a test presses.

The tests of this folder share a server, in any order. A locator that another test's prompt matches
fails only in company: with these tasks in the queue and the gallery it fails alone, too.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import httpx

from tests.browser.server import PATIENCE, StudioServer

HERE = Path(__file__).parent
BY_NAME = {"get_by_label", "get_by_title", "get_by_alt_text"}
NAMES_PER_PROMPT = 40
SMALL = {"width": 64, "height": 64, "num_inference_steps": 1}


def leave_company(studio: StudioServer) -> None:
    """Draw the images, and wait for them."""
    names = sorted(control_names())
    for start in range(0, len(names), NAMES_PER_PROMPT):
        prompt = ", ".join(names[start : start + NAMES_PER_PROMPT])
        answer = httpx.post(
            f"{studio.url}/api/generate",
            json={"prompt": prompt, **SMALL},
            headers={"Prefer": "wait=90"},
            timeout=2 * PATIENCE,
        )
        assert answer.raise_for_status().json()["status"] == "completed", answer.text


def control_names() -> set[str]:
    """The names that the tests find controls by, without signs that mean something in prompts."""
    trees = (ast.parse(path.read_text(encoding="utf-8")) for path in HERE.glob("*.py"))
    names = {name for tree in trees for node in ast.walk(tree) for name in _names(node)}
    return {" ".join(re.findall(r"[A-Za-z0-9.…-]+", name)) for name in names} - {""}


def _names(node: ast.AST) -> Iterator[str]:
    """The name in a call that finds controls."""
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
        return
    values = [keyword.value for keyword in node.keywords if keyword.arg == "name"]
    if node.func.attr in BY_NAME:
        values += node.args[:1]
    for value in values:
        if isinstance(value, ast.Constant) and isinstance(value.value, str):
            yield value.value
