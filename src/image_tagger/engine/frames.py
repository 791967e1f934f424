"""From where a media is to its frames: fetched on the event loop, decoded in threads."""

import asyncio
import base64
import binascii
import threading
import time
from collections.abc import AsyncGenerator, Generator
from contextlib import closing
from pathlib import Path

from image_tagger.domain.errors import InvalidMedia, TaggerError
from image_tagger.domain.frames import EVERY_FRAME, MediaInfo, Sampling
from image_tagger.domain.queries import Base64, Media, Upload, Url
from image_tagger.engine.threads import Threads
from image_tagger.media.decode import Decoder
from image_tagger.media.fetch import Fetcher
from image_tagger.media.image import Frame, Image

Held = Upload | Base64  # media whose bytes are here

TURN_SECONDS = 0.03  # a stream has a thread this long at most; then it is another's turn
GROUP = 4  # frames decoded in one turn: a turn costs about as much as a hundredth of a video frame
OPEN = 16  # streams decoded at a time: each holds a decoder with its frames in memory


class Frames:
    """Frames of a media, decoded only as they are asked for and only as finely as `needed` (pixels, short side)."""

    def __init__(self, fetcher: Fetcher, decoder: Decoder, threads: Threads) -> None:
        self._fetcher = fetcher
        self._decoder = decoder
        self._threads = threads
        self._places = asyncio.Semaphore(OPEN)

    async def fetched(self, media: Media) -> Held:
        """The media with its bytes here. Raises UnreachableMedia or MediaTooLarge."""
        return Upload(await self._fetcher.fetch(media.address)) if isinstance(media, Url) else media

    async def describe(self, media: Media) -> MediaInfo:
        """What the media holds. Raises UnreachableMedia, InvalidMedia or MissingExtra."""
        held = await self.fetched(media)
        return await self._threads.run(_describe, self._decoder, held)

    async def all(self, media: Media, needed: int | None, sampling: Sampling = EVERY_FRAME) -> AsyncGenerator[Frame]:
        """The frames that are picked, in order, decoded up to `GROUP` at a time; closing the stream stops that.

        Raises UnreachableMedia, InvalidMedia or MissingExtra, after the frames that could be decoded.
        """
        held = await self.fetched(media)
        async with self._places:
            stream = _Stream(await self._threads.run(_decode, self._decoder, held, needed, sampling))
            try:
                while not stream.ended:
                    for frame in await self._threads.run(stream.turn):
                        yield frame
                if stream.error is not None:
                    raise stream.error
            finally:
                await self._threads.run(stream.close)


class _Stream:
    """Frames of one file, taken in turns, each in whichever thread is free."""

    def __init__(self, steps: Generator[Frame | None]) -> None:
        self.ended = False
        self.error: TaggerError | None = None
        self._steps = steps
        self._lock = threading.Lock()  # who leaves in the middle of a turn closes the stream when that is over

    def turn(self) -> list[Frame]:
        """The next frames; none where they take longer than a turn. Blocks."""
        frames: list[Frame] = []
        until = time.monotonic() + TURN_SECONDS
        with self._lock:
            while len(frames) < GROUP and time.monotonic() < until:
                try:
                    step = next(self._steps)
                except StopIteration:
                    self.ended = True
                    break
                except TaggerError as error:
                    self.ended, self.error = True, error
                    break
                if step is not None:
                    frames.append(step)
        return frames

    def close(self) -> None:
        """Stop decoding. Blocks."""
        with self._lock:
            self._steps.close()


def decode_first(decoder: Decoder, media: Held, needed: int | None) -> Image:
    """The first frame of a media whose bytes are here. Blocks. Raises InvalidMedia."""
    with closing(decoder.frames(_content(media), needed)) as frames:
        for frame in frames:
            return frame.image
    raise InvalidMedia("the picture has no frames")


def _decode(decoder: Decoder, media: Held, needed: int | None, sampling: Sampling) -> Generator[Frame | None]:
    return decoder.steps(_content(media), needed, sampling)


def _describe(decoder: Decoder, media: Held) -> MediaInfo:
    return decoder.describe(_content(media))


def _content(media: Held) -> bytes | Path:
    if isinstance(media, Upload):
        return media.content
    try:
        return base64.b64decode(media.text.encode("ascii", "ignore"))
    except binascii.Error as error:
        raise InvalidMedia("the picture is not valid base64") from error
