"""The names that a PromQL query uses, held against what there is.

Metrics are those of the service's catalogue, of the recording rules, and a few that Prometheus or
an exporter gives. A label is known if one of the metrics beneath it has it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import promql_parser
import yaml

from studio_detector.errors import CODES
from studio_detector.service.metrics.catalogue import CATALOGUE

ROOT = Path(__file__).resolve().parents[1]
RULES = ROOT / "deploy" / "prometheus" / "rules.yaml"

#: Labels that Prometheus gives to whatever it reads.
TARGET_LABELS = {"namespace", "job", "instance"}
#: What is not ours -> its labels.
OTHERS = {
    "up": set(),
    "ALERTS": {"alertname", "alertstate", "severity"},
    "probe_ssl_earliest_cert_expiry": set(),
}
#: Labels whose values are not listed by the catalogue.
_OPEN_VALUES = {"status", "route", "method"}

_VARIABLES = {"$__rate_interval": "1m", "$__interval": "15s", "$__range": "1h", "$namespace": ".*"}
_LEGEND = re.compile(r"\{\{\s*(\w+)\s*\}\}")


@dataclass(frozen=True, slots=True)
class Known:
    """A metric that there is.

    Attributes:
        labels: Those it has.
        values: Label -> its values, where they are a closed set.
    """

    labels: frozenset[str]
    values: dict[str, frozenset[str]]


@cache
def rules():
    """Every rule of the file, recording ones and alerts, in its order."""
    found = yaml.safe_load(RULES.read_text(encoding="utf-8"))
    return tuple(rule for group in found["groups"] for rule in group["rules"])


@cache
def known():
    """Name of a series -> what there is to know of it."""
    found = {name: Known(frozenset(labels | TARGET_LABELS), {}) for name, labels in OTHERS.items()}
    for metric in CATALOGUE.values():
        labels = frozenset({*metric.labels, *TARGET_LABELS})
        values = {label: _values(words) for label, words in metric.labels.items()}
        values = {label: some for label, some in values.items() if label not in _OPEN_VALUES}
        if metric.kind != "histogram":
            found[metric.name] = Known(labels, values)
            continue
        found[f"{metric.name}_bucket"] = Known(labels | {"le"}, values)
        found[f"{metric.name}_sum"] = found[f"{metric.name}_count"] = Known(labels, values)
    for rule in rules():
        if "record" in rule:
            level = rule["record"].partition(":")[0]
            found[rule["record"]] = Known(frozenset(level.split("_")), {})
    return found


def _values(words):
    """The values in a line like ``failed (dead), retried``."""
    plain = re.sub(r"\([^)]*\)", "", words)
    some = {part.strip() for part in plain.split(",")}
    return frozenset(some | set(CODES) if "codes of errors" in some else some)


def kebab(name):
    """``StudioDeadJobs`` -> ``studio-dead-jobs``, the page of that alert."""
    return re.sub(r"(?<!^)(?=[A-Z])", "-", name).lower()


def without_variables(expression):
    """The query as Grafana would send it."""
    for name, value in _VARIABLES.items():
        expression = expression.replace(name, value)
    return expression


def problems(expression, legend=""):
    """What is wrong with the names of a query, in words; nothing if all is well."""
    try:
        tree = promql_parser.parse(without_variables(expression))
    except ValueError as error:
        return [f"{expression}: {error}"]
    selectors = _selectors(tree)
    found = [problem for selector in selectors for problem in _of_selector(selector)]
    for labels, beneath in _groupings(tree):
        have = _labels(beneath)
        found += [f"{expression}: nothing there has {label!r}" for label in labels - have]
    shown = set(_LEGEND.findall(legend))
    return found + [f"legend {legend}: no {label!r}" for label in shown - _kept(tree)]


def names(expression):
    """The names of series that a query reads."""
    return {one.name for one in _selectors(promql_parser.parse(without_variables(expression)))}


def _selectors(tree):
    found = []

    def look(node):
        if isinstance(node, promql_parser.VectorSelector):
            found.append(node)

    promql_parser.walk(tree, pre_visit=look)
    return found


def _of_selector(selector):
    there = known().get(selector.name)
    if there is None:
        return [f"there is no metric {selector.name}"]
    found = []
    for matcher in selector.matchers.matchers:
        if matcher.name not in there.labels:
            found.append(f"{selector.name} has no label {matcher.name!r}")
        values = there.values.get(matcher.name)
        if values is not None:
            asked = set(matcher.value.split("|"))
            found += [
                f"{selector.name}: {matcher.name} is never {value!r}"
                for value in sorted(asked - values)
            ]
    return found


def _groupings(tree):
    """Labels that are named by ``by`` and ``on`` and the like, with the selectors beneath."""
    found = []

    def look(node):
        if isinstance(node, promql_parser.AggregateExpr) and node.modifier is not None:
            found.append((set(node.modifier.labels), _selectors(node.expr)))
        if isinstance(node, promql_parser.BinaryExpr) and node.modifier is not None:
            matching = node.modifier.matching
            if matching is not None:
                found.append((set(matching.labels), _selectors(node)))

    promql_parser.walk(tree, pre_visit=look)
    return found


def _labels(selectors):
    return {label for one in selectors if one.name in known() for label in known()[one.name].labels}


def _kept(tree):
    """Labels that the outcome of a query can have: what the outermost ``by`` leaves."""
    while isinstance(tree, promql_parser.ParenExpr):
        tree = tree.expr
    if isinstance(tree, promql_parser.AggregateExpr):
        if str(tree.op) in {"topk", "bottomk"}:
            return _kept(tree.expr)
        return set(tree.modifier.labels) if tree.modifier is not None else set()
    if isinstance(tree, promql_parser.BinaryExpr):
        return _kept(tree.lhs)
    if isinstance(tree, promql_parser.Call):
        kept = [_kept(one) for one in tree.args if not isinstance(one, promql_parser.NumberLiteral)]
        gone = {"le"} if tree.func.name == "histogram_quantile" else set()
        return set().union(*kept) - gone
    return _labels(_selectors(tree))
