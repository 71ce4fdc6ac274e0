"""The choice of a model among what is here, in part or not at all; and LoRAs on the wall."""

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import torch
from playwright.sync_api import ConsoleMessage, Locator, Page, expect
from safetensors.torch import save_file

from core.models.weights.file import read_weights
from tests.browser.conftest import tail
from tests.browser.server import PATIENCE, ROOT, StudioServer
from tests.browser.wall import MS, brick, draw, how_many, run, tasks, visit
from tests.integration.downloads.hub import Hub, running_hub
from tests.unit.models import headers
from tests.unit.models.crafting import safetensors
from tests.unit.models.test_lora import kohya, unet

NANO = ROOT / "models" / "nano"
TAUGHT = ("attn.to_q", "attn.to_v", "to_qkv_mlp_proj")
RANK = 4
SDXL = "stabilityai/stable-diffusion-xl-base-1.0"
T5_TOKENIZER = "black-forest-labs/FLUX.1-schnell/tokenizer_2"
REFUSED = ("status of 409", "status of 422")
# How a browser logs what the server refuses, which is no fault.


@pytest.fixture(scope="module")
def hub() -> Iterator[Hub]:
    """A model hub with one file, which it sends slowly."""
    with running_hub() as hub_server:
        hub_server.files[f"{SDXL}/unet/config.json"] = bytes(6_000_000)
        hub_server.seconds_a_block = 0.1
        yield hub_server


