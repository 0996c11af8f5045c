"""Settings arrive at a worker as they were."""

from __future__ import annotations

import json
from dataclasses import fields

from hypothesis import given
from hypothesis import strategies as st

from studio_detector.batch.settings_message import settings_from_plain, settings_to_plain
from studio_detector.imaging.limits import Limits
from studio_detector.pipeline.settings import Settings

POSITIVE = st.integers(1, 2**62)
SETTINGS = st.builds(
    Settings,
    working_size_px=st.integers(64, 4096),
    limits=st.builds(Limits, **{field.name: POSITIVE for field in fields(Limits)}),
    isolate=st.booleans(),
    disabled_analyses=st.lists(st.text(), max_size=3).map(tuple),
    model=st.text(),
    phases=st.sampled_from(["auto", "lighting", "all"]),
    doubt_low=st.floats(0, 0.5),
    doubt_high=st.floats(0.5, 1),
    uncertain_low=st.none() | st.floats(0, 0.5),
    uncertain_high=st.none() | st.floats(0.5, 1),
    rule_weights=st.none() | st.dictionaries(st.text(), st.floats(0, 9), max_size=3),
    variant=st.text(),
)


@given(settings=SETTINGS)
def test_they_survive_the_way_through_json(settings):
    """Every one, lists and tables included."""
    assert settings == settings_from_plain(json.loads(json.dumps(settings_to_plain(settings))))
