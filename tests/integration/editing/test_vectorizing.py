"""Tracing through the queue: an SVG that is shown safely, saved, and bounded."""

from xml.etree import ElementTree

from tests.integration.api.pictures import png
from tests.integration.process import Server


def traced(studio: Server, **params: object) -> dict[str, object]:
    """The drawing of a small image: a task's output."""
    asset = studio.http.post("/api/assets", files={"file": ("p.png", png(), "image/png")}).json()
    given = {"image": asset["id"], "filter_speckle": 0, **params}
    (output,) = studio.done(studio.submit("vectorize", **given))["outputs"]
    return dict(output)


def test_a_drawing_is_an_asset_that_cannot_run_anything(studio: Server) -> None:
    output = traced(studio)
    assert (output["kind"], output["width"], output["height"]) == ("svg", 24, 16)
    for address in (output["url"], output["thumbnail_url"]):
        answer = studio.http.get(str(address))
        assert answer.headers["content-type"] == "image/svg+xml"
        assert answer.headers["content-disposition"].startswith("attachment")
        assert "sandbox" in answer.headers["content-security-policy"]
        assert answer.headers["x-content-type-options"] == "nosniff"
        root = ElementTree.fromstring(answer.content)
        fills = {child.get("fill") for child in root}
        assert fills == {None, "#FF0000", "#0000FF"}


def test_a_drawing_is_saved_as_it_is(studio: Server) -> None:
    output = traced(studio)
    name = "drawings/{width}x{height}"
    (saved,) = studio.done(studio.submit("save", svg=output["asset_id"], file_name=name))["outputs"]
    assert saved["value"] == "drawings/24x16.svg"
    file = studio.data_dir / "output" / saved["value"]
    assert file.read_bytes() == studio.http.get(str(output["url"])).content


def test_a_drawing_is_no_picture_and_a_picture_is_no_drawing(studio: Server) -> None:
    output = traced(studio)
    for operation, field in (("filter", "image"), ("vectorize", "image"), ("save", "image")):
        answer = studio.http.post(f"/api/{operation}", json={"image": output["asset_id"]})
        assert (answer.status_code, answer.json()["field"]) == (422, field)
    asset = studio.http.post("/api/assets", files={"file": ("p.png", png(), "image/png")}).json()
    answer = studio.http.post("/api/save", json={"svg": asset["id"]})
    assert (answer.status_code, answer.json()["field"]) == (422, "svg")


def test_a_picture_and_a_drawing_are_saved_each_as_its_own_file(studio: Server) -> None:
    output = traced(studio)
    first = studio.submit("painting", count=2, side=12)
    given = {"svg": output["asset_id"], "image": {"task": first}, "file_name": "both/{width}"}
    saved = studio.done(studio.submit("save", **given))["outputs"]
    assert [output["value"] for output in saved] == ["both/12.png", "both/12-2.png", "both/24.svg"]


def test_a_chain_of_steps_passes_pictures_and_drawings_on(studio: Server) -> None:
    first = studio.submit("painting", count=2, side=12)
    second = studio.submit("filter", image={"task": first}, brightness=0.5)
    third = studio.submit("vectorize", image={"task": second})
    last = studio.submit("save", svg={"task": third, "port": "svg"}, file_name="chain/{task}")
    saved = [output["value"] for output in studio.done(last)["outputs"]]
    text = (studio.data_dir / "output" / saved[0]).read_text(encoding="utf-8")
    assert "painting" in text  # what it was made of, from one step to the next
    assert saved == [f"chain/{last}.svg", f"chain/{last}-2.svg"]
