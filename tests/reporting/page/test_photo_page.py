"""The page of one photo: whole, readable by everybody, and hostile text stays text."""

from __future__ import annotations

import base64
import math
import sys
from io import BytesIO

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

import html_pages
import sample_reports
from studio_detector.analysis.base import Measurement
from studio_detector.analysis.registry import Registry
from studio_detector.decision.evidence import Evidence, EvidenceTerm
from studio_detector.decision.shipped import load_model
from studio_detector.errors import MissingExtraError
from studio_detector.learning.dataset import read_dataset
from studio_detector.learning.extract import built_in_registry, measure_photos
from studio_detector.reporting.explanation.flips import Flip
from studio_detector.reporting.explanation.reliability import Reliability
from studio_detector.reporting.explanation.waterfall import waterfall
from studio_detector.reporting.page import environment
from studio_detector.reporting.page.cards import cards
from studio_detector.reporting.page.context import Context, SettingLine
from studio_detector.reporting.page.photo_page import photo_page
from studio_detector.reporting.typical import typical_values

HOSTILE = (
    "<script>alert(1)</script>",
    "\"quote' onload=x &amp; </title></style>",
    "line\nbreak\x00nul\x1b[31m",
    "exe\u202egpj.\u2066\u200b",
    "{{ 7 * 7 }}{% include 'style.css' %}",
    "bytes\udcff",
)
SHOWN = (
    "<script>alert(1)</script>",
    "\"quote' onload=x &amp; </title></style>",
    "line\\nbreak\\x00nul\\x1b[31m",
    "exe\\u202egpj.\\u2066\\u200b",
    "{{ 7 * 7 }}{% include 'style.css' %}",
    "bytes\\xff",
)


def tables(page, css_class):
    return [t for t in page.find("table") if t.attributes.get("class") == css_class]


class TestEverybodyCanReadIt:
    def test_its_structure_has_no_problem(self, seen, context):
        found = seen(sample_reports.report(warnings=("no profile",)))

        assert [] == html_pages.problems(photo_page(found, context))
        assert [] == html_pages.problems(photo_page(found, context, index="index.html"))

    def test_a_photo_with_detail_and_nothing_to_compare_has_none_either(self, seen):
        report = sample_reports.detail_report(path=None)
        flip = Flip(turns_to="natural", missing_log_odds=9.0, changes=())
        page = photo_page(
            seen(report, captions=(), flip=flip, flip_of_cues=None),
            Context(specs=(), typical={}, settings=(), band=(0.4, 0.6), timing=False),
        )

        assert [] == html_pages.problems(page)
        assert "Nothing would do" in page
        assert "(no name)" in page
        assert "not in this model" in page

    @pytest.mark.parametrize(
        ("good", "bad", "problem"),
        [
            ('<html lang="en">', "<html>", "no language"),
            ("<h2>Why: the evidence</h2>", "<h4>Why</h4>", "h1 is followed by h4"),
            (' scope="row"', "", "th without scope"),
            (' alt="The photo', ' title="The photo', "img without alt"),
            (' role="img"', "", "a drawing without a name"),
            ("</main>", "<script></script></main>", "<script>"),
            ("</main>", '<a href="https://example.org">x</a></main>', "href=https"),
            ("</main>", '<p style="background: url(http://x)">x</p></main>', "url("),
            ("</main>", '<p onclick="x">x</p></main>', "onclick"),
            ("</main>", "<b></main>", "closes"),
            ('id="card-1"', 'id="card"', "leads nowhere"),
            (' tabindex="0"', "", "keyboard"),
            ("img-src data:;", "img-src *;", "policy"),
        ],
    )
    def test_the_check_can_fail(self, seen, context, good, bad, problem):
        page = photo_page(seen(), context)

        assert good in page
        assert any(problem in found for found in html_pages.problems(page.replace(good, bad, 1)))

    def test_overlays_are_told_by_their_captions(self, seen, context):
        page = html_pages.Page(photo_page(seen(captions=("Soft edges.", "Lamp left.")), context))

        alternatives = [e.attributes["alt"] for e in page.find("img")]
        assert ["Soft edges.", "Lamp left."] == alternatives[1:]

    def test_overlays_of_no_component_are_shown_apart(self, seen, context):
        page = photo_page(seen(component="evidence"), context)

        assert "Where the evidence lies" in page
        assert [] == html_pages.problems(page)

    def test_equal_photos_give_equal_pages(self, seen, context):
        assert photo_page(seen(), context) == photo_page(seen(), context)


