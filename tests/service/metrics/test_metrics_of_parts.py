"""What the parts tell: caches, callbacks, children, those who are left alone, and what runs."""

from __future__ import annotations

import socket
import urllib.request
from functools import partial
from types import SimpleNamespace

import pytest

from free_ports import free_port
from kept_pictures import file, sha256
from metric_reading import exposed, families, fetched, value
from studio_detector import __version__
from studio_detector.batch.keeper import Keeper
from studio_detector.config.load import settings_from_values
from studio_detector.errors import ConfigError, IsolationError
from studio_detector.pipeline.settings import Settings
from studio_detector.service.breaker import Breaker
from studio_detector.service.cache import CountedCache, MemoryCache
from studio_detector.service.cache.redis_cache import RedisCache
from studio_detector.service.children.outcome import new_result
from studio_detector.service.metrics.catalogue import CATALOGUE
from studio_detector.service.metrics.server import served as metrics_served
from studio_detector.service.parts import open_parts
from studio_detector.service.records import Work
from studio_detector.service.settings import ServiceSettings

WORK = Work(variant="default", pipeline_version="1+0", phases="all")


@pytest.fixture(scope="module")
def parts(tmp_path_factory):
    settings = ServiceSettings(workers=1, sweep_every_s=0.1)
    base = Settings(model="cues")
    with open_parts(
        settings,
        base,
        tmp_path_factory.mktemp("parts"),
        partial(settings_from_values, base, place="variants.toml"),
        serves=True,
    ) as parts:
        yield parts


class TestCache:
    def test_hits_and_misses_are_counted(self):
        """And nothing else is changed."""
        seen = []
        cache = CountedCache(MemoryCache(10), seen.append)

        assert cache.get("a") is None
        cache.put("a", "1", 60)
        assert "1" == cache.get("a")
        cache.delete("a")
        assert cache.get("a") is None
        assert cache.ping()
        cache.close()

        assert ["miss", "hit", "miss"] == seen

    def test_a_cache_that_is_away_has_no_misses(self):
        """They would say that it holds too little."""
        seen = []
        breaker = Breaker("the cache", 2, 60.0)
        away = RedisCache("redis://127.0.0.1:1/0", namespace="t", breaker=breaker)
        cache = CountedCache(away, seen.append)

        for _ in range(3):
            cache.get("a")

        assert ["error"] * 3 == seen
        assert cache.is_away
        assert cache.is_left_alone


class TestChildren:
    """A keeper with a child of no process."""

    @pytest.fixture
    def ends(self, monkeypatch):
        monkeypatch.setattr(
            Keeper, "_start", lambda keeper: setattr(keeper, "_child", Dummy()) or keeper._child
        )
        return []

    def keeper(self, ends, **changes):
        options = {"timeout_s": 1.0, "recycle_after": 2} | changes
        return Keeper("nothing", {}, ended=ends.append, **options)

    def ask(self, keeper, answer=1):
        def talk(_):
            if isinstance(answer, Exception):
                raise answer
            return answer

        return keeper.ask(talk, failed=lambda error: error, is_spent=lambda found: found == "spent")

    def test_one_that_has_served_enough_is_recycled(self, ends):
        """And the last one closed."""
        keeper = self.keeper(ends)
        for _ in range(5):
            self.ask(keeper)
        keeper.close()
        keeper.close()

        assert ["recycled", "recycled", "closed"] == ends

    @pytest.mark.parametrize(
        ("code", "end"),
        [("timeout", "killed_time"), ("memory", "killed_memory"), ("crashed", "crashed")],
    )
    def test_one_that_a_picture_took_along_is_counted_by_the_reason(self, ends, code, end):
        """It is not closed again."""
        keeper = self.keeper(ends)
        self.ask(keeper, IsolationError("on purpose", code=code))
        keeper.close()

        assert [end] == ends

    def test_one_that_ran_out_of_memory_is_ended_by_us(self, ends):
        """And the picture is tried in a fresh one, once."""
        keeper = self.keeper(ends)
        self.ask(keeper)
        self.ask(keeper, "spent")

        assert ["killed_memory"] * 2 == ends

    def test_one_that_answers_as_its_time_is_up_was_ended_for_that(self, ends):
        """Its answer counts all the same, and it is not closed again."""

        def late(child):
            child.is_over = True
            return 1

        keeper = self.keeper(ends)
        assert 1 == keeper.ask(late, failed=lambda error: error, is_spent=lambda _: False)
        keeper.close()

        assert ["killed_time"] == ends

    def test_one_that_is_abandoned_is_closed(self, ends):
        """Once."""
        keeper = self.keeper(ends)
        self.ask(keeper)
        keeper.abandon()
        keeper.close()

        assert ["closed"] == ends


