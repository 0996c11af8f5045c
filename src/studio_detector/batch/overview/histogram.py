"""The histogram of confidence as SVG."""

from __future__ import annotations

from typing import TYPE_CHECKING

from studio_detector.batch.overview.facts import BINS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_WIDTH, _HEIGHT = 640, 220
_LEFT, _RIGHT, _TOP, _BOTTOM = 56, 12, 14, 38
_GAP = 2


def histogram_svg(bars: Mapping[str, Sequence[int]], labels: Sequence[str]) -> str:
    """Stacked bars of photos by confidence, one colour for each label.

    Args:
        bars: Label -> photos in each of `BINS` equal ranges of P(studio).
        labels: Labels from the bottom of a bar to its top; their names are CSS classes.

    Returns:
        An ``svg`` element with a title and a description, made of numbers and fixed words.
    """
    totals = [sum(bars[label][at] for label in labels if label in bars) for at in range(BINS)]
    highest = max([*totals, 1])
    width, height = _WIDTH - _LEFT - _RIGHT, _HEIGHT - _TOP - _BOTTOM
    step = width / BINS
    base = _TOP + height
    parts = [
        f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-labelledby="ht hd">',
        '<title id="ht">Photos by confidence</title>',
        (
            f'<desc id="hd">{sum(totals)} photos in {BINS} ranges of P(studio) from 0 to 1; '
            f"the fullest holds {highest}</desc>"
        ),
    ]
    for at in range(BINS):
        bottom = float(base)
        for label in labels:
            count = bars[label][at] if label in bars else 0
            if count:
                tall = height * count / highest
                bottom -= tall
                parts.append(
                    f'<rect class="{label}" x="{_LEFT + at * step + _GAP / 2:.1f}" '
                    f'y="{bottom:.1f}" width="{step - _GAP:.1f}" height="{tall:.1f}">'
                    f"<title>{at / BINS:.2f} to {(at + 1) / BINS:.2f}: {count} {label}</title>"
                    "</rect>"
                )
    parts.append(f'<line x1="{_LEFT}" y1="{base}" x2="{_WIDTH - _RIGHT}" y2="{base}"/>')
    parts += [
        f'<text x="{_LEFT + width * tick / 4:.1f}" y="{base + 16}" text-anchor="middle">'
        f"{tick / 4:g}</text>"
        for tick in range(5)
    ]
    parts += [
        f'<text x="{_LEFT + width / 2:.1f}" y="{base + 32}" text-anchor="middle">P(studio)</text>',
        f'<text x="{_LEFT - 6}" y="{_TOP + 8}" text-anchor="end">{highest}</text>',
        f'<text x="{_LEFT - 6}" y="{base}" text-anchor="end">0</text>',
        "</svg>",
    ]
    return "\n".join(parts)
