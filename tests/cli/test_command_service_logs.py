"""The log of a real service, and its traces: machines can read both, from start to end."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading

import httpx2
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from werkzeug import Response

from kept_pictures import file
from studio_detector.errors import EXIT_OK, EXIT_USAGE

COMMAND = [sys.executable, "-m", "studio_detector", "serve"]
_END_S = 60


@pytest.fixture
def serve(tmp_path):
    """Start the service as a process; gives it, its address and the lines that it says."""
    processes = []

    def serve(*words, **settings):
        environment = {k: v for k, v in os.environ.items() if not k.startswith("STUDIO_DETECTOR_")}
        environment |= {"STUDIO_DETECTOR_MODEL": "rules", "STUDIO_DETECTOR_WORKERS": "1"}
        environment |= {f"STUDIO_DETECTOR_{name}": value for name, value in settings.items()}
        process = subprocess.Popen(
            [*COMMAND, "--data-dir", str(tmp_path / "data"), "--port", "0", *words],
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        said, address = [], []
        ready = threading.Event()

        def read():
            for line in process.stderr:
                said.append(line)
                if found := re.search(r"serves at (http://\S+)", line):
                    address.append(found[1])
                    ready.set()
            ready.set()

        reader = threading.Thread(target=read)
        reader.start()
        processes.append((process, reader))
        assert ready.wait(120)
        assert address, said
        return process, address[0], said

    yield serve
    for process, reader in processes:
        process.kill()
        process.wait()
        reader.join()
        process.stderr.close()


def stop(process):
    process.send_signal(signal.SIGTERM)
    assert EXIT_OK == process.wait(_END_S)


@pytest.mark.slow
def test_one_picture_is_followed_through_log_and_trace(serve, httpserver):
    """Real processes, a real collector."""
    messages = []

    def take(request):
        messages.append(ExportTraceServiceRequest.FromString(request.get_data()))
        return Response(b"", content_type="application/x-protobuf")

    httpserver.expect_request("/v1/traces", method="POST").respond_with_handler(take)
    process, address, said = serve(TRACES_URL=httpserver.url_for(""))
    with httpx2.Client(base_url=address, trust_env=False, timeout=60) as client:
        answer = client.post(
            "/api/v1/analyse?wait=60",
            content=file(1),
            headers={"Content-Type": "image/png", "X-Request-ID": "mine-1"},
        )
    stop(process)

    assert 200 == answer.status_code, answer.text
    lines = [json.loads(line) for line in said if line.startswith("{")]
    # What it says to people stays as it is: where it serves, and that nobody is asked for a key.
    assert all(line.startswith("studio-detector ") for line in said if not line.startswith("{"))
    assert {"uvicorn.error"} <= {line["logger"] for line in lines}
    mine = {line["logger"].rpartition(".")[2]: line for line in lines if "request_id" in line}
    assert {"request_log", "following"} == set(mine)
    assert {"mine-1"} == {line["request_id"] for line in mine.values()}
    assert answer.json()["job_id"] == mine["following"]["job_id"]

    spans = {
        span.name: span
        for message in messages
        for group in message.resource_spans
        for scope in group.scope_spans
        for span in scope.spans
    }
    assert {"POST /api/v1/analyse", "accept", "queue wait", "job", "analysis", "store"} == set(
        spans
    )
    assert {mine["following"]["trace_id"], mine["request_log"]["trace_id"]} == {
        span.trace_id.hex() for span in spans.values()
    }
    stages = {one.key: one.value.double_value for one in spans["analysis"].attributes}
    assert {"studio.decode_ms", "studio.total_ms"} <= set(stages)
    assert all(took_ms >= 0 for took_ms in stages.values())


@pytest.mark.slow
def test_columns_are_written_where_they_are_asked_for(serve):
    process, _, said = serve("--log-format", "console")
    stop(process)

    assert not [line for line in said if line.startswith("{")]
    assert [line for line in said if "stopping" in line and "[info" in line]


@pytest.mark.parametrize("command", ["serve", "worker"])
def test_a_form_that_there_is_not_is_a_mistake_in_the_command(run, command):
    result = run(command, "--log-format", "xml")

    assert EXIT_USAGE == result.exit_code
    assert "'auto', 'json', 'console'" in result.stderr
