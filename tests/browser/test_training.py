"""A training on the page: images become a dataset, a run with plots and samples, and a LoRA."""

import json
import re
from io import BytesIO
from typing import Any
from uuid import uuid4

import httpx
from PIL import Image
from playwright.sync_api import FilePayload, Page, expect

from tests.browser.server import PATIENCE, StudioServer
from tests.browser.wall import MS

RUN = 2 * MS  # a few steps on a busy machine
SECTIONS: dict[str, Any] = {
    "data": {"resolution": [64], "prior_share": 0},
    "training": {"batch_size": 1, "warmup_steps": 0},
    "validation": {"share": 0.2, "frequency": 1, "sample_frequency": 2, "prompts": ["a red box"]},
    "output": {"checkpoint_every_n_steps": 1},
}
"""A training of seconds; its file is of rank 4."""


def drawings(name: str) -> list[FilePayload]:
    """Five plain images with captions, in a folder of that name."""
    files: list[FilePayload] = []
    for number, colour in enumerate(("red", "green", "blue", "orange", "purple")):
        buffer = BytesIO()
        Image.new("RGB", (64, 64), colour).save(buffer, "PNG")
        caption = f"a {colour} box of {name}".encode()
        for ending, kind, data in (
            ("png", "image/png", buffer.getvalue()),
            ("txt", "text/plain", caption),
        ):
            files.append({"name": f"{number}.{ending}", "mimeType": kind, "buffer": data})
    return files


def drop(page: Page, name: str) -> None:
    """Drop a folder of small images with captions on the datasets."""
    files = [
        {"name": file["name"], "type": file["mimeType"], "bytes": list(file["buffer"])}
        for file in drawings(name)
    ]
    page.locator("qp-datasets").evaluate(
        """(view, files) => {
          const dataTransfer = new DataTransfer();
          for (const { name, type, bytes } of files) {
            dataTransfer.items.add(new File([new Uint8Array(bytes)], name, { type }));
          }
          view.dispatchEvent(new DragEvent("drop", { bubbles: true, dataTransfer }));
        }""",
        files,
    )


def test_dropped_images_are_trained_and_a_checkpoint_becomes_a_lora(
    page: Page, studio: StudioServer
) -> None:
    name = f"boxes-{uuid4().hex[:8]}"
    page.goto(f"{studio.url}/#/training")
    with page.expect_response("**/api/datasets/import") as imported:
        drop(page, name)
    dataset = imported.value.json()["dataset"]["id"]
    httpx.patch(f"{studio.url}/api/datasets/{dataset}", json={"name": name}, timeout=PATIENCE)
    heading = page.get_by_role("heading", name=name, exact=True)
    expect(heading).to_be_visible(timeout=MS)
    page.get_by_role("banner").get_by_role("button", name="Train", exact=False).click()
    form = page.get_by_role("form", name="New training", exact=True)
    expect(form.get_by_label("Dataset", exact=True)).to_have_value(name)
    form.get_by_label("Name", exact=True).fill(name)
    form.get_by_label("Steps", exact=True).fill("2")
    page.get_by_text("More: the whole configuration", exact=True).click()
    form.get_by_label("Rank", exact=True).fill("3")
    form.get_by_role("button", name="Start training", exact=True).click()
    expect(form.get_by_role("alert").filter(has_text="greater than or equal to 4")).to_be_visible()
    form.get_by_label("Rank", exact=True).fill("4")
    page.route("**/api/train_lora", lambda route: route.continue_(post_data=shortened(route)))
    form.get_by_role("button", name="Start training", exact=True).click()
    run = page.get_by_role("region", name="Training run", exact=True)
    expect(run.get_by_role("heading", name=name, exact=True)).to_be_visible(timeout=MS)
    expect(run.get_by_role("img", name="a red box, step 0", exact=True)).to_be_visible(timeout=RUN)
    expect(run.get_by_text("Done: step 2 of 2.", exact=True)).to_be_visible(timeout=RUN)
    expect(run.get_by_role("img", name="a red box, step 2", exact=True)).to_be_visible(timeout=MS)
    expect(run.get_by_role("img", name=re.compile(r"^Loss\. .*validation \d\.\d"))).to_be_visible()
    run.get_by_role("button", name=re.compile("^Use this one, step")).click()
    expect(page.locator(".toast", has_text=f"“{name}-")).to_be_visible(timeout=MS)
    loras = httpx.get(f"{studio.url}/api/loras", timeout=PATIENCE).json()["items"]
    assert [lora for lora in loras if lora["id"].startswith(name)]


def shortened(route: Any) -> str:
    """The request of the form, with the settings of a training of seconds."""
    params = json.loads(route.request.post_data)
    return json.dumps({**params, "config": SECTIONS})
