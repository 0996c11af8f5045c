"""Small models and strategies for random ones, shared by the decision tests."""

from __future__ import annotations

from hypothesis import strategies as st

from studio_detector.analysis.base import AnalysisSpec, Measurement, MeasureSpec
from studio_detector.decision import model_file
from studio_detector.decision.calibration import Calibration
from studio_detector.decision.model import Head, Model, Shape

MEASURES = tuple(f"{analysis}.m{n}" for analysis in ("shadow", "texture") for n in range(3))

finite = st.floats(-1e6, 1e6, allow_nan=False, allow_infinity=False)


def rising(size: int) -> st.SearchStrategy[tuple[float, ...]]:
    """Strictly rising finite numbers, a few units in the last place apart at least."""
    steps = st.lists(st.floats(0.001, 10), min_size=size, max_size=size)
    return st.builds(
        lambda start, widths: tuple(start + sum(widths[:n]) for n in range(size)),
        st.floats(-100, 100),
        steps,
    )


@st.composite
def shapes(draw, measure: str) -> Shape:
    size = draw(st.integers(1, 5))
    return Shape(
        measure=measure,
        knots=draw(rising(size)),
        log_odds=tuple(draw(st.lists(st.floats(-9, 9), min_size=size, max_size=size))),
        missing=draw(st.floats(-9, 9)),
    )


@st.composite
def calibrations(draw) -> Calibration:
    size = draw(st.integers(0, 5))
    values = sorted(draw(st.lists(st.floats(-20, 20), min_size=size, max_size=size)))
    return Calibration(draw(rising(size)), tuple(values))


@st.composite
def heads(draw) -> Head:
    measures = draw(st.lists(st.sampled_from(MEASURES), unique=True))
    return Head(
        intercept=draw(st.floats(-9, 9)),
        shapes=tuple(draw(shapes(measure)) for measure in measures),
        calibration=draw(calibrations()),
    )


@st.composite
def models(draw) -> Model:
    return model_file.sealed(
        Model(
            name=draw(st.sampled_from(["cues", "a-b_1"])),
            version=draw(st.sampled_from(["1", "2.0"])),
            digest="",
            lighting=draw(heads()),
            full=draw(heads()),
            uncertain_low=draw(st.floats(0, 0.5)),
            uncertain_high=draw(st.floats(0.5, 1)),
            analyses=draw(
                st.dictionaries(st.sampled_from(["shadow", "texture"]), st.integers(1, 9))
            ),
            card={"remark": draw(st.text(max_size=8)), "figures": {"auc": draw(st.floats(0, 1))}},
        )
    )


def small_model() -> Model:
    """A model whose sums are easy to do by hand."""
    shadow = Shape(measure="shadow.m0", knots=(0.0, 1.0), log_odds=(-1.0, 1.0), missing=0.25)
    texture = Shape(measure="texture.m0", knots=(0.0, 2.0), log_odds=(2.0, -2.0), missing=-0.5)
    return model_file.sealed(
        Model(
            name="small",
            version="1",
            digest="",
            lighting=Head(intercept=0.5, shapes=(shadow,)),
            full=Head(intercept=-0.5, shapes=(shadow, texture)),
            uncertain_low=0.4,
            uncertain_high=0.6,
            analyses={"shadow": 1, "texture": 2},
            card={"made_by": "hand"},
        )
    )


def spec(
    name: str, *, version: int = 1, measures: int = 3, phase: str = "lighting"
) -> AnalysisSpec:
    """A specification with measures m0, m1, ..."""
    return AnalysisSpec(
        name=name,
        version=version,
        phase=phase,
        title=name.title(),
        summary=name,
        measures=tuple(
            MeasureSpec(name=f"m{n}", summary="x", unit="1", low=0, high=1) for n in range(measures)
        ),
    )


def measured(**values: dict[str, float | None]) -> dict[str, Measurement]:
    """Measurements by analysis name: ``measured(shadow={"m0": 1.0})``."""
    return {
        name: Measurement(analysis=name, version=1, values=numbers)
        for name, numbers in values.items()
    }
