"""The edge corpus: every file gives a frame or a coded error, in time and in little memory."""

from __future__ import annotations

import collections
import json
import subprocess
import sys

import pytest

from studio_detector.errors import CODES
from studio_detector.imaging import FORMATS

LONGEST_S = 10.0
LARGEST_MIB = 1_500
#: Kinds the corpus lists as decodable which this room, on purpose, does not decode.
NOT_DECODED = {"unsupported_format"}

# One process for the corpus, forking one child for each file, so that memory is told apart
# and a crash costs one file. Nothing but the decoder runs there.
MEASURE = """
import json, os, resource, sys, time
from studio_detector.errors import StudioDetectorError
from studio_detector.imaging import decode, load
for path in sys.stdin.read().splitlines():
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        started = time.perf_counter()
        try:
            outcome, kind = "frame", load(path).format
        except StudioDetectorError as error:
            outcome, kind = error.code, type(error).__name__
        except BaseException as error:
            outcome, kind = "raised", repr(error)
        seconds = time.perf_counter() - started
        mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        os.write(writer, json.dumps([outcome, kind, seconds, mib]).encode())
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader, "rb") as pipe:
        answer = pipe.read()
    _, status = os.waitpid(pid, 0)
    print(json.dumps(json.loads(answer) if answer else ["died", str(status), 0, 0]), flush=True)
"""


@pytest.fixture(scope="module")
def outcomes(edge_folder):
    """(row of the index, outcome, kind, seconds, MiB) for each file."""
    if not sys.platform.startswith("linux"):
        pytest.skip("measures memory by fork and ru_maxrss in KiB")
    rows = [json.loads(line) for line in (edge_folder / "INDEX.jsonl").read_text().splitlines()]
    paths = "\n".join(str(edge_folder / row["file"]) for row in rows)
    printed = subprocess.run(
        [sys.executable, "-W", "error", "-c", MEASURE],
        input=paths, capture_output=True, text=True, check=True, timeout=240,
    ).stdout.splitlines()  # fmt: skip
    answers = [json.loads(line) for line in printed]
    assert len(rows) == len(answers)
    return [(row, *answer) for row, answer in zip(rows, answers, strict=True)]


@pytest.mark.edge
@pytest.mark.timeout(300)
class TestEdgeCorpus:
    """Real and hostile files."""

    def test_every_file_is_answered(self, outcomes):
        """A frame or a known code; no other exception, no crash."""
        assert {} == {
            row["file"]: (outcome, kind)
            for row, outcome, kind, *_ in outcomes
            if outcome != "frame" and outcome not in CODES
        }

    def test_what_is_broken_is_refused(self, outcomes):
        """No frame from a file the corpus knows to be broken."""
        assert [] == [
            row["file"]
            for row, outcome, *_ in outcomes
            if row["expect"] == "error" and outcome == "frame"
        ]

    def test_what_is_good_is_decoded(self, outcomes):
        """Except videos, icons and Netpbm, which are named and refused."""
        refused = {
            row["file"]: outcome
            for row, outcome, *_ in outcomes
            if row["expect"] == "decodes" and outcome != "frame"
        }

        assert NOT_DECODED >= set(refused.values())
        assert {".ico", ".ppm", ".mp4", ".mov"} >= {"." + name.rsplit(".")[-1] for name in refused}

    def test_formats_found_are_the_documented_ones(self, outcomes):
        """And all of them occur."""
        assert set(FORMATS) == {kind for _, outcome, kind, *_ in outcomes if outcome == "frame"}

    def test_none_takes_long_or_much(self, outcomes, record_property, capsys):
        """The worst of each are kept in the test report."""
        longest = max(outcomes, key=lambda entry: entry[3])
        largest = max(outcomes, key=lambda entry: entry[4])
        counts = dict(collections.Counter(outcome for _, outcome, *_ in outcomes))
        report = (
            f"longest {longest[3]:.2f} s {longest[0]['file']}\n"
            f"largest {largest[4]:.0f} MiB {largest[0]['file']}\n{counts}"
        )
        record_property("edge corpus", report)
        with capsys.disabled():
            sys.stdout.write(f"\n{report}\n")

        assert longest[3] < LONGEST_S
        assert largest[4] < LARGEST_MIB


@pytest.mark.edge
def test_isolation_changes_no_answer(edge_folder, isolated_loader):
    """Every tenth file, hostile ones first, through the child as through `load`."""
    from studio_detector.errors import StudioDetectorError
    from studio_detector.imaging import load

    def answer(loader, path):
        try:
            frame = loader(path)
        except StudioDetectorError as error:
            return type(error), error.code, error.message
        return frame.format, frame.warnings, frame.sha256, frame.rgb.tobytes()

    for path in sorted((edge_folder / "broken").iterdir())[::10]:
        assert answer(load, path) == answer(isolated_loader.load, path), path.name
