"""One file under two names: one verdict, and both names are there wherever they are needed."""

from __future__ import annotations

import csv
import io

import pytest

import page_photo
import page_service
from page_browser import expect
from page_gallery import CELL

pytestmark = [pytest.mark.browser, pytest.mark.slow]

NAMES = ("first.jpg", "second.jpg", "other.jpg")


@pytest.fixture
def added_twice(visit, open_service, tmp_path):
    """A page with two equal files and another one."""
    same = page_service.photo("packshot", 180)
    for name, data in zip(NAMES, (same, same, page_service.photo("hard_sun", 181)), strict=True):
        (tmp_path / name).write_bytes(data)
    page = visit(open_service.address).page
    for name in NAMES:
        page_photo.added(page, tmp_path / name)
    return page


def test_a_photo_says_what_else_it_was_called(added_twice):
    """Whichever of both is opened."""
    page = added_twice
    page_photo.opened(page, "second.jpg")
    one = page.locator("h1").inner_text()

    assert one in NAMES[:2]
    also = page.locator(".photo-also").inner_text()
    assert NAMES[1 - NAMES.index(one)] in also
    page.keyboard.press("1")
    page_photo.opened(page, "other.jpg")
    assert not page.locator(".photo-also").is_visible()


def test_one_leafs_past_both_at_once(added_twice):
    """They have one address: a step to the other one would lead nowhere."""
    page = added_twice
    page_photo.opened(page, "other.jpg")
    title = page.locator("h1")
    seen = set()
    for _ in range(30):
        name = title.inner_text()
        seen.add(name)
        after = page.get_by_role("link", name="Next photo")
        if after.get_attribute("aria-disabled"):
            break
        page.keyboard.press("ArrowRight")
        expect(title).not_to_have_text(name)
        page_photo.shown(page)
        if len(seen & set(NAMES)) == 2:
            break

    assert 2 == len(seen & set(NAMES))


def test_both_names_are_exported(added_twice):
    """A row for each file that was added."""
    page = added_twice
    page.keyboard.press("2")
    page.wait_for_selector(CELL)
    page.get_by_role("button", name="Export").first.click()
    with page.expect_download() as download:
        page.locator("dialog button[type=submit]").click()
    rows = list(csv.DictReader(io.StringIO(download.value.path().read_text("utf-8"))))

    found = [(row["name"], row["result_id"]) for row in rows if row["name"] in NAMES[:2]]
    assert set(NAMES[:2]) == {name for name, _ in found}
    assert 1 == len({result_id for _, result_id in found})


def test_one_of_both_is_taken_off_the_list(added_twice):
    """The other one still has its name and its picture."""
    page = added_twice
    page.get_by_role("button", name="Remove first.jpg from the list").click()
    page_photo.opened(page, "second.jpg")

    assert "second.jpg" == page.locator("h1").inner_text()
    page.wait_for_selector(".pane[data-picture=whole]")


def test_two_of_the_gallery_are_compared_and_found_again(added_twice):
    """Photos that were just added have names in this page that a reload does not know."""
    page = added_twice
    page.keyboard.press("2")
    for name in ("second.jpg", "other.jpg"):
        page.locator(CELL, has_text=name).focus()
        page.keyboard.press("Space")
    page.get_by_role("link", name="Compare").click()
    page.wait_for_selector(".differences")
    page.reload()
    page.wait_for_selector(".differences")

    assert "other.jpg" in page.locator("h1").inner_text()
