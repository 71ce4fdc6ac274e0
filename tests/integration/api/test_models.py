"""`GET /api/models` lists present, incomplete and available models."""

import shutil
import time
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from tests.integration.process import Server
from tests.unit.models import headers
from tests.unit.models.crafting import raw, safetensors
from tests.unit.models.test_lora import kohya, peft, unet
from tests.unit.models.test_weights import CRAFTED, FOREIGN, HOSTILE_GGUF


@pytest.fixture(scope="module")
def drop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of models beside the built-in one, empty when the server starts."""
    folder = tmp_path_factory.mktemp("more")
    (folder / "loras").mkdir()
    return folder


@pytest.fixture(scope="module")
def dropped(drop: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that looks into that folder."""
    data = tmp_path_factory.mktemp("dropped") / "data"
    server = Server(data, QPYT_EXTRA_MODEL_DIRS=str(drop)).start()
    yield server
    server.stop()
    server.http.close()


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


def listed(server: Server, what: str) -> dict[str, dict[str, object]]:
    return {item["id"]: item for item in server.get(f"/api/{what}")["items"]}


def test_a_file_that_is_dropped_in_is_recognised_without_a_restart(
    dropped: Server, drop: Path
) -> None:
    assert "flux-2-klein-4b" not in listed(dropped, "models")
    safetensors(drop / "flux-2-klein-4b.safetensors", headers.flux2(*headers.KLEIN_4B))
    entry = dropped.get("/api/models")["items"]
    (model,) = [item for item in entry if item["id"] == "flux-2-klein-4b"]
    assert (model["state"], model["variant"]) == ("incomplete", "flux2-klein-4b")
    assert model["lacks"][0]["label"] == "Qwen3 4B text encoder"
    refused = dropped.http.post("/api/generate", json={"prompt": "a", "model": "flux-2-klein-4b"})
    assert refused.status_code == 409
    assert refused.json()["code"] == "model_missing"
    assert "Qwen3 4B text encoder" in refused.json()["detail"]


def test_hostile_files_harm_nothing(dropped: Server, drop: Path) -> None:
    before, server = listed(dropped, "models"), dropped.process
    folder = drop / "hostile"
    folder.mkdir()
    names = []
    for index, content in enumerate([*HOSTILE_GGUF.values(), *FOREIGN.values()]):
        for ending in ("safetensors", "gguf", "ckpt", "pt"):
            names.append(f"hostile-{index}.{ending}")
            (folder / names[-1]).write_bytes(content)
    for index, header in enumerate(CRAFTED.values()):
        names.append(f"crafted-{index}.safetensors")
        raw(folder / names[-1], header, 24)
    began = time.monotonic()
    assert listed(dropped, "models").keys() == before.keys()
    assert time.monotonic() - began < len(names)
    assert len(names) > 40
    for name in ("hostile-0.gguf", "crafted-0.safetensors"):
        asked = {"prompt": "a", "model": name}
        assert dropped.http.post("/api/generate", json=asked).status_code in (409, 422)
    assert dropped.running
    assert dropped.process == server, "the very process that was there before"
    shutil.rmtree(folder)


def test_loras_are_listed_with_the_models_that_take_them(dropped: Server, drop: Path) -> None:
    folder = drop / "loras"
    sides = {f"transformer_blocks.{block}.attn.to_q": (192, 192) for block in range(2)}
    safetensors(folder / "small.safetensors", peft("transformer.", sides))
    safetensors(folder / "<img src=x>.safetensors", kohya("lora_unet_", unet(768)))
    safetensors(folder / "never.safetensors", {"lora_unet_mid_block_proj.oft_blocks": (4, 8, 8)})
    (folder / "half.safetensors").write_bytes((folder / "small.safetensors").read_bytes()[:-9])
    items = {item["id"]: item for item in dropped.get("/api/loras")["items"]}
    assert items["small"]["models"] == ["nano"]
    assert items["small"]["lora"]["rank"] == 16
    assert items["<img src=x>"]["family"] == "sd15"
    assert items["<img src=x>"]["models"] == []
    assert "OFT" in items["never"]["problem"]
    assert items["half"]["models"] == items["half"]["families"] == []
    assert "half.safetensors" in items["half"]["refusal"]


