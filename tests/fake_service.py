"""A small service that speaks the protocol and knows the verdict from the bytes."""

from __future__ import annotations

import hashlib
import json
import re
import secrets
import threading
import time
from collections import Counter
from datetime import UTC, datetime
from uuid import NAMESPACE_URL, UUID, uuid5

from werkzeug import Response

API = "/api/v1"
CREATED = datetime(2026, 11, 1, 12, 0, tzinfo=UTC).isoformat()


class FakeService:
    """Answers like the real one, at once; what is sent as ``slow`` takes three looks.

    Attributes:
        answers: Taken instead of an answer of its own, the first first: a response, or a
            function of the request.
        seen: Every request: (method, path, headers, query, JSON or form).
        url: Its address.
    """

    def __init__(self, httpserver):
        # A place of its own: the server is shared by all tests, and threads of an earlier one
        # may still be asking.
        self.root = f"/{secrets.token_hex(8)}"
        self.url = httpserver.url_for(self.root)
        pattern = re.compile(f"{self.root}/.*")
        httpserver.expect_request(pattern).respond_with_handler(self)
        self.answers = []
        self.seen = []
        self.jobs = {}
        self.results = {}
        self.batches = {}
        self.by_key = {}
        self.events = True
        self._lock = threading.RLock()

    def __call__(self, request):
        form = dict(request.form.lists()) if request.form else {}
        body = request.get_json(silent=True) if request.is_json else form
        path = request.path.removeprefix(self.root)
        with self._lock:
            self.seen.append(
                (request.method, path, dict(request.headers), dict(request.args), body)
            )
            if self.answers:
                answer = self.answers.pop(0)
                return answer if isinstance(answer, Response) else answer(request)
            return self._answer(request, body)

    def key(self, at=-1):
        """The idempotency key of a request that was seen."""
        return self.seen[at][2].get("Idempotency-Key")

    def _answer(self, request, body):
        path = request.path.removeprefix(self.root).removeprefix(API)
        for method, pattern, answer in self._routes():
            found = re.fullmatch(pattern, path)
            if found and method == request.method:
                try:
                    return answer(request, body, *found.groups())
                except KeyError:
                    break
        return problem("result_unknown", 404, f"there is no {path}; check the name")

    def _routes(self):
        return (
            ("GET", "/(?:livez|startupz|readyz)", self._healthy),
            ("POST", "/analyse", self._analyse),
            ("GET", "/jobs", lambda request, _: self._page(request, self.jobs)),
            ("GET", "/jobs/([^/]+)", lambda _, __, job: reply(self._looked_at(self.jobs[job]))),
            ("POST", "/jobs/([^/]+)/retry", self._retry),
            ("DELETE", "/jobs/([^/]+)", self._cancel),
            ("POST", "/batches", self._batch),
            ("GET", "/batches/([^/]+)", lambda _, __, batch: reply(self._grown(batch))),
            ("GET", "/batches/([^/]+)/events", self._events),
            ("GET", "/batches/([^/]+)/results", self._rows),
            ("GET", "/results", lambda request, _: self._page(request, self.results)),
            ("GET", "/results/([^/]+)", lambda _, __, result: reply(self.results[result])),
            ("GET", "/results/([^/]+)/report", self._report),
            ("GET", "/results/([^/]+)/overlays/(.+)", self._overlay),
            ("POST", "/results/([^/]+)/feedback", self._feedback),
            ("GET", "/similar", self._similar),
            ("GET", "/models", lambda *_: reply({"models": [], "variants": ["default"]})),
            ("GET", "/version", lambda *_: reply({"version": "0.1.0"})),
        )

    def _healthy(self, *_):
        return reply({"status": "ok", "parts": {"store": "ok"}})

    def _retry(self, _, __, job_id):
        if self.jobs[job_id]["state"] not in {"dead", "cancelled"}:
            return problem("state_conflict", 409, "the job is done; retry dead ones")
        self.jobs[job_id] |= {"state": "queued", "error": None}
        return reply(self.jobs[job_id])

    def _cancel(self, _, __, job_id):
        self.jobs[job_id]["state"] = "cancelled"
        return Response(status=204)

    def _report(self, _, __, result_id):
        label = self.results[result_id]["label"]
        return Response(f"<html>it is {label}</html>", content_type="text/html")

    def _overlay(self, _, __, result_id, name):
        self.results[result_id]
        return Response(b"\x89PNG" + name.encode(), content_type="image/png")

    def _feedback(self, _, body, result_id):
        self.results[result_id]
        said = {"id": name_of("feedback"), "result_id": result_id, "created_at": CREATED}
        return reply({"note": None} | said | body, 201)

    def _analyse(self, request, body):
        key = request.headers.get("Idempotency-Key")
        if key in self.by_key:
            return self._answered(self.by_key[key])
        if "file" in request.files:
            data = request.files["file"].read()
        else:
            data = body["image_url"].rpartition("/")[2].encode()
        job = self._job(data)
        self.by_key[key] = job
        if "wait" in request.args:
            job = self._looked_at(job)
        return self._answered(job)

    def _answered(self, job):
        if job["state"] == "done":
            return reply(job["result"] | {"job_id": job["id"], "answer": job["answer"]})
        return reply(job, 202)

    def _job(self, data, **more):
        job_id = name_of(f"job {len(self.jobs)}")
        job = {
            "id": job_id,
            "state": "queued",
            "attempts": 0,
            "answer": None,
            "result_id": None,
            "result": None,
            "error": None,
            "image_hash": hashlib.sha256(data).hexdigest(),
            "batch_id": None,
            "looks_left": 3 if b"slow" in data else 0,
            "verdict": data.decode("latin-1"),
            **more,
        }
        self.jobs[job_id] = job
        return job

    def _looked_at(self, job):
        if job["state"] not in {"queued", "running"} or "never" in job["verdict"]:
            return job
        if job["looks_left"]:
            job["looks_left"] -= 1
            job |= {"state": "running", "attempts": 1}
            return job
        if "broken" in job["verdict"]:
            said = {"code": "corrupt", "message": "it is damaged; copy it again"}
            job |= {"state": "dead", "error": said, "attempts": 1}
            return job
        result = result_of(job["image_hash"], job["verdict"])
        self.results[result["id"]] = result
        job |= {"state": "done", "answer": "analysed", "result_id": result["id"], "attempts": 1}
        job["result"] = result
        return job

    def _batch(self, request, body):
        if "file" in request.files:
            names = request.files["file"].read().decode().split()
        elif request.mimetype == "application/octet-stream":
            assert request.content_length is not None
            names = request.get_data().decode().split()
        else:
            names = body["image_urls"]
        batch_id = name_of(f"batch {len(self.batches)}")
        jobs = [
            self._job(name.rpartition("/")[2].encode(), name=name, batch_id=batch_id)
            for name in names
        ]
        self.batches[batch_id] = {"id": batch_id, "created_at": CREATED, "jobs": jobs}
        return reply(self._state(self.batches[batch_id]), 202)

    def _grown(self, batch_id):
        """Two more of its jobs are over with every look."""
        batch = self.batches[batch_id]
        waiting = [job for job in batch["jobs"] if job["state"] in {"queued", "running"}]
        for job in waiting[:2]:
            job["looks_left"] = 0
            self._looked_at(job)
        return self._state(batch)

    def _state(self, batch):
        counts = Counter(job["state"] for job in batch["jobs"])
        waiting = counts["queued"] + counts["running"]
        return {
            "id": batch["id"],
            "created_at": CREATED,
            "total": len(batch["jobs"]),
            "counts": dict(counts),
            "finished_at": None if waiting else CREATED,
        }

    def _events(self, _, __, batch_id):
        if not self.events:
            raise KeyError(batch_id)

        def pieces():
            yield b": ping\r\n\r\n"
            while True:
                state = self._grown(batch_id)
                yield f"event: progress\r\ndata: {json.dumps(state)}\r\n\r\n".encode()
                if state["finished_at"]:
                    return
                time.sleep(0.01)

        return Response(pieces(), content_type="text/event-stream; charset=utf-8")

    def _rows(self, _, __, batch_id):
        rows = [
            json.dumps(
                {
                    "position": position,
                    "name": job["name"],
                    "job_id": job["id"],
                    "state": job["state"],
                    "answer": job["answer"],
                    "result": job["result"],
                    "error": job["error"],
                },
                ensure_ascii=False,
            )
            for position, job in enumerate(self.batches[batch_id]["jobs"])
        ]
        return Response("\n".join(rows) + "\n", content_type="application/x-ndjson")

    def _similar(self, request, _):
        image_hash = request.args["image_hash"]
        others = [r for r in self.results.values() if r["image_hash"] != image_hash]
        return reply({"items": [{"distance_bits": n, "result": r} for n, r in enumerate(others)]})

    def _page(self, request, things):
        items = list(things.values())
        limit = int(request.args.get("limit", 3))
        start = int(request.args.get("cursor", 0))
        more = start + limit < len(items)
        cursor = str(start + limit) if more else None
        return reply({"items": items[start : start + limit], "cursor": cursor})


