"""Two photos side by side: one choice of overlay for both, and what sets them apart."""

from __future__ import annotations

import pytest

import page_photo
import page_service
from page_browser import expect

pytestmark = [pytest.mark.browser, pytest.mark.slow]

NAMES = ("packshot.jpg", "hard_sun.jpg")


@pytest.fixture
def compared(visit, open_service, tmp_path):
    """A page that compares two photos, and the ids of their results."""
    for at, name in enumerate(NAMES):
        (tmp_path / name).write_bytes(page_service.photo(name.partition(".")[0], 160 + at))
    page = visit(open_service.address).page
    page_photo.added(page, *(tmp_path / name for name in NAMES))
    page_photo.opened(page, NAMES[0])
    page.get_by_role("button", name="Compare").click()
    page.locator("dialog .other", has_text=NAMES[1]).click()
    page.wait_for_selector(".differences")
    page.wait_for_selector(".chip >> nth=1", state="attached")
    return page, page.evaluate("() => location.hash").split("/")[2:]


def odds(page, selector):
    found = page.locator(f"{selector} data").evaluate_all("(all) => all.map((one) => one.value)")
    return [float(one) for one in found]


def test_both_photos_are_shown_with_their_verdicts(compared):
    """Each under its letter and its name, which leads to it."""
    page, _ = compared
    sides = page.locator(".side")

    expect(page.locator(".pane[data-picture=whole] .base:visible")).to_have_count(2)
    for at, name in enumerate(NAMES):
        assert name in sides.nth(at).inner_text()
    assert ["Studio", "Natural"] == [
        sides.nth(at).locator(".badge span").first.inner_text() for at in range(2)
    ]
    page.get_by_role("link", name=NAMES[1]).click()
    page.wait_for_selector(f"h1:text-is('{NAMES[1]}')")


def test_one_overlay_lies_on_both(compared):
    """And one opacity."""
    page, _ = compared
    page.locator(".chip", has_text="Colour temperature").click()
    page.wait_for_selector(".side:last-child .layer canvas")
    page.wait_for_selector(".side:first-child .layer canvas")
    page.get_by_label("Opacity").fill("40")

    layers = page.locator(".layer").evaluate_all("(all) => all.map((one) => one.style.opacity)")
    assert ["0.4", "0.4"] == layers


def test_differences_add_up(compared, open_service):
    """The largest first; with the intercepts they are the difference of both logits."""
    page, ids = compared
    apart = odds(page, ".terms .term-odds")
    with open_service.client() as client:
        evidence = [client.result(one).raw["evidence"] for one in ids]

    assert apart == sorted(apart, key=lambda one: -abs(one))
    difference = evidence[1]["logit"] - evidence[0]["logit"]
    between = evidence[1]["intercept"] - evidence[0]["intercept"]
    assert sum(apart) + between == pytest.approx(difference, abs=1e-9)
    assert odds(page, ".sums tr:last-child")[-1] == pytest.approx(difference, abs=1e-9)


def test_sides_are_swapped(compared):
    """By button and by key."""
    page, ids = compared
    names = page.locator(".side-name a")
    page.get_by_role("button", name="Swap sides").click()
    expect(names).to_have_text([NAMES[1], NAMES[0]])
    assert ids[::-1] == page.evaluate("() => location.hash").split("/")[2:]
    page.wait_for_selector(".differences")
    page.keyboard.press("s")
    expect(names).to_have_text(list(NAMES))
    assert ids == page.evaluate("() => location.hash").split("/")[2:]


def test_a_reload_finds_both_again(compared):
    """With what this browser remembers of them."""
    page, _ = compared
    page.reload()
    page.wait_for_selector(".differences")
    page.wait_for_selector(".side:last-child .pane[data-picture=small]")

    assert NAMES[0] in page.locator("h1").inner_text()
