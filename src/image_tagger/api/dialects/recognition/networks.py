"""`/networks`: upload, list, retrieve, change, remove."""

import re
from collections.abc import Mapping
from pathlib import Path

from fastapi import Request, Response

from image_tagger.api.dialects.recognition import answers, pagination, parameters
from image_tagger.api.dialects.recognition.bodies import Body, Reader, fields_of, is_form
from image_tagger.api.dialects.recognition.requests import answer, in_thread, nothing, number_of, refuse_immutable
from image_tagger.api.uploads import Form
from image_tagger.domain.errors import InvalidRequest
from image_tagger.domain.queries import Upload
from image_tagger.domain.recognition import NetworkDraft, NetworkFile
from image_tagger.models.platform.frameworks import main_file
from image_tagger.models.platform.inputs import inputs_of
from image_tagger.services import Services

KIND = "network"
FIELDS = frozenset({"name", "description", "metadata", "framework", "preprocessing", "postprocessings"})
MUTABLE = frozenset({"name", "description", "metadata"})
FILE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9 _.+-]{0,199}")
Files = Mapping[str, Upload]


class Networks:
    """One method for each request."""

    def __init__(self, services: Services, reader: Reader) -> None:
        self._services = services
        self._reader = reader

    async def create(self, request: Request) -> Response:
        """Upload a network; its task tells whether it can be used."""
        if not is_form(request):
            async with self._reader.read(request) as body:
                await body.read_as(parameters.NewNetwork)
            raise InvalidRequest("the files of a network come with it, in a multipart body")
        async with self._reader.form(request) as form:
            body, files = await _sorted(form)
            given = await body.read_as(parameters.NewNetwork)
            draft = _draft(given, files)
            stored = await self._services.platform.upload(
                draft, {name: upload.content for name, upload in files.items()}
            )
        return answer(answers.network(stored), 201)

    async def index(self, request: Request) -> Response:
        """List the networks."""
        page = pagination.asked(request)
        listing = await in_thread(self._services.registry.networks, page)
        return answer(pagination.answer(request, listing, page, answers.network))

    async def retrieve(self, request: Request) -> Response:
        """Answer one network."""
        return answer(answers.network(await in_thread(self._services.registry.network, number_of(request, KIND))))

    async def change(self, request: Request) -> Response:
        """Change name, description or metadata."""
        async with self._reader.read(request) as body:
            refuse_immutable(body.values, MUTABLE, FIELDS)
            changes = (await body.read_as(parameters.Changes)).model_dump(exclude_unset=True)
        number = number_of(request, KIND)
        return answer(answers.network(await in_thread(self._services.registry.change_network, number, changes)))

    async def remove(self, request: Request) -> Response:
        """Remove a network, its versions and its files."""
        await self._services.platform.remove_network(number_of(request, KIND))
        return nothing()


async def _sorted(form: Form) -> tuple[Body, Files]:
    """The fields of a form, and its files: whatever has no field's name. Dots in the names of files are no paths."""
    fields = [part for part in form.parts if re.split(r"[.\[]", part.name, maxsplit=1)[0] in FIELDS]
    files: dict[str, Upload] = {}
    for part in form.parts:
        if part in fields:
            continue
        if part.name in files:
            raise InvalidRequest(f"there are two files {part.name[:80]!r}")
        if not FILE.fullmatch(part.name):
            raise InvalidRequest(f"{part.name[:80]!r} cannot be the name of a file")
        files[part.name] = part.upload
    return await fields_of(fields), files


def _draft(given: parameters.NewNetwork, files: Files) -> NetworkDraft:
    """What can be told without looking into the files is told here. Raises InvalidModel."""
    preprocessing = given.preprocessing.model_dump(exclude_none=True)
    main_file(given.framework, files.keys())
    inputs_of(preprocessing, {name: Path(name) for name in files})
    return NetworkDraft(
        name=given.name,
        framework=given.framework,
        preprocessing=preprocessing,
        files=tuple(NetworkFile(name, "", 0) for name in sorted(files)),
        description=given.description,
        metadata=given.metadata,
        postprocessings=tuple(given.postprocessings),
    )
