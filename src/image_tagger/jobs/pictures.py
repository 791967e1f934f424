"""The pictures that an order means: listed from a folder, from object storage, or out of a manifest."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from itertools import islice
from pathlib import Path

from image_tagger.domain.errors import InvalidRequest
from image_tagger.jobs.context import Services
from image_tagger.jobs.tagging import FOLDER, S3, Order
from image_tagger.media import manifests
from image_tagger.media.listing import Listing
from image_tagger.media.suffixes import picture_suffixes

GROUP = 512  # names listed in one turn of a thread
PIECE = 1024 * 1024  # bytes of a manifest read at a time


class Pictures:
    """Lists, from the beginning or from behind a mark. `closed`: folders that could not be read."""

    def __init__(self, order: Order, services: Services) -> None:
        self.closed: list[str] = []
        self._order = order
        self._services = services

    def listed(self, mark: str) -> AsyncIterator[tuple[str, str]]:
        """Names of pictures, each with the mark behind which to go on. Raises InvalidRequest, UnreachableMedia."""
        if self._order.source != FOLDER:
            return self._of_manifest(int(mark or 0))
        return self._objects(mark) if self._order.place.startswith(S3) else self._files(mark)

    async def _files(self, mark: str) -> AsyncIterator[tuple[str, str]]:
        order, folder = self._order, Path(self._order.place)
        inside = None if order.trusted else await asyncio.to_thread(self._services.bulk.roots.inside, folder)
        if inside is None and not order.trusted:
            raise InvalidRequest("the folder is not open to jobs any more")
        listing = Listing(folder, picture_suffixes(), order.recursive, inside, self.closed)
        names = listing.files(mark)
        while some := await asyncio.to_thread(_some, names):
            for name in some:
                yield name, name

    async def _objects(self, mark: str) -> AsyncIterator[tuple[str, str]]:
        async for found in self._services.bulk.objects.listed(self._order.place, mark):
            name = found.name
            below = "/" in name and not self._order.recursive
            if Path(name).suffix.lower() in picture_suffixes() and not below:
                yield name, name

    async def _of_manifest(self, done: int) -> AsyncIterator[tuple[str, str]]:
        number = 0
        async for line in manifests.lines(self._pieces()):
            number += 1
            if number > done and (name := manifests.source_of_line(line, number)):
                yield name, str(number)

    async def _pieces(self) -> AsyncIterator[bytes]:
        manifest = self._order.manifest
        if manifest.startswith(S3):
            async for piece in self._services.bulk.objects.pieces(manifest):
                yield piece
            return
        try:
            if not await asyncio.to_thread(Path(manifest).is_file):  # opening a pipe would never end
                raise InvalidRequest("the manifest is no plain file")
            with await asyncio.to_thread(Path(manifest).open, "rb") as opened:
                while piece := await asyncio.to_thread(opened.read, PIECE):
                    yield piece
        except OSError as error:
            raise InvalidRequest(f"the manifest cannot be read: {error.strerror}") from error


def _some(names: Iterator[str]) -> list[str]:
    return list(islice(names, GROUP))
