"""What needs no network: pieces of bytes, imports, cancelling."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio_detector import client as package
from studio_detector.client import AsyncClient, RemoteError
from studio_detector.client.lines import Events, Lines


def _pieces(data, cuts):
    edges = [0, *sorted(cut % (len(data) + 1) for cut in cuts), len(data)]
    return [data[start:end] for start, end in pairwise(edges)]


CUTS = st.lists(st.integers(0, 500), max_size=12)


@given(st.lists(st.binary(max_size=20).filter(lambda b: b"\n" not in b and b"\r" not in b)), CUTS)
def test_lines_are_the_same_however_they_arrive(lines, cuts):
    """Cut at line feeds alone."""
    data = b"".join(line + b"\n" for line in lines) + b"rest"
    taken = Lines()

    found = [line for piece in _pieces(data, cuts) for line in taken.take(piece)]

    assert lines == found
    assert b"rest" == taken.rest


@given(
    st.lists(st.dictionaries(st.text(), st.text(), min_size=1)), CUTS, st.sampled_from(["", "\r"])
)
def test_events_are_the_same_however_they_arrive(sent, cuts, carriage):
    """With comments, types and numbers between them."""
    end = f"{carriage}\n"
    data = "".join(
        f": ping{end}{end}event: x{end}id: 7{end}data: {json.dumps(item)}{end}{end}"
        for item in sent
    ).encode()
    events = Events()

    found = [json.loads(e) for piece in _pieces(data, cuts) for e in events.take(piece)]

    assert sent == found


def test_data_of_several_lines_is_one_event():
    """As the standard has it."""
    assert [b"a\nb"] == list(Events().take(b"data:a\ndata: b\n\n\n\n"))


def test_a_line_without_an_end_is_refused(monkeypatch):
    """Rather than kept until memory ends."""
    monkeypatch.setattr("studio_detector.client.lines._LONGEST_LINE", 100)
    lines = Lines()
    for _ in range(10):
        assert [] == list(lines.take(b"x" * 10))

    with pytest.raises(RemoteError, match="line without an end"):
        list(lines.take(b"x"))


def test_a_cancelled_call_lets_go_of_its_connection(service):
    """So that the next one works."""

    async def scenario():
        async with AsyncClient(service.url) as client:
            job = await client.submit(b"never")
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.2):
                    await client.wait(job.id)
            return (await client.job(job.id)).state

    assert "queued" == asyncio.run(scenario())


def test_many_calls_at_once_share_one_client(service):
    """As a server would use it."""

    async def scenario():
        async with AsyncClient(service.url) as client:
            results = await asyncio.gather(
                *(client.analyse(f"natural {n}".encode()) for n in range(30))
            )
        return {result.label for result in results}

    assert {"natural"} == asyncio.run(scenario())


class TestImports:
    def test_importing_is_cheap_and_free_of_the_library(self):
        """A client needs no OpenCV."""
        program = (
            "import sys, json; import studio_detector.client as c; cold = 'httpx2' in sys.modules\n"
            "c.Client; c.AsyncClient; c.Result\n"
            "print(json.dumps([cold, sorted(sys.modules)]))"
        )

        cold, modules = json.loads(subprocess.check_output([sys.executable, "-c", program]))

        assert not cold
        assert "httpx2" in modules
        heavy = {"numpy", "cv2", "PIL", "pydantic", "studio_detector.service", "rich"}
        assert not heavy & set(modules)

    def test_without_the_extra_the_command_that_installs_it_is_named(self):
        """Like everywhere."""
        program = (
            "import sys; sys.modules['httpx2'] = None\n"
            "from studio_detector.errors import MissingExtraError\n"
            "try:\n    from studio_detector.client import Client\n"
            "except MissingExtraError as error: print(error)\n"
        )

        said = subprocess.check_output([sys.executable, "-c", program], text=True)

        assert "pip install 'studio-detector[client]'" in said

    def test_every_public_name_can_be_had(self):
        """And no other."""
        for name in package.__all__:
            assert getattr(package, name).__name__ == name
            assert name in dir(package)
        with pytest.raises(AttributeError, match="no_such_name"):
            _ = package.no_such_name
