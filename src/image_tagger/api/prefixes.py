"""Prefixes that a proxy used to strip: the same paths are answered with and without them."""

from starlette.types import ASGIApp, Receive, Scope, Send


class Prefixes:
    """ASGI middleware. A path below one of the prefixes counts as mounted there, so the router sees the rest."""

    def __init__(self, app: ASGIApp, prefixes: tuple[str, ...]) -> None:
        self._app = app
        self._prefixes = prefixes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "http":
            for prefix in self._prefixes:
                if scope["path"].startswith(f"{prefix}/"):
                    scope = {**scope, "root_path": scope.get("root_path", "") + prefix}
        await self._app(scope, receive, send)
