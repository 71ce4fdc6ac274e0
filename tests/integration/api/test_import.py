"""Workflows of ComfyUI and images of other tools, imported over REST: answered, never run."""

import json
from io import BytesIO
from typing import Any

import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from tests.integration.api.pictures import encoded
from tests.integration.process import Server
from tests.unit.store.test_dialects import hiding
from tests.unit.store.test_foreign import TOOLS
from tests.unit.workflows.comfy.graphs import BASE, FLUX, TEXT_TO_IMAGE, node, sampled, ui_of

PATH = "/api/workflows/import"


def sent(studio: Server, content: bytes, name: str = "flow.json") -> Any:
    return studio.http.post(PATH, files={"file": (name, content)})


def types(answer: Any) -> list[str]:
    assert answer.status_code == 200, answer.text
    return sorted(brick["type"] for brick in answer.json()["workflow"]["bricks"])


def picture(texts: dict[str, str]) -> bytes:
    info = PngInfo()
    for name, text in texts.items():
        info.add_itxt(name, text)
    return encoded(Image.new("RGB", (8, 8), "red"), "PNG", pnginfo=info)


def test_both_forms_are_imported_as_json_and_as_files(studio: Server) -> None:
    for data in (TEXT_TO_IMAGE, ui_of(TEXT_TO_IMAGE), {"prompt": TEXT_TO_IMAGE}):
        for answer in (studio.http.post(PATH, json=data), sent(studio, json.dumps(data).encode())):
            assert types(answer) == ["generate", "prompt", "save", "settings"]
            report = answer.json()["report"]
            assert report["source"].startswith("comfyui-")
            assert (report["unmapped"], answer.json()["problems"]) == (0, [])


def test_a_file_with_nan_and_a_byte_order_mark_is_read(studio: Server) -> None:
    text = "\ufeff" + json.dumps({**ui_of(TEXT_TO_IMAGE), "extra": {"ds": {"scale": float("nan")}}})
    assert "generate" in types(sent(studio, text.encode()))


def test_a_missing_model_is_kept_by_name_with_the_message(studio: Server) -> None:
    body = studio.http.post(PATH, json=TEXT_TO_IMAGE).json()
    (missing,) = body["report"]["missing"]
    assert (missing["kind"], missing["name"]) == ("model", "dream")
    assert missing["detail"] == "There is no model 'dream' on this machine."
    assert missing["fix"]
    generate = next(b for b in body["workflow"]["bricks"] if b["type"] == "generate")
    assert generate["props"]["model"] == "dream"


def test_a_wall_with_inert_bricks_runs_without_them(studio: Server) -> None:
    model = studio.get("/api/models")["items"][0]["id"]
    graph = {
        **TEXT_TO_IMAGE,
        "4": node("CheckpointLoaderSimple", ckpt_name=f"folder/{model}.safetensors"),
        "3": {
            **TEXT_TO_IMAGE["3"],
            "inputs": {
                **TEXT_TO_IMAGE["3"]["inputs"],
                "steps": 1,
                "sampler_name": "euler",
                "scheduler": "simple",
            },
        },
        "5": node("EmptyLatentImage", width=128, height=128, batch_size=1),
        "17": node("GlowEffect", image=["8", 0]),
        "9": node("SaveImage", filename_prefix="house", images=["17", 0]),
    }
    imported = studio.http.post(PATH, json=graph).json()
    assert imported["report"]["missing"] == []
    run = studio.post("/api/workflows/run", {"workflow": imported["workflow"]}, status=202)
    assert run["tasks"].keys() == {"generate", "save"}
    task = studio.done(run["tasks"]["generate"])
    assert (task["params"]["prompt"], task["params"]["width"]) == ("a red house", 128)


def test_an_import_runs_nothing_and_saves_nothing(studio: Server) -> None:
    before = studio.get("/api/tasks")["total"], studio.get("/api/workflows")["total"]
    assert types(studio.http.post(PATH, json=FLUX))
    assert (studio.get("/api/tasks")["total"], studio.get("/api/workflows")["total"]) == before


