"""A store that speaks S3, in a thread of this process, and databases for keys of pictures."""

from __future__ import annotations

import secrets
import shutil
import threading

import pytest

from studio_detector.service.store import open_store

_CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "nobody",
    "AWS_SECRET_ACCESS_KEY": "nothing",
    "AWS_REGION": "us-east-1",
    "AWS_DEFAULT_REGION": "us-east-1",
}


def _one_at_a_time(app):
    """The server's app for one request after another.

    S3 lets many put the same key at once; here, each closes the file of the one before, who may
    still be reading from it.
    """
    turn = threading.Lock()

    def answer(environ, start_response):
        with turn:
            return [b"".join(app(environ, start_response))]

    return answer


@pytest.fixture(scope="session")
def empty_tables(tmp_path_factory):
    """A database without rows; making the tables takes longer than most tests."""
    path = tmp_path_factory.mktemp("tables") / "empty.db"
    open_store(f"sqlite:///{path}").close()
    return path


@pytest.fixture
def store(tmp_path, empty_tables):
    """A store of this test's own."""
    shutil.copyfile(empty_tables, tmp_path / "studio.db")
    store = open_store(f"sqlite:///{tmp_path}/studio.db")
    yield store
    store.close()


@pytest.fixture(scope="module")
def s3_endpoint():
    """Address of an S3-compatible server on a free port."""
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    server._server.app = _one_at_a_time(server._server.app)
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def credentials(monkeypatch):
    """What S3 clients of this test sign with."""
    for name, value in _CREDENTIALS.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def s3_client(s3_endpoint, credentials):
    """Somebody else's client of the same server."""
    import boto3

    client = boto3.client("s3", endpoint_url=s3_endpoint)
    yield client
    client.close()


@pytest.fixture
def bucket(s3_client):
    """A bucket of this test's own."""
    name = f"test-{secrets.token_hex(8)}"
    s3_client.create_bucket(Bucket=name)
    return name
