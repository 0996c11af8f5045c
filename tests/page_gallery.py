"""What tests of the gallery look for in it."""

from __future__ import annotations

from page_browser import drawn

FILES = "input[type=file]:not([webkitdirectory])"
CELL = ".cell:not([hidden])"


def names(page):
    """What the cells in the page are called, in order."""
    drawn(page)
    return page.locator(f"{CELL} .cell-name").all_inner_texts()


def labels(page):
    """What is said of them."""
    drawn(page)
    return page.locator(f"{CELL} .badge").all_inner_texts()


def filter_count(page, label):
    """The number that stands at a filter."""
    drawn(page)
    return int(page.locator(f".segment.{label} .number").inner_text())


def choose(page, label):
    page.locator(f".segment.{label} input").check(force=True)


def move(page, label, percent):
    """Drag one end of the thresholds."""
    page.locator(f"input.{label}[type=range]").fill(str(percent))


def active_name(page):
    return page.evaluate("document.activeElement.querySelector('.cell-name')?.innerText")


def confidence_at(at):
    """0.5%, 1.5% and so on to 99.5%, the newest first."""
    return (at + 0.5) / 100
