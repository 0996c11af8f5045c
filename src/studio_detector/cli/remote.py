"""``studio-detector remote``: what a service can do, from the command line."""

from __future__ import annotations

import click

from studio_detector.cli.remote_analyse import analyse, submit
from studio_detector.cli.remote_batch import batch
from studio_detector.cli.remote_jobs import cancel, retry, status
from studio_detector.cli.remote_results import feedback, overlay, report, results, similar
from studio_detector.cli.remote_service import health


@click.group(
    "remote",
    short_help="Let a service do the work.",
    help="""Let a service do the work, and see what it did (extra "client").

    \b
    studio-detector remote analyse portrait.jpg
    studio-detector remote batch shoot.zip > verdicts.jsonl

    The service is named with --url or by STUDIO_DETECTOR_URL; its key, if it wants one, by
    STUDIO_DETECTOR_API_KEY.""",
)
def remote() -> None:
    """The group of commands that ask a service; see the help above."""


for _command in (
    analyse,
    submit,
    status,
    cancel,
    retry,
    batch,
    results,
    report,
    overlay,
    feedback,
    similar,
    health,
):
    remote.add_command(_command)