@pytest.mark.parametrize("tool", TOOLS)
def test_an_image_of_each_tool_becomes_a_wall(studio: Server, tool: str) -> None:
    answer = sent(studio, picture(TOOLS[tool]), "a.png")
    assert {"generate", "prompt", "settings"} <= set(types(answer))
    bricks = {brick["type"]: brick["props"] for brick in answer.json()["workflow"]["bricks"]}
    assert bricks["prompt"]["negative_prompt"] == "blur"
    assert bricks["settings"]["seed"] == 9
    assert bricks["generate"]["num_inference_steps"] == 20


HOSTILE: dict[str, Any] = {
    "circle": {**BASE, "3": node("KSampler", model=["3", 0])},
    "10,000 nodes": {str(key): node("KSampler") for key in range(10_000)},
    "3,000 nodes": {str(key): node("KSampler") for key in range(3_000)},
    "wrong types": {"1": {"class_type": ["KSampler"], "inputs": 3}},
    "nodes that are none": {"nodes": [{"type": 3}, 5, None, {"type": "KSampler", "id": {}}]},
    "only notes": {"nodes": [{"id": 1, "type": "Note"}]},
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_is_answered_by_a_sentence(studio: Server, name: str) -> None:
    content = json.dumps(HOSTILE[name]).encode()
    for answer in (sent(studio, content), studio.http.post(PATH, json=HOSTILE[name])):
        assert answer.status_code == (413 if name == "10,000 nodes" else 422), answer.text
        assert answer.json()["detail"].endswith(".")
        assert answer.json()["fix"]


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b"[" * 5_000, 422),
        (b'{"nodes": [' + b"{}," * 60_000 + b"{}]}", 413),
        (b'{"1": {"class_type": "x", "inputs": {"text": "' + b"x" * (9 << 20) + b'"}}}', 413),
        (b'{"nodes": "\xff\xfe"}', 422),
        (b"{", 422),
        (b"not an image", 422),
        (b"", 422),
    ],
    ids=["deep", "values", "bytes", "encoding", "cut", "text", "empty"],
)
def test_a_broken_or_huge_file_is_answered_by_a_sentence(
    studio: Server, content: bytes, status: int
) -> None:
    answer = sent(studio, content)
    assert answer.status_code == status, answer.text
    assert answer.json()["detail"].endswith(".")


def test_a_webp_of_comfyui_is_imported_node_by_node(studio: Server) -> None:
    exif = Image.Exif()
    exif[0x0110] = f"prompt:{json.dumps(FLUX)}"
    for form in ("WEBP", "JPEG"):
        buffer = BytesIO()
        Image.new("RGB", (8, 8)).save(buffer, form, exif=exif)
        answer = sent(studio, buffer.getvalue(), "a.webp")
        assert answer.json()["report"]["source"] == "comfyui-api"
        assert "image_output" in types(answer)


def test_a_sampler_that_the_model_on_disk_lacks_is_left_out(studio: Server) -> None:
    loader = node("CheckpointLoaderSimple", ckpt_name="nano.safetensors")
    answer = studio.http.post(PATH, json={**BASE, "4": loader, "3": sampled()}).json()
    props = {brick["type"]: brick["props"] for brick in answer["workflow"]["bricks"]}
    assert props["generate"]["model"] == "nano"
    assert "sampler" not in props["generate"]


def test_a_wall_is_exported_to_comfyui_and_imported_again(studio: Server) -> None:
    wall = studio.http.post(PATH, json=TEXT_TO_IMAGE).json()["workflow"]
    exported = studio.post("/api/workflows/export", {"workflow": wall})
    classes = {node["class_type"] for node in exported["prompt"].values()}
    assert {"KSampler", "CheckpointLoaderSimple", "SaveImage"} <= classes
    again = studio.http.post(PATH, json=exported["prompt"]).json()
    assert again["workflow"] == wall
    empty = studio.http.post("/api/workflows/export", json={"workflow": []})
    assert (empty.status_code, empty.json()["code"]) == (422, "invalid_workflow")


def test_metadata_hidden_in_the_pixels_becomes_a_wall(studio: Server) -> None:
    hidden = hiding(b"stealth_pnginfo", TOOLS["a1111"]["parameters"].encode())
    answer = sent(studio, encoded(hidden, "PNG"), "a.png")
    assert {"generate", "prompt", "settings"} <= set(types(answer))
    assert answer.json()["report"]["source"] == "a1111"
