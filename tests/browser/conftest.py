"""A real server process and a real browser for every test that needs them."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.browser.company import leave_company
from tests.browser.contexts import DESKTOP, PHONE, Contexts
from tests.browser.server import PATIENCE, ROOT, StudioServer

CHROMIUM = Path(os.environ.get("QPYT_CHROMIUM", "/usr/bin/chromium"))
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

# By default 5 seconds, which two busy cores exceed: a condition is waited for as long as a step.
expect.set_options(timeout=PATIENCE * 1000)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Starting a server and a browser takes its time on a busy machine of two cores."""
    here = Path(__file__).parent
    for item in items:
        if item.path.is_relative_to(here) and item.get_closest_marker("timeout") is None:
            item.add_marker(pytest.mark.timeout(400))


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Debian's chromium; missing, it is a skip with its reason, and a failure in CI."""
    if not CHROMIUM.exists():
        reason = f"no browser at {CHROMIUM} (apt install chromium, or set QPYT_CHROMIUM)"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        yield launched
        launched.close()


@pytest.fixture(scope="session")
def shared_studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StudioServer]:
    """One server for all tests that leave it as they found it, with what other tests may leave."""
    data = tmp_path_factory.mktemp("studio") / "data"
    models = f"{data.with_name('models')},{ROOT / 'models'}"  # trained LoRAs go to the first
    server = StudioServer(
        data, QPYT_OPERATION_MODULES="tests.operations.editing", QPYT_MODEL_DIRS=models
    )
    server.start()
    leave_company(server)
    yield server
    server.stop()


@pytest.fixture
def studio(shared_studio: StudioServer, request: pytest.FixtureRequest) -> Iterator[StudioServer]:
    """The shared server with an empty, running queue; its log is part of a failure's report.

    The pages of the test before are closed when the queue is emptied here: they submit no more.
    """
    failed_before = request.session.testsfailed
    shared_studio.quieten()
    yield shared_studio
    if request.session.testsfailed > failed_before:
        print(f"server log:\n{tail(shared_studio.log)}")


@pytest.fixture
def own_studio(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[StudioServer]:
    """A server of the test's own, to kill."""
    failed_before = request.session.testsfailed
    server = StudioServer(tmp_path / "data")
    server.start()
    yield server
    server.stop()
    if request.session.testsfailed > failed_before:
        print(f"server log:\n{tail(server.log)}")


def tail(log: Path, lines: int = 80) -> str:
    """The end of a log."""
    return "\n".join(log.read_text(errors="replace", encoding="utf-8").splitlines()[-lines:])


@pytest.fixture(scope="session")
def contexts(browser: Browser) -> Contexts:
    """The contexts of all tests."""
    return Contexts(browser)


@pytest.fixture
def context(contexts: Contexts) -> Iterator[BrowserContext]:
    """A first visit with a mouse.

    Without motion, as the processor paints each frame of an animation. Tests of phones and of
    several tabs take contexts with motion.
    """
    with contexts.lend(**DESKTOP, color_scheme="dark", reduced_motion="reduce") as desktop:
        yield desktop


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    """A page that may not throw: an uncaught error in it fails the test."""
    with watched(context.new_page()) as opened:
        yield opened


@pytest.fixture
def phone(contexts: Contexts) -> Iterator[Page]:
    """A page of 390 by 844 pixels that takes touches, and may not throw."""
    with contexts.lend(**PHONE) as context, watched(context.new_page()) as opened:
        yield opened


@contextmanager
def watched(page: Page) -> Iterator[Page]:
    """A page whose uncaught errors fail the test."""
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    yield page
    assert errors == []
