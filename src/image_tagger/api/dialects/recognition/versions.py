"""`/recognition/versions`: create, list, retrieve, remove."""

from typing import Any

from fastapi import Request, Response

from image_tagger.api.dialects.recognition import answers, pagination, parameters
from image_tagger.api.dialects.recognition.bodies import Reader
from image_tagger.api.dialects.recognition.requests import answer, in_thread, nothing, number_of
from image_tagger.services import Services

KIND = "version"


class Versions:
    """One method for each request."""

    def __init__(self, services: Services, reader: Reader) -> None:
        self._services = services
        self._reader = reader

    async def create(self, request: Request) -> Response:
        """Tie a network to a specification; the first version of a specification runs at once."""
        async with self._reader.read(request) as body:
            given = await body.read_as(parameters.NewVersion)
        entries: tuple[dict[str, Any], ...] = tuple(
            entry.model_dump(exclude_none=True) for entry in given.post_processings
        )
        stored = await in_thread(self._services.platform.add_version, given.spec_id, given.network_id, entries)
        return answer(answers.version(stored), 201)

    async def index(self, request: Request) -> Response:
        """List the versions, without their post-processings."""
        page = pagination.asked(request)
        listing = await in_thread(self._services.registry.versions, page)
        return answer(pagination.answer(request, listing, page, answers.version_in_listing))

    async def retrieve(self, request: Request) -> Response:
        """Answer one version."""
        return answer(answers.version(await in_thread(self._services.registry.version, number_of(request, KIND))))

    async def remove(self, request: Request) -> Response:
        """Remove a version."""
        await in_thread(self._services.registry.remove_version, number_of(request, KIND))
        return nothing()
