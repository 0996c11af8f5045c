"""The command explain, from bytes on disk to pages: the real detector on pictures made here."""

from __future__ import annotations

import json
import math
import sys
from io import BytesIO

import click.testing
import pytest
from PIL import Image

import html_pages
import synthetic_scenes
from studio_detector.errors import EXIT_ALL_FAILED, EXIT_OK, EXIT_SOME_FAILED, EXIT_USAGE
from studio_detector.imaging import load as load_picture
from studio_detector.pipeline import detector as detector_module

# The model that never waits for a refit; no network, no map: these tests are about files.
QUICK = ("--model", "rules", "--no-evidence-map")


def jpeg(name, **options):
    out = BytesIO()
    Image.fromarray(synthetic_scenes.sample(name)).save(out, format="JPEG", quality=90, **options)
    return out.getvalue()


@pytest.fixture
def photo(tmp_path):
    """Write a photo of a synthetic scene."""

    def photo(name="a.jpg", scene="packshot", **options):
        path = tmp_path / "photos" / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(jpeg(scene, **options))
        return str(path)

    return photo


@pytest.fixture
def run(monkeypatch):
    for name in ("NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)

    def run(*arguments, stdin=None):
        from studio_detector.cli.main import program

        return click.testing.CliRunner().invoke(
            program,
            ["explain", *QUICK, *map(str, arguments)],
            input=stdin,
            catch_exceptions=False,
        )

    return run


class TestStandardOutput:
    def test_text_is_what_people_get(self, run, photo):
        result = run(photo())

        assert EXIT_OK == result.exit_code
        assert "P(studio)" in result.stdout
        assert "what would turn it" in result.stdout

    def test_json_is_a_line_for_each_photo_and_adds_up(self, run, photo, tmp_path):
        broken = tmp_path / "photos" / "broken.jpg"
        names = [photo("a.jpg"), photo("b.jpg", "hard_sun")]
        broken.write_bytes(b"\xff\xd8\xff\xe0nothing")

        result = run(*names, broken, "--format", "json")

        lines = [json.loads(line) for line in result.stdout.splitlines()]
        assert EXIT_SOME_FAILED == result.exit_code
        assert names == [line["report"]["path"] for line in lines[:2]]
        for line in lines[:2]:
            steps = [step["log_odds"] for step in line["waterfall"]["steps"]]
            assert math.fsum(steps) == pytest.approx(line["report"]["logit"], abs=1e-9)
            assert len(steps) == 1 + len(line["report"]["evidence"])
        assert lines[2]["error"]["code"] in {"corrupt", "truncated"}
        assert "broken.jpg" in result.stderr

    def test_markdown_has_the_evidence_as_a_table(self, run, photo):
        result = run(photo(), "--format", "markdown", "--most", "3")

        assert "| evidence | measure | value | log-odds | sum |" in result.stdout
        assert 3 == result.stdout.count("| `")

    def test_most_is_held(self, run, photo):
        data = json.loads(run(photo(), "--format", "json", "--most", "2").stdout)

        assert 4 == len(data["waterfall"]["steps"])

    def test_standard_input_is_a_photo(self, run, tmp_path):
        page = tmp_path / "r.html"

        result = run("-", "--output", page, "--format", "text", stdin=jpeg("packshot"))

        assert EXIT_OK == result.exit_code
        assert "standard input" in html_pages.Page(page.read_text("utf-8")).find("h1")[0].text

    def test_a_photo_that_is_not_there_is_told(self, run, tmp_path):
        result = run(tmp_path / "none.jpg", "--output", tmp_path / "r.html")

        assert EXIT_ALL_FAILED == result.exit_code
        assert "not_found" in result.stderr
        assert not (tmp_path / "r.html").exists()


class TestOnePage:
    def test_it_is_whole_small_and_without_problems(self, run, photo, tmp_path):
        """With every analysis, so that every card is there."""
        page = tmp_path / "new" / "report.html"

        result = run(photo(), "--output", page, "--phases", "all", "--set", "doubt_low=0.2")

        text = page.read_text("utf-8")
        assert EXIT_OK == result.exit_code
        assert "" == result.stdout
        assert f"written: {page}" in result.stderr
        assert [] == html_pages.problems(text)
        assert page.stat().st_size <= 1_500_000
        assert 10 <= text.count("<img")
        changed = next(
            t for t in html_pages.Page(text).find("table") if "differ from the defaults" in t.text
        )
        assert "option --set doubt_low" in changed.text

    def test_the_map_of_the_evidence_is_drawn_unless_told_otherwise(self, run, photo, tmp_path):
        page = tmp_path / "report.html"

        run(photo(), "--output", page, "--evidence-map")

        assert "Where the evidence lies" in page.read_text("utf-8")

    def test_the_uploaded_bytes_and_their_tags_are_not_in_it(self, run, photo, tmp_path):
        """Tags are as hostile as names."""
        tags = Image.Exif()
        tags[0x010E] = "<script>alert('description')</script>"
        tags[0x013B] = 'artist" onload="x'
        tags[0x8298] = "line\nbreak"
        page = tmp_path / "report.html"

        run(photo(exif=tags, comment=b"<script>comment"), "--output", page)

        text = page.read_text("utf-8")
        assert [] == html_pages.problems(text)
        assert "script" not in text.lower()
        assert "artist" not in text

    @pytest.mark.parametrize(
        ("name", "shown"),
        [
            ("<script>alert(1)<|script>.jpg", "<script>alert(1)<|script>.jpg"),
            ("\"quote'&amp;.jpg", "\"quote'&amp;.jpg"),
            ("line\nbreak\x1b[2J.jpg", "line\\nbreak\\x1b[2J.jpg"),
            ("gpj\u202egnp.jpg", "gpj\\u202egnp.jpg"),
            ("bytes\udcff.jpg", "bytes\\xff.jpg"),
        ],
    )
    def test_a_hostile_name_is_text(self, run, photo, tmp_path, name, shown):
        if sys.platform == "win32":
            pytest.skip("such names cannot exist")
        page = tmp_path / "report.html"

        run(photo(name), "--output", page)

        text = page.read_text("utf-8")
        assert [] == html_pages.problems(text)
        assert shown == html_pages.Page(text).find("h1")[0].text
        assert not set("\x1b\u202e") & set(text)

    def test_without_timing_equal_pixels_give_equal_pages(self, run, photo, tmp_path):
        name = photo()
        for page in ("one.html", "two.html"):
            run(name, "--output", tmp_path / page, "--no-timing")

        assert (tmp_path / "one.html").read_bytes() == (tmp_path / "two.html").read_bytes()

    def test_the_picture_is_decoded_once(self, run, photo, tmp_path, monkeypatch):
        calls = []

        def counting(*arguments, **options):
            calls.append(1)
            return load_picture(*arguments, **options)

        monkeypatch.setattr(detector_module, "load", counting)

        run(photo(), "--output", tmp_path / "r.html", "--overlays", tmp_path / "o")

        assert [1] == calls

    def test_an_isolated_decoder_serves_too(self, run, photo, tmp_path):
        result = run(photo(), "--output", tmp_path / "r.html", "--isolate")

        assert EXIT_OK == result.exit_code
        assert (tmp_path / "r.html").is_file()


class TestSeveralPages:
    def test_each_photo_has_its_page_and_all_are_listed(self, run, photo, tmp_path):
        """Equal names in two folders do not collide; what failed is told."""
        out = tmp_path / "out"
        names = [photo("same.jpg"), photo("same.png", "hard_sun"), tmp_path / "none.jpg"]

        result = run(*names, "--output", out)

        assert EXIT_SOME_FAILED == result.exit_code
        assert {"0001-same.html", "0002-same.html", "index.html"} == {
            path.name for path in out.iterdir()
        }
        index = (out / "index.html").read_text("utf-8")
        page = html_pages.Page(index)
        assert [] == html_pages.problems(index)
        for link in page.find("a"):
            linked = (out / link.attributes["href"]).read_text("utf-8")
            assert [] == html_pages.problems(linked)
            assert 'href="index.html"' in linked
        assert "not_found" in page.text

    def test_a_hostile_name_stays_in_the_folder(self, run, photo, tmp_path):
        out = tmp_path / "deep" / "out"
        name = "..\\..\\x<b>\n.jpg"

        run(photo(name), photo("b.jpg"), "--output", out)

        assert {"0001-x-b.html", "0002-b.html", "index.html"} == {p.name for p in out.iterdir()}
        assert [out] == list(out.parent.iterdir())

    def test_a_folder_of_one_photo_is_a_list_too(self, run, photo, tmp_path):
        run(photo(), "--output", tmp_path / "out")

        assert (tmp_path / "out" / "index.html").is_file()

    @pytest.mark.parametrize(
        ("arguments", "words"),
        [
            (["--output", "{tmp}/r.html"], "names the page"),
            (["--output", "{tmp}/photos/a.jpg"], "is a file"),
            (["--compare", "{photo}"], "--compare takes two photos, not 3"),
        ],
    )
    def test_what_cannot_be_done_is_refused_before_any_work(
        self, run, photo, tmp_path, arguments, words
    ):
        names = [photo("a.jpg"), photo("b.jpg")]
        given = [a.format(tmp=tmp_path, photo=names[0]) for a in arguments]

        result = run(*names, *given)

        assert EXIT_USAGE == result.exit_code
        assert words in result.stderr
        assert "" == result.stdout

    def test_a_page_that_is_a_folder_is_refused(self, run, photo, tmp_path):
        (tmp_path / "r.html").mkdir()

        result = run(photo(), "--output", tmp_path / "r.html")

        assert EXIT_USAGE == result.exit_code
        assert "is a folder" in result.stderr


class TestOverlays:
    def test_one_photo_fills_the_folder(self, run, photo, tmp_path):
        """Only analyses that ran are drawn."""
        out = tmp_path / "overlays"

        run(photo(), "--overlays", out, "--phases", "lighting")

        names = {path.stem for path in out.iterdir()}
        assert {"highlights", "backdrop", "colour_temperature"} <= names
        assert not {"focus_grid", "evidence_map"} & names
        for path in out.iterdir():
            with Image.open(path) as image:
                assert "PNG" == image.format
                assert 512 == image.width

    def test_several_have_a_folder_each(self, run, photo, tmp_path):
        out = tmp_path / "overlays"

        run(photo("a.jpg"), photo("b.jpg"), "--overlays", out, "--phases", "lighting")

        assert {"0001-a", "0002-b"} == {path.name for path in out.iterdir()}
        assert all(list(path.glob("*.png")) for path in out.iterdir())


class TestCompare:
    def test_two_photos_share_a_page(self, run, photo, tmp_path):
        page = tmp_path / "both.html"

        result = run("--compare", photo("a.jpg"), photo("b.jpg", "hard_sun"), "--output", page)

        text = page.read_text("utf-8")
        assert EXIT_OK == result.exit_code
        assert [] == html_pages.problems(text)
        assert ["A: a.jpg", "B: b.jpg"] == [e.text for e in html_pages.Page(text).find("h2")[:2]]
        assert page.stat().st_size <= 1_500_000

    @pytest.mark.parametrize("form", ["text", "markdown"])
    def test_the_terminal_tells_the_largest_differences(self, run, photo, form):
        result = run(
            "--compare", photo("a.jpg"), photo("b.jpg", "hard_sun"), "--format", form, "--most", 3
        )

        assert "B - A" in result.stdout
        assert "others together" in result.stdout

    def test_as_data_the_differences_add_up(self, run, photo):
        result = run("--compare", photo("a.jpg"), photo("b.jpg", "hard_sun"), "--format", "json")

        data = json.loads(result.stdout)
        first, second = (side["report"]["logit"] for side in data["photos"])
        intercepts = data["intercepts"]
        total = math.fsum(d["difference"] for d in data["differences"])
        assert total + intercepts[1] - intercepts[0] == pytest.approx(second - first, abs=1e-9)

    def test_a_folder_gets_a_page_in_it(self, run, photo, tmp_path):
        run("--compare", photo("a.jpg"), photo("b.jpg"), "--output", tmp_path / "out")

        assert ["comparison.html"] == [path.name for path in (tmp_path / "out").iterdir()]

    def test_one_that_fails_leaves_nothing_to_compare(self, run, photo, tmp_path):
        result = run(
            "--compare", photo(), tmp_path / "none.jpg", "--output", tmp_path / "both.html"
        )

        assert EXIT_SOME_FAILED == result.exit_code
        assert not (tmp_path / "both.html").exists()


class TestWithoutJinja:
    def test_the_hint_comes_before_any_work(self, run, photo, tmp_path, monkeypatch):
        monkeypatch.setitem(sys.modules, "jinja2", None)

        result = run(photo(), "--output", tmp_path / "r.html")

        assert EXIT_USAGE == result.exit_code
        assert "pip install 'studio-detector[report]'" in result.stderr

    def test_text_and_overlays_need_nothing(self, run, photo, tmp_path, monkeypatch):
        monkeypatch.setitem(sys.modules, "jinja2", None)

        result = run(photo(), "--format", "text", "--overlays", tmp_path / "o")

        assert EXIT_OK == result.exit_code
        assert "P(studio)" in result.stdout
