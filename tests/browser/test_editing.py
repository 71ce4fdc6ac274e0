"""Editing the wall: nothing typed is lost, everything can be taken back."""

from playwright.sync_api import Page, expect

from tests.browser.server import StudioServer
from tests.browser.wall import MS, brick, messages, prompt, visit


def test_undo_and_redo_cover_text_bricks_and_moves(page: Page, studio: StudioServer) -> None:
    visit(page, studio)
    before = prompt(page).input_value()
    prompt(page).fill("a blue owl")
    page.keyboard.press("Control+z")
    expect(prompt(page)).to_have_value(before)
    page.keyboard.press("Control+Shift+z")
    expect(prompt(page)).to_have_value("a blue owl")
    brick(page, "Settings").focus()
    page.keyboard.press("Delete")
    expect(brick(page, "Settings")).to_have_count(0)
    expect(page.locator(".wire[d]")).to_have_count(3)
    page.keyboard.press("Control+z")
    expect(brick(page, "Settings")).to_be_visible()
    expect(page.locator(".wire[d]")).to_have_count(4)


def test_typing_in_one_field_is_one_step_to_take_back(page: Page, studio: StudioServer) -> None:
    visit(page, studio)
    before = prompt(page).input_value()
    prompt(page).focus()
    page.keyboard.press("End")
    page.keyboard.type(" and a tree", delay=5)
    page.keyboard.press("Control+z")
    expect(prompt(page)).to_have_value(before)


def test_a_reload_keeps_what_was_typed(page: Page, studio: StudioServer) -> None:
    visit(page, studio)
    prompt(page).fill("half a thou")
    page.reload()
    expect(prompt(page)).to_have_value("half a thou")


def test_a_workflow_is_saved_reloaded_and_deleted(page: Page, studio: StudioServer) -> None:
    visit(page, studio)
    prompt(page).fill("a green windmill")
    page.keyboard.press("Control+s")
    drawer = page.get_by_role("dialog", name="Workflows")
    drawer.get_by_label("Save workflow as").fill("Windmills")
    drawer.get_by_role("button", name="Save", exact=True).click()
    expect(drawer.get_by_role("list", name="Saved workflows")).to_contain_text("Windmills")
    page.keyboard.press("Escape")
    expect(page.get_by_role("banner")).to_contain_text("saved")
    prompt(page).fill("something else")
    expect(page.get_by_role("banner")).to_contain_text("unsaved changes")
    page.reload()
    page.keyboard.press("Control+o")
    drawer.get_by_role("button", name="Windmills", exact=False).first.click()
    expect(drawer).to_be_hidden()
    expect(prompt(page)).to_have_value("something else")  # changes that are not saved yet
    messages(page).get_by_role("button", name="Open as saved").click()
    expect(prompt(page)).to_have_value("a green windmill")
    page.keyboard.press("Control+o")
    drawer.get_by_role("button", name="Actions on Windmills").click()
    drawer.get_by_role("button", name="Delete", exact=True).click()
    expect(drawer.get_by_role("list", name="Saved workflows")).not_to_contain_text("Windmills")


def test_the_palette_adds_a_brick_wired_by_the_servers_rule(
    page: Page, studio: StudioServer
) -> None:
    visit(page, studio)
    page.locator("main").focus()
    page.keyboard.press("/")
    page.keyboard.type("image to image")
    page.keyboard.press("Enter")
    expect(brick(page, "Image to image")).to_be_visible()
    expect(page.locator('.wire[d][data-wire*=" img2img-"]').first).to_be_attached()
    page.keyboard.press("Control+z")
    expect(brick(page, "Image to image")).to_have_count(0)
    page.keyboard.press("/")
    palette = page.get_by_role("dialog", name="Add a brick", exact=True)
    page.keyboard.type("no such brick")
    page.keyboard.press("Escape")
    expect(palette).to_be_hidden()


def test_a_wire_is_pulled_off_and_drawn_again_by_hand(page: Page, studio: StudioServer) -> None:
    visit(page, studio)
    wires = page.locator(".wire[d]")
    expect(wires).to_have_count(4)
    output = page.locator('.port.out[data-port="prompt.prompt"]')
    target = page.locator('.port.in[data-port="generate.prompt"]')
    target.hover()
    page.mouse.down()
    page.mouse.move(700, 860, steps=4)
    page.mouse.up()
    page.get_by_role("button", name="Remove the wire", exact=True).click()
    expect(wires).to_have_count(3)
    field = brick(page, "Generate").get_by_label("Prompt", exact=True)
    expect(field).to_be_visible()
    output.hover()
    page.mouse.down()
    target.hover()
    page.mouse.up()
    expect(wires).to_have_count(4)
    expect(field).to_be_hidden()


def test_connections_are_changed_without_a_mouse(page: Page, studio: StudioServer) -> None:
    visit(page, studio)
    generate = brick(page, "Generate")
    generate.get_by_role("button", name="Connections").press("Enter")
    choice = generate.get_by_label("settings", exact=True)
    choice.select_option("")
    expect(page.locator(".wire[d]")).to_have_count(3)
    expect(generate.get_by_label("Width", exact=True)).to_be_visible()
    choice.select_option("settings.settings")
    expect(page.locator(".wire[d]")).to_have_count(4)


def test_a_brick_moves_by_drag_and_by_keyboard(page: Page, studio: StudioServer) -> None:
    visit(page, studio)
    fit = brick(page, "Generate").get_by_text("fits:")
    for late in (fit, brick(page, "Prompt").get_by_text("tokens")):  # each moves what is below
        expect(late).to_be_visible(timeout=MS)
    settings = brick(page, "Settings")
    settings.get_by_role("heading", name="Settings").hover()
    page.mouse.down()
    page.mouse.move(560, 700, steps=6)
    page.mouse.up()
    middle = page.locator('.column[data-column="1"]')
    expect(middle.get_by_role("group", name="Settings brick")).to_be_visible()
    settings.focus()
    page.keyboard.press("Alt+ArrowLeft")
    first = page.locator('.column[data-column="0"]')
    expect(first.get_by_role("group", name="Settings brick")).to_be_focused()


def test_a_run_that_cannot_be_says_where_and_how_to_mend_it(
    page: Page, studio: StudioServer
) -> None:
    visit(page, studio)
    brick(page, "Prompt").focus()
    page.keyboard.press("Delete")
    page.keyboard.press("Control+Enter")
    expect(brick(page, "Generate").get_by_role("alert").first).to_be_visible()


def test_hostile_text_is_shown_and_never_run(page: Page, studio: StudioServer) -> None:
    hostile = '<img src=x onerror="window.hurt=1"><script>window.hurt=2</script>'
    visit(page, studio)
    page.get_by_label("Workflow name", exact=True).fill(hostile)
    prompt(page).fill(hostile)
    page.keyboard.press("Control+Enter")
    row = page.locator("qp-task-row").first
    expect(row).to_contain_text("<img src=x")
    page.keyboard.press("Control+o")
    page.get_by_role("button", name="Save", exact=True).last.click()
    page.wait_for_timeout(300)
    page.reload()
    expect(prompt(page)).to_have_value(hostile)
    assert page.evaluate("window.hurt") is None
    assert page.locator("img[src=x]").count() == 0
