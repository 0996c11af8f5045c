"""Searching everything that a service keeps for words, byte by byte."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import redis
from sqlalchemy import create_engine, text


def found_in_files(words, *roots):
    """Word -> files below these folders that hold it, or are these files."""
    found = defaultdict(set)
    for root in roots:
        for path in [root] if root.is_file() else sorted(Path(root).rglob("*")):
            if not path.is_file():
                continue
            data = path.read_bytes()
            for name, word in words.items():
                if word in data or word in str(path).encode():
                    found[name].add(path.relative_to(root.parent).as_posix())
    return dict(found)


def found_in_postgres(words, url):
    """Word -> tables that hold it in a row, or in the pages that rows lie in."""
    found = defaultdict(set)
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        tables = connection.execute(
            text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        ).scalars()
        for table in list(tables):
            rows = connection.execute(text(f"SELECT t::text FROM {table} AS t")).scalars()
            told = "\n".join(rows).encode()
            for name, word in words.items():
                if word in told:
                    found[name].add(table)
    engine.dispose()
    return dict(found)


def found_in_redis(words, url):
    """Word -> keys that hold it, in their name or in what they keep."""
    found = defaultdict(set)
    with redis.Redis.from_url(url) as server:
        for key in server.scan_iter():
            kept = key + repr(_kept(server, key)).encode()
            for name, word in words.items():
                if word in kept:
                    found[name].add(key.decode("utf-8", "replace"))
    return dict(found)


def _kept(server, key):
    kind = server.type(key)
    if kind == b"string":
        return server.get(key)
    if kind == b"hash":
        return server.hgetall(key)
    if kind == b"list":
        return server.lrange(key, 0, -1)
    if kind == b"zset":
        return server.zrange(key, 0, -1)
    return server.smembers(key) if kind == b"set" else server.dump(key)
