"""What a service found: ``results``, ``report``, ``overlay``, ``feedback``, ``similar``."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import click

from studio_detector.cli.remote_options import service_options
from studio_detector.cli.remote_records import FORMAT, write_records
from studio_detector.decision.policy import Label

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from uuid import UUID

    from studio_detector.cli.run import Run
    from studio_detector.cli.sinks import Format
    from studio_detector.client import Client

_COLUMNS = (
    "id",
    "label",
    "confidence",
    "is_studio",
    "phase",
    "model",
    "variant",
    "image_hash",
    "created_at",
)
_SIMILAR_COLUMNS = ("distance_bits", *(f"result.{name}" for name in _COLUMNS))
# Results fetched at a time, and bytes read at a time.
_PAGE = 100
_PIECE_BYTES = 1 << 20
_HASH = re.compile(r"[0-9a-fA-F]{64}")
_RESULT = click.argument("result", type=click.UUID)


def _output(what: str) -> Callable[[Callable[..., int]], Callable[..., int]]:
    return click.option(
        "--output",
        "-o",
        type=click.Path(dir_okay=False, path_type=Path),
        help=f"Where the {what} goes; standard output without it.",
    )


@click.command(
    "results",
    short_help="List what was found.",
    help="List what the service found, the newest first.",
)
@click.option("--studio/--no-studio", "is_studio", default=None, help="Only studio, or only not.")
@click.option("--label", type=click.Choice(get_args(Label)), help="Only of this label.")
@click.option("--confidence-min", type=click.FloatRange(0, 1), help="Only P(studio) from here.")
@click.option("--confidence-max", type=click.FloatRange(0, 1), help="Only P(studio) up to here.")
@click.option(
    "--created-after",
    type=click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%S%z"]),
    help="Only later ones; UTC unless it says otherwise.",
)
@click.option("--image-hash", metavar="SHA256", help="Only of this picture.")
@click.option("--variant", metavar="NAME", help="Only of this variant.")
@click.option(
    "--most", type=click.IntRange(1), default=100, show_default=True, help="How many to list."
)
@FORMAT
@service_options
@click.pass_obj
def results(
    run: Run,
    /,
    *,
    client: Client,
    most: int,
    output_format: Format,
    created_after: datetime | None,
    **given: Any,  # noqa: ANN401 - one for each other option
) -> int:
    """List what was found; see the help above."""
    from datetime import UTC
    from itertools import islice

    only = {name: value for name, value in given.items() if value is not None}
    if created_after is not None:
        is_plain = created_after.tzinfo is None
        only["created_after"] = created_after.replace(tzinfo=UTC) if is_plain else created_after
    found = islice(client.results(limit=min(most, _PAGE), **only), most)
    write_records(run.output, output_format, (result.raw for result in found), _COLUMNS)
    return 0


@click.command(
    "report",
    short_help="Fetch the page that explains a result.",
    help="Fetch the page that explains RESULT, as HTML.",
)
@_RESULT
@_output("page")
@service_options
@click.pass_obj
def report(run: Run, *, result: UUID, client: Client, output: Path | None) -> int:
    """Fetch a page; see the help above."""
    page = client.report(result)
    if output is None:
        run.output.write(page)
    else:
        _write(output, page.encode())
    return 0


@click.command(
    "overlay",
    short_help="Fetch a picture with its evidence drawn into it.",
    help="Fetch the picture of RESULT with the evidence NAME drawn into it, as PNG.",
)
@_RESULT
@click.argument("name")
@_output("picture")
@service_options
@click.pass_obj
def overlay(run: Run, *, result: UUID, name: str, client: Client, output: Path | None) -> int:
    """Fetch an overlay; see the help above."""
    if output is None and run.output.is_terminal:
        raise click.UsageError("a terminal shows no PNG; name a file with --output")
    png = client.overlay(result, name)
    if output is None:
        sys.stdout.buffer.write(png)
        sys.stdout.buffer.flush()
    else:
        _write(output, png)
    return 0


@click.command(
    "feedback",
    short_help="Tell what a picture really is.",
    help="Tell the service what the picture of RESULT really is, so that models can learn.",
)
@_RESULT
@click.argument("label", type=click.Choice(get_args(Label)))
@click.option("--note", help="Why, in your words.")
@service_options
@click.pass_obj
def feedback(run: Run, *, result: UUID, label: Label, note: str | None, client: Client) -> int:
    """Tell what a picture really is; see the help above."""
    said = client.feedback(result, label, note)
    run.console.say(f"{said.result_id}: noted as {said.label}\n")
    return 0


@click.command(
    "similar",
    short_help="Find pictures that look alike.",
    help="""Find results of pictures that look like PICTURE, the nearest first.

    PICTURE is a file, or the SHA-256 of one, that the service has analysed.""",
)
@click.argument("picture")
@FORMAT
@service_options
@click.pass_obj
def similar(run: Run, *, picture: str, client: Client, output_format: Format) -> int:
    """Find pictures that look alike; see the help above."""
    image_hash = picture.lower() if _HASH.fullmatch(picture) else _hash_of(picture)
    records = (
        {"distance_bits": found.distance_bits, "result": found.result.raw}
        for found in client.similar(image_hash)
    )
    write_records(run.output, output_format, records, _SIMILAR_COLUMNS)
    return 0


def _hash_of(path: str) -> str:
    import hashlib

    from studio_detector.client.sources import opened_upload, upload_of

    digest = hashlib.sha256()
    with opened_upload(upload_of(path)) as file:
        while piece := file.read(_PIECE_BYTES):
            digest.update(piece)
    return digest.hexdigest()


def _write(path: Path, data: bytes) -> None:
    from studio_detector.reporting.page.writing import write_file

    write_file(path, data)
