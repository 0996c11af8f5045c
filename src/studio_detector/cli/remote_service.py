"""``studio-detector remote health``: how a service is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from studio_detector.cli.remote_options import service_options
from studio_detector.errors import EXIT_OK, EXIT_UNAVAILABLE

if TYPE_CHECKING:
    from studio_detector.cli.run import Run
    from studio_detector.client import Client


@click.command(
    "health",
    short_help="Tell whether the service takes work.",
    help="Tell how the service is, as a line of JSON; exit with 69 unless it takes work.",
)
@service_options
@click.pass_obj
def health(run: Run, *, client: Client) -> int:
    """Tell how the service is; see the help above."""
    import json

    found = client.health()
    said = {
        "is_live": found.is_live,
        "is_started": found.is_started,
        "is_ready": found.is_ready,
        "ready": found.raw,
    }
    if found.is_live:
        said["version"] = client.version()
    run.output.write(json.dumps(said) + "\n")
    return EXIT_OK if found.is_ready else EXIT_UNAVAILABLE
