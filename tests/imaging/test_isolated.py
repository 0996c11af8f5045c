"""The child process: what it survives, what it reports, and that nothing is left behind."""

from __future__ import annotations

import gc
import signal
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from studio_detector.errors import ConfigError, IsolationError
from studio_detector.imaging import IsolatedLoader
from studio_detector.imaging.framing import FramingError, read_message, write_message

DESCRIPTORS = Path("/proc/self/fd")
MIB = 1024 * 1024

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX signals")


@pytest.fixture
def data(encode, scene):
    return encode(scene, "PNG")


def _process(loader):
    return loader._child._process


class TestFailures:
    """The next picture gets a fresh child."""

    def test_a_crash_is_an_error_and_the_child_is_replaced(self, data):
        """Killed while a picture is on its way, as by a fault in a decoder."""
        with IsolatedLoader(timeout_s=30) as loader:
            loader.load(data)
            first = _process(loader)
            first.send_signal(signal.SIGSTOP)
            killer = threading.Timer(0.3, first.send_signal, [signal.SIGSEGV])
            killer.start()
            threading.Timer(0.4, first.send_signal, [signal.SIGCONT]).start()
            with pytest.raises(IsolationError) as caught:
                loader.load(data)
            killer.join()

            assert "crashed" == caught.value.code
            assert loader.load(data).rgb.shape == (90, 120, 3)
            assert first.pid != _process(loader).pid

    def test_a_child_that_died_idle_is_an_error_once(self, data):
        """Between two pictures."""
        with IsolatedLoader(timeout_s=30) as loader:
            loader.load(data)
            _process(loader).send_signal(signal.SIGABRT)
            _process(loader).wait()
            with pytest.raises(IsolationError) as caught:
                loader.load(data)

            assert "crashed" == caught.value.code
            assert loader.load(data).rgb.shape == (90, 120, 3)

    def test_a_hanging_decoder_is_stopped_in_time(self, data):
        """The wall clock counts, not the child's own."""
        with IsolatedLoader(timeout_s=1) as loader:
            loader.load(data)
            _process(loader).send_signal(signal.SIGSTOP)
            started = time.perf_counter()
            with pytest.raises(IsolationError, match="1 s") as caught:
                loader.load(data)

            assert "timeout" == caught.value.code
            assert 0.9 < time.perf_counter() - started < 30
            assert loader.load(data).rgb.shape == (90, 120, 3)

    def test_outgrowing_memory_is_an_error(self, encode, data):
        """A picture of 12 megapixels, allowed by its limits, in a child of 64 MiB."""
        grey = Image.new("RGB", (4000, 3000), "grey")
        with IsolatedLoader(timeout_s=60, memory_bytes=64 * MIB) as loader:
            for format_name in ("PNG", "WEBP", "TIFF", "BMP", "JPEG", "GIF"):
                options = {"progressive": True} if format_name == "JPEG" else {}
                with pytest.raises(IsolationError) as caught:
                    loader.load(encode(grey, format_name, **options))

                assert "memory" == caught.value.code
            assert loader.load(data).rgb.shape == (90, 120, 3)

    @pytest.mark.skipif(not sys.platform.startswith("linux"), reason="RLIMIT_AS works on Linux")
    def test_memory_is_bounded_by_the_system_where_the_estimate_is_not_asked(self, encode, data):
        """The bytes alone do not fit; the next picture gets a fresh child."""
        bulky = encode(Image.new("RGB", (6000, 5000), "grey"), "BMP")
        with IsolatedLoader(timeout_s=60, memory_bytes=64 * MIB) as loader:
            with pytest.raises(IsolationError) as caught:
                loader.load(bulky)

            assert "memory" == caught.value.code
            assert loader.load(data).rgb.shape == (90, 120, 3)

    def test_settings_must_be_positive(self):
        """Each of them."""
        for name in ("timeout_s", "memory_bytes", "recycle_after", "working_size_px"):
            with pytest.raises(ConfigError, match=name):
                IsolatedLoader(**{name: 0})


