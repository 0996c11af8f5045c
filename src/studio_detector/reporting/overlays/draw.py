"""The overlays by name: the one list of them, and how to have them drawn."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

from studio_detector.errors import ConfigError
from studio_detector.reporting.overlays import (
    backdrop,
    colour_of_light,
    evidence_map,
    focus,
    glcm_regions,
    gradients,
    highlights,
    power_spectrum,
    saliency,
    shadow_softness,
)
from studio_detector.reporting.overlays.canvas import sheet
from studio_detector.reporting.overlays.numbers import Subject
from studio_detector.reporting.overlays.overlay import Overlay

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from studio_detector.pipeline.report import Report
    from studio_detector.planes import Planes
    from studio_detector.reporting.overlays.occlusion import Logit
    from studio_detector.reporting.overlays.overlay import Drawing

#: The overlay that needs a model to be drawn.
EVIDENCE = "evidence_map"


@dataclass(frozen=True, slots=True, kw_only=True)
class OverlayKind:
    """One kind of overlay.

    Attributes:
        name: Its name, for files and options.
        component: The analysis it belongs to, or "evidence".
        title: Its name for people.
        summary: What it shows, in one line.
    """

    name: str
    component: str
    title: str
    summary: str


def _kinds(*rows: tuple[str, str, str, str]) -> Mapping[str, OverlayKind]:
    return MappingProxyType(
        {
            name: OverlayKind(name=name, component=component, title=title, summary=summary)
            for name, component, title, summary in rows
        }
    )


#: Name -> kind, in the order of the phases.
OVERLAYS: Mapping[str, OverlayKind] = _kinds(
    (
        "gradient_magnitude",
        "shadow",
        "Gradient magnitude",
        "How steeply the tone changes at each place.",
    ),
    (
        "gradient_direction",
        "shadow",
        "Gradient direction",
        "In which direction the tone rises, and where the light comes from.",
    ),
    (
        "shadow_softness",
        "shadow",
        "Shadows and their edges",
        "The darkest regions, and how softly their outline ends.",
    ),
    (
        "highlights",
        "highlight",
        "Highlights",
        "Bright areas with the score of their shape, and what is clipped.",
    ),
    (
        "colour_temperature",
        "colour_temperature",
        "Colour temperature",
        "CIE b* of each place: blue is cool, grey neutral, orange warm.",
    ),
    (
        "backdrop",
        "background",
        "Backdrop",
        "The smooth region that reaches the border, and where it departs from one surface.",
    ),
    (
        "power_spectrum",
        "frequency",
        "Power spectrum",
        "Power from coarse to fine forms, its bands and the slope fitted.",
    ),
    (
        "focus_grid",
        "depth_of_field",
        "Focus grid",
        "How sharp each of 8 x 8 cells is, against the sharpest.",
    ),
    (
        "saliency",
        "composition",
        "Saliency",
        "Where there is something to look at, with thirds and centroid.",
    ),
    (
        "texture_regions",
        "texture",
        "Texture regions",
        "The regions whose texture is compared, with their co-occurrence matrices.",
    ),
    (
        EVIDENCE,
        "evidence",
        "Local evidence",
        "Where on the picture the log-odds come from, by blurring one place after the other.",
    ),
)

# Beside the list, so that it stays plain data for help and documentation.
_DRAWERS: Mapping[str, Callable[[Subject], Drawing]] = MappingProxyType(
    {
        "gradient_magnitude": gradients.magnitude,
        "gradient_direction": gradients.direction,
        "shadow_softness": shadow_softness.draw,
        "highlights": highlights.draw,
        "colour_temperature": colour_of_light.draw,
        "backdrop": backdrop.draw,
        "power_spectrum": power_spectrum.draw,
        "focus_grid": focus.draw,
        "saliency": saliency.draw,
        "texture_regions": glcm_regions.draw,
    }
)


def draw(
    name: str, planes: Planes, report: Report | None = None, *, logit: Logit | None = None
) -> Overlay:
    """Draw one overlay.

    Args:
        name: A key of `OVERLAYS`.
        planes: The picture's planes.
        report: What was found on these planes; its numbers are quoted. Without it, what a
            caption needs is measured now.
        logit: Judges planes, for the evidence map alone: see `occlusion.head_logit`. It is
            asked once for each of at most 37 variants of the picture.

    Returns:
        The overlay; where a picture cannot be measured it says so, and why.

    Raises:
        ConfigError: ``config_invalid_value`` if there is no such overlay, or the evidence
            map is asked for without ``logit``.
    """
    kind = OVERLAYS.get(name)
    if kind is None:
        near = difflib.get_close_matches(name, OVERLAYS, n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"known: {', '.join(OVERLAYS)}"
        raise ConfigError(
            f"there is no overlay named {name!r}; {hint}", code="config_invalid_value"
        )
    subject = Subject(planes=planes, report=report)
    if name != EVIDENCE:
        drawing = _DRAWERS[name](subject)
    elif logit is not None:
        drawing = evidence_map.draw(subject, logit)
    else:
        raise ConfigError(
            f"the overlay {EVIDENCE!r} needs a model to judge with; hand in logit, "
            "for instance head_logit(model.full, registry)",
            code="config_invalid_value",
        )
    return Overlay(
        name=name,
        component=kind.component,
        title=kind.title,
        caption=drawing.caption,
        rgb=sheet(kind.title, drawing.panel, drawing.legends),
    )


def draw_all(
    planes: Planes, report: Report | None = None, *, logit: Logit | None = None
) -> Iterator[Overlay]:
    """Draw every overlay, one at a time, in the order of the phases.

    Args:
        planes: See `draw`.
        report: See `draw`.
        logit: See `draw`; without it the evidence map is left out.

    Yields:
        The overlays of `OVERLAYS`, in its order.
    """
    for name in OVERLAYS:
        if name != EVIDENCE or logit is not None:
            yield draw(name, planes, report, logit=logit)
