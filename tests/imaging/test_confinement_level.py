"""How far a child says it is confined, and what `require` makes of it."""

from __future__ import annotations

import sys

import pytest

from hostile_parent import Hostile, confines
from studio_detector.errors import ConfigError
from studio_detector.imaging import IsolatedLoader
from studio_detector.imaging.framing import FramingError
from studio_detector.imaging.landlock import abi
from studio_detector.imaging.sandbox import Confinement

FULL = Confinement(landlock_abi=abi(), has_seccomp=True)


class TestLevel:
    @confines
    def test_it_is_what_the_system_has(self):
        """Of a child that decodes."""
        with IsolatedLoader(sandbox="require") as loader:
            found = loader.start()

        assert FULL == found
        assert found.is_full

    @confines
    @pytest.mark.parametrize(
        ("lacks", "expected"),
        [
            ([], f"Landlock {abi()} and seccomp"),
            (["seccomp"], f"Landlock {abi()}"),
            (["landlock"], "seccomp"),
            (["landlock", "seccomp"], "limits alone"),
            (["solitude"], "seccomp"),
        ],
    )
    def test_what_is_missing_is_left_out(self, lacks, expected):
        """With another thread, which Landlock does not hold, it does not count."""
        with Hostile(lacks=lacks) as child:
            assert expected == str(child.confinement)

    @confines
    def test_a_thread_that_began_before_is_not_held(self, tmp_path):
        """So it is right not to count."""
        secret = tmp_path / "secret"
        secret.write_text("the secret")
        with Hostile(lacks=["solitude"]) as child:
            assert child.manages("read", str(secret)) is None
            assert "the secret" == child.manages("in_thread", str(secret))

    def test_without_a_sandbox_it_is_limits_alone(self):
        """As asked."""
        with IsolatedLoader(sandbox="off") as loader:
            assert "limits alone" == str(loader.start())

    @pytest.mark.skipif(sys.platform == "linux", reason="has more")
    def test_other_systems_have_limits_alone(self):
        """And say so."""
        with IsolatedLoader() as loader:
            assert Confinement() == loader.start()


class TestRequire:
    @pytest.mark.skipif(sys.platform == "win32", reason="the hostile child speaks POSIX")
    @pytest.mark.parametrize("lacks", ["landlock", "seccomp", "solitude"])
    def test_nothing_may_be_missing(self, lacks):
        """The message says what is there and what to do."""
        with pytest.raises(ConfigError, match=r"sandbox requires .*Landlock and seccomp") as caught:
            Hostile("require", lacks=[lacks])

        assert "sandbox_missing" == caught.value.code

    @confines
    def test_all_there_is_enough(self):
        """The child starts."""
        with Hostile("require") as child:
            assert FULL == child.confinement


class TestMessage:
    @pytest.mark.parametrize("found", [FULL, Confinement()])
    def test_it_arrives_as_it_left(self, found):
        """In the message with which a child is ready."""
        assert found == Confinement.from_plain(found.to_plain())

    @pytest.mark.parametrize(
        "plain",
        [None, {}, [], {"landlock_abi": True, "has_seccomp": True}, {"landlock_abi": 7}],
    )
    def test_anything_else_is_garbled(self, plain):
        """From a process that may be no child of ours."""
        with pytest.raises(FramingError):
            Confinement.from_plain(plain)