class Dummy:
    """A child that ends when a conversation fails, as real ones do."""

    was_killed = False

    def __init__(self):
        self.served, self.is_over = 0, False

    def conversation(self, _):
        return self

    def __enter__(self):
        return None

    def __exit__(self, kind, error, traceback):
        self.is_over |= kind is not None
        self.served += kind is None

    def stop(self, **_):
        self.is_over = True

    def kill(self):
        """It notices later."""


class TestService:
    """All parts together, with a child that really decodes."""

    def test_everything_is_told(self, parts):
        """Of the whole catalogue."""
        assert CATALOGUE.keys() == exposed(parts.metrics).keys()

    def test_what_runs_is_told(self, parts):
        """By version, model and pipeline."""
        (build,) = exposed(parts.metrics)["studio_build_info"].samples
        model = parts.variants.detector("default", "auto").model.identity

        assert 1 == build.value
        assert __version__ == build.labels["version"]
        assert model == build.labels["model"]
        assert parts.variants.pipeline_version("default", "auto") == build.labels["pipeline"]

    def test_children_are_busy_idle_or_kept(self, parts):
        """One of each that analyses; those that draw are not told."""
        busy, idle, kept = parts.children.occupied()

        assert parts.children.size == busy + idle + kept
        assert 1 == kept
        assert idle == value(parts.metrics, "studio_children", state="idle")
        assert kept == value(parts.metrics, "studio_children", state="kept")

    def test_nobody_is_left_alone_at_first(self, parts):
        """Each kind is told all the same."""
        breakers = exposed(parts.metrics)["studio_breakers_open"].samples

        assert {"picture_host": 0, "callback_host": 0, "cache": 0} == {
            sample.labels["kind"]: sample.value for sample in breakers
        }

    def test_stages_of_a_real_analysis_and_a_drawing_are_measured(self, parts):
        """Planes among them, which take less than all of it."""
        data = file(1)
        digest = sha256(data)
        row = parts.children.analyse(data, sha256=digest, variant="default", phases="all")
        parts.metrics.stages.analysed(row)
        result = new_result(row, tenant="default", work=WORK)
        parts.children.overlay(data, result, parts.children.overlay_names(result)[0])

        def seconds(stage, what="sum"):
            return value(parts.metrics, f"studio_stage_duration_seconds_{what}", stage=stage)

        for stage in ("decode", "planes", "lighting", "detail", "report"):
            assert 1 == seconds(stage, "count")
            assert seconds(stage) > 0
        assert seconds("planes") < row["timing_ms"]["total"] / 1000


class TestWorker:
    @pytest.fixture
    def port(self):
        return free_port()

    def test_it_tells_its_metrics_until_the_end(self, metrics, port):
        """At a port of its own, and nothing afterwards."""
        metrics.jobs.tried("high", 1.0, 2.0, "analysed", None)
        with metrics_served(metrics.registry, "127.0.0.1", port) as address:
            with urllib.request.urlopen(address, timeout=5) as answer:
                found = families(answer.read().decode())
            assert f"http://127.0.0.1:{port}/metrics" == address

        assert 2 == next(
            sample.value
            for sample in found["studio_job_duration_seconds"].samples
            if sample.name.endswith("_sum")
        )
        with (
            pytest.raises(OSError, match="refused"),
            socket.create_connection(("127.0.0.1", port), 1),
        ):
            pass

    def test_without_a_port_nobody_listens(self, metrics):
        """The default."""
        with metrics_served(metrics.registry, "127.0.0.1", 0) as address:
            assert address is None
        assert 0 == ServiceSettings().metrics_port

    def test_a_port_that_is_taken_is_a_mistake_in_the_settings(self, metrics, port):
        """With the setting's name."""
        with (
            socket.create_server(("127.0.0.1", port)),
            pytest.raises(ConfigError, match="metrics_port") as caught,
            metrics_served(metrics.registry, "127.0.0.1", port),
        ):
            pass

        assert "config_invalid_value" == caught.value.code


def test_hosts_that_are_left_alone_are_counted(served, monkeypatch):
    """By what they are asked for; none is named."""
    monkeypatch.setattr(
        served.parts.poster._client, "breakers", SimpleNamespace(left_alone=lambda: 3)
    )

    found = fetched(served)["studio_breakers_open"].samples
    assert 3 == next(s.value for s in found if s.labels["kind"] == "callback_host")
