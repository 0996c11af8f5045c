"""Every target keeps its property: on all kept inputs, and on some hundred made-up ones.

The long search is ``make fuzz``; its results are in docs/service/fuzzing.md.
"""

from __future__ import annotations

import re
import warnings

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from studio_detector.errors import CODES, ConfigError
from tools.fuzz import catalogue
from tools.fuzz.__main__ import main
from tools.fuzz.plain import inputs, search
from tools.fuzz.target import Target, tried

_EXAMPLES = 200


@pytest.fixture(params=catalogue.names())
def named(request):
    """Each target with its name."""
    return request.param, catalogue.target(request.param)


def test_every_target_has_kept_inputs(named):
    """They are small, and within what the target is given."""
    name, target = named
    kept = dict(catalogue.seeds(name))

    assert kept
    assert all(len(data) <= target.most_bytes for data in kept.values())


def test_kept_inputs_are_read_or_refused(named):
    """Those that once found a defect, too."""
    name, target = named
    for file, data in catalogue.seeds(name):
        code = tried(target, data)

        assert code is None or code in CODES, file


def test_made_up_inputs_are_read_or_refused(named):
    """Any bytes, and kept inputs as bad lines change them."""
    name, target = named

    @settings(
        max_examples=_EXAMPLES,
        deadline=None,
        derandomize=True,
        database=None,
        phases=(Phase.generate,),
        suppress_health_check=list(HealthCheck),
    )
    @given(inputs(target, [data for _, data in catalogue.seeds(name)]))
    def examples(data):
        tried(target, data)

    examples()


def test_a_run_says_what_it_tried_and_found(capfd):
    """With the blind search, which is everywhere."""
    status = main(["--target", "rate", "--minutes", "0.02", "--plain"])

    assert 0 == status
    assert re.fullmatch(
        r"rate: [0-9,]+ inputs in \d+ s, by hypothesis, 0 findings\n", capfd.readouterr().out
    )


class TestSearch:
    """The search sees what it is there to see."""

    @staticmethod
    def _target(check):
        return Target(title="made for this test", check=check)

    def test_an_error_of_another_kind_is_a_finding(self):
        """Planted: a reader that fails on some bytes."""

        def check(data):
            if b"\x00" in data[:4]:
                raise KeyError(data)

        found = search(self._target(check), [b"seed"], seconds=30, seed=1)

        assert b"\x00" in found.data[:4]
        assert "KeyError" in found.told

    def test_errors_of_ours_are_no_finding(self):
        """Refusing is what readers are to do."""

        def check(_):
            raise ConfigError("on purpose", code="config_invalid_value")

        assert "config_invalid_value" == tried(self._target(check), b"")

    def test_a_defect_of_ours_is_a_finding_though_it_has_a_code(self):
        """A stranger's bytes are never our defect."""

        def check(_):
            raise ConfigError("on purpose", code="internal")

        with pytest.raises(AssertionError, match="internal"):
            tried(self._target(check), b"")

    def test_a_warning_of_python_is_a_finding(self):
        """As in the tests, where every warning is an error."""

        def check(_):
            warnings.warn("on purpose", stacklevel=1)

        found = search(self._target(check), [], seconds=30, seed=1)

        assert found.data is not None
