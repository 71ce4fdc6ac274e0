"""Styles of one's own: with LoRAs, which are there or not, and with a swatch."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.integration.api.test_hashes import lora
from tests.integration.process import Server

OWN = """category: Mine
styles:
  - id: shining
    name: Shining
    prompt: "{prompt} in crayon"
    loras: [{name: shine, weight: 0.7}]
  - id: ink-drawing
    name: My ink
    prompt: "my ink of {prompt}"
"""
DRAWN = {"num_inference_steps": 1, "seed": 4}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("more")


@pytest.fixture(scope="module")
def own(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with styles of its own, one of which needs a LoRA that is not there yet."""
    data = tmp_path_factory.mktemp("own") / "data"
    (data / "styles").mkdir(parents=True)
    (data / "styles" / "mine.yaml").write_text(OWN, encoding="utf-8")
    server = Server(data, QPYT_EXTRA_MODEL_DIRS=str(folder)).start()
    yield server
    server.stop()
    server.http.close()


def styles(server: Server) -> dict[str, dict[str, Any]]:
    return {style["id"]: style for style in server.get("/api/styles")["items"]}


def pixels(server: Server, task: dict[str, Any]) -> bytes:
    return bytes(server.http.get(task["outputs"][0]["thumbnail_url"]).content)


def test_a_style_of_ones_own_has_a_swatch_and_replaces_a_shipped_one(own: Server) -> None:
    listed = styles(own)
    assert listed["ink-drawing"]["name"] == "My ink"
    assert len(listed) > 60
    for name in ("shining", "ink-drawing"):
        first, second = (own.http.get(listed[name]["thumbnail_url"]) for _ in range(2))
        assert first.headers["content-type"] == "image/svg+xml"
        assert first.headers["content-security-policy"].startswith("sandbox")
        assert first.content == second.content


def test_a_style_works_where_its_lora_is_and_names_it_where_it_is_not(
    own: Server, folder: Path
) -> None:
    assert styles(own)["shining"]["unavailable"] == "The LoRA 'shine' is missing."
    without = own.done(own.submit("generate", prompt="a cat", styles=["shining"], **DRAWN))
    assert without["snapshot"]["skipped_loras"][0]["name"] == "shine"
    assert "lora_skipped" in {warning["code"] for warning in without["warnings"]}

    lora(folder / "loras" / "shine.safetensors")
    assert styles(own)["shining"]["unavailable"] is None
    styled = own.done(own.submit("generate", prompt="a cat", styles=["shining"], **DRAWN))
    assert [(used["id"], used["weight"]) for used in styled["snapshot"]["loras"]] == [
        ("shine", 0.7)
    ]
    assert styled["snapshot"]["styles"]["used"] == [{"id": "shining", "name": "Shining"}]
    assert styled["warnings"] == []
    uses = [{"name": "shine", "weight": 0.7}]
    by_hand = own.done(own.submit("generate", prompt="a cat in crayon", loras=uses, **DRAWN))
    assert pixels(own, styled) == pixels(own, by_hand)
    assert pixels(own, styled) != pixels(own, without)


def test_a_broken_lora_of_a_style_is_named_with_the_reason(own: Server, folder: Path) -> None:
    path = folder / "loras" / "broken.safetensors"
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(b"no weights")
    _write(own, "broken.yaml", "loras: [{name: broken}]")
    reason = styles(own)["added"]["unavailable"]
    assert reason.startswith("The LoRA 'broken' cannot be used: ")


def test_a_change_is_read_without_a_restart_and_a_bad_file_hides_no_other(own: Server) -> None:
    _write(own, "later.yaml", "")
    assert "added" in styles(own)
    (own.data_dir / "styles" / "later.yaml").write_text("category: [", encoding="utf-8")
    listed = styles(own)
    assert "added" not in listed
    assert {"blueprint", "shining"} <= listed.keys()
    refused = own.http.post("/api/generate", json={"prompt": "a", "styles": ["added"]})
    assert (refused.status_code, refused.json()["field"]) == (422, "styles")
    assert "later.yaml" in refused.json()["fix"]
    near = own.http.post("/api/generate", json={"prompt": "a", "styles": ["bluprint"]})
    assert near.json()["fix"].startswith("Did you mean 'blueprint'?")


def _write(server: Server, name: str, more: str) -> None:
    """One style called `added`, in a file of its own."""
    for other in ("broken.yaml", "later.yaml"):
        (server.data_dir / "styles" / other).unlink(missing_ok=True)
    text = "category: Mine\nstyles:\n  - id: added\n    name: Added\n    prompt: 'a {prompt}'\n"
    path = server.data_dir / "styles" / name
    path.write_text(f"{text}    {more}\n", encoding="utf-8")
