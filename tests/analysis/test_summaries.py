"""The one line that says what a measure is: explanations show it without its neighbours."""

from __future__ import annotations

import importlib
import re

import pytest

from studio_detector.analysis.registry import BUILT_IN

SPECS = [importlib.import_module(name).SPEC for name in BUILT_IN]
# Words that point at the line above, which is not there when a line stands alone.
POINTING = re.compile(
    r"^the same\b|\bas such\b|\bsuch an?\b|\bthose (?!that)|\bditto\b", re.IGNORECASE
)


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.name)
class TestSummaries:
    def test_each_can_be_read_alone(self, spec):
        """None leans on the measure listed before it."""
        assert [] == [m.summary for m in spec.measures if POINTING.search(m.summary)]

    def test_the_words_before_the_colon_tell_measures_apart(self, spec):
        """Explanations show those: what follows says how to read a high value."""
        shown = [measure.summary.partition(":")[0].casefold() for measure in spec.measures]

        assert sorted(set(shown)) == sorted(shown)
        assert [] == [words for words in shown if ";" in words]

    def test_each_is_one_line_of_one_sentence(self, spec):
        """It begins with a capital and has no full stop, as the tables print it."""
        for measure in spec.measures:
            assert measure.summary == " ".join(measure.summary.split())
            assert measure.summary[0].isupper() or measure.summary.startswith(("a* ", "b* "))
            assert not measure.summary.endswith(".")


@pytest.mark.parametrize(
    "summary",
    [
        "The same of twice the angle: 0 = one axis, either way",
        "95th percentile of the gradient along dark outlines, as such a share",
    ],
)
def test_summaries_that_lean_on_a_neighbour_are_found(summary):
    """The search above can fail."""
    assert POINTING.search(summary)
