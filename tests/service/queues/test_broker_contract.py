"""What every broker keeps: embedded, Redis and RabbitMQ."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
import uuid
from collections import Counter
from pathlib import Path

import pytest

_CONSUMER = Path(__file__).with_name("consumer_process.py")


def _names(count):
    return [str(uuid.uuid4()) for _ in range(count)]


def _filled(place, count):
    """A broker where so many standard names wait, and these."""
    broker, sent = place.open(), _names(count)
    for name in sent:
        broker.send("standard", name)
    return broker, sent


class TestDelivery:
    def test_every_name_that_was_sent_is_handled(self, place, handled):
        """Once each, as long as nothing fails, with the queue it was sent to."""
        queues = Counter()
        handled.do = lambda queue, _: queues.update([queue])
        broker = place.open()
        broker.consume({("high", "standard"): 2, ("webhook",): 1}, handled)
        sent = _names(30)
        for queue, names in zip(
            ("high", "standard", "webhook"), (sent[:10], sent[10:20], sent[20:]), strict=True
        ):
            assert all(broker.send(queue, name) for name in names)
        handled.wait_ended(30)
        assert sorted(sent) == sorted(handled.ended)
        assert queues == {"high": 10, "standard": 10, "webhook": 10}

    def test_a_uuid_may_be_sent_as_it_is(self, place, handled):
        broker = place.open()
        name = uuid.uuid4()
        assert broker.send("standard", name)
        broker.consume({("standard",): 1}, handled)
        handled.wait_ended(1)
        assert handled.ended == [str(name)]

    def test_names_sent_before_anybody_consumes_wait(self, place, handled):
        broker = place.open()
        sent = _names(20)
        for name in sent:
            broker.send("standard", name)
        assert broker.depth("standard") == 20
        broker.consume({("standard",): 2}, handled)
        handled.wait_ended(20)
        assert sorted(sent) == sorted(handled.ended)

    def test_a_name_sent_twice_comes_twice(self, place, handled):
        """The broker judges nothing: that the second is harmless is the store's doing."""
        broker = place.open()
        broker.consume({("standard",): 1}, handled)
        for _ in range(2):
            broker.send("standard", "again")
        handled.wait_ended(2)
        assert handled.ended == ["again", "again"]

    def test_one_thread_takes_names_in_their_order(self, place, handled):
        broker = place.open()
        sent = _names(50)
        for name in sent:
            broker.send("standard", name)
        broker.consume({("standard",): 1}, handled)
        handled.wait_ended(50)
        assert handled.ended == sent

    def test_what_a_handler_raises_stops_nothing(self, place, handled, caplog):
        def fail(queue, name):
            raise RuntimeError("on purpose")

        handled.do = fail
        broker = place.open()
        broker.consume({("standard",): 1}, handled)
        for name in _names(5):
            broker.send("standard", name)
        handled.wait_ended(5)
        assert "on purpose" in caplog.text

    def test_an_idle_pool_takes_a_name_at_once(self, place, handled):
        """In 50 ms at the median, though idle threads sleep for half a second."""
        broker = place.open()
        broker.consume({("high", "standard"): 2}, handled)
        broker.send("standard", "first")
        handled.wait_ended(1)
        waits = []
        for i in range(2, 12):
            time.sleep(0.1)  # so that everything sleeps; no event says so
            begin = time.monotonic()
            broker.send("standard", f"number {i}")
            handled.wait_ended(i)
            waits.append(time.monotonic() - begin)
        assert sorted(waits)[5] < 0.05, waits


class TestTakingAlong:
    def test_no_more_is_taken_than_an_equal_share_of_what_waits(self, place):
        """From memory, in its order; and nothing from servers, which would count it as handled."""
        broker, sent = _filled(place, 20)

        taken = [broker.take_along("standard", 3, takers) for takers in (21, 20, 5, 1)]

        if place.kind == "embedded":
            assert taken == [[], sent[:1], sent[1:4], sent[4:7]]
        else:
            assert taken == [[]] * 4
        assert broker.depth("standard") == 20 - sum(map(len, taken))

    def test_what_is_given_back_comes_first_and_in_its_order(self, place, handled):
        broker, sent = _filled(place, 12)

        taken = [uuid.UUID(name) for name in broker.take_along("standard", 6, 2)]
        broker.give_back("standard", taken)
        broker.give_back("standard", [])
        broker.consume({("standard",): 1}, handled)

        handled.wait_ended(12)
        assert handled.ended == sent

    def test_what_is_given_back_wakes_who_has_nothing_to_do(self, place, handled):
        broker, sent = _filled(place, 8)
        taken = [uuid.UUID(name) for name in broker.take_along("standard", 6, 1)]
        broker.consume({("standard",): 2}, handled)
        handled.wait_ended(8 - len(taken))

        broker.give_back("standard", taken)

        handled.wait_ended(8)
        assert sorted(handled.ended) == sorted(sent)

    def test_what_was_taken_along_is_handled_by_nobody_else(self, place, handled, eventually):
        broker, sent = _filled(place, 20)
        along = []
        handled.do = lambda queue, _: along.extend(broker.take_along(queue, 2, 3))

        broker.consume({("standard",): 2}, handled)

        eventually(lambda: sorted([*along, *handled.ended]) == sorted(sent))
        assert bool(along) == (place.kind == "embedded")


