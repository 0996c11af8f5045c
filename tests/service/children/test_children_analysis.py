"""Pictures in, rows out, whatever thread asks for whatever variant."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID, uuid4

import pytest

from kept_pictures import file, sha256
from pool_photos import flat, noisy
from studio_detector.batch.perceptual import perceptual_hash
from studio_detector.batch.supervisor import error_code
from studio_detector.errors import BusyError, RequestError
from studio_detector.imaging.limits import Limits
from studio_detector.pipeline.detector import Detector
from studio_detector.pipeline.plain import report_to_plain
from studio_detector.pipeline.settings import Settings
from studio_detector.pipeline.versions import basis
from studio_detector.service.children.children import AnalysisChildren


def analyse(children, data, variant="default", phases="auto", **more):
    return children.analyse(data, sha256=sha256(data), variant=variant, phases=phases, **more)


def untimed(row):
    return {key: value for key, value in row.items() if key != "timing_ms"}


class TestRows:
    @pytest.mark.parametrize("variant", ["default", "rules", "doubtful"])
    @pytest.mark.parametrize("phases", ["auto", "lighting", "all"])
    def test_they_are_what_a_detector_gives(self, children, settings, variant, phases):
        """Every bit, for every variant and every policy, without restarting a child."""
        chosen = settings[variant]
        detector = Detector(
            Settings(
                model=chosen.model,
                variant=variant,
                phases=phases,
                doubt_low=chosen.doubt_low,
                doubt_high=chosen.doubt_high,
            )
        )
        report = detector.analyse(file(1))
        row = untimed(analyse(children, file(1), variant, phases))

        assert untimed(report_to_plain(report)).items() <= row.items()
        detail = {a.SPEC.name for a in detector.registry.phase("detail")}
        assert sorted(detail & report.measurements.keys()) == row["detail_analyses"]
        assert basis(chosen) == row["basis"]
        assert list(detector.uncertain_band) == row["band"]
        assert [chosen.doubt_low, chosen.doubt_high] == row["doubt"]

    def test_the_perceptual_hash_is_that_of_batches(self, children):
        """One definition for both."""
        row = analyse(children, noisy(3, 128))

        expected = perceptual_hash(Detector().decode(noisy(3, 128)).rgb)
        assert expected == (row["pdq"], row["pdq_quality"])

    def test_a_picture_that_cannot_be_decoded_is_a_failure(self, children):
        """And the next one is fine."""
        row = analyse(children, b"no picture")

        assert "unsupported_format" == error_code(row)
        assert row["confidence"] is None
        assert error_code(analyse(children, file(1))) is None

    def test_a_file_beyond_a_limit_or_without_bytes_is_a_failure(self, make_children):
        """By the limits of its variant, and no child is lost on it."""
        small = Settings(variant="small", limits=Limits(max_file_bytes=100))
        with make_children({"default": Settings(), "small": small}) as children:
            codes = [
                error_code(analyse(children, data, variant))
                for data, variant in (
                    (file(1), "small"),
                    (b"", "default"),
                    (bytes(Limits().max_file_bytes + 1), "default"),
                    (file(1), "default"),
                )
            ]
            assert 1 == children._analysts[0]._child.served

        assert ["limit_file_size", "empty", "limit_file_size", None] == codes

    def test_a_variant_that_does_not_exist_is_refused(self, children):
        """With the ones that do."""
        with pytest.raises(RequestError, match=r"'warm'.*default, rules, doubtful") as caught:
            analyse(children, file(1), "warm")

        assert "unknown_variant" == caught.value.code

    def test_many_threads_share_few_children(self, children):
        """Every answer belongs to its picture."""
        seeds = list(range(12))
        with ThreadPoolExecutor(6) as threads:
            rows = list(threads.map(lambda seed: analyse(children, noisy(seed), "rules"), seeds))

        assert [sha256(noisy(seed)) for seed in seeds] == [row["sha256"] for row in rows]


class TestKnown:
    """Going on from what was measured before."""

    @pytest.mark.parametrize("phases", ["auto", "all"])
    @pytest.mark.parametrize("variant", ["doubtful", "rules"])
    def test_two_goes_are_as_one(self, children, variant, phases):
        """Lighting first, the rest later, in whatever child."""
        at_once = analyse(children, file(2), variant, phases)
        partial = analyse(children, file(2), variant, "lighting")
        rest = analyse(children, file(2), variant, phases, known=partial)

        assert untimed(at_once) == untimed(rest)

    def test_milliseconds_of_both_goes_add_up(self, children):
        """What a result cost is told in full."""
        partial = analyse(children, file(2), "doubtful", "lighting")
        partial["timing_ms"] = {
            "decode": 1000.0, "lighting": 2000.0, "network": 3000.0,
            "detail": None, "total": 6000.0,
        }  # fmt: skip
        timing = analyse(children, file(2), "doubtful", "all", known=partial)["timing_ms"]

        assert 1000 < timing["decode"] < 2000 <= timing["lighting"] < 3000
        assert 3000 <= timing["network"]
        assert timing["detail"] > 0
        stages = ("decode", "lighting", "network", "detail")
        assert sum(timing[stage] for stage in stages) == pytest.approx(timing["total"], abs=0.01)

    def test_what_is_known_is_not_measured_again(self, children):
        """Told by a number that no picture has."""
        partial = analyse(children, file(2), "rules", "lighting")
        partial["measurements"]["shadow"]["flat_ratio"] = 0.123456789

        row = analyse(children, file(2), "rules", "all", known=partial)

        assert 0.123456789 == row["measurements"]["shadow"]["flat_ratio"]

    @pytest.mark.parametrize("key", ["decode", "working_size_px", "max_metadata_bytes"])
    def test_what_was_measured_on_other_pixels_is(self, children, key):
        """By a release that decoded otherwise, or at another size."""
        partial = analyse(children, file(2), "rules", "lighting")
        partial["measurements"]["shadow"]["flat_ratio"] = 0.123456789
        partial["basis"][key] += 1

        row = analyse(children, file(2), "rules", "all", known=partial)

        assert untimed(analyse(children, file(2), "rules", "all")) == untimed(row)

    def test_another_engine_computes_the_network_again_alone(self, children):
        """The rest does not depend on it."""
        partial = analyse(children, file(2), "default", "lighting")
        partial["measurements"]["network"]["studio_logit"] = 29.0
        partial["measurements"]["shadow"]["flat_ratio"] = 0.123456789
        partial["basis"]["network_engine"] = "abacus 1"

        row = analyse(children, file(2), "default", "all", known=partial)

        assert 29.0 != row["measurements"]["network"]["studio_logit"]
        assert 0.123456789 == row["measurements"]["shadow"]["flat_ratio"]


class TestNearDuplicates:
    """The question in the midst."""

    def test_a_result_that_will_do_ends_the_analysis(self, children):
        """It is asked with the hash, in the thread that waits."""
        near, asked = uuid4(), []

        def wants_near(pdq, quality):
            asked.append((pdq, quality, threading.get_ident()))
            return near

        assert near == analyse(children, file(1), wants_near=wants_near)
        row = analyse(children, file(1))
        assert [(row["pdq"], row["pdq_quality"], threading.get_ident())] == asked

    def test_without_one_the_analysis_goes_on(self, children):
        """To the same row as without the question."""
        row = analyse(children, file(1), wants_near=lambda *_: None)

        assert not isinstance(row, UUID)
        assert untimed(analyse(children, file(1))) == untimed(row)

    def test_what_the_question_raises_comes_out_and_the_child_lives(self, make_children):
        """A database that is away is not the picture's fault."""

        def away(*_):
            raise BusyError("the database is away", code="store_unavailable")

        with make_children() as children:
            analyse(children, file(1))
            pid = children._analysts[0]._child._process.pid
            with pytest.raises(BusyError, match="database"):
                analyse(children, file(1), wants_near=away)
            row = analyse(children, file(1))

            assert error_code(row) is None
            assert pid == children._analysts[0]._child._process.pid

    def test_the_time_of_the_question_is_not_the_picture_s(self, make_children):
        """However slow the database is."""
        with make_children(timeout_s=1.5) as children:
            children.start()
            row = analyse(
                children, file(1), "rules", wants_near=lambda *_: threading.Event().wait(2) or None
            )

        assert error_code(row) is None

    def test_a_picture_that_cannot_be_decoded_asks_nothing(self, children):
        """There is no hash."""
        row = analyse(children, b"no picture", wants_near=lambda *_: pytest.fail("asked"))

        assert "unsupported_format" == error_code(row)


