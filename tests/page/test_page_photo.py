"""One photo: the picture under its overlays, values at a point, and the evidence."""

from __future__ import annotations

import base64
import math
import urllib.request

import cv2
import numpy as np
import pytest

import page_photo
import page_service
from page_browser import expect
from studio_detector.reporting.overlays import OVERLAYS
from studio_detector.reporting.overlays.canvas import SHEET_PX, panel_size

pytestmark = [pytest.mark.browser, pytest.mark.slow]

LAYER = "() => document.querySelector('.layer canvas').toDataURL()"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Photos that no other test adds."""
    made = tmp_path_factory.mktemp("photo")
    for at, scene in enumerate(("packshot", "hard_sun", "window_room")):
        (made / f"{scene}.jpg").write_bytes(page_service.photo(scene, 100 + at))
    (made / "patches.png").write_bytes(page_photo.patches())
    return made


@pytest.fixture
def open_photo(visit, open_service, folder):
    """Open the page at one photo: ``open_photo("packshot.jpg", **options of a visit)``."""

    def opened(name, **options):
        visited = visit(open_service.address, **options)
        page_photo.added(visited.page, folder / name)
        return visited, page_photo.opened(visited.page, name)

    return opened


def test_a_photo_is_shown_in_full(open_photo):
    """Its name, its verdict, its pixels; its address is one that a reload still knows."""
    visited, result_id = open_photo("packshot.jpg")
    page = visited.page

    assert "packshot.jpg" == page.locator("h1").inner_text()
    assert page.title().startswith("packshot.jpg")
    assert "Studio" in page.locator(".photo-head .badge").inner_text()
    width = page.locator(".base").evaluate("(image) => image.naturalWidth")
    assert (
        cv2.imdecode(
            np.frombuffer(page_service.photo("packshot", 100), np.uint8), cv2.IMREAD_COLOR
        ).shape[1]
        == width
    )
    assert 36 == len(result_id)


def test_overlays_are_switched_and_faded(open_photo):
    """Each has its caption and its legend; a chart stands in the place of the picture."""
    page = open_photo("hard_sun.jpg")[0].page
    drawn = set()
    for title in ("Gradient magnitude", "Colour temperature"):
        page_photo.choose_overlay(page, title)
        page.wait_for_selector(f".legend canvas[aria-label='Legend of {title}']")
        drawn.add(page.evaluate(LAYER))
        assert page.locator(".caption").inner_text()
    assert 2 == len(drawn)

    page.get_by_label("Opacity").fill("30")
    assert "0.3" == page.locator(".layer").evaluate("(layer) => layer.style.opacity")
    assert "30%" == page.locator(".strength output").inner_text()

    page.locator(".chip", has_text="None").click()
    page.wait_for_selector(".layer canvas", state="detached")
    assert not page.locator(".strength").is_visible()


def test_overlays_lie_on_the_picture_pixel_by_pixel(visit, open_service, tmp_path):
    """Of each sheet the part that is the picture, whatever its shape; and charts whole."""
    rgb = cv2.imdecode(np.frombuffer(page_service.photo("packshot", 110), np.uint8), 1)
    path = tmp_path / "upright.png"
    cv2.imwrite(str(path), rgb[:, : rgb.shape[0] * 2 // 3 + 1])
    with open_service.client() as client:
        result = client.analyse(path, phases="all")
    rows, columns = panel_size(*result.raw["report"]["working_size_px"])
    page = visit(open_service.address, f"#/photo/{result.id}").page
    page_photo.shown(page)
    page.set_input_files(".missing input[type=file]", path)
    page.wait_for_selector(".pane[data-picture=whole]")

    for name, kind in OVERLAYS.items():
        page_photo.choose_overlay(page, kind.title)
        page.wait_for_selector(f".legend canvas[aria-label='Legend of {kind.title}']")
        is_chart = name == "power_spectrum"
        height, width = (256, SHEET_PX) if is_chart else (rows, columns)
        sheet = sheet_of(open_service, result.id, name, path.read_bytes())
        left = (SHEET_PX - width) // 2
        assert np.array_equal(layer(page), sheet[:height, left : left + width]), name
        # Below it, the title begins on white.
        assert (sheet[height] == 255).all(), name
        if not is_chart:
            lies = page.locator(".layer canvas").bounding_box()
            assert lies == pytest.approx(page.locator(".base").bounding_box())


def sheet_of(service, result_id, name, data):
    """An overlay as the service draws it on a picture."""
    request = urllib.request.Request(
        f"{service.address}/api/v1/results/{result_id}/overlays/{name}.png",
        data,
        {"Content-Type": "image/png"},
    )
    with urllib.request.urlopen(request, timeout=60) as answer:
        return cv2.imdecode(np.frombuffer(answer.read(), np.uint8), cv2.IMREAD_COLOR)


def layer(page):
    """What lies on the picture."""
    png = base64.b64decode(page.evaluate(LAYER).partition(",")[2])
    return cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_COLOR)


def test_the_choice_stays_from_photo_to_photo(visit, open_service, folder):
    """So that one overlay can be seen on all of a shoot."""
    page = visit(open_service.address).page
    page_photo.added(page, folder / "packshot.jpg", folder / "hard_sun.jpg")
    page_photo.opened(page, "packshot.jpg")
    page_photo.choose_overlay(page, "Highlights")
    page.keyboard.press("Escape")
    page.locator("nav .step").first.focus()
    page.locator("a.step[href]").first.click()
    page.wait_for_selector("h1:text-is('hard_sun.jpg')")
    page_photo.shown(page)

    page.wait_for_selector(".legend canvas:visible")
    assert page.locator(".chip", has_text="Highlights").locator("input").is_checked()


def test_values_are_those_of_the_pixels(open_photo):
    """Position, sRGB, luma and CIE L*a*b* as the analyses define them."""
    page = open_photo("patches.png")[0].page
    for at, rgb in enumerate(page_photo.PATCHES):
        page_photo.point_at(page, 0.25 + 0.5 * (at % 2), 0.25 + 0.5 * (at // 2))
        page.wait_for_selector(f".numbers dd:text-is('{' '.join(map(str, rgb))}')")
        read = page_photo.values(page)
        lab = cv2.cvtColor(np.float32([[rgb]]) / 255, cv2.COLOR_RGB2LAB)[0, 0]
        shown = [float(part.replace("\N{MINUS SIGN}", "-")) for part in read["L* a* b*"].split()]

        x, y = (int(part) for part in read["x, y"].split(", "))
        quarter = (at % 2, at // 2)
        assert quarter == (x // (page_photo.PATCHES_PX // 2), y // (page_photo.PATCHES_PX // 2))
        assert shown == pytest.approx(lab.tolist(), abs=0.4)  # OpenCV interpolates
        assert float(read["Luma"]) == round(np.dot(rgb, (0.299, 0.587, 0.114)))
        chroma = math.hypot(lab[1], lab[2])
        assert float(read["Chroma"]) == pytest.approx(chroma, abs=0.4)
        if chroma < 1:
            assert "none" == read["Hue"]
        else:
            hue = math.degrees(math.atan2(lab[2], lab[1])) % 360
            assert float(read["Hue"].rstrip("°")) == pytest.approx(hue, abs=1)


def test_values_are_read_by_keyboard(open_photo):
    """The point moves pixel by pixel or ten at once, stays inside, and is said aloud."""
    page = open_photo("patches.png")[0].page
    page.locator(".view").focus()
    page.keyboard.press("ArrowRight")
    first = page_photo.values(page)["x, y"]
    page.keyboard.press("Shift+ArrowRight")
    x, y = (int(part) for part in first.split(", "))
    assert f"{x + 10}, {y}" == page_photo.values(page)["x, y"]

    for _ in range(30):
        page.keyboard.press("Shift+ArrowDown")
    assert page_photo.values(page)["x, y"].endswith(f", {page_photo.PATCHES_PX - 1}")
    page.wait_for_selector("[role=status]:has-text('sRGB 250 240 120')", state="attached")


def test_a_tap_reads_too(open_photo):
    """There is nothing to hover with on a phone; what was read stays."""
    page = open_photo("patches.png", has_touch=True, viewport={"width": 390, "height": 844})[0].page
    page.locator(".sheet").tap(position={"x": 30, "y": 30})
    page.wait_for_selector(".values:not(.empty)")

    assert "200 40 60" == page_photo.values(page)["sRGB"]


def test_the_picture_is_zoomed(open_photo):
    """By buttons and keys; values are read at the same places."""
    page = open_photo("patches.png")[0].page
    before = page.locator(".sheet").bounding_box()["width"]
    page.get_by_role("button", name="Zoom in").click()
    page.keyboard.press("+")
    assert 2 * before == pytest.approx(page.locator(".sheet").bounding_box()["width"], rel=0.01)
    assert "2\u00d7" == page.locator(".zoom output").inner_text()

    box = page.locator(".view").bounding_box()
    page.mouse.move(box["x"] + 20, box["y"] + 20)
    page.wait_for_selector(".values:not(.empty)")
    assert "200 40 60" == page_photo.values(page)["sRGB"]
    page.keyboard.press("0")
    assert "1\u00d7" == page.locator(".zoom output").inner_text()


def test_the_waterfall_adds_up(open_photo, open_service):
    """Each bar begins where the one before ends, and the last is the logit of the result."""
    visited, result_id = open_photo("window_room.jpg")
    page = visited.page
    odds = [
        float(one)
        for one in page.locator(".fall tbody data").evaluate_all(
            "(all) => all.map((one) => one.value)"
        )
    ]
    with open_service.client() as client:
        result = client.result(result_id).raw

    assert odds[-1] == pytest.approx(sum(odds[:-1]), abs=1e-9)
    assert odds[-1] == pytest.approx(result["evidence"]["logit"], abs=1e-9)
    shown = page.locator(".fall-sum .number").inner_text().replace("\N{MINUS SIGN}", "-")
    assert float(shown) == pytest.approx(odds[-1], abs=0.005)
    assert f"{result['confidence']:.1%}" in page.locator(".verdict-line").inner_text()


def test_cards_hold_what_every_component_says(open_photo, open_service):
    """Their evidence and the intercept are the sum again; values stand against both classes."""
    visited, result_id = open_photo("window_room.jpg")
    page = visited.page
    sums = [
        float(one)
        for one in page.locator(".says data").evaluate_all("(all) => all.map((one) => one.value)")
    ]
    with open_service.client() as client:
        evidence = client.result(result_id).raw["evidence"]

    assert evidence["logit"] == pytest.approx(sum(sums) + evidence["intercept"], abs=1e-9)
    strips = page.locator(".cards svg.spread").all()
    assert len(strips) > 10
    assert all("of the studio" in strip.get_attribute("aria-label") for strip in strips[:5])
    assert "would have to read otherwise" in page.locator(".flips").inner_text()
    assert "ms" in page.locator(".timing").inner_text()
    assert evidence["terms"]


def test_the_report_is_saved_and_opened(open_photo, browser, tmp_path):
    """With the photo in it while the page has the file; it needs nothing else to be looked at."""
    visited, _ = open_photo("packshot.jpg")
    page = visited.page
    with page.expect_download() as download:
        page.get_by_role("button", name="Save the report").click()
    saved = tmp_path / download.value.suggested_filename
    download.value.save_as(saved)

    assert "packshot \u2013 report.html" == saved.name
    alone = browser.new_page()
    said = []
    alone.on("console", lambda message: said.append(message.text))
    alone.goto(saved.as_uri())
    assert "Studio" in alone.locator(".verdict").inner_text()
    assert alone.locator("img").count() > 3
    alone.close()
    assert [] == said

    with page.expect_popup() as popup:
        page.get_by_role("link", name="Open it in a new tab").click()
    popup.value.wait_for_selector(".verdict")
    assert 0 == popup.value.locator("script").count()


def test_one_leafs_in_the_order_of_the_gallery(visit, open_service, folder):
    """By keys and by buttons; at the end nothing comes."""
    page = visit(open_service.address).page
    page_photo.added(page, folder / "packshot.jpg", folder / "hard_sun.jpg")
    page.keyboard.press("2")
    page.wait_for_selector(".cell >> nth=1")
    names = page.locator(".cell").all_inner_texts()
    page.locator(".cell").first.focus()
    page.keyboard.press("Enter")
    page_photo.shown(page)
    first = page.locator("h1").inner_text()
    assert first in names[0]

    page.keyboard.press("ArrowRight")
    expect(page.locator("h1")).not_to_have_text(first)
    page_photo.shown(page)
    assert page.locator("h1").inner_text() in names[1]
    assert page.locator("h1").evaluate("(one) => one === document.activeElement")
    page.keyboard.press("ArrowLeft")
    page.wait_for_selector(f"h1:text-is('{first}')")


def test_what_is_not_there_is_said(visit, open_service):
    """A result that was erased, and a name that only a page before a reload knew."""
    visited = visit(open_service.address, "#/photo/local-7")
    visited.page.wait_for_selector("[role=alert]:has-text('There is no such result')")
    visited.excuse("status of 404")
    unknown = "00000000-0000-4000-8000-000000000000"
    with visited.page.expect_response(f"**/api/v1/results/{unknown}"):
        visited.page.evaluate("(id) => { location.hash = `#/photo/${id}`; }", unknown)
    visited.page.wait_for_selector("[role=alert]:has-text('There is no such result')")


def test_a_photo_that_failed_says_why(visit, open_service, mixed_photos):
    """And leads back to the queue."""
    page = visit(open_service.address).page
    page_photo.added(page, next(path for path in mixed_photos if path.name == "damaged.png"))
    page.evaluate("() => { location.hash = '#/photo/local-1'; }")
    page.wait_for_selector(".photo-body .badge.failed")

    assert "damaged.png" == page.locator("h1").inner_text()
    assert page.get_by_role("link", name="See the queue").is_visible()
