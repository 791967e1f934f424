"""The work itself, without a server: decode + prepare + run + read of a picture's bytes in one thread."""

import io
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np
import PIL.Image

from image_tagger.domain.geometry import Size
from image_tagger.domain.predictions import Prediction
from image_tagger.domain.queries import Upload
from image_tagger.domain.selection import Selection
from image_tagger.engine import recognition as engine
from image_tagger.engine.recognition import Request
from image_tagger.media.decode import Budget, Decoder
from image_tagger.media.image import Image
from image_tagger.models import loaded
from image_tagger.models.catalog import standard_catalog
from image_tagger.models.loaded import LoadedModel, Prepared
from image_tagger.models.preprocessing.preparing import needed_pixels

BUDGET = Budget(max_bytes=2**30, max_pixels=10**9)
BEST = Selection(top=1)
Decode = Callable[[bytes], Image]


@cache
def model() -> LoadedModel:
    """The embedded model, opened once per process."""
    return loaded.load(standard_catalog({}, "starter").default)


@cache
def decoder(*, exact: bool) -> Decode:
    """The product's own decoder, as the embedded model uses it."""
    product, needed = Decoder(BUDGET, exact=exact), needed_pixels(model().version.network.preprocessing)
    return lambda content: next(product.frames(content, needed)).image


def pillow(content: bytes) -> Image:
    """What anyone would write: open, convert, all pixels."""
    picture = PIL.Image.open(io.BytesIO(content)).convert("RGB")
    return Image(np.asarray(picture), Size(*picture.size))


def prepare(image: Image) -> Prepared:
    """The tensor of a decoded picture."""
    return model().prepare(image.pixels, image.original)


def recognise(image: Image) -> Prediction:
    """The best label of a decoded picture."""
    network, prepared = model(), prepare(image)
    outputs = network.run(prepared.tensor[np.newaxis])[0]
    return network.read(outputs, prepared.placement, BEST)[0]


def answer(content: bytes, *, exact: bool) -> tuple[Prediction, ...]:
    """The best two labels as the product gives them: close ones after a second decoding, at full size."""
    request = Request(Upload(content), Selection(top=2), exact=exact)
    (found,) = engine.recognise(model(), Decoder(BUDGET), 1, [request])
    if isinstance(found, Exception):
        raise found
    return found


def close(image: Image) -> bool:
    """Whether the product would decode it once more, were this decoded at a reduced scale."""
    network, prepared = model(), prepare(image)
    first, second = network.read(network.run(prepared.tensor[np.newaxis])[0], prepared.placement, Selection(top=2))
    return first.score - second.score < engine.CLOSE


@dataclass(frozen=True, slots=True)
class Work:
    """Seconds of every picture, and which share of them this thread had a core for: 1 on a machine left alone."""

    seconds: list[float]
    share: float


def work(contents: list[bytes], count: int, *, plain: bool) -> Work:
    """Decode and recognise `count` pictures one by one; `plain` decodes with Pillow alone."""
    decode, seconds = pillow if plain else decoder(exact=False), []
    used = time.thread_time()
    for number in range(count):
        started = time.perf_counter()
        recognise(decode(contents[number % len(contents)]))
        seconds.append(time.perf_counter() - started)
    return Work(seconds, (time.thread_time() - used) / sum(seconds))
