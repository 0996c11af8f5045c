"""``studio-detector doctor``: what this installation can do."""

from __future__ import annotations

import json
import platform
import re
from typing import TYPE_CHECKING, TypeAlias

import click

from studio_detector.cli.options import debug_option, settings_options
from studio_detector.errors import EXIT_OK, StudioDetectorError
from studio_detector.reporting.printable import printable

if TYPE_CHECKING:
    from studio_detector.cli.options import Chosen
    from studio_detector.cli.run import Run
    from studio_detector.pipeline.settings import Settings

#: Title of a section -> name -> value.
_Sections: TypeAlias = dict[str, dict[str, str]]

_DISTRIBUTION = "studio-detector"
_LIBRARIES = ("numpy", "opencv-python-headless", "pillow", "click", "pydantic", "rich")


@click.command(
    "doctor",
    short_help="Print versions, codecs, limits and the model.",
    help="""Print what this installation can do: versions, picture formats, limits in force,
    the model, the analyses and the extras.

    Belongs into every report of a defect. Exits with 2 if the model or an analysis cannot be
    used.""",
)
@click.option(
    "--format",
    "output_format",
    type=click.Choice(["table", "json"]),
    default="table",
    show_default=True,
    help="Form of the list.",
)
@settings_options
@debug_option
@click.pass_obj
def doctor(run: Run, *, output_format: str, chosen: Chosen) -> int:
    """Write the findings; see the help above."""
    settings = chosen.resolve().settings
    decision, status = _decision(settings)
    sections: _Sections = {
        "versions": _versions(),
        "formats": _formats(),
        "imaging": _imaging(),
        "limits": _limits(settings),
        "decision": decision,
        "extras": _extras(),
    }
    if output_format == "json":
        run.output.write(json.dumps(sections, indent=2) + "\n")
    else:
        run.output.write(_as_text(sections))
    return status


def _as_text(sections: _Sections) -> str:
    width = max(len(name) for rows in sections.values() for name in rows)
    return "\n".join(
        f"{title}\n"
        + "".join(f"  {name:<{width}}  {printable(value)}\n" for name, value in rows.items())
        for title, rows in sections.items()
    )


def _versions() -> dict[str, str]:
    from importlib.metadata import version

    return {
        _DISTRIBUTION: version(_DISTRIBUTION),
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "system": platform.platform(),
        **{name: version(name) for name in _LIBRARIES},
    }


def _formats() -> dict[str, str]:
    from PIL import features

    from studio_detector.imaging.sniff import FORMATS

    checked = {"JPEG": "jpg", "PNG": "zlib", "WEBP": "webp", "TIFF": "libtiff", "AVIF": "avif"}
    found = {}
    for name in FORMATS:
        feature = checked.get(name)
        if name == "HEIC":
            version = _installed("pi-heif")
            found[name] = f"yes, pi-heif {version}" if version else "no: install the extra heic"
        elif feature is None:
            found[name] = "yes, built in"
        elif features.check(feature):
            found[name] = f"yes, {feature} {features.version(feature)}"
        else:
            found[name] = f"no: Pillow was built without {feature}"
    return found


def _imaging() -> dict[str, str]:
    import cv2
    from PIL import features

    turbo = features.version("libjpeg_turbo") if features.check("libjpeg_turbo") else None
    profiles = features.version("littlecms2") if features.check("littlecms2") else None
    return {
        "colour management": f"littlecms2 {profiles}"
        if profiles
        else "no: Pillow lacks littlecms2",
        "libjpeg-turbo": turbo or "no",
        "opencv threads": str(cv2.getNumThreads()),
        "opencv processor": " ".join(cv2.getCPUFeaturesLine().split()),
    }


def _limits(settings: Settings) -> dict[str, str]:
    from studio_detector.config.keys import flat

    section = "limits."
    return {
        name.removeprefix(section): f"{value:,}"
        for name, value in flat(settings).items()
        if name.startswith(section)
    } | {"isolate": "yes" if settings.isolate else "no"}


def _decision(settings: Settings) -> tuple[dict[str, str], int]:
    """The model and the analyses, or why they cannot be used, with the status to exit with."""
    from studio_detector.analysis.network.engines import open_engine
    from studio_detector.analysis.registry import Registry
    from studio_detector.decision.shipped import load_model, shipped_models

    status = EXIT_OK
    found = {"models": ", ".join(shipped_models())}
    try:
        model = load_model(settings.model, rule_weights=settings.rule_weights)
        found["model"] = model.identity
    except StudioDetectorError as error:
        found["model"], status = f"problem: {error.message}", error.info.exit_code
    try:
        registry = Registry.load(
            disabled=settings.disabled_analyses, network_engine=settings.network_engine
        )
        found["network engine"] = open_engine(settings.network_engine).name
        found["analyses"] = ", ".join(f"{a.SPEC.name} {a.SPEC.version}" for a in registry)
    except StudioDetectorError as error:
        found["analyses"], status = f"problem: {error.message}", error.info.exit_code
    return found, status


def _extras() -> dict[str, str]:
    """Extra -> its packages with their versions, from this distribution's own metadata."""
    from importlib.metadata import requires

    found: dict[str, list[str]] = {}
    for requirement in requires(_DISTRIBUTION) or ():
        match = re.match(r"""([\w.-]+).*;.*extra == ["']([\w-]+)["']""", requirement)
        if match:
            package, extra = match.groups()
            version = _installed(package)
            found.setdefault(extra, []).append(f"{package} {version or 'not installed'}")
    return {extra: ", ".join(packages) for extra, packages in sorted(found.items())}


def _installed(package: str) -> str | None:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version(package)
    except PackageNotFoundError:
        return None
