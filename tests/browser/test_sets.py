"""Sets on the page: a whole run with a card redone and a variant chosen; a table with a fault."""

import zipfile

import httpx
import pytest
from PIL import PdfParser
from playwright.sync_api import FilePayload, Locator, Page, expect

from tests.browser.screens import upload
from tests.browser.server import PATIENCE, StudioServer
from tests.browser.wall import MS, begins, prompt

RUN = 2 * MS  # a whole set on a busy machine


@pytest.fixture
def sets(page: Page, studio: StudioServer) -> Page:
    """The list of sets."""
    page.goto(f"{studio.url}/#/sets")
    expect(page.locator(".set-entry").first).to_be_visible(timeout=MS)
    return page


def make_small(page: Page) -> None:
    """Let the next run draw small images in one step."""
    for name, value in (("width", "64"), ("height", "64"), ("num_inference_steps", "1")):
        control = page.locator(f"#set-recipe-{name}")
        control.fill(value)
        control.blur()


def expect_done(page: Page, number: int) -> None:
    done = page.locator('.row-tile[data-state="completed"]')
    expect(done).to_have_count(number, timeout=RUN)


def lefts(elements: Locator) -> list[float]:
    """The left edges of elements, in CSS pixels."""
    boxes = (element.bounding_box() for element in elements.all())
    return [box["x"] for box in boxes if box]


def test_the_zodiac_is_run_a_card_redone_and_all_of_it_kept_over_a_reload(sets: Page) -> None:
    sets.locator(".set-entry", has_text="Zodiac").click()
    expect(sets.get_by_role("table").get_by_text("a ram with curled horns")).to_be_visible()
    sets.get_by_title("A random theme", exact=True).click()
    expect(sets.locator(".set-theme-tools")).to_contain_text("seed")
    theme = sets.get_by_label("Theme", exact=True)
    theme.fill("ink on paper")
    make_small(sets)
    expect(sets.locator(".row-prompt").first).to_contain_text("ink on paper", timeout=MS)
    sets.get_by_role("button", name=begins("Run 12 rows")).click()
    expect_done(sets, 12)
    sets.locator(".row-tile").filter(has=sets.locator("img")).nth(4).click()
    detail = sets.get_by_role("region", name="Row in focus")
    expect(detail.get_by_role("heading", name="Leo")).to_be_visible()
    detail.get_by_role("button", name="Redo").click()
    variants = detail.get_by_role("group", name="Variants").get_by_role("button")
    expect(variants).to_have_count(2, timeout=RUN)
    expect_done(sets, 12)
    variants.first.click()
    expect(variants.first).to_have_attribute("aria-pressed", "true", timeout=MS)
    sets.reload()
    expect(variants.first).to_have_attribute("aria-pressed", "true", timeout=MS)
    expect(theme).to_have_value("ink on paper")
    expect(sets.locator("#set-recipe-width")).to_have_value("64")
    expect(sets.get_by_text("12 of 12 done")).to_be_visible()
    batch = sets.get_by_role("region", name="Batch", exact=True)
    batch.get_by_label("Zip", exact=True).click()
    with sets.expect_download(timeout=MS) as download:
        batch.get_by_role("button", name="Without prompts", exact=True).click()
    with zipfile.ZipFile(download.value.path()) as archive:
        assert "manifest.json" in archive.namelist()
        assert not any(b"ink on paper" in archive.read(name) for name in archive.namelist())


def test_a_table_with_a_fault_is_mended_saved_and_drawn_from_its_images(
    sets: Page, studio: StudioServer
) -> None:
    image = upload(studio)
    sets.get_by_role("button", name="New set", exact=True).click()
    sets.get_by_label("Name", exact=True).fill("Sketches")
    table = sets.get_by_label("Table (CSV)", exact=True)
    table.fill(f"name,image,seed\nboat,{image},many\n")
    faults = sets.get_by_role("region", name="Preview")
    expect(faults).to_contain_text("Row 2, seed", timeout=MS)
    save = sets.get_by_role("button", name="Save", exact=True)
    expect(save).to_be_disabled()
    table.fill(f"name,image,seed\nboat,{image},7\n")
    sets.locator("#draft-mode").select_option("img2img")
    expect(sets.locator(".draft-prompts li")).to_have_text("boatboat", timeout=MS)
    expect(save).to_be_enabled(timeout=MS)
    save.click()
    make_small(sets)
    sets.get_by_role("button", name=begins("Run 1 row")).click()
    expect_done(sets, 1)
    sets.get_by_role("button", name="Delete", exact=True).click()
    sets.get_by_role("button", name="Undo", exact=True).click()
    expect(sets.locator("#recipe-set")).to_have_value("sketches", timeout=MS)
    httpx.delete(f"{studio.url}/api/sets/sketches", timeout=PATIENCE)


def test_a_csv_file_becomes_a_set_whose_batch_is_printed(sets: Page, studio: StudioServer) -> None:
    table = "name,place\nLève-tôt,a field\nGirl,a boat\n".encode("latin-1")
    file = FilePayload(name="dawn-people.csv", mimeType="text/csv", buffer=table)
    sets.get_by_label("Table of a new set", exact=True).set_input_files(file)
    expect(sets.get_by_label("Table (CSV)", exact=True)).to_have_value(table.decode("latin-1"))
    expect(sets.get_by_label("Name", exact=True)).to_have_value("Dawn people")
    expect(sets.locator(".draft-prompts li")).to_have_count(2, timeout=MS)
    sets.get_by_role("button", name="Save", exact=True).click()
    make_small(sets)
    sets.get_by_role("button", name=begins("Run 2 rows")).click()
    expect_done(sets, 2)
    panel = sets.get_by_role("region", name="Print", exact=True)
    with sets.expect_download(timeout=RUN) as download:
        panel.get_by_role("button", name="Save PDF", exact=True).click()
    pdf = PdfParser.PdfParser(buf=download.value.path().read_bytes())
    assert len(pdf.pages) == 1
    httpx.delete(f"{studio.url}/api/sets/dawn-people", timeout=PATIENCE).raise_for_status()


def test_a_click_on_a_cell_of_a_matrix_opens_its_image_with_its_parameters(
    page: Page, studio: StudioServer
) -> None:
    params = {"prompt": "a lamp in a matrix", "width": 64, "height": 64, "seed": 7}
    axes = [{"name": "num_inference_steps", "values": [1, 2]}]
    body = {"params": params, "axes": axes, "name": "Lamps"}
    answer = httpx.post(f"{studio.url}/api/generate/matrix", json=body, timeout=PATIENCE)
    answer.raise_for_status()
    page.goto(f"{studio.url}/#/sets")
    page.locator(".batch-card", has_text="Lamps").first.click()  # the newest
    expect_done(page, 2)
    size = page.viewport_size
    assert size
    for width in (390, size["width"]):
        page.set_viewport_size({**size, "width": width})
        assert lefts(page.locator(".batch-columns span")) == lefts(page.locator(".row-tile"))
    cell = page.get_by_role("group", name="Rows of the batch", exact=True).get_by_role("button")
    cell.and_(page.get_by_label(begins("Inference steps 2"))).click()
    expect(prompt(page)).to_have_value("a lamp in a matrix", timeout=MS)
