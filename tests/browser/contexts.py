"""Browser contexts that tests use one after the other, each as a first visit.

A new context reads, compiles and caches the page's script anew, two thirds of the processor time of
a load. A kept one has all of that; what a visit stores is removed before the next.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, Page

from tests.browser.server import PATIENCE

DESKTOP = {"viewport": {"width": 1440, "height": 900}}
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}


def new_context(browser: Browser, **options: Any) -> BrowserContext:
    """A context with the tests' patience. `options`: of Playwright."""
    context = browser.new_context(**options)
    context.set_default_timeout(PATIENCE * 1000)
    return context


class KeptContext:
    """A context and its empty page, from which the storage of other pages is cleared."""

    def __init__(self, context: BrowserContext) -> None:
        self.context = context
        self._origins: set[str] = set()
        self._empty = context.new_page()
        self._session = context.new_cdp_session(self._empty)
        context.on("page", self._follow)

    def clear(self) -> None:
        """Forget what pages stored, so that the next page is a first visit. The cache stays."""
        for origin in self._origins:
            given = {"origin": origin, "storageTypes": "all"}
            self._session.send("Storage.clearDataForOrigin", given)
        self._origins.clear()
        self.context.clear_cookies()

    def leave(self) -> None:
        """Close the pages, with all that was set for them."""
        for page in self.context.pages:
            if page is not self._empty:
                page.close()
        self.context.unroute_all()
        self.context.clear_permissions()

    def _follow(self, page: Page) -> None:
        page.on("framenavigated", lambda frame: self._origins.add(origin_of(frame.url)))


class Contexts:
    """The contexts of a browser by their options; those in use at once are different ones."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self._free: dict[str, list[KeptContext]] = {}

    @contextmanager
    def lend(self, **options: Any) -> Iterator[BrowserContext]:
        """A context with these options of Playwright, without pages that were opened before."""
        free = self._free.setdefault(repr(sorted(options.items())), [])
        kept = free.pop() if free else KeptContext(new_context(self._browser, **options))
        kept.clear()
        try:
            yield kept.context
        finally:
            kept.leave()
            free.append(kept)


def origin_of(url: str) -> str:
    """Scheme, host and port of an address."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