class TestUpkeep:
    """Children are replaced in time and leave nothing behind."""

    def test_the_child_is_recycled(self, data):
        """After as many pictures as asked."""
        with IsolatedLoader(timeout_s=30, recycle_after=2) as loader:
            pids = []
            for _ in range(3):
                loader.load(data)
                pids.append(_process(loader).pid)

        assert pids[0] == pids[1] != pids[2]

    @pytest.mark.skipif(not DESCRIPTORS.is_dir(), reason="counts descriptors by /proc")
    def test_no_descriptor_and_no_process_is_left(self, data):
        """After normal ends, crashes and timeouts."""
        gc.collect()
        before = len(list(DESCRIPTORS.iterdir()))
        processes = []
        for ending in (None, signal.SIGKILL, signal.SIGSTOP):
            with IsolatedLoader(timeout_s=1) as loader:
                loader.load(data)
                processes.append(_process(loader))
                if ending is not None:
                    _process(loader).send_signal(ending)
                    with pytest.raises(IsolationError):
                        loader.load(data)

        assert before == len(list(DESCRIPTORS.iterdir()))
        assert all(process.returncode is not None for process in processes)

    def test_closing_twice_and_loading_again_are_fine(self, data):
        """A loader without a child is only a loader that has not started one yet."""
        loader = IsolatedLoader(timeout_s=30)
        loader.close()
        loader.load(data)
        loader.close()
        loader.close()

        assert loader._child is None

    def test_threads_take_turns(self, encode):
        """Each gets its own picture back."""
        pictures = [encode(Image.new("RGB", (20, 20), (index, 0, 0)), "PNG") for index in range(8)]
        reds = {}
        with IsolatedLoader(timeout_s=60) as loader:

            def work(index):
                reds[index] = int(loader.load(pictures[index]).rgb[0, 0, 0])

            threads = [threading.Thread(target=work, args=[index]) for index in range(8)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()

        assert {index: index for index in range(8)} == reds

    def test_the_largest_picture_comes_back_whole(self, encode):
        """A square one, at a larger working size than usual."""
        noise = np.random.default_rng(8).integers(0, 256, (1500, 1500, 3), dtype=np.uint8)
        with IsolatedLoader(timeout_s=60, working_size_px=1500) as loader:
            frame = loader.load(encode(Image.fromarray(noise), "PNG", compress_level=1))

        assert np.array_equal(noise, frame.rgb)
        assert not frame.rgb.flags.writeable


class TestFraming:
    """Messages from a process that has touched hostile bytes are not trusted."""

    def test_what_is_written_is_read(self, tmp_path):
        """Header and payload."""
        path = tmp_path / "pipe"
        with path.open("wb") as stream:
            write_message(stream, {"a": [1, "é"]}, b"\0\x01")
        with path.open("rb") as stream:
            assert ({"a": [1, "é"]}, b"\0\x01") == read_message(stream, 2)

    @pytest.mark.parametrize(
        ("sent", "error"),
        [
            (b"", EOFError),
            (b"\0\0", EOFError),
            (b"\0\0\0\x02" + bytes(8) + b"{", EOFError),
            (b"\0\0\0\x02" + bytes(8) + b"[]", FramingError),
            (b"\0\0\0\x02" + bytes(8) + b"\xff\xff", FramingError),
            (b"\xff\xff\xff\xff" + bytes(8), FramingError),
            (b"\0\0\0\x02" + b"\xff" * 8 + b"{}", FramingError),
        ],
    )
    def test_garbage_is_refused(self, tmp_path, sent, error):
        """Cut, oversized or not JSON; lengths are checked before memory is taken."""
        path = tmp_path / "pipe"
        path.write_bytes(sent)
        with path.open("rb") as stream, pytest.raises(error):
            read_message(stream, 1000)
