"""Every error this project raises on purpose, in one tree, with one table of codes.

.. code-block:: text

    StudioDetectorError
    ├── InputError              the picture cannot be analysed
    │   ├── UnreadableError     no bytes came: missing, a folder, no permission, empty
    │   ├── UnsupportedError    bytes of a kind that is not decoded
    │   ├── LimitError          larger than the limits in force
    │   ├── DecodeError         a known kind, but damaged
    │   └── IsolationError      the child process crashed, hung or outgrew its memory
    ├── AnalysisError           an analysis failed on a good picture (our defect, or a plugin's)
    ├── ConfigError             a setting, an option or a name that does not exist or does not fit
    ├── ModelError              a model file that cannot be used
    ├── OutputError             what was found cannot be written where it was meant to go
    └── MissingExtraError       an optional dependency is not installed

Each error carries a stable ``code``. `CODES` says what a code means, which HTTP status it
becomes and with which status the command line exits when nothing else decides it.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

#: Exit status of the command line: every photo analysed.
EXIT_OK = 0
#: A ``--fail-on`` label was found.
EXIT_FOUND = 1
#: The command, an option or a setting is wrong.
EXIT_USAGE = 2
#: Some inputs failed, others were analysed.
EXIT_SOME_FAILED = 3
#: Every input failed.
EXIT_ALL_FAILED = 4
#: A defect of ours.
EXIT_BUG = 70
#: An output cannot be written: disk full, closed, forbidden (EX_IOERR of sysexits.h).
EXIT_UNWRITABLE = 74


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeInfo:
    """What one error code stands for.

    Attributes:
        meaning: One sentence for people.
        http_status: Status of an HTTP answer that reports it.
        exit_code: Exit status of a command stopped by it alone.
    """

    meaning: str
    http_status: int
    exit_code: int


#: The one table: code -> meaning, HTTP status, exit status.
CODES: Mapping[str, CodeInfo] = MappingProxyType(
    {
        code: CodeInfo(meaning=meaning, http_status=http_status, exit_code=exit_code)
        for code, http_status, exit_code, meaning in (
            ("not_found", 404, EXIT_ALL_FAILED, "there is no such file"),
            ("not_a_file", 422, EXIT_ALL_FAILED, "the path is a folder, a device or a pipe"),
            ("no_permission", 403, EXIT_ALL_FAILED, "the file may not be read"),
            ("read_failed", 422, EXIT_ALL_FAILED, "the operating system failed to read the file"),
            ("empty", 422, EXIT_ALL_FAILED, "the file has no bytes"),
            ("unsupported_format", 415, EXIT_ALL_FAILED, "the bytes are no format we decode"),
            ("unsupported_variant", 415, EXIT_ALL_FAILED, "a known format in a form not decoded"),
            ("invalid_array", 422, EXIT_ALL_FAILED, "the array is not a picture"),
            ("limit_file_size", 413, EXIT_ALL_FAILED, "the file is larger than allowed"),
            ("limit_pixels", 413, EXIT_ALL_FAILED, "the picture has more pixels than allowed"),
            ("limit_side", 413, EXIT_ALL_FAILED, "a side of the picture is longer than allowed"),
            ("limit_aspect", 413, EXIT_ALL_FAILED, "the picture is more elongated than allowed"),
            ("limit_frames", 413, EXIT_ALL_FAILED, "the file has more frames than allowed"),
            ("limit_memory", 413, EXIT_ALL_FAILED, "decoding would need more memory than allowed"),
            ("truncated", 422, EXIT_ALL_FAILED, "the file ends before the picture does"),
            ("corrupt", 422, EXIT_ALL_FAILED, "the file is damaged"),
            ("timeout", 422, EXIT_ALL_FAILED, "the photo took longer than allowed"),
            ("memory", 422, EXIT_ALL_FAILED, "the photo outgrew the memory allowed"),
            ("crashed", 422, EXIT_ALL_FAILED, "the process that met the photo crashed"),
            ("unsupported_scheme", 422, EXIT_ALL_FAILED, "an address that is not fetched"),
            ("analysis_failed", 500, EXIT_BUG, "an analysis failed on a decoded picture"),
            ("config_unreadable", 400, EXIT_USAGE, "the configuration file cannot be read"),
            ("config_unknown_key", 400, EXIT_USAGE, "a setting that does not exist"),
            ("config_invalid_value", 400, EXIT_USAGE, "a setting's value does not fit"),
            ("manifest_invalid", 422, EXIT_USAGE, "a list of photos, or a row of it, is broken"),
            ("unknown_model", 400, EXIT_USAGE, "there is no such model"),
            ("unknown_analysis", 400, EXIT_USAGE, "there is no such analysis"),
            ("plugin_invalid", 500, EXIT_USAGE, "a plugin's analysis cannot be registered"),
            ("model_invalid", 500, EXIT_USAGE, "the model file cannot be used"),
            ("output_exists", 409, EXIT_USAGE, "the output, or an unfinished run of it, is there"),
            ("output_busy", 409, EXIT_USAGE, "another run is writing the output"),
            (
                "resume_mismatch",
                409,
                EXIT_USAGE,
                "the unfinished run was of other inputs or settings",
            ),
            ("output_failed", 507, EXIT_UNWRITABLE, "the output cannot be written"),
            ("missing_extra", 501, EXIT_USAGE, "an optional dependency is not installed"),
            ("internal", 500, EXIT_BUG, "a defect of ours"),
        )
    }
)


class StudioDetectorError(Exception):
    """Root of the tree; raised only through its subclasses.

    Args:
        message: What happened, with the value found and the next step.
        code: A key of `CODES`.
    """

    def __init__(self, message: str, *, code: str) -> None:
        if code not in CODES:
            raise ValueError(f"unknown error code {code!r}; known: {', '.join(CODES)}")
        super().__init__(message)
        self.message = message
        self.code = code

    def __reduce__(self) -> tuple[object, ...]:
        """Pickle with the code, so that errors cross process borders whole."""
        return (_rebuild, (type(self), self.message, self.code))

    @property
    def info(self) -> CodeInfo:
        """The row of `CODES` this error belongs to."""
        return CODES[self.code]


def _rebuild(kind: type[StudioDetectorError], message: str, code: str) -> StudioDetectorError:
    return kind(message, code=code)


class InputError(StudioDetectorError):
    """The picture given cannot be analysed; others may."""


class UnreadableError(InputError):
    """No bytes could be had: the file is missing, a folder, protected or empty."""


class UnsupportedError(InputError):
    """The bytes are not a picture of a kind this installation decodes."""


class LimitError(InputError):
    """The picture is larger than the limits in force."""


class DecodeError(InputError):
    """The bytes are of a known kind, but damaged or cut short."""


class IsolationError(InputError):
    """The child process that met the picture crashed, hung or outgrew its memory."""


class AnalysisError(StudioDetectorError):
    """An analysis raised on a decoded picture: a defect, ours or a plugin's."""


class ConfigError(StudioDetectorError):
    """A setting, option or name does not exist, or its value does not fit."""


class ModelError(StudioDetectorError):
    """A model file is damaged, of another version, or asks for unknown measurements."""


class OutputError(StudioDetectorError):
    """An output cannot be written, or must not be: it is there, busy or of another run."""


class MissingExtraError(StudioDetectorError):
    """An optional dependency is needed; the message says how to install it."""

    @classmethod
    def for_package(cls, package: str, extra: str, purpose: str) -> MissingExtraError:
        """Build the one-line hint: ``purpose`` needs ``package``, install ``extra``."""
        return cls(
            f"{purpose} needs the package {package!r}, which is not installed; "
            f"install it with: pip install 'studio-detector[{extra}]'",
            code="missing_extra",
        )
