"""Photograph the views of the page for docs/images/page: a service, made-up scenes, a Chromium.

    python -m tools.page_pictures [--output FOLDER]

Nothing of anybody's photographs is shown: all scenes are rendered (scenes.py).
"""

from __future__ import annotations

import argparse
import io
import shutil
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image
from playwright.sync_api import sync_playwright

from benchmarks.service.running import running
from tools.page_pictures.scenes import photos
from tools.page_pictures.views import visit

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from playwright.sync_api import Browser

ROOT = Path(__file__).resolve().parents[2]
PICTURES = ROOT / "docs" / "images" / "page"
#: What a picture weighs at most, bytes.
MOST_BYTES = 250_000
_BROWSERS = ("chromium", "chromium-browser", "google-chrome")
_FLAGS = ("--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--disable-background-networking")
# Width and height of the window, px; scheme; the views that are kept.
_ROUNDS: Mapping[str, tuple[tuple[int, int], str, tuple[str, ...]]] = {
    "1440": ((1440, 900), "light", ("upload", "gallery", "photo", "compare", "overview")),
    "1440-dark": ((1440, 900), "dark", ("photo",)),
    "390": ((390, 844), "light", ("gallery", "photo")),
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Photograph; see the module.

    Returns:
        0, or 1 where a picture is too heavy.
    """
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--output", type=Path, default=PICTURES, metavar="FOLDER")
    output = parser.parse_args(arguments).output
    output.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="studio-page-") as name:
        taken = _photographed(Path(name))
    heavy = 0
    for stem, png in taken.items():
        path = output / f"{stem}.png"
        path.write_bytes(png)
        heavy += len(png) > MOST_BYTES
        print(f"{path}, {len(png) // 1000} kB")
    return 1 if heavy else 0


def _photographed(folder: Path) -> dict[str, bytes]:
    """Name of a picture -> PNG."""
    path = next((found for name in _BROWSERS if (found := shutil.which(name))), None)
    if path is None:
        raise SystemExit("there is no Chromium in the PATH; on Debian: apt-get install chromium")
    files = []
    for name, data in photos():
        files.append(folder / name)
        files[-1].write_bytes(data)
    taken: dict[str, bytes] = {}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(_FLAGS))
        for suffix in _ROUNDS:
            # A service of its own for each: what one visit says must not stand in the next.
            with running("embedded") as address:
                taken |= _round(browser, address, files, suffix)
        browser.close()
    return taken


def _round(browser: Browser, address: str, files: list[Path], suffix: str) -> dict[str, bytes]:
    (width, height), scheme, kept = _ROUNDS[suffix]
    context = browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme="dark" if scheme == "dark" else "light",
        reduced_motion="reduce",
    )
    page = context.new_page()
    taken: dict[str, bytes] = {}

    def take(view: str) -> None:
        if view in kept:
            page.mouse.move(0, 0)
            taken[f"{view}-{suffix}"] = light(page.screenshot())

    page.goto(address)
    page.wait_for_selector("h1")
    visit(page, files, take)
    context.close()
    return taken


def light(png: bytes, most_bytes: int = MOST_BYTES) -> bytes:
    """The same picture, by fewer colours where it would be too heavy.

    Args:
        png: A picture.
        most_bytes: What it may weigh as it is.
    """
    rgb = Image.open(io.BytesIO(png)).convert("RGB")
    whole = _packed(rgb)
    if len(whole) <= most_bytes:
        return whole
    palette = rgb.quantize(256, method=Image.Quantize.MEDIANCUT, kmeans=1)
    return _packed(rgb.quantize(palette=palette, dither=Image.Dither.FLOYDSTEINBERG))


def _packed(picture: Image.Image) -> bytes:
    out = io.BytesIO()
    picture.save(out, format="PNG", optimize=True)
    return out.getvalue()


if __name__ == "__main__":
    sys.exit(main())
