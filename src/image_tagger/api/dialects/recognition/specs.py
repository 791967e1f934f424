"""`/recognition/specs`: create, list, retrieve, change, remove, and the versions of one."""

from fastapi import Request, Response

from image_tagger.api.bodies import aside
from image_tagger.api.dialects.recognition import answers, pagination, parameters
from image_tagger.api.dialects.recognition.bodies import Reader
from image_tagger.api.dialects.recognition.requests import answer, in_thread, nothing, number_of, refuse_immutable
from image_tagger.domain.recognition import Labels, StoredSpec
from image_tagger.services import Services

KIND = "specification"
FIELDS = frozenset({"name", "description", "metadata", "outputs", "current_version_id"})
MUTABLE = FIELDS - {"outputs"}


class Specs:
    """One method for each request."""

    def __init__(self, services: Services, reader: Reader) -> None:
        self._services = services
        self._reader = reader

    async def create(self, request: Request) -> Response:
        """Register what is to be recognised."""
        async with self._reader.read(request) as body:
            given = await body.read_as(parameters.NewSpec)
            outputs = await aside(body.size, _domain, given)
        draft = StoredSpec(0, given.name, given.description, given.metadata, outputs, 0.0)
        return answer(answers.spec(await in_thread(self._services.registry.add_spec, draft)), 201)

    async def index(self, request: Request) -> Response:
        """List the specifications, without their outputs."""
        page = pagination.asked(request)
        listing = await in_thread(self._services.registry.specs, page)
        return answer(pagination.answer(request, listing, page, answers.spec_in_listing))

    async def retrieve(self, request: Request) -> Response:
        """Answer one specification."""
        return answer(answers.spec(await in_thread(self._services.registry.spec, number_of(request, KIND))))

    async def change(self, request: Request) -> Response:
        """Change name, description, metadata, or the version that runs."""
        async with self._reader.read(request) as body:
            refuse_immutable(body.values, MUTABLE, FIELDS)
            changes = (await body.read_as(parameters.SpecChanges)).model_dump(exclude_unset=True)
        return answer(
            answers.spec(await in_thread(self._services.registry.change_spec, number_of(request, KIND), changes))
        )

    async def remove(self, request: Request) -> Response:
        """Remove a specification and its versions."""
        await in_thread(self._services.registry.remove_spec, number_of(request, KIND))
        return nothing()

    async def versions(self, request: Request) -> Response:
        """List the versions of one specification."""
        page, number = pagination.asked(request), number_of(request, KIND)
        listing = await in_thread(self._services.registry.versions, page, number)
        return answer(pagination.answer(request, listing, page, answers.version_in_listing))


def _domain(given: parameters.NewSpec) -> tuple[Labels, ...]:
    return tuple(output.domain for output in given.outputs)
