"""What each address of the API asks of whoever calls it; what is not named here is refused."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from starlette.routing import compile_path

from studio_detector.service.access.roles import Scope

if TYPE_CHECKING:
    import re
    from collections.abc import Mapping

_V1 = "/api/v1"
#: The metrics of the process, of all tenants together.
METRICS = "/metrics"

#: (method, template) -> what the caller must be allowed to; None asks for nothing, and for no key.
SCOPES_OF_ROUTES: Mapping[tuple[str, str], Scope | None] = MappingProxyType(
    {
        ("GET", "/livez"): None,
        ("GET", "/readyz"): None,
        ("GET", "/startupz"): None,
        ("GET", METRICS): Scope.OBSERVE,
        ("GET", "/openapi.json"): None,
        ("GET", "/"): None,
        ("GET", "/static/{digest}/{name:path}"): None,
        ("POST", f"{_V1}/analyse"): Scope.ANALYSE,
        ("POST", f"{_V1}/batches"): Scope.ANALYSE,
        ("GET", f"{_V1}/batches/{{batch_id}}"): Scope.READ,
        ("DELETE", f"{_V1}/batches/{{batch_id}}"): Scope.OPERATE,
        ("GET", f"{_V1}/batches/{{batch_id}}/events"): Scope.READ,
        ("GET", f"{_V1}/batches/{{batch_id}}/results"): Scope.READ,
        ("GET", f"{_V1}/jobs"): Scope.READ,
        ("GET", f"{_V1}/jobs/{{job_id}}"): Scope.READ,
        ("DELETE", f"{_V1}/jobs/{{job_id}}"): Scope.OPERATE,
        ("GET", f"{_V1}/jobs/{{job_id}}/events"): Scope.READ,
        ("POST", f"{_V1}/jobs/{{job_id}}/retry"): Scope.OPERATE,
        ("GET", f"{_V1}/results"): Scope.READ,
        ("POST", f"{_V1}/results/export"): Scope.READ,
        ("GET", f"{_V1}/results/{{result_id}}"): Scope.READ,
        ("GET", f"{_V1}/results/{{result_id}}/feedback"): Scope.READ,
        ("POST", f"{_V1}/results/{{result_id}}/feedback"): Scope.FEEDBACK,
        ("GET", f"{_V1}/results/{{result_id}}/overlays"): Scope.READ,
        ("GET", f"{_V1}/results/{{result_id}}/overlays/{{name}}.png"): Scope.READ,
        ("POST", f"{_V1}/results/{{result_id}}/overlays/{{name}}.png"): Scope.READ,
        ("GET", f"{_V1}/results/{{result_id}}/report"): Scope.READ,
        ("POST", f"{_V1}/results/{{result_id}}/report"): Scope.READ,
        ("GET", f"{_V1}/results/{{result_id}}/explanation"): Scope.READ,
        ("GET", f"{_V1}/results/{{result_id}}/thumbnail.jpg"): Scope.READ,
        ("GET", f"{_V1}/overview"): Scope.READ,
        ("GET", f"{_V1}/similar"): Scope.READ,
        ("DELETE", f"{_V1}/pictures/{{image_hash}}"): Scope.ERASE,
        ("DELETE", f"{_V1}/subjects/{{tag}}"): Scope.ERASE,
        ("GET", f"{_V1}/subjects/{{tag}}/export"): Scope.ERASE,
        ("DELETE", f"{_V1}/tenants/{{tenant}}"): Scope.ADMINISTER,
        ("GET", f"{_V1}/audit"): Scope.ADMINISTER,
        ("GET", f"{_V1}/models"): Scope.READ,
        ("GET", f"{_V1}/variants"): Scope.READ,
        ("GET", f"{_V1}/variants/{{a}}/disagreements/{{b}}"): Scope.READ,
        ("GET", f"{_V1}/queues"): Scope.READ,
        ("GET", f"{_V1}/version"): Scope.READ,
    }
)
#: Asked every few seconds by who keeps the service running, under whatever name it has, and
#: answered also while all else is too much.
HEALTH = frozenset({"/livez", "/readyz", "/startupz"})
#: Addresses that machines ask every few seconds.
POLLED = HEALTH | {METRICS}


class Addresses:
    """Finds what a path means, by the patterns that the routes themselves are found by.

    Args:
        scopes: Method and template -> scope.
    """

    def __init__(self, scopes: Mapping[tuple[str, str], Scope | None] = SCOPES_OF_ROUTES) -> None:
        self._plain: dict[str, dict[str, Scope | None]] = {}
        self._patterns: list[tuple[re.Pattern[str], str, dict[str, Scope | None]]] = []
        by_template: dict[str, dict[str, Scope | None]] = {}
        for (method, template), scope in scopes.items():
            by_template.setdefault(template, {})[method] = scope
        for template, methods in by_template.items():
            if "{" in template:
                self._patterns.append((compile_path(template)[0], template, methods))
            else:
                self._plain[template] = methods

    def find(self, path: str) -> tuple[str, dict[str, str], dict[str, Scope | None]] | None:
        """The template that a path fits, its parameters, and what each method asks for.

        Args:
            path: Of a request, without escapes.

        Returns:
            None for an address that there is not.
        """
        methods = self._plain.get(path)
        if methods is not None:
            return path, {}, methods
        for pattern, template, found in self._patterns:
            match = pattern.match(path)
            if match is not None:
                return template, match.groupdict(), found
        return None
