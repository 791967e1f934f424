"""What every dialect's routes have in common: errors come back in the dialect's own words."""

from collections.abc import Callable, Coroutine
from inspect import signature
from typing import Any, ClassVar

import structlog
from fastapi import APIRouter, Request, Response
from fastapi.routing import APIRoute
from starlette.requests import ClientDisconnect

from image_tagger.domain.errors import TaggerError

RenderError = Callable[[TaggerError], Response]
CLIENT_LEFT = 499  # nobody reads it; the number that access logs know from nginx

log = structlog.get_logger(__name__)


class DialectRoute(APIRoute):
    """A route that answers every error through `render_error`."""

    render_error: ClassVar[RenderError]

    @property
    def is_plain(self) -> bool:
        """Whether the endpoint reads the request itself, and so needs none of the framework's parsing."""
        return list(signature(self.endpoint).parameters) == ["request"]

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """What answers a request."""
        handle = self.endpoint if self.is_plain else super().get_route_handler()  # its parsing costs time
        render_error = type(self).render_error

        async def handle_or_render(request: Request) -> Response:
            try:
                response: Response = await handle(request)
            except TaggerError as error:
                return _with_retry(render_error(error), error)
            except ClientDisconnect:
                return Response(status_code=CLIENT_LEFT)
            except (
                Exception
            ):  # a fault of ours: the client gets the dialect's error and no trace, the log gets the trace
                log.exception("a request failed for a reason nobody foresaw")
                return render_error(TaggerError("internal error"))
            return response

        return handle_or_render


def router(render_error: RenderError, *, tag: str) -> APIRouter:
    """A router whose routes answer every error through `render_error`; `tag` groups them in the API pages."""
    route = type("DialectRoute", (DialectRoute,), {"render_error": staticmethod(render_error)})
    return APIRouter(route_class=route, tags=[tag])


def _with_retry(response: Response, error: TaggerError) -> Response:
    if error.retry_after is not None:
        response.headers["Retry-After"] = str(error.retry_after)
    return response
