"""``studio-detector webhook``: what a receiver of callbacks needs while it is being built."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from studio_detector.cli.options import debug_option

if TYPE_CHECKING:
    from typing import TextIO

    from studio_detector.cli.run import Run


@click.group("webhook", short_help="Check callbacks of a service.")
def webhook() -> None:
    """Callbacks of a service, as the Standard Webhooks specification has them."""


@webhook.command(
    "verify",
    short_help="Tell whether a callback is genuine.",
    help="""Read the body of a callback from standard input and check its signature.

    The headers of the request are given as they came, NAME:VALUE; only webhook-id,
    webhook-timestamp and webhook-signature matter. The secret comes from the variable
    STUDIO_DETECTOR_CALLBACK_SECRET or a file, never from the command line, where others could
    read it. Exits with 0 if the callback is genuine and recent, else with 4.""",
)
@click.option("--header", "headers", multiple=True, metavar="NAME:VALUE", help="May be repeated.")
@click.option(
    "--secret-file",
    type=click.File("r", errors="replace"),
    metavar="FILE",
    help="File that holds the secret, whsec_...",
)
@click.option(
    "--tolerance",
    "tolerance_s",
    type=click.FloatRange(0),
    default=300.0,
    show_default=True,
    metavar="SECONDS",
    help="How far the timestamp may be from now.",
)
@debug_option
@click.pass_obj
def verify(
    run: Run,
    *,
    headers: tuple[str, ...],
    secret_file: TextIO | None,
    tolerance_s: float,
) -> None:
    """Check one callback; see the help above."""
    import os

    from studio_detector.client.webhook import verify as verify_callback

    secret = (secret_file.read() if secret_file else os.environ.get(SECRET_VARIABLE, "")).strip()
    if not secret:
        raise click.UsageError(f"there is no secret; set {SECRET_VARIABLE} or give --secret-file")
    sent = _Headers(tuple(_header(text) for text in headers))
    verify_callback(sys.stdin.buffer.read(), sent, secret, tolerance_s=tolerance_s)
    run.output.write("genuine\n")


#: Holds the secret for ``webhook verify``; no setting.
SECRET_VARIABLE = "STUDIO_DETECTOR_CALLBACK_SECRET"  # noqa: S105 - a name


@dataclass(frozen=True, slots=True)
class _Headers:
    """Headers as they came: one that is there twice makes a callback suspicious."""

    pairs: tuple[tuple[str, str], ...]

    def items(self) -> tuple[tuple[str, str], ...]:
        return self.pairs


def _header(text: str) -> tuple[str, str]:
    name, colon, value = text.partition(":")
    if not colon:
        raise click.UsageError(f"--header {text!r} has no colon; write NAME:VALUE")
    return name.strip(), value.strip()
