"""What the client's own logic asks of the world; who performs it, waits in its own way.

The logic is written once, as generators: they yield a step and are sent what came of it.
`studio_detector.client.sync` performs steps by blocking, `.asynchronous` by awaiting.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """A file to send, as the form field ``file`` or as it is.

    Attributes:
        content: Its bytes, or where to read them, for each try anew.
        name: What to call it.
    """

    content: bytes | Path
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """An HTTP request.

    Attributes:
        method: "GET", "POST" ...
        path: Below ``/api/v1`` of the service, with a slash in front.
        params: For the query; a list gives a name several times.
        headers: Beside those that every request has.
        json: A body of JSON; None for none.
        form: Fields beside an upload.
        upload: A file to send; None for none.
        is_bare: Whether the upload is the body as it is, and not a field of a form.
        answers_within_s: Seconds that the service may take on purpose, beside what is normal.
        is_repeatable: Whether sending it twice is like sending it once.
        is_outside_api: Whether the path is below the address of the service itself.
    """

    method: str
    path: str
    params: Mapping[str, str | list[str]] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    json: Any = None
    form: Mapping[str, str | list[str]] = field(default_factory=dict)
    upload: Upload | None = None
    is_bare: bool = False
    answers_within_s: float = 0.0
    is_repeatable: bool = True
    is_outside_api: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """An answer.

    Attributes:
        status: HTTP status.
        headers: Names in lower case.
        body: Its bytes; empty for a stream that was opened.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes = b""

    @property
    def is_success(self) -> bool:
        """Whether it is a 2xx."""
        return 200 <= self.status < 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Broken:
    """No answer, or not all of it.

    Attributes:
        reason: Why, in a few words.
        was_sent: Whether the service may have received the request.
    """

    reason: str
    was_sent: bool


@dataclass(frozen=True, slots=True)
class Send:
    """Send a request and read the whole answer: `Reply` or `Broken`."""

    request: Request


@dataclass(frozen=True, slots=True)
class Open:
    """Send a request and leave a good answer unread: `Reply` or `Broken`."""

    request: Request


@dataclass(frozen=True, slots=True)
class ReadChunk:
    """Read on in the answer opened last: bytes, None at its end, or `Broken`."""


@dataclass(frozen=True, slots=True)
class Pause:
    """Let time pass: None."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Give:
    """Hand an item to whoever iterates: None."""

    item: Any


Step: TypeAlias = Send | Open | ReadChunk | Pause | Give
#: Logic that comes to a value of some type.
Steps: TypeAlias = Generator[Step, Any, _T]
