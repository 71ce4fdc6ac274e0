"""`GET /api/models` tells of every model: what is here, what is here in part, what could be."""

from collections.abc import Callable
from pathlib import Path

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
