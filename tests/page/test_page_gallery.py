"""The gallery: filtered, called anew by thresholds, walked through by keyboard, selected."""

from __future__ import annotations

import json

import pytest

import page_results
from page_browser import SCHEMES, drawn, expect, wait_until
from page_gallery import (
    CELL,
    FILES,
    active_name,
    choose,
    filter_count,
    labels,
    move,
    names,
)

pytestmark = [pytest.mark.browser, pytest.mark.slow]

WIDTHS_PX = (390, 1440)


def test_photos_are_filtered_sorted_and_searched(mixed):
    """Each choice at once; the numbers say what is behind the others."""
    page = mixed.page
    assert 30 == filter_count(page, "all")
    assert 5 == filter_count(page, "failed")
    assert 25 == sum(filter_count(page, one) for one in ("studio", "natural", "uncertain"))

    choose(page, "failed")
    page.wait_for_selector(".shown-count:has-text('5 of 30')")
    assert {"Failed"} == set(labels(page))
    choose(page, "studio")
    page.wait_for_selector(f".shown-count:has-text('{filter_count(page, 'studio')} of 30')")
    assert {"Studio"} == set(labels(page))

    choose(page, "all")
    page.get_by_label("Sort by").select_option("name")
    expect(page.locator(CELL).first).to_contain_text("cut short.png")
    shown = names(page)
    assert sorted(shown, key=str.lower) == shown

    page.get_by_label("Search by name").fill("HARD sun")
    page.wait_for_selector(".shown-count:has-text('5 of 30')")
    found = names(page)
    assert 5 == len(found)
    assert all("hard_sun" in name for name in found)


def test_search_minds_words_and_neither_case_nor_order(mixed):
    """And says so when nothing fits, with a way back."""
    page = mixed.page
    field = page.get_by_label("Search by name")
    field.fill("05 LOW")
    field.fill("16 LOW_key")
    page.wait_for_selector(".shown-count:has-text('1 of 30')")
    assert ["low_key 16.jpg"] == names(page)

    field.fill("no such photo")
    page.wait_for_selector("text=No photo fits.")
    page.get_by_role("button", name="Show all photos").click()
    page.wait_for_selector(".shown-count:has-text('30 photos')")
    assert "" == field.input_value()


def test_thresholds_call_photos_anew(hundred):
    """At once, on the client; how many move and which way is said; it can be undone."""
    page = hundred.page
    before = len(hundred.asked)
    assert (13, 74, 13) == tuple(filter_count(page, n) for n in ("natural", "uncertain", "studio"))

    move(page, "studio", 60)
    page.wait_for_selector("text=27 of 100 photos move:")
    assert "27 Uncertain becomes Studio" == " ".join(
        page.locator(".threshold-way").inner_text().split()
    )
    assert 40 == filter_count(page, "studio")
    move(page, "natural", 20)
    page.wait_for_selector("text=34 of 100 photos move:")
    assert 20 == filter_count(page, "natural")
    assert 40 == filter_count(page, "uncertain")

    choose(page, "studio")
    page.get_by_label("Sort by").select_option("natural")
    first = page.locator(CELL).first
    expect(first).to_contain_text("61%")
    assert "Studio" in first.inner_text()
    assert "was Uncertain" in first.get_attribute("aria-label")

    # Neither end passes the other one.
    move(page, "natural", 90)
    assert "60" == page.locator("input.natural[type=range]").input_value()
    page.wait_for_selector(".segment.uncertain .number:text-is('0')")

    page.get_by_role("button", name="Reset").click()
    page.wait_for_selector(".segment.studio .number:text-is('13')")
    assert 13 == filter_count(page, "natural")
    assert not page.get_by_role("button", name="Reset").is_visible()
    assert before == len(hundred.asked)


