"""What a process of its own does with a video: classify it, decode it, read it with OpenCV."""

import asyncio
import os
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Generator
from contextlib import aclosing, suppress
from dataclasses import dataclass
from pathlib import Path

from benchmarks import bare
from image_tagger.domain.frames import EVERY_FRAME, Sampling
from image_tagger.domain.geometry import Size
from image_tagger.domain.queries import Query, Upload
from image_tagger.domain.selection import Selection
from image_tagger.engine.frames import Frames
from image_tagger.engine.recognizer import Recognizer
from image_tagger.media.decode import MARGIN, Budget, Decoder
from image_tagger.media.image import Frame
from image_tagger.models.preprocessing.preparing import needed_pixels
from image_tagger.services import Services, wire
from image_tagger.settings import Settings

BUDGET = Budget(max_bytes=2**30, max_pixels=10**9, threads=os.cpu_count() or 1)
STATUS, RESET = Path("/proc/self/status"), Path("/proc/self/clear_refs")


@dataclass(frozen=True, slots=True)
class Cost:
    """Seconds of the clock and of the processor, for so many frames."""

    wall: float
    processor: float
    frames: int


def classified(path: Path, sampling: Sampling) -> tuple[int, int]:
    """Bytes of memory above idle at the peak, and frames recognised, of the embedded model on this video."""
    return asyncio.run(_classified(path, sampling))


def decoded_past(path: Path, match: int) -> int:
    """How many frames are decoded behind number `match`, at which the reader stops."""
    return asyncio.run(_decoded_past(path, match))


def picked(path: Path, sampling: Sampling) -> Cost:
    """The frames that are picked, shrunk for the embedded model, by the product."""
    needed = needed_pixels(bare.model().version.network.preprocessing)
    decoder = Decoder(BUDGET)
    decoder.describe(path)  # loads the library
    return _cost(lambda: sum(1 for _ in decoder.frames(path, needed, sampling)))


def decoded(path: Path, *, threads: bool) -> Cost:
    """All frames by PyAV alone, nothing done with them: as it comes, or with the product's kind of `threads`."""
    import av  # noqa: PLC0415 - an extra brings it

    def decode() -> int:
        with av.open(str(path)) as container:
            if threads:
                container.streams.video[0].thread_type = "AUTO"
            return sum(1 for _ in container.decode(video=0))

    return _cost(decode)


def read_by_opencv(path: Path, every: int) -> Cost | None:
    """All frames by OpenCV, as anyone would write it; each `every`th becomes what the product makes of it.

    None where it is not installed.
    """
    try:
        import cv2  # noqa: PLC0415 - only the benchmark's extra brings it
    except ImportError:
        return None
    needed = needed_pixels(bare.model().version.network.preprocessing)

    def read() -> int:
        capture, count = cv2.VideoCapture(str(path)), 0
        while (found := capture.read())[0]:
            if count % every == 0:
                small = cv2.resize(found[1], _small(found[1].shape, needed), interpolation=cv2.INTER_AREA)
                cv2.cvtColor(small, cv2.COLOR_BGR2RGB)
            count += 1
        return count

    return _cost(read)


def _small(shape: tuple[int, ...], needed: int | None) -> tuple[int, int]:
    """Width and height that the product shrinks a frame of this shape to."""
    from image_tagger.media.shrinking import shrunk  # noqa: PLC0415 - an extra brings what it needs

    size = shrunk(Size(shape[1], shape[0]), None if needed is None else needed * MARGIN)
    return size.width, size.height


def _cost(work: Callable[[], int]) -> Cost:
    wall, processor = time.perf_counter(), time.process_time()
    frames = work()
    return Cost(time.perf_counter() - wall, time.process_time() - processor, frames)


async def _classified(path: Path, sampling: Sampling) -> tuple[int, int]:
    with tempfile.TemporaryDirectory() as folder:
        async with wire(Settings(data_dir=Path(folder))) as services:
            await services.check_ready()
            idle = _idle()
            query = Query(Upload(path), selection=Selection(top=1), sampling=sampling)
            frames = 0
            async with aclosing(services.recognizer.stream(query)) as results:
                async for _ in results:
                    frames += 1
            return _resident("VmHWM") - idle, frames


def _idle() -> int:
    """Bytes now; the peak counts from here."""
    with suppress(OSError):
        RESET.write_text("5")
    return _resident("VmRSS")


def _resident(name: str) -> int:
    if not STATUS.is_file():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    (line,) = [line for line in STATUS.read_text().splitlines() if line.startswith(f"{name}:")]
    return int(line.split()[1]) * 1024


class _Counting(Decoder):
    decoded = 0

    def steps(
        self, content: bytes | Path, needed: int | None, sampling: Sampling = EVERY_FRAME
    ) -> Generator[Frame | None]:
        for step in super().steps(content, needed, sampling):
            self.decoded += step is not None
            yield step


async def _decoded_past(path: Path, match: int) -> int:
    with tempfile.TemporaryDirectory() as folder:
        async with wire(Settings(data_dir=Path(folder))) as services:
            decoder = _Counting(BUDGET)
            query = Query(Upload(path), selection=Selection(top=1))
            async with aclosing(_recognizer(services, decoder).stream(query)) as results:
                async for result in results:
                    if result.index == match:
                        break
            return decoder.decoded - match - 1


def _recognizer(services: Services, decoder: Decoder) -> Recognizer:
    frames = Frames(services.fetcher, decoder, services.threads)
    return Recognizer(services.resolver, frames, services.predictor, services.admission)
