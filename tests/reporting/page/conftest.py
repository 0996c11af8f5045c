"""Photos as pages need them, made by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import sample_reports
from studio_detector.decision.calibration import Calibration
from studio_detector.decision.model import Head, Shape
from studio_detector.reporting.explanation.explain import Explanation
from studio_detector.reporting.explanation.flips import smallest_flip
from studio_detector.reporting.explanation.waterfall import waterfall
from studio_detector.reporting.overlays import Overlay
from studio_detector.reporting.page.context import Context, Seen, SettingLine
from studio_detector.reporting.typical import Typical

TYPICAL = {
    "shadow.softness_px": Typical(
        studio=(0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0), natural=(2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0)
    )
}


def picture(rows=40, columns=60, seed=0):
    rgb = np.random.default_rng(seed).integers(0, 256, (rows, columns, 3), dtype=np.uint8)
    rgb.setflags(write=False)
    return rgb


@pytest.fixture
def context():
    return Context(
        specs=sample_reports.SPECS,
        typical=TYPICAL,
        settings=(
            SettingLine(name="model", value='"rules"', origin="option --model", changed=True),
            SettingLine(name="phases", value='"auto"', origin="default", changed=False),
        ),
        band=(0.4, 0.6),
    )


@pytest.fixture
def seen():
    """Build a photo from a report and the captions of its overlays."""

    def seen(report=None, *, captions=("Soft.",), rgb=None, component="shadow", **changes):
        report = sample_reports.report() if report is None else report
        shape = Shape(measure="shadow.softness_px", knots=(0.0, 10.0), log_odds=(-3.0, 3.0))
        head = Head(
            intercept=-0.5,
            shapes=(shape,),
            calibration=Calibration((-8.0, 8.0), (-8.0, 8.0)),
        )
        flip = smallest_flip(head, report.evidence)
        explanation = Explanation(
            report=report,
            waterfall=waterfall(report.evidence, sample_reports.MEASURES),
            flip=flip,
            flip_of_cues=flip,
            reliability=None,
            phases="lighting",
            cautions=report.warnings,
        )
        overlays = tuple(
            Overlay(
                name=f"overlay_{number}",
                component=component,
                title="Overlay",
                caption=caption,
                rgb=picture(80, 64, seed=number),
            )
            for number, caption in enumerate(captions)
        )
        return Seen(
            explanation=replace(explanation, **changes),
            rgb=picture() if rgb is None else rgb,
            overlays=overlays,
        )

    return seen