def test_the_grid_is_walked_through_by_keyboard(hundred):
    """Arrows, Home and End, pages; what is far away comes into the page, and the focus stays."""
    page = hundred.page
    columns = int(page.locator("[role=grid]").get_attribute("aria-colcount"))
    rows = -(-100 // columns)
    assert str(rows) == page.locator("[role=grid]").get_attribute("aria-rowcount")
    assert 1 == page.locator("[role=gridcell][tabindex='0']").count()
    page.locator("[role=gridcell][tabindex='0']").focus()

    def at():
        return page.evaluate("Number(document.activeElement.dataset.at)")

    def press(key):
        page.keyboard.press(key)
        return at()

    assert 1 == press("ArrowRight")
    assert columns + 1 == press("ArrowDown")
    assert columns == press("ArrowLeft")
    # On to the row above, as lines of text are read.
    assert columns - 1 == press("ArrowLeft")
    assert 0 == press("Home")
    assert columns - 1 == press("End")
    assert 99 == press("Control+End")
    assert 99 == press("ArrowRight")
    assert str(rows) == page.evaluate("document.activeElement.parentElement.ariaRowIndex")
    box = page.evaluate("document.activeElement.getBoundingClientRect().toJSON()")
    assert box["top"] >= 0
    assert box["bottom"] <= 900
    assert press("PageUp") < 99 - columns
    assert 0 == press("Control+Home")
    covered = page.locator(".gallery-controls").bounding_box()
    top = page.evaluate("document.activeElement.getBoundingClientRect().top")
    assert top >= covered["y"] + covered["height"] - 1

    # Scrolled away with the mouse, it is still where it was.
    page.mouse.wheel(0, 4000)
    wait_until(page, "document.querySelectorAll('.grid-row')[1].ariaRowIndex > 5")
    assert 0 == at()
    assert 1 == press("ArrowRight")
    wait_until(page, "window.scrollY < 1000")


def test_rows_are_read_in_their_order(hundred):
    """Cells are used again, and who reads the page from top to bottom must not notice."""
    page = hundred.page
    page.locator(CELL).first.focus()
    for by in (900, 900, -500, 3000, -2500, 400):
        page.mouse.wheel(0, by)
        page.wait_for_timeout(80)
        indexes = page.locator(".grid-row").evaluate_all(
            "rows => rows.map(row => Number(row.ariaRowIndex))"
        )
        assert sorted(indexes) == indexes
        assert len(set(indexes)) == len(indexes)
        assert len(indexes) <= 10


def test_without_a_mouse_a_photo_is_found_opened_and_left(mixed):
    """`/` searches, Tab goes on to the photos, Enter opens; back again, the focus is there."""
    page = mixed.page
    page.locator("h1").click()
    page.keyboard.press("/")
    page.keyboard.type("packshot 10")
    page.wait_for_selector(".shown-count:has-text('1 of 30')")
    drawn(page)
    for _ in range(12):
        page.keyboard.press("Tab")
        if active_name(page):
            break
    assert "packshot 10.jpg" == active_name(page)

    page.keyboard.press("Enter")
    page.wait_for_selector("h1:text('packshot 10.jpg')")
    # The view writes the address anew once it has the photo, which would call the way back off.
    page.wait_for_selector(".photo-head .badge")
    page.go_back()
    page.wait_for_selector(CELL)
    wait_until(page, "document.activeElement.matches('.cell')")
    assert "packshot 10.jpg" == active_name(page)
    assert "packshot 10" == page.get_by_label("Search by name").input_value()

    page.keyboard.press("Space")
    assert "1 selected" == page.locator(".selected-count").inner_text()
    page.keyboard.press("Escape")
    assert not page.locator(".selection-bar").is_visible()


def test_photos_are_selected(hundred):
    """By their tick, by ranges, by keyboard, all that are shown; filters keep it."""
    page = hundred.page
    count = page.locator(".selected-count")
    cells = page.locator(CELL)
    cells.nth(1).hover()
    cells.nth(1).locator(".cell-tick").click()
    assert "1 selected" == count.inner_text()
    cells.nth(8).locator(".cell-link").click(modifiers=["Shift"])
    assert "8 selected" == count.inner_text()
    cells.nth(3).locator(".cell-link").click(modifiers=["Control"])
    assert "7 selected" == count.inner_text()
    expect(cells.nth(2)).to_have_attribute("aria-selected", "true")
    expect(cells.nth(3)).to_have_attribute("aria-selected", "false")

    cells.nth(12).focus()
    page.keyboard.press("Space")
    page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("Shift+ArrowRight")
    assert "10 selected" == count.inner_text()
    choose(page, "studio")
    page.wait_for_selector(".shown-count:has-text('13 of 100')")
    page.get_by_role("button", name="All shown").click()
    assert "23 selected" == count.inner_text()
    page.get_by_role("button", name="None").click()
    assert not count.is_visible()

    drawn(page)
    cells.nth(0).focus()
    page.keyboard.press("Control+a")
    assert "13 selected" == count.inner_text()
    page.keyboard.press("Escape")
    for at in (0, 1):
        cells.nth(at).focus()
        page.keyboard.press("Space")
    both = [hundred.results[87 + at]["id"] for at in (0, 1)]
    assert f"#/compare/{both[0]}/{both[1]}" == page.get_by_role(
        "link", name="Compare"
    ).get_attribute("href")


@pytest.fixture
def alike(visit, open_service):
    """A gallery with three that hang together, two that do not, and two of poor quality."""
    one = f"{0x5A5A5A:064x}"
    near, nearer = page_results.flipped(one, 31), page_results.flipped(one, 31, seed=1)
    kinds = [
        (one, 100, 0.95),
        (near, 50, 0.5),
        (nearer, 90, 0.05),
        (page_results.flipped(f"{(1 << 255) - 1:064x}", 0), 100, 0.9),
        (page_results.flipped(f"{(1 << 255) - 1:064x}", 32), 100, 0.9),
        (one, 49, 0.9),
        (one, None, 0.9),
    ]
    results = [
        page_results.verdict(at, confidence, pdq=pdq, quality=quality)
        for at, (pdq, quality, confidence) in enumerate(kinds)
    ]
    visited = visit(open_service.address)
    page_results.serve(visited.context, results)
    visited.page.evaluate("location.hash = '#/gallery'")
    visited.page.wait_for_selector(".shown-count:has-text('7 photos')")
    return visited


def test_look_alikes_are_stacked(alike):
    """By the bounds of PDQ; a stack opens in its place and closes again."""
    page = alike.page
    cells = page.locator(CELL)
    page.get_by_label("Stack look-alikes").check()
    page.wait_for_selector(".cell.stacked")
    assert 5 == cells.count()
    assert 1 == page.locator(".cell.stacked").count()
    assert "stack of 3 photos" in cells.nth(0).get_attribute("aria-label")
    assert "false" == cells.nth(0).get_attribute("aria-expanded")

    cells.nth(0).focus()
    page.keyboard.press("Enter")
    page.wait_for_selector(".cell.together")
    assert 7 == cells.count()
    assert 3 == page.locator(".cell.together").count()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("e")
    page.wait_for_selector(".cell.stacked")
    assert 0 == page.evaluate("Number(document.activeElement.dataset.at)")

    # Selected, a stack is all that it holds.
    page.keyboard.press("Space")
    assert "3 selected" == page.locator(".selected-count").inner_text()
    cells.nth(0).locator(".cell-pile").click()
    page.wait_for_selector(".cell.together")
    assert 3 == page.locator(".cell.together[aria-selected=true]").count()

    # Of a stack, a filter leaves what fits.
    choose(page, "uncertain")
    page.wait_for_selector(".shown-count:has-text('1 of 7')")
    page.wait_for_selector(f"{CELL} >> nth=1", state="detached")
    assert 0 == page.locator(f"{CELL}:is(.stacked, .together)").count()
    choose(page, "all")
    page.get_by_label("Stack look-alikes").uncheck()
    page.wait_for_selector(f"{CELL} >> nth=6")
    page.wait_for_selector(f"{CELL}.together", state="detached")


def test_groups_are_those_of_the_command_line(visit, open_service):
    """A few hundred hashes, near ones among them, grouped here and there."""
    import numpy as np

    from studio_detector.batch.near_duplicates import connected

    hashes = []
    for at in range(120):
        base = page_results.verdict(at, 0.5)["perceptual_hash"]
        hashes.append(base)
        for bits in (5, 31, 33, 40)[: at % 5]:
            hashes.append(page_results.flipped(base, bits, seed=at))
            hashes.append(page_results.flipped(hashes[-1], 20, seed=at + 1))
    words = np.array([[int(one[i : i + 4], 16) for i in range(0, 64, 4)] for one in hashes])
    roots = connected(words.astype(np.uint16)).tolist()
    page = visit(open_service.address).page
    found = page.evaluate(
        """async (hashes) => {
          const base = document.querySelector('script[type=module]').src;
          const { Alike } = await import(new URL('views/gallery/alike.js', base));
          const items = hashes.map((perceptual_hash, at) => (
            {id: String(at), result: {perceptual_hash, perceptual_quality: 100}}));
          const alike = new Alike();
          const {signal} = new AbortController();
          // Half of them, then all: what was compared already is not compared again.
          await alike.take(items.slice(0, hashes.length / 2), signal);
          await alike.take(items, signal);
          return items.map((item) => alike.groupOf(item));
        }""",
        hashes,
    )

    alone = [roots.count(root) == 1 for root in roots]
    assert [
        None if is_alone else root for root, is_alone in zip(roots, alone, strict=True)
    ] == found


def test_a_service_that_fails_is_asked_again_by_hand(visit, open_service):
    """The reason is said, and there is a button."""
    visited = visit(open_service.address)
    page = visited.page
    visited.excuse("status of 500")
    problem = json.dumps({"code": "internal", "detail": "on purpose"})
    page.route(
        "**/api/v1/results?*",
        lambda route: route.fulfill(
            status=500, body=problem, content_type="application/problem+json"
        ),
    )
    page.evaluate("location.hash = '#/gallery'")
    page.wait_for_selector(".gallery-listing button")
    page.unroute("**/api/v1/results?*")
    page_results.serve(visited.context, page_results.verdicts(3))

    page.get_by_role("button", name="Try again").click()
    page.wait_for_selector(".shown-count:has-text('3 photos')")


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("width_px", WIDTHS_PX)
def test_axe_finds_nothing_in_the_gallery(visit, open_service, mixed_photos, width_px, scheme):
    """Full, moved, selected, stacked, empty, and in its dialog; nothing is cut off."""
    size = {"width": width_px, "height": 800}
    visited = visit(open_service.address, viewport=size, color_scheme=scheme)
    page = visited.page
    page.set_input_files(FILES, mixed_photos)
    visited.wait_until_over()
    page.evaluate("location.hash = '#/gallery'")
    page.wait_for_selector(CELL)
    page.wait_for_selector(".cell img:not([hidden])")
    assert [] == visited.axe()

    page.evaluate("document.querySelector('.threshold-panel').open = true")
    move(page, "studio", 50)
    page.get_by_label("Stack look-alikes").check()
    page.locator(CELL).first.focus()
    page.keyboard.press("Space")
    page.wait_for_selector(".selection-bar:visible")
    assert [] == visited.axe()
    assert page.evaluate("() => document.scrollingElement.scrollWidth") <= width_px

    page.locator(".gallery-head").get_by_role("button", name="Export").click()
    page.wait_for_selector("dialog")
    assert [] == visited.axe()
    page.keyboard.press("Escape")
    page.get_by_label("Search by name").fill("no such photo")
    page.wait_for_selector("text=No photo fits.")
    assert [] == visited.axe()


def test_what_came_meanwhile_is_there_when_the_gallery_is_opened_again(hundred):
    """From other pages and programs, however much of one's own lies between."""
    page = hundred.page
    page.evaluate("location.hash = '#/'")
    page.wait_for_selector("h1:text('Add photos')")
    newer = [page_results.verdict(-at, 0.99) for at in range(50, 0, -1)]
    page_results.serve(hundred.context, [*newer, *hundred.results])

    page.evaluate("location.hash = '#/gallery'")
    page.wait_for_selector(".shown-count:has-text('150 photos')")
