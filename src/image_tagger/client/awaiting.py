"""The client for asyncio."""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, TypeVar

from image_tagger.client import inferring, judging, networks, tagging
from image_tagger.client.finding import Wanted
from image_tagger.client.inferring import Task
from image_tagger.client.judging import Judgement, Verdict
from image_tagger.client.networks import Classification, Detection, Network, PictureInput, Specification, Version
from image_tagger.client.patience import patient
from image_tagger.client.talking import Answer, Ask, Done, Pause, Talk, advance
from image_tagger.domain.errors import TaggerError
from image_tagger.domain.predictions import Prediction

if TYPE_CHECKING:
    from image_tagger.client.pictures import Picture

T = TypeVar("T")


class AsyncClient:
    """Asks a server without blocking the event loop. Errors are those of `image_tagger.domain.errors`."""

    def __init__(
        self, url: str = "http://127.0.0.1:8000", *, api_key: str = "", seconds: float = 60.0, patience: float = 30.0
    ) -> None:
        """seconds: the longest wait for an answer. patience: seconds in which a busy server is asked again."""
        from image_tagger.client import transport  # noqa: PLC0415 - half a second that importing the client need not take

        self._server = transport.Server(url, api_key, seconds, patience)
        self._transport = transport
        self._http = transport.awaiting(self._server)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Leave the server's connections."""
        await self._http.aclose()

    async def tag(
        self, picture: "Picture", *, top: int | None = 5, min_confidence: float | None = 0.0, model: str = ""
    ) -> tuple[Prediction, ...]:
        """The best labels of a picture, at most `top`, each at least so probable; no model is the default one."""
        return await self._have(tagging.tag(picture, Wanted(top, min_confidence), model, self._server.seconds))

    async def detect(
        self, picture: "Picture", model: str, *, top: int | None = None, min_confidence: float | None = None
    ) -> tuple[Prediction, ...]:
        """What is where, the most probable first. Without `min_confidence` the model's own thresholds count."""
        return await self._have(inferring.detect(picture, Wanted(top, min_confidence), model, self._server.seconds))

    async def moderate(
        self, picture: "Picture", *, policy: str | Path = "", model: str = "", every: str = "", frames: str = ""
    ) -> Verdict:
        """The verdict on a picture or film; the policy is TOML or its file. What is empty is the server's choice."""
        return await self._have(judging.moderate(picture, Judgement(policy, model, every, frames)))

    async def submit(
        self, picture: "Picture", model: str, *, top: int | None = None, min_confidence: float | None = None
    ) -> Task:
        """Ask without waiting for the answer."""
        return await self._have(inferring.submit(picture, Wanted(top, min_confidence), model))

    async def wait(self, task: Task, seconds: float = 60.0) -> tuple[Prediction, ...]:
        """What a task found. Raises TaskFailed, and ServerUnavailable when the seconds are over."""
        return await self._have(inferring.wait(task, seconds))

    async def upload_network(
        self,
        files: Sequence[str | Path],
        preprocessing: PictureInput | Mapping[str, Any],
        *,
        name: str = "",
        framework: str = "",
        seconds: float = 600.0,
    ) -> Network:
        """Upload files, or the folder of a SavedModel, and wait until the server has opened it. Raises InvalidModel.

        Without a framework the suffixes tell it. preprocessing: of the one picture input, or the protocol's object.
        """
        return await self._have(networks.upload_network(files, preprocessing, name, framework, seconds))

    async def make_version(
        self, network: Network, specification: Specification | int, reading: Classification | Detection
    ) -> Version:
        """Tie a network to a new specification, or to the one of this id; the first version is its current one."""
        return await self._have(networks.make_version(network, specification, reading))

    async def make_current(self, version: Version) -> None:
        """Let its specification use this version from now on."""
        await self._have(networks.make_current(version))

    async def _have(self, talk: Talk[T]) -> T:
        steps = patient(talk, self._server.patience)
        step = await asyncio.to_thread(advance, steps, None)  # pictures are read and encoded between the requests
        while not isinstance(step, Done):
            step = await asyncio.to_thread(advance, steps, await self._follow(step))
        return step.value

    async def _follow(self, step: Ask | Pause) -> Answer | TaggerError:
        if isinstance(step, Pause):
            await asyncio.sleep(step.seconds)
            return Answer()
        with ExitStack() as opened:
            request = await asyncio.to_thread(self._transport.request, self._http, step, opened)
            try:
                response = await self._http.send(request)
            except self._transport.FAILURES as error:
                return self._transport.failure(error)
        return await asyncio.to_thread(self._transport.heard, response)
