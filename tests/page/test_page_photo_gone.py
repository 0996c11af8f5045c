"""The picture is not there: it is said why, what is left is shown, and the file is given back."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

import page_photo
import page_service
from page_browser import expect

pytestmark = [pytest.mark.browser, pytest.mark.slow]

SEED = 140


@pytest.fixture(scope="module")
def photo(tmp_path_factory):
    path = tmp_path_factory.mktemp("gone") / "gone.jpg"
    path.write_bytes(page_service.photo("hard_sun", SEED))
    return path


@pytest.fixture(scope="module")
def result_id(open_service, photo):
    """Of the photo, which no page has added."""
    with open_service.client() as client:
        return client.analyse(photo).id


def wait_for_picture(page, kind):
    page.wait_for_selector(f".pane[data-picture={kind}]")


def test_a_place_says_why_there_is_no_picture(visit, open_service, result_id):
    """All that is known of the photo is shown, and overlays cannot be chosen."""
    page = visit(open_service.address, f"#/photo/{result_id}").page
    page_photo.shown(page)
    wait_for_picture(page, "none")

    assert "deleted this photo after it had been analysed" in page.locator(".missing").inner_text()
    assert not page.locator(".overlay-bar").is_visible()
    assert not page.locator(".view").is_visible()
    assert page.locator(".fall").is_visible()


def test_the_file_is_dropped_again(visit, open_service, result_id, photo):
    """Known by its bytes, whatever it is called; it is not analysed again, and overlays work."""
    visited = visit(open_service.address, f"#/photo/{result_id}")
    page = visited.page
    page_photo.shown(page)
    page_photo.drop(page, ("another name.jpg", photo.read_bytes()))
    wait_for_picture(page, "whole")

    assert page.evaluate("() => location.hash").endswith(str(result_id))
    assert not [url for url in visited.asked if "/analyse" in url]
    page_photo.choose_overlay(page, "Highlights")
    assert page.locator(".layer canvas").is_visible()
    page_photo.point_at(page, 0.5, 0.5)


def test_the_file_is_chosen_again(visit, open_service, result_id, photo, tmp_path):
    """Another one is refused, with words."""
    other = tmp_path / "other.jpg"
    other.write_bytes(page_service.photo("hard_sun", SEED + 1))
    page = visit(open_service.address, f"#/photo/{result_id}").page
    page_photo.shown(page)
    field = ".missing input[type=file]"
    page.set_input_files(field, other)
    page.wait_for_selector(".missing [role=alert]:has-text('another file')")
    page.set_input_files(field, photo)

    wait_for_picture(page, "whole")
    assert not page.locator(".missing").is_visible()


def test_another_photo_that_is_dropped_is_added(visit, open_service, result_id):
    """As everywhere else on the page."""
    page = visit(open_service.address, f"#/photo/{result_id}").page
    page_photo.shown(page)
    page_photo.drop(page, ("new.jpg", page_service.photo("packshot", SEED)))

    page.wait_for_selector("h1:text('Add photos')")
    page.wait_for_selector(".rows > .row[data-state=done]:has-text('new.jpg')")


def test_what_this_browser_remembers_is_shown_small(visit, open_service, photo):
    """After a reload: name and thumbnail, and the file can be given back as well."""
    page = visit(open_service.address).page
    page_photo.added(page, photo)
    page_photo.opened(page, photo.name)
    wait_for_picture(page, "whole")
    page.reload()
    page_photo.shown(page)
    wait_for_picture(page, "small")

    assert photo.name == page.locator("h1").inner_text()
    assert "thumbnail" in page.locator(".values").inner_text()
    expect(page.locator(".base")).to_be_visible()
    page_photo.drop(page, (photo.name, photo.read_bytes()))
    wait_for_picture(page, "whole")


def test_a_file_that_is_read_by_no_browser_is_still_drawn_on(visit, open_service, tmp_path):
    """The service reads TIFF; Chromium does not."""
    rgb = cv2.imdecode(np.frombuffer(page_service.photo("packshot", SEED), np.uint8), 1)
    path = tmp_path / "scan.tif"
    cv2.imwrite(str(path), rgb)
    page = visit(open_service.address).page
    page_photo.added(page, path)
    page_photo.opened(page, path.name)
    wait_for_picture(page, "none")

    assert "does not show pictures of this format" in page.locator(".values").inner_text()
    page_photo.choose_overlay(page, "Highlights")
    assert page.locator(".layer canvas").is_visible()


def test_a_picture_that_is_kept_is_drawn_on_without_the_file(visit, own_service, photo):
    """By whoever opens the page, from the service's copy."""
    service = own_service("--set", "service.keep_pictures_s=3600")
    with service.client() as client:
        result_id = client.analyse(photo).id
    page = visit(service.address, f"#/photo/{result_id}").page
    page_photo.shown(page)
    wait_for_picture(page, "small")

    page_photo.choose_overlay(page, "Colour temperature")
    assert page.locator(".layer canvas").is_visible()


def test_where_the_browser_makes_no_hashes_the_service_looks(
    visit, open_service, result_id, photo, tmp_path
):
    """As on a page not served safely: the file is taken, and refused when it is drawn on."""
    other = tmp_path / "other.jpg"
    other.write_bytes(page_service.photo("hard_sun", SEED + 1))
    visited = visit(open_service.address, f"#/photo/{result_id}")
    page = visited.page
    page_photo.shown(page)
    page.evaluate("() => Object.defineProperty(crypto, 'subtle', {value: undefined})")
    field = ".missing input[type=file]"

    visited.excuse("status of 422")
    page.set_input_files(field, other)
    wait_for_picture(page, "whole")
    page.locator(".chip", has_text="Highlights").click()
    page.wait_for_selector(".missing [role=alert]:has-text('another file')")
    wait_for_picture(page, "none")

    page.set_input_files(field, photo)
    wait_for_picture(page, "whole")
    page.wait_for_selector(".legend canvas:visible")
