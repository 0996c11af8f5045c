"""The head of a request, as far as it tells who asks."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestHead:
    """What arrived before the body.

    Attributes:
        method: In capitals, "POST".
        target_uri: The whole address as the caller wrote it, "https://host/analyze?wait_s=5",
            still percent-encoded.
        headers: Lower-case names and values, in the order of arrival, repeated ones repeatedly.
    """

    method: str
    target_uri: str
    headers: tuple[tuple[str, str], ...]

    def values(self, name: str) -> list[str]:
        """All values of a header, in the order of arrival.

        Args:
            name: In lower case.
        """
        return [value for known, value in self.headers if known == name]
