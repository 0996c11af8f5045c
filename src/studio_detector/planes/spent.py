"""How long the shared planes take, though each is made in the midst of whatever asks first."""

from __future__ import annotations

from functools import cached_property
from time import perf_counter
from typing import TYPE_CHECKING, Any, Protocol, TypeVar, cast, overload

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

_T_co = TypeVar("_T_co", covariant=True)


class Spent:
    """Adds up the time of blocks, of which one may stand in another; for one thread."""

    def __init__(self) -> None:
        self._depth = 0
        self._begun = 0.0
        self._seconds = 0.0

    def __enter__(self) -> None:
        if not self._depth:
            self._begun = perf_counter()
        self._depth += 1

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._depth -= 1
        if not self._depth:
            self._seconds += perf_counter() - self._begun

    @property
    def milliseconds(self) -> float:
        """The sum so far."""
        return self._seconds * 1000


class _Timed(Protocol):
    spent: Spent


class plane(cached_property[_T_co]):  # noqa: N801 - a decorator, as its base is
    """A ``cached_property`` whose time is added to ``spent`` of what it belongs to."""

    @overload
    def __get__(self, instance: None, owner: type[Any] | None = None) -> Self: ...

    @overload
    def __get__(self, instance: object, owner: type[Any] | None = None) -> _T_co: ...

    def __get__(self, instance: object, owner: type[Any] | None = None) -> Self | _T_co:
        """The property itself of a class, its value of an object."""
        if instance is None:
            return self
        with cast("_Timed", instance).spent:
            return super().__get__(instance, owner)
