"""From a file of many frames to a stream of results, with the real embedded model."""

import asyncio
from collections.abc import AsyncIterator, Generator
from contextlib import aclosing
from pathlib import Path

import PIL.Image
import pytest

from image_tagger.domain.errors import InvalidMedia, TruncatedMedia, UnreachableMedia
from image_tagger.domain.frames import EVERY_FRAME, EveryNth, MediaKind, PerSecond, Sampling
from image_tagger.domain.geometry import Size
from image_tagger.domain.predictions import FrameResult
from image_tagger.domain.queries import Base64, Query, Upload, Url
from image_tagger.domain.selection import Selection
from image_tagger.engine.frames import GROUP, Frames
from image_tagger.engine.recognizer import AHEAD, Recognizer
from image_tagger.engine.threads import Threads
from image_tagger.media.decode import Decoder
from image_tagger.media.fetch import Fetcher, FetchLimits
from image_tagger.media.image import Frame
from image_tagger.services import Services, wire
from image_tagger.settings import Settings
from tests.media.drawn import saved, textured
from tests.media.films import ROOMY, Film, numbered, written
from tests.pictures import jpeg

TOP = Selection(top=3)


@pytest.fixture
async def services(tmp_path: Path) -> AsyncIterator[Services]:
    async with wire(Settings(data_dir=tmp_path / "data", threads=2)) as opened:
        yield opened


class Counting(Decoder):
    """A decoder that tells how many frames it was asked for."""

    decoded = 0

    def steps(
        self, content: bytes | Path, needed: int | None, sampling: Sampling = EVERY_FRAME
    ) -> Generator[Frame | None]:
        """The steps of a decoder, counted."""
        for step in super().steps(content, needed, sampling):
            self.decoded += step is not None
            yield step


def counted(services: Services) -> tuple[Recognizer, Counting]:
    """The recognizer of these services, but with a decoder that counts."""
    decoder = Counting(ROOMY)
    frames = Frames(services.fetcher, decoder, services.threads)
    return Recognizer(services.resolver, frames, services.predictor, services.admission), decoder


def moving(frames: int = 12) -> bytes:
    """A GIF of numbered frames, ten a second."""
    first, *others = (PIL.Image.fromarray(numbered(n)) for n in range(frames))
    return saved(first, "GIF", save_all=True, append_images=others, duration=100)


async def results(services: Services, query: Query) -> list[FrameResult]:
    return [result async for result in services.recognizer.stream(query)]


async def test_every_frame_of_an_animation_has_its_result(services: Services) -> None:
    found = await results(services, Query(Upload(moving()), selection=TOP))
    assert [result.index for result in found] == list(range(12))
    assert [result.seconds for result in found] == pytest.approx([n / 10 for n in range(12)])
    assert found[0] == await services.recognizer.first(Query(Upload(moving()), selection=TOP))
    assert len({result.predictions for result in found}) > 1
    assert await services.recognizer.all(Query(Upload(moving()), selection=TOP)) == tuple(found)


async def test_the_frames_that_are_picked_have_the_results_they_have_among_all(
    services: Services, tmp_path: Path
) -> None:
    path = written(Film(options={"g": "12"}), tmp_path)
    every = await results(services, Query(Upload(path), selection=TOP))
    assert [result.index for result in every] == list(range(60))
    for sampling in (EveryNth(7, first=3), PerSecond(4)):
        picked = await results(services, Query(Upload(path), selection=TOP, sampling=sampling))
        assert picked == [every[result.index] for result in picked]
        assert 5 < len(picked) < 20


