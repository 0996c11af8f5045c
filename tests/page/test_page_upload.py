"""Photos go in: by button, drop, paste, folder, archive and address; what comes of each is said."""

from __future__ import annotations

import re
import zipfile

import pytest

import page_service
from page_browser import expect

pytestmark = [pytest.mark.browser, pytest.mark.slow]

FILES = "input[type=file]:not([webkitdirectory])"
ROW = ".rows > .row"
OVER_MS = 120_000


def row(page, name):
    return page.locator(ROW, has=page.locator(f".name:text-is('{name}')"))


def slow_down(visit, bytes_per_s):
    """Send no faster than that."""
    session = visit.context.new_cdp_session(visit.page)
    session.send("Network.enable")
    limits = {"offline": False, "latency": 0, "downloadThroughput": -1}
    session.send("Network.emulateNetworkConditions", {**limits, "uploadThroughput": bytes_per_s})
    return session


def test_thirty_files_of_which_five_are_no_photos(visit, open_service, mixed_photos):
    """Each says what came of it, while it comes; what failed says why and what to do."""
    visited = visit(open_service.address)
    page = visited.page
    # Noted by the page itself: what is asked from here may be answered when all is over.
    page.evaluate(
        """row => {
          window.seen = new Set();
          new MutationObserver(() => {
            for (const one of document.querySelectorAll('.rows .state, .totals .sum'))
              window.seen.add(one.innerText);
            if (document.querySelector(`${row}[data-state=done]`))
              window.wasOpen ||= document.querySelector('.totals.open') !== null;
          }).observe(document.getElementById('content'), {subtree: true, childList: true,
            characterData: true});
        }""",
        ROW,
    )
    slow_down(visited, 150_000)

    page.set_input_files(FILES, mixed_photos)
    visited.wait_until_over()
    seen = page.evaluate("[...window.seen]")

    assert page.evaluate("window.wasOpen")
    assert 25 == page.locator(f"{ROW}[data-state=done] .badge").count()
    assert re.search(r"30 of 30 photos\s*5 failed", page.locator(".sum").inner_text())
    for name in page_service.broken_files():
        reason = row(page, name).locator(".reason").inner_text()
        assert re.match(r"[A-Z][^.]+\. [A-Z].+\.", reason), (name, reason)
        # What is empty stays so.
        tries = int(name != "empty.jpg")
        assert tries == row(page, name).get_by_role("button", name=f"Try {name} again").count()
    assert any(re.match(r"Sending, \d+%", text) for text in seen)
    assert "Analysing" in seen
    assert any(
        re.search(r"\d of 30 photos.*a second, about \d+ second", t, re.DOTALL) for t in seen
    )


def test_what_failed_can_be_tried_again(visit, open_service, mixed_photos):
    """One, or all; what is broken fails again with the same words."""
    visited = visit(open_service.address)
    page = visited.page
    page.set_input_files(FILES, [path for path in mixed_photos if path.name == "damaged.png"])
    visited.wait_until_over()
    before = page.locator(".reason").inner_text()

    for button in ("Try damaged.png again", "Retry failed"):
        page.get_by_role("button", name=button).click()
        visited.wait_until_over()
        assert 1 == page.locator(f"{ROW}[data-state=failed]").count()
        assert before == page.locator(".reason").inner_text()
    assert 3 == len([url for url in visited.asked if url.endswith("/analyse")])


def test_an_archive_is_taken_apart(visit, open_service, mixed_photos, tmp_path):
    """Its photos are counted while they come; those that failed have rows of their own."""
    archive = tmp_path / "shoot.zip"
    with zipfile.ZipFile(archive, "w") as packed:
        for path in mixed_photos[:8]:
            packed.write(path, path.name)
    page = visit(open_service.address).page

    page.set_input_files(FILES, archive)
    page.wait_for_selector(f"{ROW}[data-state=done]", timeout=OVER_MS)

    assert re.match(
        r"4 of 7 photos done, 3 failed", row(page, "shoot.zip").locator(".state").inner_text()
    )
    failed = page.locator(f"{ROW}[data-state=failed]")
    expect(failed).to_have_count(3)
    assert "shoot.zip" in failed.first.inner_text()


def test_photos_are_dropped_and_pasted(visit, open_service):
    """Anywhere on the page."""
    visited = visit(open_service.address, "#/overview")
    page = visited.page
    data = list(page_service.photo("packshot", 40))
    give = """([kind, name, bytes]) => {
      const transfer = new DataTransfer();
      transfer.items.add(new File([new Uint8Array(bytes)], name, {type: 'image/jpeg'}));
      const options = {bubbles: true, cancelable: true};
      const event = kind === 'paste'
        ? new ClipboardEvent('paste', {...options, clipboardData: transfer})
        : new DragEvent(kind, {...options, dataTransfer: transfer});
      document.body.dispatchEvent(event);
    }"""

    page.evaluate(give, ["dragover", "dropped.jpg", data])
    assert page.locator(".veil").is_visible()
    page.evaluate(give, ["drop", "dropped.jpg", data])
    page.wait_for_selector("h1:text('Add photos')")
    page.evaluate(give, ["paste", "pasted.jpg", data])
    page.wait_for_selector(f"{ROW} >> nth=1")
    visited.wait_until_over()

    assert not page.locator(".veil").is_visible()
    assert 2 == page.locator(f"{ROW}[data-state=done]").count()