class TestHostileText:
    @pytest.mark.parametrize(("text", "shown"), list(zip(HOSTILE, SHOWN, strict=True)))
    def test_it_is_shown_as_text_wherever_it_comes_from(self, seen, text, shown):
        """In the name, a warning, a reason, a caption, a setting, a format and a model."""
        report = sample_reports.report(
            path=f"folder/{text}.jpg" if "/" not in text else f"folder{text}",
            warnings=(text,),
            format=text,
            model=text,
            variant=text,
            version=text,
            measurements={
                "shadow": Measurement.of(
                    sample_reports.SHADOW, {"softness_px": 1.0}, missing={"depth_ratio": text}
                )
            },
        )
        context = Context(
            specs=sample_reports.SPECS,
            typical={},
            settings=(SettingLine(name="model", value=text, origin=text, changed=True),),
            band=(0.4, 0.6),
        )
        page = photo_page(seen(report, captions=(text,), phases=text), context)
        read = html_pages.Page(page)

        assert [] == html_pages.problems(page)
        assert shown in [e.attributes["alt"] for e in read.find("img")]
        assert 9 <= sum(shown in "".join(e.own_text) for e in read.root.walk())
        assert not set("\x00\x1b\u202e\u2066\u200b") & set(page)
        assert "49" not in read.text.partition("7 * 7")[0][-4:]
        page.encode("utf-8")


class TestWhatItSays:
    def test_reasons_values_and_what_would_turn_it_are_there(self, seen, context):
        found = seen(reliability=Reliability(low=0.8, high=0.9, photographs=41, studio=0.93))
        text = html_pages.Page(photo_page(found, context)).text

        assert "93.0% were studio" in text
        assert "missing: no shadow found" in text
        assert "3.25 px" in text
        assert "What would turn it with the network's opinion as it is" in text
        assert "shadow 1, far_backdrop 3" in text
        assert "decode 12.3 ms" in text

    def test_settings_that_differ_are_shown_and_all_can_be(self, seen, context):
        page = html_pages.Page(photo_page(seen(), context))

        (details,) = [d for d in page.find("details") if "All settings" in d.text]
        assert "phases" in details.text
        changed = next(t for t in page.find("table") if "differ from the defaults" in t.text)
        assert "option --model" in changed.text
        assert "phases" not in changed.text

    def test_without_timing_there_are_no_milliseconds(self, seen, context):
        quiet = Context(
            specs=context.specs, typical={}, settings=(), band=context.band, timing=False
        )

        assert " ms" not in html_pages.Page(photo_page(seen(), quiet)).text

    def test_a_value_is_set_against_both_kinds_of_photographs(self, seen, context):
        page = html_pages.Page(photo_page(seen(), context))

        (label,) = [e.attributes["aria-label"] for e in page.find("svg") if "role" in e.attributes]
        assert "among the middle half of the studio, below 75% of the natural photographs" == label

    def test_an_uncertain_verdict_says_which_way_it_leans(self, seen, context):
        text = html_pages.Page(photo_page(seen(sample_reports.report(0.55)), context)).text

        assert "from 0.40 to 0.60 are called uncertain; this one leans to studio" in text


