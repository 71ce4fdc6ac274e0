"""Settings, the log and the machine on the page: changed, applied, filtered, followed."""

import httpx
from playwright.sync_api import Page, expect

from tests.browser.server import PATIENCE, StudioServer
from tests.browser.wall import MS, begins


def test_a_setting_is_changed_applied_and_reset(page: Page, studio: StudioServer) -> None:
    page.goto(f"{studio.url}/#/settings")
    page.get_by_label("Search settings", exact=True).fill("failures per hour")
    row = page.locator('[data-setting="max_failures_per_hour"]')
    expect(page.locator(".setting:visible")).to_have_count(1, timeout=MS)
    field = row.get_by_role("textbox")

    field.fill("-1")
    field.press("Enter")
    expect(row.get_by_role("alert")).to_contain_text("greater than or equal to 0")
    field.fill("7")
    field.press("Enter")
    expect(row.locator(".source-chip")).to_have_text("Settings file")
    expect(row.get_by_role("alert")).to_be_hidden()
    listed = httpx.get(f"{studio.url}/api/settings", timeout=PATIENCE).json()["items"]
    applied = next(item for item in listed if item["name"] == "max_failures_per_hour")
    assert (applied["value"], applied["pending"]) == (7, False)

    row.get_by_role("button", name="Reset max_failures_per_hour").click()
    expect(row.locator(".source-chip")).to_have_text("Default")
    expect(field).to_have_value("0")

    page.get_by_label("Search settings", exact=True).fill("host address")
    host = page.locator('[data-setting="host"]')
    expect(host.get_by_role("textbox")).to_be_disabled()
    expect(host).to_contain_text("main.py system set host")


def test_the_machine_is_plotted_with_a_text_alternative(page: Page, studio: StudioServer) -> None:
    page.goto(f"{studio.url}/#/settings")
    plot = page.get_by_role("img", name=begins("Processor."))
    expect(plot).to_be_visible(timeout=MS)
    plot.focus()
    page.keyboard.press("End")
    expect(page.locator(".plot-reading").first).to_contain_text("·")


def test_the_log_follows_is_filtered_by_task_and_pauses(page: Page, studio: StudioServer) -> None:
    page.goto(f"{studio.url}/#/log")
    expect(page.locator(".log-row").first).to_be_visible(timeout=MS)

    def run(prompt: str) -> str:
        answer = httpx.post(
            f"{studio.url}/api/generate",
            json={"prompt": prompt, "num_inference_steps": 1},
            headers={"Prefer": "wait=90"},
            timeout=2 * PATIENCE,
        )
        return str(answer.raise_for_status().json()["id"])

    first, second = run("one"), run("two")
    row = page.locator(".log-row").filter(has_text=second[-8:])
    expect(row).to_contain_text("generate completed", timeout=MS)
    row.get_by_role("button").click()
    expect(page.locator(".log-row").filter(has_text=first[-8:])).to_have_count(0)
    expect(row).to_have_count(1)

    page.get_by_role("button", name=begins(f"Task {second[-8:]}")).click()
    expect(page.locator(".log-row").filter(has_text=first[-8:])).to_have_count(1)
    log = page.locator("qp-log-view")
    log.get_by_role("button", name="Pause", exact=True).click()
    third = run("three")
    level = log.get_by_label("Level", exact=True)
    level.select_option("warning")
    expect(page.locator(".log-row").filter(has_text=third[-8:])).to_have_count(0)
    level.select_option("")
    expect(page.locator(".log-row").filter(has_text=third[-8:])).to_have_count(1)
