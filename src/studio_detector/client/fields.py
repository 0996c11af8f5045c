"""Reading JSON objects of a service, with an error where they are not as they should be."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import UUID

from studio_detector.client.errors import misunderstood

if TYPE_CHECKING:
    from collections.abc import Mapping

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Fields:
    """One JSON object. Unknown keys are left alone, so that newer services can be read.

    Every method raises ``RemoteError`` (``service_unreachable``) for a value of another kind;
    those named ``maybe_...`` give None where there is none.

    Attributes:
        data: The object.
        what: What it is, for the error.
    """

    data: Mapping[str, Any]
    what: str

    @classmethod
    def of(cls, value: object, what: str) -> Fields:
        """Take a value that should be an object."""
        if not isinstance(value, dict):
            raise misunderstood(f"holds no {what}")
        return cls(value, what)

    def text(self, name: str) -> str:
        """A text."""
        return self._there(name, self.maybe_text(name))

    def maybe_text(self, name: str) -> str | None:
        """A text."""
        value = self.data.get(name)
        if value is None or isinstance(value, str):
            return value
        raise self._wrong(name)

    def number(self, name: str) -> float:
        """A number."""
        return self._there(name, self.maybe_number(name))

    def maybe_number(self, name: str) -> float | None:
        """A number."""
        value = self.data.get(name)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self._wrong(name)
        return float(value)

    def whole(self, name: str) -> int:
        """A whole number."""
        return self._there(name, self.maybe_whole(name))

    def maybe_whole(self, name: str) -> int | None:
        """A whole number."""
        value = self.data.get(name)
        if value is None or (isinstance(value, int) and not isinstance(value, bool)):
            return value
        raise self._wrong(name)

    def truth(self, name: str) -> bool:
        """True or false."""
        value = self.data.get(name)
        if isinstance(value, bool):
            return value
        raise self._wrong(name)

    def uuid(self, name: str) -> UUID:
        """A name of a job, a result ..."""
        return self._there(name, self.maybe_uuid(name))

    def maybe_uuid(self, name: str) -> UUID | None:
        """A name of a job, a result ..."""
        text = self.maybe_text(name)
        try:
            return None if text is None else UUID(text)
        except ValueError as error:
            raise self._wrong(name) from error

    def maybe_moment(self, name: str) -> datetime | None:
        """A time with its zone."""
        text = self.maybe_text(name)
        try:
            return None if text is None else datetime.fromisoformat(text)
        except ValueError as error:
            raise self._wrong(name) from error

    def moment(self, name: str) -> datetime:
        """A time with its zone."""
        return self._there(name, self.maybe_moment(name))

    def maybe_object(self, name: str) -> Mapping[str, Any] | None:
        """An object."""
        value = self.data.get(name)
        if value is None or isinstance(value, dict):
            return value
        raise self._wrong(name)

    def items(self, name: str) -> list[Any]:
        """A list."""
        value = self.data.get(name)
        if isinstance(value, list):
            return value
        raise self._wrong(name)

    def _there(self, name: str, value: _T | None) -> _T:
        if value is None:
            raise self._wrong(name)
        return value

    def _wrong(self, name: str) -> Exception:
        return misunderstood(f"holds a {self.what} whose {name!r} is missing or of another kind")
