"""The views of photos by keyboard, for screen readers, narrow and dark; nothing is cut off."""

from __future__ import annotations

import pytest

import page_photo
import page_service
from page_browser import SCHEMES

pytestmark = [pytest.mark.browser, pytest.mark.slow]

WIDTHS_PX = (390, 1440)
NAMES = ("packshot.jpg", "window_room.jpg")
OPEN_ALL = "() => document.querySelectorAll('details').forEach((one) => { one.open = true; })"


@pytest.fixture(scope="module")
def photos(tmp_path_factory):
    folder = tmp_path_factory.mktemp("access")
    for at, name in enumerate(NAMES):
        (folder / name).write_bytes(page_service.photo(name.partition(".")[0], 180 + at))
    return [folder / name for name in NAMES]


def tab_until(page, condition, most=60):
    """Press Tab until the element with the focus meets a condition."""
    for _ in range(most):
        page.keyboard.press("Tab")
        if page.evaluate(f"() => {{ const one = document.activeElement; return {condition}; }}"):
            return
    raise AssertionError(f"nothing is reached by Tab that meets {condition}")


def fits(page, width_px):
    return page.evaluate("() => document.scrollingElement.scrollWidth") <= width_px


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("width_px", WIDTHS_PX)
def test_axe_finds_nothing_on_a_photo(visit, open_service, photos, width_px, scheme):
    """With an overlay, values, an answer and everything unfolded; and without the picture."""
    size = {"width": width_px, "height": 800}
    visited = visit(open_service.address, viewport=size, color_scheme=scheme)
    page = visited.page
    page_photo.added(page, *photos)
    result_id = page_photo.opened(page, NAMES[0])
    page_photo.choose_overlay(page, "Highlights")
    page_photo.point_at(page, 0.4, 0.4)
    page.get_by_role("button", name="Unsure").click()
    page.wait_for_selector(".answer[aria-pressed=true]")
    page.evaluate(OPEN_ALL)
    assert [] == visited.axe()
    assert fits(page, width_px)

    page.get_by_role("button", name="Compare").click()
    page.wait_for_selector("dialog")
    assert [] == visited.axe()

    stranger = visit(
        open_service.address, f"#/photo/{result_id}", viewport=size, color_scheme=scheme
    )
    page_photo.shown(stranger.page)
    stranger.page.wait_for_selector(".missing.whole")
    assert [] == stranger.axe()
    assert fits(stranger.page, width_px)


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("width_px", WIDTHS_PX)
def test_axe_finds_nothing_on_two(visit, open_service, photos, width_px, scheme):
    """Under one overlay, everything unfolded."""
    size = {"width": width_px, "height": 800}
    visited = visit(open_service.address, viewport=size, color_scheme=scheme)
    page = visited.page
    page_photo.added(page, *photos)
    page_photo.opened(page, NAMES[0])
    page.keyboard.press("c")
    page.locator("dialog .other", has_text=NAMES[1]).click()
    page.wait_for_selector(".differences")
    page_photo.choose_overlay(page, "Colour temperature")
    page.evaluate(OPEN_ALL)

    assert [] == visited.axe()
    assert fits(page, width_px)


def test_a_photo_is_gone_through_by_keyboard_alone(visit, open_service, photos):
    """From the queue into it: overlay, opacity, values, answer, the other photo, comparing."""
    page = visit(open_service.address).page
    page_photo.added(page, *photos)
    tab_until(page, f"one.innerText === '{NAMES[0]}'")
    page.keyboard.press("Enter")
    page_photo.shown(page)
    assert page.locator("h1").evaluate("(one) => one === document.activeElement")

    tab_until(page, "one.type === 'radio'")
    page.keyboard.press("ArrowRight")
    page.wait_for_selector(".legend canvas:visible")
    tab_until(page, "one.getAttribute('role') === 'application'")
    page.keyboard.press("ArrowDown")
    page.wait_for_selector(".values:not(.empty)")
    tab_until(page, "one.type === 'range'")
    page.keyboard.press("ArrowLeft")
    assert "75%" == page.locator(".strength output").inner_text()
    assert NAMES[0] == page.locator("h1").inner_text()
    tab_until(page, "one.innerText.startsWith('Disagree')")
    page.keyboard.press("Space")
    page.wait_for_selector(".answer[aria-pressed=true]:has-text('Disagree')")

    page.keyboard.press("h")
    page.wait_for_selector(".layer canvas", state="detached")
    page.keyboard.press("o")
    page.wait_for_selector(".legend canvas:visible")
    page.keyboard.press("c")
    page.wait_for_selector("dialog .other")
    tab_until(page, "one.classList.contains('other')")
    page.keyboard.press("Enter")
    page.wait_for_selector(".differences")
    assert page.locator("h1").evaluate("(one) => one === document.activeElement")


def test_charts_are_told_in_words(visit, open_service, photos):
    """The waterfall is a table, each strip says where the value lies, drawings have names."""
    page = visit(open_service.address).page
    page_photo.added(page, photos[0])
    page_photo.opened(page, NAMES[0])
    table = page.get_by_role("table", name="Why")
    rows = table.get_by_role("row")

    assert rows.count() > 5
    assert 3 == rows.first.get_by_role("columnheader").count()
    assert page.get_by_role("img", name="of the natural photographs").count() > 5
    assert 1 == page.get_by_role("application", name=NAMES[0]).count()
    landmarks = page.get_by_role("region").all()
    names = [
        one.get_attribute("aria-label") or one.locator("h2, h3").first.inner_text()
        for one in landmarks
    ]
    for name in ("Picture", "Verdict", "Is it right?", "Report", "Why", "Components"):
        assert name in names
