"""Regions as a person makes them: two masks in colours, a prompt each, and one image of both."""

from typing import Any

import httpx
from playwright.sync_api import Page, expect

from tests.browser.server import PATIENCE, StudioServer
from tests.browser.wall import MS, brick, results, run, stand

SEED = 740_213  # of no other test


def test_two_regions_are_painted_in_colours_and_drawn_with_their_own_prompts(
    page: Page, studio: StudioServer
) -> None:
    size = {"width": 128, "height": 128, "num_inference_steps": 2, "seed": SEED}
    bricks: list[dict[str, Any]] = [
        {"id": "p", "type": "prompt", "column": 0, "row": 0, "props": {"prompt": "a meadow"}},
        {"id": "r", "type": "regions", "column": 0, "row": 1, "props": {}},
        {"id": "g", "type": "generate", "column": 1, "row": 0, "props": {"model": "nano", **size}},
    ]
    bricks.append({"id": "o", "type": "image_output", "column": 2, "row": 0, "props": {}})
    wires = [("p.prompt", "g.prompt"), ("r.regions", "g.regions"), ("g.image", "o.image")]
    stand(page, studio, bricks, wires)
    regions = brick(page, "Regions")
    for prompt in ("a red house", "a blue car"):
        regions.get_by_role("button", name="Add region", exact=True).click()
        number = "1" if "house" in prompt else "2"
        regions.get_by_role("textbox", name=f"Region {number} prompt", exact=True).fill(prompt)
    expect(regions.get_by_text("Not painted yet: it takes no part.", exact=True)).to_have_count(2)

    regions.get_by_role("button", name="Paint regions", exact=True).click()
    painter = page.get_by_role("dialog", name="Mask painter", exact=True)
    expect(painter.get_by_text("128 × 128", exact=True)).to_be_visible(timeout=MS)
    stage = painter.get_by_role("application")
    box = stage.bounding_box()
    assert box is not None
    middle = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    for number, side in (("1", -60), ("2", 60)):
        layer = painter.get_by_role("button", name=f"Region {number}", exact=True)
        layer.click()
        expect(layer).to_have_attribute("aria-pressed", "true")
        page.mouse.click(middle[0] + side, middle[1])
    painter.get_by_role("button", name="Done", exact=True).click()
    expect(painter).to_be_hidden(timeout=MS)
    expect(regions.get_by_role("status")).to_have_text(
        "Each step runs the network up to 3 times: up to 6 instead of 2."
    )

    run(page)
    expect(results(page)).to_have_count(1, timeout=MS)
    query = {"operation": "generate", "limit": 50}
    tasks = httpx.get(f"{studio.url}/api/tasks", params=query, timeout=PATIENCE).json()["items"]
    (own,) = [task["params"] for task in tasks if task["params"]["seed"] == SEED]
    assert [region["prompt"] for region in own["regions"]] == ["a red house", "a blue car"]
    assert len(own["region_mask"]) == 2
