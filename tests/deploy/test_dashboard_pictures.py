"""Pictures of dashboards show what Prometheus answers to the very queries of the panels."""

from __future__ import annotations

import json
import re
from pathlib import Path
from urllib.parse import parse_qs

import dashboard_pictures
import httpx2
import numpy as np
import pytest
from dashboards.buckets import steps_of
from dashboards.draw import write_picture
from dashboards.panels import Target, read_dashboard
from dashboards.prometheus import Prometheus, Series, Span, filled
from dashboards.units import SUFFIXES, in_words
from PIL import Image

ROOT = Path(__file__).resolve().parents[2]
SPAN = Span(start_s=1_000_000, end_s=1_000_600, step_s=60, scrape_s=15)


def prometheus(answer):
    """One that answers each query with what a function says to it."""

    def reply(request):
        asked = {name: value[0] for name, value in parse_qs(request.content.decode()).items()}
        return httpx2.Response(200, json=answer(asked))

    return Prometheus("http://prometheus.example", transport=httpx2.MockTransport(reply))


def found(*series):
    """An answer of Prometheus: labels and values each minute from the start."""
    return {
        "status": "success",
        "data": {
            "result": [
                {
                    "metric": labels,
                    "values": [
                        [SPAN.start_s + 60 * minute, str(value)]
                        for minute, value in enumerate(values)
                    ],
                }
                for labels, values in series
            ]
        },
    }


def panel(kind, *, column=0, row=0, **more):
    """A panel as Grafana has it."""
    return {
        "type": kind,
        "title": f"a {kind}",
        "gridPos": {"x": column, "y": row, "w": 12, "h": 8},
        "fieldConfig": {"defaults": {"unit": "short", **more.pop("defaults", {})}, "overrides": []},
        "targets": [{"expr": "up", "legendFormat": "{{job}}", **more.pop("target", {})}],
        **more,
    }


def dashboard(tmp_path, *panels):
    """A dashboard of such panels."""
    path = tmp_path / "some.json"
    path.write_text(json.dumps({"title": "Some", "panels": panels}), encoding="utf-8")
    return read_dashboard(path)


def test_variables_of_grafana_are_replaced():
    """A rate looks at several scrapes, however close the points are."""
    query = 'sum(rate(x{namespace=~"$namespace"}[$__rate_interval])) / sum(increase(x[$__range]))'

    assert filled(query, SPAN) == 'sum(rate(x{namespace=~".*"}[75s])) / sum(increase(x[600s]))'
    close = Span(start_s=0, end_s=60, step_s=1, scrape_s=15)
    assert filled("rate(x[$__rate_interval])", close) == "rate(x[60s])"


@pytest.mark.parametrize("path", sorted((ROOT / "deploy" / "grafana").glob("*.json")))
def test_no_query_of_the_dashboards_keeps_a_variable(path):
    left = [
        target.expression
        for one in read_dashboard(path).panels
        for target in one.targets
        if re.search(r"\$\w|\$\{", filled(target.expression, SPAN))
    ]

    assert [] == left


def test_a_query_is_asked_for_the_span_and_its_series_are_named_by_the_legend():
    asked = []

    def answer(query):
        asked.append(query)
        return found(({"job": "b"}, [1, 2]), ({"job": "a"}, [3, "NaN"]))

    with prometheus(answer) as one:
        series = one.ask(Target(expression="up", legend="of {{job}}"), SPAN)

    assert [{"query": "up", "start": "1000000.000", "end": "1000600.000", "step": "60"}] == asked
    assert ["of a", "of b"] == [one.name for one in series]
    assert (1.0, 2.0) == series[1].values
    assert (1_000_000.0, 1_000_060.0) == series[1].times_s


def test_what_prometheus_refuses_is_told_in_its_words():
    def answer(_):
        return {"status": "error", "error": "1:5: parse error: unclosed left parenthesis"}

    with (
        prometheus(answer) as one,
        pytest.raises(ValueError, match=r"sum\(up: 1:5: parse error"),
    ):
        one.ask(Target(expression="sum(up", legend=""), SPAN)


@pytest.mark.parametrize(
    ("value", "unit", "words"),
    [
        (0.00712, "percentunit", "0.71%"),
        (1, "percentunit", "100%"),
        (0.0123, "s", "12.3 ms"),
        (4.75, "s", "4.75 s"),
        (0, "s", "0 s"),
        (90, "s", "1.5 min"),
        (7200, "s", "2 h"),
        (-86_400, "s", "-1 days"),
        (8123, "short", "8.12 k"),
        (12, "short", "12"),
        (0.25, "none", "0.25"),
        (0.0234, "none", "0.023"),
        (1234.5, "none", "1234"),
        (3.5, "reqps", "3.5 req/s"),
        (float("nan"), "s", "no value"),
    ],
)
def test_values_are_written_with_their_unit(value, unit, words):
    assert words == in_words(value, unit)