class TestEnd:
    def test_after_closing_nothing_is_taken(self, make_children):
        """Who asks is told to come back."""
        children = make_children()
        children.close()
        children.close()

        with pytest.raises(BusyError) as caught:
            analyse(children, file(1))

        assert "draining" == caught.value.code

    def test_closing_ends_pictures_on_their_way_and_those_that_wait(self, make_children):
        """In their threads, at once."""
        children = make_children()
        began, hold = threading.Event(), threading.Event()

        def stuck(*_):
            began.set()
            hold.wait(60)

        with ThreadPoolExecutor(3) as threads:
            first = threads.submit(analyse, children, file(1), wants_near=stuck)
            assert began.wait(60)
            others = [threads.submit(analyse, children, file(2)) for _ in range(2)]
            threading.Timer(0.2, hold.set).start()
            children.close()

            for waiting in (first, *others):
                with pytest.raises(BusyError):
                    waiting.result(timeout=60)

    def test_every_child_is_ended(self, make_children):
        """None outlives its parent's interest."""
        with make_children(size=2) as children:
            children.start()
            processes = [keeper._child._process for keeper in children._analysts]
            assert [None, None] == [process.poll() for process in processes]

        assert all(process.poll() is not None for process in processes)

    def test_what_a_child_cannot_start_with_is_told(self, make_children):
        """Before any picture."""
        from studio_detector.errors import ConfigError

        children = make_children({"default": Settings(model="nonsense")})
        with pytest.raises(ConfigError, match="nonsense"), children:
            children.start()


