"""Archives of pictures and of other things, packed in memory."""

from __future__ import annotations

import gzip
import io
import tarfile
import warnings
import zipfile

import pytest

from studio_detector.errors import BusyError, RequestError


def zipped(*members):
    """A zip of (name, bytes)."""
    stream = io.BytesIO()
    # A name may be there twice.
    with warnings.catch_warnings(action="ignore"), zipfile.ZipFile(stream, "w") as archive:
        for name, data in members:
            archive.writestr(zipfile.ZipInfo(name), data)
    return stream


def tarred(*members):
    """A tar of (name, bytes)."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        for name, data in members:
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return stream


def gzipped(*members):
    """The same, compressed."""
    return io.BytesIO(gzip.compress(tarred(*members).getvalue(), 1))


#: Every kind that the standard library can make.
KINDS = {"zip": zipped, "tar": tarred, "tar.gz": gzipped}


def refused(door, stream, **options):
    with pytest.raises((RequestError, BusyError)) as caught:
        door.archive(stream, **options)
    assert [] == door.jobs()
    assert [] == door.broker.sent
    return caught.value
