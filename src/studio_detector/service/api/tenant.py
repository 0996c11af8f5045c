"""Whose a request is: the one place that says so."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request

from studio_detector.service.access.principal import Principal


async def principal_of(request: Request) -> Principal:
    """Who asks.

    Args:
        request: A request that the door has let in.
    """
    principal: Principal = request.state.principal
    return principal


async def tenant_of(request: Request) -> str:
    """The tenant of a request.

    Args:
        request: A request that the door has let in.
    """
    return (await principal_of(request)).tenant


#: A parameter of a route that is given the tenant.
Tenant = Annotated[str, Depends(tenant_of)]
#: A parameter of a route that is given who asks.
Asker = Annotated[Principal, Depends(principal_of)]