def test_buckets_are_taken_apart():
    """They hold all that is below a bound; the last one is told only where it holds something."""
    steps = steps_of({0.5: [1, 2], 1.0: [4, 2], float("inf"): [4, 2]})

    assert [("0.5", (1, 2)), ("1", (3, 0))] == [(step.name, step.counts) for step in steps]
    assert "above" == steps_of({1.0: [1], float("inf"): [2]})[-1].name


def test_buckets_that_cross_count_nothing_instead_of_less_than_nothing():
    assert (0.0,) == steps_of({1.0: [2.0], 2.0: [1.9]})[1].counts


def test_panels_are_drawn_where_the_dashboard_has_them(tmp_path):
    """A colour of its own for the one series tells whose it is."""
    board = dashboard(
        tmp_path,
        panel(
            "timeseries", defaults={"custom": {"stacking": {"mode": "normal"}, "fillOpacity": 40}}
        ),
        panel("timeseries", column=12),
    )
    full = Series(
        name="all",
        labels={},
        times_s=tuple(SPAN.start_s + 60.0 * minute for minute in range(11)),
        values=(5.0,) * 11,
    )
    written = tmp_path / "some.png"

    write_picture(written, board, [[full], []], SPAN)

    with Image.open(written) as picture:
        pixels = np.asarray(picture.convert("RGB")).astype(int)
    is_blue = pixels[:, :, 2] - pixels[:, :, 0] > 60
    half = is_blue.shape[1] // 2
    counts = [np.count_nonzero(is_blue[:, :half]), np.count_nonzero(is_blue[:, half:])]
    assert counts[0] > 5000
    assert counts[1] < 50


@pytest.mark.parametrize("kind", ["stat", "bargauge", "heatmap", "timeseries", "row"])
def test_a_panel_of_each_kind_can_be_drawn(tmp_path, kind):
    """With numbers, without any, and with nothing but NaN."""
    target = {"format": "heatmap"} if kind in {"bargauge", "heatmap"} else {}
    board = dashboard(tmp_path, panel(kind, target=target))
    series = [
        Series(name=bound, labels={"le": bound}, times_s=(SPAN.start_s, SPAN.end_s), values=values)
        for bound, values in (("0.5", (1.0, 2.0)), ("+Inf", (3.0, 4.0)))
    ]
    blank = [Series(name="x", labels={"le": "1"}, times_s=(SPAN.start_s,), values=(float("nan"),))]
    sizes = []
    for some in (series, [], blank):
        write_picture(tmp_path / "some.png", board, [some], SPAN)
        sizes.append((tmp_path / "some.png").read_bytes())

    assert (sizes[0] != sizes[1]) == (kind != "row")


@pytest.mark.parametrize("path", sorted((ROOT / "deploy" / "grafana").glob("*.json")))
def test_every_panel_of_the_dashboards_is_of_a_kind_and_unit_that_is_drawn(path):
    board = read_dashboard(path)

    assert {one.kind for one in board.panels} <= {
        "row",
        "stat",
        "timeseries",
        "heatmap",
        "bargauge",
    }
    assert {one.unit for one in board.panels if one.kind != "row"} <= set(SUFFIXES)


def test_the_command_says_which_panels_have_no_data_and_fails_where_a_query_is_refused(
    tmp_path, monkeypatch, capsys
):
    path = tmp_path / "some.json"
    path.write_text(
        json.dumps(
            {
                "title": "Some",
                "panels": [
                    panel("stat"),
                    panel("stat", column=12, title="empty", target={"expr": "nothing"}),
                    panel("stat", row=8, title="wrong", target={"expr": "sum(up"}),
                ],
            }
        ),
        encoding="utf-8",
    )

    def answer(asked):
        if asked["query"] == "sum(up":
            return {"status": "error", "error": "parse error"}
        return found(({"job": "a"}, [1])) if asked["query"] == "up" else found()

    monkeypatch.setattr(dashboard_pictures, "Prometheus", lambda _: prometheus(answer))

    status = dashboard_pictures.main(
        ["--prometheus", "http://x", "--output", str(tmp_path), "--minutes", "5", str(path)]
    )

    said = capsys.readouterr().out
    assert 1 == status
    assert "some: empty: no data" in said
    assert "some: wrong: sum(up: parse error" in said
    assert "a stat" not in said
    assert (tmp_path / "some.png").is_file()
