"""``studio-detector rescore``: new verdicts from measurements that were kept."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from studio_detector.cli.options import debug_option
from studio_detector.cli.service.opening import audit_of, opened_store, opened_variants
from studio_detector.cli.service.options import PLACES, format_option, service_settings
from studio_detector.reporting.words import counted

if TYPE_CHECKING:
    from studio_detector.cli.options import Chosen
    from studio_detector.cli.run import Run


@click.command(
    "rescore",
    short_help="Judge the kept measurements of a service anew.",
    help="""Judge measurements that the service has kept by a variant as it is now: after an
    upgrade, another model, or another band of doubt. No picture is decoded.

    Results are stored beside the old ones, under today's pipeline version. It may be stopped
    and run again; what is there stays. Pictures that need decoding again are counted by reason.""",
)
@click.option("--variant", metavar="NAME", help="Which judges; without it, the service's own.")
@click.option("--from-variant", metavar="NAME", help="Take the measurements of this variant.")
@click.option("--from-version", metavar="TEXT", help="Only those of this pipeline version.")
@click.option("--tenant", metavar="NAME", help="Only this tenant's.")
@click.option("--limit", type=click.IntRange(1), help="Most results to store.")
@format_option("text", "json", help="Form of the counts.")
@service_settings(PLACES)
@debug_option
@click.pass_obj
def rescore(  # noqa: PLR0913 - one for each option
    run: Run,
    *,
    variant: str | None,
    from_variant: str | None,
    from_version: str | None,
    tenant: str | None,
    limit: int | None,
    output_format: str,
    chosen: Chosen,
) -> None:
    """Judge anew and say what came of it; see the help above."""
    with opened_store(chosen) as (resolved, store):
        from studio_detector.service.audit.acts import COMMAND_LINE, act_of
        from studio_detector.service.rescore import Taken
        from studio_detector.service.rescore import rescore as judge_anew

        log = audit_of(resolved, store)
        variants = opened_variants(resolved)
        counts = judge_anew(
            store.results,
            variants,
            variant or variants.default,
            taken=Taken(tenant=tenant, variant=from_variant, version=from_version),
            limit=limit,
        )
        on = f"{counts.rescored} by {variant or variants.default}"
        log.act(act_of(COMMAND_LINE, "results.rescored", on, tenant=tenant or ""))
    if output_format == "json":
        found = {
            "rescored": counts.rescored,
            "labels_changed": counts.labels_changed,
            "current": counts.current,
            "must_decode": counts.must_decode,
        }
        run.output.write(json.dumps(found) + "\n")
        return
    run.output.write(
        f"{counted(counts.rescored, 'picture')} judged anew, {counts.labels_changed} with another "
        f"label; {counts.current} had their verdict already\n"
    )
    for reason, count in counts.must_decode.items():
        run.output.write(f"{counted(count, 'picture')} must be decoded again ({reason})\n")
