"""Say what stands against a release.

Usage: release_check.py [--tag TAG]

Always: the changelog is in order, docs/upgrading.md has the row of this version, the lock and the
chart name it, and whatever is made from the code is as the code would have it. With a tag, or
where one names this commit: tag and version are the same, the tag names no other commit, the
changelog has its section with a date, nothing is unreleased, and nothing is uncommitted. Exits
with 1 if something stands against it.
"""

from __future__ import annotations

import argparse
import itertools
import re
import sys
import tomllib
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import make_docs
import openapi
import part_versions
from repository import git

ROOT = Path(__file__).resolve().parents[1]
CHART = ROOT / "deploy" / "helm" / "studio-detector" / "Chart.yaml"

_NAME = "studio-detector"
_VERSION = re.compile(
    r"(?P<release>\d+\.\d+\.\d+)(?:(?P<kind>a|b|rc)(?P<number>\d+))?(?:\.dev\d+)?"
)
_LEVEL_TWO = re.compile(r"^## .*$", re.MULTILINE)
_APP_VERSION = re.compile(r"^appVersion:\s*[\"']?(?P<version>[^\"'\s]+)", re.MULTILINE)
_HEADING = re.compile(r"^## \[(?P<name>[^\]]+)\](?: - (?P<date>\S+))?\s*$", re.MULTILINE)
_ENTRY = re.compile(r"^- ", re.MULTILINE)
_UNRELEASED = "Unreleased"


@dataclass(frozen=True, slots=True)
class Section:
    """A section of the changelog.

    Attributes:
        name: "Unreleased", or the version.
        date: As it is written; None without.
        entries: Lines that begin with a dash.
    """

    name: str
    date: str | None
    entries: int


def sections(changelog: str) -> list[Section]:
    """The sections of the changelog, in their order."""
    found = list(_HEADING.finditer(changelog))
    ends = [heading.start() for heading in found[1:]] + [len(changelog)]
    return [
        Section(
            heading["name"],
            heading["date"],
            len(_ENTRY.findall(changelog, heading.end(), end)),
        )
        for heading, end in zip(found, ends, strict=True)
    ]


def changelog_problems(changelog: str, version: str, today: date) -> list[str]:
    """What is wrong with the changelog, release or not."""
    found = sections(changelog)
    if not found or found[0].name != _UNRELEASED:
        return ["CHANGELOG.md: the first section must be [Unreleased]"]
    released = found[1:]
    told = [
        f"CHANGELOG.md: {line!r} is no heading like ## [1.2.3] - 2026-11-28"
        for line in _LEVEL_TWO.findall(changelog)
        if not _HEADING.fullmatch(line)
    ]
    told += [
        f"CHANGELOG.md: [{one.name}] is no version"
        for one in released
        if not _VERSION.fullmatch(one.name)
    ]
    told += [
        f"CHANGELOG.md: [{one.name}] {fault}"
        for one in released
        if (fault := _date_fault(one.date, today))
    ]
    for newer, older in itertools.pairwise(released):
        if not told and _key(newer) <= _key(older):
            told.append(f"CHANGELOG.md: [{newer.name}] stands above [{older.name}], is it newer?")
    names = [one.name for one in released]
    told += [
        f"CHANGELOG.md: [{name}] is there twice"
        for name in dict.fromkeys(names)
        if names.count(name) > 1
    ]
    if version in names and found[0].entries:
        told.append(
            f"{version} is released and there are unreleased changes; set the next version, "
            "for instance with .dev0, in pyproject.toml"
        )
    return told


def tag_problems(changelog: str, version: str, tag: str) -> list[str]:
    """What is wrong with releasing this version under that tag."""
    told = []
    if tag != f"v{version}":
        told.append(f"the tag is {tag} and the version in pyproject.toml {version}")
    if ".dev" in version:
        told.append(f"{version} is a version of development; take the .dev away")
    found = {one.name: one for one in sections(changelog)}
    if version not in found:
        told.append(f"CHANGELOG.md has no section [{version}]")
    elif not found[version].entries:
        told.append(f"CHANGELOG.md: the section [{version}] says nothing")
    if _UNRELEASED in found and found[_UNRELEASED].entries:
        told.append(f"CHANGELOG.md: move what is unreleased into [{version}]")
    return told


