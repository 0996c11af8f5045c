"""What is photographed: one visit that ends with every view as people see it after some work."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from playwright.sync_api import Page

    #: Told the name of a view that is to be photographed now.
    Take = Callable[[str], None]

_FILES = "input[type=file]:not([webkitdirectory])"
_CELL = ".cell:not([hidden])"
#: What is opened, what it is compared with, and what is said of both.
_OPENED, _OTHER = "two on grey.jpg", "beach at noon.jpg"
_OVER_MS = 120_000
_SETTLED_MS = 400


def visit(page: Page, photos: Sequence[Path], take: Take) -> None:
    """Add photos, and go through all views.

    Args:
        page: At the address of a service that has none of the photos yet, or all of them.
        photos: Files that are added.
        take: Photographs the page as it is.
    """
    page.set_input_files(_FILES, list(photos))
    page.wait_for_selector(".totals:not(.open)", timeout=_OVER_MS)
    _settle(page)
    take("upload")
    page.keyboard.press("2")
    page.wait_for_selector(_CELL)
    page.get_by_label("Sort by").select_option("studio")
    page.get_by_label("Stack look-alikes").check()
    _settle(page)
    take("gallery")
    _open(page, _OPENED)
    page.locator(".chip", has_text="Gradient direction").click()
    page.wait_for_selector(".legend canvas:visible")
    _settle(page)
    take("photo")
    page.keyboard.press("a")
    page.wait_for_selector(".said:has-text('You said')")
    page.get_by_role("button", name="Compare").click()
    page.locator("dialog .other", has_text=_OTHER).click()
    page.wait_for_selector(".differences")
    page.locator(".chip", has_text="Colour temperature").click()
    page.wait_for_selector(".side:last-child .layer canvas")
    _settle(page)
    take("compare")
    page.locator(".side:last-child .side-name a").click()
    page.wait_for_selector(".cards")
    page.keyboard.press("d")
    page.wait_for_selector(".said:has-text('You said')")
    page.keyboard.press("3")
    page.wait_for_selector(".overview-card")
    _settle(page)
    take("overview")


def _open(page: Page, name: str) -> None:
    page.locator(_CELL, has_text=name).locator(".cell-link").click()
    page.wait_for_selector(".cards")
    page.wait_for_selector(".pane[data-picture=whole]")


def _settle(page: Page) -> None:
    """Until pictures are drawn, and what was said for a moment is gone."""
    page.wait_for_timeout(_SETTLED_MS)
