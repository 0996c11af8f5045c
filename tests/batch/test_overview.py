"""The overview of a batch as one page."""

from __future__ import annotations

import base64
import io
import re
import sys
from html.parser import HTMLParser

import pytest
from PIL import Image

import batch_examples
from studio_detector.batch.overview.facts import BINS, EXAMPLES, Facts
from studio_detector.batch.overview.histogram import histogram_svg
from studio_detector.batch.overview.page import check_installed, overview_page
from studio_detector.batch.overview.sample import Sample
from studio_detector.batch.overview.thumbnails import SIDE_PX, Thumbnails
from studio_detector.errors import MissingExtraError
from studio_detector.imaging import Limits
from studio_detector.sources.photo import Photo

EVIL = "<script>alert(1)</script>\"'\u202e\x1b[2J.jpg"


def _facts(results):
    facts = Facts()
    for result in results:
        facts.add(result)
    return facts


def _sample(results, size=3):
    sample = Sample(size)
    for row, result in enumerate(results):
        sample.offer(row, result)
    return sample


def _page(results, **choices):
    picture = choices.pop("picture", lambda _: "data:image/jpeg;base64,AAAA")
    return overview_page(_facts(results), _sample(results), picture, title="rows.csv", **choices)


class _Tags(HTMLParser):
    def __init__(self):
        super().__init__()
        self.tags, self.attributes = [], []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs


def test_the_page_tells_counts_failures_and_shows_pictures():
    """In words that can be searched for."""
    results = [
        *(batch_examples.result(f"{n}.jpg", 0.95) for n in range(5)),
        batch_examples.result("n.jpg", 0.1, duplicate_of="0.jpg"),
        *(batch_examples.failure(f"bad{n}.jpg") for n in range(4)),
    ]

    page = _page(results, near_duplicate_groups=2)

    text = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))
    assert "10 photos, model test@1+0123456789ab, version 0.0" in text
    assert "studio 5 50.0 %" in text
    assert "failed 4 40.0 %" in text
    assert "truncated the file ends before the picture does 4 bad0.jpg" in text
    assert "1 photo has the same bytes as an earlier one" in text
    assert "2 groups of near duplicates" in text
    assert 4 == page.count("<img ")
    assert "bad2.jpg" in page
    assert "bad3.jpg" not in page
    assert EXAMPLES == 3


def test_names_from_outside_can_do_nothing():
    """No script, no reference to anything outside, and a policy that forbids both."""
    page = _page([batch_examples.result(EVIL), batch_examples.failure(EVIL, message=f"no {EVIL}")])

    tags = _Tags()
    tags.feed(page)
    assert "script" not in tags.tags
    assert not [name for name, _ in tags.attributes if name.startswith("on")]
    assert not [v for n, v in tags.attributes if n in {"src", "href"} and not v.startswith("data:")]
    assert "default-src 'none'" in page
    assert "\u202e" not in page
    assert "\x1b" not in page
    assert "&lt;script&gt;" in page
    page.encode()  # a name that is no text is shown, too
    _page([batch_examples.result("z\udcfcrich.jpg")]).encode()


def test_equal_batches_give_equal_pages():
    """There is no time of day in it."""
    results = [batch_examples.result(f"{n}.jpg", n / 40) for n in range(40)]

    assert _page(results) == _page(results)


def test_a_batch_of_nothing_has_a_page():
    """And one of failures only."""
    assert "0 photos" in _page([])
    assert "100.0 %" in _page([batch_examples.failure()])


def test_every_photo_stands_in_one_bar():
    """Both ends of the range included."""
    facts = _facts(
        batch_examples.result("x", confidence) for confidence in (0.0, 1e-9, 0.05, 0.999, 1.0)
    )

    assert 5 == sum(sum(bars) for bars in facts.histogram.values())
    assert [2, 1] == facts.histogram["natural"][:2]
    assert 2 == facts.histogram["studio"][BINS - 1]
    svg = histogram_svg(facts.histogram, ("studio", "natural", "uncertain"))
    assert 3 == svg.count("<rect")
    assert "<title>0.00 to 0.05: 2 natural</title>" in svg


def test_the_sample_is_bounded_and_takes_every_photo_as_likely_as_any():
    """Each of 400 photos is drawn about once in 10 batches with 40 pictures."""
    results = [batch_examples.result(f"{n}.jpg", confidence=0.9) for n in range(400)]

    kept = _sample(results, size=40).of("studio")

    assert 40 == len(kept)
    numbers = [int(chosen.path.removesuffix(".jpg")) for chosen in kept]
    # Binomial, 20 of 40 expected in the first half; outside 8..32 once in 10 000 draws.
    assert 8 <= sum(n < 200 for n in numbers) <= 32
    assert kept == _sample(results, size=40).of("studio")
    assert [] == _sample(results, size=0).of("studio")


def test_offers_tell_who_came_and_who_left():
    """So that thumbnails of those that left can be removed."""
    sample, here = Sample(5), set()
    for row in range(100):
        taken, left = sample.offer(row, batch_examples.result(f"{row}.jpg"))
        if taken is not None:
            here.add(taken)
        if left is not None:
            here.remove(left)

    assert set(sample.of("studio")) == here
    assert 5 == len(here)


def _jpeg(colour):
    file = io.BytesIO()
    Image.new("RGB", (600, 400), colour).save(file, "JPEG")
    return file.getvalue()


def test_thumbnails_are_small_and_only_of_the_sample(tmp_path):
    """Made from bytes or paths; what cannot be decoded any more has none."""
    path = tmp_path / "x.jpg"
    path.write_bytes(_jpeg("red"))
    sources = [str(path), _jpeg("blue"), b"no picture", _jpeg("green"), _jpeg("white")]
    folder = tmp_path / "thumbnails"

    with Thumbnails(folder, per_label=4, limits=Limits()) as thumbnails:
        for row, source in enumerate(sources):
            photo = Photo(source=source, path=f"{row}.jpg")
            thumbnails.offer(row, photo, batch_examples.result(f"{row}.jpg"))
    chosen = thumbnails.sample.of("studio")
    uris = {c.path: thumbnails.uri(c) for c in chosen}

    assert 4 == len(uris)
    assert [None] * ("2.jpg" in uris) == [uri for uri in uris.values() if uri is None]
    assert len([u for u in uris.values() if u]) == len(list(folder.iterdir()))
    for uri in filter(None, uris.values()):
        picture = Image.open(io.BytesIO(base64.b64decode(uri.partition(",")[2])))
        assert (SIDE_PX, 128) == picture.size


def test_without_jinja2_the_extra_is_named(monkeypatch):
    """Before anything is analysed."""
    monkeypatch.setitem(sys.modules, "jinja2", None)

    with pytest.raises(MissingExtraError, match=r"studio-detector\[report\]"):
        check_installed()
