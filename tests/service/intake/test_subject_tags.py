"""Tags as they are stored."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from studio_detector.service.intake.subject_tags import SubjectTags
from studio_detector.service.secret import ServiceSecret

TENANTS = st.from_regex(r"[a-z0-9][a-z0-9._-]{0,63}", fullmatch=True)
FIRST, SECOND = (SubjectTags.of(ServiceSecret(word * 40)) for word in "ab")


@given(tenant=TENANTS, tag=st.text(min_size=1, max_size=200))
def test_a_tag_is_hashed_the_same_way_every_time(tenant, tag):
    hashed = FIRST.hashed(tenant, tag)
    assert hashed == FIRST.hashed(tenant, tag)
    assert len(hashed) == 64
    assert int(hashed, 16) >= 0


@given(st.tuples(TENANTS, st.text()), st.tuples(TENANTS, st.text()))
def test_other_tags_and_those_of_other_tenants_have_nothing_in_common(one, other):
    assert (FIRST.hashed(*one) == FIRST.hashed(*other)) == (one == other)


def test_with_another_secret_no_tag_is_found():
    assert FIRST.hashed("default", "anna") != SECOND.hashed("default", "anna")
    assert FIRST.hashed("default", "anna") != FIRST.hashed("other", "anna")


def test_the_key_is_not_shown():
    assert repr(FIRST) == "SubjectTags()"