def test_of_a_folder_only_photos_are_sent(visit, open_service, tmp_path):
    """What was left out is said; litter of the system is not worth a word."""
    folder = tmp_path / "shoot"
    (folder / "raw").mkdir(parents=True)
    (folder / "raw" / "one.jpg").write_bytes(page_service.photo("hard_sun", 7))
    (folder / "notes.txt").write_text("notes")
    (folder / ".DS_Store").write_bytes(b"litter")
    page = visit(open_service.address).page

    page.set_input_files("input[webkitdirectory]", folder)
    page.wait_for_selector(f"{ROW}[data-state=done]")

    assert 1 == page.locator(ROW).count()
    assert "shoot/raw" in page.locator(ROW).inner_text()
    assert "1 file of the folder is no photo" in page.locator(".note").inner_text()


def test_addresses_are_read_before_they_are_sent(visit, open_service):
    """What is none is named, and what was typed stays; what may not be fetched fails."""
    visited = visit(open_service.address)
    page = visited.page
    field = page.get_by_label("Addresses of photos")
    field.fill("# a list\nhttps://127.0.0.1/a.jpg\nno address")
    page.get_by_role("button", name="Analyse").click()

    assert (
        "2 of them are no addresses, the first is “no”" in page.locator(".field-error").inner_text()
    )
    assert "no address" in field.input_value()

    # The browser notes an answer of this status itself.
    visited.excuse("status of 422")
    field.fill("https://127.0.0.1/a.jpg")
    page.get_by_role("button", name="Analyse").click()
    page.wait_for_selector(f"{ROW}[data-state=failed]")
    assert "may not be fetched" in page.locator(".reason").inner_text()
    assert "" == field.input_value()


def test_what_is_too_large_is_not_sent(visit, own_service, tmp_path):
    """The limits stand on the page before they hit."""
    service = own_service("--set", "service.max_upload_bytes=20000")
    large = tmp_path / "large.jpg"
    large.write_bytes(page_service.photo("packshot") + bytes(20_000))
    visited = visit(service.address)

    visited.page.set_input_files(FILES, large)
    visited.page.wait_for_selector(f"{ROW}[data-state=failed]")

    assert "20\N{NO-BREAK SPACE}kB" in visited.page.locator(".limits").inner_text()
    assert "larger than the service takes" in visited.page.locator(".reason").inner_text()
    assert 0 == visited.page.get_by_role("button", name=re.compile("again|Retry")).count()
    assert not [url for url in visited.asked if "/analyse" in url]


def test_one_or_all_can_be_called_off(visit, open_service, mixed_photos):
    """And the queue can be held; what is done stays."""
    visited = visit(open_service.address)
    page = visited.page
    session = slow_down(visited, 2_000)
    photos = [path for path in mixed_photos if re.search(r"\d\d\.jpg$", path.name)]
    page.set_input_files(FILES, photos[:10])
    page.get_by_role("button", name=f"Cancel {photos[0].name}").click()
    page.get_by_role("button", name="Pause").click()

    page.wait_for_selector(f"{ROW}[data-state=cancelled]")
    assert "Cancelled" in row(page, photos[0].name).inner_text()
    page.wait_for_selector(".pace:text('paused')")

    page.get_by_role("button", name="Go on").click()
    page.get_by_role("button", name="Cancel all").click()
    visited.wait_until_over()

    assert 10 == page.locator(f"{ROW}[data-state=cancelled]").count()

    session.detach()
    page.get_by_role("button", name=f"Try {photos[1].name} again").click()
    page.wait_for_selector(f"{ROW}[data-state=done]")
    page.get_by_role("button", name="Clear").click()
    page.wait_for_selector(ROW, state="detached")


def test_two_thousand_files_stay_smooth(visit, open_service):
    """While they are listed and sent, no frame takes long on average."""
    visited = visit(open_service.address)
    page = visited.page
    frames = page.evaluate(
        """async () => {
          const transfer = new DataTransfer();
          for (let at = 0; at < 2000; at += 1)
            transfer.items.add(new File(['no photo'], `file ${at}.jpg`));
          document.body.dispatchEvent(new DragEvent('drop',
            {bubbles: true, cancelable: true, dataTransfer: transfer}));
          const times = [];
          let before = performance.now();
          while (document.querySelectorAll('.row').length < 2000 && times.length < 600) {
            await new Promise(requestAnimationFrame);
            times.push(performance.now() - before);
            before = performance.now();
            window.scrollBy(0, 40);
          }
          return times;
        }"""
    )
    visited.wait_until_over()

    assert 2000 == page.locator(f"{ROW}[data-state=failed]").count()
    assert sum(frames) / len(frames) <= 50
