"""Posts pictures at moments drawn beforehand, as a process of its own, with locust.

    python -m tools.load.generator --address URL --rate R --seconds S --file FILE

Locust's users wait for an answer before they ask again. Here one user draws up the schedule and
gives each request a greenlet of its own, which locust's session is made for (``concurrency``):
the next picture leaves when it is due, whatever has become of those before it. Each is written
down with the moment at which it was due. Photographs are those of ``benchmarks.pictures``; a
number behind the end of each makes its bytes unlike all others, so that no cache answers.
"""

from __future__ import annotations

import argparse
import hashlib
import itertools
import json
import random
import secrets
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tools.load.answers import TAKEN, Answer, line_of
from tools.load.arrivals import ARRIVALS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

_PHOTOGRAPHS = 200
# Time for the user to be there when the first picture is due.
_AHEAD_S = 0.5
_CONNECT_S = 5.0
_NETWORK_S = 90.0
_CONNECTIONS = 8192
_PAUSE_S = 0.2
_LONGEST_PAUSE_S = 5.0
#: Answers that ask for another try; 0 is a connection that broke.
_NOT_NOW = frozenset({0, 429, 502, 503, 504, 507})


@dataclass(frozen=True, slots=True, kw_only=True)
class Orders:
    """What to post.

    Attributes:
        address: Of the service.
        times: Seconds from the beginning at which pictures are due.
        mark: Part of each picture's bytes; another one makes other pictures.
        wait_s: Seconds that each request waits for its result; 0 for not at all.
        patience_s: How long one picture is tried again, under its own ``Idempotency-Key``;
            0 for a single try without a key.
    """

    address: str
    times: Sequence[float]
    mark: str
    wait_s: float = 0.0
    patience_s: float = 0.0


def main(arguments: Sequence[str] | None = None) -> int:
    """Run; see the module."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--address", required=True)
    parser.add_argument("--rate", type=float, required=True, help="pictures a second")
    parser.add_argument("--seconds", type=float, required=True)
    parser.add_argument("--arrivals", choices=list(ARRIVALS), default="poisson")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--wait", type=float, default=0.0, help="seconds to wait for a result")
    parser.add_argument("--patience", type=float, default=0.0, help="seconds to try again")
    parser.add_argument("--file", required=True, help="gets a line for each picture")
    given = parser.parse_args(arguments)
    orders = Orders(
        address=given.address,
        times=ARRIVALS[given.arrivals](given.rate, given.seconds, given.seed),
        mark=secrets.token_hex(4),
        wait_s=given.wait,
        patience_s=given.patience,
    )
    with open(given.file, "w", encoding="utf-8") as file:  # noqa: PTH123 - before locust patches
        post_all(orders, lambda answer: print(line_of(answer), file=file))
    return 0


def post_all(orders: Orders, note: Callable[[Answer], None]) -> None:
    """Post everything and return when all is answered.

    Args:
        orders: What to post.
        note: Is told of each picture once its last answer is there.
    """
    # Locust puts gevent under the sockets when it is imported, so nobody else may come first.
    import gevent  # noqa: PLC0415
    from gevent.event import Event  # noqa: PLC0415
    from gevent.pool import Group  # noqa: PLC0415
    from locust import FastHttpUser, task  # noqa: PLC0415
    from locust.env import Environment  # noqa: PLC0415

    over = Event()
    pictures = _pictures(orders.mark)

    class Callers(FastHttpUser):
        """All callers together."""

        host = orders.address
        concurrency = _CONNECTIONS
        connection_timeout = _CONNECT_S
        network_timeout = _NETWORK_S
        max_retries = 0

        @task
        def come(self) -> None:
            """Send each picture when it is due."""
            asked, begun = Group(), time.time() + _AHEAD_S
            for after_s in orders.times:
                gevent.sleep(max(0.0, begun + after_s - time.time()))
                asked.spawn(self.ask, begun + after_s, next(pictures))
            asked.join()
            over.set()
            gevent.sleep(_NETWORK_S)  # until the runner ends

        def ask(self, due_s: float, data: bytes) -> None:
            """Post one picture until it is taken, or as long as there is patience."""
            note(_asked(self.client, orders, due_s, data))

    environment = Environment(user_classes=[Callers])
    runner = environment.create_local_runner()
    runner.start(1, spawn_rate=1)
    over.wait()
    runner.quit()


def _asked(client: Any, orders: Orders, due_s: float, data: bytes) -> Answer:  # noqa: ANN401 - locust's session
    headers = {"Content-Type": "application/octet-stream"}
    if orders.patience_s:
        headers["Idempotency-Key"] = secrets.token_hex(16)
    target = f"/api/v1/analyse?wait={orders.wait_s:g}" if orders.wait_s else "/api/v1/analyse"
    sent_s = time.time()
    tries = 0
    while True:
        tries += 1
        answer = client.post(target, data=data, headers=headers, name="analyse")
        status, body = int(answer.status_code or 0), answer.content or b""
        is_over = status not in _NOT_NOW or time.time() - due_s > orders.patience_s
        if is_over:
            break
        time.sleep(_pause_s(answer.headers, tries))
    told = json.loads(body) if status in TAKEN else {}
    name = str(told.get("job_id") or told.get("id") or "")
    return Answer(
        due_s=due_s,
        sent_s=sent_s,
        answered_s=time.time(),
        status=status,
        tries=tries,
        job_id=name.replace("-", ""),
        image_hash=hashlib.sha256(data).hexdigest(),
        analysis_ms=told.get("processing_time_ms"),
        answer_bytes=len(body),
    )


def _pause_s(headers: Any, tries: int) -> float:  # noqa: ANN401 - none, or locust's
    """As long as the service asks for; else twice as long each time, less up to a half of it."""
    asked = (headers or {}).get("retry-after")
    pause_s = min(_LONGEST_PAUSE_S, float(asked) if asked else _PAUSE_S * 2 ** (tries - 1))
    return pause_s * random.uniform(0.5, 1.0)  # noqa: S311 - nothing secret


def _pictures(mark: str) -> Iterator[bytes]:
    from benchmarks.pictures import photographs  # noqa: PLC0415 - after locust

    # All are read before the first is due.
    photos = [path.read_bytes() for path in photographs(_PHOTOGRAPHS)]
    return (
        data + f"#{mark}-{number:07d}".encode()
        for number, data in enumerate(itertools.cycle(photos))
    )


if __name__ == "__main__":
    sys.exit(main())
