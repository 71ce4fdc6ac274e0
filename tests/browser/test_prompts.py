"""Writing a prompt with the page's help: styles, words, and what an operation makes of it."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from core.models.library.upscalers import can_read
from tests.browser.server import ROOT, StudioServer
from tests.browser.wall import MS, brick, messages, prompt, stand, visit
from tests.integration.api.pictures import png
from tests.integration.engine.tiny_writers import florence, marian, qwen

IN_VIEW = """element => {
  const own = element.getBoundingClientRect();
  const list = element.closest('.word-list').getBoundingClientRect();
  return own.top >= list.top - 1 && own.bottom <= Math.min(list.bottom, innerHeight) + 1;
}"""


def put_free_text_model(folder: Path) -> None:
    """Copy the embedded model, without its vocabulary, as `free-text`."""
    model = folder / "free-text"
    shutil.copytree(ROOT / "models" / "nano", model)
    record = json.loads((model / "qpyt.json").read_text(encoding="utf-8"))
    record |= {"label": "Free text", "vocabulary": {}, "words": [], "default": False}
    (model / "qpyt.json").write_text(json.dumps(record), encoding="utf-8")


@pytest.fixture(scope="module")
def equipped(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StudioServer]:
    """A studio with tiny models that read and translate."""
    root = tmp_path_factory.mktemp("equipped")
    small = root / "models" / "companions"
    florence(small / "florence-2-base")
    marian(small / "opus-mt-roa-en")
    (root / "models" / "upscalers").mkdir()
    (root / "models" / "upscalers" / "4x-mine.safetensors").write_bytes(b"x")
    qwen(small / "qwen2.5-0.5b-instruct")
    put_free_text_model(root / "models")
    places = f"{root / 'models'},{ROOT / 'models'}"
    server = StudioServer(root / "data", QPYT_MODEL_DIRS=places, QPYT_WARM="false")
    server.start()
    yield server
    server.stop()


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
    used.last.get_by_role("button", name="Move closer to the prompt").click()
    expect(used).to_have_text(["Blueprint", "Ink drawing"])
    with page.expect_response("**/api/workflows/run"):  # other tests' tasks are in the list, too
        page.keyboard.press("Control+Enter")
    newest = page.evaluate("() => fetch('/api/tasks?limit=1').then((answer) => answer.json())")
    assert newest["items"][0]["params"]["styles"] == ["blueprint", "ink-drawing"]
    used.first.get_by_role("button", name="Remove").click()
    expect(used).to_have_text(["Ink drawing"])
    page.keyboard.press("Control+z")
    expect(used).to_have_text(["Blueprint", "Ink drawing"])


def test_each_style_shows_a_picture_and_one_without_its_lora_the_reason(
    page: Page, studio: StudioServer
) -> None:
    own = studio.data_dir / "styles" / "own.yaml"
    own.parent.mkdir(exist_ok=True)
    own.write_text(
        "category: Mine\nstyles:\n  - id: velvet\n    name: Velvet\n    prompt: velvet {prompt}\n"
        "    loras: [{name: velvet-lora}]\n",
        encoding="utf-8",
    )
    stand(page, studio, [{"id": "s", "type": "style_stack", "props": {"styles": ["velvet"]}}])
    styles = brick(page, "Styles")
    missing = "The LoRA 'velvet-lora' is missing."
    expect(styles.get_by_role("listitem")).to_contain_text(missing, timeout=MS)
    styles.get_by_role("listitem").get_by_role("button", name="Remove").click()
    styles.get_by_text("Choose styles").click()
    card = styles.get_by_role("button", name="Velvet")
    expect(card).to_be_disabled()
    expect(card).to_contain_text(missing)
    for picture in styles.locator(".style-card img").all():
        picture.scroll_into_view_if_needed()
        expect(picture).to_have_js_property("complete", value=True, timeout=MS)
        assert picture.evaluate("image => image.naturalWidth") > 0
    own.unlink()


@pytest.fixture(scope="module")
def two_models(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StudioServer]:
    """A studio with the embedded model, and with one of the same weights and no vocabulary."""
    root = tmp_path_factory.mktemp("two-models")
    put_free_text_model(root / "models")
    places = f"{root / 'models'},{ROOT / 'models'}"
    server = StudioServer(root / "data", QPYT_MODEL_DIRS=places, QPYT_WARM="false")
    server.start()
    yield server
    server.stop()


def stand_with(page: Page, studio: StudioServer, model: str, text: str = "") -> Locator:
    """Put a prompt and Generate with a model on the wall; the prompt brick."""
    bricks = [
        {"id": "p", "type": "prompt", "props": {"prompt": text}},
        {"id": "g", "type": "generate", "props": {"model": model}, "column": 1},
    ]
    stand(page, studio, bricks)
    return brick(page, "Prompt")


@pytest.mark.parametrize("width", [390, 1440])
def test_the_word_list_begins_with_the_models_words_and_none_is_cut(
    page: Page, two_models: StudioServer, width: int
) -> None:
    page.set_viewport_size({"width": width, "height": 844})
    tools = stand_with(page, two_models, "nano")
    tools.get_by_role("button", name="Words", exact=True).click()
    book = page.get_by_role("dialog", name="Words")
    tabs = book.get_by_role("group", name="Categories").get_by_role("button")
    expect(tabs.first).to_have_text("Nano · built in", timeout=MS)
    expect(tabs.first).to_have_attribute("aria-pressed", "true")
    record = json.loads((ROOT / "models" / "nano" / "qpyt.json").read_text(encoding="utf-8"))
    groups = [name.capitalize() for name in record["vocabulary"]]
    expect(book.get_by_role("heading")).to_have_text([*groups, "Example prompts"])
    words = [word for group in record["vocabulary"].values() for word in group]
    chips = book.get_by_role("group", name="Words").get_by_role("button")
    expect(chips).to_have_text([*words, *record["examples"]])
    chips.last.scroll_into_view_if_needed()
    box = page.evaluate(IN_VIEW, chips.last.element_handle())
    assert box, "the last word is reached by scrolling, within the window and not clipped"
    expect(book.get_by_text("suggestions that Nano · built in cannot draw")).to_be_visible()
    book.get_by_role("searchbox", name="Search words").fill("lightho")
    expect(chips).to_have_text(["lighthouse", "an ink drawing of a lighthouse", "lighthouse"])
    chips.first.click()
    expect(prompt(page)).to_have_value("lighthouse")


def test_suggestions_are_hidden_only_where_the_model_cannot_draw_them(
    page: Page, two_models: StudioServer
) -> None:
    tools = stand_with(page, two_models, "free-text")
    tools.get_by_role("button", name="Words", exact=True).click()
    book = page.get_by_role("dialog", name="Words")
    expect(book.get_by_role("button", name="robot gardener", exact=True)).to_be_visible(timeout=MS)
    expect(book.get_by_text("cannot draw")).to_be_hidden()
    page.keyboard.press("Escape")
    brick(page, "Generate").get_by_label("Model", exact=True).press("Enter")
    picker = page.get_by_role("dialog", name="Choose a model")
    picker.get_by_role("button").filter(has_text="Nano · built in").click()
    tools.get_by_role("button", name="Words", exact=True).click()
    book.get_by_role("button", name="Subject", exact=True).click()
    expect(book.get_by_role("button", name="lighthouse", exact=True)).to_be_visible()
    expect(book.get_by_role("button", name="robot gardener", exact=True)).to_have_count(0)
    book.get_by_role("button", name="Wildcards", exact=True).click()
    expect(book.get_by_role("button", name="__colour__", exact=True)).to_be_visible()
    expect(book.get_by_role("button", name="__postcard__", exact=True)).to_have_count(0)


@pytest.mark.parametrize("width", [390, 1440])
def test_words_that_the_model_cannot_draw_are_named_below_the_prompt(
    page: Page, two_models: StudioServer, width: int
) -> None:
    page.set_viewport_size({"width": width, "height": 844})
    tools = stand_with(page, two_models, "nano", "a red castel, two giraffes")
    unknown = tools.get_by_role("group", name="Unknown words")
    expect(unknown).to_contain_text("Not in the vocabulary of Nano · built in:", timeout=MS)
    expect(unknown).to_contain_text("giraffes")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    unknown.get_by_role("button", name="castel → castle").click()
    expect(prompt(page)).to_have_value("a red castle, two giraffes")
    expect(unknown.get_by_role("button")).to_have_count(0, timeout=MS)
    page.keyboard.press("Control+z")
    expect(prompt(page)).to_have_value("a red castel, two giraffes")
    prompt(page).fill("a red castle, two cats")
    expect(unknown).to_be_hidden(timeout=MS)


def test_a_model_that_understands_free_text_marks_no_word(
    page: Page, two_models: StudioServer
) -> None:
    tools = stand_with(page, two_models, "free-text", "a red castel, two giraffes")
    expect(tools.locator(".token-count:visible")).to_contain_text("tokens", timeout=MS)
    expect(tools.get_by_role("group", name="Unknown words")).to_be_hidden()


def test_words_go_in_where_the_caret_stands_and_ones_own_are_kept(
    page: Page, two_models: StudioServer
) -> None:
    stand_with(page, two_models, "free-text")
    prompt(page).fill("a house, a hill")
    prompt(page).press("Home")
    for _ in range(len("a house")):
        prompt(page).press("ArrowRight")
    tools = brick(page, "Prompt")
    tools.get_by_role("button", name="Words", exact=True).click()
    tools.get_by_role("button", name="Mood").click()
    tools.get_by_role("button", name="calm", exact=True).click()
    expect(prompt(page)).to_have_value("a house, calm, a hill")
    tools.get_by_label("Your word").fill("drowsy")
    tools.get_by_label("Your word").press("Enter")
    tools.get_by_role("button", name="drowsy", exact=True).click()
    expect(prompt(page)).to_have_value("a house, calm, drowsy, a hill")
    tools.get_by_role("button", name="Remove drowsy").click()
    expect(tools.get_by_role("button", name="drowsy", exact=True)).to_have_count(0)
    page.keyboard.press("Escape")
    book = page.get_by_role("dialog", name="Words")
    expect(book).to_be_hidden()  # or the next click closes it
    words = tools.get_by_role("button", name="Words", exact=True)
    words.click()
    expect(book).to_be_visible(timeout=MS)
    words.press("Escape")
    expect(book).to_be_hidden(timeout=MS)
    page.keyboard.press("Control+z")
    expect(prompt(page)).to_have_value("a house, calm, a hill")


def test_a_prompt_is_translated_in_place_or_the_way_to_the_model_is_shown(
    page: Page, studio: StudioServer
) -> None:
    visit(page, studio)
    tools = brick(page, "Prompt")
    prompt(page).fill("a black cat on a wall at night")
    tools.get_by_role("button", name="Translate", exact=True).click()
    expect(messages(page).get_by_text("Translate made no changes.")).to_be_visible(timeout=MS)
    prompt(page).fill("un chat noir sur un mur, la nuit")
    tools.get_by_role("button", name="Translate", exact=True).click()
    alert = tools.get_by_role("alert").filter(has_text="not on this machine")
    expect(alert.get_by_role("button", name="Download")).to_be_visible(timeout=MS)
    alert.get_by_role("button", name="Dismiss").click()
    expect(alert).to_have_count(0)
    expect(prompt(page)).to_have_value("un chat noir sur un mur, la nuit")


def test_a_rewritten_prompt_that_the_model_cannot_draw_is_hidden(
    page: Page, equipped: StudioServer
) -> None:
    tools = stand_with(page, equipped, "nano", "a black cat")
    tools.get_by_role("button", name="Enhance", exact=True).click()
    toasts = page.get_by_role("region", name="Messages")
    expect(toasts.get_by_text("Enhance: the text was hidden")).to_be_visible(timeout=MS)
    expect(prompt(page)).to_have_value("a black cat")


def test_a_picture_is_read_and_its_text_becomes_the_prompt(
    page: Page, equipped: StudioServer
) -> None:
    tools = stand_with(page, equipped, "free-text", "un chat noir")
    tools.get_by_role("button", name="Translate", exact=True).click()
    expect(prompt(page)).not_to_have_value("un chat noir", timeout=MS)
    page.keyboard.press("Control+z")
    expect(prompt(page)).to_have_value("un chat noir")
    tools.get_by_role("button", name="Enhance", exact=True).click()
    expect(prompt(page)).not_to_have_value("un chat noir", timeout=MS)
    page.keyboard.press("Control+z")
    expect(prompt(page)).to_have_value("un chat noir")
    page.keyboard.press("/")
    page.get_by_role("combobox").or_(page.get_by_role("searchbox")).first.fill("Describe")
    page.keyboard.press("Enter")
    reader = brick(page, "Describe")
    with page.expect_file_chooser() as chooser:
        reader.get_by_text("Drop or paste").click()
    chooser.value.set_files({"name": "a.png", "mimeType": "image/png", "buffer": png()})
    expect(reader.get_by_role("img").first).to_be_visible(timeout=MS)
    page.keyboard.press("Control+Enter")
    use = reader.get_by_role("button", name="Use as prompt")
    expect(use).to_be_visible(timeout=MS)
    caption = reader.locator(".said p").inner_text()
    use.click()
    expect(prompt(page)).to_have_value(caption)


def test_an_upscaler_of_ones_own_is_offered_or_says_what_it_needs(
    page: Page, equipped: StudioServer
) -> None:
    props = {"method": "model", "upscaler": "4x-mine"}
    stand(page, equipped, [{"id": "u", "type": "upscale", "props": props}])
    upscale = brick(page, "Upscale")
    offered = upscale.get_by_label("Upscaler").locator("option")
    expect(offered.filter(has_text="Swin2SR ×2")).to_have_text("Swin2SR ×2 · not downloaded")
    ready = can_read()
    expect(offered.last).to_have_text(
        "4x-mine" if ready else "4x-mine · needs the package spandrel"
    )
    if not ready:
        expect(upscale.get_by_text("pip install")).to_be_visible()
    expect(upscale.get_by_role("button", name="Download")).to_be_hidden()
    upscale.get_by_label("Upscaler").select_option("swin2sr-x2")
    expect(upscale.get_by_role("button", name="Download")).to_be_visible()
    expect(upscale.get_by_text("not downloaded: 49 MB · Apache 2.0")).to_be_visible()
    methods = upscale.get_by_label("Method").locator("option")
    expect(methods).to_have_text(["Lanczos · at once", "Upscaler model", "Diffusion in tiles"])


def test_the_tokens_of_a_prompt_are_shown_with_the_limit_of_the_model(
    page: Page, studio: StudioServer
) -> None:
    visit(page, studio)
    count = brick(page, "Prompt").locator(".token-count:visible")
    prompt(page).fill("a red house")
    expect(count).to_have_text("5 / 32 tokens", timeout=MS)
    prompt(page).fill("a {red|blue} house")
    expect(count).to_have_text("about 5 / 32 tokens", timeout=MS)
    prompt(page).fill("a (red:1.2) house " + "and a cat " * 12)
    expect(count).to_contain_text("the rest has no effect · (red:1.2) is read as text")
    prompt(page).fill("")
    expect(count).to_have_count(0)
