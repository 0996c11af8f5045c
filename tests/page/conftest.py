"""A real service in a process of its own, and pages in a real Chromium that complain aloud."""

from __future__ import annotations

import pytest

import page_browser
import page_results
import page_service
from page_gallery import CELL, FILES, confidence_at


@pytest.fixture(scope="session")
def open_service(tmp_path_factory):
    """A service that asks nobody for a key; shared, so that tests must not count what it has."""
    with page_service.running(tmp_path_factory.mktemp("open")) as service:
        yield service


@pytest.fixture
def own_service(tmp_path):
    """Start services of a test's own: ``own_service("--auth", "keys")``."""
    with page_service.starting(tmp_path) as start:
        yield start


@pytest.fixture
def visit(browser):
    """Open a page: ``visit(address, path="#/gallery", **options of a context)``.

    Whatever a page says on the console, whatever its policy stops and whatever it asks of
    another host fails the test at its end; a test that causes it on purpose names it by
    ``visited.excuse("words")``.
    """
    visits = []

    def open_page(address, path="", **options):
        visits.append(page_browser.Visit.begin(browser, address, path, **options))
        return visits[-1]

    yield open_page
    complaints = [complaint for one in visits for complaint in one.end()]
    assert [] == complaints


@pytest.fixture(scope="session")
def mixed_photos(tmp_path_factory):
    """A folder of 25 photos and 5 files that are none."""
    return page_service.mixed_photos(tmp_path_factory.mktemp("mixed"))


@pytest.fixture
def hundred(visit, open_service):
    """A gallery of 100 photos, one for each percent, in an order that no filter gives."""
    results = [page_results.verdict(at, confidence_at(at)) for at in range(100)]
    visited = visit(open_service.address, viewport={"width": 1440, "height": 900})
    page_results.serve(visited.context, results)
    visited.page.evaluate("location.hash = '#/gallery'")
    visited.page.wait_for_selector(".shown-count:has-text('100 photos')")
    visited.page.wait_for_selector(CELL)
    page_browser.drawn(visited.page)
    visited.results = results
    return visited


@pytest.fixture
def mixed(visit, open_service, mixed_photos):
    """A gallery of real photos that were just analysed, five broken ones among them."""
    visited = visit(open_service.address, viewport={"width": 1440, "height": 900})
    page = visited.page
    # What other tests had analysed would stand between.
    page_results.serve(visited.context, [])
    page.set_input_files(FILES, mixed_photos)
    visited.wait_until_over()
    page.evaluate("location.hash = '#/gallery'")
    page.wait_for_selector(".shown-count:has-text('30 photos')")
    page.wait_for_selector(CELL)
    page_browser.drawn(page)
    return visited
