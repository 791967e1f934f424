"""`.../inference`: a picture or a film for a specification, a version, a public model or a bare network."""

from pathlib import Path

from fastapi import Request, Response

from image_tagger.api.dialects.recognition import asked
from image_tagger.api.dialects.recognition.asked import Input
from image_tagger.api.dialects.recognition.bodies import Reader
from image_tagger.api.dialects.recognition.public import PublicModels
from image_tagger.api.dialects.recognition.requests import answer, in_thread, name_of, number_of
from image_tagger.api.dialects.recognition.sources import Largest, Sources
from image_tagger.domain.errors import InvalidRequest
from image_tagger.domain.frames import Evenly, PerSecond
from image_tagger.domain.inference import Inference, Looking, RawInference
from image_tagger.domain.recognition import version_name
from image_tagger.services import Services


class Inferences:
    """One method for each kind of thing that can be asked."""

    def __init__(self, services: Services, reader: Reader, public: PublicModels) -> None:
        self._services = services
        self._reader = reader
        self._public = public
        settings = services.settings
        self._sources = Sources(self._keep, Largest(settings.max_media_bytes, settings.max_video_bytes))

    async def of_spec(self, request: Request) -> Response:
        """Ask the current version of a specification."""
        spec = await in_thread(self._services.registry.spec, number_of(request, "specification"))
        if spec.current_version_id is None:
            raise InvalidRequest("this specification has no current version; create a version first")
        return await self._of_version(request, spec.current_version_id, len(spec.outputs))

    async def of_version(self, request: Request) -> Response:
        """Ask one version."""
        stored = await in_thread(self._services.registry.version, number_of(request, "version"))
        return await self._of_version(request, stored.id, len(stored.post_processings))

    async def of_public_spec(self, request: Request) -> Response:
        """Ask a model of this installation."""
        name = name_of(request)
        await self._public.version(name)
        return await self._of_models(request, (name,))

    async def of_network(self, request: Request) -> Response:
        """Ask for the tensors that a network gives."""
        network = await in_thread(self._services.registry.network, number_of(request, "network"))
        return await self._raw(request, network.id)

    async def of_public_network(self, request: Request) -> Response:
        """Ask for the tensors that the network of a model of this installation gives."""
        name = name_of(request)
        await self._public.version(name)
        return await self._raw(request, name)

    async def _keep(self, content: bytes | Path) -> str:
        return await self._services.platform.keep(content)

    async def _of_version(self, request: Request, number: int, outputs: int) -> Response:
        return await self._of_models(request, tuple(version_name(number, output) for output in range(outputs)))

    async def _of_models(self, request: Request, models: tuple[str, ...]) -> Response:
        async with self._reader.read(request) as body:
            given = await body.read_as(asked.Inference)
            looking = await self._looking(given.inputs)
            wanted = Inference(looking, models, given.max_predictions, given.show_discarded)
            return await self._added(wanted)

    async def _raw(self, request: Request, network: int | str) -> Response:
        async with self._reader.read(request) as body:
            given = await body.read_as(asked.RawInference)
            if given.inputs[0].image is None:
                raise InvalidRequest("inputs: a bare network takes pictures only")
            looking = await self._looking(given.inputs)
            return await self._added(RawInference(looking, network, tuple(given.output_tensors)))

    async def _looking(self, inputs: list[Input]) -> Looking:
        if len(inputs) > 1:
            raise InvalidRequest(f"inputs: the network takes one picture, not {len(inputs)}")
        given = inputs[0]
        if given.video is not None:
            media = await self._sources.media(given.video.source, "inputs.0.video.source")
            frames = given.video.process_frames
            return Looking(media, sampling=Evenly(frames) if frames else PerSecond(given.video.process_fps))
        assert given.image is not None  # noqa: S101 - an input is the one or the other
        crop = asked.crop_of(given)
        return Looking(await self._sources.media(given.image.source, "inputs.0.image.source"), crop)

    async def _added(self, wanted: Inference | RawInference) -> Response:
        return answer({"task_id": str(await self._services.platform.infer(wanted))}, 201)
