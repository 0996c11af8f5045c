"""Writes an audit log: ``python auditing_process.py URL COUNT`` as fast as it can, or, without
COUNT, for ever, saying what was written by `act`.
"""

from __future__ import annotations

import itertools
import os
import sys
import threading

from service.audit.audit_examples import SECRET, entry
from studio_detector.service.audit.log import AuditLog
from studio_detector.service.store import open_store

THREADS = 3


def say(line):
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main(url, count=None):
    log = AuditLog(open_store(url).audit, SECRET, rest_s=0.01)
    log.start()
    if count is None:
        for number in itertools.count():
            log.note(entry(number, actor="noted"))
            log.act(entry(number, actor="acted"))
            say(number)

    def write(thread):
        for number in range(int(count)):
            act = log.act if number % 4 == 0 else log.note
            act(entry(number, actor=f"{os.getpid()}/{thread}"))

    threads = [threading.Thread(target=write, args=(at,)) for at in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    log.close()
    say("done")


if __name__ == "__main__":
    main(*sys.argv[1:])