class TestPools:
    def test_a_flood_of_standard_names_does_not_delay_high_ones(self, place, handled):
        """500 wait and the pool is busy: a high name is begun before any other ends."""
        handled.gate.clear()
        broker = place.open()
        for name in _names(500):
            broker.send("standard", name)
        broker.consume({("high", "standard"): 3}, handled)
        handled.wait_begun(2)
        begin = time.monotonic()
        broker.send("high", "now")
        handled.wait_begun(3)
        assert handled.begun[2] == "now"
        assert time.monotonic() - begin < 1
        assert handled.ended == []

    def test_high_names_take_every_free_thread_first(self, place, handled):
        """Of 100 standard and 20 high names that wait, the high ones come out first."""
        handled.gate.clear()
        broker = place.open()
        for name in _names(100):
            broker.send("standard", name)
        broker.consume({("high", "standard"): 3}, handled)
        handled.wait_begun(2)
        for i in range(20):
            broker.send("high", f"high {i}")
        handled.wait_begun(3)
        order = []
        handled.do = lambda queue, _: (order.append(queue), time.sleep(0.005))
        handled.gate.set()
        handled.wait_ended(60)
        # A thread may fetch a standard name in the moment in which no high one has arrived.
        assert max(i for i, queue in enumerate(order) if queue == "high") < 40

    def test_a_busy_class_leaves_a_thread_to_those_before_it(self, place, handled, eventually):
        handled.gate.clear()
        broker = place.open()
        for name in _names(20):
            broker.send("standard", name)
        broker.consume({("high", "standard"): 3}, handled)
        handled.wait_begun(2)
        # The third thread stays free, and nothing is taken ahead of a free thread.
        eventually(lambda: broker.depth("standard") == 18)
        assert handled.most_running["standard"] == 2

    def test_pools_do_not_wait_for_one_another(self, place, handled):
        """Slow callbacks hold up neither pictures nor maintenance, nor the other way round."""
        handled.gate.clear()
        broker = place.open()
        broker.consume(
            {("high", "standard"): 2, ("webhook",): 1, ("detail",): 1, ("maintenance",): 1}, handled
        )
        for queue in ("standard", "webhook", "detail", "maintenance", "high"):
            broker.send(queue, queue)
        handled.wait_begun(5)
        assert set(handled.begun) == {"standard", "webhook", "detail", "maintenance", "high"}


class TestStopping:
    def test_a_stop_waits_for_what_was_begun_and_loses_nothing(self, place, handled):
        """40 names, a stop in the middle: each was handled once or is handled afterwards."""
        handled.do = lambda *_: time.sleep(0.03)
        broker = place.open()
        sent = _names(40)
        for name in sent:
            broker.send("standard", name)
        broker.consume({("high", "standard"): 3}, handled)
        handled.wait_ended(5)
        broker.stop(10)
        done = handled.ended
        assert len(handled.begun) == len(done) < 40
        broker.consume({("standard",): 2}, handled)
        handled.wait_ended(40)
        assert Counter(handled.ended) == Counter(sent)

    def test_a_stop_does_not_wait_longer_than_it_may(self, place, handled):
        handled.gate.clear()
        broker = place.open()
        broker.consume({("standard",): 1}, handled)
        broker.send("standard", "stuck")
        handled.wait_begun(1)
        begin = time.monotonic()
        broker.stop(0.5)
        assert time.monotonic() - begin < 4

    def test_an_idle_stop_is_quick(self, place, handled):
        broker = place.open()
        broker.consume({("high", "standard"): 2, ("webhook",): 2}, handled)
        broker.send("standard", "one")
        handled.wait_ended(1)
        begin = time.monotonic()
        broker.stop(20)
        assert time.monotonic() - begin < 3

    def test_nothing_is_taken_after_a_stop(self, place, handled):
        broker = place.open()
        broker.consume({("standard",): 1}, handled)
        broker.stop(1)
        broker.send("standard", "late")
        assert broker.depth("standard") == 1

    def test_no_thread_is_left_over(self, place, handled):
        before = set(threading.enumerate())
        broker = place.open()
        broker.consume({("high", "standard"): 2, ("webhook",): 1}, handled)
        broker.send("standard", "one")
        handled.wait_ended(1)
        broker.close()
        # The proxy's threads end when the server has closed its side.
        deadline = time.monotonic() + 5
        while extra := _ours(before):
            assert time.monotonic() < deadline, extra
            time.sleep(0.02)


def _ours(before):
    return [
        thread
        for thread in set(threading.enumerate()) - before
        if "_pass" not in thread.name and "_accept" not in thread.name
    ]


