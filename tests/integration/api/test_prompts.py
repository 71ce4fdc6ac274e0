"""Styles, wildcards and words over HTTP; and the prompts in the metadata of images."""

from __future__ import annotations

from io import BytesIO
from typing import Any

from PIL import Image

from core.store.metadata import read_metadata
from tests.integration.process import Server


def test_styles_and_lists_are_there_to_choose_from(studio: Server) -> None:
    styles = studio.get("/api/styles")
    assert styles["total"] >= 60
    assert {"id", "name", "category", "prompt", "thumbnail_url"} <= styles["items"][0].keys()
    for style in styles["items"]:
        picture = studio.http.get(style["thumbnail_url"])
        assert picture.status_code == 200
        assert picture.headers["content-type"] in ("image/webp", "image/svg+xml")
        assert style["unavailable"] is None
    assert studio.http.get("/api/styles/nothing/thumbnail").status_code == 404
    assert {"__animal__", "__colour__"} <= {
        wildcard["token"] for wildcard in studio.get("/api/wildcards")["items"]
    }


def test_words_of_ones_own_come_and_go(studio: Server) -> None:
    word = "half/awake, dreaming?"
    categories = studio.post("/api/vocabulary", {"category": "mood", "word": word}, 201)
    assert word in next(item for item in categories["items"] if item["id"] == "mood")["own"]
    path = "/api/vocabulary/mood/half%2Fawake%2C%20dreaming%3F"
    assert studio.http.delete(path).status_code == 204
    assert studio.http.delete(path).status_code == 404
    refused = studio.http.post("/api/vocabulary", json={"category": "none", "word": "x"})
    assert (refused.status_code, refused.json()["field"]) == (422, "category")


def test_each_picture_tells_the_prompt_it_was_drawn_from(studio: Server) -> None:
    bricks = [
        {"id": "p", "type": "prompt", "props": {"prompt": "a {red|blue} {house|castle}"}},
        {"id": "s", "type": "style_stack", "props": {"styles": ["ink-drawing"]}, "row": 1},
        {
            "id": "g",
            "type": "generate",
            "props": {"seed": 5, "num_images": 2, "num_inference_steps": 1},
            "column": 1,
        },
    ]
    wired = studio.post("/api/workflows/wire", {"workflow": {"bricks": bricks}})
    run = studio.post("/api/workflows/run", {"workflow": wired["workflow"]}, 202)
    task = studio.done(run["tasks"]["g"])
    settled = task["snapshot"]["prompts"]
    assert task["params"]["prompt"] == "a {red|blue} {house|castle}"
    for texts, output in zip(settled, task["outputs"], strict=True):
        data = studio.http.get(output["url"]).content
        metadata = read_metadata(data)
        assert metadata["generation"]["prompt"] == texts["prompt"]
        assert metadata["qpyt"]["output"]["prompt"] == texts["prompt"]
        assert metadata["qpyt"]["params"]["prompt"] == "a {red|blue} {house|castle}"
        assert "prompts" not in metadata["qpyt"]
        assert texts["prompt"].startswith("an ink drawing of a ")
        assert Image.open(BytesIO(data)).size == (512, 512)


def count(studio: Server, **params: Any) -> dict[str, Any]:
    """The counts of the tokens of texts."""
    answer = studio.post("/api/count_tokens", {**params, "transient": True}, 200)
    return dict(answer["outputs"][0]["value"])


def test_the_tokens_of_styles_count_as_if_their_text_was_written(studio: Server) -> None:
    texts = {"prompt": "a {red|blue} house", "negative_prompt": "dogs"}
    plain = count(studio, **texts)
    styled = count(studio, **texts, styles=["ink-drawing", "Blueprint"])
    written = count(
        studio,
        prompt="a blueprint of an ink drawing of a {red|blue} house, black lines on white paper, "
        "white lines on blue paper",
        negative_prompt="dogs, colour, shading, photograph, colour fill",
    )
    for name in texts:
        assert written[name].pop("unknown"), "words of a style are unknown where a user writes them"
        assert styled[name].pop("unknown") == plain[name]["unknown"] == []
    assert styled == written
    for name in texts:
        assert styled[name]["tokens"] > plain[name]["tokens"], name
    refused = studio.http.post("/api/count_tokens", json={"prompt": "a", "styles": ["nothing"]})
    assert (refused.status_code, refused.json()["field"]) == (422, "styles")


def test_the_words_of_the_chosen_model_come_first_and_its_lists_are_marked(studio: Server) -> None:
    model = next(entry for entry in studio.get("/api/models")["items"] if entry["vocabulary"])
    everything = studio.get("/api/vocabulary")["items"]
    assert all(not item["unknown"] and not item["of_model"] for item in everything)
    items = studio.get(f"/api/vocabulary?model={model['id']}")["items"]
    groups = len(model["vocabulary"])
    assert [item["words"] for item in items[:groups]] == list(model["vocabulary"].values())
    assert [item["of_model"] for item in items] == [True] * groups + [False] * len(everything)
    assert [item["words"] for item in items[groups:]] == [item["words"] for item in everything]
    marked = {item["id"]: item["unknown"] for item in items}
    assert "lighthouse" not in marked["subject"]
    assert "robot gardener" in marked["subject"]
    lists = studio.get(f"/api/wildcards?model={model['id']}")["items"]
    drawable = {entry["name"]: entry["drawable"] for entry in lists}
    assert (drawable["colour"], drawable["postcard"]) == (True, False)
    assert all(entry["drawable"] for entry in studio.get("/api/wildcards")["items"])
    assert studio.http.get("/api/vocabulary?model=none").json()["code"] == "model_missing"


def test_words_that_a_model_cannot_draw_are_listed_with_the_nearest_one(studio: Server) -> None:
    texts = {"prompt": "a gren house, a giraffe", "negative_prompt": "a tree", "model": "nano"}
    answer = studio.post("/api/count_tokens", {**texts, "transient": True})
    counts = answer["outputs"][0]["value"]
    assert counts["prompt"]["unknown"] == [
        {"word": "gren", "nearest": "green"},
        {"word": "giraffe", "nearest": None},
    ]
    assert counts["negative_prompt"]["unknown"] == []
