"""The overview: figures of the service, said in pictures, in words and as tables."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta

import pytest

import page_results
import page_service
from page_browser import SCHEMES, expect

pytestmark = [pytest.mark.browser, pytest.mark.slow]

WIDTHS_PX = (390, 1440)
CONFIDENCES = [90, 24, 10, 6, 8, 4, 3, 5, 4, 3, 6, 4, 3, 2, 5, 7, 12, 22, 40, 72]


def day(ago):
    return (datetime.now(UTC) - timedelta(days=ago)).date().isoformat()


def told(context, path, body):
    """Have a browser's pages find this below the API."""
    data = json.dumps(body)
    context.route(
        re.compile(rf"/api/v1/{path}(\?|$)"),
        lambda route: route.fulfill(body=data, content_type="application/json"),
    )


@pytest.fixture
def overview(visit, open_service):
    """Open the view over made-up figures: ``overview(**options of a context)``."""

    def open_view(**options):
        visited = visit(open_service.address, **options)
        results = [page_results.verdict(at, 0.93 - at / 10) for at in range(3)]
        told(visited.context, "overview", figures(results))
        told(visited.context, "variants", VARIANTS)
        told(visited.context, r"variants/default/disagreements/candidate", compared(results))
        visited.page.evaluate("location.hash = '#/overview'")
        visited.page.wait_for_selector(".chart")
        visited.results = results
        return visited

    return open_view


def figures(results):
    return {
        "days": [
            {"day": day(0), "studio": 3, "natural": 5, "uncertain": 2},
            {"day": day(4), "studio": 17, "natural": 20, "uncertain": 3},
        ],
        "labels": {"studio": 20, "natural": 25, "uncertain": 5},
        "confidences": CONFIDENCES,
        "feedback": {
            "judged": 8,
            "agree": 6,
            "disagreements": [
                {
                    "result_id": one["id"],
                    "image_hash": one["image_hash"],
                    "label": one["label"],
                    "confidence": one["confidence"],
                    "feedback": "natural",
                    "note": "<b>Window</b> on the left.",
                    "created_at": one["created_at"],
                }
                for one in results[:2]
            ],
        },
        "variants": {"default": 50, "candidate": 4},
    }


VARIANTS = {
    "default": "default",
    "items": [
        {
            "name": name,
            "share": share,
            "is_shadow": name != "default",
            "model": "shipped@1+0123456789ab",
            "phases": "auto",
            "pipeline_version": "1",
        }
        for name, share in (("default", 0.0), ("candidate", 0.1))
    ],
}


def compared(results):
    return {
        "variants": ["default", "candidate"],
        "pictures": 4,
        "labels_differ": 1,
        "verdicts_differ": 0,
        "same_label_ratio": 0.75,
        "same_verdict_ratio": 1.0,
        "mean_difference": 0.06,
        "judged": 2,
        "right_ratio": [1.0, 0.5],
        "worst": [
            {
                "tenant": "default",
                "image_hash": results[0]["image_hash"],
                "results": [results[0]["id"], results[1]["id"]],
                "labels": ["studio", "uncertain"],
                "confidences": [0.93, 0.71],
                "difference": 0.22,
                "feedback": "studio",
            }
        ],
    }


def card(page, title):
    return page.locator(".overview-card", has=page.locator(f"h2:text-is('{title}')"))


def test_what_was_counted_is_shown(overview):
    """In sums, in bars, and in tables that say the same."""
    page = overview().page
    sums = [" ".join(text.split()) for text in page.locator(".overview-figure").all_inner_texts()]
    assert ["Photos 50", "Studio 20 40%", "Uncertain 5 10%", "Natural 25 50%"] == sums

    days = card(page, "Photos a day")
    assert 30 == days.locator(".chart-bars g").count()
    assert 6 == days.locator(".chart-bars rect:not(.chart-place)").count()
    assert "50 photos in 30 days" == days.get_by_role("img").get_attribute("aria-label")
    days.locator("summary").click()
    assert 30 == days.locator("tbody tr").count()
    assert ["3", "2", "5"] == days.locator("tbody tr").last.locator("td").all_inner_texts()

    spread = card(page, "Confidence")
    assert 20 == spread.locator(".chart-bars g").count()
    spread.locator("summary").click()
    assert [str(n) for n in CONFIDENCES] == spread.locator("tbody td").all_inner_texts()


