"""Chromium for tests of the page, and visits that note everything that is not as it should be."""

from __future__ import annotations

import contextlib
import shutil
from dataclasses import dataclass, field

import pytest

_FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
_NAMES = ("chromium", "chromium-browser", "google-chrome")
# Before the scripts of the page, so that nothing it does is missed.
_WATCH = """
window.stopped = [];
document.addEventListener("securitypolicyviolation", (event) => {
  window.stopped.push(`${event.effectiveDirective} stopped ${event.blockedURI} ${event.sample}`);
});
"""
_OVER_MS = 120_000
_WAIT_MS = 15_000
#: The schemes of colours that a page is looked at in.
SCHEMES = ("light", "dark")


@contextlib.contextmanager
def chromium():
    """A running Chromium; skips where there is none."""
    path = next((found for name in _NAMES if (found := shutil.which(name))), None)
    if path is None:
        pytest.skip("there is no Chromium in the PATH; on Debian: apt-get install chromium")
    playwright = pytest.importorskip(
        "playwright.sync_api", reason="Playwright is not installed: uv sync --group browser"
    )
    with playwright.sync_playwright() as running:
        opened = running.chromium.launch(executable_path=path, args=list(_FLAGS))
        yield opened
        opened.close()


def expect(locator):
    """Assert what comes true by and by: ``expect(locator).to_have_count(3)``."""
    from playwright.sync_api import expect as expected

    expected.set_options(timeout=_WAIT_MS)
    return expected(locator)


def drawn(page):
    """Until all is drawn that was asked for; what one frame draws may ask for the next."""
    page.evaluate(
        """() => new Promise((done) =>
          requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done))))"""
    )


def wait_until(page, words):
    """Until a script says so; Playwright's own way is stopped by the policy of the page."""
    for _ in range(300):
        if page.evaluate(words):
            return
        page.wait_for_timeout(50)
    raise AssertionError(f"it never came true: {words}")


@dataclass
class Visit:
    """One visit to the page.

    Attributes:
        address: Of the service.
        context: Of the browser: a new one, without anything kept.
        page: The page.
        said: On the console, and errors that nobody caught.
        asked: Addresses of all requests.
    """

    address: str
    context: object
    page: object
    said: list = field(default_factory=list)
    asked: list = field(default_factory=list)
    _excused: list = field(default_factory=list)
    _is_open: bool = True

    @classmethod
    def begin(cls, browser, address, path="", **options):
        """Open the page and wait until it is there."""
        context = browser.new_context(**({"viewport": {"width": 1280, "height": 900}} | options))
        context.set_default_timeout(_WAIT_MS)
        context.add_init_script(_WATCH)
        page = context.new_page()
        visit = cls(address, context, page)
        page.on("console", lambda message: visit.said.append(message.text))
        page.on("pageerror", lambda error: visit.said.append(str(error)))
        page.on("request", lambda request: visit.asked.append(request.url))
        page.goto(f"{address}/{path}")
        page.wait_for_selector("h1")
        return visit

    def excuse(self, words):
        """Let complaints pass that hold these words: the test causes them."""
        self._excused.append(words)

    def complaints(self):
        """Everything so far that is not as it should be."""
        stopped = self.page.evaluate("window.stopped")
        # What a page made itself is named by its own host.
        own = (self.address, f"blob:{self.address}", "data:")
        elsewhere = [url for url in self.asked if not url.startswith(own)]
        found = [*self.said, *stopped, *(f"asked {url}" for url in elsewhere)]
        return [one for one in found if not any(words in one for words in self._excused)]

    def end(self):
        """Close it; returns its complaints."""
        found = self.complaints()
        self.context.close()
        return found

    def wait_until_over(self):
        """Until nothing in the queue waits or runs, and all of it is drawn."""
        self.page.wait_for_selector(".totals:not(.open)", timeout=_OVER_MS)
        drawn(self.page)

    def axe(self):
        """What axe finds: (rule, elements)."""
        axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
        found = axe.run(self.page).response["violations"]
        return [
            (one["id"], one["impact"], [node["html"][:200] for node in one["nodes"]][:3])
            for one in found
        ]
