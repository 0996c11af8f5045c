"""Words planted in pictures, names, addresses and notes are found before, and nowhere after.

The search reads every byte that a service keeps: database with its log, pictures, cache, folders
of temporary files, its own log, its journal.
"""

from __future__ import annotations

import time
from uuid import uuid4

import pytest
from sqlalchemy import create_engine, make_url, text

import service_servers
from private_redis import PrivateRedis
from service.erasure import marked
from service.erasure.marked import Marks
from service.erasure.running import Neighbour, Processes, client
from service.erasure.searching import found_in_files, found_in_postgres, found_in_redis

pytestmark = pytest.mark.slow

LOCAL = {
    "fetch_private": "127.0.0.0/8",
    "fetch_ports": "*",
    "keep_pictures_s": 3600,
}
#: In the file of a picture.
IN_PICTURES = ("exif", "pixels")
#: What senders say of a picture, which is stored with its job.
SAID = ("member", "damaged", "url", "callback", "key", "note")
#: What is stored nowhere, not for a moment.
NEVER = ("file_name", "tag")


@pytest.fixture(scope="module")
def neighbour():
    neighbour = Neighbour()
    yield neighbour
    neighbour.shutdown()
    neighbour.server_close()


class Filled:
    """A service with everything in it that can come of pictures, with words all over.

    Attributes:
        http: A client.
        marks: The words.
        jobs: Ids of all jobs.
        hashes: Of all pictures.
        told: All that the service says of the pictures.
    """

    def __init__(self, http, neighbour, seed):
        self.http = http
        self.marks = marks = Marks()
        neighbour.pictures[f"/{marks.url}.tif"] = marked.tiff(marks, seed)
        callback = f"{neighbour.url}/{marks.callback}"
        tagged = {"subject": marks.tag, "callback_url": callback}
        first = http.post(
            "/analyse",
            params={"wait": 60},
            files={"file": (f"{marks.file_name}.jpg", marked.jpeg(marks, seed + 1))},
            data=tagged,
            headers={"Idempotency-Key": marks.key},
        )
        assert first.status_code == 200, first.text
        raw = {"Content-Type": "image/bmp"}
        for data in (marked.bmp(marks, seed + 2), marked.png(marks, seed + 3)):
            answer = http.post("/analyse", params={"wait": 60, **tagged}, content=data, headers=raw)
            assert answer.status_code == 200, answer.text
        asked = {"image_url": f"{neighbour.url}/{marks.url}.tif", **tagged}
        assert http.post("/analyse", json=asked, params={"wait": 60}).status_code == 200
        batch = http.post(
            "/batches",
            files={"file": (f"{marks.file_name}.zip", marked.archive(marks, seed + 4))},
            data=tagged,
            headers={"Idempotency-Key": f"batch {marks.key}"},
        ).json()
        self._until(lambda: http.get(f"/batches/{batch['id']}").json()["finished_at"])
        self._until(lambda: neighbour.called.count(f"/{marks.callback}") >= 5)
        jobs = self._all("/jobs")
        results = self._all("/results")
        for result in results:
            said = {"label": "natural", "note": f"{marks.note} at the window"}
            assert http.post(f"/results/{result['id']}/feedback", json=said).status_code == 201
        self.jobs = [job["id"] for job in jobs]
        self.hashes = sorted({job["image_hash"] for job in jobs})
        self.perceptual = {result["perceptual_hash"] for result in results}
        shown = [http.get(f"/subjects/{marks.tag}/export").content]
        for result in results:
            where = f"/results/{result['id']}"
            shown += [http.get(where + end).content for end in ("", "/report", "/overlays")]
            overlay = http.get(f"{where}/overlays").json()["items"][0]
            shown.append(http.get(overlay["href"].removeprefix("/api/v1")).content)
            shown.append(http.get(f"/similar?image_hash={result['image_hash']}").content)
        self.told = b"".join(shown)

    def erase(self, way):
        """Erase all of it; whatever happened before, it is gone then."""
        paths = {
            "picture": [f"/pictures/{image_hash}" for image_hash in self.hashes],
            "job": [f"/jobs/{job}" for job in self.jobs],
            "subject": [f"/subjects/{self.marks.tag}"],
            "tenant": ["/tenants/default"],
        }[way]
        for path in paths:
            assert self.http.delete(path).status_code in {200, 204}, path
        assert self._all("/jobs") == []
        assert self._all("/results") == []

    def words(self, *names):
        """Words to search for; without names also the perceptual hashes."""
        words = self.marks.words(*names)
        if not names:
            words |= {f"hash {text}": text.encode() for text in self.perceptual}
        return words

    def _all(self, path):
        found, cursor = [], None
        while True:
            page = self.http.get(
                path, params={"limit": 500} | ({"cursor": cursor} if cursor else {})
            )
            found += page.json()["items"]
            cursor = page.json()["cursor"]
            if cursor is None:
                return found

    def _until(self, is_so):
        end = time.monotonic() + 60
        while not is_so():
            assert time.monotonic() < end
            time.sleep(0.05)


