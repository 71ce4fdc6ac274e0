"""Writing a prompt with the page's help: styles, words, and what an operation makes of it."""

from playwright.sync_api import Page, expect

from tests.browser.server import StudioServer
from tests.browser.wall import MS, brick, prompt, tasks, visit


def test_styles_are_chosen_by_a_click_and_their_order_can_be_changed(
    page: Page, studio: StudioServer
) -> None:
    visit(page, studio)
    page.keyboard.press("/")
    page.get_by_role("combobox").or_(page.get_by_role("searchbox")).first.fill("Styles")
    page.keyboard.press("Enter")
    styles = brick(page, "Styles")
    styles.get_by_text("Choose styles").click()
    styles.get_by_label("Search styles").fill("drawing")
    styles.get_by_role("button", name="Ink drawing").click()
    styles.get_by_label("Search styles").fill("blue")
    styles.get_by_role("button", name="Blueprint").press("Enter")
    used = styles.get_by_role("list", name="Styles in use").get_by_role("listitem")
    expect(used).to_have_text(["Ink drawing", "Blueprint"])
    used.last.get_by_role("button", name="Closer to the prompt").click()
    expect(used).to_have_text(["Blueprint", "Ink drawing"])
    page.keyboard.press("Control+Enter")
    expect(tasks(page, "completed").first).to_be_visible(timeout=MS)
    newest = page.evaluate("() => fetch('/api/tasks?limit=1').then((answer) => answer.json())")
    assert newest["items"][0]["params"]["styles"] == ["blueprint", "ink-drawing"]
    used.first.get_by_role("button", name="Remove").click()
    expect(used).to_have_text(["Ink drawing"])
    page.keyboard.press("Control+z")
    expect(used).to_have_text(["Blueprint", "Ink drawing"])


def test_words_go_in_where_the_caret_stands_and_ones_own_are_kept(
    page: Page, studio: StudioServer
) -> None:
    visit(page, studio)
    prompt(page).fill("a house, a hill")
    prompt(page).press("Home")
    for _ in range(len("a house")):
        prompt(page).press("ArrowRight")
    tools = brick(page, "Prompt")
    tools.get_by_role("button", name="Words", exact=True).click()
    tools.get_by_role("button", name="Mood").click()
    tools.get_by_role("button", name="calm", exact=True).click()
    expect(prompt(page)).to_have_value("a house, calm, a hill")
    tools.get_by_label("A word of your own").fill("drowsy")
    tools.get_by_label("A word of your own").press("Enter")
    tools.get_by_role("button", name="drowsy", exact=True).click()
    expect(prompt(page)).to_have_value("a house, calm, drowsy, a hill")
    tools.get_by_role("button", name="Forget drowsy").click()
    expect(tools.get_by_role("button", name="drowsy", exact=True)).to_have_count(0)
    page.keyboard.press("Escape")
    page.keyboard.press("Control+z")
    expect(prompt(page)).to_have_value("a house, calm, a hill")
