"""The parts of pages: charts on scales, values on strips, names of files, pictures in budgets."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import sample_reports
from studio_detector.decision.evidence import Evidence, EvidenceTerm
from studio_detector.errors import ConfigError
from studio_detector.reporting.explanation.waterfall import waterfall
from studio_detector.reporting.page.cards import cards
from studio_detector.reporting.page.chart import WIDTH, Scale, chart
from studio_detector.reporting.page.environment import signed, typeset
from studio_detector.reporting.page.names import page_name, slug
from studio_detector.reporting.page.pictures import pictures, reduced, thumbnail
from studio_detector.reporting.page.spread import WIDTH as STRIP_WIDTH
from studio_detector.reporting.page.spread import place_words, strip
from studio_detector.reporting.page.writing import write_file
from studio_detector.reporting.typical import QUANTILES, Typical

LOG_ODDS = st.floats(-9, 9, allow_subnormal=False)


def fall_of(intercept, log_odds):
    terms = tuple(
        EvidenceTerm(measures=(f"a.m{n}",), values=(1.0,), log_odds=value)
        for n, value in enumerate(log_odds)
    )
    return waterfall(Evidence(intercept=intercept, terms=terms), {})


falls = st.builds(fall_of, LOG_ODDS, st.lists(LOG_ODDS, max_size=20))


class TestChart:
    @given(falls, falls)
    def test_bars_of_both_lie_on_one_scale_and_each_starts_where_the_last_ended(self, one, two):
        scale = Scale.of(one, two)

        for fall in (one, two):
            drawn = chart(fall, scale)
            for before, after in zip(drawn.bars, drawn.bars[1:], strict=False):
                assert before.after == after.before
            for bar in drawn.bars:
                assert 0 <= bar.left <= bar.left + bar.width <= WIDTH
                assert bar.left == pytest.approx(min(bar.before, bar.after))
                assert (
                    bar.tone
                    == ("none", "studio", "natural")[
                        (bar.step.log_odds > 0) - (bar.step.log_odds < 0)
                    ]
                )
            assert drawn.bars[-1].after == pytest.approx(scale.place(fall.logit), abs=0.02)
            left, width = drawn.total
            assert scale.zero == pytest.approx(left if fall.logit >= 0 else left + width, abs=2.02)

    @given(falls)
    def test_ticks_stand_at_round_values_with_zero_among_them(self, fall):
        scale = Scale.of(fall)
        ticks = scale.ticks()

        assert "0" in [tick.words for tick in ticks]
        assert len(ticks) <= 8
        for tick in ticks:
            value = float(tick.words.replace("\u2212", "-"))
            assert scale.place(value) == pytest.approx(tick.at, abs=0.02)
            assert 0 <= tick.percent <= 100

    def test_a_tick_near_an_end_keeps_its_words_inside(self):
        ticks = Scale(low=-1.0, high=1.0).ticks()

        assert ["start", "end"] == [ticks[0].anchor, ticks[-1].anchor]
        assert {"middle"} == {tick.anchor for tick in ticks[1:-1]}

    def test_without_any_evidence_there_is_a_scale_all_the_same(self):
        assert "0" in [tick.words for tick in Scale.of(fall_of(0.0, [])).ticks()]


ROWS = st.lists(st.floats(-1e6, 1e6), min_size=7, max_size=7).map(lambda v: tuple(sorted(v)))


class TestStrip:
    @given(ROWS, ROWS, st.floats(-1e7, 1e7))
    def test_everything_lies_inside_in_the_right_order(self, studio, natural, value):
        typical = Typical(studio=studio, natural=natural)
        drawn = strip(typical, [("", value)])

        for row in (drawn.studio, drawn.natural):
            places = [row.low, row.box_low, row.middle, row.box_high, row.high]
            assert places == sorted(places)
            assert 0 <= places[0] <= places[-1] <= STRIP_WIDTH
        (marker,) = drawn.markers
        assert 0 <= marker.at <= STRIP_WIDTH
        assert marker.beyond == (value > typical.high) - (value < typical.low)

    @given(ROWS, st.floats(-1e6, 1e6))
    def test_words_are_true_of_the_quantiles(self, row, value):
        words = place_words(value, row)

        if words == "among the middle half":
            assert row[2] <= value <= row[4]
        else:
            side, percent = re.fullmatch(r"(above|below) (\d+)%", words).groups()
            share = int(percent) / 100
            wanted = share if side == "above" else 1 - share
            at = QUANTILES.index(pytest.approx(wanted))
            assert (value > row[at]) if side == "above" else (value < row[at])

    @pytest.mark.parametrize(
        ("value", "words"),
        [
            (-1, "below 98%"),
            (0.5, "below 90%"),
            (1.5, "below 75%"),
            (3, "among the middle half"),
            (4.5, "above 75%"),
            (5.5, "above 90%"),
            (7, "above 98%"),
        ],
    )
    def test_words_say_the_most_that_is_true(self, value, words):
        assert words == place_words(value, (0, 1, 2, 3, 4, 5, 6))

    def test_two_values_are_told_apart_by_letters(self):
        typical = Typical(studio=tuple(range(7)), natural=tuple(range(7)))

        drawn = strip(typical, [("A", 1.0), ("B", None)])

        assert ["A"] == [marker.letter for marker in drawn.markers]
        assert drawn.words.startswith("A: below 75% of the studio")

    def test_there_is_none_without_spread_or_value(self):
        typical = Typical(studio=tuple(range(7)), natural=tuple(range(7)))

        assert strip(None, [("", 1.0)]) is None
        assert strip(typical, [("", None)]) is None


class TestCards:
    def test_a_component_that_did_not_run_has_a_card(self):
        """Its terms are part of the sum."""
        report = sample_reports.report(measurements={})

        (card,) = cards(report, sample_reports.SPECS, {})

        assert not card.ran
        assert ["3.25 px", "missing: this analysis did not run"] == [t.value for t in card.terms]

    def test_what_the_model_does_not_read_is_told_apart(self):
        shadow, backdrop = cards(sample_reports.detail_report(), sample_reports.SPECS, {})

        assert () == shadow.unread
        assert backdrop.score is None
        assert ["-12 deg"] == [line.value for line in backdrop.unread]

    def test_a_term_of_two_measures_names_both(self):
        term = EvidenceTerm(
            measures=("shadow.softness_px", "shadow.depth_ratio"), values=(1.0, None), log_odds=0.5
        )
        report = sample_reports.report(evidence=Evidence(intercept=0.0, terms=(term,)))

        (card,) = cards(report, sample_reports.SPECS, {})

        assert "Width of shadow edges | wide is soft with Depth of shadows" == card.terms[0].words
        assert "1 px, missing" == card.terms[0].value
        assert card.terms[0].strip is None


class TestNames:
    @given(st.text(max_size=300), st.integers(1, 99999))
    def test_they_are_plain_and_never_lead_out(self, path, number):
        name = page_name(number, path)

        assert re.fullmatch(r"\d{4,}-[a-z0-9]+(-[a-z0-9]+)*", name)
        assert len(name) <= 60
        assert name == Path(name).name

    @given(st.lists(st.text(max_size=20), max_size=20))
    def test_no_two_of_a_run_are_equal(self, paths):
        names = [page_name(number, path) for number, path in enumerate(paths, start=1)]

        assert len(set(names)) == len(names)

    @pytest.mark.parametrize(
        ("path", "name"),
        [
            ("shoot/Portr\u00e4t 1.JPG", "0007-portrat-1"),
            ("../../etc/passwd", "0007-passwd"),
            ("..\\..\\con.jpg", "0007-con"),
            ("\u5199\u771f.jpg", "0007-photo"),
            ("<script>.jpg", "0007-script"),
            ("..", "0007-photo"),
            ("-", "0007-photo"),
            (None, "0007-photo"),
        ],
    )
    def test_they_remind_of_the_photo(self, path, name):
        assert name == page_name(7, path)

    def test_a_slug_is_short(self):
        assert 48 == len(slug("a" * 1000))


class TestWriting:
    def test_folders_are_made_and_files_replaced(self, tmp_path):
        place = tmp_path / "a" / "b.html"

        write_file(place, b"old")
        write_file(place, b"new")

        assert b"new" == place.read_bytes()
        assert [place] == list(place.parent.iterdir())

    def test_a_link_is_replaced_and_not_followed(self, tmp_path):
        target = tmp_path / "precious"
        target.write_bytes(b"kept")
        link = tmp_path / "page.html"
        link.symlink_to(target)

        write_file(link, b"page")

        assert b"kept" == target.read_bytes()
        assert not link.is_symlink()

    @pytest.mark.parametrize("name", ["file/page.html", "nul\0.html", "folder"])
    def test_what_cannot_be_written_is_told(self, tmp_path, name):
        (tmp_path / "file").write_bytes(b"")
        (tmp_path / "folder").mkdir()

        with pytest.raises(ConfigError, match="cannot be written") as error:
            write_file(tmp_path / name, b"page")

        assert "config_invalid_value" == error.value.code
        assert {"file", "folder"} == {path.name for path in tmp_path.iterdir()}


class TestPictures:
    def test_a_small_budget_costs_quality_and_then_size(self):
        noise = np.random.default_rng(0).integers(0, 256, (300, 200, 3), dtype=np.uint8)

        (rich,) = pictures([noise])
        (poor,) = pictures([noise], budget_bytes=20_000)

        assert (300, 200) == (rich.rows_px, rich.columns_px)
        assert (150, 100) == (poor.rows_px, poor.columns_px)
        assert len(poor.uri) < 4 / 3 * 20_000 + 100

    def test_none_is_larger_than_a_page_needs(self):
        (one,) = pictures([np.zeros((10, 3000, 3), dtype=np.uint8)])

        assert (3, 1024) == (one.rows_px, one.columns_px)
        assert thumbnail(np.zeros((1, 5000, 3), np.uint8), side_px=160).rows_px == 1

    def test_a_small_one_is_not_enlarged(self):
        small = np.zeros((3, 5, 3), dtype=np.uint8)

        assert reduced(small, 100) is small


@pytest.mark.parametrize(
    ("number", "words"),
    [(1.234, "+1.23"), (-1.0, "\u22121.00"), (0.001, "0.00"), (-0.001, "0.00"), (-0.0, "0.00")],
)
def test_numbers_have_their_sign_and_zero_has_none(number, words):
    assert words == signed(number)


@pytest.mark.parametrize(
    ("text", "typed"),
    [
        ("-2.81 log-odds", "\u22122.81 log-odds"),
        ("0.5, -1e-05 px", "0.5, \u22121e-05 px"),
        ("missing: no-face", "missing: no-face"),
        ("", ""),
    ],
)
def test_numbers_in_words_have_a_real_minus_and_words_their_hyphens(text, typed):
    assert typed == typeset(text)