async def test_a_damaged_file_gives_the_results_before_the_damage_and_then_the_error(services: Services) -> None:
    frames = [textured(64, 48).rotate(90 * n) for n in range(12)]
    content = saved(frames[0], "GIF", save_all=True, append_images=frames[1:])
    stream = services.recognizer.stream(Query(Upload(content[: len(content) // 2]), selection=TOP))
    found: list[FrameResult] = []
    with pytest.raises(TruncatedMedia):
        await collect(stream, found)
    assert [result.index for result in found] == list(range(len(found)))
    assert len(found) >= 2
    assert services.admission.inside == 0


async def collect(
    stream: AsyncIterator[FrameResult], found: list[FrameResult], some: asyncio.Event | None = None
) -> None:
    """Add what the stream gives; after five results there are `some`."""
    async for result in stream:
        found.append(result)
        if some is not None and len(found) == 5:
            some.set()


async def test_who_stops_early_stops_the_decoding(services: Services, tmp_path: Path) -> None:
    recognizer, decoder = counted(services)
    query = Query(Upload(written(Film(frames=300), tmp_path)), selection=TOP)
    async with aclosing(recognizer.stream(query)) as stream:
        async for result in stream:
            if result.index == 20:
                break
    assert 21 <= decoder.decoded <= 21 + AHEAD + GROUP
    assert services.admission.inside == 0


async def test_a_caller_who_is_gone_leaves_nothing_behind(services: Services, tmp_path: Path) -> None:
    recognizer, decoder = counted(services)
    query = Query(Upload(written(Film(frames=900), tmp_path)), selection=TOP)
    found: list[FrameResult] = []
    some = asyncio.Event()
    reading = asyncio.create_task(collect(recognizer.stream(query), found, some))
    await some.wait()
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading
    decoded = decoder.decoded
    assert services.admission.inside == 0
    await recognizer.first(Query(Upload(jpeg()), selection=TOP))
    assert decoder.decoded == decoded < 900


async def test_a_video_leaves_room_for_stills(tmp_path: Path) -> None:
    """With a single thread: stills that come later are answered while the video still runs."""
    async with wire(Settings(data_dir=tmp_path / "data", threads=1)) as services:
        video = Query(Upload(written(Film(frames=600), tmp_path)), selection=TOP, sampling=PerSecond(25))
        found: list[FrameResult] = []
        some = asyncio.Event()
        watching = asyncio.create_task(collect(services.recognizer.stream(video), found, some))
        await some.wait()
        for seed in range(5):
            await services.recognizer.first(Query(Upload(jpeg(seed=seed)), selection=TOP))
        assert not watching.done()
        assert len(found) < 400
        await watching
        assert len(found) == 600


async def test_many_videos_at_once_all_end(services: Services, tmp_path: Path) -> None:
    path = written(Film(frames=12), tmp_path)
    every = await asyncio.gather(*(results(services, Query(Upload(path), selection=TOP)) for _ in range(24)))
    assert all(found == every[0] for found in every)
    assert len(every[0]) == 12


async def test_what_a_media_holds_is_told(services: Services, tmp_path: Path) -> None:
    video = await services.recognizer.describe(Upload(written(Film(), tmp_path)))
    assert (video.kind, video.size, video.frames, video.seconds) == (MediaKind.VIDEO, Size(160, 96), 60, 2.4)
    assert (await services.recognizer.describe(Upload(moving()))).frames == 12
    assert (await services.recognizer.describe(Upload(jpeg()))).kind is MediaKind.STILL
    with pytest.raises(InvalidMedia):
        await services.recognizer.describe(Base64("abc"))
    with pytest.raises(UnreachableMedia):
        await services.recognizer.describe(Url("http://127.0.0.1/film.mp4"))


async def test_a_stream_that_nobody_reads_decodes_nothing(tmp_path: Path) -> None:
    threads, decoder = Threads(1), Counting(ROOMY)
    limits = FetchLimits(seconds=1, connect_seconds=1, max_redirects=0, max_bytes=1)
    frames = Frames(Fetcher(limits), decoder, threads)
    async with aclosing(frames.all(Upload(written(Film(), tmp_path)), 20)) as stream:
        assert decoder.decoded == 0
        assert (await anext(stream)).index == 0
        await asyncio.sleep(0.05)
        assert decoder.decoded <= GROUP
    threads.close()
