"""From where a picture is to its frames: fetched on the event loop, decoded in threads."""

import base64
import binascii
from collections.abc import AsyncGenerator, Generator
from contextlib import closing
from pathlib import Path

from image_tagger.domain.errors import InvalidMedia
from image_tagger.domain.queries import Base64, Media, Upload, Url
from image_tagger.engine.threads import Threads
from image_tagger.media.decode import Decoder
from image_tagger.media.fetch import Fetcher
from image_tagger.media.image import Image

Held = Upload | Base64  # media whose bytes are here


class Frames:
    """Frames of a media, decoded only as they are asked for and only as finely as `needed` (pixels, short side)."""

    def __init__(self, fetcher: Fetcher, decoder: Decoder, threads: Threads) -> None:
        self._fetcher = fetcher
        self._decoder = decoder
        self._threads = threads

    async def fetched(self, media: Media) -> Held:
        """The media with its bytes here. Raises UnreachableMedia or MediaTooLarge."""
        return Upload(await self._fetcher.fetch(media.address)) if isinstance(media, Url) else media

    async def all(self, media: Media, needed: int | None) -> AsyncGenerator[Image]:
        """Every frame, in order; closing the stream stops the decoding. Raises UnreachableMedia or InvalidMedia."""
        frames = await self._threads.run(_decode, self._decoder, await self.fetched(media), needed)
        try:
            while (image := await self._threads.run(next, frames, None)) is not None:
                yield image
        finally:
            await self._threads.run(frames.close)


def decode_first(decoder: Decoder, media: Held, needed: int | None) -> Image:
    """The first frame of a media whose bytes are here. Blocks. Raises InvalidMedia."""
    with closing(_decode(decoder, media, needed)) as frames:
        for image in frames:
            return image
    raise InvalidMedia("the picture has no frames")


def _decode(decoder: Decoder, media: Held, needed: int | None) -> Generator[Image]:
    return decoder.frames(_content(media), needed)


def _content(media: Held) -> bytes | Path:
    if isinstance(media, Upload):
        return media.content
    try:
        return base64.b64decode(media.text.encode("ascii", "ignore"))
    except binascii.Error as error:
        raise InvalidMedia("the picture is not valid base64") from error
