"""Pictures that are something else as well: only what was drawn anew leaves."""

from __future__ import annotations

import base64
import io
import json
import re

import pytest
from PIL import Image

from kept_pictures import sha256
from polyglots import MARKER, POLYGLOTS
from studio_detector import Detector, Settings
from studio_detector.errors import IsolationError
from studio_detector.pipeline.versions import pipeline_version
from studio_detector.service.children.outcome import new_result
from studio_detector.service.children.plain_jpeg import is_plain_jpeg
from studio_detector.service.children.plain_png import is_plain_png
from studio_detector.service.records import Work

_EMBEDDED = re.compile(r"data:image/[a-z]+;base64,([A-Za-z0-9+/=]+)")


@pytest.fixture(scope="module", params=list(POLYGLOTS))
def met(request, children):
    """A polyglot, its row and its result."""
    data = POLYGLOTS[request.param]
    row = children.analyse(data, sha256=sha256(data), variant="default", phases="lighting")
    version = pipeline_version(Detector(Settings(phases="lighting")))
    work = Work(variant="default", pipeline_version=version, phases="lighting")
    return data, row, new_result(row, tenant="t", work=work)


class TestWhatLeaves:
    def test_it_is_a_picture_and_its_row_is_of_the_picture_alone(self, met):
        """No text of the file gets into it."""
        data, row, _ = met

        assert runs(data)
        assert "error" not in row
        assert MARKER.decode() not in json.dumps(row)

    def test_overlays_are_drawn_anew(self, met, children):
        """Nothing but pixels."""
        data, _, result = met
        names = children.overlay_names(result)

        assert "backdrop" in names
        for name in names:
            overlay = children.overlay(data, result, name)

            assert is_plain_png(overlay)
            assert not runs(overlay)

    def test_thumbnails_are_drawn_anew(self, met, children):
        """Nothing but pixels."""
        data, _, result = met
        thumbnail = children.thumbnail(data, result)

        assert is_plain_jpeg(thumbnail)
        assert not runs(thumbnail)

    def test_pages_are_drawn_anew(self, met, children):
        """And so are the pictures in them, which have no metadata."""
        data, _, result = met
        page = children.report_page(data, result, name="a.jpg")
        embedded = [base64.b64decode(found) for found in _EMBEDDED.findall(page)]

        assert embedded
        assert MARKER.decode() not in page
        for file in embedded:
            assert not runs(file)
            with Image.open(io.BytesIO(file)) as image:
                assert not {"exif", "comment", "icc_profile", "xmp"} & set(image.info)


def runs(data):
    """Which of what was looked for is in a file."""
    return {found for found in (MARKER, b"PK\x03\x04") if found in data}


class TestPlainPng:
    @staticmethod
    def plain():
        stream = io.BytesIO()
        Image.new("RGB", (30, 20), "grey").save(stream, "PNG")
        return stream.getvalue()

    def test_what_we_draw_is(self):
        """Header, pixels, end."""
        assert is_plain_png(self.plain())

    @pytest.mark.parametrize("name", [name for name in POLYGLOTS if name.startswith("a PNG")])
    def test_a_polyglot_is_not(self, name):
        """Be it behind the end or in a chunk."""
        assert not is_plain_png(POLYGLOTS[name])

    def test_nothing_else_is(self):
        """Cut anywhere, or another file."""
        plain = self.plain()

        assert not any(is_plain_png(plain[:end]) for end in range(len(plain)))
        assert not is_plain_png(plain + b"\0")
        assert not is_plain_png(plain[:33] + plain[-12:])
        assert not is_plain_png(plain[33:])
        assert not is_plain_png(POLYGLOTS["a GIF and a script"])

    def test_a_child_that_sends_the_upload_back_is_not_believed(
        self, make_children, monkeypatch, tmp_path
    ):
        """Though it begins as it should."""
        (tmp_path / "echoing_child.py").write_text(
            "from studio_detector.service.children import drawing, worker\n"
            "import polyglots\n"
            "upload = polyglots.POLYGLOTS['a PNG with a page behind']\n"
            "drawing.Drawer.overlay = lambda *_: upload\n"
            "main = worker.main\n"
        )
        monkeypatch.syspath_prepend(tmp_path)
        monkeypatch.setattr("studio_detector.service.children.children._ENTRY", "echoing_child")
        data = POLYGLOTS["a PNG with a page behind"]
        with make_children({"default": Settings()}) as children:
            row = children.analyse(data, sha256=sha256(data), variant="default", phases="lighting")
            work = Work(variant="default", pipeline_version="0", phases="lighting")
            result = new_result(row, tenant="t", work=work)
            with pytest.raises(IsolationError, match="another kind"):
                children.overlay(data, result, "backdrop")
