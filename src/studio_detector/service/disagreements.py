"""The report on two variants that judged the same pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from studio_detector.service.store.comparing import Disagreements


def disagreement_report(found: Disagreements) -> dict[str, Any]:
    """Say in numbers how far two variants agree, and where they do not.

    Args:
        found: What the store found of both.

    Returns:
        Plain data for JSON; ratios are 0..1, and None where there is nothing to divide by:

        ``variants``
            names of the two, in the order of all that follows;
        ``pictures``
            that both have judged;
        ``same_label_ratio``, ``same_verdict_ratio``
            share of them with the same label, and on the same side of one half;
        ``mean_difference``
            of their confidences, without sign;
        ``judged``, ``right_ratio``
            pictures that people called studio or natural, and how often each variant was on
            their side;
        ``worst``
            pictures with different labels, the largest difference of confidence first.
    """
    return {
        "variants": [found.a, found.b],
        "pictures": found.pictures,
        "labels_differ": found.labels_differ,
        "verdicts_differ": found.verdicts_differ,
        "same_label_ratio": _ratio(found.pictures - found.labels_differ, found.pictures),
        "same_verdict_ratio": _ratio(found.pictures - found.verdicts_differ, found.pictures),
        "mean_difference": found.mean_difference,
        "judged": found.judged,
        "right_ratio": [_ratio(right, found.judged) for right in (found.a_right, found.b_right)],
        "worst": [
            {
                "tenant": pair.tenant,
                "image_hash": pair.image_hash,
                "results": [str(pair.a_id), str(pair.b_id)],
                "labels": [pair.a_label, pair.b_label],
                "confidences": [pair.a_confidence, pair.b_confidence],
                "difference": abs(pair.a_confidence - pair.b_confidence),
                "feedback": pair.feedback,
            }
            for pair in found.rows
        ],
    }


def disagreement_text(report: dict[str, Any]) -> str:
    """The same for people.

    Args:
        report: From `disagreement_report`.

    Returns:
        Several lines, each ended by a line feed.
    """
    a, b = report["variants"]
    if not report["pictures"]:
        return f"{a} and {b} have judged no picture both\n"
    lines = [
        f"{a} and {b} have both judged {report['pictures']} pictures",
        f"  same label            {report['same_label_ratio']:.1%}",
        f"  same side of one half {report['same_verdict_ratio']:.1%}",
        f"  mean difference       {report['mean_difference']:.3f}",
    ]
    if report["judged"]:
        first, second = report["right_ratio"]
        lines.append(
            f"  right by feedback     {a} {first:.1%}, {b} {second:.1%} of {report['judged']}"
        )
    lines += [
        f"  {pair['image_hash'][:12]}  {a} {pair['labels'][0]} {pair['confidences'][0]:.3f}, "
        f"{b} {pair['labels'][1]} {pair['confidences'][1]:.3f}"
        + (f", people say {pair['feedback']}" if pair["feedback"] else "")
        for pair in report["worst"]
    ]
    return "".join(line + "\n" for line in lines)


def _ratio(part: int, whole: int) -> float | None:
    return part / whole if whole else None
