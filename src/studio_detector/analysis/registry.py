"""All analyses, built in or from other packages, through one door.

Another package adds an analysis with an entry point in the group ``studio_detector.analyses``
whose object is a module (or any object) with ``SPEC`` and ``measure``; the built-in ones go
through the same checks.
"""

from __future__ import annotations

import difflib
import importlib
from dataclasses import dataclass
from importlib.metadata import entry_points
from typing import TYPE_CHECKING, cast

from studio_detector.analysis.base import Analysis, AnalysisSpec
from studio_detector.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from studio_detector.analysis.base import MeasureSpec, Phase
    from studio_detector.analysis.network.engine import EngineName

#: Entry-point group that plugins use.
ENTRY_POINT_GROUP = "studio_detector.analyses"

#: The built-in analyses, in the order in which they run and are reported.
BUILT_IN = (
    "studio_detector.analysis.lighting.shadow",
    "studio_detector.analysis.lighting.highlight",
    "studio_detector.analysis.lighting.colour_temperature",
    "studio_detector.analysis.lighting.background",
    "studio_detector.analysis.network.network",
    "studio_detector.analysis.detail.frequency",
    "studio_detector.analysis.detail.depth_of_field",
    "studio_detector.analysis.detail.composition",
    "studio_detector.analysis.detail.texture",
)


@dataclass(frozen=True, slots=True)
class Registry:
    """An immutable set of analyses, in running order.

    Attributes:
        analyses: The analyses; their names differ.
    """

    analyses: tuple[Analysis, ...]

    @classmethod
    def of(cls, analyses: Iterable[object]) -> Registry:
        """Check analyses and put them together.

        Args:
            analyses: Modules or objects with ``SPEC`` and ``measure``.

        Returns:
            The registry.

        Raises:
            ConfigError: ``plugin_invalid`` if one lacks a part, declares no measure, has
                the name of another, or uses a name that is no identifier.
        """
        checked: dict[str, Analysis] = {}
        for candidate in analyses:
            analysis = _checked(candidate)
            name = analysis.SPEC.name
            if name in checked:
                raise ConfigError(
                    f"two analyses are named {name!r}; rename or uninstall one of them",
                    code="plugin_invalid",
                )
            checked[name] = analysis
        return cls(tuple(checked.values()))

    @classmethod
    def load(cls, *, disabled: Iterable[str] = (), network_engine: EngineName = "auto") -> Registry:
        """Load the built-in analyses and every installed plugin.

        Args:
            disabled: Names to leave out.
            network_engine: Handed to the analyses of the phase "network" that offer
                ``with_engine``, a function from a name to the analysis that takes its place.

        Returns:
            The registry without the disabled analyses.

        Raises:
            ConfigError: ``unknown_analysis`` if a disabled name does not exist;
                ``plugin_invalid`` if a plugin cannot be imported or registered.
            MissingExtraError: ``missing_extra`` if the engine asked for is not installed.
        """
        everything = cls.of([*map(importlib.import_module, BUILT_IN), *_plugins()])
        left_out = set(disabled)
        for name in sorted(left_out):
            everything.get(name)
        return cls(
            tuple(
                _with_engine(analysis, network_engine)
                for analysis in everything.analyses
                if analysis.SPEC.name not in left_out
            )
        )

    def __iter__(self) -> Iterator[Analysis]:
        return iter(self.analyses)

    def phase(self, phase: Phase) -> tuple[Analysis, ...]:
        """Return the analyses of one phase, in order."""
        return tuple(a for a in self.analyses if a.SPEC.phase == phase)

    def get(self, name: str) -> Analysis:
        """Return the analysis of that name.

        Raises:
            ConfigError: ``unknown_analysis``, with the nearest name as a suggestion.
        """
        for analysis in self.analyses:
            if analysis.SPEC.name == name:
                return analysis
        names = [analysis.SPEC.name for analysis in self.analyses]
        near = difflib.get_close_matches(name, names, n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"known: {', '.join(names)}"
        raise ConfigError(f"there is no analysis named {name!r}; {hint}", code="unknown_analysis")

    def measures(self) -> dict[str, MeasureSpec]:
        """Full measure name -> specification, over all analyses, in order."""
        return {
            analysis.SPEC.key(measure): measure
            for analysis in self.analyses
            for measure in analysis.SPEC.measures
        }


def _with_engine(analysis: Analysis, name: EngineName) -> Analysis:
    choose = getattr(analysis, "with_engine", None)
    if analysis.SPEC.phase != "network" or not callable(choose):
        return analysis
    return _checked(choose(name))


def _plugins() -> Iterator[object]:
    for point in sorted(entry_points(group=ENTRY_POINT_GROUP), key=lambda point: point.name):
        try:
            yield point.load()
        except Exception as error:
            raise ConfigError(
                f"the plugin {point.name!r} ({point.value}) cannot be imported: {error}; "
                "mend or uninstall it",
                code="plugin_invalid",
            ) from error


def _checked(candidate: object) -> Analysis:
    spec = getattr(candidate, "SPEC", None)
    label = getattr(candidate, "__name__", repr(candidate))
    if not isinstance(spec, AnalysisSpec) or not callable(getattr(candidate, "measure", None)):
        raise ConfigError(
            f"{label} is no analysis: it needs SPEC (an AnalysisSpec) and measure(planes)",
            code="plugin_invalid",
        )
    names = [measure.name for measure in spec.measures]
    odd = [name for name in (spec.name, *names) if not name.isidentifier()]
    if odd:
        raise ConfigError(
            f"{label} uses names that are no identifiers, of which columns and reports are made: "
            f"{odd}",
            code="plugin_invalid",
        )
    if not names or len(set(names)) != len(names):
        raise ConfigError(
            f"{label} declares no measure, or one name twice: {names}", code="plugin_invalid"
        )
    return cast("Analysis", candidate)
