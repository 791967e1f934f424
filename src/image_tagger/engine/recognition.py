"""One turn of a thread: decode and prepare one by one, run together, read one by one."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, ParamSpec, TypeVar

import numpy as np
from numpy.typing import NDArray

from image_tagger.domain.crops import Crop
from image_tagger.domain.geometry import Size
from image_tagger.domain.predictions import Prediction
from image_tagger.domain.selection import Selection
from image_tagger.engine.frames import Held, decode_first
from image_tagger.media.cropping import cut
from image_tagger.media.decode import Decoder
from image_tagger.media.image import Image
from image_tagger.models.loaded import LoadedModel, Outputs, Prepared
from image_tagger.models.preprocessing.preparing import needed_pixels

P = ParamSpec("P")
T = TypeVar("T")
Predictions = tuple[Prediction, ...]


@dataclass(frozen=True, slots=True)
class Request:
    """One picture, decoded already or to be decoded here; which predictions are wanted, and of which part of it."""

    source: Image | Held
    selection: Selection
    crop: Crop | None = None


def recognise(
    model: LoadedModel, decoder: Decoder, batch: int, requests: Sequence[Request]
) -> list[Predictions | Exception]:
    """The predictions of every request, in order, or the exception that is its answer. Blocks.

    At most `batch` pictures go through the network in one run.
    """
    prepared = [_attempt(_prepared, model, decoder, request) for request in requests]
    tensors = [one.tensor for one in prepared if not isinstance(one, Exception)]
    outputs = chain.from_iterable(
        _run(model, tensors[start : start + batch]) for start in range(0, len(tensors), batch)
    )
    pairs = [(one, one if isinstance(one, Exception) else next(outputs)) for one in prepared]
    return [_read(model, *pair, request.selection) for pair, request in zip(pairs, requests, strict=True)]


def tensors_of(model: LoadedModel, decoder: Decoder, request: Request) -> Outputs:
    """What the network gives for one picture, unread. Blocks."""
    return _run_one(model, _prepared(model, decoder, request).tensor)


def _attempt(function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T | Exception:
    try:
        return function(*args, **kwargs)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is this caller's answer and nobody else's
        return error


def _read(
    model: LoadedModel, prepared: Prepared | Exception, outputs: Outputs | Exception, selection: Selection
) -> Predictions | Exception:
    if isinstance(prepared, Exception):
        return prepared
    return outputs if isinstance(outputs, Exception) else _attempt(model.read, outputs, prepared.placement, selection)


def _prepared(model: LoadedModel, decoder: Decoder, request: Request) -> Prepared:
    source = request.source
    if not isinstance(source, Image):
        source = decode_first(decoder, source, _needed(model, request.crop))
    if request.crop is None:
        return model.prepare(source.pixels, source.original)
    part = cut(source.pixels, request.crop)
    scale = max(round(source.original.short_side / source.size.short_side), 1)
    prepared = model.prepare(part.pixels, Size(part.pixels.shape[1] * scale, part.pixels.shape[0] * scale))
    return Prepared(prepared.tensor, prepared.placement.of_part(part.region))


def _needed(model: LoadedModel, crop: Crop | None) -> int | None:
    """Pixels along the whole picture's short side; of a part, that part needs as many."""
    needed = needed_pixels(model.version.network.preprocessing)
    if needed is None or crop is None:
        return needed
    return None if crop.uniform_background else math.ceil(needed / crop.share)


def _run(model: LoadedModel, tensors: list[NDArray[Any]]) -> Sequence[Outputs | Exception]:
    """The outputs of all; where the run of all fails, of each by itself, so that only the tensor that fails fails."""
    if len({tensor.shape for tensor in tensors}) == 1:
        try:
            return model.run(np.stack(tensors))
        except Exception as error:  # noqa: BLE001 - of a runtime that others may install; each tensor is tried below
            if len(tensors) == 1:
                return [error]
    return [_attempt(_run_one, model, tensor) for tensor in tensors]


def _run_one(model: LoadedModel, tensor: NDArray[Any]) -> Outputs:
    return model.run(tensor[np.newaxis])[0]
