"""Draw the dashboards as a Prometheus that watched a run would fill them.

    python tools/dashboard_pictures.py --prometheus http://127.0.0.1:9090 --minutes 20
    python tools/dashboard_pictures.py --prometheus URL --start 2026-11-28T16:00:00Z --end ...

Every query of every panel is asked; what has no answer is said, since a query without data is one
that nobody needs or of a metric that nobody tells. One PNG for each dashboard.
"""

from __future__ import annotations

import argparse
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from dashboards.draw import write_picture
from dashboards.panels import read_dashboard
from dashboards.prometheus import Prometheus, Span

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dashboards.panels import Panel
    from dashboards.prometheus import Series

ROOT = Path(__file__).resolve().parents[1]
DASHBOARDS = ROOT / "deploy" / "grafana"
PICTURES = ROOT / "docs" / "images" / "dashboards"
# Enough for curves, and few enough that a query is answered at once.
_POINTS = 240


def main(arguments: Sequence[str] | None = None) -> int:
    """Draw; see the module.

    Returns:
        0, or 1 where Prometheus refused a query.
    """
    given = _parser().parse_args(arguments)
    span = _span(given)
    refused = 0
    with Prometheus(given.prometheus) as prometheus:
        for path in given.dashboards or sorted(DASHBOARDS.glob("*.json")):
            dashboard = read_dashboard(path)
            found = []
            for panel in dashboard.panels:
                series, silent, wrong = _asked(prometheus, panel, span)
                refused += len(wrong)
                for words in (*wrong, *silent):
                    print(f"{dashboard.name}: {panel.title}: {words}")
                found.append(series)
            written = given.output / f"{dashboard.name}.png"
            write_picture(written, dashboard, found, span)
            print(f"{written}, {written.stat().st_size // 1024} KiB")
    return 1 if refused else 0


def _asked(
    prometheus: Prometheus, panel: Panel, span: Span
) -> tuple[list[Series], list[str], list[str]]:
    """What the queries of a panel found, which found nothing, and what was said of refused ones."""
    series: list[Series] = []
    silent, wrong = [], []
    for target in panel.targets:
        try:
            found = prometheus.ask(target, span)
        except ValueError as error:
            wrong.append(str(error))
            continue
        series += found
        if not found:
            silent.append(f"no data: {' '.join(target.expression.split())}")
    return series, silent, wrong


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--prometheus", required=True, metavar="URL", help="where to ask")
    parser.add_argument("--start", type=datetime.fromisoformat, metavar="MOMENT")
    parser.add_argument("--end", type=datetime.fromisoformat, metavar="MOMENT", help="default now")
    parser.add_argument(
        "--minutes", type=float, default=30.0, help="before the end, without --start"
    )
    parser.add_argument("--step", type=float, metavar="S", help="between two points")
    parser.add_argument(
        "--scrape", type=float, default=15.0, metavar="S", help="its scrape_interval"
    )
    parser.add_argument("--output", type=Path, default=PICTURES, metavar="FOLDER")
    parser.add_argument("dashboards", nargs="*", type=Path, help="default all of deploy/grafana")
    return parser


def _span(given: argparse.Namespace) -> Span:
    end = given.end or datetime.now(UTC)
    start = given.start or end - timedelta(minutes=given.minutes)
    start_s, end_s = (moment.astimezone(UTC).timestamp() for moment in (start, end))
    # No finer than there is anything new to tell.
    step_s = given.step or max(given.scrape, round((end_s - start_s) / _POINTS))
    return Span(start_s=start_s, end_s=end_s, step_s=step_s, scrape_s=given.scrape)


if __name__ == "__main__":
    sys.exit(main())
