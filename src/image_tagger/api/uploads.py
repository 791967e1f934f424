"""Multipart uploads: spooled as they arrive, bounded each and together, and removed in any case."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from fastapi import Request

from image_tagger.api.bodies import chunks
from image_tagger.api.multipart import Begin, Data, Event, Multipart, boundary_of
from image_tagger.domain.errors import InvalidRequest, RequestTooLarge
from image_tagger.domain.queries import Upload
from image_tagger.media.spool import Draft
from image_tagger.services import Services

MOST_PARTS = 1000
LONGEST_TEXT = 1024 * 1024  # bytes of a part that is read as a text


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a form. Nobody looks at its file name or type: only the bytes count."""

    name: str
    upload: Upload

    async def text(self) -> str:
        """The content, also where it had to go to disk. Raises InvalidRequest for what is no text."""
        content = self.upload.content
        if isinstance(content, Path):
            content = await asyncio.to_thread(_beginning, content)
        if len(content) > LONGEST_TEXT:
            raise InvalidRequest(f"the part {self.name!r} is too long for a text")
        try:
            return content.decode("utf-8")
        except UnicodeDecodeError as error:
            raise InvalidRequest(f"the part {self.name!r} is not UTF-8 text") from error


@dataclass(frozen=True, slots=True)
class Form:
    """The parts of a form, in order."""

    parts: tuple[Part, ...] = ()

    def uploads(self, name: str) -> tuple[Upload, ...]:
        """All parts of this name."""
        return tuple(part.upload for part in self.parts if part.name == name)

    async def text(self, name: str) -> str | None:
        """The last part of this name as text, None where there is none. Raises InvalidRequest for what is no text."""
        last = next((part for part in reversed(self.parts) if part.name == name), None)
        return None if last is None else await last.text()


class Uploads:
    """Reads forms into the spool of the services."""

    def __init__(self, services: Services) -> None:
        self._spool = services.spool
        self._most = services.settings.max_body_bytes
        self._most_per_file = services.settings.max_upload_bytes

    @asynccontextmanager
    async def read(self, request: Request) -> AsyncIterator[Form]:
        """The form of a request; its files exist until the context ends. A body of another type is an empty form.

        Raises InvalidRequest for a malformed body, RequestTooLarge, Overloaded where the spool has no room, and
        Starlette's ClientDisconnect for a client that leaves before the end.
        """
        boundary = boundary_of(request.headers.get("content-type", ""))
        if boundary is None:
            yield Form()
            return
        async with AsyncExitStack() as kept:
            yield await self._read(request, Multipart(boundary), _Arriving(self._draft, kept))

    async def _read(self, request: Request, parser: Multipart, arriving: "_Arriving") -> Form:
        async for chunk in chunks(request, most=self._most):
            for event in parser.feed(chunk):
                await arriving.take(event)
        parser.finish()
        return Form(tuple(arriving.parts))

    def _draft(self) -> Draft:
        return self._spool.draft(most=self._most_per_file)


class _Arriving:
    """How far a form has come; its drafts are discarded with `kept`."""

    def __init__(self, new_draft: Callable[[], Draft], kept: AsyncExitStack) -> None:
        self.parts: list[Part] = []
        self._new_draft = new_draft
        self._kept = kept
        self._name = ""
        self._draft: Draft | None = None

    async def take(self, event: Event) -> None:
        """The next thing that the parser tells."""
        if isinstance(event, Begin):
            if len(self.parts) >= MOST_PARTS:
                raise RequestTooLarge(f"the form has more than {MOST_PARTS} parts")
            self._name, self._draft = event.name, self._new_draft()
            self._kept.push_async_callback(self._draft.discard)
            return
        assert self._draft is not None  # noqa: S101 - the parser tells of content and ends inside of a part only
        if isinstance(event, Data):
            await self._draft.write(event.content)
        else:
            self.parts.append(Part(self._name, await self._draft.finish()))


def _beginning(file: Path) -> bytes:
    with file.open("rb") as stream:
        return stream.read(LONGEST_TEXT + 1)
