"""What the gallery shows or has selected, saved as a file."""

from __future__ import annotations

import csv
import io
import json

import pyarrow.parquet as pq
import pytest

from page_browser import expect
from page_gallery import CELL, move, names

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def save(page, form, which=None):
    """Export, and give what was saved."""
    page.locator(".gallery-head").get_by_role("button", name="Export").click()
    dialog = page.locator("dialog")
    if which:
        dialog.get_by_label(which).check()
    dialog.get_by_label(form).check()
    with page.expect_download() as saved:
        dialog.get_by_role("button", name="Export").click()
    page.wait_for_selector("dialog", state="detached")
    return saved.value.suggested_filename, saved.value.path().read_bytes()


def test_what_is_shown_is_exported_as_csv_and_json(mixed):
    """With names, with what failed and why, and with what the thresholds make of it."""
    page = mixed.page
    move(page, "studio", 100)
    move(page, "natural", 99)
    name, data = save(page, "CSV")
    rows = list(csv.DictReader(io.StringIO(data.decode())))
    assert "studio-detector.csv" == name
    assert 30 == len(rows)
    done = [row for row in rows if row["state"] == "done"]
    assert {"uncertain", "natural"} >= {row["shown_label"] for row in done}
    assert {"studio"} <= {row["label"] for row in done}
    failed = {row["name"]: row["error_code"] for row in rows if row["state"] == "failed"}
    assert "unsupported_format" == failed["letter.jpg"]
    assert 5 == len(failed)

    page.get_by_label("Search by name").fill("packshot")
    page.wait_for_selector(".shown-count:has-text('5 of 30')")
    name, data = save(page, "JSON Lines")
    rows = [json.loads(line) for line in data.decode().splitlines()]
    assert "studio-detector.jsonl" == name
    assert {f"packshot {at:02}.jpg" for at in range(0, 25, 5)} == {row["name"] for row in rows}
    assert all(isinstance(row["confidence"], float) for row in rows)
    assert all(len(row["image_hash"]) == 64 for row in rows)


def test_what_is_selected_is_exported_as_parquet(mixed):
    """By the service, which says what it knows of them; what has no verdict is left out."""
    page = mixed.page
    page.get_by_label("Sort by").select_option("name")
    cells = page.locator(CELL)
    expect(cells.first).to_contain_text("cut short.png")
    wanted = names(page)[:9]
    cells.nth(0).focus()
    page.keyboard.press("Space")
    cells.nth(8).locator(".cell-link").click(modifiers=["Shift"])
    page.locator(".gallery-head").get_by_role("button", name="Export").click()
    page.locator("dialog").get_by_label("Parquet").check()
    assert "4 photos have no verdict and are left out" in page.locator("dialog").inner_text()
    page.keyboard.press("Escape")
    page.wait_for_selector("dialog", state="detached")
    name, data = save(page, "Parquet", "The 9 selected")
    table = pq.read_table(io.BytesIO(data)).to_pylist()
    page.get_by_role("button", name="None").click()
    page.get_by_label("Search by name").fill(wanted[8].removesuffix(".jpg"))
    page.wait_for_selector(".shown-count:has-text('1 of 30')")
    _, line = save(page, "JSON Lines")

    assert "studio-detector.parquet" == name
    assert 5 == len(table)
    shown = json.loads(line)
    row = next(row for row in table if row["result_id"] == shown["result_id"])
    assert row["confidence"] == pytest.approx(shown["confidence"])
    assert row["image_hash"] == shown["image_hash"]


def test_a_name_runs_nothing_in_a_spreadsheet(visit, open_service):
    """As on the command line, what looks like a formula is defused."""
    page = visit(open_service.address).page
    found = page.evaluate(
        """async () => {
          const base = document.querySelector('script[type=module]').src;
          const { csvOf } = await import(new URL('views/gallery/rows.js', base));
          return csvOf([{name: '=1+1'}, {name: ' \\u200b@x'}, {name: 'a "b", c'}, {name: -0.5},
            {name: null}, {name: 'e=mc'}, {name: '\\uff1d1'}]);
        }"""
    )

    lines = found.split("\r\n")
    assert [
        "name",
        "'=1+1",
        "' \u200b@x",
        '"a ""b"", c"',
        "-0.5",
        "",
        "e=mc",
        "'\uff1d1",
        "",
    ] == lines


def test_an_export_says_what_the_service_has_no_more(hundred):
    """Made-up photos are none of its own, so that none of them is in the file."""
    page = hundred.page
    page.locator(CELL).first.focus()
    page.keyboard.press("Space")
    page.locator(".gallery-head").get_by_role("button", name="Export").click()
    dialog = page.locator("dialog")
    dialog.get_by_label("Parquet").check()
    with page.expect_download() as saved:
        dialog.get_by_role("button", name="Export").click()

    dialog.locator("text=1 photo is not in the file").wait_for()
    assert 0 == pq.read_table(saved.value.path()).num_rows
