"""``studio-detector variants``: which there are, and where two of them disagree."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from studio_detector.cli.options import debug_option
from studio_detector.cli.service.opening import opened_store, opened_variants
from studio_detector.cli.service.options import (
    PLACES,
    format_option,
    require_service,
    service_settings,
)

if TYPE_CHECKING:
    from studio_detector.cli.options import Chosen
    from studio_detector.cli.run import Run


@click.group("variants", short_help="List and compare the variants of a service.")
def variants() -> None:
    """Variants share the traffic of a service, or score beside it in the shadow."""


@variants.command("list", short_help="List the variants with their shares.")
@service_settings(PLACES)
@debug_option
@click.pass_obj
def list_variants(run: Run, *, chosen: Chosen) -> None:
    """Write a table; the first takes what is left over."""
    require_service()
    resolved = chosen.resolve()

    from studio_detector.cli.sinks import write_table

    found = opened_variants(resolved)
    rows: list[tuple[str, ...]] = []
    for name in found.names:
        variant = found.get(name)
        role = "shadow" if variant.is_shadow else "answers"
        share = "the rest" if name == found.default else f"{variant.share:.1%}"
        version = found.pipeline_version(name, variant.settings.phases)
        rows.append((name, role, share, variant.settings.model, version))
    write_table(run.output, ["variant", "role", "share", "model", "pipeline version"], rows)


@variants.command("compare", short_help="Report where two variants disagree.")
@click.argument("first", metavar="A")
@click.argument("second", metavar="B")
@click.option("--worst", type=click.IntRange(0), default=20, show_default=True, help="Pairs shown.")
@format_option("text", "json", help="Form of the report.")
@service_settings(PLACES)
@debug_option
@click.pass_obj
def compare_variants(
    run: Run, *, first: str, second: str, worst: int, output_format: str, chosen: Chosen
) -> None:
    """Compare the stored verdicts of two variants on the same pictures."""
    with opened_store(chosen) as (_, store):
        from studio_detector.service.disagreements import disagreement_report, disagreement_text

        report = disagreement_report(store.results.disagreements(first, second, limit=worst))
    if output_format == "json":
        run.output.write(json.dumps(report) + "\n")
    else:
        run.output.write(disagreement_text(report))
