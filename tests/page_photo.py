"""What tests of the photo's view do again and again: add photos, open one, read what it shows."""

from __future__ import annotations

import cv2
import numpy as np

FILES = "input[type=file]:not([webkitdirectory])"
#: Colours of the four quarters of `patches`: above left, above right, below left, below right.
PATCHES = ((200, 40, 60), (128, 128, 128), (30, 90, 220), (250, 240, 120))
PATCHES_PX = 240
OVER_MS = 60_000


def patches():
    """A PNG of four even quarters, whose pixels are known."""
    half = PATCHES_PX // 2
    rgb = np.array(PATCHES, dtype=np.uint8).reshape(2, 2, 3).repeat(half, 0).repeat(half, 1)
    return cv2.imencode(".png", rgb[:, :, ::-1])[1].tobytes()


def added(page, *paths):
    """Add photos and wait until all are analysed."""
    page.set_input_files(FILES, list(paths))
    page.wait_for_selector(".totals:not(.open)", timeout=OVER_MS)


def opened(page, name):
    """Open an added photo by its link in the queue; returns the id of its result."""
    page.locator(f"a.name:text-is('{name}')").click()
    shown(page)
    return page.evaluate("() => location.hash").rpartition("/")[2]


def shown(page):
    """Wait until the view of a photo is whole."""
    page.wait_for_selector(".cards", timeout=OVER_MS)
    page.wait_for_selector(".pane[data-picture]")
    page.wait_for_selector(".chip >> nth=1", state="attached")
    loaded(page)


def loaded(page):
    """Wait until the pixels of the picture, where there is one, can be read."""
    page.evaluate(
        """() => Promise.all([...document.querySelectorAll('.base:not([hidden])')].map(
          (image) => image.decode()))"""
    )


def choose_overlay(page, title):
    """Choose an overlay, and wait until it is drawn."""
    page.locator(".chip", has_text=title).click()
    page.wait_for_selector(".legend canvas:visible", timeout=OVER_MS)


def point_at(page, right, down):
    """Point at a place of the picture, as shares of its sides."""
    loaded(page)
    box = page.locator(".sheet").bounding_box()
    page.mouse.move(box["x"] + right * box["width"], box["y"] + down * box["height"])
    page.wait_for_selector(".values:not(.empty)")


def values(page):
    """What is read there: name -> text."""
    return dict(
        zip(
            page.locator(".numbers dt").all_inner_texts(),
            page.locator(".numbers dd").all_inner_texts(),
            strict=True,
        )
    )


def drop(page, *files):
    """Drop files, as (name, bytes), on the page."""
    page.evaluate(
        """(files) => {
          const transfer = new DataTransfer();
          for (const [name, bytes] of files)
            transfer.items.add(new File([new Uint8Array(bytes)], name, {type: 'image/jpeg'}));
          document.body.dispatchEvent(new DragEvent('drop',
            {bubbles: true, cancelable: true, dataTransfer: transfer}));
        }""",
        [[name, list(data)] for name, data in files],
    )
