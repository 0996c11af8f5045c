"""Posts one picture from many threads at once: ``python posting_process.py URL START COUNT NAME``.

Waits until the file START is there, and prints what became of each job.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from pathlib import Path
from uuid import uuid4

from studio_detector.service.records import NewJob, Work
from studio_detector.service.store import open_store


def say(line):
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main(url, start, count, image_hash):
    store = open_store(url)
    work = Work(variant="main", pipeline_version="1", phases="auto")
    barrier = threading.Barrier(count)
    told = []

    def post():
        new = NewJob(id=uuid4(), tenant="default", work=work, image_hash=image_hash)
        barrier.wait()
        (job,) = store.jobs.accept([new])
        told.append({"id": str(job.id), "leader": job.leader_id and str(job.leader_id)})

    threads = [threading.Thread(target=post) for _ in range(count)]
    say("ready")
    while not Path(start).exists():
        time.sleep(0.001)
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    store.close()
    say(json.dumps(told))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4])
