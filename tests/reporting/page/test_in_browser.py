"""Pages in a real browser: axe finds nothing, nothing is fetched, scripts may be off."""

from __future__ import annotations

import click.testing
import cv2
import pytest

import synthetic_scenes

pytestmark = [pytest.mark.browser, pytest.mark.slow]

PAGES = ("one", "index", "both", "listed")
WIDTHS_PX = (320, 1200)


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    """Pages of two scenes with hostile names, written by the command itself."""
    from studio_detector.cli.main import program

    folder = tmp_path_factory.mktemp("pages")
    names = []
    for scene, name in (("packshot", "<script>a\n.jpg"), ("hard_sun", "\u202eb'\".jpg")):
        _, data = cv2.imencode(".jpg", synthetic_scenes.sample(scene)[:, :, ::-1])
        path = folder / name
        path.write_bytes(data.tobytes())
        names.append(str(path))
    quick = ("--model", "rules", "--phases", "all", "--set", "doubt_low=0.2")
    for arguments in (
        (names[0], "--output", folder / "one.html"),
        (*names, folder / "none.jpg", "--no-evidence-map", "--output", folder / "all"),
        ("--compare", *names, "--no-evidence-map", "--output", folder / "both.html"),
    ):
        click.testing.CliRunner().invoke(program, ["explain", *quick, *map(str, arguments)])
    return {
        "one": folder / "one.html",
        "index": folder / "all" / "index.html",
        "listed": next((folder / "all").glob("0002-*.html")),
        "both": folder / "both.html",
    }


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_nothing(browser, pages, name, scheme):
    """All its rules, best practices among them; details are opened, so that all is looked at."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    context = browser.new_context(color_scheme=scheme, offline=True)
    page = context.new_page()
    page.goto(pages[name].as_uri())
    page.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true })")

    found = axe.run(page).response["violations"]
    context.close()

    assert [] == [(v["id"], [n["html"][:200] for n in v["nodes"]][:3]) for v in found]


@pytest.mark.parametrize("scripts", [True, False])
@pytest.mark.parametrize("name", PAGES)
def test_nothing_is_fetched_and_nothing_complains(browser, pages, name, scripts):
    """Offline, with and without scripts."""
    context = browser.new_context(offline=True, java_script_enabled=scripts)
    page = context.new_page()
    said, asked = [], []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    page.goto(pages[name].as_uri())
    broken = (
        page.evaluate("[...document.images].filter(i => !i.naturalWidth).length") if scripts else 0
    )
    text = page.locator("main").inner_text()
    context.close()

    assert [] == said
    assert 0 == broken
    assert {pages[name].as_uri()} == {url for url in asked if not url.startswith("data:")}
    assert "studio" in text


@pytest.mark.parametrize("width_px", WIDTHS_PX)
@pytest.mark.parametrize("name", PAGES)
def test_only_tables_scroll_sideways(browser, pages, name, width_px):
    """The page itself fits narrow screens (WCAG 2.2, 1.4.10)."""
    context = browser.new_context(viewport={"width": width_px, "height": 800}, offline=True)
    page = context.new_page()
    page.goto(pages[name].as_uri())
    wide = page.evaluate("document.scrollingElement.scrollWidth")
    context.close()

    assert wide <= width_px


def test_axe_would_find_what_is_wrong(browser):
    """The check can fail: a picture without words, words too faint to read."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    page = browser.new_page()
    page.set_content("<html lang=en><title>t</title><img src='data:,'><p style='color:#aaa'>faint")

    found = {violation["id"] for violation in axe.run(page).response["violations"]}
    page.close()

    assert {"image-alt", "color-contrast"} <= found
