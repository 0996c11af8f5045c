"""The service goes away, the key expires: it is said, nothing is lost, and it goes on."""

from __future__ import annotations

import time
import urllib.error
import urllib.request
import zipfile

import pytest

import page_service
from page_browser import expect

pytestmark = [pytest.mark.browser, pytest.mark.slow]

FILES = "input[type=file]:not([webkitdirectory])"
ROW = ".rows > .row"
ADDRESS = "https://example.com/not-sent-yet.jpg"


@pytest.fixture
def photos(tmp_path):
    folder = tmp_path / "photos"
    folder.mkdir()
    for at in range(5):
        (folder / f"{at}.jpg").write_bytes(page_service.photo("low_key", at + 60))
    return sorted(folder.iterdir())


def wait_until_refused(service, key):
    """A key that was just used is remembered for a few seconds."""
    headers = {"Authorization": f"Bearer {key}"}
    request = urllib.request.Request(f"{service.address}/api/v1/version", headers=headers)
    for _ in range(100):
        try:
            urllib.request.urlopen(request, timeout=10).close()
        except urllib.error.HTTPError as refusal:
            refusal.close()
            return
        time.sleep(0.2)
    raise AssertionError("the key is still accepted")


def sign_in(page, key):
    page.get_by_label("API key").fill(key)
    page.locator("dialog button[type=submit]").click()


def test_a_service_that_is_away(visit, own_service, photos):
    """Is said to be; what was typed and added stays, and goes on when it is back."""
    service = own_service()
    visited = visit(service.address)
    page = visited.page
    # The browser's own word on each request that found nobody.
    visited.excuse("net::ERR_CONNECTION")
    page.get_by_label("Addresses of photos").fill(ADDRESS)
    service.stop()

    page.set_input_files(FILES, photos)
    page.wait_for_selector(".line[data-state=offline]")

    assert "cannot be reached" in page.locator(".line").inner_text()
    expect(page.locator(".sum")).to_contain_text("waiting for the service")
    expect(page.locator(f"{ROW}[data-state=waiting]")).to_have_count(5)
    assert "cannot be reached" in page.get_by_role("alert").first.inner_text()
    assert page.locator(".line").get_by_role("button", name="Try now").is_visible()

    own_service("--port", str(service.port))
    # Unless it was noticed in between, since the page asks from time to time.
    page.evaluate("() => document.querySelector('.line button')?.click()")
    visited.wait_until_over()

    assert 5 == page.locator(f"{ROW}[data-state=done]").count()
    assert ADDRESS == page.get_by_label("Addresses of photos").input_value()


def test_a_key_that_expires(visit, own_service, photos, tmp_path):
    """Another one is asked for; everything goes on with it, and nothing that was typed is gone."""
    service = own_service("--auth", "keys")
    made = page_service.new_key(tmp_path)
    key_id, key = made["id"], made["key"]
    visited = visit(service.address)
    page = visited.page
    visited.excuse("status of 401")
    page.get_by_role("button", name="Sign in").click()
    sign_in(page, "sk_wrong")
    page.wait_for_selector(".field-error:has-text('not accepted')")
    sign_in(page, key)
    page.wait_for_selector("dialog", state="detached")
    page.get_by_label("Addresses of photos").fill(ADDRESS)
    page.set_input_files(FILES, photos[:2])
    page.wait_for_selector(f"{ROW}[data-state=done] >> nth=1")

    page_service.key_command(tmp_path, "revoke", key_id)
    wait_until_refused(service, key)
    page.set_input_files(FILES, photos[2:])
    page.wait_for_selector("dialog:has-text('no longer accepted')", timeout=60_000)
    page.keyboard.press("Escape")
    page.wait_for_selector(".line[data-state=signin]")

    assert "You are signed out" in page.locator(".line").inner_text()
    page.locator(".line").get_by_role("button", name="Sign in").click()
    sign_in(page, service.key)
    visited.wait_until_over()
    assert 5 == page.locator(f"{ROW}[data-state=done]").count()
    assert ADDRESS == page.get_by_label("Addresses of photos").input_value()


def test_a_key_is_kept_no_longer_than_wished(visit, own_service, tmp_path):
    """In memory, or until the tab is closed; never where another tab could read it."""
    service = own_service("--auth", "keys")
    page = visit(service.address).page
    stored = "JSON.stringify([{...localStorage}, {...sessionStorage}])"

    page.get_by_role("button", name="Sign in").click()
    sign_in(page, service.key)
    page.wait_for_selector("dialog", state="detached")
    assert service.key not in page.evaluate(stored)
    page.reload()
    page.get_by_role("button", name="Sign in").click()
    page.get_by_label("Keep me signed in").check()
    sign_in(page, service.key)
    page.wait_for_selector("dialog", state="detached")

    kept_for_ever, kept_for_now = page.evaluate(f"JSON.parse({stored})")
    assert service.key in kept_for_now.values()
    assert service.key not in str(kept_for_ever)
    page.reload()
    page.wait_for_selector("h1")
    assert 0 == page.get_by_role("button", name="Sign in").count()

    page.get_by_role("button", name="Settings").click()
    page.get_by_role("button", name="Sign out").click()
    page.get_by_role("button", name="Sign in").wait_for()
    assert service.key not in page.evaluate(stored)


def test_who_signs_out_calls_all_off_and_is_asked_for_nothing(visit, own_service, tmp_path):
    """The photos of an archive too, which the service took on under the key of before."""
    service = own_service("--auth", "keys")
    archive = tmp_path / "shoot.zip"
    with zipfile.ZipFile(archive, "w") as packed:
        for at in range(80):
            packed.writestr(f"{at}.jpg", page_service.photo("window_room", at))
    page = visit(service.address).page
    page.get_by_role("button", name="Sign in").click()
    sign_in(page, service.key)
    page.wait_for_selector("dialog", state="detached")
    page.set_input_files(FILES, archive)
    page.wait_for_selector(f"{ROW} .state:has-text('photos done')")

    page.get_by_role("button", name="Settings").click()
    page.get_by_role("button", name="Sign out").click()
    with service.client() as client:
        for _ in range(300):
            if not any(not job.is_over for job in client.jobs()):
                break
            time.sleep(0.1)
        states = [job.state for job in client.jobs()]

    assert 80 == len(states)
    assert "cancelled" in states
    assert 0 == page.locator("dialog").count()
    assert 0 == page.locator(ROW).count()
