"""What ``explain`` writes to standard output, in each form."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from studio_detector.reporting.explanation.as_data import comparison_data, explanation_data
from studio_detector.reporting.explanation.comparison import MOST_DIFFERENCES
from studio_detector.reporting.explanation.markdown import comparison_markdown, explanation_markdown
from studio_detector.reporting.explanation.side_by_side import comparison_text
from studio_detector.reporting.explanation.terminal import explanation_text
from studio_detector.reporting.explanation.waterfall import waterfall
from studio_detector.reporting.paint import plain

if TYPE_CHECKING:
    from collections.abc import Mapping

    from studio_detector.cli.explain import Form
    from studio_detector.cli.run import Run
    from studio_detector.pipeline.report import Failure
    from studio_detector.reporting.explanation.comparison import Comparison
    from studio_detector.reporting.explanation.explain import Explanation
    from studio_detector.reporting.page.context import Context


@dataclass(slots=True, kw_only=True)
class Printer:
    """Writes explanations to standard output.

    Attributes:
        run: The run.
        form: The form; None writes nothing.
        context: How verdicts were made.
        most: Measurements named one by one, as asked for.
    """

    run: Run
    form: Form | None
    context: Context
    most: int | None

    def photo(self, explanation: Explanation) -> None:
        """Write why one photo got its verdict."""
        measures, timing = self.context.measures, self.context.timing
        if self.form == "json":
            _write_json(self.run, explanation_data(self._whole(explanation), timing=timing))
        elif self.form == "markdown":
            said = explanation_markdown(explanation, measures, timing=timing)
            self.run.output.write(said + "\n")
        elif self.form == "text":
            paint = self.run.console.paint if self.run.output.is_terminal else plain
            self.run.output.write(explanation_text(explanation, measures, paint=paint))

    def comparison(self, comparison: Comparison) -> None:
        """Write what sets two photos apart."""
        measures, most = self.context.measures, self.most or MOST_DIFFERENCES
        if self.form == "json":
            whole = dataclasses.replace(
                comparison,
                first=self._whole(comparison.first),
                second=self._whole(comparison.second),
            )
            _write_json(self.run, comparison_data(whole, timing=self.context.timing))
        elif self.form == "markdown":
            self.run.output.write(comparison_markdown(comparison, measures, most=most))
        elif self.form == "text":
            paint = self.run.console.paint if self.run.output.is_terminal else plain
            said = comparison_text(comparison, measures, most=most, paint=paint)
            self.run.output.write(said)

    def failure(self, failure: Failure) -> None:
        """Write a photo that could not be analysed; people are told elsewhere."""
        if self.form == "json":
            _write_json(self.run, failure.to_dict())

    def _whole(self, explanation: Explanation) -> Explanation:
        """The same with as many steps as were asked for; data have no reason to be short."""
        evidence = explanation.report.evidence
        return dataclasses.replace(
            explanation, waterfall=waterfall(evidence, self.context.measures, most=self.most)
        )


def _write_json(run: Run, data: Mapping[str, object]) -> None:
    run.output.write(json.dumps(data, ensure_ascii=True, allow_nan=False) + "\n")