def test_where_people_disagree_is_listed(overview):
    """With what they wrote, as text, and a way to each photo."""
    visited = overview()
    said = card(visited.page, "What people say")

    assert "Of 8 photos that people judged, the service agrees on 6 (75%)." in said.inner_text()
    assert 2 == said.locator(".said-line").count()
    assert "<b>Window</b> on the left." in said.locator(".said-note").first.inner_text()
    first = said.locator(".said-line").first
    assert ["Studio", "Natural"] == [
        text.split()[0] for text in first.locator(".badge").all_inner_texts()
    ]
    assert f"#/photo/{visited.results[0]['id']}" == first.locator("a").get_attribute("href")


def test_variants_are_compared(overview):
    """The usual one with another, and any two that are chosen."""
    visited = overview()
    variants = card(visited.page, "Variants")
    variants.locator(".variant-outcome p").first.wait_for()

    shares = variants.locator("tbody tr").evaluate_all(
        "rows => rows.map(r => r.cells[1].innerText)"
    )
    assert ["100%", "10%, shadow"] == shares
    text = variants.inner_text()
    assert "Both judged 4 photos, 75% of them alike." in text
    assert "Their confidences are 6% apart on average." in text
    assert "default has 100% right and candidate 50%" in text
    one, other = (visited.results[at]["id"] for at in (0, 1))
    link = variants.get_by_role("link", name="Compare both verdicts")
    assert f"#/compare/{one}/{other}" == link.get_attribute("href")

    variants.get_by_label("with").select_option("default")
    variants.locator("text=Choose two different ones.").wait_for()


def test_the_service_says_how_it_is(overview):
    """In one line: ready or not, and why; what runs and waits; which version."""
    visited = overview()
    page = visited.page
    line = page.locator(".health")
    assert "The service is ready" in line.inner_text()
    assert re.search(r"\d+ running\s*\d+ waiting", line.inner_text())
    assert "version" in line.inner_text()

    visited.excuse("status of 503")
    page.route(
        "**/readyz",
        lambda route: route.fulfill(
            status=503,
            content_type="application/json",
            body='{"status": "unavailable", "parts": {"store": "away", "broker": "ok"}}',
        ),
    )
    page.get_by_role("button", name="Refresh").click()
    page.wait_for_selector(".health[data-state=bad]")
    assert "The service is not ready: store" in line.inner_text()


def test_the_figures_are_those_of_the_service(visit, own_service, tmp_path):
    """Nothing made up: photos are analysed, one is judged by somebody, and the view knows it."""
    service = own_service()
    with service.client() as client:
        for scene in ("packshot", "hard_sun", "window_room"):
            path = tmp_path / f"{scene}.jpg"
            path.write_bytes(page_service.photo(scene))
            found = client.analyse(path)
        client.feedback(found.id, "natural" if found.is_studio else "studio", "Looked again")
    visited = visit(service.address, "#/overview")
    page = visited.page
    page.wait_for_selector(".chart")

    assert "3" == page.locator(".overview-figure dd").first.inner_text()
    said = card(page, "What people say")
    assert "Looked again" in said.inner_text()
    said.locator(".said-line a").click()
    page.wait_for_selector("h1:not(:text('Overview'))")
    assert str(found.id) in page.url
    # The view writes the address anew once it has the photo, which would call the way back off.
    page.wait_for_selector(".photo-head .badge")
    page.go_back()
    page.get_by_label("Time shown").select_option("7")
    # Drawn anew, and empty for a moment.
    expect(card(page, "Photos a day").locator(".chart-bars g")).to_have_count(7)
    card(page, "Confidence").locator("summary").click()
    counts = card(page, "Confidence").locator("tbody td").all_inner_texts()
    assert 3 == sum(map(int, counts))


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("width_px", WIDTHS_PX)
def test_axe_finds_nothing_in_the_overview(overview, width_px, scheme):
    """With its tables open; nothing is cut off."""
    visited = overview(viewport={"width": width_px, "height": 800}, color_scheme=scheme)
    page = visited.page
    page.locator(".variant-outcome p").first.wait_for()
    page.evaluate("() => document.querySelectorAll('details').forEach(d => { d.open = true })")

    assert [] == visited.axe()
    assert page.evaluate("() => document.scrollingElement.scrollWidth") <= width_px
