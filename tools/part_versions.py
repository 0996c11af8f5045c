"""The versions of everything that has one of its own, as the code has them."""

from __future__ import annotations

from studio_detector.batch.rows import ROW_SCHEMA_VERSION
from studio_detector.decision import model_file
from studio_detector.decision.shipped import load_model, shipped_models
from studio_detector.imaging import DECODE_VERSION
from studio_detector.learning.report.assessment import SCHEMA_VERSION as ASSESSMENT_VERSION
from studio_detector.pipeline.report import REPORT_SCHEMA_VERSION
from studio_detector.reporting.explanation.as_data import EXPLANATION_SCHEMA_VERSION
from studio_detector.service.store.tables import SCHEMA_VERSION


def part_versions() -> dict[str, str]:
    """Part -> its version, in the order of the table in docs/upgrading.md."""
    return {
        "tables": SCHEMA_VERSION,
        "report": str(REPORT_SCHEMA_VERSION),
        "explanation": str(EXPLANATION_SCHEMA_VERSION),
        "assessment": str(ASSESSMENT_VERSION),
        "rows": str(ROW_SCHEMA_VERSION),
        "decoding": str(DECODE_VERSION),
        "model file": str(model_file.FORMAT),
        "models": " ".join(f"`{load_model(name).identity}`" for name in shipped_models()),
    }


def row(version: str) -> str:
    """The row of a release in the table of docs/upgrading.md."""
    return f"| {' | '.join((version, *part_versions().values()))} |"


def head() -> str:
    """The heading of that table."""
    return f"| {' | '.join(('release', *part_versions()))} |"
