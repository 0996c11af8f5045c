"""What this browser remembers of photos: when it is wished for, and no longer than that."""

from __future__ import annotations

import pytest

import page_photo
import page_service

pytestmark = [pytest.mark.browser, pytest.mark.slow]

KEPT = """async () => {
  const opened = await new Promise((done) => {
    const asked = indexedDB.open('studio-detector', 1);
    asked.onupgradeneeded = () =>
      asked.result.createObjectStore('photos').createIndex('at', 'at');
    asked.onsuccess = () => done(asked.result);
  });
  const asked = opened.transaction('photos').objectStore('photos').getAll();
  await new Promise((done) => { asked.onsuccess = done; });
  opened.close();
  return asked.result.map(({name, thumbnail}) => [name, Boolean(thumbnail)]);
}"""


@pytest.fixture
def remembered(visit, open_service, tmp_path):
    """A page with a photo, that remembers nothing; and a way to ask what it remembers."""
    path = tmp_path / "kept.jpg"
    path.write_bytes(page_service.photo("low_key", 190))
    page = visit(open_service.address).page
    set_on(page, is_on=False)
    page_photo.added(page, path)
    page.wait_for_selector(".row img")
    return page


def set_on(page, *, is_on):
    page.get_by_role("button", name="Settings").click()
    page.get_by_label("Remember names and thumbnails").set_checked(is_on)
    page.keyboard.press("Escape")
    page.wait_for_selector("dialog", state="detached")


def wait_for_kept(page, wanted):
    """Until the browser has written what it was told."""
    for _ in range(100):
        if page.evaluate(KEPT) == wanted:
            return
        page.wait_for_timeout(50)
    raise AssertionError(f"kept is {page.evaluate(KEPT)}")


def test_nothing_is_remembered_unless_it_is_wished(remembered):
    """Neither names nor pictures."""
    assert [] == remembered.evaluate(KEPT)


def test_what_was_added_before_the_wish_is_remembered_too(remembered):
    """And forgotten again by switching it off."""
    page = remembered
    set_on(page, is_on=True)
    wait_for_kept(page, [["kept.jpg", True]])

    set_on(page, is_on=False)
    wait_for_kept(page, [])


def test_all_is_forgotten_at_once(remembered):
    """By a button; what is added later is remembered again."""
    page = remembered
    set_on(page, is_on=True)
    wait_for_kept(page, [["kept.jpg", True]])

    page.get_by_role("button", name="Settings").click()
    page.get_by_role("button", name="Forget them now").click()
    page.wait_for_selector("dialog:has-text('were forgotten')")

    assert [] == page.evaluate(KEPT)
    assert page.get_by_label("Remember names and thumbnails").is_checked()
