"""Which threads serve which queues."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio_detector.service.queues.pools import QUEUES, children_of, kept_of, pools_of
from studio_detector.service.queues.worker import pools_for
from studio_detector.service.settings import ServiceSettings

SETS = st.sets(st.sampled_from(QUEUES), min_size=1)


@given(SETS, st.integers(1, 64), st.booleans())
def test_every_queue_is_served_by_one_pool(queues, workers, split):
    pools = pools_of(queues, workers=workers, split_phases=split)
    assert sorted(queue for pool in pools for queue in pool) == sorted(queues)
    assert min(pools.values()) >= 1


@given(SETS, st.integers(1, 64), st.booleans())
def test_callbacks_and_maintenance_share_threads_with_nothing(queues, workers, split):
    pools = pools_of(queues, workers=workers, split_phases=split)
    for queue in {"webhook", "maintenance"} & queues:
        assert (queue,) in pools


@given(st.integers(1, 64))
def test_urgent_work_has_a_child_more_than_standard_work_may_take(workers):
    assert children_of(pools_of(QUEUES, workers=workers, split_phases=False)) == workers + 1
    assert pools_of(QUEUES, workers=workers, split_phases=True)["high", "standard"] == workers + 3


@pytest.mark.parametrize("queue", ["high", "standard", "detail"])
@pytest.mark.parametrize("split", [False, True])
def test_a_worker_for_one_class_gives_it_everything(queue, split):
    pools = pools_of([queue], workers=4, split_phases=split)
    assert pools == {(queue,): 4 if queue == "detail" and split else 6}
    assert kept_of(pools) == 0


@given(SETS, st.integers(1, 64), st.booleans())
def test_a_child_is_kept_only_where_urgent_work_shares_with_other_work(queues, workers, split):
    pools = pools_of(queues, workers=workers, split_phases=split)
    others = {"standard"} if split else {"standard", "detail"}
    assert kept_of(pools) == ("high" in queues and bool(others & queues))
    assert children_of(pools) - kept_of(pools) >= bool(queues & {"high", "standard", "detail"})


def test_details_have_threads_of_their_own_where_phases_are_split():
    assert pools_of(QUEUES, workers=4, split_phases=True)["detail",] == 2
    assert pools_of(QUEUES, workers=1, split_phases=True)["detail",] == 1


def test_details_left_from_before_come_last_where_phases_are_not_split():
    assert pools_of(QUEUES, workers=4, split_phases=False)["high", "standard", "detail"] == 7


def test_only_threads_that_analyse_keep_a_child_busy():
    assert children_of(pools_for(ServiceSettings(workers=4))) == 5
    assert children_of(pools_for(ServiceSettings(workers=4, split_phases=True))) == 7
    assert children_of(pools_for(ServiceSettings(workers=4), ["webhook"])) == 0
