"""From a first visit to an image."""

from playwright.sync_api import Page, expect

from tests.browser.server import StudioServer
from tests.browser.wall import MS, brick, draw, how_many, prompt, results, run, tasks, visit

SPINES = {
    "Prompt": "rgb(168, 85, 247)",
    "Settings": "rgb(239, 68, 68)",
    "Generate": "rgb(16, 185, 129)",
    "Image": "rgb(245, 158, 11)",
}


def test_a_first_visit_stands_ready_to_run(page: Page, studio: StudioServer) -> None:
    visit(page, studio)
    for title, colour in SPINES.items():
        spine = "brick => getComputedStyle(brick, '::before').backgroundColor"
        assert brick(page, title).evaluate(spine) == colour
    expect(prompt(page)).not_to_have_value("")
    expect(page.locator(".wire[d]")).to_have_count(4)
    expect(page.get_by_text("The queue is empty")).to_be_visible()
    expect(page.get_by_text("Results appear here")).to_be_visible()


def watch_for(page: Page, *selectors: str) -> None:
    """Let the page itself note what it shows: an image may be drawn before a test looks."""
    page.evaluate(
        """selectors => {
          window.unseen = selectors;
          const look = () => {
            const shown = one => document.querySelector(one)?.checkVisibility();
            window.unseen = window.unseen.filter(one => !shown(one));
          };
          const what = { subtree: true, childList: true, attributes: true };
          new MutationObserver(look).observe(document.body, what);
        }""",
        selectors,
    )


def never_seen(page: Page) -> list[str]:
    """The watched selectors of which nothing was shown since."""
    unseen: list[str] = page.evaluate("window.unseen")
    return unseen


def test_a_typed_prompt_becomes_a_picture_by_way_of_a_preview(
    page: Page, studio: StudioServer
) -> None:
    visit(page, studio)
    prompt(page).fill("a yellow castle at sunset")
    how_many(page).fill("3")
    watch_for(page, 'qp-stage.live img[src*="/preview"]', '[role="progressbar"]')
    run(page)
    expect(results(page)).to_have_count(3, timeout=MS)
    assert never_seen(page) == [], "the page shows a preview and the progress while it draws"
    drawn = results(page).first.locator("img")
    assert drawn.evaluate("image => image.decode().then(() => image.naturalWidth)") == 512
    expect(tasks(page, "completed").first).to_contain_text("a yellow castle at sunset")


def test_a_click_enlarges_a_picture_and_tells_how_it_was_made(
    page: Page, studio: StudioServer
) -> None:
    visit(page, studio)
    prompt(page).fill("a red house with a blue roof")
    draw(page, 2)
    results(page).first.click()
    box = page.get_by_role("dialog", name="Image")
    for fact in ("Seed", "Model", "Inference steps", "512 × 512", "a red house with a blue roof"):
        expect(box).to_contain_text(fact)
    expect(box).to_contain_text("1 of 2")
    page.keyboard.press("ArrowRight")
    expect(box).to_contain_text("2 of 2")
    page.keyboard.press("Escape")
    expect(box).to_be_hidden()


def test_restoring_a_picture_brings_back_its_prompt_and_seed(
    page: Page, studio: StudioServer
) -> None:
    visit(page, studio)
    prompt(page).fill("a pink tower")
    draw(page)
    prompt(page).fill("something else")
    results(page).first.click()
    page.get_by_role("button", name="Restore parameters", exact=True).click()
    expect(prompt(page)).to_have_value("a pink tower")
    seed = brick(page, "Settings").get_by_label("Seed", exact=True)
    expect(seed).not_to_have_value("")
    expect(brick(page, "Settings").get_by_role("button", name="Fixed seed")).to_be_visible()


def test_example_prompts_and_known_words_are_a_click_away(page: Page, studio: StudioServer) -> None:
    visit(page, studio)
    examples = page.get_by_role("group", name="Example prompts").get_by_role("button")
    text = examples.nth(1).inner_text()
    examples.nth(1).click()
    expect(prompt(page)).to_have_value(text)
    brick(page, "Prompt").get_by_role("button", name="Words", exact=True).click()
    page.get_by_role("dialog", name="Words").get_by_role(
        "button", name="castle", exact=True
    ).click()
    expect(prompt(page)).to_have_value(f"{text}, castle")


def test_a_run_is_cancelled_within_moments(page: Page, studio: StudioServer) -> None:
    visit(page, studio)
    how_many(page).fill("60")
    run(page)
    expect(tasks(page, "running")).to_have_count(1, timeout=MS)
    page.get_by_role("banner").get_by_role("button", name="Cancel").click()
    expect(tasks(page, "running")).to_have_count(0, timeout=MS)
    expect(page.locator("qp-stage")).to_contain_text("cancelled")


def test_the_keyboard_alone_writes_runs_and_enlarges(page: Page, studio: StudioServer) -> None:
    visit(page, studio)
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.getAttribute('aria-label')") == "Prompt brick":
            break
    page.keyboard.press("Enter")
    expect(prompt(page)).to_be_focused()
    page.keyboard.press("Control+a")
    page.keyboard.type("queen of hearts")
    page.keyboard.press("Control+Enter")
    expect(results(page).first).to_be_visible(timeout=MS)
    page.keyboard.press("Escape")
    expect(brick(page, "Prompt")).to_be_focused()
    page.keyboard.press("ArrowRight")
    expect(brick(page, "Generate")).to_be_focused()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog", name="Image")).to_contain_text("queen of hearts")