def version_problems(version: str, upgrading: str) -> list[str]:
    """What is wrong with the version and the row that docs/upgrading.md has of it."""
    if not _VERSION.fullmatch(version):
        return [f"pyproject.toml: {version!r} is no version like 1.2.3, 1.2.3rc1 or 1.2.3.dev0"]
    row, head = part_versions.row(version), part_versions.head()
    if {row, head} <= set(upgrading.splitlines()):
        return []
    return [f"docs/upgrading.md: the row of {version} must be\n  {row}\n  under\n  {head}"]


def repeated_problems(version: str, lock: str, chart: str) -> list[str]:
    """Where the version is repeated, and is another one.

    Args:
        version: As pyproject.toml has it.
        lock: The text of uv.lock.
        chart: The text of the Chart.yaml.
    """
    packages = tomllib.loads(lock)["package"]
    locked = next((one["version"] for one in packages if one["name"] == _NAME), None)
    charted = _APP_VERSION.search(chart)
    told = []
    if locked != version:
        told.append(f"uv.lock has the version {locked}, not {version}: .venv/bin/uv lock")
    if charted is None or charted["version"] != version:
        found = charted["version"] if charted else None
        told.append(f"{CHART.relative_to(ROOT)} has the appVersion {found}, not {version}")
    return told


def commit_problems(tag: str) -> list[str]:
    """What is wrong with this commit as the one of that tag; nothing where there is no git."""
    told = []
    named = git(ROOT, "rev-parse", "--quiet", "--verify", f"refs/tags/{tag}^{{commit}}")
    if named and named != git(ROOT, "rev-parse", "HEAD"):
        told.append(f"the tag {tag} names another commit, {named[:12]}")
    if git(ROOT, "status", "--porcelain"):
        told.append("there are changes that are not committed")
    return told


def made_problems() -> list[str]:
    """What is made from the code and is not as the code would have it."""
    told = [f"{page.relative_to(ROOT)} is stale: make docs" for page in make_docs.stale()]
    if openapi.PATH.read_text(encoding="utf-8") != openapi.text():
        told.append(f"{openapi.PATH.relative_to(ROOT)} is stale: make docs")
    return told


def version_of(pyproject: str) -> str:
    """The version of the package."""
    return str(tomllib.loads(pyproject)["project"]["version"])


def main(arguments: list[str]) -> int:
    """Look at everything and say what stands against a release."""
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("--tag", help="what the release is to be called; default: of this commit")
    given = parser.parse_args(arguments).tag
    tags = [given] if given else _tags_of_commit()
    version = version_of((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    upgrading = (ROOT / "docs" / "upgrading.md").read_text(encoding="utf-8")
    told = version_problems(version, upgrading)
    told += repeated_problems(
        version,
        (ROOT / "uv.lock").read_text(encoding="utf-8"),
        CHART.read_text(encoding="utf-8"),
    )
    told += changelog_problems(changelog, version, datetime.now(UTC).date())
    told += made_problems()
    for tag in tags:
        told += tag_problems(changelog, version, tag) + commit_problems(tag)
    told = list(dict.fromkeys(told))
    print("\n".join(told) if told else f"nothing stands against {', '.join(tags) or version}")
    return 1 if told else 0


def _key(one: Section) -> tuple[str, tuple[int, ...], bool, str, int]:
    """For the order: of one day, what a release candidate led to is newer than that."""
    found = _VERSION.fullmatch(one.name)
    if found is None:
        raise ValueError(f"{one.name!r} is no version")
    numbers = tuple(int(part) for part in found["release"].split("."))
    kind, number = found["kind"] or "", int(found["number"] or 0)
    return one.date or "", numbers, not kind, kind, number


def _date_fault(text: str | None, today: date) -> str | None:
    if text is None:
        return "has no date; write ## [1.2.3] - 2026-11-28"
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return f"has the date {text!r}, which is none"
    return f"has the date {text}, which is still to come" if found > today else None


def _tags_of_commit() -> list[str]:
    tags = (git(ROOT, "tag", "--points-at", "HEAD") or "").split()
    return [tag for tag in tags if re.match(r"v\d", tag)]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
