"""Both clients against the service itself: the protocol of the fake is that of the real one."""

from __future__ import annotations

import importlib.util
import re
import signal
import subprocess
import sys

import pytest

import kept_pictures
from service.intake.packed import tarred, zipped
from studio_detector.client import RemoteError

_START_S = 60


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """Address of an embedded service that was started for these tests."""
    if importlib.util.find_spec("studio_detector.service.api.server") is None:
        pytest.skip("this checkout has no service yet")
    command = [sys.executable, "-m", "studio_detector", "serve", "--port", "0", "--data-dir"]
    command += [
        str(tmp_path_factory.mktemp("service")),
        "--log-level",
        "warning",
        "--keep-pictures",
        "1",
    ]
    server = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    try:
        said = ""
        for line in server.stderr:
            said += line
            if found := re.search(r"serves at (http://\S+)", line):
                break
        else:
            pytest.fail(f"the service did not start: {said}")
        yield found[1]
    finally:
        server.send_signal(signal.SIGTERM)
        server.communicate(timeout=_START_S)


@pytest.fixture
def real(served, connect):
    """A client of either kind of the real service."""
    return connect(served)


@pytest.mark.slow
class TestTheRealService:
    def test_a_picture_goes_all_the_way(self, real, tmp_path):
        """Verdict, page, overlay, feedback, and the same again from the cache."""
        data = kept_pictures.file(1)
        path = tmp_path / "a.png"
        path.write_bytes(data)

        result = real.analyse(path, wait_s=_START_S)

        assert kept_pictures.sha256(data) == result.image_hash
        assert result.label in {"studio", "natural", "uncertain"}
        assert result.is_studio == (result.confidence > 0.5)
        again = real.analyse(data, wait_s=_START_S)
        assert (result.id, "cached") == (again.id, again.answer)
        assert result.confidence == real.result(result.id).confidence
        assert "<html" in real.report(result.id)
        assert real.overlay(result.id, "highlights").startswith(b"\x89PNG")
        assert "natural" == real.feedback(result.id, "natural", "a window").label
        assert result.id in {found.id for found in real.results(image_hash=result.image_hash)}
        assert isinstance(real.similar(result.image_hash), tuple)

    def test_jobs_are_submitted_and_waited_for(self, real):
        """A damaged picture is a dead job with its code; what is no picture is no job."""
        good, bad = real.submit(kept_pictures.file(2)), real.submit(b"\x89PNG\r\n\x1a\nno more")

        assert "done" == real.wait(good.id, wait_s=_START_S).state
        dead = real.wait(bad.id, wait_s=_START_S)
        assert ("dead", "corrupt") == (dead.state, dead.error_code)
        assert bad.id in {job.id for job in real.jobs(state="dead")}
        with pytest.raises(RemoteError) as caught:
            real.analyse(b"no picture at all", wait_s=_START_S)
        assert "unsupported_format" == caught.value.code

    @pytest.mark.parametrize("pack", [zipped, tarred])
    @pytest.mark.parametrize("wishes", [{}, {"subject": "a", "near_duplicates": False}])
    def test_an_archive_is_a_batch(self, real, tmp_path, pack, wishes):
        """In the order of the archive, failures included."""
        archive = tmp_path / "archive"
        pictures = [kept_pictures.file(10 + n) if n != 2 else b"\x89PNG" for n in range(4)]
        packed = pack(*((f"{n}.png", data) for n, data in enumerate(pictures)))
        archive.write_bytes(packed.getvalue())

        batch = real.batch(archive, priority="high", phases=["frequency"], **wishes)
        last = list(real.batch_progress(batch.id))[-1]
        rows = list(real.batch_results(batch.id))

        assert (4, True) == (last.finished, last.is_over)
        assert {"done": 3, "dead": 1} == {s: n for s, n in last.counts.items() if n}
        assert [0, 1, 2, 3] == [row.position for row in rows]
        assert [True, True, False, True] == [row.result is not None for row in rows]
        assert rows[2].error_code is not None

    def test_the_service_tells_about_itself(self, real):
        """Ready, with models and versions."""
        health = real.health()

        assert (True, True, True) == (health.is_live, health.is_started, health.is_ready)
        assert real.models()
        assert real.version()

    def test_what_is_not_there_is_said_with_a_code(self, real):
        """As problem documents."""
        nowhere = "00000000-0000-0000-0000-000000000001"
        for call, code in (
            (real.job, "job_unknown"),
            (real.result, "result_unknown"),
            (real.batch_status, "batch_unknown"),
        ):
            with pytest.raises(RemoteError) as caught:
                call(nowhere)
            assert (code, 404) == (caught.value.code, caught.value.status)