@pytest.fixture(scope="module")
def stocked(
    hub: Hub, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[StudioServer]:
    """A studio with a whole model, one that lacks parts, and LoRAs that fit and do not."""
    root = tmp_path_factory.mktemp("stocked")
    models, loras = root / "models", root / "models" / "loras"
    shutil.copytree(NANO, models / "nano")
    loras.mkdir()
    safetensors(models / "flux-2-klein-4b.safetensors", headers.flux2(*headers.KLEIN_4B))
    (models / "old.ckpt").write_bytes(b"PK\x03\x04" + b"\0" * 100)
    fitting(loras / "Harbour light.safetensors")
    safetensors(loras / "Old portraits.safetensors", kohya("lora_unet_", unet(768)))
    oft = {"lora_unet_mid_block_proj.oft_blocks": (4, 8, 8)}
    safetensors(loras / "Odd one.safetensors", oft)
    for name in ("people/faces/Freckles", "people/Hats"):
        (loras / name).parent.mkdir(parents=True, exist_ok=True)
        safetensors(loras / f"{name}.safetensors", kohya("lora_unet_", unet(768)))
    settings = {"HF_ENDPOINT": hub.address, "QPYT_MODEL_DIRS": str(models)}
    server = StudioServer(root / "data", **settings)
    failed_before = request.session.testsfailed
    server.start()
    yield server
    server.stop()
    if request.session.testsfailed > failed_before:
        print(f"server log:\n{tail(server.log)}")


def fitting(path: Path) -> None:
    """A LoRA of random numbers for the embedded model, as PEFT writes one."""
    (weights,) = (NANO / "transformer").glob("*.safetensors")
    random, state = torch.Generator().manual_seed(0), {}
    for name, tensor in read_weights(weights).tensors.items():
        module = name.removesuffix(".weight")
        if module.endswith(TAUGHT):
            given, taken = tensor.shape
            stem = f"transformer.{module}"
            state[f"{stem}.lora_A.weight"] = torch.randn(RANK, taken, generator=random) / 10
            state[f"{stem}.lora_B.weight"] = torch.randn(given, RANK, generator=random) / 10
    save_file(state, path)


@pytest.fixture
def complaints(page: Page) -> Iterator[list[str]]:
    """Errors that the page logs: only refusals by the server are allowed."""
    logged: list[str] = []

    def hear(message: ConsoleMessage) -> None:
        if message.type == "error" and not any(status in message.text for status in REFUSED):
            logged.append(message.text)

    page.on("console", hear)
    yield logged
    assert logged == []


def opened_picker(page: Page) -> Locator:
    """The list of models, opened with the keyboard."""
    brick(page, "Generate").get_by_label("Model", exact=True).press("Enter")
    picker = page.locator(".picker:popover-open")
    expect(picker).to_be_visible()
    return picker


def add_loras_brick(page: Page) -> Locator:
    """A LoRA brick from the palette."""
    page.locator("main").focus()
    page.keyboard.press("/")
    page.keyboard.type("lora")
    page.keyboard.press("Enter")
    loras = brick(page, "LoRAs")
    expect(loras).to_be_visible()
    return loras


def add_lora(loras: Locator, name: str) -> Locator:
    """A LoRA from the offers; its row."""
    shelf = loras.locator("details")
    if shelf.get_attribute("open") is None:
        loras.get_by_text("Add a LoRA").click()
    loras.get_by_role("button", name=name).click()
    row = loras.locator(".lora-row").filter(has_text=name)
    expect(row).to_be_visible()
    return row


@pytest.mark.usefixtures("complaints")
def test_the_picker_tells_what_is_here_in_part_or_not_and_under_which_licence(
    page: Page, stocked: StudioServer
) -> None:
    visit(page, stocked)
    picker = opened_picker(page)
    expect(picker.get_by_role("searchbox")).to_be_focused()

    def row(label: str) -> Locator:
        named = page.locator(".picker-name").get_by_text(label, exact=True)
        return picker.locator(".picker-row").filter(has=named)

    here, part, missing = row("Nano · built in"), row("flux-2-klein-4b"), row("SDXL base")
    expect(here).to_have_attribute("aria-pressed", "true")
    expect(here).to_contain_text("fits:")
    expect(part).to_contain_text("missing Qwen3 4B text encoder, Qwen tokenizer, FLUX.2 VAE")
    expect(part.locator(".badge")).to_have_text("Apache 2.0")
    expect(part.locator(".badge")).to_have_attribute("data-commercial", "yes")
    expect(missing).to_contain_text("not downloaded")
    expect(row("FLUX.1 dev").locator(".badge")).to_have_attribute("data-commercial", "no")
    sd35 = row("Stable Diffusion 3.5 medium").locator(".badge")
    expect(sd35).to_have_attribute("data-commercial", "conditional")
    picker.get_by_text("1 file cannot be used").click()
    expect(picker.locator(".picker-refused")).to_contain_text("a pickle can run any code")
    picker.get_by_role("searchbox").focus()
    page.keyboard.type("klein 9b")
    expect(here).to_be_hidden()
    expect(row("FLUX.2 klein 9B")).to_be_visible()
    page.keyboard.press("Control+a")
    page.keyboard.type("zebra")
    expect(picker.get_by_text("No matching model.")).to_be_visible()
    page.keyboard.press("Escape")
    expect(picker).to_be_hidden()
    expect(brick(page, "Generate").get_by_label("Model", exact=True)).to_be_focused()


@pytest.mark.usefixtures("complaints")
def test_a_model_is_chosen_by_keyboard_and_says_what_it_lacks(
    page: Page, stocked: StudioServer
) -> None:
    visit(page, stocked)
    generate = brick(page, "Generate")
    fit = generate.locator(".fit")
    expect(fit).to_contain_text("fits:")
    picker = opened_picker(page)
    page.keyboard.type("flux-2-klein-4b")
    rows = picker.locator(".picker-row:visible")
    expect(rows).to_have_count(1)
    page.keyboard.press("ArrowDown")
    expect(rows).to_be_focused()
    page.keyboard.press("Enter")
    chosen = generate.get_by_label("Model", exact=True)
    expect(chosen).to_be_focused()
    expect(chosen).to_have_text("flux-2-klein-4b")
    expect(fit).to_contain_text("missing Qwen3 4B text encoder")
    expect(fit).to_have_attribute("data-tone", "bad")
    page.keyboard.press("Control+z")
    expect(chosen).to_have_text("Nano · built in")
    expect(fit).to_contain_text("fits:")


@pytest.mark.usefixtures("complaints")
def test_what_is_set_stays_with_another_model_until_it_is_unlocked(
    page: Page, stocked: StudioServer
) -> None:
    visit(page, stocked)
    steps = brick(page, "Generate").locator('[data-field="num_inference_steps"]')
    slider, lock = steps.get_by_role("slider"), steps.get_by_role("button")
    expect(slider).to_have_value("8")
    expect(lock).to_be_hidden()
    slider.press("ArrowRight")
    expect(slider).to_have_value("9")
    expect(lock).to_have_accessible_name("Inference steps: Reset to the model's default: 8")
    lock.click()
    expect(slider).to_have_value("8")
    expect(lock).to_be_hidden()
    expect(slider).to_be_focused()


@pytest.mark.usefixtures("complaints")
def test_loras_are_found_weighed_switched_off_and_taken_back(
    page: Page, stocked: StudioServer
) -> None:
    visit(page, stocked)
    loras = add_loras_brick(page)
    expect(page.locator('.wire[d][data-wire*="generate.loras"]')).to_be_attached()
    loras.get_by_text("Add a LoRA").click()
    offers = loras.locator(".lora-offer")
    expect(offers).to_have_count(5)
    folder = loras.get_by_label("Folder", exact=True)
    expect(folder.get_by_role("option")).to_have_count(3)
    folder.select_option("people")
    expect(offers).to_have_count(2)
    folder.select_option("people/faces")
    expect(offers).to_have_count(1)
    folder.select_option("")
    odd = offers.filter(has_text="Odd one")
    expect(odd).to_be_disabled()
    expect(odd).to_contain_text("OFT")
    loras.get_by_role("searchbox", name="Search LoRAs").fill("light harb")
    expect(offers).to_have_count(1)
    row = add_lora(loras, "Harbour light")
    number = row.get_by_role("spinbutton", name="Weight")
    slider = row.get_by_role("slider", name="Harbour light")
    number.fill("0.6")
    expect(slider).to_have_value("0.6")
    slider.press("ArrowRight")
    expect(number).to_have_value("0.65")
    switch = row.get_by_role("switch", name="Enabled")
    switch.uncheck()
    expect(row).to_have_class("lora-row off")
    expect(number).to_be_hidden()
    page.keyboard.press("Control+z")
    expect(switch).to_be_checked()
    expect(number).to_have_value("0.65")
    row.get_by_role("button", name="Remove").click()
    expect(loras.locator(".lora-row")).to_have_count(0)
    page.keyboard.press("Control+z")
    expect(number).to_have_value("0.65")


def completed(studio: StudioServer) -> list[dict[str, Any]]:
    """The completed tasks of a server, newest first."""
    answer = httpx.get(f"{studio.url}/api/tasks?status=completed", timeout=PATIENCE).json()
    return list(answer["items"])


@pytest.mark.usefixtures("complaints")
def test_a_lora_of_another_family_is_refused_and_one_that_fits_draws(
    page: Page, stocked: StudioServer
) -> None:
    visit(page, stocked)
    loras = add_loras_brick(page)
    wrong = add_lora(loras, "Old portraits")
    problem_text = "^Incompatible: made for Stable Diffusion 1.5.*, not for Nano · built in.$"
    expect(wrong.get_by_role("alert")).to_have_text(re.compile(problem_text))
    run(page)
    problem = loras.locator(".brick-problem").or_(brick(page, "Generate").locator(".brick-problem"))
    expect(problem.filter(has_text="Old portraits cannot be used with Nano")).to_be_visible()
    before = completed(stocked)
    wrong.get_by_role("switch", name="Enabled").uncheck()
    expect(wrong.get_by_role("alert")).to_be_hidden()
    add_lora(loras, "Harbour light").get_by_role("spinbutton", name="Weight").fill("0.5")
    how_many(page).fill("1")
    draw(page)
    expect(tasks(page, "completed")).to_have_count(len(before) + 1, timeout=MS)
    drawn = [task for task in completed(stocked) if task not in before]
    used = [[(use["name"], use["weight"]) for use in task["params"]["loras"]] for task in drawn]
    assert used == [[("Harbour light", 0.5)]], f"a refused run draws nothing: {drawn}"


@pytest.mark.usefixtures("complaints")
def test_the_tokenizers_of_a_whole_checkpoint_are_one_click(
    page: Page, stocked: StudioServer, hub: Hub
) -> None:
    for folder, kind in ((f"{SDXL}/tokenizer", "CLIP"), (T5_TOKENIZER, "T5")):
        config = json.dumps({"tokenizer_class": f"{kind}Tokenizer"}).encode()
        hub.files[f"{folder}/tokenizer_config.json"] = config
        hub.files[f"{folder}/vocab.json"] = bytes(600_000)
    safetensors(
        stocked.data_dir.parent / "models" / "my whole model.safetensors", headers.FLUX1_CHECKPOINT
    )
    visit(page, stocked)
    opened_picker(page)
    page.keyboard.type("my whole model")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    run(page)
    problem = brick(page, "Generate").locator(".brick-problem")
    expect(problem).to_contain_text("not complete: CLIP tokenizer, T5 tokenizer missing")
    button = problem.get_by_role("button", name="Download")
    expect(button).to_have_count(1)
    expect(button).to_have_text("Download CLIP tokenizer, T5 tokenizer · 6 MB")
    button.click()
    expect(problem).to_contain_text("Downloaded CLIP tokenizer, T5 tokenizer.", timeout=MS)
    models = httpx.get(f"{stocked.url}/api/models", timeout=PATIENCE).json()["items"]
    states = {model["id"]: model["state"] for model in models}
    assert states["my whole model"] == "present"


@pytest.mark.usefixtures("complaints")
def test_a_missing_model_is_downloaded_where_it_is_missed(
    page: Page, stocked: StudioServer, hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hub, "seconds_a_block", 5.0)  # it is cancelled before it ends
    visit(page, stocked)
    generate = brick(page, "Generate")
    picker = opened_picker(page)
    page.keyboard.type("sdxl base")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    run(page)
    problem = generate.locator(".brick-problem")
    expect(problem).to_contain_text("no model 'sdxl-base' on this machine")
    problem.get_by_role("button", name="Download SDXL base").click()
    expect(problem).to_contain_text("downloading,", timeout=MS)
    expect(tasks(page, "running")).to_contain_text("Download SDXL base")
    opened_picker(page)
    stop = picker.get_by_role("button", name="Cancel the download of SDXL base")
    expect(stop).to_be_visible()
    stop.click()
    page.keyboard.press("Escape")
    expect(problem).to_contain_text("it can be resumed", timeout=MS)
    hub.files.clear()
    problem.get_by_role("button", name="Resume SDXL base").click()
    expect(tasks(page, "failed")).to_have_count(1, timeout=MS)
    expect(problem.get_by_role("button", name="Resume SDXL base")).to_be_visible()
    opened_picker(page)
    row = picker.locator(".picker-item").filter(has=page.get_by_text("SDXL base", exact=True))
    expect(row.locator('.picker-fit[data-tone="bad"]')).to_be_visible()
