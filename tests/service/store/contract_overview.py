"""What the store promises about everything counted together."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest

from service.store.store_examples import SHADOW_WORK, TENANT, WORK, new_result
from studio_detector.errors import RequestError
from studio_detector.service.store.overview import BINS


class OverviewContract:
    """Counts, and what people say, of one tenant and of the last days."""

    def test_results_are_counted_by_day_and_label(self, store, clock):
        today = clock.now.date()
        for name, (days_ago, label) in enumerate(
            [(0, "studio"), (0, "studio"), (0, "natural"), (2, "uncertain"), (6, "natural")]
        ):
            clock.now = datetime(2026, 11, 1, 12, tzinfo=UTC) - timedelta(days=days_ago)
            store.results.add(new_result(name, label=label))
        clock.now = datetime(2026, 11, 1, 12, tzinfo=UTC)

        assert store.overviews.get(TENANT, 7).days == {
            today - timedelta(days=6): {"natural": 1},
            today - timedelta(days=2): {"uncertain": 1},
            today: {"studio": 2, "natural": 1},
        }
        assert list(store.overviews.get(TENANT, 6).days) == [today - timedelta(days=2), today]
        assert list(store.overviews.get(TENANT, 1).days) == [today]

    @pytest.mark.parametrize(
        ("moment", "day"),
        [
            (datetime(2026, 10, 31, 23, 59, 59, 999_999, UTC), date(2026, 10, 31)),
            (datetime(2026, 11, 1, tzinfo=UTC), date(2026, 11, 1)),
        ],
    )
    def test_days_are_those_of_utc(self, store, clock, moment, day):
        clock.now = moment
        store.results.add(new_result("a"))
        clock.now = datetime(2026, 11, 1, 0, 0, 1, tzinfo=UTC)
        assert list(store.overviews.get(TENANT, 2).days) == [day]
        assert (day == clock.now.date()) == bool(store.overviews.get(TENANT, 1).days)

    def test_confidences_are_counted_in_bins_of_one_width(self, store):
        values = [0.0, 0.049999, 0.05, 0.0999999999, 0.5, 0.97, 0.999999, 1.0]
        for name, confidence in enumerate(values):
            store.results.add(new_result(name, confidence=confidence))
        counts = store.overviews.get(TENANT, 1).confidences
        assert {at: n for at, n in enumerate(counts) if n} == {0: 2, 1: 2, 10: 1, 19: 3}
        assert len(counts) == BINS

    def test_shadows_count_for_their_variant_alone(self, store):
        store.results.add(new_result("a"))
        shadow = store.results.add(new_result("a", work=SHADOW_WORK, is_shadow=True))
        store.feedback.add(TENANT, shadow.id, "natural")
        found = store.overviews.get(TENANT, 1)
        assert found.variants == {WORK.variant: 1, SHADOW_WORK.variant: 1}
        assert sum(found.confidences) == 1
        assert [sum(labels.values()) for labels in found.days.values()] == [1]
        assert (found.judged, found.agree, found.contradictions) == (0, 0, ())

    def test_of_what_others_have_nothing_is_counted(self, store):
        theirs = store.results.add(new_result("a"))
        store.feedback.add(TENANT, theirs.id, "natural")
        found = store.overviews.get("other", 30)
        assert (found.days, found.variants, sum(found.confidences)) == ({}, {}, 0)
        assert (found.judged, found.agree, found.contradictions) == (0, 0, ())

    def test_what_was_said_last_of_a_result_is_what_counts(self, store, clock):
        confirmed, refuted, unsure = (store.results.add(new_result(name)) for name in "abc")
        leaning = store.results.add(
            new_result("d", label="uncertain", confidence=0.4, is_studio=False)
        )
        for result, labels in (
            (confirmed, ["natural", "studio"]),
            (refuted, ["studio", "natural"]),
            (unsure, ["natural", "uncertain"]),
            (leaning, ["natural"]),
        ):
            for label in labels:
                clock.move(1)
                store.feedback.add(TENANT, result.id, label, f"it is {label}")
        found = store.overviews.get(TENANT, 1)
        assert (found.judged, found.agree) == (3, 2)
        (one,) = found.contradictions
        assert (one.result_id, one.image_hash) == (refuted.id, refuted.image_hash)
        assert (one.label, one.confidence) == ("studio", 0.875)
        assert (one.feedback, one.note) == ("natural", "it is natural")
        (note,) = store.feedback.newest(TENANT, refuted.id, 1)
        assert one.created_at == note.created_at

    def test_the_newest_contradictions_are_listed(self, store, clock):
        ids = []
        for number in range(5):
            ids.append(store.results.add(new_result(number)).id)
            store.feedback.add(TENANT, ids[-1], "natural")
            clock.move(1)
        found = store.overviews.get(TENANT, 1, most=3)
        assert [one.result_id for one in found.contradictions] == ids[:1:-1]
        assert found.judged == 5

    def test_what_is_said_counts_by_when_it_is_said(self, store, clock):
        old = store.results.add(new_result("a"))
        store.feedback.add(TENANT, old.id, "studio")
        clock.move(40 * 86_400)
        found = store.overviews.get(TENANT, 30)
        assert (found.days, found.judged) == ({}, 0)
        store.feedback.add(TENANT, old.id, "natural")
        found = store.overviews.get(TENANT, 30)
        assert (found.days, found.judged, len(found.contradictions)) == ({}, 1, 1)

    def test_feedback_on_a_result_is_read_newest_first(self, store, clock):
        result = store.results.add(new_result("a"))
        said = []
        for label in ("studio", "natural", "uncertain"):
            said.insert(0, store.feedback.add(TENANT, result.id, label))
            clock.move(1)
        assert store.feedback.newest(TENANT, result.id, 9) == said
        assert store.feedback.newest(TENANT, result.id, 2) == said[:2]
        for tenant, result_id in (("other", result.id), (TENANT, uuid4())):
            with pytest.raises(RequestError) as caught:
                store.feedback.newest(tenant, result_id, 9)
            assert caught.value.code == "result_unknown"

    def test_results_are_chosen_by_their_names(self, store):
        ids = [store.results.add(new_result(number)).id for number in range(1100)]
        theirs = store.results.add(new_result("a", tenant="other")).id
        asked = [theirs, *reversed(ids), uuid4(), ids[0]]
        there = store.results.are_there(TENANT, asked)
        assert there == ids[::-1]
        assert [result.id for result in store.results.chosen(TENANT, there)] == there
        assert [result.id for result in store.results.chosen(TENANT, asked[:3])] == there[:2]
        assert store.results.are_there(TENANT, []) == []
