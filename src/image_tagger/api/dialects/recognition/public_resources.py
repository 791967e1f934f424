"""`/networks/public` and `/recognition/public`: the models of this installation, for reading only."""

from collections.abc import Callable
from typing import Any

from fastapi import Request, Response

from image_tagger.api.dialects.recognition import pagination, public
from image_tagger.api.dialects.recognition.public import PublicModels
from image_tagger.api.dialects.recognition.requests import answer, name_of
from image_tagger.domain.specs import Version

Render = Callable[[str, Version], dict[str, Any]]


class PublicResources:
    """One method for each request."""

    def __init__(self, models: PublicModels) -> None:
        self._models = models

    async def specs(self, request: Request) -> Response:
        """List the public specifications, without their outputs."""
        return self._index(request, public.spec_in_listing)

    async def spec(self, request: Request) -> Response:
        """Answer one public specification."""
        return await self._retrieve(request, public.spec)

    async def networks(self, request: Request) -> Response:
        """List the public networks."""
        return self._index(request, public.network)

    async def network(self, request: Request) -> Response:
        """Answer one public network."""
        return await self._retrieve(request, public.network)

    def _index(self, request: Request, render: Render) -> Response:
        page = pagination.asked(request)
        listing = pagination.page_of(self._models.names(), page)
        return answer(pagination.answer(request, listing, page, lambda name: render(name, self._models.here(name))))

    async def _retrieve(self, request: Request, render: Render) -> Response:
        name = name_of(request)
        return answer(render(name, await self._models.version(name)))
