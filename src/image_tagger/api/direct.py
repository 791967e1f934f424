"""Routes that need nothing of the framework are looked up: its way to an endpoint costs more than the endpoint."""

from collections.abc import Iterable

from fastapi import APIRouter, Request
from starlette.types import ASGIApp, Receive, Scope, Send

from image_tagger.api.dialect import DialectRoute


def plain_routes(routers: Iterable[APIRouter]) -> list[DialectRoute]:
    """The routes of dialects whose endpoints read the request themselves and whose paths have no parameters."""
    routes = [route for router in routers for route in router.routes if isinstance(route, DialectRoute)]
    return [route for route in routes if route.is_plain and "{" not in route.path]


class Direct:
    """ASGI middleware. A request for one of `routes` goes straight to its endpoint, any other to the framework.

    Put it innermost, so that what is around the one way is around the other.
    """

    def __init__(self, app: ASGIApp, routes: Iterable[DialectRoute]) -> None:
        self._app = app
        ways = [(route, route.get_route_handler()) for route in routes]
        self._ways = {(method, way[0].path): way for way in reversed(ways) for method in way[0].methods or ()}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        way = self._ways.get((scope["method"], scope["path"])) if scope["type"] == "http" else None
        if way is None:
            await self._app(scope, receive, send)
            return
        scope["route"], handle = way
        response = await handle(Request(scope, receive, send))
        await response(scope, receive, send)