class TestFlood:
    def test_thousands_of_names_take_little_memory_and_come_out(self, place, handled):
        """Less than 40 MB, and no more held than the pool may."""
        before = _resident_mb()
        broker = place.open()
        sent = [str(uuid.UUID(int=i)) for i in range(5_000)]
        for name in sent:
            assert broker.send("standard", name)
        handled.gate.clear()
        broker.consume({("high", "standard"): 3}, handled)
        handled.wait_begun(2)
        grown = _resident_mb() - before
        handled.gate.set()
        handled.wait_ended(5_000, timeout=120)
        assert set(handled.ended) == set(sent)
        assert handled.most_running["standard"] == 2
        assert grown < 40, grown


def _resident_mb():
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) / 1024
    return pytest.skip("no /proc here")


class TestServer:
    def test_a_name_whose_process_was_killed_comes_again(self, server_place, handled):
        """SIGKILL in the middle of handling; another process gets it."""
        broker = server_place.open()
        broker.send("standard", "fatal")
        process = subprocess.Popen(
            [sys.executable, _CONSUMER, server_place.url, server_place.namespace, "1"],
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            assert process.stdout.readline().strip() == "fatal"
            broker.consume({("standard",): 1}, handled)
            assert broker.depth("standard") == 0
        finally:
            process.kill()
            process.wait()
            process.stdout.close()
        handled.wait_ended(1, timeout=30)
        assert handled.ended == ["fatal"]

    def test_messages_outlive_the_process_that_sent_them(self, server_place, handled):
        first = server_place.open()
        sent = _names(10)
        for name in sent:
            first.send("standard", name)
        first.close()
        server_place.open().consume({("standard",): 1}, handled)
        handled.wait_ended(10)
        assert handled.ended == sent

    def test_a_second_namespace_sees_nothing(self, server_place):
        server_place.open().send("standard", "ours")
        server_place.namespace += "-other"
        other = server_place.open()
        assert other.depth("standard") == 0

    @pytest.mark.parametrize("how", ["refuse", "freeze"])
    def test_an_absent_server_costs_one_second_once(self, server_place, how):
        """Then nothing; and it says that nothing was sent."""
        broker = server_place.open()
        assert broker.send("standard", "before")
        getattr(server_place.proxy, how)()
        begin = time.monotonic()
        assert broker.send("standard", "lost") is False
        first = time.monotonic() - begin
        begin = time.monotonic()
        assert not any(broker.send("standard", "lost") for _ in range(100))
        assert broker.depth("standard") is None
        rest = time.monotonic() - begin
        assert first < 2.5
        assert rest < 0.2

    @pytest.mark.parametrize("how", ["refuse", "freeze"])
    def test_a_ping_says_whether_the_server_is_there(self, server_place, how):
        broker = server_place.open()
        assert broker.ping()
        getattr(server_place.proxy, how)()
        begin = time.monotonic()
        assert not broker.ping()
        assert time.monotonic() - begin < 2.5

    def test_a_server_absent_from_the_start_is_no_error(self, server_place, handled, eventually):
        server_place.proxy.refuse()
        broker = server_place.open()
        assert not broker.ping()
        broker.consume({("standard",): 1}, handled)
        assert broker.send("standard", "lost") is False
        server_place.proxy.restore()
        eventually(lambda: broker.send("standard", "found"))
        handled.wait_ended(1)
        assert handled.ended == ["found"]

    def test_a_server_that_comes_back_is_used_again(self, server_place, handled, eventually):
        """By who sends and by who consumes, without anybody restarting them."""
        broker = server_place.open()
        broker.consume({("standard",): 2, ("webhook",): 1}, handled)
        broker.send("standard", "before")
        handled.wait_ended(1)
        server_place.proxy.refuse()
        assert broker.send("standard", "lost") is False
        server_place.proxy.restore()
        eventually(lambda: broker.send("standard", "after"))
        # The first may come again: that it was handled may not have been told before the cut.
        eventually(lambda: handled.ended[-1] == "after")
        assert set(handled.ended) == {"before", "after"}

    def test_an_outage_while_names_are_handled_loses_none(self, server_place, handled, eventually):
        """They may come again, since nobody could tell the server that they were handled."""
        handled.do = lambda *_: time.sleep(0.02)
        broker = server_place.open()
        sent = _names(60)
        for name in sent:
            broker.send("standard", name)
        broker.consume({("standard",): 2}, handled)
        handled.wait_ended(10)
        server_place.proxy.refuse()
        time.sleep(0.3)  # the outage
        server_place.proxy.restore()
        # Redis still counts the names that this process took and could not begin as its own;
        # those the sweeper sends again, and here the end of the process gives them back.
        eventually(lambda: broker.depth("standard") == 0)
        broker.stop(5)
        server_place.open().consume({("standard",): 2}, handled)
        eventually(lambda: set(handled.ended) == set(sent), timeout=30)

    def test_a_stop_during_an_outage_ends(self, server_place, handled):
        broker = server_place.open()
        broker.consume({("standard",): 2}, handled)
        broker.send("standard", "one")
        handled.wait_ended(1)
        server_place.proxy.refuse()
        begin = time.monotonic()
        broker.stop(2)
        assert time.monotonic() - begin < 8
