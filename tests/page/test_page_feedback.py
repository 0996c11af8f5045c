"""What people say about a verdict: by mouse and keyboard, kept, found after a reload."""

from __future__ import annotations

import re

import pytest

import page_photo
import page_service
from page_browser import expect

pytestmark = [pytest.mark.browser, pytest.mark.slow]

ANSWER = ".answer[aria-pressed=true]"


@pytest.fixture
def open_one(visit, open_service, tmp_path):
    """Open the page at a photo of its own: ``open_one(seed)``."""

    def opened(seed, **options):
        path = tmp_path / "portrait.jpg"
        path.write_bytes(page_service.photo("packshot", seed))
        visited = visit(open_service.address, **options)
        page_photo.added(visited.page, path)
        page_photo.opened(visited.page, path.name)
        return visited.page

    return opened


def reload(page):
    page.reload()
    page_photo.shown(page)


def wait_for_said(page, answer, label):
    """Until it is stored. "Agree" alone would be found in "Disagree", too."""
    page.wait_for_selector(f".said:has-text('You said {label}')")
    expect(page.locator(f"{ANSWER} > span")).to_have_text(re.compile(f"^{answer}"))


def test_an_answer_is_kept_with_its_note(open_one):
    """By mouse; what was said before is there again after a reload, the last first."""
    page = open_one(120)
    assert 0 == page.locator(ANSWER).count()
    page.get_by_role("button", name="Disagree").click()
    wait_for_said(page, "Disagree", "natural")

    page.get_by_label("Note").fill("a north window")
    page.get_by_role("button", name="Add the note").click()
    page.wait_for_selector("blockquote:has-text('a north window')")
    assert "" == page.get_by_label("Note").input_value()

    page.get_by_label("Note").fill("no, a softbox")
    page.get_by_role("button", name=re.compile("^Agree")).click()
    wait_for_said(page, "Agree", "studio")
    reload(page)
    wait_for_said(page, "Agree", "studio")
    assert "no, a softbox" == page.locator(".earlier > blockquote").inner_text()
    page.locator(".earlier summary").click()
    said = page.locator(".earlier li").all_inner_texts()
    assert 2 == len(said)
    assert "a north window" in said[0]


def test_keys_answer_too(open_one):
    """One letter each, which the list of keys names; while a note is typed they are letters."""
    page = open_one(121)
    page.keyboard.press("n")
    page.keyboard.type("a dud")
    assert "a dud" == page.get_by_label("Note").input_value()
    page.keyboard.press("Escape")
    page.keyboard.press("u")
    wait_for_said(page, "Unsure", "unsure")
    page.wait_for_selector("[role=status]:has-text('Stored: unsure')", state="attached")
    page.keyboard.press("d")
    wait_for_said(page, "Disagree", "natural")
    page.keyboard.press("a")
    wait_for_said(page, "Agree", "studio")

    page.keyboard.press("?")
    help_words = page.locator("dialog").inner_text()
    for words in ("Agree with the verdict", "Disagree", "Unsure", "Next overlay"):
        assert words in help_words


def test_a_note_that_was_begun_is_not_lost(open_one):
    """By looking at something else in between."""
    page = open_one(122)
    page.get_by_label("Note").fill("half a sent")
    address = page.evaluate("() => location.hash")
    page.locator("h1").click()
    page.keyboard.press("2")
    page.wait_for_selector("h1:text('Gallery')")
    page.evaluate("(hash) => { location.hash = hash; }", address)
    page_photo.shown(page)

    assert "half a sent" == page.get_by_label("Note").input_value()


def test_who_may_not_answer_is_told(visit, own_service, tmp_path):
    """A key that may read alone, and what was typed stays."""
    service = own_service("--auth", "keys")
    path = tmp_path / "portrait.jpg"
    path.write_bytes(page_service.photo("packshot"))
    with service.client() as client:
        result = client.analyse(path)
    reader = page_service.new_key(tmp_path, "viewer")["key"]
    visited = visit(service.address, f"#/photo/{result.id}")
    page = visited.page
    visited.excuse("status of 401")
    page.get_by_label("API key").fill(reader)
    page.locator("dialog").get_by_role("button", name="Sign in").click()
    page_photo.shown(page)
    assert 0 == page.get_by_role("link", name="Open it in a new tab").count()

    visited.excuse("status of 403")
    page.get_by_label("Note").fill("mine")
    page.get_by_role("button", name="Disagree").click()
    page.wait_for_selector(".feedback [role=alert]:has-text('does not allow')")
    assert "mine" == page.get_by_label("Note").input_value()
    assert 0 == page.locator(ANSWER).count()
