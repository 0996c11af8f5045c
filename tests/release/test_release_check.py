"""A release that is not what it says is refused, with what to do about it."""

from __future__ import annotations

import shutil
import subprocess
from datetime import date

import part_versions
import pytest
import release_check

TODAY = date(2026, 11, 28)
ORDERLY = """\
# Changelog

## [Unreleased]

## [0.2.0] - 2026-11-20

### Added

- Something.

## [0.1.0] - 2026-10-01

- The first.
"""


def problems(changelog, version="0.3.0", today=TODAY):
    return release_check.changelog_problems(changelog, version, today)


def test_this_repository_could_be_released():
    """But for the tag: changelog, versions and generated parts are in order."""
    root = release_check.ROOT
    version = release_check.version_of((root / "pyproject.toml").read_text(encoding="utf-8"))
    upgrading = (root / "docs" / "upgrading.md").read_text(encoding="utf-8")
    changelog = (root / "CHANGELOG.md").read_text(encoding="utf-8")

    lock = (root / "uv.lock").read_text(encoding="utf-8")
    chart = release_check.CHART.read_text(encoding="utf-8")

    assert [] == release_check.version_problems(version, upgrading)
    assert [] == release_check.repeated_problems(version, lock, chart)
    # Whatever the clock says.
    assert [] == release_check.changelog_problems(changelog, version, date.max)


def test_an_orderly_changelog_passes():
    assert [] == problems(ORDERLY)
    assert [("Unreleased", 0), ("0.2.0", 1), ("0.1.0", 1)] == [
        (one.name, one.entries) for one in release_check.sections(ORDERLY)
    ]


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ("## [Unreleased]\n", "", "first section must be"),
        (" - 2026-11-20", "", "[0.2.0] has no date"),
        ("2026-11-20", "20.11.2026", "which is none"),
        ("2026-11-20", "2026-12-24", "still to come"),
        ("2026-11-20", "2026-09-20", "is it newer?"),
        ("[0.2.0]", "[0.1.0]", "[0.1.0] is there twice"),
        ("[0.2.0]", "[next]", "[next] is no version"),
        ("## [0.1.0] - 2026-10-01", "## 0.1.0 (2026-10-01)", "is no heading like"),
        ("2026-10-01", "2026-10-01 [YANKED]", "is no heading like"),
    ],
)
def test_a_changelog_in_disorder_is_told(before, after, told):
    assert told in "\n".join(problems(ORDERLY.replace(before, after, 1)))


def test_what_a_release_candidate_led_to_stands_above_it():
    """On one day, too."""
    names = ["0.2.0rc1", "0.2.0b2", "0.2.0b1", "0.2.0a1"]
    candidates = "".join(f"## [{name}] - 2026-11-20\n\n- Tried.\n\n" for name in names)
    orderly = ORDERLY.replace("## [0.1.0]", f"{candidates}## [0.1.0]")

    assert [] == problems(orderly)
    swapped = orderly.replace("[0.2.0]", "[x]").replace("rc1]", "]").replace("[x]", "[0.2.0rc1]")
    assert "[0.2.0rc1] stands above [0.2.0]" in "\n".join(problems(swapped))


def test_changes_after_a_release_need_another_version():
    """Or two different programs would have one name."""
    later = ORDERLY.replace("## [Unreleased]\n", "## [Unreleased]\n\n- More.\n")

    assert "set the next version" in problems(later, version="0.2.0")[0]
    assert [] == problems(later, version="0.3.0.dev0")
    assert [] == problems(ORDERLY, version="0.2.0")


