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
    ├── ServiceError            a request that the service does not or cannot grant now
    │   ├── RequestError        the request itself is wrong, or what it names is not there
    │   ├── AccessError         who asks is unknown, may not, or asks too often
    │   ├── BusyError           not now: too much work, or a part of the service is away
    │   ├── FetchError          an address that could not or may not be fetched
    │   ├── RemoteError         what a service answered to a client (in `studio_detector.client`)
    │   └── JobPendingError     the client's patience ended before the job (likewise)
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
    from typing import Any

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
#: A service, or a part of it, cannot be reached or takes no work now (EX_UNAVAILABLE).
EXIT_UNAVAILABLE = 69
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
            ("request_invalid", 422, EXIT_USAGE, "a part of the request does not fit"),
            ("body_unsupported", 415, EXIT_USAGE, "the body of the request is of no kind taken"),
            ("route_unknown", 404, EXIT_USAGE, "there is no such address in the service"),
            ("method_unsupported", 405, EXIT_USAGE, "the address does not take this method"),
            ("job_unknown", 404, EXIT_USAGE, "there is no such job"),
            ("batch_unknown", 404, EXIT_USAGE, "there is no such batch"),
            ("result_unknown", 404, EXIT_USAGE, "there is no such result"),
            ("overlay_unknown", 404, EXIT_USAGE, "there is no such overlay of this picture"),
            ("unknown_variant", 400, EXIT_USAGE, "there is no such variant"),
            ("state_conflict", 409, EXIT_USAGE, "the job's state does not allow it"),
            (
                "idempotency_conflict",
                422,
                EXIT_USAGE,
                "the idempotency key was used for another request",
            ),
            ("picture_gone", 410, EXIT_USAGE, "the picture is no longer kept"),
            ("cancelled", 409, EXIT_ALL_FAILED, "the job was cancelled"),
            ("attempts_exhausted", 500, EXIT_BUG, "every try ended without an answer"),
            ("fetch_refused", 422, EXIT_ALL_FAILED, "an address that may not be fetched"),
            ("fetch_failed", 502, EXIT_ALL_FAILED, "the host of the address gave no picture"),
            ("fetch_timeout", 504, EXIT_ALL_FAILED, "the host of the address took too long"),
            ("backlog_full", 429, EXIT_UNAVAILABLE, "too many jobs wait; try again later"),
            ("uploads_full", 429, EXIT_UNAVAILABLE, "too much is being uploaded at this moment"),
            ("store_unavailable", 503, EXIT_UNAVAILABLE, "the database cannot be reached"),
            ("storage_full", 507, EXIT_UNAVAILABLE, "there is no room for the picture"),
            ("storage_unavailable", 503, EXIT_UNAVAILABLE, "the pictures cannot be reached"),
            ("draining", 503, EXIT_UNAVAILABLE, "the service is about to stop"),
            ("unauthenticated", 401, EXIT_USAGE, "no key or token, or one that is not accepted"),
            ("forbidden", 403, EXIT_USAGE, "the key's role does not allow it"),
            ("origin_refused", 403, EXIT_USAGE, "a page of another host asks, or for another host"),
            ("rate_limited", 429, EXIT_UNAVAILABLE, "more was asked than is allowed for a while"),
            ("request_timeout", 408, EXIT_UNAVAILABLE, "the request came too slowly"),
            ("auth_unavailable", 503, EXIT_UNAVAILABLE, "the keys of tokens cannot be fetched"),
            ("key_unknown", 404, EXIT_USAGE, "there is no such key"),
            ("subject_unknown", 404, EXIT_USAGE, "nothing is stored under such a tag"),
            ("tenant_unknown", 404, EXIT_USAGE, "there is no such tenant, or it is not yours"),
            ("picture_damaged", 410, EXIT_USAGE, "the kept picture was changed and is not used"),
            ("master_key_missing", 500, EXIT_USAGE, "no master key opens the picture's own key"),
            ("audit_broken", 409, EXIT_ALL_FAILED, "the audit log was changed"),
            ("sandbox_missing", 501, EXIT_USAGE, "this system cannot confine a process as asked"),
            ("signature_invalid", 401, EXIT_ALL_FAILED, "the signature does not fit"),
            ("service_unreachable", 503, EXIT_UNAVAILABLE, "the service gave no usable answer"),
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


class ServiceError(StudioDetectorError):
    """A request that the service does not grant, or cannot now."""


class RequestError(ServiceError):
    """The request is wrong, or what it names is not there; asking again changes nothing."""


class AccessError(ServiceError):
    """Who asks is not known, may not do this, or asks too often.

    Args:
        message: What happened and the next step; says nothing that helps who tries keys.
        code: A key of `CODES`.
        retry_after_s: Seconds after which asking again makes sense; None if it never does.
    """

    def __init__(self, message: str, *, code: str, retry_after_s: float | None = None) -> None:
        super().__init__(message, code=code)
        self.retry_after_s = retry_after_s

    def __reduce__(self) -> tuple[object, ...]:
        """Pickle with the pause too."""
        return (_rebuild_access, (self.message, self.code, self.retry_after_s))


def _rebuild_access(message: str, code: str, retry_after_s: float | None) -> AccessError:
    return AccessError(message, code=code, retry_after_s=retry_after_s)


class BusyError(ServiceError):
    """Too much work, or a part of the service is away; asking again later may help.

    Args:
        message: What happened, with the value found and the next step.
        code: A key of `CODES`.
        retry_after_s: Seconds after which asking again makes sense.
    """

    def __init__(self, message: str, *, code: str, retry_after_s: float = 5.0) -> None:
        super().__init__(message, code=code)
        self.retry_after_s = retry_after_s

    def __reduce__(self) -> tuple[object, ...]:
        """Pickle with the pause too."""
        return (_rebuild_busy, (self.message, self.code, self.retry_after_s))


def _rebuild_busy(message: str, code: str, retry_after_s: float) -> BusyError:
    return BusyError(message, code=code, retry_after_s=retry_after_s)


class FetchError(ServiceError):
    """An address that could not be fetched, or may not be.

    Args:
        message: What happened, with the value found and the next step.
        code: A key of `CODES`.
        is_passing: Whether trying again later may help.
        retry_after_s: Seconds that the host asked for; None if it did not.
        was_asked: False where the host was left alone, so that this was no try at all.
    """

    def __init__(
        self,
        message: str,
        *,
        code: str,
        is_passing: bool = False,
        retry_after_s: float | None = None,
        was_asked: bool = True,
    ) -> None:
        super().__init__(message, code=code)
        self.is_passing = is_passing
        self.retry_after_s = retry_after_s
        self.was_asked = was_asked

    def __reduce__(self) -> tuple[object, ...]:
        """Pickle with what decides over another try too."""
        options = {
            "is_passing": self.is_passing,
            "retry_after_s": self.retry_after_s,
            "was_asked": self.was_asked,
        }
        return (_rebuild_fetch, (self.message, self.code, options))


def _rebuild_fetch(message: str, code: str, options: dict[str, Any]) -> FetchError:
    return FetchError(message, code=code, **options)


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
