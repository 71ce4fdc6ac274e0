"""`GET /api/models` tells of every model: what is here, what is here in part, what could be."""

from collections.abc import Callable
from io import BytesIO
from pathlib import Path

from PIL import Image

from tests.integration.process import Server
from tests.unit.models import headers
from tests.unit.models.crafting import safetensors
from tests.unit.models.test_lora import kohya, loha, peft, unet

MakeServer = Callable[..., Server]


def test_the_models_that_could_be_here_are_listed_with_the_way_to_get_them(studio: Server) -> None:
    items = {item["id"]: item for item in studio.get("/api/models")["items"]}
    nano = items["nano"]
    assert (nano["state"], nano["present"], nano["family"]) == ("present", True, "flux2-klein")
    assert {"generate", "img2img"} <= set(nano["modes"])
    klein = items["flux2-klein-4b"]
    assert (klein["state"], klein["present"]) == ("missing", False)
    assert klein["modes"]["generate"] == {"parameters": [], "defaults": {}}
    assert klein["licence_details"]["commercial"] == "yes"
    assert klein["lacks"][0]["command"].endswith("models pull flux2-klein-4b")
    assert items["flux1-dev"]["gated"]


def test_a_file_that_is_dropped_in_is_recognised_without_a_restart(
    make_server: MakeServer, tmp_path: Path
) -> None:
    folder = tmp_path / "more"
    folder.mkdir()
    server = make_server(QPYT_EXTRA_MODEL_DIRS=str(folder), QPYT_WARM="false").start()
    safetensors(folder / "flux-2-klein-4b.safetensors", headers.flux2(*headers.KLEIN_4B))
    items = {item["id"]: item for item in server.get("/api/models")["items"]}
    entry = items["flux-2-klein-4b"]
    assert (entry["state"], entry["variant"]) == ("incomplete", "flux2-klein-4b")
    assert entry["lacks"][0]["label"] == "Qwen3 4B text encoder"
    refused = server.http.post("/api/generate", json={"prompt": "a", "model": "flux-2-klein-4b"})
    assert refused.status_code == 409
    assert refused.json()["code"] == "model_missing"
    assert "Qwen3 4B text encoder" in refused.json()["detail"]


def test_loras_are_listed_with_the_models_that_take_them(
    make_server: MakeServer, tmp_path: Path
) -> None:
    folder = tmp_path / "more" / "loras"
    folder.mkdir(parents=True)
    server = make_server(QPYT_EXTRA_MODEL_DIRS=str(folder.parent), QPYT_WARM="false").start()
    assert server.get("/api/loras")["items"] == []
    sides = {f"transformer_blocks.{block}.attn.to_q": (192, 192) for block in range(2)}
    safetensors(folder / "small.safetensors", peft("transformer.", sides))
    safetensors(folder / "<img src=x>.safetensors", kohya("lora_unet_", unet(768)))
    safetensors(folder / "never.safetensors", loha("lora_unet_", unet(768)))
    items = {item["id"]: item for item in server.get("/api/loras")["items"]}
    assert items["small"]["models"] == ["nano"]
    assert items["small"]["lora"]["rank"] == 16
    assert items["<img src=x>"]["family"] == "sd15"
    assert items["<img src=x>"]["models"] == []
    assert "LoHa" in items["never"]["problem"]


def test_whether_it_fits_is_answered_before_anything_runs(studio: Server) -> None:
    answer = studio.get("/api/models/nano/fit?width=1000&height=1000&num_images=3")
    assert (answer["width"], answer["height"]) == (128, 128)
    assert answer["fits"] is True
    assert answer["plan"]["id"] == "device"
    assert 0 < answer["needed_bytes"] < answer["free_bytes"] <= answer["total_bytes"]
    assert {plan["id"] for plan in answer["plans"]} == {"device", "device-tiled"}


def test_the_fit_of_what_is_not_here_says_so(studio: Server) -> None:
    assert studio.http.get("/api/models/nothing/fit").status_code == 409
    assert studio.http.get("/api/models/nano/fit?loras=gone").status_code == 409
    assert studio.http.get("/api/models/nano/fit?width=0").status_code == 422


def test_a_picture_beside_a_lora_is_its_thumbnail(make_server: MakeServer, tmp_path: Path) -> None:
    folder = tmp_path / "more" / "loras" / "people"
    folder.mkdir(parents=True)
    sides = {"transformer_blocks.0.attn.to_q": (192, 192)}
    safetensors(folder / "face.safetensors", peft("transformer.", sides))
    safetensors(folder / "faceless.safetensors", peft("transformer.", sides))
    Image.new("RGB", (900, 600), "teal").save(folder / "face.png")
    server = make_server(QPYT_EXTRA_MODEL_DIRS=str(tmp_path / "more"), QPYT_WARM="false").start()
    items = {item["id"]: item for item in server.get("/api/loras")["items"]}
    assert items["face"]["folder"] == "people"
    assert items["faceless"]["thumbnail_url"] is None
    picture = server.http.get(items["face"]["thumbnail_url"])
    assert picture.headers["content-type"] == "image/webp"
    assert max(Image.open(BytesIO(picture.content)).size) <= 256
    assert server.http.get("/api/loras/faceless/thumbnail").status_code == 404


def test_a_model_is_taken_out_of_memory_by_request(studio: Server) -> None:
    def unloaded() -> object:
        answer = studio.post("/api/models/nano/unload", {}, 202)
        return studio.done(answer["task_id"])["outputs"][0]["value"]

    studio.done(studio.submit("generate", prompt="a cat", num_inference_steps=1))
    assert unloaded() is True
    assert unloaded() is False