def reply(data, status=200, **headers):
    """An answer in JSON."""
    return Response(json.dumps(data), status, headers, content_type="application/json")


def problem(code, status, detail, **headers):
    """A problem document."""
    said = {"type": "about:blank", "code": code, "status": status, "detail": detail}
    return Response(json.dumps(said), status, headers, content_type="application/problem+json")


def result_of(image_hash, verdict):
    """A result whose label is the word in the picture."""
    label = next((word for word in ("natural", "uncertain") if word in verdict), "studio")
    confidence = {"studio": 0.9, "natural": 0.1, "uncertain": 0.5}[label]
    return {
        "id": str(uuid5(NAMESPACE_URL, image_hash)),
        "image_hash": image_hash,
        "is_studio": confidence > 0.5,
        "confidence": confidence,
        "lighting_confidence": confidence,
        "label": label,
        "phase": "lighting",
        "phases": "auto",
        "pipeline_version": "1",
        "model": "shipped@1+0123456789ab",
        "variant": "default",
        "created_at": CREATED,
        "processing_time_ms": 12.5,
        "perceptual_hash": "ab" * 32,
        "perceptual_quality": 90,
        "phase1_results": {
            "shadow": {
                "version": 1,
                "values": {"softness_px": 3.25, "depth_ratio": None},
                "missing": {"depth_ratio": "no shadow found"},
            }
        },
        "phase3_results": None,
        "evidence": {
            "intercept": -0.5,
            "logit": 1.0,
            "terms": [{"measures": ["shadow.softness_px"], "values": [3.25], "log_odds": 1.5}],
        },
        "report": {
            "components": {"shadow": 0.8},
            "version": "0.1.0",
            "warnings": [],
            "timing_ms": {
                "decode": 8.0,
                "lighting": 4.5,
                "network": None,
                "detail": None,
                "total": 12.5,
            },
            "format": "JPEG",
            "original_size_px": [1200, 800],
            "working_size_px": [512, 341],
            "doubt": [0.3, 0.7],
        },
    }


def name_of(thing):
    """A UUID for a thing."""
    return str(uuid5(UUID(int=0), thing))
