"""What meets the pictures: the decoders, and the process they run in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from studio_detector.imaging import IsolatedLoader
from studio_detector.imaging.codecs import codecs
from studio_detector.service.checks.finding import failed, ok, warning

if TYPE_CHECKING:
    from studio_detector.service.checks.finding import Finding
    from studio_detector.service.settings import ServiceSettings

# Whoever wants it installs an extra; whoever does not has a service that is whole.
_OPTIONAL = frozenset({"HEIC"})


def check_codecs() -> Finding:
    """Whether all formats are decoded."""
    found = codecs()
    missing = [codec for codec in found if codec.library is None]
    text = ", ".join(codec.format for codec in found if codec.library is not None)
    if not missing:
        return ok(text)
    lacking = "; ".join(f"not {codec.format}: {codec.remedy}" for codec in missing)
    if all(codec.format in _OPTIONAL for codec in missing):
        return ok(f"{text}; {lacking}")
    return warning(f"{text}; {lacking}")


def check_sandbox(settings: ServiceSettings) -> Finding:
    """How far a process that meets pictures is confined; one is started and tells.

    Raises:
        StudioDetectorError: If it cannot be started.
    """
    if settings.sandbox == "off":
        return warning(
            "off: pictures are decoded behind limits alone; set sandbox to auto or require"
        )
    with IsolatedLoader() as loader:
        found = loader.start()
    if found.is_full:
        return ok(f"full, {found}")
    lacking = f"partial, {found}; use Linux 5.13 or later with Landlock and seccomp"
    if settings.sandbox == "require":
        return failed(f"{lacking}, or set sandbox to auto")
    return warning(lacking)
