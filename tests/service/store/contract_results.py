"""What the store promises about results and what people say about them."""

from __future__ import annotations

from dataclasses import fields
from datetime import timedelta
from uuid import uuid4

import pytest

from service.store.store_examples import (
    SHADOW_WORK,
    TENANT,
    WORK,
    accept_one,
    begin,
    erase,
    finish_with,
    new_job,
    new_result,
    picture,
)
from studio_detector.errors import RequestError
from studio_detector.service.records import ResultFilter, Verdict, Work
from studio_detector.service.similar import SimilarIndex


class ResultsContract:
    """Verdicts: stored once, found by what they say."""

    def test_a_result_is_read_as_it_was_stored(self, store, clock):
        new = new_result("a", phase3_results={"depth": {"values": [1e-9, -0.0, 12345.6789012345]}})
        result = store.results.add(new)
        assert store.results.get(TENANT, result.id) == result
        for name in type(new).__dataclass_fields__:
            assert getattr(result, name) == getattr(new, name)
        assert result.created_at == clock.now
        assert store.results.by_work(TENANT, picture("a"), WORK) == result
        assert store.results.by_work(TENANT, picture("a"), SHADOW_WORK) is None

    def test_text_that_no_database_takes_is_replaced_inside_of_reports(self, store):
        report = {"a\0": ["\ud800", {"b": "\U0001f4f7 \0"}], "c": "\\u0000 is only words"}
        result = store.results.add(new_result("a", report=report))
        assert store.results.get(TENANT, result.id).report == {
            "a\ufffd": ["?", {"b": "\U0001f4f7 \ufffd"}],
            "c": "\\u0000 is only words",
        }

    def test_unknown_results_and_those_of_others_are_not_there(self, store):
        result = store.results.add(new_result("a"))
        for tenant, result_id in (("other", result.id), (TENANT, uuid4())):
            with pytest.raises(RequestError) as caught:
                store.results.get(tenant, result_id)
            assert caught.value.code == "result_unknown"

    def test_results_are_found_by_what_they_say(self, store, clock):
        sure = store.results.add(new_result("a", confidence=0.9))
        clock.move(1)
        unsure = store.results.add(
            new_result("b", confidence=0.4, is_studio=False, label="uncertain")
        )
        clock.move(1)
        other = store.results.add(new_result("a", work=SHADOW_WORK, confidence=0.95))
        store.results.add(new_result("c", is_shadow=True))
        store.results.add(new_result("a", tenant="other"))

        def found(**wanted):
            return [r.id for r in store.results.find(TENANT, ResultFilter(**wanted)).items]

        assert found() == [other.id, unsure.id, sure.id]
        assert found(is_studio=False) == [unsure.id]
        assert found(label="studio") == [other.id, sure.id]
        assert found(confidence_min=0.9) == [other.id, sure.id]
        assert found(confidence_max=0.9) == [unsure.id, sure.id]
        assert found(created_after=clock.now - timedelta(seconds=2)) == [other.id, unsure.id]
        assert found(image_hash=picture("a")) == [other.id, sure.id]
        assert found(variant="main", is_studio=True) == [sure.id]

    def test_results_are_listed_newest_first_a_page_at_a_time(self, store, clock):
        stored = []
        for number in range(9):
            stored.append(store.results.add(new_result(number)).id)
            clock.move(number % 2)
        page = store.results.find(TENANT, limit=4)
        seen = list(page.items)
        while page.cursor:
            page = store.results.find(TENANT, cursor=page.cursor, limit=4)
            seen += page.items
        assert [result.id for result in seen] == list(reversed(stored))

    def test_verdicts_are_results_without_what_they_rest_on(self, store, clock):
        for number in range(5):
            store.results.add(new_result(number))
            clock.move(1)
        page = store.results.verdicts(TENANT, limit=3)
        seen = [*page.items, *store.results.verdicts(TENANT, cursor=page.cursor).items]
        found = store.results.find(TENANT).items
        names = [field.name for field in fields(Verdict)]
        assert [[getattr(one, name) for name in names] for one in seen] == [
            [getattr(one, name) for name in names] for one in found
        ]

    def test_a_cursor_of_another_list_is_refused(self, store):
        for number in range(2):
            store.results.add(new_result(number))
            accept_one(store, new_job(f"j{number}"))
        cursor = store.results.find(TENANT, limit=1).cursor
        with pytest.raises(RequestError) as caught:
            store.jobs.find(TENANT, cursor=cursor)
        assert caught.value.code == "request_invalid"

    def test_all_results_are_gone_through_though_more_are_stored_meanwhile(self, store):
        for number in range(1100):
            store.results.add(new_result(number, tenant="many" if number % 2 else TENANT))
        newer = Work(variant="main", pipeline_version="9", phases="auto")
        seen = 0
        for result in store.results.iterate(TENANT, ResultFilter(variant="main")):
            if result.work == newer:
                continue
            seen += 1
            if seen % 100 == 0:
                store.results.add(new_result(f"new {seen}", work=newer))
        assert seen == 550
        assert sum(1 for _ in store.results.iterate()) == 1105
        store.results.add(new_result("s", is_shadow=True))
        assert sum(1 for _ in store.results.iterate(with_shadows=False)) == 1105

    def test_a_deleted_result_takes_what_was_said_about_it_along(self, store):
        done = finish_with(store, begin(store, accept_one(store, new_job("a"))), "a")
        store.feedback.add(TENANT, done.result_id, "natural")
        erase(store, "picture", "a")
        assert store.feedback.for_result(TENANT, done.result_id) == []
        # The picture is analysed anew when it comes again.
        assert accept_one(store, new_job("a")).state == "queued"

    def test_perceptual_hashes_feed_the_index(self, store):
        first = store.results.add(new_result("a", perceptual_hash="0f" * 32))
        store.results.add(new_result("b", perceptual_hash=None, perceptual_quality=None))
        second = store.results.add(new_result("c", perceptual_hash="0f" * 31 + "0e"))
        rows = store.results.hashes_after(0, 10)
        assert [row.result_id for row in rows] == [first.id, second.id]
        assert (rows[0].work, rows[0].pdq, rows[0].quality) == (WORK, "0f" * 32, 88)
        assert store.results.hashes_after(rows[0].seq, 10) == rows[1:]
        assert store.results.hashes_after(0, 1) == rows[:1]
        assert store.results.hashes_after(0, 10, "other") == []
        index = SimilarIndex()
        assert index.catch_up(store.results.hashes_after) == 2
        assert index.near(TENANT, "0f" * 32, 88) == [(first.id, 0), (second.id, 1)]

    def test_feedback_is_kept_beside_the_verdict(self, store, clock):
        result = store.results.add(new_result("a"))
        first = store.feedback.add(TENANT, result.id, "natural", "a window\0, clearly")
        clock.move(1)
        second = store.feedback.add(TENANT, result.id, "uncertain")
        assert store.feedback.for_result(TENANT, result.id) == [first, second]
        assert first.note == "a window\ufffd, clearly"
        (row, _) = store.feedback.export(TENANT)
        assert (row.note, row.image_hash, row.variant) == (first, picture("a"), "main")
        assert (row.label, row.confidence, row.model) == ("studio", 0.875, "lighting-1")
        assert len(list(store.feedback.export())) == 2
        assert list(store.feedback.export("other")) == []

    def test_feedback_on_nothing_or_of_another_kind_is_refused(self, store):
        result = store.results.add(new_result("a"))
        for tenant, result_id, label, code in (
            (TENANT, uuid4(), "studio", "result_unknown"),
            ("other", result.id, "studio", "result_unknown"),
            (TENANT, result.id, "perhaps", "request_invalid"),
        ):
            with pytest.raises(RequestError) as caught:
                store.feedback.add(tenant, result_id, label)
            assert caught.value.code == code

    def test_variants_are_compared_by_their_newest_results(self, store, clock):
        older = Work(variant="main", pipeline_version="0", phases="auto")
        store.results.add(new_result("a", work=older, confidence=0.2, label="natural"))
        agreed = [new_result("a"), new_result("a", work=SHADOW_WORK, is_shadow=True)]
        differ = [
            new_result("b", confidence=0.75),
            new_result("b", work=SHADOW_WORK, confidence=0.25, is_studio=False, label="natural"),
        ]
        close = [
            new_result("c", confidence=0.55, label="uncertain"),
            new_result("c", work=SHADOW_WORK, confidence=0.65),
        ]
        stored = [store.results.add(new) for new in (*agreed, *differ, *close)]
        store.results.add(new_result("only one has seen this"))
        store.feedback.add(TENANT, stored[2].id, "studio")
        clock.move(1)
        store.feedback.add(TENANT, stored[3].id, "natural")
        found = store.results.disagreements("main", "rival")
        assert (found.pictures, found.labels_differ, found.verdicts_differ) == (3, 2, 1)
        assert found.mean_difference == pytest.approx((0.0 + 0.5 + 0.1) / 3)
        assert (found.judged, found.a_right, found.b_right) == (1, 0, 1)
        assert [row.image_hash for row in found.rows] == [picture("b"), picture("c")]
        row = found.rows[0]
        assert (row.a_id, row.b_id, row.feedback) == (stored[2].id, stored[3].id, "natural")
        assert (row.a_label, row.b_label) == ("studio", "natural")
        assert len(store.results.disagreements("main", "rival", limit=1).rows) == 1
        assert store.results.disagreements("main", "rival", tenant="other").pictures == 0
        assert store.results.disagreements("main", "nobody").mean_difference is None
