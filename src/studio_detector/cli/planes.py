"""``studio-detector planes``: every plane of a photo as a picture."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from studio_detector.cli.exits import Tally
from studio_detector.cli.options import debug_option, picture_options
from studio_detector.cli.pictures import decoded
from studio_detector.errors import EXIT_OK
from studio_detector.pipeline.report import Failure
from studio_detector.reporting import text
from studio_detector.reporting.printable import printable
from studio_detector.reporting.words import counted

if TYPE_CHECKING:
    from studio_detector.cli.options import Chosen
    from studio_detector.cli.run import Run


@click.command(
    "planes",
    short_help="Write what the analyses share of a photo as pictures.",
    help="""Write every plane that analyses share of PHOTO (a file, or - for standard input) as
    a PNG picture with its scale, at the size that is measured and reduced, with index.txt and
    index.json: what each plane means, and its lowest, highest and mean value on this photo.

    A plane that is not what its name says explains a measure that is not, either.""",
)
@click.argument("photo", metavar="PHOTO")
@click.option(
    "--output",
    required=True,
    type=click.Path(path_type=Path, file_okay=False),
    metavar="FOLDER",
    help="Write into this folder, a folder inside it for each size.",
)
@click.option(
    "--side",
    "sides_px",
    type=click.IntRange(min=1),
    multiple=True,
    metavar="PX",
    help="Long side of a reduction; may be repeated. [default: the one most measures use]",
)
@picture_options
@debug_option
@click.pass_obj
def planes(run: Run, *, photo: str, output: Path, sides_px: tuple[int, ...], chosen: Chosen) -> int:
    """Write the planes of one photo; see the help above."""
    settings = chosen.resolve().settings

    import cv2

    from studio_detector.planes.planes import REDUCED_SIDE_PX
    from studio_detector.reporting.overlays import png_bytes
    from studio_detector.reporting.page.writing import write_file
    from studio_detector.reporting.plane_index import (
        head_text,
        index_json,
        index_text,
        plane_pictures,
    )

    frame = decoded(run, photo, settings)
    if isinstance(frame, Failure):
        return _failed(run, frame)
    cv2.setNumThreads(1)
    entries = []
    for entry, rgb in plane_pictures(frame, sides_px or (REDUCED_SIDE_PX,)):
        write_file(output / entry.file, png_bytes(rgb))
        entries.append(entry)
    table = index_text(entries)
    write_file(output / "index.json", index_json(photo, frame, entries).encode("ascii"))
    write_file(
        output / "index.txt",
        f"{head_text(photo, frame)}\n{table}".encode(errors="backslashreplace"),
    )
    run.output.write(table)
    run.console.say(
        f"written: {counted(len(entries), 'picture')}, index.txt and index.json in "
        f"{printable(str(output))}\n"
    )
    return EXIT_OK


def _failed(run: Run, failure: Failure) -> int:
    run.console.say(text.failure_text(failure, paint=run.console.paint))
    tally = Tally()
    tally.add(failure)
    return tally.exit_status()