def test_a_lora_of_another_model_is_refused_when_it_is_submitted_or_left_out_with_a_word(
    dropped: Server, drop: Path
) -> None:
    safetensors(drop / "loras" / "portrait.safetensors", kohya("lora_unet_", unet(768)))
    asked = {"prompt": "a", "num_inference_steps": 1, "loras": [{"name": "portrait"}]}
    refused = dropped.http.post("/api/generate", json=asked)
    assert refused.status_code == 422
    assert refused.json()["field"] == "loras.0.name"
    assert "for Stable Diffusion 1.5" in refused.json()["detail"]
    done = dropped.done(dropped.submit("generate", **asked, lora_policy="skip"))
    (skipped,) = done["snapshot"]["skipped_loras"]
    assert skipped["name"] == "portrait"
    assert "Stable Diffusion 1.5" in skipped["reason"]
    assert "lora_skipped" in {warning["code"] for warning in done["snapshot"]["warnings"]}
    assert "lora_skipped" in {warning["code"] for warning in done["warnings"]}


def test_seconds_are_expected_once_such_a_picture_was_drawn(studio: Server) -> None:
    done = studio.done(studio.submit("generate", prompt="a cat", num_inference_steps=1))
    assert 0 <= done["timings"]["loading_seconds"] < done["timings"]["run_seconds"]
    single, three = (
        studio.get(f"/api/models/nano/fit?num_images={images}")["seconds"] for images in (1, 3)
    )
    steps = studio.get("/api/models/nano/fit?num_inference_steps=4")["seconds"]
    assert 0 < single < three
    assert steps == pytest.approx(single / 2, rel=0.1), "of the eight that the model draws with"
    assert three == pytest.approx(3 * single, rel=0.1)


def test_whether_it_fits_is_answered_before_anything_runs(studio: Server) -> None:
    answer = studio.get("/api/models/nano/fit?width=1000&height=1000&num_images=3")
    assert (answer["width"], answer["height"]) == (1000, 1000)
    assert answer["fits"] is True
    assert answer["plan"]["id"] == "device"
    assert 0 < answer["needed_bytes"] < answer["free_bytes"] <= answer["total_bytes"]
    assert {plan["id"] for plan in answer["plans"]} == {"device", "device-tiled"}


def test_the_fit_of_a_model_of_the_catalogue_is_known_before_its_download(studio: Server) -> None:
    answer = studio.get("/api/models/flux2-dev/fit")
    assert answer["model"] == "flux2-dev"
    assert answer["plans"], "each with its needs"
    assert min(plan["device_bytes"] for plan in answer["plans"]) > 1 << 30


def test_the_fit_of_what_is_not_here_says_so(studio: Server) -> None:
    assert studio.http.get("/api/models/nothing/fit").status_code == 409
    assert studio.http.get("/api/models/nano/fit?loras=gone").status_code == 409
    assert studio.http.get("/api/models/nano/fit?width=0").status_code == 422


def test_a_picture_beside_a_lora_is_its_thumbnail(dropped: Server, drop: Path) -> None:
    folder = drop / "loras" / "people"
    folder.mkdir(parents=True)
    sides = {"transformer_blocks.0.attn.to_q": (192, 192)}
    safetensors(folder / "face.safetensors", peft("transformer.", sides))
    safetensors(folder / "faceless.safetensors", peft("transformer.", sides))
    Image.new("RGB", (900, 600), "teal").save(folder / "face.png")
    items = {item["id"]: item for item in dropped.get("/api/loras")["items"]}
    assert items["face"]["folder"] == "people"
    assert items["faceless"]["thumbnail_url"] is None
    picture = dropped.http.get(items["face"]["thumbnail_url"])
    assert picture.headers["content-type"] == "image/webp"
    assert max(Image.open(BytesIO(picture.content)).size) <= 256
    assert dropped.http.get("/api/loras/faceless/thumbnail").status_code == 404


def test_a_model_is_taken_out_of_memory_by_request(studio: Server) -> None:
    def unloaded() -> object:
        answer = studio.post("/api/models/nano/unload", {}, 202)
        return studio.done(answer["task_id"])["outputs"][0]["value"]

    studio.done(studio.submit("generate", prompt="a cat", num_inference_steps=1))
    assert unloaded() is True
    assert unloaded() is False
