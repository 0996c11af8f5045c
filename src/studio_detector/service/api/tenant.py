"""Whose a request is: the one place that says so."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request

from studio_detector.service.records import DEFAULT_TENANT


async def tenant_of(request: Request) -> str:  # noqa: ARG001 - what keys will need
    """The tenant of a request.

    Args:
        request: The request.
    """
    return DEFAULT_TENANT


#: A parameter of a route that is given the tenant.
Tenant = Annotated[str, Depends(tenant_of)]
