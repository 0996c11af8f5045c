"""Dashboards ask for what the service tells, and say what to do about it."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from dashboards.units import SUFFIXES

from promql_names import known, names, problems, rules
from studio_detector.config.keys import all_keys
from studio_detector.errors import CODES
from studio_detector.service.metrics.catalogue import CATALOGUE

ROOT = Path(__file__).resolve().parents[2]
FILES = sorted((ROOT / "deploy" / "grafana").glob("*.json"))
DATASOURCE = {"type": "prometheus", "uid": "${datasource}"}
BOARDS = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in FILES}
PANELS = [
    pytest.param(panel, id=f"{name}-{panel['title']}")
    for name, board in BOARDS.items()
    for panel in board["panels"]
    if panel["type"] != "row"
]
every_panel = pytest.mark.parametrize("panel", PANELS)
every_board = pytest.mark.parametrize("board", BOARDS.values(), ids=BOARDS)


def queries(board):
    """Every query of a dashboard, with its legend."""
    for panel in board["panels"]:
        for target in panel.get("targets", ()):
            yield target["expr"], target["legendFormat"]
    for note in board["annotations"]["list"]:
        yield note["expr"], note["titleFormat"] + note["textFormat"]


def test_there_is_one_for_the_service_the_workers_and_the_model():
    assert ["model-quality", "service", "workers"] == list(BOARDS)


@every_board
def test_every_query_uses_names_and_labels_that_there_are(board):
    """Metrics, recording rules, labels of matchers, groups and legends, and closed values."""
    assert [] == [problem for query in queries(board) for problem in problems(*query)]


@pytest.mark.parametrize(
    ("expression", "legend"),
    [
        ("sum(rate(studio_request_total[5m]))", ""),
        ('studio_jobs{status="dead"}', ""),
        ('studio_jobs{state="gone"}', ""),
        ("sum by (tenant) (studio_jobs)", ""),
        ("sum by (le) (rate(studio_confidence_count[5m]))", ""),
        ("studio_confidence", ""),
        ("sum by (queue) (studio_jobs)", "{{state}}"),
        ("sum(studio_jobs", ""),
    ],
)
def test_a_name_that_there_is_not_is_found(expression, legend):
    """The check can fail, in each of its parts."""
    assert problems(expression, legend)


def test_every_metric_is_on_some_dashboard():
    """What nobody looks at need not be told."""
    shown = {
        name for board in BOARDS.values() for query, _ in queries(board) for name in names(query)
    }
    recorded = {name for rule in rules() if "record" in rule for name in names(rule["expr"])}
    seen = {re.sub(r"_(bucket|sum|count)$", "", name) for name in shown | recorded} | shown

    assert [] == [name for name in CATALOGUE if name not in seen]


@every_board
def test_a_dashboard_lets_data_source_and_service_be_chosen(board):
    variables = {one["name"]: one for one in board["templating"]["list"]}

    assert "datasource" == variables["datasource"]["type"]
    assert DATASOURCE == variables["namespace"]["datasource"]
    metric = re.fullmatch(r"label_values\((\w+), namespace\)", variables["namespace"]["definition"])
    assert metric
    assert metric[1] in known()
    # Whoever sets no namespace at all is met by it, too.
    assert ".*" == variables["namespace"]["allValue"]


@every_panel
def test_a_panel_has_a_title_a_unit_and_words_on_what_to_do(panel):
    assert panel["title"].strip()
    assert panel["fieldConfig"]["defaults"]["unit"] in SUFFIXES
    assert len(panel["description"]) > 30
    assert panel["description"].endswith(".")


@every_panel
def test_values_that_a_panel_explains_are_those_of_its_metrics(panel):
    """Words with an underscore, which are no English: values of labels, codes or settings."""
    asked = {name for target in panel["targets"] for name in names(target["expr"])}
    own = {value for name in asked for some in known()[name].values.values() for value in some}
    settings = {name.rpartition(".")[2] for name in all_keys()}
    words = set(re.findall(r"\b(?<!/)[a-z]+(?:_[a-z]+)+\b(?!\})", panel["description"]))

    assert words <= own | set(CODES) | settings


@every_panel
def test_a_panel_asks_the_chosen_data_source_for_the_chosen_service(panel):
    assert DATASOURCE == panel["datasource"]
    assert panel["targets"]
    for target in panel["targets"]:
        assert DATASOURCE == target["datasource"]
        assert target["legendFormat"]
        selectors = re.findall(r"\{[^{}]*\}", target["expr"])
        assert selectors
        assert [] == [one for one in selectors if 'namespace=~"$namespace"' not in one]


@every_panel
def test_a_rate_looks_at_a_span_that_follows_the_scrapes(panel):
    """A fixed span is shorter than two scrapes for somebody; only days and hours are safe."""
    for target in panel["targets"]:
        spans = re.findall(r"\[([^\]]+)\]", target["expr"])
        assert set(spans) <= {"$__rate_interval", "$__range", "1h", "1d", "7d"}


@every_panel
def test_thresholds_come_in_order_and_begin_with_all(panel):
    thresholds = panel["fieldConfig"]["defaults"].get("thresholds")
    values = [step["value"] for step in thresholds["steps"]] if thresholds else [None]

    assert values[0] is None
    assert values[1:] == sorted(values[1:])


@every_board
def test_panels_lie_side_by_side_on_the_grid(board):
    taken = set()
    for panel in board["panels"]:
        place = panel["gridPos"]
        cells = {
            (column, row)
            for column in range(place["x"], place["x"] + place["w"])
            for row in range(place["y"], place["y"] + place["h"])
        }
        assert place["x"] + place["w"] <= 24, panel["title"]
        assert not cells & taken, panel["title"]
        taken |= cells


def test_names_and_numbers_are_given_once():
    uids = [board["uid"] for board in BOARDS.values()]
    ids = [[panel["id"] for panel in board["panels"]] for board in BOARDS.values()]

    assert len(set(uids)) == len(uids)
    assert all(len(set(some)) == len(some) for some in ids)


@every_board
def test_links_lead_to_the_other_dashboards(board):
    uids = {f"/d/{one['uid']}" for one in BOARDS.values() if one is not board}

    assert uids == {link["url"] for link in board["links"]}


def test_alerts_that_a_panel_speaks_of_exist():
    alerts = {rule["alert"] for rule in rules() if "alert" in rule}
    text = json.dumps(list(BOARDS.values()))

    assert set(re.findall(r"\bStudio[A-Z]\w+", text)) <= alerts


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_file_holds_nothing_of_the_grafana_it_was_exported_from(path):
    """Neither the number of a dashboard nor the name of a data source there."""
    board = BOARDS[path.stem]

    assert "id" not in board
    uids = set(re.findall(r'"uid": "([^"]+)"', path.read_text(encoding="utf-8")))
    assert {"${datasource}", board["uid"]} == uids
