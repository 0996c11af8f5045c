"""Every kind of source, written from the same photos; the contract tests run on each."""

from __future__ import annotations

import csv
import gzip
import io
import json
import os
import tarfile
import zipfile
from typing import TYPE_CHECKING

import pyarrow as pa
from pyarrow import parquet

from studio_detector.sources.open import SourceOptions

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path
    from typing import Any


class Kind:
    """One kind of source.

    Attributes:
        separator: Bytes that no name in this kind can hold.
        options: How it is read.
        stdin: What stands on standard input.
    """

    options = SourceOptions()
    stdin: bytes | None = None

    def write(self, folder: Path, photos: Mapping[str, bytes]) -> list[str]:
        """Write photos (name -> bytes) below a folder; return the arguments that name them."""
        raise NotImplementedError

    def can_hold(self, name: str) -> bool:
        """Tell whether a name that the file system takes can stand in this kind, too."""
        return "/" not in name

    def __repr__(self) -> str:
        return type(self).__name__


def write_files(folder: Path, photos: Mapping[str, bytes]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in photos.items():
        (folder / name).write_bytes(content)


class Folder(Kind):
    def write(self, folder, photos):
        write_files(folder / "photos", photos)
        return [str(folder / "photos")]

    def can_hold(self, name):
        return not name.startswith(".")


class Files(Kind):
    def write(self, folder, photos):
        write_files(folder, photos)
        return [str(folder / name) for name in photos]


class Pattern(Kind):
    def write(self, folder, photos):
        write_files(folder / "photos", photos)
        return [str(folder / "photos" / "*")]

    def can_hold(self, name):
        return not name.startswith(".")


class Manifest(Kind):
    """A list beside its photos; `content` is what it says."""

    name = ""

    def content(self, names: list[str]) -> bytes:
        raise NotImplementedError

    def write(self, folder, photos):
        write_files(folder, photos)
        (folder / self.name).write_bytes(self.content(list(photos)))
        return [str(folder / self.name)]


class Text(Manifest):
    name = "list.txt"
    line_end = b"\n"

    def content(self, names):
        return b"".join(os.fsencode(name) + self.line_end for name in names)

    def can_hold(self, name):
        return bool(name.strip()) and "\n" not in name and not name.endswith("\r")


class TextFromWindows(Text):
    """With a byte order mark and CRLF."""

    name = "LIST.LST"
    line_end = b"\r\n"

    def content(self, names):
        return b"\xef\xbb\xbf" + super().content(names)


class Csv(Manifest):
    name = "list.csv"
    delimiter = ","

    def content(self, names):
        text = io.StringIO()
        writer = csv.writer(text, delimiter=self.delimiter)
        writer.writerow(["id", "File", "caption"])
        for number, name in enumerate(names):
            writer.writerow([number, name, 'a "caption",\r\nof two; lines'])
        return text.getvalue().encode("utf-8", "surrogateescape")


class CsvFromWindows(Csv):
    """As spreadsheets of much of Europe write it."""

    delimiter = ";"

    def content(self, names):
        return b"\xef\xbb\xbf" + super().content(names)


class CsvColumn(Csv):
    """The column is named by an option."""

    options = SourceOptions(column="caption")

    def content(self, names):
        text = io.StringIO()
        writer = csv.writer(text)
        writer.writerow(["path", "caption"])
        for name in names:
            writer.writerow(["elsewhere.jpg", name])
        return text.getvalue().encode("utf-8", "surrogateescape")


class JsonObjects(Manifest):
    name = "list.jsonl"

    def content(self, names):
        return b"".join(json.dumps({"n": 1, "path": n}).encode() + b"\n" for n in names)


class JsonStrings(Manifest):
    """As UTF-8, not escaped."""

    name = "list.ndjson"

    def content(self, names):
        lines = [json.dumps(name, ensure_ascii=False) + "\r\n" for name in names]
        return "\n".join(lines).encode("utf-8", "surrogateescape")


class Parquet(Manifest):
    name = "list.parquet"
    type: Any = pa.binary()

    def content(self, names):
        column = pa.array([os.fsencode(name) for name in names], pa.binary())
        table = pa.table({"n": list(range(len(names))), "image": column.cast(self.type)})
        sink = io.BytesIO()
        parquet.write_table(table, sink, row_group_size=1 + len(names) // 3)
        return sink.getvalue()


class ParquetText(Parquet):
    """The usual type; cannot hold bytes that are no text."""

    type = pa.string()

    def can_hold(self, name):
        return name.isprintable()


class ParquetDictionary(ParquetText):
    """As pandas writes categories."""

    type = pa.dictionary(pa.int32(), pa.string())


class StandardInput(Kind):
    separator = b"\n"

    def write(self, folder, photos):
        write_files(folder, photos)
        self.stdin = b"".join(os.fsencode(folder / n) + self.separator for n in photos)
        return ["-"]

    def can_hold(self, name):
        return "\n" not in name and not name.endswith("\r")


class StandardInputNull(StandardInput):
    separator = b"\0"
    options = SourceOptions(null_separated=True)

    def can_hold(self, name):
        return bool(name)


class Tar(Kind):
    name = "shard.tar"
    format = tarfile.PAX_FORMAT

    def packed(self, data: bytes) -> bytes:
        return data

    def write(self, folder, photos):
        sink = io.BytesIO()
        with tarfile.open(fileobj=sink, mode="w", format=self.format) as archive:
            for name, content in photos.items():
                info = tarfile.TarInfo(f"./inner/{name}")
                info.size = len(content)
                archive.addfile(info, io.BytesIO(content))
        folder.mkdir(parents=True, exist_ok=True)
        (folder / self.name).write_bytes(self.packed(sink.getvalue()))
        return [str(folder / self.name)]

    def can_hold(self, name):
        return not name.startswith(".")


class TarGnu(Tar):
    format = tarfile.GNU_FORMAT


class TarGzip(Tar):
    name = "SHARD.TGZ"

    def packed(self, data):
        return gzip.compress(data, 1)


class TarGzipLong(TarGzip):
    """In several members of gzip, as pigz and joining write it."""

    name = "shard.tar.gz"

    def packed(self, data):
        return gzip.compress(data[:700], 1) + gzip.compress(data[700:], 1)


class TarZstd(Tar):
    name = "shard.tar.zst"

    def packed(self, data):
        sink = pa.BufferOutputStream()
        with pa.CompressedOutputStream(sink, "zstd") as stream:
            stream.write(data)
        return sink.getvalue().to_pybytes()


class Zip(Kind):
    method = zipfile.ZIP_STORED

    def write(self, folder, photos):
        folder.mkdir(parents=True, exist_ok=True)
        with zipfile.ZipFile(folder / "photos.zip", "w", self.method) as archive:
            for name, content in photos.items():
                archive.writestr(f"inner/{name}", content)
        return [str(folder / "photos.zip")]

    def can_hold(self, name):
        return not name.startswith(".") and name.isprintable()


class ZipDeflated(Zip):
    method = zipfile.ZIP_DEFLATED


MANIFESTS = [
    Text(),
    TextFromWindows(),
    Csv(),
    CsvFromWindows(),
    CsvColumn(),
    JsonObjects(),
    JsonStrings(),
    Parquet(),
    ParquetText(),
    ParquetDictionary(),
]
LISTS = [*MANIFESTS, StandardInput(), StandardInputNull()]
TARS = [Tar(), TarGnu(), TarGzip(), TarGzipLong(), TarZstd()]
ARCHIVES = [*TARS, Zip(), ZipDeflated()]
KINDS = [Folder(), Files(), Pattern(), *LISTS, *ARCHIVES]