def _search(filled, processes, *, is_encrypted):
    """Find the words where they must be, and nowhere else; or the search would be worth nothing."""
    found = found_in_files(filled.words(), *processes.places)
    for name in SAID:
        assert any(path.startswith("data/studio.db") for path in found[name]), name
    for name in IN_PICTURES:
        in_pictures = {path for path in found.get(name, ()) if path.startswith("data/pictures/")}
        assert bool(in_pictures) != is_encrypted, name
        assert found.get(name, set()) == in_pictures, name
    assert any(name.startswith("hash") for name in found)
    for name in NEVER:
        assert name not in found


def _check_told(filled):
    """No metadata is in results, warnings, pages, overlays and exports, nor is the picture."""
    for name, word in filled.words(*IN_PICTURES, "file_name").items():
        assert word not in filled.told, name
    # What the sender said is his to see again.
    for name, word in filled.words("member", "url", "note").items():
        assert word in filled.told, name


def test_no_byte_is_left_in_an_embedded_service(tmp_path, neighbour):
    """By whatever way; nor once it has ended."""
    processes = Processes(tmp_path, encrypt_pictures="false", **LOCAL)
    words = {}
    try:
        with client(processes.serve()) as http:
            for number, way in enumerate(("picture", "job", "subject", "tenant")):
                filled = Filled(http, neighbour, 100 * number)
                _search(filled, processes, is_encrypted=False)
                _check_told(filled)
                filled.erase(way)
                assert found_in_files(filled.words(), *processes.places) == {}, way
                assert processes.pictures() == []
                words |= {f"{name} by {way}": word for name, word in filled.words().items()}
        processes.stop()
        assert found_in_files(words, tmp_path) == {}
    finally:
        processes.kill()


def test_no_byte_is_left_where_pictures_are_encrypted(tmp_path, neighbour):
    """Hashes of pictures are left with their erasures alone: a restored database needs them."""
    processes = Processes(tmp_path, **LOCAL)
    try:
        with client(processes.serve()) as http:
            filled = Filled(http, neighbour, 2000)
            _search(filled, processes, is_encrypted=True)
            filled.erase("picture")
            assert found_in_files(filled.words(), *processes.places) == {}
            assert processes.pictures() == []
            hashes = {name: name.encode() for name in filled.hashes}
            for places in found_in_files(hashes, *processes.places).values():
                assert {place.removesuffix("-wal") for place in places} == {
                    "data/erasures.jsonl",
                    "data/studio.db",
                }
            told = http.get("/audit", params={"limit": 500}).text
            assert not any(name in told for name in filled.hashes)
    finally:
        processes.kill()


@pytest.fixture
def database():
    """A PostgreSQL of this test's own."""
    server = service_servers.postgres_url()
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    name = f"studio_test_{uuid4().hex}"
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name} TEMPLATE template0"))
    url = make_url(server).set(drivername="postgresql+psycopg", database=name)
    yield url.render_as_string(hide_password=False)
    with engine.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    engine.dispose()


@pytest.mark.services
def test_no_byte_is_left_in_postgresql_and_redis(tmp_path, neighbour, database):
    """With the workers in a process of their own."""
    server = PrivateRedis(tmp_path)
    server.start()
    processes = Processes(
        tmp_path,
        encrypt_pictures="false",
        database_url=database,
        broker_url=server.url,
        cache_url=server.url,
        **LOCAL,
    )
    try:
        address = processes.serve()
        processes.start("worker", r"studio-detector works for")
        with client(address) as http:
            for number, way in enumerate(("job", "subject")):
                filled = Filled(http, neighbour, 3000 + 100 * number)
                found = found_in_postgres(filled.words(), database)
                for name in SAID:
                    assert found[name], name
                assert any(name.startswith("hash") for name in found)
                hashes = {name: name.encode() for name in filled.hashes}
                assert found_in_redis(hashes, server.url), "the cache is not used"
                in_pictures = found_in_files(filled.words(*IN_PICTURES), *processes.places)
                assert in_pictures.keys() == set(IN_PICTURES)
                filled.erase(way)
                assert found_in_postgres(filled.words(), database) == {}
                assert found_in_redis(filled.words() | hashes, server.url) == {}
                assert found_in_files(filled.words() | hashes, *processes.places) == {}
                assert processes.pictures() == []
        processes.stop()
    finally:
        processes.kill()
        server.kill()
