"""``studio-detector doctor``: what this installation can do."""

from __future__ import annotations

import json
import platform
import re
from typing import TYPE_CHECKING, TypeAlias

import click

from studio_detector.cli.options import debug_option
from studio_detector.cli.service.options import PLACES, service_settings
from studio_detector.errors import EXIT_OK, EXIT_UNAVAILABLE, StudioDetectorError
from studio_detector.reporting.printable import printable

if TYPE_CHECKING:
    from studio_detector.cli.options import Chosen
    from studio_detector.cli.run import Run
    from studio_detector.pipeline.settings import Settings
    from studio_detector.service.checks.finding import Checked

#: Title of a section -> name -> value.
_Sections: TypeAlias = dict[str, dict[str, str]]

# "variants list" looks at the file of variants.
_PLACES = {name: option for name, option in PLACES.items() if name != "variants_file"}
_DISTRIBUTION = "studio-detector"
_LIBRARIES = ("numpy", "opencv-python-headless", "pillow", "click", "pydantic", "rich")


@click.command(
    "doctor",
    short_help="Print versions, codecs, limits and the model.",
    help="""Print what this installation can do: versions, picture formats, how processes that
    meet pictures are confined, limits in force, the model, the analyses and the extras.

    Belongs into every report of a defect. Exits with 2 if the model or an analysis cannot be
    used.

    With --service, every part of a service with these settings is tried as well: its folder,
    database, tables, clock, broker, cache, pictures and keys. Nothing is made, migrated or left
    behind, so it may run beside the service, and before its first start. Exits with 69 if a
    part fails without which the service does not run.""",
)
@click.option("--service", "is_service", is_flag=True, help="Try every part of the service, too.")
@click.option(
    "--format",
    "output_format",
    type=click.Choice(["table", "json"]),
    default="table",
    show_default=True,
    help="Form of the list.",
)
@service_settings(_PLACES)
@debug_option
@click.pass_obj
def doctor(run: Run, *, is_service: bool, output_format: str, chosen: Chosen) -> int:
    """Write the findings; see the help above."""
    checked = _checked(chosen) if is_service else []
    settings = chosen.resolve().settings
    decision, status = _decision(settings)
    sections: _Sections = {
        "versions": _versions(),
        "formats": _formats(),
        "imaging": _imaging(),
        "sandbox": _sandbox(),
        "limits": _limits(settings),
        "decision": decision,
        "extras": _extras(),
    }
    if output_format == "json":
        data: dict[str, object] = dict(sections)
        if is_service:
            data["service"] = _as_data(checked)
        run.output.write(json.dumps(data, indent=2) + "\n")
    else:
        if is_service:
            sections["service"] = _as_rows(checked)
        run.output.write(_as_text(sections))
    if any(one.finding.state == "failed" for one in checked):
        return status or EXIT_UNAVAILABLE
    return status


def _checked(chosen: Chosen) -> list[Checked]:
    from studio_detector.cli.service.master_key_hook import load_hook
    from studio_detector.cli.service.opening import log_to_console, resolved_service
    from studio_detector.cli.service.options import data_folder

    # What is wrong stands in the findings.
    log_to_console("error")
    resolved = resolved_service(chosen)

    from studio_detector.service.checks.run import check_service

    service = resolved.service
    return check_service(
        service, data_folder(resolved), load_hook=lambda: load_hook(service.master_key_hook)
    )


def _as_data(checked: list[Checked]) -> dict[str, dict[str, object]]:
    return {
        one.part: {
            "state": one.finding.state,
            "text": one.finding.text,
            "took_ms": round(one.took_ms, 1),
        }
        for one in checked
    }


def _as_rows(checked: list[Checked]) -> dict[str, str]:
    return {
        one.part: f"{one.finding.state} ({one.took_ms:.0f} ms): {one.finding.text}"
        for one in checked
    }


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
    from studio_detector.imaging.codecs import codecs

    return {
        codec.format: f"no: {codec.remedy}" if codec.library is None else f"yes, {codec.library}"
        for codec in codecs()
    }


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


def _sandbox() -> dict[str, str]:
    """How far a process that meets pictures is confined, as one that is started to tell says."""
    from studio_detector.imaging import IsolatedLoader

    try:
        with IsolatedLoader() as loader:
            found = loader.start()
    except StudioDetectorError as error:
        return {"level": f"problem: {error.message}"}
    return {
        "level": "full" if found.is_full else "partial",
        "confined by": str(found),
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