class TestPictures:
    def test_the_picture_is_made_anew_without_metadata(self, seen, context):
        page = html_pages.Page(photo_page(seen(), context))

        sources = [e.attributes["src"] for e in page.find("img")]
        assert 2 == len(sources)
        for source in sources:
            file = base64.b64decode(source.removeprefix("data:image/jpeg;base64,"))
            with Image.open(BytesIO(file)) as image:
                assert "JPEG" == image.format
                assert {} == dict(image.getexif())

    def test_even_a_page_of_noise_stays_small(self, seen, context):
        """Noise is what JPEG does worst with; twelve such pictures of working size are too many."""
        noise = np.random.default_rng(1).integers(0, 256, (800, 512, 3), dtype=np.uint8)
        found = seen(rgb=noise)
        (overlay,) = found.overlays
        many = type(found)(
            explanation=found.explanation,
            rgb=noise,
            overlays=[
                type(overlay)(name=f"o{n}", component="shadow", title="t", caption="c", rgb=noise)
                for n in range(12)
            ],
        )

        assert len(photo_page(many, context)) <= 1_500_000


LOG_ODDS = st.floats(-6, 6, allow_subnormal=False)


@st.composite
def evidences(draw):
    terms = [
        EvidenceTerm(
            measures=(f"part{number % 4}.m{number}",),
            values=(draw(st.none() | st.floats(-1e6, 1e6)),),
            log_odds=draw(LOG_ODDS),
        )
        for number in range(draw(st.integers(0, 30)))
    ]
    return Evidence(intercept=draw(LOG_ODDS), terms=tuple(terms))


def shown_sums(page):
    """Sum of the steps and the sum shown; sum of the terms of all cards and those of the cards."""
    (fall,) = tables(page, "fall")
    *steps, (total,) = page.numbers(fall)
    terms = [
        number for table in tables(page, "terms") for row in page.numbers(table) for number in row
    ]
    return math.fsum(number for (number,) in steps), total, math.fsum(terms)


class TestTheSumShown:
    @settings(
        max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
    )
    @given(evidences())
    def test_it_is_the_logit_of_the_verdict(self, seen, context, evidence):
        """The waterfall's steps, and the cards' terms with the intercept."""
        report = sample_reports.report(evidence=evidence)
        flip = Flip(turns_to="natural", missing_log_odds=1.0, changes=())
        found = seen(
            report, captions=(), flip=flip, flip_of_cues=None, waterfall=waterfall(evidence, {})
        )

        steps, total, terms = shown_sums(html_pages.Page(photo_page(found, context)))

        assert total == evidence.logit
        assert steps == pytest.approx(evidence.logit, abs=1e-9)
        assert terms + evidence.intercept == pytest.approx(evidence.logit, abs=1e-9)

    @pytest.mark.photos
    @pytest.mark.slow
    def test_it_is_on_photographs_of_the_test_split(self, photos_folder):
        """A third of them, both heads; the pages' own numbers, without their pictures."""
        photos = read_dataset(photos_folder).split("test").photos[::3]
        table = measure_photos(photos, cache=None, workers=2)
        model, registry = load_model("full"), built_in_registry()
        specs = [analysis.SPEC for analysis in registry]
        measures, typical = Registry.measures(registry), typical_values()
        checked = 0
        for row in range(len(photos)):
            measurements = table.measurements(row, specs)
            for head in (model.lighting, model.full):
                evidence = head.evaluate(measurements)
                fall = waterfall(evidence, measures)
                shown = cards(
                    sample_reports.report(evidence=evidence, measurements=measurements),
                    specs,
                    typical,
                )

                steps = math.fsum(step.log_odds for step in fall.steps)
                terms = math.fsum(line.log_odds for card in shown for line in card.terms)
                assert fall.logit == evidence.logit
                assert steps == pytest.approx(evidence.logit, abs=1e-9)
                assert terms + evidence.intercept == pytest.approx(evidence.logit, abs=1e-9)
                checked += 1
        assert 2 * len(photos) == checked > 300


class TestWithoutJinja:
    def test_the_hint_is_one_line(self, monkeypatch):
        monkeypatch.setitem(sys.modules, "jinja2", None)

        with pytest.raises(
            MissingExtraError, match=r"pip install 'studio-detector\[report\]'"
        ) as e:
            environment.check_installed()

        assert "\n" not in e.value.message
