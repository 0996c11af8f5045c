"""The units of systemd: what they start, and how they stop and confine it."""

from __future__ import annotations

import re
import shutil
import subprocess

import pytest

import deploy_files
from studio_detector.cli.exits import EXIT_USAGE
from studio_detector.config.keys import names_by_variable
from studio_detector.config.load import load_settings

ANALYZE = shutil.which("systemd-analyze")
UNITS = [pytest.param(path, id=path.name) for path in deploy_files.UNITS]
# Exposure as `systemd-analyze security` counts it, of 10.
MOST_EXPOSED = 2.0
EXAMPLE = deploy_files.SYSTEMD / "studio-detector.env.example"


@pytest.fixture
def installed(tmp_path):
    """Copies of the units as they would be installed, with a program that is there."""
    folder = tmp_path / "units"
    folder.mkdir()
    for path in deploy_files.UNITS:
        text = path.read_text(encoding="utf-8")
        text = text.replace("/opt/studio-detector/bin/studio-detector", shutil.which("true"))
        (folder / path.name).write_text(text, encoding="utf-8")
    return folder


@pytest.mark.skipif(ANALYZE is None, reason="there is no systemd-analyze in the PATH")
class TestAnalyzed:
    @pytest.mark.parametrize("name", ["studio-detector.service", "studio-detector-worker@.service"])
    def test_systemd_finds_nothing_wrong(self, installed, name):
        found = subprocess.run(
            [ANALYZE, "verify", "--man=no", installed / name],
            capture_output=True, text=True, check=False, cwd=installed,
        )  # fmt: skip
        assert "" == found.stderr
        assert 0 == found.returncode

    def test_it_would_have_found_a_mistake(self, installed):
        unit = installed / "studio-detector.service"
        unit.write_text(unit.read_text().replace("PrivateTmp=yes", "PrivateTmp=perhaps"))
        found = subprocess.run(
            [ANALYZE, "verify", "--man=no", unit], capture_output=True, text=True, check=False
        )
        assert "perhaps" in found.stderr

    @pytest.mark.parametrize("path", UNITS)
    def test_little_is_exposed(self, installed, path):
        found = subprocess.run(
            [ANALYZE, "security", "--offline=true", installed / path.name],
            capture_output=True, text=True, check=True,
        )  # fmt: skip
        exposure = re.search(r"Overall exposure level for .*: ([\d.]+)", found.stdout)
        assert float(exposure[1]) <= MOST_EXPOSED


@pytest.mark.parametrize("path", UNITS)
def test_only_the_process_that_drains_is_told_to_stop(path):
    """Those that analyse for it would die of the signal, and what they do with them."""
    assert ["mixed"] == deploy_files.unit(path)["KillMode"]


@pytest.mark.parametrize("path", UNITS)
def test_a_process_that_outgrows_its_memory_does_not_take_the_service_along(path):
    unit = deploy_files.unit(path)
    assert ["continue"] == unit["OOMPolicy"]
    assert unit["MemoryMax"]


@pytest.mark.parametrize("path", UNITS)
def test_a_wrong_setting_is_not_started_again_and_again(path):
    unit = deploy_files.unit(path)
    assert ["on-failure"] == unit["Restart"]
    assert [str(EXIT_USAGE)] == unit["RestartPreventExitStatus"]


@pytest.mark.parametrize("path", UNITS)
def test_what_confines_children_may_be_called(path):
    """Landlock and seccomp, which systemd before 253 leaves out of its list for services."""
    allowed = " ".join(deploy_files.unit(path)["SystemCallFilter"]).split()
    assert not any(word.startswith("~") for word in allowed)
    assert {
        "landlock_create_ruleset",
        "landlock_add_rule",
        "landlock_restrict_self",
        "seccomp",
    } <= set(allowed)


def test_both_confine_alike():
    """They differ in what they start, in one more file of variables, and in the memory."""
    first, second = (deploy_files.unit(path) for path in deploy_files.UNITS)
    differing = {
        name for name in first.keys() | second.keys() if first.get(name) != second.get(name)
    }
    assert {"Description", "ExecStart", "EnvironmentFile", "MemoryMax"} == differing


def test_the_example_of_variables_is_one_of_settings():
    """Uncommented, its lines fit together; what is empty is for a secret of one's own."""
    lines = EXAMPLE.read_text(encoding="utf-8").splitlines()
    assert not [line for line in lines if line and line[0] != "#"]
    pairs = dict(line[1:].partition("=")[::2] for line in lines if re.match(r"#STUDIO_", line))
    assert pairs.keys() <= names_by_variable().keys()
    service = load_settings(environ=pairs).service
    assert service.is_scaled
    assert not service.is_open


@pytest.mark.skipif(shutil.which("systemd-sysusers") is None, reason="there is no systemd-sysusers")
def test_the_user_of_the_units_is_made(tmp_path):
    (tmp_path / "etc").mkdir()
    line = deploy_files.SYSTEMD / "studio-detector.sysusers"
    subprocess.run(
        ["systemd-sysusers", f"--root={tmp_path}", line], check=True, capture_output=True
    )
    made = (tmp_path / "etc" / "passwd").read_text().partition(":")[0]
    for path in deploy_files.UNITS:
        assert [made] == deploy_files.unit(path)["User"]
