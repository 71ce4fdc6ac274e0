"""Sources of images: dropped, pasted, photographed, painted; bricks on a touch screen."""

import io
import json
from typing import Any

import httpx
from PIL import Image
from PIL.PngImagePlugin import PngInfo
from playwright.sync_api import Locator, Page, expect

from tests.browser.server import PATIENCE, StudioServer
from tests.browser.wall import brick, stand
from tests.integration.api.pictures import encoded

FINGER = 39.5  # CSS pixels; what is 40 high may be rounded
TOO_SMALL = """([least]) => [...document.querySelectorAll(".brick")].flatMap((brick) =>
  [...brick.querySelectorAll("button, select, input:not(.unseen), textarea, summary, label.quiet")]
    .filter((each) => each.checkVisibility({ visibilityProperty: true }))
    .filter((each) => each.getBoundingClientRect().height < least)
    .map((each) => `${brick.ariaLabel}: ${each.ariaLabel ?? each.innerText} ${each.className}`))"""


def carrying(page: Page, name: str, kind: str, data: bytes) -> Any:
    """A DataTransfer with one file, as drop and paste events carry it."""
    return page.evaluate_handle(
        """([name, type, bytes]) => {
          const held = new DataTransfer();
          held.items.add(new File([new Uint8Array(bytes)], name, { type }));
          return held;
        }""",
        [name, kind, list(data)],
    )


def turned() -> bytes:
    """40 × 20 as stored, 20 × 40 as its camera was held."""
    exif = Image.Exif()
    exif[0x0112] = 6
    return encoded(Image.new("RGB", (40, 20), "teal"), "JPEG", exif=exif)


def paste(where: Locator, held: Any) -> None:
    """Dispatch the paste event of Ctrl+V."""
    where.evaluate(
        """(brick, clipboardData) =>
          brick.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true }))""",
        held,
    )


def test_a_picture_is_dropped_pasted_or_shot_and_stands_upright(
    page: Page, studio: StudioServer
) -> None:
    stand(page, studio, [{"id": "picture", "type": "image_input"}])
    picture = brick(page, "Input image")
    field = picture.locator(".drop")
    field.dispatch_event("drop", {"dataTransfer": carrying(page, "a.jpg", "image/jpeg", turned())})
    expect(picture).to_contain_text("20 × 40 · a.jpg")
    shown = picture.get_by_alt_text("The selected image")
    assert shown.evaluate("image => image.decode().then(() => image.naturalHeight)") == 40
    wide = encoded(Image.new("RGB", (64, 48), "red"))
    picture.focus()
    paste(picture, carrying(page, "b.png", "image/png", wide))
    expect(picture).to_contain_text("64 × 48 · b.png")
    shot = picture.locator("input[capture=environment]")
    shot.set_input_files({"name": "c.jpg", "mimeType": "image/jpeg", "buffer": turned()})
    expect(picture).to_contain_text("20 × 40 · c.jpg")
    page.keyboard.press("Control+z")
    expect(picture).to_contain_text("64 × 48 · b.png")


def test_a_picture_of_ours_dropped_on_the_wall_brings_its_bricks_back(
    page: Page, studio: StudioServer
) -> None:
    chunks = PngInfo()
    params = {"prompt": "a castle by the sea", "num_inference_steps": 5, "seed": 7}
    chunks.add_itxt("qpyt", json.dumps({"operation": "generate", "params": params}))
    data = encoded(Image.new("RGB", (64, 48), "red"), "PNG", pnginfo=chunks)
    stand(page, studio, [{"id": "picture", "type": "image_input"}])
    held = carrying(page, "ours.png", "image/png", data)
    brick(page, "Input image").locator(".drop").dispatch_event("drop", {"dataTransfer": held})
    expect(brick(page, "Input image")).to_contain_text("Made with Qpyt Studio: a castle by the sea")
    page.locator(".wall-content").dispatch_event("drop", {"dataTransfer": held})
    expect(brick(page, "Prompt").get_by_label("Prompt", exact=True)).to_have_value(params["prompt"])
    steps = brick(page, "Generate").get_by_role("spinbutton", name="Inference steps, exact")
    expect(steps).to_have_value("5")
    page.keyboard.press("Control+z")
    expect(brick(page, "Input image")).to_be_visible()


def test_what_takes_a_mask_brings_the_painter_with_its_own_picture(
    page: Page, studio: StudioServer
) -> None:
    data = io.BytesIO(encoded(Image.new("RGB", (64, 48), "red")))
    files = {"file": ("mine.png", data, "image/png")}
    asset = httpx.post(f"{studio.url}/api/assets", files=files, timeout=PATIENCE).json()["id"]
    stand(page, studio, [{"id": "anew", "type": "repaint", "props": {"image": asset}}])
    anew = brick(page, "Repaint")
    anew.get_by_role("button", name="Mask painter").click()
    painter = brick(page, "Mask painter")
    expect(painter.get_by_role("button", name="Paint mask")).to_be_enabled()
    expect(page.locator('.wire[d][data-wire$=" anew.mask"]')).to_be_attached()
    expect(painter.get_by_role("button", name="Use this image there")).to_be_hidden()


def test_nothing_on_a_brick_is_too_small_for_a_finger(phone: Page, studio: StudioServer) -> None:
    listed = httpx.get(f"{studio.url}/api/operations", timeout=PATIENCE).json()["items"]
    names = [entry["name"] for entry in listed if entry["has_brick"]]
    wall = [{"id": f"b{row}", "type": name, "row": row} for row, name in enumerate(names)]
    stand(phone, studio, wall)
    expect(brick(phone, "Generate").get_by_text("Nano · built in", exact=True)).to_be_visible()
    assert phone.evaluate(TOO_SMALL, [FINGER]) == []
