"""A training on the page: images become a dataset, a run with plots and samples, and a LoRA."""

import json
import re
from io import BytesIO
from itertools import product
from typing import Any
from uuid import uuid4

import httpx
from PIL import Image, ImageDraw
from playwright.sync_api import FilePayload, Page, expect

from tests.browser.server import PATIENCE, StudioServer
from tests.browser.wall import MS, brick, results, run, stand

RUN = 2 * MS  # a few steps on a busy machine
SECTIONS: dict[str, Any] = {
    "data": {"resolution": [64], "prior_share": 0},
    "training": {"batch_size": 1, "warmup_steps": 0},
    "validation": {"share": 0.2, "frequency": 1, "sample_frequency": 2, "prompts": ["a red box"]},
    "output": {"checkpoint_every_n_steps": 1},
}
"""A training of seconds; its file is of rank 4."""


def drawings(name: str) -> list[FilePayload]:
    """24 drawings of boxes with captions, in a folder of that name."""
    files: list[FilePayload] = []
    colours = ("red", "green", "blue", "orange", "purple", "pink")
    for number, (colour, place) in enumerate(product(colours, (4, 14, 24, 34))):
        buffer, image = BytesIO(), Image.new("RGB", (64, 64), "white")
        ImageDraw.Draw(image).rectangle((place, place, place + 24, place + 24), colour)
        image.save(buffer, "PNG")
        caption = f"a {colour} box of {name} at {place}".encode()
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


def test_drawings_are_trained_evaluated_and_the_best_lora_draws_on_the_canvas(
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
    checks = page.get_by_role("region", name="Checks", exact=True)
    expect(checks.get_by_role("status")).to_have_text(re.compile("Ready|^0 errors"))
    analysis = httpx.get(f"{studio.url}/api/datasets/{dataset}/report", timeout=PATIENCE).json()
    assert len(analysis["images"]) == 24
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
    training = page.get_by_role("region", name="Training run", exact=True)
    expect(training.get_by_role("heading", name=name, exact=True)).to_be_visible(timeout=MS)
    first, last = (f"a red box, step {step}" for step in (0, 2))
    expect(training.get_by_role("img", name=first, exact=True)).to_be_visible(timeout=RUN)
    expect(training.get_by_text("Done: step 2 of 2.", exact=True)).to_be_visible(timeout=RUN)
    expect(training.get_by_role("img", name=last, exact=True)).to_be_visible(timeout=MS)
    loss = training.get_by_role("img", name=re.compile(r"^Loss\. .*validation \d\.\d"))
    expect(loss).to_be_visible()
    page.get_by_role("tab", name="Datasets", exact=True).click()
    page.reload()
    page.get_by_role("tab", name="Runs", exact=True).click()
    expect(training).to_be_visible(timeout=MS)  # the newest one is open
    page.get_by_role("complementary", name="Trainings", exact=True).get_by_role(
        "button", name=re.compile(f"^{name}")
    ).click()
    expect(training.get_by_role("heading", name=name, exact=True)).to_be_visible(timeout=MS)
    prompts = page.get_by_role("region", name="Try a prompt with this training", exact=True)
    prompts.get_by_label("Prompt to try", exact=True).fill("a green box")
    prompts.get_by_role("button", name="Draw beside the base", exact=True).click()
    expect(prompts.get_by_role("img", name="a green box, step 2", exact=True)).to_be_visible(
        timeout=RUN
    )
    page.route("**/api/evaluations", lambda route: route.continue_(post_data=two_prompts(route)))
    training.get_by_role("button", name="Evaluate", exact=True).click()
    scores = page.get_by_role("region", name="Scores", exact=True)
    best = scores.get_by_role("button", name=re.compile(r"^Use step \d")).filter(
        has_text="Use this"
    )
    expect(best).to_be_visible(timeout=RUN)
    expect(scores.get_by_text(re.compile(r"^Step \d is the best"))).to_be_visible()
    best.click()
    expect(page.locator(".toast", has_text=f"“{name}-")).to_be_visible(timeout=MS)
    draw_with(page, studio, name)


def draw_with(page: Page, studio: StudioServer, name: str) -> None:
    """Choose a LoRA by the beginning of its name on the canvas, and draw with it."""
    small = {"width": 64, "height": 64, "num_inference_steps": 1}
    bricks: list[dict[str, Any]] = [
        {"id": "prompt", "type": "prompt", "props": {"prompt": "a red box"}},
        {"id": "loras", "type": "lora_stack", "props": {}},
        {"id": "generate", "type": "generate", "props": small},
        {"id": "output", "type": "image_output", "props": {}},
    ]
    stand(page, studio, [{**entry, "column": at, "row": 0} for at, entry in enumerate(bricks)])
    loras = brick(page, "LoRAs")
    loras.get_by_text("Add a LoRA", exact=True).click()
    loras.get_by_role("button", name=re.compile(f"^{name}-")).click()
    expect(loras.get_by_role("slider", name=re.compile(f"^{name}-"))).to_be_visible()
    run(page)
    expect(results(page)).to_have_count(1, timeout=RUN)


def two_prompts(route: Any) -> str:
    """The request of an evaluation of seconds."""
    body = json.loads(route.request.post_data)
    params = {"prompts": "a red box\na blue box", "seeds": 1, "inference_steps": 1}
    return json.dumps({**body, "params": params})


def shortened(route: Any) -> str:
    """The request of the form, with the settings of a training of seconds."""
    params = json.loads(route.request.post_data)
    return json.dumps({**params, "config": SECTIONS})
