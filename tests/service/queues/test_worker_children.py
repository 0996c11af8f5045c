"""A worker with the real child processes: from bytes to stored results."""

from __future__ import annotations

import contextlib
import io

import numpy as np
import pytest
from PIL import Image

from service_workers import open_parts
from studio_detector.pipeline.settings import Settings
from studio_detector.service.children.children import AnalysisChildren
from studio_detector.service.queues.worker import Worker

pytestmark = pytest.mark.slow


def _photo(seed, quality=90):
    """A JPEG of soft blobs, unlike every other seed's."""
    rng = np.random.default_rng(seed)
    small = Image.fromarray(rng.integers(0, 255, (6, 8, 3), dtype=np.uint8))
    file = io.BytesIO()
    small.resize((400, 300), Image.Resampling.BICUBIC).save(file, "JPEG", quality=quality)
    return file.getvalue()


@contextlib.contextmanager
def _working(folder, *, split_phases):
    parts = open_parts(folder, lease_s=10, split_phases=split_phases)
    parts.children = AnalysisChildren(
        {"default": Settings()}, size=2, timeout_s=60, memory_bytes=1 << 31, recycle_after=1000
    )
    worker = Worker(parts)
    worker.start()
    yield parts
    worker.stop(10)
    parts.children.close()
    parts.broker.close()
    parts.store.close()


@pytest.fixture
def parts(tmp_path, request):
    with _working(tmp_path, split_phases=request.param) as parts:
        yield parts


@pytest.mark.parametrize("parts", [False, True], indirect=True, ids=["whole", "split"])
def test_pictures_become_results_and_broken_ones_dead_jobs(parts, eventually):
    photos = [_photo(seed) for seed in range(6)]
    good = parts.accept(*photos)
    (broken, text) = parts.accept(photos[0][:1000], b"no picture")
    eventually(lambda: set(parts.states()) <= {"done", "dead"}, timeout=60)
    assert {parts.job(job).error_code for job in (broken, text)} <= {
        "truncated",
        "corrupt",
        "unsupported_format",
    }
    for job in good:
        ended = parts.job(job)
        assert (ended.state, ended.answer) == ("done", "analysed")
        result = parts.store.results.get("default", ended.result_id)
        assert 0 <= result.confidence <= 1
        assert result.perceptual_hash is not None


@pytest.mark.parametrize("parts", [False], indirect=True)
def test_a_photo_that_looks_alike_is_answered_without_an_analysis(parts, eventually):
    (first,) = parts.accept(_photo(1))
    eventually(lambda: parts.job(first).state == "done", timeout=60)
    (alike,) = parts.accept(_photo(1, quality=80), near_duplicates=True)
    eventually(lambda: parts.job(alike).is_over, timeout=60)
    assert parts.job(alike).answer == "near_duplicate"
    assert parts.job(alike).result_id == parts.job(first).result_id


def test_splitting_changes_no_number(tmp_path, eventually):
    """Equal bytes and versions give equal results, in one go or in two."""
    found = []
    for split in (False, True):
        folder = tmp_path / str(split)
        folder.mkdir()
        with _working(folder, split_phases=split) as parts:
            jobs = parts.accept(*[_photo(seed) for seed in range(8)])
            eventually(lambda: parts.states() == {"done": 8}, timeout=60)
            results = [parts.store.results.get("default", parts.job(job).result_id) for job in jobs]
        found.append(
            [
                (r.confidence, r.phase, r.phase1_results, r.phase3_results, r.evidence)
                for r in results
            ]
        )
    assert found[0] == found[1]