@pytest.mark.parametrize(
    ("tag", "version", "changelog", "told"),
    [
        ("v0.2.0", "0.2.0", ORDERLY, None),
        ("v0.2.1", "0.2.0", ORDERLY, "the tag is v0.2.1"),
        ("0.2.0", "0.2.0", ORDERLY, "the tag is 0.2.0"),
        ("v0.3.0", "0.3.0", ORDERLY, "no section [0.3.0]"),
        ("v0.3.0.dev0", "0.3.0.dev0", ORDERLY, "version of development"),
        ("v0.2.0", "0.2.0", ORDERLY.replace("- Something.", ""), "says nothing"),
        (
            "v0.2.0",
            "0.2.0",
            ORDERLY.replace("[Unreleased]\n", "[Unreleased]\n\n- More.\n"),
            "move what is unreleased",
        ),
    ],
)
def test_a_tag_stands_for_what_it_names(tag, version, changelog, told):
    found = release_check.tag_problems(changelog, version, tag)

    assert [] == found if told is None else told in "\n".join(found)


def test_a_release_says_which_versions_its_parts_have():
    """The row is printed, so that it can be copied."""
    row = part_versions.row("0.2.0")

    assert [] == release_check.version_problems("0.2.0", f"{part_versions.head()}\n{row}\n")
    (told,) = release_check.version_problems("0.2.0", row.replace("cues@", "cues@0"))
    assert row in told
    (told,) = release_check.version_problems("0.2.0", f"| release | tables |\n{row}\n")
    assert part_versions.head() in told
    assert part_versions.head().count("|") == row.count("|")


def test_where_the_version_is_repeated_it_is_the_same():
    """The lock and the chart, which nothing else compares with pyproject.toml."""
    lock = '[[package]]\nname = "studio-detector"\nversion = "0.1.0"\n'
    chart = 'version: 0.2.0\nappVersion: "0.1.0"\n'

    assert [] == release_check.repeated_problems("0.1.0", lock, chart)
    locked, charted = release_check.repeated_problems("0.2.0", lock, chart)
    assert "uv.lock has the version 0.1.0, not 0.2.0" in locked
    assert "appVersion 0.1.0, not 0.2.0" in charted


@pytest.mark.parametrize("version", ["1", "1.2", "v1.2.3", "1.2.3-rc1", ""])
def test_a_version_that_tags_cannot_name_is_refused(version):
    assert "is no version like" in release_check.version_problems(version, "")[0]


def test_the_command_says_what_it_found(capsys, monkeypatch):
    """A tag that is none of this version is one thing that it finds."""
    monkeypatch.setattr(release_check, "made_problems", list)

    assert 1 == release_check.main(["--tag", "v99.0.0"])
    assert "the tag is v99.0.0" in capsys.readouterr().out


def test_a_folder_without_git_is_no_fault(monkeypatch, tmp_path):
    """As an unpacked archive of the sources is."""
    monkeypatch.setattr(release_check, "ROOT", tmp_path)

    assert release_check.git(tmp_path, "status", "--porcelain") is None
    assert [] == release_check.commit_problems("v0.2.0")


@pytest.fixture
def repository(monkeypatch, tmp_path):
    """A repository of one commit, which release_check takes for its own; gives git."""
    if shutil.which("git") is None:
        pytest.skip("there is no git")
    monkeypatch.setattr(release_check, "ROOT", tmp_path)

    def git(*words):
        who = ["-c", "user.name=A", "-c", "user.email=a@example.org"]
        quiet = ["-c", "commit.gpgsign=false", "-c", "tag.gpgsign=false"]
        subprocess.run(["git", *who, *quiet, *words], cwd=tmp_path, check=True, capture_output=True)

    git("init")
    git("commit", "--allow-empty", "--message", "one")
    return git


def test_a_tag_of_another_commit_is_told(repository):
    repository("tag", "--annotate", "v0.2.0", "--message", "two")
    repository("tag", "later")

    assert ["v0.2.0"] == release_check._tags_of_commit()
    assert [] == release_check.commit_problems("v0.2.0")
    repository("commit", "--allow-empty", "--message", "two")
    (told,) = release_check.commit_problems("v0.2.0")
    assert "names another commit" in told
    assert [] == release_check.commit_problems("v0.3.0")


def test_what_is_not_committed_is_told(repository, tmp_path):
    (tmp_path / "new").touch()

    assert ["there are changes that are not committed"] == release_check.commit_problems("v0.2.0")