def test_flat_pictures_have_a_hash_of_no_quality(children):
    """And a verdict all the same."""
    row = analyse(children, flat((120, 130, 140)))

    assert 0 == row["pdq_quality"]
    assert 0 <= row["confidence"] <= 1


class TestUrgency:
    def test_ordinary_work_leaves_a_child_for_urgent_pictures(self):
        """However much of it there is."""
        data = file(1)
        entered, gate = threading.Semaphore(0), threading.Event()

        def held(*_):
            entered.release()
            gate.wait(60)

        options = {"timeout_s": 60, "memory_bytes": 1 << 31, "recycle_after": 100}
        with (
            AnalysisChildren({"default": Settings()}, size=2, **options) as children,
            ThreadPoolExecutor(3) as threads,
        ):
            ordinary = [
                threads.submit(analyse, children, data, wants_near=held, is_urgent=False)
                for _ in range(3)
            ]
            assert entered.acquire(timeout=60)
            assert analyse(children, data, is_urgent=True)["label"]
            assert not entered.acquire(blocking=False)
            gate.set()
            assert [True] * 3 == [bool(done.result(60)["label"]) for done in ordinary]

    def test_where_nothing_is_urgent_every_child_works(self):
        """As with a worker for one queue."""
        together = threading.Barrier(2)

        def meet(*_):
            together.wait(60)

        options = {"timeout_s": 60, "memory_bytes": 1 << 31, "recycle_after": 100}
        with (
            AnalysisChildren({"default": Settings()}, size=2, kept=0, **options) as children,
            ThreadPoolExecutor(2) as threads,
        ):
            ordinary = [
                threads.submit(analyse, children, file(1), wants_near=meet, is_urgent=False)
                for _ in range(2)
            ]
            assert [True] * 2 == [bool(done.result(120)["label"]) for done in ordinary]
